"""What a picture shows, in words, and which words of texts a model does not know.

In: JSON bodies of `POST /v1/describe` and `POST /v1/words`.  Out: frozen values, and the other way round.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from inference.contract.events import pairs_from_json
from inference.contract.refusals import InvalidRequest, check_fields, check_strings, check_text, decode_base64
from inference.contract.request import MAX_INIT_IMAGE_BYTES
from inference.contract.verdicts import MAX_PROMPTS_PER_CHECK

MAX_THINGS: Final = 6


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """What `POST /v1/describe` takes: one encoded picture, and texts that may fit it."""

    image: bytes
    texts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.image) > MAX_INIT_IMAGE_BYTES:
            raise InvalidRequest("too_large", "image", bytes=len(self.image), limit=MAX_INIT_IMAGE_BYTES)
        if len(self.texts) > MAX_PROMPTS_PER_CHECK:
            raise InvalidRequest("wrong_count", "texts", count=len(self.texts), low=0, high=MAX_PROMPTS_PER_CHECK)
        for text in self.texts:
            check_text("texts", text)

    def to_json(self) -> dict[str, Any]:
        return {"image": base64.b64encode(self.image).decode(), "texts": list(self.texts)}

    @classmethod
    def from_json(cls, document: object) -> "DescribeRequest":
        """Raises InvalidRequest."""
        fields = check_fields(document, {"image": str, "texts": list})
        if "image" not in fields:
            raise InvalidRequest("missing", "image")
        texts = fields.get("texts", [])
        check_strings("texts", texts)
        return cls(decode_base64("image", fields["image"]), tuple(texts))


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is seen: what it may be, the likeliest first; how often it is there, and how sure that is, 0–1."""

    names: tuple[str, ...]
    count: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Description:
    """`place` is where the things are, as "on a blue background" or "at night"; `captions` say it all, the best first;
    `scores` say how well each text of the request fits, the higher the better among them."""

    things: tuple[Thing, ...]
    place: str
    captions: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        things = [{"names": list(one.names), "count": one.count, "confidence": one.confidence} for one in self.things]
        return {"things": things, "place": self.place, "captions": list(self.captions), "scores": list(self.scores)}

    @classmethod
    def from_json(cls, document: object) -> "Description":
        """Raises ValueError for anything else."""
        match document:
            case {"things": [*things], "place": str() as place, "captions": [*captions], "scores": [*scores]}:
                seen = tuple(
                    Thing(tuple(map(str, one["names"])), int(one["count"]), float(one["confidence"])) for one in things
                )
                return cls(seen, place, tuple(map(str, captions)), tuple(map(float, scores)))
        raise ValueError(f"not a description: {str(document)[:80]}")


@dataclass(frozen=True, slots=True)
class WordsRequest:
    """What `POST /v1/words` takes: texts, and a model; None is the default one."""

    texts: tuple[str, ...]
    model: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.texts) <= MAX_PROMPTS_PER_CHECK:
            raise InvalidRequest("wrong_count", "texts", count=len(self.texts), low=1, high=MAX_PROMPTS_PER_CHECK)
        for text in self.texts:
            check_text("texts", text)

    def to_json(self) -> dict[str, Any]:
        return {"texts": list(self.texts), **({} if self.model is None else {"model": self.model})}

    @classmethod
    def from_json(cls, document: object) -> "WordsRequest":
        """Raises InvalidRequest."""
        fields = check_fields(document, {"texts": list, "model": str})
        texts = fields.get("texts", [])
        check_strings("texts", texts)
        return cls(tuple(texts), fields.get("model"))


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Of each text, the words that the model never learned; where any is misspelt, `read_as` what each of them was read
    as, in pairs."""

    unknown: tuple[tuple[str, ...], ...]
    read_as: tuple[tuple[tuple[str, str], ...], ...] = ()

    @classmethod
    def of(cls, texts: Iterable[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]) -> "KnownWords":
        """Of each text, its unknown words, and the pairs of the misspelt ones."""
        found = tuple(texts)
        return cls(tuple(unknown for unknown, _ in found), tuple(read_as for _, read_as in found))

    def spelled(self, texts: Sequence[str]) -> tuple[str, ...]:
        """The texts as they were read; those of the request."""
        return tuple(map(_spelled, texts, self.read_as)) if self.read_as else tuple(texts)

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"unknown": [list(words) for words in self.unknown]}
        if any(self.read_as):
            document["read_as"] = [[list(pair) for pair in pairs] for pairs in self.read_as]
        return document

    @classmethod
    def from_json(cls, document: object) -> "KnownWords":
        """Raises ValueError for anything else."""
        match document:
            case {"unknown": [*unknown], "read_as": [*read_as]}:
                pairs = tuple(map(pairs_from_json, read_as))
                return cls(tuple(tuple(map(str, words)) for words in unknown), pairs)
            case {"unknown": [*unknown], **rest} if "read_as" not in rest:
                return cls(tuple(tuple(map(str, words)) for words in unknown))
        raise ValueError(f"not known words: {str(document)[:80]}")


def _spelled(text: str, read_as: tuple[tuple[str, str], ...]) -> str:
    for typed, read in read_as:
        text = re.sub(rf"\b{re.escape(typed)}\b", read, text)
    return text
