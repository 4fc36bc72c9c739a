"""Which of many pictures a print shows: all of them in memory, compared one with another by counting bits.

In: prints of our pictures under their keys, and prints of a stranger's.  Out: the keys of those that are alike.
A hundred thousand pictures take 80 MB and some milliseconds a print.  Safe to use from one thread at a time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.generation.fingerprint import BRIGHTNESS, BRIGHTNESS_LEVELS, HASHES, WORDS, Prints

# In bits; what is at most so far away is the same picture.  Measured: benchmarks/find.py.
_FIRST: Final = 18  # of the first hash alone (64 bits), which is looked at everywhere
_BRIGHTNESS: Final = 30  # of the hashes of brightness together (192 bits)
_COLOURS: Final = 16  # of those of colour together (128 bits)
# The same in levels (of 256) of the fields, root mean square; a crop between two windows is off by 11.4 and 3.8.
_BRIGHTNESS_LEVELS: Final = 13.0
_COLOUR_LEVELS: Final = 6.0

Key = tuple[int, int]
"""A generation's id and a picture's index."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """`distance` is the number of bits that differ, of 320."""

    key: Key
    distance: int


class Likenesses:
    """Grows by whole batches; what is taken out stays in memory until `keep`."""

    def __init__(self) -> None:
        self._keys: NDArray[np.int64] = np.empty((0, 2), np.int64)
        self._owners: NDArray[np.int32] = np.empty(0, np.int32)  # of each print: its row of `_keys`
        self._first: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._prints: Prints = np.empty((0, WORDS), np.uint64)

    def __len__(self) -> int:
        return len(self._keys)

    def keys(self) -> frozenset[Key]:
        return frozenset((generation_id, index) for generation_id, index in self._keys.tolist())

    def add(self, keys: Sequence[Key], prints: Sequence[Prints]) -> None:
        if not keys:
            return
        owners = np.repeat(np.arange(len(keys), dtype=np.int32) + len(self), [len(some) for some in prints])
        self._keys = np.concatenate([self._keys, np.array(keys, np.int64)])
        self._owners = np.concatenate([self._owners, owners])
        self._prints = np.concatenate([self._prints, *prints])
        self._first = np.ascontiguousarray(self._prints[:, 0])

    def keep(self, keys: Collection[Key]) -> None:
        """Forget all others."""
        kept = np.array([tuple(key) in keys for key in self._keys.tolist()], bool)
        new_rows = np.cumsum(kept) - 1
        mine = kept[self._owners] if len(self._owners) else np.empty(0, bool)
        self._owners = new_rows[self._owners[mine]].astype(np.int32)
        self._keys, self._prints = self._keys[kept], self._prints[mine]
        self._first = np.ascontiguousarray(self._prints[:, 0])

    def find(self, looked_for: Prints, limit: int = 10) -> list[Likeness]:
        """The likest first, each picture once."""
        best: dict[int, int] = {}
        for one in looked_for:
            near = np.flatnonzero(np.bitwise_count(self._first ^ one[0]) <= _FIRST)
            away = np.bitwise_count(self._prints[near, :HASHES] ^ one[:HASHES])  # (near, HASHES)
            brightness, colours = away[:, :BRIGHTNESS].sum(axis=1), away[:, BRIGHTNESS:].sum(axis=1)
            alike = np.flatnonzero((brightness <= _BRIGHTNESS) & (colours <= _COLOURS))
            alike = alike[_level(self._prints[near[alike]], one)]
            for row, distance in zip(self._owners[near[alike]], (brightness + colours)[alike], strict=True):
                best[int(row)] = min(int(distance), best.get(int(row), HASHES * 64))
        ordered = sorted(best.items(), key=lambda found: (found[1], -found[0]))[:limit]
        return [Likeness((int(self._keys[row, 0]), int(self._keys[row, 1])), distance) for row, distance in ordered]


def _level(prints: Prints, one: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of the prints (number, WORDS) are as bright and of the same colours, field by field."""
    off = prints[:, HASHES:].copy().view(np.uint8).astype(np.float32) - one[HASHES:].copy().view(np.uint8)
    brightness, colours = np.square(off[:, :BRIGHTNESS_LEVELS]), np.square(off[:, BRIGHTNESS_LEVELS:])
    errors = np.stack([brightness.mean(axis=1) / _BRIGHTNESS_LEVELS**2, colours.mean(axis=1) / _COLOUR_LEVELS**2])
    alike: NDArray[np.bool_] = np.all(errors <= 1, axis=0)
    return alike
