"""Whether a text can be read at all: codes that nothing undoes are held, for a filter that sees nothing must not pass.

In: a text that was read by respell.py.  Out: what of it is in no language.  Names, terms, play with letters, and other
languages are in some, although nobody knows the words: their letters follow each other as letters of words do, and
sentences have the small words of their language.
"""

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, pairwise
from typing import Final

from inference.safety.languages import Languages

LEAST_LETTERS: Final = 16
"""Letters that tell nothing yet."""
LIKELY, SPREAD = -3.3, 3.0
"""The mean logarithm of the chance of a letter after the one before, below which letters follow each other as in no
language; and how much that varies with the root of how few they are."""
SENTENCE: Final = 6
"""Unknown words that are a sentence, if they are one."""
FEW_LETTERS: Final = 5
"""Different letters: of no language, but of a code with two signs, or of their names."""
MANY_DIGITS, MANY_NUMBERS, LONG_NUMBER = 20, 6, 24
MANY_SCRAPS: Final = 12
SHOWN: Final = 5
"""Of what cannot be read, as much as a verdict shows."""
WORDS_KEPT: Final = 1 << 13

_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
_PIECE: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LETTERS: Final = re.compile(r"[a-z]+")
_DIGITS: Final = re.compile(r"\d+")
_PARTED: Final = re.compile(r"[,;:/|()\[\]{}\"<>]")


class Legibility:
    """Knows how the letters of words follow each other.  Safe to use from several threads."""

    def __init__(self, vocabulary: Collection[str], knows: Callable[[str], bool], languages: Languages) -> None:
        self._knows, self._languages = knows, languages
        words = [f"^{word}$" for word in vocabulary if len(word) > 2]
        pairs = Counter(chain.from_iterable(map(pairwise, words)))
        singles = Counter(chain.from_iterable(word[:-1] for word in words))
        self._chances = {pair: math.log((count + 0.5) / (singles[pair[0]] + 15)) for pair, count in pairs.items()}
        self._never = {letter: math.log(0.5 / (count + 15)) for letter, count in singles.items()}
        self._likely = functools.lru_cache(WORDS_KEPT)(self._chance)

    def illegible(self, text: str) -> tuple[str, ...]:
        """What of a plain text is in no language, as far as it is to be shown; nothing where it can be read."""
        pieces = _PIECE.findall(text)
        words = set(filter(_is_word, set(pieces)))
        unknown = {piece for piece in words if not self._knows(piece) and not _is_row(piece)}
        found = (
            self._unlikely(pieces, unknown)
            or self._speechless(text, pieces, words, unknown)
            or self._few_letters(pieces, unknown)
            or self._numbers(pieces, words)
            or self._scraps(pieces)
        )
        return tuple(dict.fromkeys(found))[:SHOWN]

    def _unlikely(self, pieces: list[str], unknown: Collection[str]) -> list[str]:
        """A stretch of unknown words whose letters do not follow each other as letters of words do."""
        letters = sum(map(len, pieces))
        for stretch in _stretches(pieces, unknown):
            count = sum(len(_bare(piece)) for piece in stretch)
            if count < LEAST_LETTERS or (len(stretch) == 1 and 2 * count < letters):
                continue  # a name of a file among words
            if len(set(_bare("".join(stretch)))) == 1:
                continue  # "xxxxxx…" hides nothing
            if sum(map(self._likely, stretch)) / count < LIKELY - SPREAD / math.sqrt(count):
                return stretch
        return []

    def _chance(self, piece: str) -> float:
        """The logarithm of it, a letter, times the letters."""
        letters = f"^{_bare(piece)}$"
        chances = [self._chances.get(pair, self._never[pair[0]]) for pair in pairwise(letters)]
        return sum(chances) / len(chances) * (len(letters) - 2)

    def _speechless(self, text: str, pieces: list[str], words: Collection[str], unknown: Collection[str]) -> list[str]:
        """What is written like a sentence and has no word that any language has; no list of names or terms."""
        strange = [piece for piece in pieces if piece in unknown]
        if len(unknown) < SENTENCE or not text.isascii():
            return []
        if len(strange) * 10 < sum(piece in words for piece in pieces) * 7:
            return []
        if len(_PARTED.findall(text)) * 4 >= len(strange):
            return []
        return strange if self._languages.small_words(pieces) * 10 < len(pieces) else []

    @staticmethod
    def _few_letters(pieces: list[str], unknown: Collection[str]) -> list[str]:
        strange = [piece for piece in pieces if piece in unknown]
        letters = set("".join(strange))
        if len(letters) > FEW_LETTERS or len(set(strange)) < SENTENCE or 2 * len(strange) < len(pieces):
            return []
        return strange

    def _numbers(self, pieces: list[str], words: Collection[str]) -> list[str]:
        """Letters as numbers, however they are counted."""
        numbers = list(chain.from_iterable(map(_DIGITS.findall, pieces)))
        digits = sum(map(len, numbers))
        many = digits >= MANY_DIGITS and len(numbers) >= MANY_NUMBERS
        if not many and max(map(len, numbers), default=0) < LONG_NUMBER:
            return []
        return numbers if digits >= sum(len(piece) for piece in pieces if piece in words and self._knows(piece)) else []

    def _scraps(self, pieces: list[str]) -> list[str]:
        """One or two letters at a time."""
        scraps = [piece for piece in pieces if len(piece) < 3 and _LETTERS.fullmatch(piece) and not self._knows(piece)]
        return scraps if len(scraps) >= MANY_SCRAPS and len(scraps) * 10 >= len(pieces) * 7 else []


def _is_word(piece: str) -> bool:
    return len(piece) > 2 and piece.isascii() and len(_bare(piece)) > 2


def _is_row(piece: str) -> bool:
    """Keys that lie beside each other: played with, or asked for."""
    return len(piece) > 3 and any(piece in row for row in _ROWS)


def _bare(piece: str) -> str:
    return "".join(_LETTERS.findall(piece))


def _stretches(pieces: Iterable[str], unknown: Collection[str]) -> Iterator[list[str]]:
    """Unknown words that follow each other, with one known word between two of them at most."""
    stretch: list[str] = []
    known = 0
    for piece in pieces:
        if piece in unknown:
            stretch.append(piece)
            known = 0
        elif len(piece) > 2:
            known += 1
            if known > 1 and stretch:
                yield stretch
                stretch = []
    if stretch:
        yield stretch
