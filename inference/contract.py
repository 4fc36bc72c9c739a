"""The HTTP contract between the bot and an inference server, as values.

In: JSON documents and NDJSON lines.  Out: frozen dataclasses, checked against the limits below.
Both sides import this module, so it knows the standard library only: no torch, no aiohttp, no Discord.
"""

import base64
import binascii
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

MAX_PROMPT_CHARACTERS: Final = 1000
MAX_IMAGES: Final = 9
MAX_SEED: Final = 2**32 - 1
MAX_GUIDANCE_SCALE: Final = 30.0
MAX_TEMPERATURE: Final = 5.0
MAX_TOP_K: Final = 65536
MAX_KEEP_ROWS: Final = 64
MAX_INIT_IMAGE_BYTES: Final = 10 * 2**20
MAX_PROMPTS_PER_CHECK: Final = 64

Action = Literal["allow", "flag", "block"]


class InvalidRequest(ValueError):
    """Bad input, answered with status 400.

    `message` names the field, its value and the limit; `field` is the JSON name.
    """

    def __init__(self, field: str, message: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.message = message

    def to_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What `POST /v1/generations` takes.  Picture k is drawn with `seed + k` (modulo 2**32).

    Where guidance_scale, temperature, top_k or top_p is None, the model's own default is used; `top_k` 0 means off.
    `init_image` (an encoded picture file) is completed below its first `keep_rows` code rows, or, with
    `strength` (0–1), varied: that share of its codes is drawn again.
    """

    prompt: str
    negative_prompt: str | None = None
    images: int = 4
    seed: int = 0
    guidance_scale: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    init_image: bytes | None = None
    keep_rows: int = 0
    strength: float | None = None
    model: str | None = None
    preview: bool = True

    def __post_init__(self) -> None:
        check_text("prompt", self.prompt)
        if self.negative_prompt is not None:
            check_text("negative_prompt", self.negative_prompt)
        check_range("images", self.images, 1, MAX_IMAGES)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("guidance_scale", self.guidance_scale, 1.0, MAX_GUIDANCE_SCALE)
        check_range("temperature", self.temperature, 0.01, MAX_TEMPERATURE)
        check_range("top_k", self.top_k, 0, MAX_TOP_K)
        check_range("top_p", self.top_p, 0.01, 1.0)
        check_range("keep_rows", self.keep_rows, 0, MAX_KEEP_ROWS)
        check_range("strength", self.strength, 0.0, 1.0)
        if self.init_image is not None and len(self.init_image) > MAX_INIT_IMAGE_BYTES:
            raise InvalidRequest(
                "init_image", f"init_image has {len(self.init_image)} bytes; at most {MAX_INIT_IMAGE_BYTES} are taken"
            )
        if self.init_image is None and (self.keep_rows or self.strength is not None):
            raise InvalidRequest("init_image", "init_image is missing; keep_rows and strength need one")

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            name: getattr(self, name) for name in _FIELD_TYPES if getattr(self, name) is not None
        }
        if self.init_image is not None:
            document["init_image"] = base64.b64encode(self.init_image).decode()
        return document

    @classmethod
    def from_json(cls, document: object) -> "GenerationRequest":
        """Raises InvalidRequest for an unknown field, a wrong type or a value out of range."""
        fields = check_fields(document, _FIELD_TYPES)
        if "prompt" not in fields:
            raise InvalidRequest("prompt", "prompt is missing")
        if fields.get("init_image") is not None:
            fields["init_image"] = _decode_base64("init_image", fields["init_image"])
        return cls(**fields)


_FIELD_TYPES: Final[Mapping[str, type]] = {
    "prompt": str,
    "negative_prompt": str,
    "images": int,
    "seed": int,
    "guidance_scale": float,
    "temperature": float,
    "top_k": int,
    "top_p": float,
    "init_image": str,
    "keep_rows": int,
    "strength": float,
    "model": str,
    "preview": bool,
}


# ---------------------------------------------------------------------------------------------------- events


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
    pictures of one generation; None where there is none.  With scores, the pictures are sent best first.
    """

    index: int
    seed: int
    score: float | None
    png: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """All pictures were sent; `seconds` from acceptance to the last picture."""

    seconds: float
    model: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The generation ended without (all) pictures; `retryable` says whether another try may succeed."""

    code: str
    message: str
    retryable: bool


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
        case Image(index, seed, score, png):
            document = {"event": "image", "index": index, "seed": seed, "score": score}
            document["png"] = base64.b64encode(png).decode()
        case Done(seconds, model):
            document = {"event": "done", "seconds": round(seconds, 3), "model": model}
        case Failed(code, message, retryable):
            document = {"event": "failed", "code": code, "message": message, "retryable": retryable}
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
                return Image(index, seed, document.get("score"), base64.b64decode(png, validate=True))
            case {"event": "done", "seconds": int() | float() as seconds, "model": str() as model}:
                return Done(float(seconds), model)
            case {"event": "failed", "code": str() as code, "message": str() as message, "retryable": bool() as again}:
                return Failed(code, message, again)
    except (ValueError, TypeError) as error:
        raise ValueError(f"not an event line: {line[:80]!r}: {error}") from error
    raise ValueError(f"not an event line: {line[:80]!r}")


# -------------------------------------------------------------------------------------------------- verdicts


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a safety check.  `score` is 0–1; `category` is None where nothing was found."""

    action: Action
    category: str | None = None
    score: float = 0.0
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"action": self.action, "category": self.category, "score": self.score, "reason": self.reason}

    @classmethod
    def from_json(cls, document: object) -> "Verdict":
        """Raises ValueError for anything but a verdict: an answer that cannot be read must not pass for "allow"."""
        match document:
            case {
                "action": "allow" | "flag" | "block" as action,
                "category": (str() | None) as category,
                "score": (int() | float()) as score,
                "reason": str() as reason,
            }:
                return cls(action, category, float(score), reason)
        raise ValueError(f"not a verdict: {str(document)[:80]}")


def prompts_from_json(document: object) -> list[str]:
    """Read the body of `POST /v1/check`: `{"prompts": ["…", …]}`.  Raises InvalidRequest."""
    fields = check_fields(document, {"prompts": list})
    prompts = fields.get("prompts")
    if not prompts or len(prompts) > MAX_PROMPTS_PER_CHECK:
        count = len(prompts) if prompts else 0
        raise InvalidRequest("prompts", f"prompts has {count} entries; 1 to {MAX_PROMPTS_PER_CHECK} are taken")
    for prompt in prompts:
        if not isinstance(prompt, str):
            raise InvalidRequest("prompts", f"prompts holds {type(prompt).__name__}; only strings are taken")
    return list(prompts)


# ---------------------------------------------------------------------------------------------------- layout


def best_first(images: Iterable[Image]) -> list[Image]:
    """By score, and without scores in the order of the seeds."""
    return sorted(images, key=lambda image: (0.0 if image.score is None else -image.score, image.index))


def grid_columns(images: int) -> int:
    """Columns of the grid that shows so many pictures: 1 → 1, 2–4 → 2, 5–9 → 3."""
    return math.ceil(math.sqrt(images))


# ---------------------------------------------------------------------------------------------------- checks


def check_fields(document: object, types: Mapping[str, type]) -> dict[str, Any]:
    """Return the document's fields, nulls left out; raises InvalidRequest for an unknown name or a wrong type."""
    if not isinstance(document, dict):
        raise InvalidRequest("", f"the body is a JSON {type(document).__name__}; an object is needed", "invalid_body")
    fields = {}
    for name, value in document.items():
        if name not in types:
            raise InvalidRequest(name, f"{name!r} is not a known field; known are {', '.join(types)}", "unknown_field")
        if value is None:
            continue
        wanted = types[name]
        accepted = (int, float) if wanted is float else wanted  # JSON writes 3.0 as 3
        if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
            raise InvalidRequest(name, f"{name} is a {type(value).__name__}; a {wanted.__name__} is needed")
        try:
            fields[name] = wanted(value)
        except OverflowError:  # an integer beyond what a float holds
            raise InvalidRequest(name, f"{name} has {len(str(value))} digits; that is beyond any limit") from None
    return fields


def check_text(field: str, text: str) -> None:
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise InvalidRequest(field, f"{field} has {len(text)} characters; at most {MAX_PROMPT_CHARACTERS} are taken")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can spell and no encoding can write
        raise InvalidRequest(field, f"{field} is no Unicode text at character {error.start}") from error


def check_range(field: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:  # also refuses NaN
        raise InvalidRequest(field, f"{field} is {value}; it must be from {low} to {high}")


def _decode_base64(field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise InvalidRequest(field, f"{field} is not base64: {error}") from error
