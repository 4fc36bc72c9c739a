"""Which words and parts of words a text has, as places in a table: the classifier's second look.

In: texts that were read by respell.py.  Out: numbers of places, and how much each counts.  Words alone and in pairs,
and parts of three to five letters; places are hashes, so no list of words is kept.
"""

import functools
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np

PLACES = 1 << 17
PARTS = (3, 4, 5)
LONGEST_WORD = 32
WORDS_KEPT = 1 << 13
"""Whose parts are remembered."""
FEW_WORDS = 16
"""Of so many the parts are found one by one; of more, all at once."""
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
    words = [[word[:LONGEST_WORD] for word in _WORD.findall(text)] for text in texts]
    parts = _PARTS.of({word for some in words for word in some})
    places: list[np.ndarray] = []
    sizes: list[int] = []
    for some in words:
        ngrams = np.fromiter(map(_place, _word_ngrams(some)), np.int64)
        places += (ngrams, *map(parts.__getitem__, some))
        sizes += (len(ngrams), sum(len(parts[word]) for word in some))
    owners = np.repeat(np.arange(len(sizes)), sizes)
    found, counts = np.unique(owners * PLACES + np.concatenate([*places, _NONE]), return_counts=True)
    return Ngrams(len(texts), found // PLACES, found % PLACES, counts)


def parts_one_by_one(word: str) -> np.ndarray:
    """The places of a word's parts, edges with it."""
    edged = f" {word} "
    found = (edged[at : at + size] for size in PARTS for at in range(len(edged) - size + 1))
    return np.fromiter(map(_place, found), np.int64)


def parts_at_once(words: Collection[str]) -> Iterator[np.ndarray]:
    """The same of each of several words."""
    data = np.frombuffer("".join(f" {word} " for word in words).encode(), np.uint8)
    begins = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
    """Of each letter, its first byte."""
    lengths = np.fromiter((len(word) + 2 for word in words), np.int64)
    word, end = np.repeat(np.arange(len(words)), lengths), np.repeat(np.cumsum(lengths), lengths)
    at = np.arange(len(word))
    starts = [np.flatnonzero(at + size <= end) for size in PARTS]
    places = [_places(data, begins[start], begins[start + size]) for start, size in zip(starts, PARTS, strict=True)]
    owners = word[np.concatenate(starts)]
    together = np.concatenate(places)[np.argsort(owners, kind="stable")]
    stops = np.cumsum(np.bincount(owners, minlength=len(words))).tolist()
    yield from (together[first:last] for first, last in pairwise([0, *stops]))


def _places(data: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`_place` of each stretch of bytes, a byte of all of them after the other (CRC-32, as in RFC 1952)."""
    table = _crc_table()
    crc = np.full(len(begins), 0xFFFFFFFF, np.uint32)
    lengths = ends - begins
    for step in range(int(lengths.max(initial=0))):
        some = lengths > step
        byte = data[np.minimum(begins + step, len(data) - 1)]
        crc = np.where(some, table[(crc ^ byte) & 0xFF] ^ (crc >> 8), crc)
    return ((crc ^ 0xFFFFFFFF) & (PLACES - 1)).astype(np.int64)


@functools.cache
def _crc_table() -> np.ndarray:
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = np.where(crc & 1, 0xEDB88320 ^ (crc >> 1), crc >> 1).astype(np.uint32)
    return crc


class _Parts:
    """The places of words' parts; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}
        self._lock = Lock()

    def of(self, words: Iterable[str]) -> dict[str, np.ndarray]:
        """Of each word."""
        with self._lock:
            found = {word: self._kept.get(word) for word in words}
        missing = [word for word, parts in found.items() if parts is None]
        new = map(parts_one_by_one, missing) if len(missing) <= FEW_WORDS else parts_at_once(missing)
        made = dict(zip(missing, new, strict=True))
        with self._lock:
            if len(self._kept) + len(made) > WORDS_KEPT:
                self._kept.clear()
            self._kept |= made
        return {word: made[word] if parts is None else parts for word, parts in found.items()}


def _place(ngram: str) -> int:
    return zlib.crc32(ngram.encode()) & (PLACES - 1)


def _word_ngrams(words: list[str]) -> Iterator[str]:
    yield from (f"={word}" for word in words)
    yield from (f"={first} {second}" for first, second in pairwise(words))


_PARTS = _Parts()
_NONE = np.zeros(0, np.int64)
