"""Finding the word that somebody changed, by what is left of it.

In: a run of letters that is no word.  Out: the word that it was made from, or None.  It knows words and which of them a
filter looks for (the telling ones), and nothing of the text around.

    bare      nkd       the vowels dropped
    mixed     nkaed     the inner letters in another order
    squeezed  nakked    letters doubled
    alike     kiil      letters that look the same
    sounding  nakt      letters that sound the same
    reversed  dekan     backwards
    anagram   anekd     the letters in any order
    vowels    nukod     other vowels
    shortened nake      one letter left out, of common words in a text that is written like that
    replaced  naled     another letter, in such a text too
    lengthened nacked   a letter too many, in such a text too
    masked    n-k-d     the same sign, or an x, for each vowel
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

from inference.safety.games import MADE

MAX_WORD: Final = 24
"""Letters of the longest word that is looked for inside a run of letters."""

_VOWELS: Final = re.compile(r"(?<=.)[aeiou]")
_ANY_VOWELS: Final = re.compile(r"[aeiouy]")
_RUNS: Final = re.compile(r"(.)\1+")
_ALIKE: Final = str.maketrans("l", "i")
"""Not j: polja are fields in half of the Slavic languages."""
_SOFT_C: Final = re.compile("c(?=[eiy])")
_SOUNDS: Final[Mapping[str, str]] = {
    "ph": "f", "tion": "shun", "sion": "shun", "tian": "shun", "igh": "y", "ck": "k", "c": "k", "q": "k", "x": "ks",
    "z": "s", "ee": "i", "ea": "i", "ie": "i", "oo": "u", "ou": "u",
}  # fmt: skip
_SOUNDED: Final = re.compile("|".join(_SOUNDS))
NEEDED: Final = (3, 0.6)
NEEDS: Final[Mapping[str, tuple[int, float]]] = {
    **dict.fromkeys(("bare", "anagram", "robbers", "pig", "stuffed"), (2, 0.6)),
    **dict.fromkeys(("replaced", "lengthened"), (4, 0.8)),
}
"""How many words, and what share of the unknown ones, show a manner: some hardly come about by chance, others do."""
COMMON, USUAL = 8000, 20_000
"""Ranks up to which a word may be shortened, and may have lost its vowels with an ending."""
_SHORT_VOWEL: Final = re.compile(r"^[^aeiou]*[aeiou][bdgmnprt]$")
"""Whose last letter is doubled: get, getting."""
_MASKS: Final = "xqz"
"""Letters that stand for others."""
LEAST: Final[Mapping[str, int]] = {
    "bare": 4,
    "mixed": 5,
    "squeezed": 5,
    "alike": 5,
    "sounding": 6,
    "reversed": 4,
    "anagram": 6,
    "vowels": 9,
}
"""Letters that a run must have where only telling words are looked for: short names are made of the same letters."""

_SAME_LETTERS: Final = frozenset(("mixed", "reversed", "anagram"))


def _squeezed(word: str) -> str:
    return _RUNS.sub(r"\1", word) if _RUNS.search(word) else word


def _sounding(word: str) -> str:
    return _squeezed(_SOUNDED.sub(lambda found: _SOUNDS[found[0]], _SOFT_C.sub("s", word)))


KEYS: Final[Mapping[str, Callable[[str], str]]] = {
    "bare": lambda word: _VOWELS.sub("", word),
    "mixed": lambda word: word[0] + "".join(sorted(word[1:-1])) + word[-1],
    "squeezed": _squeezed,
    "alike": lambda word: word.replace("cl", "d").replace("rn", "m").replace("vv", "w").translate(_ALIKE),
    "sounding": _sounding,
    "reversed": lambda word: word[::-1],
    "anagram": lambda word: "".join(sorted(word)),
    "vowels": lambda word: word[0] + _ANY_VOWELS.sub("*", word[1:]),
}


class Skeletons:
    """All words by their skeletons."""

    def __init__(
        self, rank: Mapping[str, int], telling: Collection[str], stems: Collection[str], knows: Callable[[str], bool]
    ) -> None:
        """`rank` gives words, the commonest first, `knows` also their forms; `stems` are `telling` with any ending."""
        self._rank = rank
        self._telling = frozenset(telling)
        self._knows = knows
        self._known = known = sorted((word for word in rank if len(word) > 2), key=rank.__getitem__)
        told = sorted(self._telling, key=lambda word: (rank.get(word, len(rank)), word))
        self._told = _index(told)
        common = [*(word for word in known if rank[word] < COMMON), *told]
        self._inflected = [*_forms([*(word for word in known if rank[word] < USUAL), *told])]
        self._shortened, self._replaced = _shortened(common), _replaced(common)
        self._masked_any = _masked([*known, *_forms(common), *told])
        self._masked_told = _masked([*told, *_forms(told)])
        self._trigrams = {trigram for word in (*known, *told) for trigram in _trigrams(word)}
        self._misspelt = _misspellings(self._telling, stems, knows)

    @cached_property
    def _all(self) -> dict[str, dict[str, str]]:
        """Made when a prompt is first unreadable as it stands: a quarter of what loading the filter took before."""
        index = _index(self._known)
        for word in self._inflected:
            index["bare"].setdefault(KEYS["bare"](word), word)
        return index

    def telling(self, letters: str) -> str | None:
        """The telling word that this was."""
        found = self._misspelt.get(letters) or self._near(letters)
        if found is not None or len(letters) < 4:
            return found
        same = self._told["anagram"].get("".join(sorted(letters)))  # most words have others' letters in no order
        for name, key in KEYS.items() if len(letters) <= MAX_WORD else ():
            if len(letters) < LEAST[name] or (name in _SAME_LETTERS and same is None):
                continue
            if (name == "anagram" and self.plausible(letters)) or (name == "bare" and _VOWELS.search(letters)):
                continue  # tapestries
            found = self._told[name].get(key(letters))
            if found is not None:
                return found
        made = (undo(letters) for undo in MADE.values() if 4 < len(letters) <= 2 * MAX_WORD)
        return next((word for word in chain.from_iterable(made) if len(word) > 4 and word in self._telling), None)

    def manner(self, unknown: Sequence[str]) -> str | None:
        """The one manner in which most of these are made from words, if there is one."""
        found: str | None = None
        most = 0
        for name in ("shortened", *MADE, "replaced", "lengthened", *KEYS):  # letters in any order say the least
            least, share = NEEDS.get(name, NEEDED)
            restored = self._restored(unknown, name, max(most + 1, least, share * len(unknown)))
            if restored:
                found, most = name, restored
        return found

    def _restored(self, unknown: Sequence[str], manner: str, needed: float) -> int:
        """How many come out in a manner; 0 as soon as so many as are needed no longer can."""
        restored = 0
        for seen, letters in enumerate(unknown):
            if restored + len(unknown) - seen < needed:
                return 0
            restored += self.any(letters, manner) is not None
        return restored if restored >= needed else 0

    def any(self, letters: str, manner: str | None) -> str | None:
        """The commonest word that this was made from in a manner."""
        longest = 2 * MAX_WORD if manner in MADE else MAX_WORD
        if manner is None or not 2 < len(letters) <= longest or (manner == "bare" and _VOWELS.search(letters)):
            return None
        if manner == "shortened":
            return self._shortened.get(letters)
        if manner == "lengthened":
            fewer = (letters[:at] + letters[at + 1 :] for at in range(len(letters)) if len(letters) > 4)
            return min(filter(self._knows, fewer), key=lambda word: self._rank.get(word, COMMON), default=None)
        if manner == "replaced":
            return next(filter(None, map(self._replaced.get, _with_gaps(letters))), None)
        if manner in MADE:
            words = (word for word in MADE[manner](letters) if word in self._rank)
            return min(words, key=self._rank.__getitem__, default=None)
        return self._all[manner].get(KEYS[manner](letters))

    def masked(self, token: str, *, loosely: bool) -> str | None:
        """The word whose vowels, but for a first letter, are covered by one sign each, or by the same odd letter."""
        signs = {sign for sign in token[1:] if not sign.isalnum()}
        if not signs and not _VOWELS.search(token):
            signs = set(_MASKS).intersection(token[1:])
        if len(signs) != 1 or not 3 < len(token) <= MAX_WORD:
            return None
        return (self._masked_any if loosely else self._masked_told).get(token[0] + token[1:].replace(signs.pop(), "*"))

    def plausible(self, letters: str) -> bool:
        """Whether it could be a word: every three letters of it stand together in some word."""
        return all(trigram in self._trigrams for trigram in _trigrams(letters))

    def _near(self, letters: str) -> str | None:
        """A telling word with one letter too many, or another letter in its place."""
        if not 7 < len(letters) <= MAX_WORD:
            return None
        for index in range(1, len(letters)):
            less = letters[:index] + letters[index + 1 :]
            if less in self._telling and len(less) > 6:
                return less
            word = self._misspelt.get(less)
            if word is not None and len(word) == len(letters) and word[:index] + word[index + 1 :] == less:
                return word
        return None


def _index(words: list[str]) -> dict[str, dict[str, str]]:
    """By kind of skeleton, the first of the words for each."""
    index: dict[str, dict[str, str]] = {name: {} for name in KEYS}
    for word in words:
        for name, key in KEYS.items():
            index[name].setdefault(key(word), word)
    return index


def _shortened(words: list[str]) -> dict[str, str]:
    """The first of the words that is one letter longer."""
    found: dict[str, str] = {}
    for word in words:
        for at in range(len(word)) if len(word) > 3 else ():
            found.setdefault(word[:at] + word[at + 1 :], word)
    return found


def _replaced(words: list[str]) -> dict[str, str]:
    """The first of the words for each with a gap in it."""
    found: dict[str, str] = {}
    for word in words:
        for gapped in _with_gaps(word):
            found.setdefault(gapped, word)
    return found


def _with_gaps(word: str) -> Iterator[str]:
    return (f"{word[:at]}?{word[at + 1 :]}" for at in range(len(word)) if len(word) > 4)


def _forms(words: list[str]) -> Iterator[str]:
    for ending in ("s", "ed", "ing", "er"):
        for word in words:
            yield word.removesuffix("e" * (ending != "s")) + ending
            if ending != "s" and _SHORT_VOWEL.search(word):
                yield word + word[-1] + ending


def _masked(words: list[str]) -> dict[str, str]:
    """By how they look with covered vowels."""
    found: dict[str, str] = {}
    for word in words:
        if _VOWELS.search(word):
            found.setdefault(_VOWELS.sub("*", word), word)
    return found


def _trigrams(word: str) -> Iterator[str]:
    edged = f"^{word}$"
    return (edged[at : at + 3] for at in range(len(edged) - 2))


def _misspellings(telling: Collection[str], stems: Collection[str], knows: Callable[[str], bool]) -> dict[str, str]:
    """Telling words with one letter left out, or two neighbours swapped."""
    found: dict[str, str] = {}
    inflected = (stem + ending for stem in stems if len(stem) > 4 for ending in ("ed", "ing", "ion"))
    for word in sorted([*telling, *inflected], key=lambda word: (len(word), word)):
        if len(word) > 4:
            for index in range(1, len(word)):
                if index + 1 < len(word):  # without the last letter it may be another form of the word
                    found.setdefault(word[:index] + word[index + 1 :], word)
                swapped = word[: index - 1] + word[index] + word[index - 1] + word[index + 1 :]
                found.setdefault(swapped, word)
    return {wrong: word for wrong, word in found.items() if len(wrong) > 4 and not knows(wrong)}
