"""What can be asked for: the body of `POST /v1/generations`, checked against the limits of the contract.

In: a JSON document.  Out: a frozen GenerationRequest, or an InvalidRequest.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inference.contract.policy import Policy
from inference.contract.refusals import InvalidRequest, check_fields, check_range, check_text, decode_base64, visible

MAX_IMAGES: Final = 9
MAX_SEED: Final = 2**32 - 1
PLAIN_EVERY: Final = 4
"""Of so many seeds one, the multiple of it, draws a prompt as it is. For the others a model may fill in what the prompt
leaves open, so that a grid offers a choice."""
PLAIN_TAKES: Final = 3
"""Of so many seeds that draw a prompt as it is one, the multiple of both, shows it as the model drew it; for the others
it may be mirrored, or smaller."""
MAX_GUIDANCE_SCALE: Final = 30.0
MIN_TEMPERATURE: Final = 0.01
MAX_TEMPERATURE: Final = 5.0
MAX_TOP_K: Final = 65536
MIN_TOP_P: Final = 0.01
MAX_KEEP_ROWS: Final = 64
MAX_INIT_IMAGE_BYTES: Final = 10 * 2**20
MAX_ID_CHARACTERS: Final = 64

_SIZE: Final = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")
_ID: Final = re.compile(rf"[A-Za-z0-9_.:/-]{{1,{MAX_ID_CHARACTERS}}}")
"""An id goes into logs: no line breaks, nothing that a terminal obeys."""


def random_seed() -> int:
    """A seed out of all whose first picture shows the prompt as it is, as it was drawn."""
    apart = PLAIN_EVERY * PLAIN_TAKES
    return apart * secrets.randbelow((MAX_SEED + 1) // apart)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What `POST /v1/generations` takes.  Picture k is drawn with `seed + k` (modulo 2**32).

    Where guidance_scale, temperature, top_k or top_p is None, the model's own default is used; `top_k` 0 means off.
    `init_image` (an encoded picture file) is completed below its first `keep_rows` code rows, or, with
    `strength` (0–1), varied: that share of its codes is drawn again, or, where the server drew the picture from the
    `same_prompt` and put it together of several drawings, all of these.  `id` is what the client calls the generation,
    so that its log and the server's can be read together; `policy` is what its pictures are judged by; `size` is
    one of the model's, as "512x512".
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
    same_prompt: bool = False
    model: str | None = None
    preview: bool = True
    id: str | None = None
    policy: Policy | None = None
    size: str | None = None

    def __post_init__(self) -> None:
        check_text("prompt", self.prompt)
        if not visible(self.prompt):
            raise InvalidRequest("empty", "prompt")
        if self.negative_prompt is not None:
            check_text("negative_prompt", self.negative_prompt)
        check_range("images", self.images, 1, MAX_IMAGES)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("guidance_scale", self.guidance_scale, 1.0, MAX_GUIDANCE_SCALE)
        check_range("temperature", self.temperature, MIN_TEMPERATURE, MAX_TEMPERATURE)
        check_range("top_k", self.top_k, 0, MAX_TOP_K)
        check_range("top_p", self.top_p, MIN_TOP_P, 1.0)
        check_range("keep_rows", self.keep_rows, 0, MAX_KEEP_ROWS)
        check_range("strength", self.strength, 0.0, 1.0)
        if self.init_image is not None and len(self.init_image) > MAX_INIT_IMAGE_BYTES:
            raise InvalidRequest("too_large", "init_image", bytes=len(self.init_image), limit=MAX_INIT_IMAGE_BYTES)
        if self.init_image is None and (self.keep_rows or self.strength is not None):
            raise InvalidRequest("needs_picture", "init_image")
        if self.size is not None and not _SIZE.fullmatch(self.size):
            raise InvalidRequest("no_size", "size", value=self.size[:20])
        if self.id is not None and not _ID.fullmatch(self.id):
            raise InvalidRequest("wrong_characters", "id", value=self.id[:MAX_ID_CHARACTERS], limit=MAX_ID_CHARACTERS)

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            name: getattr(self, name) for name in _FIELD_TYPES if getattr(self, name) is not None
        }
        if self.init_image is not None:
            document["init_image"] = base64.b64encode(self.init_image).decode()
        if self.policy is not None:
            document["policy"] = self.policy.to_json()
        return document

    @classmethod
    def from_json(cls, document: object) -> "GenerationRequest":
        """Raises InvalidRequest for an unknown field, a wrong type or a value out of range."""
        fields = check_fields(document, _FIELD_TYPES)
        if "prompt" not in fields:
            raise InvalidRequest("missing", "prompt")
        if fields.get("init_image") is not None:
            fields["init_image"] = decode_base64("init_image", fields["init_image"])
        if fields.get("policy") is not None:
            fields["policy"] = Policy.from_json(fields["policy"])
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
    "same_prompt": bool,
    "model": str,
    "preview": bool,
    "id": str,
    "policy": dict,
    "size": str,
}
