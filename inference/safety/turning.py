"""Texts that are turned: backwards, shifted along the alphabet or the keys, woven, or with their gaps elsewhere.

In: a plain text of which few words exist.  Out: what it was before it was turned, where that is mostly words.
"""

import re
import string
from collections.abc import Callable, Iterator
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Final

from inference.safety.decoding import Knows, known_letters, share_known, words_of
from inference.safety.parting import Parter

MADE_OF_WORDS: Final = 0.6
"""Share of words that exist, from which on a text is as it was meant."""
LONGEST_REGROUPED: Final = 1000
MANY_GROUPS: Final = 4
LOOKED_AT_SIGNS: Final = 500
STRETCH: Final = 3
"""Unknown words, one after the other, that are looked at by themselves."""
CHANCE, MANY_CHANCES = 4, 12
"""Letters in words that come about by chance: in a reading of its own kind, in one of many."""

_SHIFTED: Final = {
    by: str.maketrans(string.ascii_lowercase, string.ascii_lowercase[by:] + string.ascii_lowercase[:by])
    for by in range(1, 26)
}
_KEYS: Final = ("qwertyuiop[", "asdfghjkl;", "zxcvbnm,")
_NEXT_KEYS: Final = (
    str.maketrans("".join(row[1:] for row in _KEYS), "".join(row[:-1] for row in _KEYS)),
    str.maketrans("".join(row[:-1] for row in _KEYS), "".join(row[1:] for row in _KEYS)),
)
"""With the hands one key too far to the right, and to the left."""
_MIRRORED: Final = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[::-1])
_OTHER_LETTERS: Final = (
    *((shifted, CHANCE if by == 13 else MANY_CHANCES) for by, shifted in _SHIFTED.items()),
    (_MIRRORED, MANY_CHANCES),
)
_LETTERS: Final = re.compile(r"[a-z]+")
_HANGING: Final = re.compile(
    r"\b(?:a|an|the)(?= ?(?:$|[.,;:!?]|(?:of|in|on|at|to|is|and|with|by|for|from|the|a|an)\b))|(?<!\S)[.,;:!?](?=\w)"
)
"""Articles that nothing follows, and signs that stand before a word instead of behind one."""


class Turner:
    """Turns texts back.  `tells` says which words a filter looks for."""

    def __init__(self, knows: Knows, tells: Callable[[str], bool], parter: Parter) -> None:
        self._knows = knows
        self._tells = tells
        self._parter = parter

    def turned_back(self, plain: str, otherwise: str) -> str | None:
        """What the text was before, if that says more than `otherwise`, which it says as it stands."""
        share = share_known(plain, self._knows)
        if share < MADE_OF_WORDS:
            return self._turned_back(plain, otherwise, share)
        words = plain.split()
        first, last = self._stretch(words)
        if last - first < STRETCH:
            return None
        part = " ".join(words[first:last])
        meant = self._turned_back(part, part, 0.0)
        return None if meant is None else " ".join([*words[:first], meant, *words[last:]])

    def _turned_back(self, plain: str, otherwise: str, share: float) -> str | None:
        readings = self._readings(plain)
        if len(plain.split()) == 1:  # decaf is no face; any word that nobody knows is one backwards, or shifted
            readings = ((other, letters) for other, letters in readings if any(map(self._tells, other.split())))
        senses = ((self._sense(other), other, letters) for other, letters in readings)
        others = [(sense, other) for sense, other, letters in senses if sense[0] >= letters]
        sense, other = max(others, key=itemgetter(0), default=((0, 0), plain))  # the first of equals
        known = share_known(other, self._knows)
        return other if known >= max(MADE_OF_WORDS, share + 0.3) and sense >= self._sense(otherwise) else None

    def _readings(self, plain: str) -> Iterator[tuple[str, int]]:
        """What the text would say, and how many letters of words are no chance: there are many shifts."""
        yield plain[::-1], CHANCE
        yield " ".join(word[::-1] for word in plain.split()), CHANCE
        first = " ".join(words_of(plain))
        for letters, chances in _OTHER_LETTERS:
            if sum(len(word) for word in first.translate(letters).split() if self._knows(word)) >= chances:
                yield plain.translate(letters), chances
        for keys in _NEXT_KEYS:
            yield plain.translate(keys), MANY_CHANCES
        for rows in (2, 3):
            yield _unwoven(plain, rows), MANY_CHANCES
        bare = "".join(_LETTERS.findall(plain[:LONGEST_REGROUPED]))
        pair = plain.split()
        if len(pair) == 2 and any(len(word) > 2 and self._knows(word) for word in pair):
            return  # a globe artichoke has its one gap where it belongs
        words = self._parter.regrouped(bare) if len(bare) * 5 > len(plain) * 3 else None
        if words is not None:
            yield " ".join(words), MANY_CHANCES

    def ungrouped(self, plain: str) -> str:
        """A text whose letters stand in groups of one size, as in telegrams, with the gaps where words end."""
        *groups, last = plain.split() or [""]
        sizes = set(map(len, groups))
        if len(groups) < MANY_GROUPS or len(sizes) > 1 or len(last) > max(sizes) or max(sizes) == 1:
            return plain
        words = self._parter.regrouped("".join(_LETTERS.findall(plain[:LONGEST_REGROUPED])))
        return " ".join(words) if words else plain

    def _sense(self, plain: str) -> tuple[int, int]:
        """How many letters of a text are in words; and, of two directions, how little hangs in the air."""
        return known_letters(plain, self._knows), -len(_HANGING.findall(plain, 0, LOOKED_AT_SIGNS))

    def _stretch(self, words: list[str]) -> tuple[int, int]:
        """Where the most words stand one after the other that do not exist."""
        longest = 0, 0
        start: int | None = None
        for at, word in enumerate([*words, ""]):
            bare = word if word.isascii() and word.isalpha() else "".join(_LETTERS.findall(word))
            strange = len(bare) > 2 and bare == word.strip(".,;:!?'\"") and not self._knows(bare)
            short = 0 < len(bare) < 3 and start is not None and at < len(words)
            if strange and start is None:
                start = at
            elif not strange and not short and start is not None:
                longest = max(longest, (start, at), key=lambda span: span[1] - span[0])
                start = None
        return longest


def _unwoven(plain: str, rows: int) -> str:
    """A text of which every second or third letter was written first, then those between (a rail fence)."""
    size = -(-len(plain) // rows)
    parts = [plain[at : at + size] for at in range(0, len(plain), size)]
    return "".join(chain.from_iterable(zip_longest(*parts, fillvalue="")))
