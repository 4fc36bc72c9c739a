"""The life of a generation, as its row tells it: which status may follow which.

    checking → queued → running → delivering → delivered
        └ blocked   └───────┴ cancelled   └ expired
    failed: from any of those before the end

In: a row's id and its next status.  Out: an update that finds the row only where it stands before that: no update moves
a row backwards, whoever else works on it.  One that is repeated, because nobody knows whether it stood, does no harm.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from sqlalchemy import UpdateBase, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.records import Status
from bot.database.session import rows_of
from bot.database.tables.generations import GenerationTable
from bot.errors import NotFound

UNDRAWN: Final[tuple[Status, ...]] = ("checking", "queued", "running")
UNFINISHED: Final[tuple[Status, ...]] = (*UNDRAWN, "delivering")
DRAWN: Final[tuple[Status, ...]] = ("delivering", "delivered", "expired")  # there are pictures

# A result whose pictures could not be kept is shown all the same: so "delivered" may follow "running".
BEFORE: Final[Mapping[Status, tuple[Status, ...]]] = {
    "checking": (),
    "queued": ("checking",),
    "running": ("queued",),
    "delivering": ("running",),
    "delivered": ("running", "delivering", "expired"),
    "expired": ("running", "delivering"),
    "blocked": ("checking",),
    "cancelled": UNDRAWN,
    "failed": UNFINISHED,
}


class Overtaken(Exception):  # says what happened
    """The row is elsewhere in its life than whoever writes believes: another process, or a moderator, was first."""

    def __init__(self, generation_id: int, wanted: Status, found: str) -> None:
        super().__init__(f"generation {generation_id} cannot become {wanted}: it is {found}")


@cache
def _moving(to: Status) -> UpdateBase:
    rows = rows_of(GenerationTable)
    stands_before = or_(*(rows.c.status == status for status in (*BEFORE[to], to)))
    return update(rows).where(rows.c.id == bindparam("row"), stands_before).returning(rows.c.channel_id)


async def move(session: AsyncSession, generation_id: int, to: Status, **values: object) -> int:
    """Give the row its next status, and `values`; returns its channel's id.

    Raises Overtaken where it stands elsewhere, and NotFound.
    """
    moved = await session.execute(_moving(to), {"row": generation_id, "status": to, **values})
    channel_id = moved.scalar()
    if channel_id is None:
        found = await session.scalar(select(GenerationTable.status).where(GenerationTable.id == generation_id))
        if found is None:
            raise NotFound("generation", generation_id)
        raise Overtaken(generation_id, to, found)
    return int(channel_id)
