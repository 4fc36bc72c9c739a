"""Words run together and words split: nakedwoman, po rn.

In: a run of letters, or pieces.  Out: words.  It knows words and which of them a filter looks for, and no text.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import ahocorasick

from inference.safety.skeletons import MAX_WORD

COMMON: Final = 8000
"""Rank up to which a word is known to everybody."""
SHORT: Final = frozenset(
    "a i o am an as at ax be by do go ha he hi if in is it la le me my no of oh ok on or ox pi so to tv uk un up us we"
    " 3d 4k 8k hd".split()
)
LONGEST_WORDS: Final = 20
"""A longer run of letters is no word, whatever it is."""
_ENDINGS: Final = frozenset(("s", "es", "ed", "d", "ing", "ly", "er", "r", "ers", "ness"))
_LETTERS: Final = re.compile(r"[a-z]+")
MAYBE_STRANGE: Final = 2
"""Of several ways to take a word's digits, so many are looked at for words that do not exist."""
WHOLE_LETTERS, SPLIT_LETTERS = 5, 4
"""Letters of a word that is put together from pieces: of one, and of one among many."""
MANY_PIECES: Final = 2
"""Words in pieces; more of them are a manner of writing."""
STRANGE_LETTER: Final = 6.0
"""What a letter costs that belongs to no word."""


class Parter:
    """Puts gaps where they belong."""

    def __init__(self, rank: Mapping[str, int], telling: Collection[str], knows: Callable[[str], bool]) -> None:
        self._rank = rank
        self._telling = telling
        self._knows = knows
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_ANY)
        for word in {*rank, *telling, *_ENDINGS}:
            if len(word) <= MAX_WORD:
                self._automaton.add_word(word, word)
        self._automaton.make_automaton()
        costs = ((word, self._cost(word, strange=False)) for word in {*rank, *telling} if len(word) <= MAX_WORD)
        self._costs = {word: cost for word, cost in costs if cost is not None}

    def part(self, runs: Sequence[str]) -> list[str] | None:
        """A run as words where something may be hidden in it, the first of the `runs` that can be parted.

        Strange words among the others are looked for in two long runs only.
        """
        for letters in runs:
            words = self._segment(letters)
            if words is not None and (len(letters) > LONGEST_WORDS or self._worth_parting(words)):
                return words
        for letters in runs[:MAYBE_STRANGE]:
            if len(letters) > LONGEST_WORDS and (words := self._segment(letters, strange=True)):
                return words
        return None

    def apart(self, letters: str) -> list[str] | None:
        """Letters whose gaps were lost, as words."""
        return self._segment(letters) or self._segment(letters, strange=True)

    def regrouped(self, letters: str) -> list[str] | None:
        """A whole text without its gaps, if nearly all of it is words that everybody knows."""
        words = self._exact(letters) or self._cheapest(letters) or []
        known = sum(len(word) for word in words if self._rank.get(word, COMMON) < COMMON or word in self._telling)
        return self._with_endings(words, len(letters)) if known * 20 >= len(letters) * 17 else None

    def _segment(self, letters: str, *, strange: bool = False) -> list[str] | None:
        """The likeliest way; None where letters are left over, or more than a quarter where `strange` words may be."""
        if strange:
            return self._with_endings(self._cheapest(letters), len(letters))
        words = self._exact(letters)
        if words is None:
            return None
        long = sum(len(word) for word in words if len(word) > 2)
        return words if long * 4 >= len(letters) * 3 and len(words) * 3 <= len(letters) else None

    def _exact(self, letters: str) -> list[str] | None:
        """The cheapest way in which no letter is left over; it looks only at places up to which there is a way, and so
        at little of what is no words."""
        best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
        """Of each such place: its cost, and where its last word starts."""
        costs, begins = self._costs, self._automaton.match
        for start in range(len(letters)):
            if start not in best:
                continue
            before = best[start][0]
            for end in range(start + 1, len(letters) + 1):
                word = letters[start:end]
                if not begins(word):
                    break
                if word in costs:
                    way = (before + costs[word], start)
                    best[end] = min(best.get(end, way), way)
        if len(letters) not in best:
            return None
        return _back(letters, lambda end: best[end][1])

    def _cheapest(self, letters: str) -> list[str]:
        """The cheapest way, with strange letters among the words, in one pass."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        """Of each place: its cost, and where its last word starts."""
        for last, word in self._automaton.iter(letters):
            if len(best) <= last + 1:
                _reach(best, last + 1)
            start = last + 1 - len(word)
            if (cost := self._cost(word, strange=True)) is not None:
                best[last + 1] = min(best[last + 1], (best[start][0] + cost, start))
        _reach(best, len(letters))
        return _back(letters, lambda end: best[end][1])

    def _with_endings(self, words: list[str], letters: int) -> list[str] | None:
        joined: list[str] = []
        strange = False
        for word in words:
            is_strange = len(word) == 1 and word not in SHORT
            if joined and ((word in _ENDINGS and len(joined[-1]) > 2) or (strange and is_strange)):
                joined[-1] += word
            else:
                joined.append(word)
            strange = is_strange
        known = sum(len(word) for word in joined if len(word) > 2 and self._knows(word))
        return joined if known * 4 >= letters * 3 or (known * 2 >= letters and len(joined) > 3) else None

    def _worth_parting(self, words: list[str]) -> bool:
        """Words written as one are no disguise but where something is hidden in them: artstation stays as it is."""
        if sum(map(len, words)) > 15 and all(self._rank.get(word, 10**6) < COMMON for word in words):
            return len(words) > 3
        telling = max((len(word) for word in words if word in self._telling), default=0)
        if len(words) == 2:  # Penistone and mockingbird are no disguises
            return telling > 4 and min(map(len, words)) > 4
        return telling > 4 and all(len(word) > 3 or word in SHORT or word in self._telling for word in words)

    def _cost(self, word: str, *, strange: bool) -> float | None:
        if word in self._telling and len(word) > 3:
            return 9.0
        rank = self._rank.get(word)
        if rank is not None and (len(word) > 2 or word in SHORT):
            return 6.0 + rank / 4000 + (3.0 if len(word) < 4 else 0.0)
        return 7.0 if strange and word in _ENDINGS else None

    def whole(self, words: list[str], least: int) -> tuple[list[str], list[tuple[str, str]]]:
        """A text with its pieces put together, and what they were; where they are many, of words of four letters, too.

        Where they are few, of another language only words that a filter looks for, with so many letters at `least`.
        """
        mends: list[tuple[str, str]] = []
        whole = list(self.mend(words, mends))
        if least and len(mends) <= MANY_PIECES:
            mends = []
            return list(self.mend(words, mends, least)), mends
        short: list[tuple[str, str]] = []
        shorter = list(self.mend(whole, short, split=True))
        return (shorter, [*mends, *short]) if len(mends) + len(short) > MANY_PIECES else (whole, mends)

    def mend(
        self, words: list[str], changes: list[tuple[str, str]], least: int = 0, *, split: bool = False
    ) -> Iterator[str]:
        """ "po rn": two to four short pieces, of which at least one is no word, as one word.

        In another language only as a word that a filter looks for, with so many letters at `least`; where many words of
        the text are `split`, as any of four letters.
        """
        shortest = SPLIT_LETTERS if split else WHOLE_LETTERS
        most = self._pieces(words)
        index = 0
        while index < len(words):
            alone, short = most[index]
            for count in range(short, max(1, alone), -1):
                pieces = words[index : index + count]
                joined = "".join(pieces).strip(".,;:!?")
                told = joined in self._telling and len(joined) >= least
                if told or (not least and len(joined) >= shortest and joined in self._rank):
                    changes.append((" ".join(pieces), joined))
                    yield joined
                    index += count
                    break
            else:
                yield words[index]
                index += 1

    def _pieces(self, words: list[str]) -> list[tuple[int, int]]:
        """Of each word, how many from it on stand alone; and how many from it on are short, of four."""
        kinds = {word: (self._stands_alone(word), len(word) <= 8 and _LETTERS.match(word)) for word in set(words)}
        found: list[tuple[int, int]] = []
        alone = short = 0
        for word in reversed(words):
            stands, is_short = kinds[word]
            alone = alone + 1 if stands else 0
            short = min(4, short + 1) if is_short else 0
            found.append((alone, short))
        return found[::-1]

    def _stands_alone(self, piece: str) -> bool:
        piece = piece.strip(".,;:!?'\"")
        return (
            piece in SHORT
            or piece in self._telling
            or self._rank.get(piece, COMMON) < COMMON
            or (len(piece) > 4 and self._knows(piece))
        )


def _reach(best: list[tuple[float, int]], end: int) -> None:
    """Go on to a place, letter by letter."""
    for at in range(len(best), end + 1):
        best.append((best[at - 1][0] + STRANGE_LETTER, at - 1))


def _back(letters: str, start_of: Callable[[int], int]) -> list[str]:
    """The words of a way, from its end."""
    words, end = [], len(letters)
    while end:
        start = start_of(end)
        words.append(letters[start:end])
        end = start
    words.reverse()
    return words
