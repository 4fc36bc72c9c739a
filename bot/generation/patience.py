"""How long to wait before something is tried once more."""

from collections.abc import Iterator
from typing import Final

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 5.0


def pauses() -> Iterator[float]:
    """A quarter of a second, half a one, … up to five, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)
