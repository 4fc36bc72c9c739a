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
from inference.text.counts import NUMBERS
from inference.text.nouns import indefinite, plural, singulars

_LONGEST = 60
"""Letters of a name or a noun."""
_WORD = re.compile(r"([^\W\d_]+(?:(?:['’](?!s\b)|-)[^\W\d_]+)*)")
_ARTICLES = ("a", "an")
_MOST_WORDS = 3
"""Words of a noun ("ice cream cone")."""
_NOUN = re.compile(rf"[^\W\d_]+(?: [^\W\d_]+){{0,{_MOST_WORDS - 1}}}")
_SAME = frozenset({"deer", "fish", "sheep"})
"""Nouns in which several are called as one is."""
_DOING = ("person ", "people ", "man ", "woman ")
_NO_NOUNS = frozenset("up down left right no ok away done suit".split())
"""Last words of names ("thumbs up") that do not say what anything is."""


class Thesaurus:
    """What nouns mean that no training caption used: `horse` for a stallion, since that is what can be drawn."""

    def __init__(self, nouns: Mapping[str, Sequence[str]]) -> None:
        """`nouns`: to each name that captions use, the nouns (singular, lower case, of one word or several) that are
        to be read as it."""
        self.nouns = nouns
        self._names = {noun: name for name, some in nouns.items() for noun in some}
        heads = {word for name in nouns if not name.startswith(_DOING) for word in name.split()[-1:]}
        self._heads = heads - _NO_NOUNS
        self._first = {noun.partition(" ")[0] for noun in self._names if " " in noun}
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
                plain = isinstance(noun, str) and len(noun) <= _LONGEST and _NOUN.fullmatch(noun) is not None
                if not plain or noun != noun.lower():
                    raise CheckpointError(
                        f"{path}: {str(noun)[:_LONGEST]!r} is no noun of at most {_MOST_WORDS} words in lower case"
                    )
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
        at = 1
        while at < len(pieces):
            last = self._last(pieces, at)
            before, after = self._near(pieces, at, -1), self._near(pieces, last, 1)
            is_proper = pieces[at][0].isupper() and at > 1 and before not in _ARTICLES
            is_part = before == "s" or after == "of" or self._is_noun(before) or self._is_noun(after)
            if not is_proper and not is_part and not self._is_in_name(original, at // 2, last // 2):
                name = self._name("".join(pieces[at : last + 1]).lower())
                if name is not None:
                    is_counted = (before or pieces[at - 1].strip()) in NUMBERS
                    name = plural(name) if is_counted and pieces[at].lower() in _SAME else name
                    pieces[at : last + 1] = [name, *[""] * (last - at)]
                    if before in _ARTICLES:
                        pieces[at - 2 : at] = indefinite(name).removesuffix(name).rstrip(), pieces[at - 1]
                        pieces[at - 1] = pieces[at - 1] if pieces[at - 2] else ""
            at = last + 2
        return "".join(pieces)

    def _last(self, pieces: Sequence[str], at: int) -> int:
        """Where the noun ends that the word `at` begins, if it is one of several words; else `at` itself."""
        if pieces[at].lower() in self._first:
            for last in range(min(at + 2 * (_MOST_WORDS - 1), len(pieces) - 2), at, -2):
                is_one = all(gap == " " for gap in pieces[at + 1 : last : 2])
                if is_one and self._name("".join(pieces[at : last + 1]).lower()) is not None:
                    return last
        return at

    @property
    def words(self) -> frozenset[str]:
        """All nouns that are read as another."""
        return frozenset(self._names)

    def knows(self, noun: str) -> bool:
        """Whether a noun in the singular is read as another, or is a name itself."""
        return noun in self._names or noun in self._heads

    def _is_in_name(self, words: Sequence[str], at: int, last: int) -> bool:
        """Whether a noun, the words from `at` to `last`, is part of a known name of more words."""
        for name in self._longer.get(words[at], ()):
            start = at - name.index(words[at])
            end = start + len(name)
            if start >= 0 and list(words[start:end]) == name and (start < at or end > last + 1):
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
        start, space, last = word.rpartition(" ")
        ones = (start + space + one for one in singulars(last))
        return next((plural(self._names[one]) for one in ones if one in self._names), None)
