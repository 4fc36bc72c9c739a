"""What a server says of one generation, an event a line, and how its pictures are laid out.

In: NDJSON lines.  Out: events, and the other way round.
"""

import base64
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from inference.contract.verdicts import Verdict

ALLOW: Final = Verdict("allow")


@dataclass(frozen=True, slots=True)
class Queued:
    """The server has taken the generation; it waits for free slots."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` is the share of codes drawn, 0–1; `preview` an encoded WebP grid of the unfinished pictures."""

    done: float
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One finished picture: `png` is an encoded file, and it is the picture that `seed` alone draws.

    `index` counts from 0 in the order of the seeds.  `score` is the ranking model's, the higher the better among the
    pictures of one generation; None where there is none.  With scores, the pictures are sent best first.  `verdict` is
    what the filter found in the picture itself, `filled` what the model filled in where the prompt left it open.
    """

    index: int
    seed: int
    score: float | None
    png: bytes
    verdict: Verdict = ALLOW
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """All pictures were sent; `seconds` from acceptance to the last picture.

    `unknown_words` are those of the prompt that the model has never learned, in the prompt's order; `read_as` pairs of
    those that are misspelt and what they were read as.
    """

    seconds: float
    model: str
    unknown_words: tuple[str, ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The generation ended without (all) pictures; `retryable` says whether another try may succeed.

    `data` is what a sentence about it needs, among that `retry_at`, in ISO 8601, where it is known from when on another
    try may succeed; the cause itself is in the server's log, under the generation's id.
    """

    code: str
    retryable: bool
    data: Mapping[str, Any] = field(default_factory=dict)


def retry_at(data: Mapping[str, Any]) -> datetime | None:
    """From when on another try may succeed, by the data of a failure; None where that is not known."""
    try:
        when = datetime.fromisoformat(str(data.get("retry_at")))
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


Event = Queued | Progress | Image | Done | Failed


def event_to_line(event: Event) -> bytes:
    """One NDJSON line, with its newline."""
    match event:
        case Queued():
            document: dict[str, Any] = {"event": "queued"}
        case Progress(done, preview):
            document = {"event": "progress", "done": round(done, 4)}
            if preview is not None:
                document["preview"] = base64.b64encode(preview).decode()
        case Image(index, seed, score, png, verdict, filled):
            document = {"event": "image", "index": index, "seed": seed, "score": score, "verdict": verdict.to_json()}
            if filled:
                document["filled"] = filled
            document["png"] = base64.b64encode(png).decode()
        case Done(seconds, model, unknown_words, read_as):
            document = {"event": "done", "seconds": round(seconds, 3), "model": model}
            if unknown_words:
                document["unknown_words"] = list(unknown_words)
            if read_as:
                document["read_as"] = [list(pair) for pair in read_as]
        case Failed(code, retryable, data):
            document = {"event": "failed", "code": code, "data": dict(data), "retryable": retryable}
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def event_from_line(line: bytes) -> Event:
    """Raises ValueError, naming the line's start, for anything but one of the five events."""
    try:
        document = json.loads(line)
        match document:
            case {"event": "queued"}:
                return Queued()
            case {"event": "progress", "done": int() | float() as done}:
                preview = document.get("preview")
                return Progress(float(done), None if preview is None else base64.b64decode(preview, validate=True))
            case {"event": "image", "index": int() as index, "seed": int() as seed, "png": str() as png}:
                verdict = Verdict.from_json(document.get("verdict"))  # one that is missing is not an "allow"
                filled = str(document.get("filled", ""))
                return Image(index, seed, document.get("score"), base64.b64decode(png, validate=True), verdict, filled)
            case {"event": "done", "seconds": int() | float() as seconds, "model": str() as model}:
                unknown = tuple(map(str, document.get("unknown_words", ())))
                return Done(float(seconds), model, unknown, pairs_from_json(document.get("read_as", ())))
            case {"event": "failed", "code": str() as code, "data": dict() as data, "retryable": bool() as again}:
                return Failed(code, again, data)
    except (ValueError, TypeError) as error:
        raise ValueError(f"not an event line: {line[:80]!r}: {error}") from error
    raise ValueError(f"not an event line: {line[:80]!r}")


def pairs_from_json(document: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    """Words, and what they were read as.  Raises ValueError for anything else."""
    return tuple((str(typed), str(read)) for typed, read in document)


def best_first(images: Iterable[Image]) -> list[Image]:
    """By score, and without scores in the order of the seeds."""
    return sorted(images, key=lambda image: (0.0 if image.score is None else -image.score, image.index))


def grid_columns(images: int) -> int:
    """Columns of the grid that shows so many pictures: 1 → 1, 2–4 → 2, 5–9 → 3."""
    return math.ceil(math.sqrt(images))
