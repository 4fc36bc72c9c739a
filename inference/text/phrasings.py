"""Phrasings: how a thing is best asked of a model that draws it badly by its own name ("a laptop, 3d" for "a laptop",
"a small magic wand" for "a magic wand").

In: a prompt in the words of captions, and a model's `phrasings.json`. Out: the same, asked in that way, where the thing
is alone and no way of drawing is named. It knows no model; `easel train phrasings` measures one and writes its table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from inference.checkpoints.weights import CheckpointError, read_json
from inference.text.interpretations import is_styled, what_and_where
from inference.text.nouns import article, singulars

LONGEST = 80
"""Letters of a name or a phrasing."""
_THING = re.compile(
    r"(?P<before>(?:(?:an?|the|one|two|three|four|five) )?(?P<size>(?:small|little|tiny|big|large) )?)(?P<name>.+)"
)
_NUMBER = re.compile(r"(?:two|three|four|five)\b")


class Phrasings:
    """By name, the noun that a thing is asked by, and perhaps a style behind a comma."""

    def __init__(self, phrasings: Mapping[str, str]) -> None:
        self._phrasings = phrasings

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `easel train phrasings` wrote. Raises `CheckpointError` for what is never read."""
        values = read_json(path)
        for name, phrasing in values.items():
            if not isinstance(phrasing, str) or not phrasing or max(len(name), len(phrasing)) > LONGEST:
                raise CheckpointError(f"{path}: {name[:LONGEST]!r} must have a phrasing of at most {LONGEST} letters")
        return cls(values)

    def read(self, text: str) -> str:
        """`text` as it is best asked; copies of a thing keep their noun, and take its style alone."""
        if not self._phrasings or is_styled(text):
            return text
        what, where = what_and_where(text)
        found = _THING.fullmatch(what.strip().lower())
        if found is None:
            return text
        before, name = found["before"], found["name"]
        is_many = _NUMBER.match(before) is not None
        names = singulars(name) if is_many else (name,)
        phrasing = next((self._phrasings[one] for one in names if one in self._phrasings), None)
        if phrasing is None:
            return text
        noun, comma, style = phrasing.partition(", ")
        if found["size"] and noun.startswith("small "):
            return text
        said = f"{before}{name if is_many else noun}"
        if before in {"a ", "an "}:
            said = article(noun)
        return f"{said}{where}{comma}{style}"
