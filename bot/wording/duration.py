"""How long something takes, and when it was, as people write it in any of Easel's languages.

In: "90 minutes", "1h30m", "2 Tage", "1 日", "2026-05-03", "gestern".  Out: a `timedelta`, or a moment.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_WORDS: Final = {
    timedelta(minutes=1): "m min mins minute minutes minuten minuto minutos 分 分間",
    timedelta(hours=1): "h hr hrs hour hours std stunde stunden heure heures hora horas 時間",
    timedelta(days=1): "d j day days tag tage tagen jour jours día días dia dias 日 日間",
    timedelta(weeks=1): "w wk wks week weeks woche wochen semaine semaines semana semanas 週 週間",
}
_UNITS: Final = {word: unit for unit, words in _WORDS.items() for word in words.split()}
_NAMED_DAYS: Final = {  # by how many days ago they were
    **dict.fromkeys(("today", "heute", "aujourd'hui", "hoy", "hoje", "今日", "きょう"), 0),
    **dict.fromkeys(("yesterday", "gestern", "hier", "ayer", "ontem", "昨日", "きのう"), 1),
}
_PART: Final = re.compile(r"(\d{1,6}|\b(?:an?|one|eine?n?|une?|una|uma?)\b)\s*([^\W\d_]+)\s*")
_LONGEST: Final = timedelta(days=36_500)
_TOO_LONG: Final = 2 * _LONGEST
_DAYS: Final = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)  # what every database can compare
_BETWEEN: Final = re.compile(r",|\b(?:and|und|et|y|e)\b")


def parse_duration(written: str) -> timedelta | None:
    """The sum of all parts, 200 years at most, or None where the words are no duration."""
    text = _BETWEEN.sub(" ", written.casefold()).strip()
    if not text or _PART.sub("", text):
        return None
    length = timedelta()
    for number, name in _PART.findall(text):
        unit = _UNITS.get(name)
        if unit is None:
            return None
        length = min(length + (int(number) if number.isdigit() else 1) * unit, _TOO_LONG)
    return length


def parse_day(written: str) -> datetime | None:
    """Its beginning, UTC; the nearest from 1970 to 3000, or None where the words are no day."""
    try:
        day = datetime.strptime(written.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return min(max(day, _DAYS[0]), _DAYS[1])


def parse_moment(written: str, now: datetime, *, end: bool = False) -> datetime | None:
    """A day (UTC; its end, if so asked), also by name, or so long ago; None where the words are neither."""
    day = parse_day(written) or _named_day(written, now)
    if day is None:
        length = parse_duration(written)
        return None if length is None or length > _LONGEST else now - length
    return day + timedelta(days=1) if end else day


def _named_day(written: str, now: datetime) -> datetime | None:
    days = _NAMED_DAYS.get(written.strip().casefold().replace("’", "'"))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return None if days is None else midnight - timedelta(days=days)
