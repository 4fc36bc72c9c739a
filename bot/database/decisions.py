"""What moderators decided of a generation: closed, with what it removes, and opened again; the audit log says who.

In: a generation, or rows of the queue.  Out: the rows that changed, in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.audit import Act, ActName, note_act
from bot.database.records import Removal
from bot.database.removals import hide
from bot.database.tables.moderation import ReviewTable

Outcome = Literal["kept", "removed"]

_ACTS: Final[dict[Outcome, ActName]] = {"kept": "review_keep", "removed": "review_remove"}


async def close(
    session: AsyncSession,
    generation_id: int,
    outcome: Outcome,
    by: int,
    now: datetime,
    why: str,
    hidden_for: str | None,
) -> Sequence[ReviewTable]:
    """Everything that was open about it.  Where nothing was, nothing is hidden either: somebody was quicker."""
    here = (ReviewTable.generation_id == generation_id, ReviewTable.closed_at.is_(None))
    rows = (await session.scalars(select(ReviewTable).where(*here).order_by(ReviewTable.id).with_for_update())).all()
    for row in rows:
        row.closed_at, row.closed_by, row.outcome = now, by, outcome
    if rows and hidden_for is not None:
        await hide(session, generation_id, None, Removal(now, by, hidden_for))
    if rows:
        await _note(session, rows[0], now, by, _ACTS[outcome], why)
    return rows


async def reopen(session: AsyncSession, ids: Sequence[int], by: int, now: datetime) -> Sequence[ReviewTable]:
    """Those of them that were closed."""
    decided = (ReviewTable.id.in_(ids), ReviewTable.closed_at.is_not(None))
    rows = (await session.scalars(select(ReviewTable).where(*decided).order_by(ReviewTable.id).with_for_update())).all()
    for row in rows:
        row.closed_at = row.closed_by = row.outcome = None
    if rows:
        await _note(session, rows[0], now, by, "review_undo", "")
    return rows


async def _note(session: AsyncSession, row: ReviewTable, now: datetime, by: int, action: ActName, why: str) -> None:
    await note_act(session, now, Act(by, action, f"generation:{row.generation_id}", row.guild_id, why=why))
