"""Which words and parts of words a text has, as places in a table: the classifier's second look.

In: a text that was read by respell.py.  Out: numbers of places, and how much each counts.  Words alone and in pairs,
and parts of three to five letters; places are hashes, so no list of words is kept.
"""

import functools
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise

PLACES = 1 << 17
PARTS = (3, 4, 5)
LONGEST_WORD = 32
WORDS_KEPT = 1 << 13
"""Whose parts are remembered."""

_WORD = re.compile(r"[^\W_]+")


def count_ngrams(text: str) -> tuple[Counter[int], Counter[int]]:
    """How often the text has each place's words, and each place's parts of words."""
    words = [word[:LONGEST_WORD] for word in _WORD.findall(text)]
    return Counter(map(_place, _word_ngrams(words))), Counter(chain.from_iterable(map(_parts, words)))


def weigh(counts: tuple[Counter[int], Counter[int]], rarity: bytes) -> tuple[list[int], list[float]]:
    """Places and their values: both kinds are vectors of length one.

    `rarity` of each place, in sixteenths, is the logarithm of how few texts have it (the idf of information retrieval).
    """
    places: list[int] = []
    values: list[float] = []
    for kind in counts:
        found = [
            rarity[place] if count == 1 else (1 + math.log(count)) * rarity[place] for place, count in kind.items()
        ]
        length = math.sqrt(sum(value * value for value in found)) or 1.0
        places.extend(kind)
        values.extend(value / length for value in found)
    return places, values


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
