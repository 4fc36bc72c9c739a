"""Outcomes of safety checks, and what is asked to be checked."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from inference.contract.policy import Policy
from inference.contract.refusals import InvalidRequest, check_fields, check_strings, check_text, decode_base64
from inference.contract.request import MAX_INIT_IMAGE_BYTES

MAX_PROMPTS_PER_CHECK: Final = 64

Action = Literal["allow", "flag", "blur", "hold", "block"]
"""From mild to grave.  What is flagged is used, and listed for review; a blurred picture is shown behind a cover; what
is held waits until a moderator has looked at it; what is blocked is refused."""
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a safety check.  `score` is 0–1; `category` is None where nothing was found.

    `rule` names what decided (docs/safety.md lists them); `words` are what it saw, as "meant" or "written → meant".
    """

    action: Action
    category: str | None = None
    score: float = 0.0
    rule: str = ""
    words: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Rule and words as one line for lists and logs; "" where nothing was found."""
        return ": ".join(filter(None, (self.rule, ", ".join(self.words))))

    def to_json(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "category": self.category,
            "score": self.score,
            "rule": self.rule,
            "words": list(self.words),
        }

    @classmethod
    def from_json(cls, document: object) -> "Verdict":
        """Raises ValueError for anything but a verdict: an answer that cannot be read must not pass for "allow"."""
        match document:
            case {
                "action": "allow" | "flag" | "blur" | "hold" | "block" as action,
                "category": (str() | None) as category,
                "score": (int() | float()) as score,
                "rule": str() as rule,
                "words": list() as words,
            } if all(isinstance(word, str) for word in words):
                return cls(action, category, float(score), rule, tuple(words))
        raise ValueError(f"not a verdict: {str(document)[:80]}")


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What `POST /v1/check` takes: prompts, each with its negative prompt or None, and the policy to judge them by."""

    prompts: tuple[str, ...]
    negative_prompts: tuple[str | None, ...] = ()
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        count = len(self.prompts)
        if not 1 <= count <= MAX_PROMPTS_PER_CHECK:
            raise InvalidRequest("wrong_count", "prompts", count=count, low=1, high=MAX_PROMPTS_PER_CHECK)
        if self.negative_prompts and len(self.negative_prompts) != count:
            given = len(self.negative_prompts)
            raise InvalidRequest("wrong_count", "negative_prompts", count=given, low=count, high=count)
        for prompt in self.prompts:
            check_text("prompts", prompt)
        for negative in self.negative_prompts:
            check_text("negative_prompts", negative or "")

    @property
    def pairs(self) -> list[tuple[str, str | None]]:
        """Each prompt with its negative prompt."""
        return list(zip(self.prompts, self.negative_prompts or (None,) * len(self.prompts), strict=True))

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"prompts": list(self.prompts), "policy": self.policy.to_json()}
        if self.negative_prompts:
            document["negative_prompts"] = list(self.negative_prompts)
        return document

    @classmethod
    def from_json(cls, document: object) -> "CheckRequest":
        """Raises InvalidRequest."""
        fields = check_fields(document, {"prompts": list, "negative_prompts": list, "policy": dict})
        prompts, negative = fields.get("prompts", []), fields.get("negative_prompts", [])
        check_strings("prompts", prompts)
        check_strings("negative_prompts", negative, or_null=True)
        return cls(tuple(prompts), tuple(negative), Policy.from_json(fields.get("policy", {})))


@dataclass(frozen=True, slots=True)
class ImageCheckRequest:
    """What `POST /v1/check-image` takes: one encoded picture, and the policy to judge it by."""

    image: bytes
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        if len(self.image) > MAX_INIT_IMAGE_BYTES:
            raise InvalidRequest("too_large", "image", bytes=len(self.image), limit=MAX_INIT_IMAGE_BYTES)

    @classmethod
    def from_json(cls, document: object) -> "ImageCheckRequest":
        """Raises InvalidRequest."""
        fields = check_fields(document, {"image": str, "policy": dict})
        if "image" not in fields:
            raise InvalidRequest("missing", "image")
        return cls(decode_base64("image", fields["image"]), Policy.from_json(fields.get("policy", {})))


def texts_from_json(document: object) -> list[str]:
    """Read the body of `POST /v1/embed`: `{"texts": ["…", …]}`.  Raises InvalidRequest."""
    texts: list[str] = check_fields(document, {"texts": list}).get("texts", [])
    check_strings("texts", texts)
    if not 1 <= len(texts) <= MAX_PROMPTS_PER_CHECK:
        raise InvalidRequest("wrong_count", "texts", count=len(texts), low=1, high=MAX_PROMPTS_PER_CHECK)
    for text in texts:
        check_text("texts", text)
    return texts
