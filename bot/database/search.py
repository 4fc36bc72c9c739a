"""Search in the request log: which rows a filter means.

In: a query of `generations` and a `GenerationFilter`.  Out: the query, narrowed, newest first.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.names import named
from bot.database.records import GenerationFilter
from bot.database.states import DRAWN
from bot.database.tables.generations import GenerationTable
from bot.database.words import narrowed

CLOCK_SET_BACK: Final = timedelta(days=1)


async def matching(
    session: AsyncSession, query: Select[Any], wanted: GenerationFilter, before: int | None
) -> Select[Any]:
    """What the filter wants, newest first, older than row `before`.

    PostgreSQL plans each search for what is asked: after five of a kind it would keep one plan for a name that
    thousands bear and for one that nobody has.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    query, row_id = await narrowed(session, query.where(*_conditions(wanted)), wanted.words or "")
    if wanted.person is not None:
        query = query.where(await named(session, wanted.person, wanted.guild_id))
    if before is not None:
        query = query.where(row_id < before)
    first, last = await _rows_of_its_time(session, wanted)
    if first is not None:
        query = query.where(row_id > first)
    if last is not None:
        query = query.where(row_id < last)
    return query.order_by(row_id.desc())


def _conditions(wanted: GenerationFilter) -> list[ColumnElement[bool]]:
    exact = {
        GenerationTable.user_id: wanted.user_id,
        GenerationTable.guild_id: wanted.guild_id,
        GenerationTable.channel_id: wanted.channel_id,
        GenerationTable.status: wanted.status,
        GenerationTable.verdict_category: wanted.category,
        GenerationTable.removed_with: wanted.removed_with,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.drawn is not None:
        is_drawn = GenerationTable.status.in_(DRAWN)
        conditions.append(is_drawn if wanted.drawn else ~is_drawn)
    if wanted.refused is not None:
        is_refused = GenerationTable.status == "blocked"
        conditions.append(is_refused if wanted.refused else ~is_refused)
    if wanted.flagged is not None:
        judged = GenerationTable.verdict_action
        unflagged = or_(judged.is_(None), judged == "allow")
        conditions.append(judged.in_(("flag", "blur", "hold", "block")) if wanted.flagged else unflagged)
    if wanted.direct is not None:
        is_direct = GenerationTable.guild_id.is_(None)
        conditions.append(is_direct if wanted.direct else ~is_direct)
    if wanted.since is not None:
        conditions.append(GenerationTable.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(GenerationTable.created_at < wanted.until)
    if wanted.score is not None:
        conditions.append(GenerationTable.verdict_score >= wanted.score)
    if wanted.removed is not None:
        is_removed = GenerationTable.removed_at.is_not(None)
        conditions.append(is_removed if wanted.removed else ~is_removed)
    return conditions


async def _rows_of_its_time(session: AsyncSession, wanted: GenerationFilter) -> tuple[int | None, int | None]:
    """Between which ids the rows of the asked time lie, both left out; None where it is open.

    Rows are written in the order of their times.  All other indexes end in the id, none in the time: without these
    bounds a year is read to find a day.  The clock may have been set back in between, by a day at most.
    """
    row_id, at = GenerationTable.id, GenerationTable.created_at
    first = last = None
    if wanted.since is not None:
        earlier = select(row_id).where(at < wanted.since - CLOCK_SET_BACK).order_by(at.desc())
        first = await session.scalar(earlier.limit(1))
    if wanted.until is not None:
        later = select(row_id).where(at >= wanted.until + CLOCK_SET_BACK).order_by(at)
        last = await session.scalar(later.limit(1))
    return first, last
