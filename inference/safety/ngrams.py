"""Which words and parts of words a text has, as places in a table: the classifier's second look.

In: texts that were read by respell.py.  Out: numbers of places, and how much each counts.  Words alone and in pairs,
and parts of three to five letters; places are hashes, so no list of words is kept.
"""

import functools
import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

PLACES = 1 << 17
PARTS = (3, 4, 5)
LONGEST_WORD = 32
WORDS_KEPT = 1 << 13
"""Whose parts are remembered."""
KINDS = 2
"""Words, and parts of words: a vector of length one each."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Ngrams:
    """What each of several texts has, text by text, its words first: (N,) numbers of `owners` (text * KINDS + kind), of
    `places`, and how often the text has each."""

    texts: int
    owners: np.ndarray
    places: np.ndarray
    counts: np.ndarray

    def starts(self) -> np.ndarray:
        """(texts + 1,): where in these each text begins, and where the last one ends."""
        starts: np.ndarray = np.searchsorted(self.owners, np.arange(self.texts + 1) * KINDS)
        return starts

    def weighed(self, rarity: bytes) -> np.ndarray:
        """(N,) float32: how much each counts.

        `rarity` of each place, in sixteenths, is the logarithm of how few texts have it (the idf of information
        retrieval).
        """
        values = (1 + np.log(self.counts)) * np.frombuffer(rarity, np.uint8)[self.places]
        lengths = np.sqrt(np.bincount(self.owners, values * values, self.texts * KINDS))
        weighed: np.ndarray = (values / lengths[self.owners]).astype(np.float32)
        return weighed


def count_ngrams(texts: Sequence[str]) -> Ngrams:
    """How often each text has each place's words, and each place's parts of words."""
    places, sizes = array("q"), array("q")
    for text in texts:
        words = [word[:LONGEST_WORD] for word in _WORD.findall(text)]
        for kind in (map(_place, _word_ngrams(words)), chain.from_iterable(map(_parts, words))):
            before = len(places)
            places.extend(kind)
            sizes.append(len(places) - before)
    owners = np.repeat(np.arange(len(sizes)), np.array(sizes))
    found, counts = np.unique(owners * PLACES + np.array(places), return_counts=True)
    return Ngrams(len(texts), found // PLACES, found % PLACES, counts)


def _place(ngram: str) -> int:
    return zlib.crc32(ngram.encode()) & (PLACES - 1)


def _word_ngrams(words: list[str]) -> Iterator[str]:
    yield from (f"={word}" for word in words)
    yield from (f"={first} {second}" for first, second in pairwise(words))


@functools.lru_cache(WORDS_KEPT)
def _parts(word: str) -> tuple[int, ...]:
    """The places of a word's parts."""
    edged = f" {word} "
    found: list[str] = []
    for size in PARTS:
        if len(edged) <= size:
            found.append(edged)
            break
        found += (edged[start : start + size] for start in range(len(edged) - size + 1))
    return tuple(map(_place, found))
