"""Whether a server that says it is ready is believed: by what it made of the last generations.

In: how generations there ended.  Out: how many more it gets at a time.  Closed, as many as it takes; after `FAILURES`
in a row it is open and gets none for a pause, each time twice as long; then it is half open and gets one, whose end
closes it, or opens it again.
"""

from collections.abc import Callable
from typing import Final

FAILURES: Final = 5  # one order that no server can draw fails three times, and says nothing about the server
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0


class Breaker:
    """`clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_failure = 0.0
        self._pause = FIRST_PAUSE
        self._open_until: float | None = None
        self.failures = 0

    @property
    def seconds(self) -> float:
        """For how long it still is open."""
        return max(0.0, (self._open_until or 0.0) - self._clock())

    def limit(self, concurrency: int) -> int:
        """How many the server gets at a time, of as many as it takes."""
        if self._open_until is None:
            return concurrency
        return 0 if self.seconds else min(1, concurrency)

    def succeeded(self) -> None:
        self.failures, self._pause, self._open_until = 0, FIRST_PAUSE, None

    def failed(self, begun: float) -> bool:
        """What was `begun` then, by the clock, failed; True where that opens it.

        A server that dies fails all that it works on at once: that counts once.
        """
        if self.failures and begun < self._last_failure:
            return False
        self.failures += 1
        self._last_failure = self._clock()
        if self.failures < FAILURES:
            return False
        self._open_until = self._clock() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return True
