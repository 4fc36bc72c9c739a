"""What an address asks for, read with care: numbers, days and scores, or an InvalidOption naming field and value."""

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, TypeVar

from bot.actions.reason import checked_reason
from bot.database.session import utc_now
from bot.errors import InvalidOption
from bot.wording.duration import parse_day, parse_moment

T = TypeVar("T", bound=str)

LARGEST: Final = 2**63 - 1


def number(field: str, text: str) -> int | None:
    """A number, or a mention of a person or channel; None where nothing is asked."""
    text = text.strip("<#@!> ")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > LARGEST:
        raise InvalidOption(field, "no_number", {"value": text[:40]})
    return int(text)


def only(query: Iterable[str], names: Collection[str]) -> None:
    """Raises InvalidOption for a filter that there is not: without it, everything would be taken for the answer."""
    unknown = unknown_filter(query, names)
    if unknown is not None:
        raise unknown


def unknown_filter(query: Iterable[str], names: Collection[str]) -> InvalidOption | None:
    """What is wrong with the first filter that there is not, for a page that says so above what it shows."""
    unknown = next((name for name in query if name not in names), None)
    if unknown is None:
        return None
    return InvalidOption("filter", "no_filter", {"value": unknown[:40], "choices": ", ".join(names)})


def id_or_none(text: str) -> int | None:
    """An id, if it looks like one and not like a name."""
    text = text.strip("<@!> ")
    return int(text) if text.isascii() and text.isdecimal() and 5 <= len(text) <= 19 else None


def one_of(field: str, text: str, choices: Collection[T]) -> T | None:
    """One of the names that there are; None where nothing is asked."""
    return choice(field, text, choices) if text else None


def choice(field: str, text: str, choices: Collection[T]) -> T:
    """One of the names that there are.  Raises InvalidOption."""
    chosen = next((one for one in choices if one == text), None)
    if chosen is None:
        raise InvalidOption(field, "no_choice", {"value": text[:40], "choices": ", ".join(choices)})
    return chosen


def moment(field: str, text: str, *, end: bool = False) -> datetime | None:
    """A day (UTC; its end, if so asked), or so long ago; None where nothing is asked."""
    if not text:
        return None
    found = parse_moment(text, utc_now(), end=end)
    if found is None:
        raise InvalidOption(field, "no_moment", {"value": text[:40]})
    return found


def input_of(text: str) -> str:
    """The type of the box that can show it: a browser's calendar knows days, and empties itself for all else."""
    return "date" if not text or parse_day(text) is not None else "text"


def score(field: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise InvalidOption(field, "out_of_range", {"value": text[:40], "low": 0, "high": 1})
    return value


def reason(form: Mapping[str, object]) -> str:
    return checked_reason(str(form.get("reason", "")))
