"""How long something takes, and when it was, as people write it.

In: "90 minutes", "1h30m", "2 days", "2026-05-03".  Out: a `timedelta`, or a moment.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
}  # fmt: skip
_SHORT: Final = {
    "m": "minute", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "w": "week",
    "wk": "week",
}  # fmt: skip
_PART: Final = re.compile(r"(\d{1,6}|\b(?:an?|one)\b)\s*([a-z]+)\s*")
_LONGEST: Final = timedelta(days=36_500)
_BETWEEN: Final = re.compile(r",|\band\b")


def parse_duration(written: str) -> timedelta | None:
    """The sum of all parts, or None where the words are no duration."""
    text = _BETWEEN.sub(" ", written.casefold()).strip()
    if not text or _PART.sub("", text):
        return None
    length = timedelta()
    for number, name in _PART.findall(text):
        unit = _UNITS.get(_SHORT.get(name, name.removesuffix("s")))
        if unit is None:
            return None
        length += (int(number) if number.isdigit() else 1) * unit
    return length


def parse_moment(written: str, now: datetime, *, end: bool = False) -> datetime | None:
    """A day (UTC; its end, if so asked) or so long ago; None where the words are neither."""
    try:
        day = datetime.strptime(written.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        length = parse_duration(written)
        return None if length is None or length > _LONGEST else now - length
    return day + timedelta(days=1) if end else day
