"""Durations as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.wording.duration import parse_duration, parse_moment


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("30m", timedelta(minutes=30)),
        (" 12 H ", timedelta(hours=12)),
        ("3d", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        ("1 hour", timedelta(hours=1)),
        ("an hour", timedelta(hours=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("2 days", timedelta(days=2)),
        ("1h30m", timedelta(minutes=90)),
        ("1 day, 2 hours and 5 min", timedelta(days=1, hours=2, minutes=5)),
        ("0m", timedelta()),
        ("999999w" * 300, timedelta(days=73_000)),
    ],
)
def test_durations_are_read(written: str, length: timedelta) -> None:
    """Numbers and units, one pair or several."""
    assert parse_duration(written) == length


@pytest.mark.parametrize("written", ["", "soon", "5", "-3h", "1 lightyear", "h", "1h x", "1.5h", "9999999d"])
def test_what_is_no_duration_is_none(written: str) -> None:
    """Nothing is guessed."""
    assert parse_duration(written) is None


@pytest.mark.parametrize(("written", "year"), [("0001-01-01", 1970), ("2026-05-03", 2026), ("9999-12-31", 3000)])
def test_a_day_is_one_that_every_database_can_compare(written: str, year: int) -> None:
    """Nothing is from before, and nothing from after."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    for end in (False, True):
        found = parse_moment(written, now, end=end)
        assert found is not None
        assert found.year == year


@pytest.mark.parametrize(
    ("written", "end", "day"),
    [
        ("today", False, 1), ("yesterday", False, 0), ("Yesterday ", True, 1), ("gestern", False, 0),
        ("aujourd’hui", True, 2), ("hier", False, 0), ("ayer", False, 0), ("ontem", False, 0), ("昨日", False, 0),
    ],
)  # fmt: skip
def test_days_have_names(written: str, end: bool, day: int) -> None:
    """UTC's, in every language of the catalogues, whatever the reader's."""
    now = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
    assert parse_moment(written, now, end=end) == datetime(2026, 11, 30, tzinfo=UTC) + timedelta(days=day)
