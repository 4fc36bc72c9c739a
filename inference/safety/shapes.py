"""Finding the word of which some letters are hidden or uncertain.

In: for each place of a word the letters that may stand there.  Out: the first of the words that fits, in the order in
which they were given, or None.  It knows words and nothing else.
"""

from collections.abc import Iterable, Sequence
from typing import Final

ANY: Final = "abcdefghijklmnopqrstuvwxyz"
"""What stands for a letter of which nothing is seen."""


class Shapes:
    """Words by length, and of each length a number for each letter at each place, whose bits say which words have it.

    So to look for a word takes one "and" a place, whatever is uncertain, and no look at any word.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[int, list[str]] = {}
        self._having: dict[tuple[int, int, str], int] = {}
        for word in words:
            same = self._words.setdefault(len(word), [])
            bit = 1 << len(same)
            same.append(word)
            for place, letter in enumerate(word):
                key = (len(word), place, letter)
                self._having[key] = self._having.get(key, 0) | bit

    def first(self, places: Sequence[str]) -> str | None:
        """The first word that has one of these letters at each place."""
        words = self._words.get(len(places))
        if words is None:
            return None
        left = (1 << len(words)) - 1
        for place, letters in enumerate(places):
            if letters is not ANY:
                left &= self._of(len(words[0]), place, letters)
                if not left:
                    return None
        return words[(left & -left).bit_length() - 1]

    def _of(self, length: int, place: int, letters: str) -> int:
        found = 0
        for letter in letters:
            found |= self._having.get((length, place, letter), 0)
        return found
