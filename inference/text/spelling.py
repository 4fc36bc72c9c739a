"""Misspelt words: "a hosre and a castel" is read as "a horse and a castle".

In: an English prompt, the words that a model can draw, and common ones, the most frequent first. Out: the prompt with
words for what is one slip of the pen away from them, and what was read as what. A common word is never touched, nor a
name, nor what another language has; what is nothing but like a word ("heist", "hoist") stays as it is.

The slips are those of Damerau (1964), of which one makes four fifths of all misspellings: two letters swapped, one
too many, one too few, another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from inference.text.nouns import singulars

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VOWELS = frozenset("aeiouy")
_BESIDE = frozenset(
    pair for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for pair in (*pairwise(row), *pairwise(reversed(row)))
)
"""Letters that one finger takes for another."""
_SHORTEST, _SHORT, _LONG = 3, 4, 6
"""Letters of words that are corrected at all, of those in which only a swapped or a doubled letter counts, and of those
that may be a rarer word without one of its letters ("girafe")."""
MOST_CORRECTED = 8


@dataclass(frozen=True)
class Spelled:
    """A prompt, and the pairs of what was typed and what it was read as."""

    text: str
    read_as: tuple[tuple[str, str], ...] = ()


class Speller:
    """`names` tells whether a word is a thing that can be drawn, True, or only a word that may stand beside one, False,
    None for others; `is_known` whether a word is none of its business; `meanings` what it is in other languages, in
    English; `common` holds the rank of each frequent word."""

    def __init__(
        self,
        names: Callable[[str], bool | None],
        is_known: Callable[[str], bool],
        meanings: Callable[[str], Collection[str]],
        common: Mapping[str, int],
    ) -> None:
        self._names = names
        self._is_known = is_known
        self._meanings = meanings
        self._common = common

    def read(self, text: str) -> Spelled:
        """`text` with its misspelt words corrected."""
        read_as: dict[str, str] = {}

        def spelled(found: re.Match[str]) -> str:
            word = found.group()
            is_name = word[0].isupper() and not text.isupper() and (found.start() > 0 or len(word) <= _SHORT)
            meant = None if is_name or len(read_as) >= MOST_CORRECTED else self.meant(word.lower())
            if meant is None:
                return word
            read_as[word] = meant
            return meant

        return Spelled(_WORD.sub(spelled, text), tuple(read_as.items()))

    def meant(self, word: str) -> str | None:
        """What a word in lower case is a misspelling of; None where it is none, or nobody can tell.

        Of several the surest, then a thing before what is none, then the most frequent.
        """
        if len(word) < _SHORTEST or not word.isascii() or not word.isalpha():
            return None
        if word in self._common or self._is_known(word):
            return None
        foreign = self._meanings(word)  # "girafe" is French for what it is misspelt from, too
        found: list[tuple[bool, bool, int, str]] = []
        for one, is_sure in _slips(word):
            rank = self._common.get(one, len(self._common) if len(one) > len(word) >= _LONG else None)
            is_thing = self._names(one) if rank is not None and (is_sure or len(word) > _SHORT) else None
            means_it = not foreign or not {one, *singulars(one)}.isdisjoint(foreign)
            if rank is not None and is_thing is not None and (is_thing or is_sure) and means_it:
                found.append((not is_sure, not is_thing, rank, one))
        return min(found)[-1] if found else None


def _slips(word: str) -> Iterator[tuple[str, bool]]:
    """What may have been meant, each with whether that is a slip that hardly makes another word: swapped or doubled
    letters, and one for two.  Nobody misspells a word's beginning but by swapping."""
    for at, letter in enumerate(word):
        before, after = word[:at], word[at + 1 :]
        if after and after[0] != letter:
            yield before + after[0] + letter + after[1:], True
        if len(word) > _SHORTEST:
            yield before + letter + letter + after, True
        if not at:
            continue
        if len(word) > _SHORTEST:
            yield before + after, letter == before[-1]
        if letter == "f":
            yield before + "ph" + after, False
        for other in _LETTERS:
            yield before + other + letter + after, False
            if (letter, other) in _BESIDE or (other != letter and letter in _VOWELS and other in _VOWELS):
                yield before + other + after, False
    for other in _LETTERS:
        yield word + other, False


def ranks(words: Sequence[str]) -> dict[str, int]:
    """Words with their places, the most frequent first; what is no whole word of letters is left out."""
    return {word: rank for rank, word in enumerate(words) if word.isalpha() and len(word) > 1}
