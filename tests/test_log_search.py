"""Searching the request log, on SQLite and PostgreSQL: by time, whatever the clock did, and by part of a name."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.database import words
from bot.database.generations import GenerationLog
from bot.database.names import MOST
from bot.database.records import GenerationFilter
from bot.database.session import Database
from bot.orders.order import Order, Requester
from tests.bot_fakes import GUILD, an_order

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


async def ids(log: GenerationLog, **wanted: object) -> list[int]:
    return [one.id for one in (await log.page(GenerationFilter(**wanted), limit=500)).records]  # type: ignore[arg-type]


async def test_a_span_of_time_is_found_among_all_rows(database: Database) -> None:
    """From its first moment to before its end; also rows that a clock set back for hours wrote out of order."""
    hours = (0, 1, 2, 30, 28, 31, 60)
    for hour in hours:
        await GenerationLog(database, lambda hour=hour: NOON + timedelta(hours=hour)).open(an_order(seed=1))  # type: ignore[misc]
    log = GenerationLog(database)
    spans = {(0, 2): [2, 1], (28, 31): [5, 4], (29, 31): [4], (61, 99): [], (-9, 0): [], (2, 61): [7, 6, 5, 4, 3]}
    for (since, until), found in spans.items():
        span = {"since": NOON + timedelta(hours=since), "until": NOON + timedelta(hours=until)}
        assert await ids(log, **span) == found, (since, until)
        assert await ids(log, **span, words="heart") == found
    assert await ids(log, since=NOON + timedelta(hours=30)) == [7, 6, 4]
    assert await ids(log, until=NOON + timedelta(hours=1)) == [1]


def order_of(name: str, guild_id: int | None = GUILD) -> Order:
    return Order(Requester(len(name), name, guild_id, 42), "a cat", seed=1)


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
async def test_part_of_a_name_finds_all_who_bore_it(database: Database, many: bool) -> None:
    """In this server or anywhere, signs of LIKE taken as they are; also where very many names match."""
    log = GenerationLog(database)
    for name in ("Ada", "Adam", "Bo", "a_b", "axb"):
        await log.open(order_of(name))
    elsewhere = await log.open(order_of("Madame", GUILD + 1))
    for number in range(MOST if many else 0):
        await log.open(order_of(f"adamant{number}", GUILD + 2))
    assert await ids(log, person="ADA", guild_id=GUILD) == [2, 1]
    assert await ids(log, person="ada", guild_id=GUILD + 1) == [elsewhere]
    assert (await ids(log, person="ada"))[-3:] == [elsewhere, 2, 1]
    assert await ids(log, person="a_b") == [4]
    assert await ids(log, person="nobody") == []
    assert await ids(log, person="ada", guild_id=GUILD, since=NOON) == [2, 1]


@pytest.mark.parametrize("many", [1, 5, 100], ids=["all many", "some", "all few"])
async def test_words_are_found_whether_many_match_or_few(
    database: Database, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """The same, newest first, and page by page: by a walk through the rows, or by collecting what matches."""
    monkeypatch.setattr(words, "MANY", many)
    log = GenerationLog(database)
    for number in range(1, 21):
        await log.open(an_order("a cat" if number % 2 else f"a dog, number {number}", seed=1))
    assert await ids(log, words="cat") == list(range(19, 0, -2))
    assert await ids(log, words="number 14") == [14]
    assert await ids(log, words="zebra") == []
    wanted, found, before = GenerationFilter(words="a c"), [], None
    while True:
        page = await log.page(wanted, before, limit=4)
        found += [one.id for one in page.records]
        if (before := page.next_before) is None:
            break
    assert found == list(range(19, 0, -2))
