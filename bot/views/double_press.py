"""A button that somebody pressed twice where they meant once, as with a double click.

In: presses.  Out: which of them to leave alone.  Kept in memory: nothing depends on it but a drawing too many.
"""

import time
from collections.abc import Callable
from typing import Final

MOMENT: Final = 2.0  # seconds


class LastPresses:
    """`now` is the clock, in seconds, for tests."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._at: dict[tuple[int, str], float] = {}

    def again(self, user_id: int, button: str) -> bool:
        """Whether the same person pressed the same button less than a moment ago; remembers a first press."""
        now = self._now()
        self._at = {press: at for press, at in self._at.items() if now - at < MOMENT}
        if (user_id, button) in self._at:
            return True
        self._at[user_id, button] = now
        return False
