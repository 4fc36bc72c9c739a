"""What was read a moment ago, so that the next order need not read it again.

In: keys, and how to read their values.  Out: the values, at most `SECONDS` old: another process, such as the operator's
command line, changes them, too.  Whoever writes them here calls `forget`.
"""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

SECONDS: Final = 3.0
MOST: Final = 10_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """`clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._known: dict[K, tuple[float, V]] = {}
        self._writes = 0

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        now = self._clock()
        known = self._known.get(key)
        if known is not None and now - known[0] < SECONDS:
            return known[1]
        writes = self._writes
        value = await read()
        if writes == self._writes:  # else it may be from before the write
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = now, value
        return value

    def forget(self) -> None:
        self._writes += 1
        self._known.clear()
