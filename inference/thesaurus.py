"""Thesaurus: for nouns that a model never learned, the name of what is most like them.

In: prompts, and a model's `thesaurus.json`. Out: prompts in words that the model's training captions used.
It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from inference.nouns import article, plural, singulars
from inference.weights import CheckpointError, read_json

_WORD = r"[^\W\d_]+(?:(?:['’](?!s\b)|-)[^\W\d_]+)*"
_PHRASE = re.compile(rf"(\b[Aa]n?\s+)?\b({_WORD})\b(?=\s+({_WORD}))?")


class Thesaurus:
    """What nouns mean that no training caption used: `horse` for a stallion, since that is what can be drawn."""

    def __init__(self, nouns: Mapping[str, Sequence[str]]) -> None:
        """`nouns`: to each name that captions use, the nouns (singular, lower case) that are to be read as it."""
        self.nouns = nouns
        self._names = {noun: name for name, some in nouns.items() for noun in some}
        self._heads = {word for name in nouns for word in name.split()[-1:]}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `easel train thesaurus` wrote. Raises `CheckpointError` for anything else."""
        values: dict[str, Any] = read_json(path)
        for name, nouns in values.items():
            if not isinstance(nouns, list) or not all(isinstance(noun, str) for noun in nouns):
                raise CheckpointError(f"{path}: the nouns of {name[:50]!r} must be a list of texts")
        return cls(values)

    def read(self, text: str) -> str:
        """`text` with known names for unknown nouns, in the same number; all the rest stays as it is.

        A noun stays that says what kind something is or what is seen of it: "guinea pig", "a tangle of wires".
        """
        return _PHRASE.sub(lambda phrase: self._read_word(*phrase.groups("")), text)

    def _read_word(self, before: str, word: str, after: str) -> str:
        """`word` as it is to be read, with the article `before` it, if it has one; `after` is the next word."""
        name = None if self._is_head(after.lower()) else self._name(word.lower())
        if name is None:
            return before + word
        return article(name) if before else name

    def _is_head(self, word: str) -> bool:
        """Whether the word before this one only says more about it."""
        return word == "of" or any(one in self._heads or one in self._names for one in (word, *singulars(word)))

    def _name(self, word: str) -> str | None:
        if word in self._names or word in self._heads:
            return self._names.get(word)
        return next((plural(self._names[one]) for one in singulars(word) if one in self._names), None)
