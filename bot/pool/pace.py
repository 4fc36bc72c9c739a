"""How long a server that draws may be silent before it is taken for hung: by what it did so far.

In: the pauses between a generation's events.  Out: a limit in seconds.
"""

from collections import deque
from typing import Final

REMEMBERED: Final = 500
PATIENCE: Final = 10.0  # times the longest pause so far: nine pictures take longer than one
SHORTEST_SECONDS: Final = 20.0
LONGEST_SECONDS: Final = 300.0


class Pace:
    """The measured pace of one server."""

    def __init__(self) -> None:
        self._pauses: deque[float] = deque(maxlen=REMEMBERED)

    def heard(self, seconds: float) -> None:
        """An event came `seconds` after the one before it, or after the request."""
        self._pauses.append(seconds)

    @property
    def limit(self) -> float:
        """Seconds without an event after which it hangs; the longest there is before anything was measured."""
        if not self._pauses:
            return LONGEST_SECONDS
        return min(max(PATIENCE * max(self._pauses), SHORTEST_SECONDS), LONGEST_SECONDS)
