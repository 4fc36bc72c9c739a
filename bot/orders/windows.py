"""Moving windows in this process's memory: how often something happened lately.

In: limits and keys.  Out: what is left of each.  Pure but for its clock.  The windows of `limits` itself go through all
keys with each count, which takes a bot of many people longer than the order that is counted.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from limits import RateLimitItem, WindowStats

SWEPT: Final = 2  # keys that each count looks at: as many as it may add, and one that is over goes


@dataclass(slots=True)
class _Hits:
    seconds: float  # the window's length
    times: deque[float] = field(default_factory=deque)

    def forget(self, now: float) -> None:
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()


class Windows:
    """`clock` is that on the wall, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._hits: dict[str, _Hits] = {}

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._hits)

    def window(self, item: RateLimitItem, key: tuple[str, ...]) -> WindowStats:
        """What is left of the limit, and from when, in seconds of the clock, more is."""
        hits, now = self._hits.get(item.key_for(*key)), self._clock()
        if hits is None:
            return WindowStats(now + item.get_expiry(), item.amount)
        hits.forget(now)
        first = hits.times[0] if hits.times else now
        return WindowStats(first + item.get_expiry(), item.amount - len(hits.times))

    def hit(self, item: RateLimitItem, key: tuple[str, ...]) -> None:
        """Count one, where the limit lets it."""
        now = self._clock()
        self._sweep(now)
        hits = self._hits.setdefault(item.key_for(*key), _Hits(item.get_expiry()))
        hits.forget(now)
        if len(hits.times) < item.amount:
            hits.times.append(now)

    def _sweep(self, now: float) -> None:
        """Look at the next few keys in turn, and forget those whose windows are empty."""
        for _ in range(min(SWEPT, len(self._hits))):
            key = next(iter(self._hits))
            hits = self._hits.pop(key)
            hits.forget(now)
            if hits.times:
                self._hits[key] = hits
