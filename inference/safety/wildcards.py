"""A server's own words, with `*` for any letters.

In: words of a Policy, which the contract has checked.  Out: which of them a text has.  The time grows with the text
only: each word of the text is compared once with each pattern's word, and a `*` never leaves its word.
"""

import functools
from collections.abc import Iterator
from typing import Final

from inference.safety.lexicon import Words, flat

KEPT: Final = 256
"""Servers whose words are kept ready."""
_DIGITS: Final = str.maketrans("0134578", "oieastb")


class WordPatterns:
    """Each pattern is a list of words, each word the pieces between its wildcards."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = [(pattern, [_pieces(word) for word in pattern.split()]) for pattern in patterns]
        self._patterns = [(pattern, words) for pattern, words in self._patterns if any(map(any, words))]

    @classmethod
    @functools.lru_cache(maxsize=KEPT)
    def of(cls, patterns: tuple[str, ...]) -> "WordPatterns":
        """The same for the same words, ready made."""
        return cls(patterns)

    def find(self, words: Words) -> tuple[str, ...]:
        """What the text has of them, each pattern once, as it stands in the text."""
        return tuple(dict.fromkeys(" ".join(words.words[first:last]) for first, last in self.spans(words)))

    def spans(self, words: Words) -> Iterator[tuple[int, int]]:
        """Where: the first word, and the one after the last."""
        spelt = [word.translate(_DIGITS) for word in words.words]  # a server's words are in no vocabulary
        for _, wanted in self._patterns:
            for first in range(len(words.words) - len(wanted) + 1):
                if all(map(_fits, words.words[first:], wanted)) or all(map(_fits, spelt[first:], wanted)):
                    yield first, first + len(wanted)


def _pieces(word: str) -> list[str]:
    return [flat(piece).replace(" ", "") for piece in word.split("*")]


def _fits(word: str, pieces: list[str]) -> bool:
    """Whether a word is the pieces with anything between them: the first at its start, the last at its end."""
    if len(pieces) == 1:
        return word == pieces[0]
    if not word.startswith(pieces[0]) or not word.endswith(pieces[-1]):
        return False
    at, end = len(pieces[0]), len(word) - len(pieces[-1])
    for piece in pieces[1:-1]:
        at = word.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return at <= end
