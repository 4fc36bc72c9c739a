"""Counts for charts: how much was asked for, what was blocked, by whom, and how long people waited.

In: a server and a span of days.  Out: plain numbers, counted by the database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from bot.database.records import REFUSED
from bot.database.session import Database, utc_now
from bot.database.tables.generations import GenerationTable

WAITS: Final = (1, 5, 15, 60, 300)  # seconds: how long people waited is counted between these


@dataclass(frozen=True, slots=True)
class Day:
    """`blocked` are those that were refused, held ones among them."""

    day: date
    requests: int
    blocked: int
    flagged: int


@dataclass(frozen=True, slots=True)
class PersonCount:
    user_id: int
    name: str
    requests: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Report:
    """`days` has every day of the span, quiet ones too; waits are from the order to the first work, in seconds.

    `waits` says how many waited at most so long, and longer than the one before it; None is whoever waited longer.
    """

    days: tuple[Day, ...]
    categories: tuple[tuple[str, int], ...]
    statuses: tuple[tuple[str, int], ...]
    people: tuple[PersonCount, ...]
    wait_median: float | None
    wait_p95: float | None
    draw_median: float | None
    waits: tuple[tuple[int | None, int], ...] = ()


class Statistics:
    """Reads `generations`.  Days are UTC's."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def report(self, guild_id: int | None, days: int = 30, *, everywhere: bool = False) -> Report:
        today = self._now().astimezone(UTC).date()
        first = today - timedelta(days=days - 1)
        here: list[ColumnElement[bool]] = [
            GenerationTable.created_at >= datetime(first.year, first.month, first.day, tzinfo=UTC)
        ]
        if not everywhere:
            here.append(GenerationTable.guild_id == guild_id)
        judged = GenerationTable.verdict_action
        blocked, flagged = _of(judged.in_(REFUSED)), _of(judged == "flag")
        requests = func.count()
        async with self._database.reading() as session:
            by_day = self._day()
            daily = await session.execute(select(by_day, requests, blocked, flagged).where(*here).group_by(by_day))
            counted = {str(row[0]): Day(date.fromisoformat(str(row[0])), *map(int, row[1:])) for row in daily}
            categories = await session.execute(_counted(GenerationTable.verdict_category, here))
            statuses = await session.execute(_counted(GenerationTable.status, here))
            person, newest = GenerationTable.user_id, func.max(GenerationTable.id)
            most = select(newest, person, requests, blocked).where(*here).group_by(person)
            people = (await session.execute(most.order_by(requests.desc(), newest.desc()).limit(10))).all()
            called = select(GenerationTable.id, GenerationTable.user_name)
            last = await session.execute(called.where(GenerationTable.id.in_([row[0] for row in people])))
            names = {int(row[0]): str(row[1]) for row in last}
            waits = (await session.execute(_times(here))).all()
        wait_median, wait_p95, draw_median = _spread(waits)
        spanned = (first + timedelta(days=count) for count in range(days))
        return Report(
            days=tuple(counted.get(day.isoformat(), Day(day, 0, 0, 0)) for day in spanned),
            categories=tuple((str(row[0]), int(row[1])) for row in categories),
            statuses=tuple((str(row[0]), int(row[1])) for row in statuses),
            people=tuple(PersonCount(int(row[1]), names[row[0]], int(row[2]), int(row[3])) for row in people),
            wait_median=wait_median,
            wait_p95=wait_p95,
            draw_median=draw_median,
            waits=_waits([(started - created).total_seconds() for created, started, _ in waits]),
        )

    async def of_person(self, user_id: int, guild_id: int | None, *, everywhere: bool = False) -> dict[str, int]:
        """How many of a person's requests ended how."""
        status = GenerationTable.status
        query = select(status, func.count()).where(GenerationTable.user_id == user_id).group_by(status)
        if not everywhere:
            query = query.where(GenerationTable.guild_id == guild_id)
        async with self._database.reading() as session:
            return {str(name): int(count) for name, count in (await session.execute(query)).all()}

    async def name_of(self, user_id: int) -> str | None:
        """What a person was called when they last asked for something."""
        query = select(GenerationTable.user_name).where(GenerationTable.user_id == user_id)
        async with self._database.reading() as session:
            return await session.scalar(query.order_by(GenerationTable.id.desc()).limit(1))

    def _day(self) -> ColumnElement[Any]:
        moment: ColumnElement[Any] = GenerationTable.__table__.c.created_at
        if self._database.dialect == "postgresql":
            moment = func.timezone("UTC", moment)
        return func.date(moment)


def _of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _counted(column: InstrumentedAttribute[Any], here: list[ColumnElement[bool]]) -> Select[Any]:
    """How often each value of the column occurs, the most frequent first."""
    return select(column, func.count()).where(*here, column.is_not(None)).group_by(column).order_by(func.count().desc())


def _times(here: list[ColumnElement[bool]]) -> Any:
    """The moments of the newest thousand that were drawn: enough for a median, and as quick for any log."""
    drawn = (*here, GenerationTable.started_at.is_not(None), GenerationTable.finished_at.is_not(None))
    columns = (GenerationTable.created_at, GenerationTable.started_at, GenerationTable.finished_at)
    return select(*columns).where(*drawn).order_by(GenerationTable.id.desc()).limit(1000)


def _waits(seconds: Sequence[float]) -> tuple[tuple[int | None, int], ...]:
    """As `Report.waits`; nothing where nobody waited for anything."""
    if not seconds:
        return ()
    counts: dict[int | None, int] = dict.fromkeys((*WAITS, None), 0)
    for one in seconds:
        counts[next((most for most in WAITS if one <= most), None)] += 1
    return tuple(counts.items())


def _spread(rows: Sequence[Any]) -> tuple[float | None, float | None, float | None]:
    """Median and 95th percentile of the waits, median of the drawing."""
    waits = sorted((started - created).total_seconds() for created, started, _ in rows)
    draws = sorted((finished - started).total_seconds() for _, started, finished in rows)
    if not waits:
        return None, None, None
    return waits[len(waits) // 2], waits[min(len(waits) - 1, len(waits) * 95 // 100)], draws[len(draws) // 2]
