"""What moderators decided of a generation: closed, with what it removes, and opened again; the audit log says who.

In: a generation, or rows of the queue.  Out: the rows that changed, in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.database.audit import Act, ActName, note_act
from bot.database.records import Removal
from bot.database.removals import hide
from bot.database.states import UNDRAWN
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.database.tables.moderation import ReviewTable

Outcome = Literal["kept", "once", "removed"]
"""`once`: what was blocked may be asked for one more time, by who asked for it."""

PARDONED: Final = ("appeal", "held")  # the kinds that let the very prompt pass, where it is kept
WAITED_FOR: Final = "review:"
_ACTS: Final[dict[Outcome, ActName]] = {"kept": "review_keep", "once": "review_once", "removed": "review_remove"}


async def close(
    session: AsyncSession,
    generation_id: int,
    outcome: Outcome,
    by: int,
    now: datetime,
    why: str,
    hidden_for: str | None,
    *,
    by_operator: bool,
) -> Sequence[ReviewTable]:
    """Everything that was open about it.  Where nothing was, nothing is hidden either: somebody was quicker.

    Without a reason `why` the audit log tells what it waited for.
    """
    here = (ReviewTable.generation_id == generation_id, ReviewTable.closed_at.is_(None))
    rows = (await session.scalars(select(ReviewTable).where(*here).order_by(ReviewTable.id).with_for_update())).all()
    for row in rows:
        row.closed_at, row.closed_by, row.outcome = now, by, outcome
    if rows and hidden_for is not None:
        await hide(session, generation_id, None, Removal(now, by, hidden_for, by_operator=by_operator))
    if rows:
        await _note(session, rows[0], now, by, _ACTS[outcome], why or _waited_for(rows))
    return rows


def _waited_for(rows: Sequence[ReviewTable]) -> str:
    """ "review:report,flag=sexual", the gravest first.  Not what people wrote: that goes with their other data."""
    gravest_first = sorted(rows, key=lambda row: -row.priority)
    found = (
        f"{row.kind}={row.reason.partition(': ')[0]}" if row.kind in ("held", "flag") else row.kind
        for row in gravest_first
    )  # fmt: skip
    return WAITED_FOR + ",".join(dict.fromkeys(found))


async def reopen(session: AsyncSession, ids: Sequence[int], by: int, now: datetime) -> Sequence[ReviewTable]:
    """Those of them that were closed."""
    decided = (ReviewTable.id.in_(ids), ReviewTable.closed_at.is_not(None))
    rows = (await session.scalars(select(ReviewTable).where(*decided).order_by(ReviewTable.id).with_for_update())).all()
    for row in rows:
        row.closed_at = row.closed_by = row.outcome = None
    if rows:
        await _note(session, rows[0], now, by, "review_undo", "")
    return rows


async def allows(session: AsyncSession, generation_id: int) -> bool:
    """Whether moderators where it was asked for let its very prompt pass, when it was held back or appealed.

    What they allowed once passes for who asked for it, until it comes to a picture; one that only waits in the history
    is one, too.
    """
    judged, asked, drawn = GenerationTable, aliased(GenerationTable), aliased(GenerationTable)
    same = (
        drawn.user_id == asked.user_id,
        drawn.guild_id.is_not_distinct_from(asked.guild_id),
        drawn.normalised_prompt == asked.normalised_prompt,
    )
    seen = select(ImageTable.index).where(ImageTable.generation_id == drawn.id, ImageTable.removed_at.is_(None))
    counts = or_(
        drawn.status.in_((*UNDRAWN, "delivering", "delivered")), and_(drawn.status == "expired", seen.exists())
    )
    since = (drawn.created_at > ReviewTable.closed_at, drawn.id < asked.id, counts)
    unused = ~select(drawn.id).where(*same, *since).exists()
    once = and_(ReviewTable.outcome == "once", ReviewTable.user_id == asked.user_id, unused)
    query = (
        select(ReviewTable.id)
        .join(judged, judged.id == ReviewTable.generation_id)
        .join(asked, asked.id == generation_id)
        .where(
            ReviewTable.kind.in_(PARDONED),
            ReviewTable.guild_id.is_not_distinct_from(asked.guild_id),
            judged.normalised_prompt == asked.normalised_prompt,
            or_(ReviewTable.outcome == "kept", once),
        )
    )
    return await session.scalar(query.limit(1)) is not None


async def _note(session: AsyncSession, row: ReviewTable, now: datetime, by: int, action: ActName, why: str) -> None:
    await note_act(session, now, Act(by, action, f"generation:{row.generation_id}", row.guild_id, why=why))
