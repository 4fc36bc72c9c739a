"""How a word may have become a run of signs: the cheapest way of keeping, changing, leaving out, adding and swapping.

In: runs of signs, words that each may have been, and what changes cost.  Out: the cost of each pair, and on demand how
often each change is in the cheapest way.  All pairs at once, a sign of the runs after the other (Wagner and Fischer,
1974, with the swaps of Damerau, 1964).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.safety.channel import (
    AFTER_CONSONANT,
    AFTER_VOWEL,
    END,
    FIRST,
    INSIDE,
    LAST,
    NO_LETTER,
    OTHER,
    SIGNS,
    START,
    VOWELS,
    Costs,
    Counts,
)

Codes = NDArray[np.int64]
Counts64 = NDArray[np.float64]
Costs32 = NDArray[np.float32]

_CODE: Final = {sign: code for code, sign in enumerate(SIGNS)}
_KEPT, _ADDED, _LEFT_OUT, _SWAPPED = range(4)
_NEVER: Final = np.float32(1e6)


def coded(runs: list[str], width: int, fill: int) -> Codes:
    """A row each, filled up."""
    found = np.full((len(runs), width), fill, np.int64)
    for row, run in enumerate(runs):
        found[row, : len(run)] = [_CODE.get(sign, OTHER) for sign in run]
    return found


class Alignment:
    """Pairs of a run and a word, a row each."""

    def __init__(self, runs: Codes, run_lengths: Codes, words: Codes, lengths: Codes) -> None:
        """`runs` [pairs, signs] and `words` [pairs, letters], with NO_LETTER behind their ends."""
        self._runs, self._run_lengths, self._lengths = runs, run_lengths, lengths
        self._words = words = words[:, : lengths.max()]
        pairs, width = words.shape
        at = np.arange(width)
        self._rows = np.arange(pairs)
        self._places = np.where(at < 3, at + FIRST, INSIDE)[None].repeat(pairs, 0)
        self._places[(at >= 3) & (at == lengths[:, None] - 1)] = LAST
        self._where = np.empty((pairs, width + 1), np.int64)
        self._where[:, 0] = START
        self._where[:, 1:] = np.where(VOWELS[words], AFTER_VOWEL, AFTER_CONSONANT)
        self._before = np.concatenate([np.full((pairs, 1), -1), words], 1)
        """The letter after which something may be added."""

    def costs(self, costs: Costs) -> Costs32:
        """Of the cheapest ways [pairs]."""
        return self._align(costs, None)

    def traced(self, costs: Costs) -> tuple[Costs32, "Steps"]:
        """The same, and the ways."""
        chosen = np.zeros((self._runs.shape[1] + 1, *self._where.shape), np.int8)
        found = self._align(costs, chosen)
        return found, Steps(
            self._runs, self._run_lengths, self._words, self._lengths, self._places, self._where, chosen
        )

    def _align(self, costs: Costs, chosen: NDArray[np.int8] | None) -> Costs32:
        left_out = np.minimum(costs.left_out[self._words], costs.left_out_at[self._places])
        left_out[self._words == NO_LETTER] = 0
        sums = np.zeros(self._where.shape, np.float32)
        np.cumsum(left_out, 1, out=sums[:, 1:])
        if chosen is not None:
            chosen[0, :, 1:] = _LEFT_OUT
        changed_at, swapped_at = costs.changed_at[self._places], costs.swapped_at[self._places]
        doubled = costs.doubled[self._where]
        flat_kept, flat_added = costs.kept.ravel(), costs.added.ravel()
        row = sums.copy()
        earlier: Costs32 | None = None
        found = np.zeros(len(self._rows), np.float32)
        for at in range(self._runs.shape[1]):
            sign = self._runs[:, at : at + 1]
            added = flat_added.take(sign * 4 + self._where)
            np.minimum(added, doubled, out=added, where=self._before == sign)
            ends_added = flat_added.take(sign[:, 0] * 4 + END)
            added[self._rows, self._lengths] = np.minimum(added[self._rows, self._lengths], ends_added)
            added += row
            kept = flat_kept.take(sign * (NO_LETTER + 1) + self._words)
            kept = np.where(self._words == sign, kept, np.minimum(kept, changed_at)) + row[:, :-1]
            best = added.copy()
            np.minimum(best[:, 1:], kept, out=best[:, 1:])
            swapped = None
            if earlier is not None:
                swapped = self._swapped(at, earlier, swapped_at)
                np.minimum(best[:, 2:], swapped, out=best[:, 2:])
            new = np.minimum.accumulate(best - sums, axis=1) + sums
            if chosen is not None:
                step = chosen[at + 1]
                step[:] = _ADDED
                step[:, 1:][kept <= best[:, 1:]] = _KEPT
                if swapped is not None:
                    step[:, 2:][(swapped <= best[:, 2:]) & (swapped < _NEVER)] = _SWAPPED
                step[new < best - 1e-4] = _LEFT_OUT
            earlier, row = row, new
            ends = np.flatnonzero(self._run_lengths == at + 1)
            found[ends] = row[ends, self._lengths[ends]]
        return found

    def _swapped(self, at: int, earlier: Costs32, swapped_at: Costs32) -> Costs32:
        """The cost of the two last signs as two letters the other way round."""
        sign, last = self._runs[:, at : at + 1], self._runs[:, at - 1 : at]
        same = (self._words[:, 1:] == last) & (self._words[:, :-1] == sign) & (sign != last)
        return np.where(same, earlier[:, :-2] + swapped_at[:, :-1], _NEVER)


@dataclass(frozen=True, slots=True)
class Steps:
    """The cheapest ways of pairs, to be counted."""

    runs: Codes
    run_lengths: Codes
    words: Codes
    lengths: Codes
    places: Codes
    where: Codes
    chosen: NDArray[np.int8]

    def counts(self, weights: NDArray[np.float64]) -> Counts:
        """How often each change happened, each pair as much as its weight."""
        counts, rows = Counts(), np.arange(len(weights))
        here, there = self.run_lengths.copy(), self.lengths.copy()
        while True:
            rows = rows[(here[rows] > 0) | (there[rows] > 0)]
            if not len(rows):
                break
            step = self.chosen[here[rows], rows, there[rows]]
            for kind in (_KEPT, _ADDED, _LEFT_OUT, _SWAPPED):
                some = rows[step == kind]
                if len(some):
                    self._count(counts, kind, some, here[some], there[some], weights[some])
            here[rows] -= np.where(step == _LEFT_OUT, 0, np.where(step == _SWAPPED, 2, 1))
            there[rows] -= np.where(step == _ADDED, 0, np.where(step == _SWAPPED, 2, 1))
        inside = np.arange(self.where.shape[1]) <= self.lengths[:, None]
        counts.wheres[:] = np.bincount(self.where[inside], (inside * weights[:, None])[inside], 4)
        counts.wheres[END] = weights.sum()
        return counts

    def _count(self, counts: Counts, kind: int, rows: Codes, here: Codes, there: Codes, weights: Counts64) -> None:
        sign, letter = self.runs[rows, here - 1], self.words[rows, there - 1]
        if kind == _KEPT:
            np.add.at(counts.kept, (sign, letter), weights)
            np.add.at(counts.at, ((sign != letter).astype(np.int64), self.places[rows, there - 1]), weights)
        elif kind == _ADDED:
            where = self.where[rows, there]
            np.add.at(counts.added, (sign, where), weights)
            end = there == self.lengths[rows]
            np.add.at(counts.added, (sign[end], np.full(end.sum(), END)), weights[end])
            np.add.at(counts.doubled, where, weights * ((sign == letter) & (there > 0)))
        elif kind == _LEFT_OUT:
            np.add.at(counts.left_out, letter, weights)
            np.add.at(counts.at, (np.full(len(rows), 2), self.places[rows, there - 1]), weights)
        else:
            for back in (1, 2):
                meant = self.words[rows, there - back]
                np.add.at(counts.kept, (meant, meant), weights)
            np.add.at(counts.at, (np.full(len(rows), 3), self.places[rows, there - 2]), weights)
