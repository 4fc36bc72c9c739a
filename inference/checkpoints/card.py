"""What a person, or `easel models pull`, wrote down of a model: easel.json in its folder.

In: a folder.  Out: a ModelCard, empty where there is no such file.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from inference.checkpoints.weights import CheckpointError, read_json, write_json

CARD: Final = "easel.json"
_SIZE: Final = re.compile(r"[1-9]\d{1,3}x[1-9]\d{1,3}")


@dataclass(frozen=True)
class ModelCard:
    """`description` is one line for people who choose; the rest is for what the model's own files do not say.

    `guidance_scale` 1 is for models that were distilled to need none, `sizes` are "width×height" as "512x512".
    """

    description: str = ""
    steps: int | None = None
    guidance_scale: float | None = None
    sizes: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises CheckpointError naming the file and the first thing in it that makes no sense."""
        path = folder / CARD
        if not path.is_file():
            return cls()
        values = read_json(path)
        unknown = sorted(values.keys() - asdict(cls()).keys())
        if unknown:
            raise CheckpointError(f"{path}: {unknown[0]!r} is not known; known are {', '.join(asdict(cls()))}")
        checks: dict[str, Any] = {
            "description": lambda one: isinstance(one, str) and len(one) <= 100,
            "steps": lambda one: one is None or (isinstance(one, int) and 1 <= one <= 1000),
            "guidance_scale": lambda one: one is None or (isinstance(one, int | float) and 0 <= one <= 30),
            "sizes": lambda some: isinstance(some, list) and all(_SIZE.fullmatch(str(one)) for one in some),
        }
        for name, value in values.items():
            if not checks[name](value):
                raise CheckpointError(f"{path}: {name} is {value!r}, which makes no sense")
        return cls(**{**values, "sizes": tuple(values.get("sizes", ()))})

    def write(self, folder: Path) -> None:
        """Into a model's folder."""
        write_json(folder / CARD, asdict(self))
