"""What somebody did to the letters of words, and how likely: a noisy channel, learned from the text that came through.

In: how often letters were kept, changed, left out, added and swapped.  Out: what each of these costs, as the negative
logarithm of its chance.  It knows no manner of disguise: a change is likely if this text has it again and again, in the
same letter, in all vowels or consonants, or at the same place of its words.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.safety.leet import MEANT

Costs32 = NDArray[np.float32]
Counts64 = NDArray[np.float64]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
SIGNS: Final = LETTERS + "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What may stand in the text; anything else is one sign more."""
OTHER: Final = len(SIGNS)
NO_LETTER: Final = len(LETTERS)
"""Stands behind the last letter of a word."""
VOWELS: Final = np.array([letter in "aeiou" for letter in LETTERS + " "])
KINDS: Final = ("aeiouy", "bpfvw", "dt", "gkcqxhj", "sz", "mn", "lr")
"""Letters that sound alike."""
KIND_OF: Final = {letter: kind for kind, letters in enumerate(KINDS) for letter in letters}
FIRST, SECOND, THIRD, INSIDE, LAST = range(5)
"""Places in a word."""
START, AFTER_VOWEL, AFTER_CONSONANT, END = range(4)
"""Where a letter may be added."""

_LETTER, _CLASS, _PLACE = 3.0, 6.0, 8.0
"""How much what is usual counts: as so many letters of one kind, so many vowels, and so many words."""
_KEPT, _ALIKE, _LOOKS, _VOWEL, _ANY = 0.9, 0.012, 0.02, 0.008, 0.002
"""The chance of a letter itself in a text of which nothing is known; of each letter that sounds like it; of a sign that
looks like it; of any other sign for a vowel; and of anything else."""
_DOUBLED, _ADDED, _LEFT_OUT, _SWAPPED, _CHANGED = 0.02, 0.001, 0.015, 0.01, 0.004
"""How often that happens to a letter in a text of which nothing is known."""


def _usual() -> Counts64:
    """The chance of each sign for each letter in a text of which nothing is known."""
    chance = np.full((OTHER + 1, NO_LETTER + 1), _ANY)
    for at, sign in enumerate(SIGNS):
        for to, letter in enumerate(LETTERS):
            if sign == letter:
                chance[at, to] = _KEPT
            elif sign in KIND_OF:
                chance[at, to] = _ALIKE if KIND_OF[sign] == KIND_OF[letter] else _ANY
            else:
                chance[at, to] = _LOOKS if letter in MEANT.get(sign, "") else _VOWEL if letter in KINDS[0] else _ANY
    return chance


_USUAL: Final = _usual()
_USUALLY_LEFT_OUT: Final = np.where(VOWELS, 0.04, 0.01)
_SAME: Final = np.arange(len(LETTERS))


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each happened: `kept` or changed [sign, letter], `added` [sign, where], `doubled` [where], `left_out`
    [letter]; `at` [kept, changed, left out, swapped; place]; and how many places to add something there were."""

    kept: Counts64 = field(default_factory=lambda: np.zeros((OTHER + 1, NO_LETTER + 1)))
    at: Counts64 = field(default_factory=lambda: np.zeros((4, 5)))
    added: Counts64 = field(default_factory=lambda: np.zeros((OTHER + 1, 4)))
    doubled: Counts64 = field(default_factory=lambda: np.zeros(4))
    left_out: Counts64 = field(default_factory=lambda: np.zeros(NO_LETTER + 1))
    wheres: Counts64 = field(default_factory=lambda: np.zeros(4))


class Costs:
    """Of a text with these counts: `kept` [sign, letter], `added` [sign, where], `doubled` [where], `left_out`
    [letter]; and `changed_at`, `left_out_at`, `swapped_at` [place]."""

    def __init__(self, counts: Counts | None = None) -> None:
        counts = counts or Counts()
        letters = counts.kept.sum(0) + counts.left_out
        one = (counts.kept + _LETTER * _USUAL) / (letters + _LETTER)
        self.kept = _cost(np.maximum(one, 0.8 * _by_class(counts.kept, letters, _CLASS * 0.003)))
        self.kept[_SAME, _SAME] = _cost(one)[_SAME, _SAME]
        left = (counts.left_out + _LETTER * _USUALLY_LEFT_OUT) / (letters + _LETTER)
        alike = np.empty_like(left)
        for vowels in (True, False):
            mine = vowels == VOWELS
            alike[mine] = (counts.left_out[mine].sum() + _PLACE * _USUALLY_LEFT_OUT[mine]) / (
                letters[mine].sum() + _PLACE
            )
        self.left_out = _cost(np.maximum(left, 0.8 * alike))
        words = counts.at.sum(0) + _PLACE
        self.changed_at = _cost((counts.at[1] + _PLACE * _CHANGED) / words / 4)
        self.left_out_at = _cost((counts.at[2] + _PLACE * _LEFT_OUT) / words)
        self.swapped_at = _cost((counts.at[3] + _PLACE * _SWAPPED) / words)
        self.added = _cost((counts.added + _PLACE * _ADDED) / (counts.wheres + _PLACE))
        self.doubled = _cost((counts.doubled + _PLACE * _DOUBLED) / (counts.wheres + _PLACE))


def _by_class(kept: Counts64, letters: Counts64, usual: float) -> Counts64:
    """The chance of each sign for a vowel, or a consonant, that is not kept."""
    changed = kept.copy()
    changed[_SAME, _SAME] = 0
    chance = np.empty_like(kept)
    for vowels in (True, False):
        mine = vowels == VOWELS
        chance[:, mine] = ((changed[:, mine].sum(1) + usual) / (letters[mine].sum() + _CLASS))[:, None]
    return chance


def _cost(chance: Counts64) -> Costs32:
    found: Costs32 = -np.log(np.maximum(chance, 1e-4)).astype(np.float32)
    return found
