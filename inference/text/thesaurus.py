"""Thesaurus: for nouns that a model never learned, the name of what is most like them.

In: prompts, and a model's `thesaurus.json`. Out: prompts in words that the model's training captions used.
It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from inference.checkpoints.weights import CheckpointError, read_json
from inference.text.nouns import article, plural, singulars

_LONGEST = 60
"""Letters of a name or a noun."""
_WORD = re.compile(r"([^\W\d_]+(?:(?:['’](?!s\b)|-)[^\W\d_]+)*)")
_ARTICLES = ("a", "an")
_DOING = ("person ", "people ", "man ", "woman ")
_NO_NOUNS = frozenset("up down left right no ok away done".split())
"""Last words of names ("thumbs up") that do not say what anything is."""


class Thesaurus:
    """What nouns mean that no training caption used: `horse` for a stallion, since that is what can be drawn."""

    def __init__(self, nouns: Mapping[str, Sequence[str]]) -> None:
        """`nouns`: to each name that captions use, the nouns (singular, lower case) that are to be read as it."""
        self.nouns = nouns
        self._names = {noun: name for name, some in nouns.items() for noun in some}
        heads = {word for name in nouns if not name.startswith(_DOING) for word in name.split()[-1:]}
        self._heads = heads - _NO_NOUNS
        self._longer: dict[str, list[list[str]]] = {}  # by word, the names of several words that it stands in
        for words in (name.split() for name in nouns if " " in name):
            for word in set(words):
                self._longer.setdefault(word, []).append(words)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `easel train thesaurus` wrote, or a person. Raises `CheckpointError` for what is never read."""
        values: dict[str, Any] = read_json(path)
        seen = set[str]()
        for name, nouns in values.items():
            if len(name) > _LONGEST or not name.isprintable():
                raise CheckpointError(f"{path}: {name[:_LONGEST]!r} is no name of at most {_LONGEST} letters")
            if not isinstance(nouns, list):
                raise CheckpointError(f"{path}: the nouns of {name!r} must be a list")
            for noun in nouns:
                if not isinstance(noun, str) or len(noun) > _LONGEST or not noun.isalpha() or noun != noun.lower():
                    raise CheckpointError(f"{path}: {str(noun)[:_LONGEST]!r} is not one word in lower case")
                if noun in seen:
                    raise CheckpointError(f"{path}: {noun!r} stands there twice")
                seen.add(noun)
        return cls(values)

    def read(self, text: str) -> str:
        """`text` with known names for unknown nouns, in the same number; all the rest stays as it is.

        A noun stays that is a part of something or says what kind it is ("a pig's tail", "cat sticker", "guinea pig",
        "a tangle of wires", the hat of "a top hat"), and what is somebody's name ("Jack Sparrow").
        """
        pieces = _WORD.split(text)  # a gap, a word, a gap, …
        original = [word.lower() for word in pieces[1::2]]
        for at in range(1, len(pieces), 2):
            before, word, after = self._near(pieces, at, -1), pieces[at], self._near(pieces, at, 1)
            is_proper = word[0].isupper() and at > 1 and before not in _ARTICLES
            if is_proper or before == "s" or after == "of" or self._is_noun(before) or self._is_noun(after):
                continue
            if self._is_in_name(original, at // 2):
                continue
            name = self._name(word.lower())
            if name is not None:
                pieces[at] = name
                if before in _ARTICLES:
                    pieces[at - 2] = article(name).partition(" ")[0]
        return "".join(pieces)

    @property
    def words(self) -> frozenset[str]:
        """All nouns that are read as another."""
        return frozenset(self._names)

    def knows(self, noun: str) -> bool:
        """Whether a noun in the singular is read as another, or is a name itself."""
        return noun in self._names or noun in self._heads

    def _is_in_name(self, words: Sequence[str], at: int) -> bool:
        """Whether a word is part of a known name of several words."""
        for name in self._longer.get(words[at], ()):
            start = at - name.index(words[at])
            if start >= 0 and list(words[start : start + len(name)]) == name:
                return True
        return False

    @staticmethod
    def _near(pieces: Sequence[str], at: int, side: int) -> str:
        """The word on one side of the word `at`, if only a space is between them."""
        beyond = at + 2 * side
        return pieces[beyond].lower() if 0 < beyond < len(pieces) and pieces[at + side].isspace() else ""

    def _is_noun(self, word: str) -> bool:
        return word in self._heads or word in self._names

    def _name(self, word: str) -> str | None:
        if word in self._names or word in self._heads:
            return self._names.get(word)
        return next((plural(self._names[one]) for one in singulars(word) if one in self._names), None)
