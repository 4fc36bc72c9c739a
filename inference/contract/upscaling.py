"""Upscaling: a picture in, the same one larger.

In: JSON bodies of `POST /v1/upscale`, and of its answer.  Out: frozen values, and the other way round.
"""

import base64
from dataclasses import dataclass
from typing import Any

from inference.contract.refusals import InvalidRequest, check_fields, decode_base64


def picture_from_json(document: object) -> bytes:
    """Read `{"image": "<base64>"}`.  Raises InvalidRequest."""
    fields = check_fields(document, {"image": str})
    if "image" not in fields:
        raise InvalidRequest("missing", "image")
    return decode_base64("image", fields["image"])


@dataclass(frozen=True, slots=True)
class Upscaled:
    """The picture as PNG, a whole number of times as large as it was, and the name of the network that drew it."""

    png: bytes
    model: str

    def to_json(self) -> dict[str, Any]:
        return {"png": base64.b64encode(self.png).decode(), "model": self.model}

    @classmethod
    def from_json(cls, document: object) -> "Upscaled":
        """Raises ValueError for anything else."""
        match document:
            case {"png": str() as png, "model": str() as model}:
                return cls(base64.b64decode(png, validate=True), model)
        raise ValueError(f"no upscaled picture: {str(document)[:80]}")
