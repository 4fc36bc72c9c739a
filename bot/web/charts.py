"""Charts as SVG, drawn by the templates: here numbers become places on the paper.

In: days.  Out: bars with their positions, for `charts.html`, where lists of names and numbers get their bars, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.database.statistics import Day

WIDTH: Final = 720
HEIGHT: Final = 180
BASE: Final = 24  # for the names below
LEFT: Final = 56  # for the numbers, at the size of a narrow screen


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    day: date
    value: int
    bad: float = 0.0  # the height of the lower part that is drawn in the other colour


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    left: int
    bars: tuple[Bar, ...]
    top: int
    lines: tuple[tuple[float, int], ...] = ()


def columns(days: Sequence[Day]) -> Chart:
    """A column a day: requests, the blocked ones below."""
    top = nice(max((day.requests for day in days), default=0))
    step = (WIDTH - LEFT) / max(1, len(days))
    room = HEIGHT - BASE - 10
    bars = tuple(
        Bar(
            x=round(LEFT + place * step + step * 0.1, 1),
            y=round(10 + room - room * day.requests / top, 1),
            width=round(step * 0.8, 1),
            height=round(room * day.requests / top, 1),
            day=day.day,
            value=day.requests,
            bad=round(room * day.blocked / top, 1),
        )
        for place, day in enumerate(days)
    )
    lines = tuple((round(10 + room - room * part / 2, 1), top * part // 2) for part in range(3))
    return Chart(WIDTH, HEIGHT, LEFT, bars, top, lines)


def nice(value: int) -> int:
    """The next 2, 4, 10, 20, 40, 100 …: the middle line is a whole number."""
    top = 2
    while top < value:
        top = top * 5 // 2 if str(top)[0] == "4" else top * 2
    return top
