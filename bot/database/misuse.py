"""Early signs of misuse: a person of whom much was blocked lately, or who orders in bursts, by their server's measure.

In: a generation whose prompt has just been judged.  Out: an entry at the top of the review queue, one a day at most.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.guild import Misuse
from bot.database.tables.generations import GenerationTable
from bot.database.tables.moderation import ReviewTable
from bot.database.tables.settings import GuildSettingsTable
from inference.contract import Verdict

BURST_SPAN: Final = timedelta(minutes=10)
BLOCKS: Final = "blocks"  # so many, in so many hours
BURST: Final = "burst"  # so many orders, in so many minutes


async def sign_of_misuse(session: AsyncSession, row: GenerationTable, verdict: Verdict, now: datetime) -> str | None:
    """Why moderators should look at this person, as "burst:20:10"; None where they need not, or were told lately."""
    settings = None if row.guild_id is None else await session.get(GuildSettingsTable, row.guild_id)
    measure = Misuse(**(settings.misuse or {})) if settings is not None else Misuse()
    reason = None
    if verdict.action == "block" and measure.blocks is not None:
        since = now - timedelta(hours=measure.hours)
        blocked = await _count(session, row, GenerationTable.status == "blocked", GenerationTable.created_at > since)
        if blocked >= measure.blocks:
            reason = f"{BLOCKS}:{blocked}:{measure.hours}"
    if reason is None and measure.burst is not None:
        ordered = await _count(session, row, GenerationTable.created_at > now - BURST_SPAN)
        if ordered >= measure.burst:
            reason = f"{BURST}:{ordered}:{BURST_SPAN.seconds // 60}"
    since = now - timedelta(hours=measure.hours)
    if reason is None or await told_lately(session, row.user_id, row.guild_id, since):
        return None
    return reason


async def _count(session: AsyncSession, row: GenerationTable, *where: ColumnElement[bool]) -> int:
    """How many of the same person's, in the same server."""
    here = (GenerationTable.user_id == row.user_id, GenerationTable.guild_id == row.guild_id)
    return await session.scalar(select(func.count()).select_from(GenerationTable).where(*here, *where)) or 0


async def told_lately(session: AsyncSession, user_id: int, guild_id: int | None, since: datetime) -> bool:
    """Whether moderators were told of this person since then."""
    known = select(ReviewTable.id).where(
        ReviewTable.kind == "misuse", ReviewTable.user_id == user_id, ReviewTable.guild_id == guild_id,
        ReviewTable.created_at > since,
    )  # fmt: skip
    return await session.scalar(known.limit(1)) is not None


async def answer_signs(session: AsyncSession, user_id: int, guild_id: int | None, by: int, now: datetime) -> None:
    """Moderators have sanctioned the person, here or (None) everywhere: the signs of misuse wait for nothing more."""
    signs = [ReviewTable.kind == "misuse", ReviewTable.user_id == user_id, ReviewTable.closed_at.is_(None)]
    if guild_id is not None:
        signs.append(ReviewTable.guild_id == guild_id)
    answered = {"closed_at": now, "closed_by": by, "outcome": "removed"}
    await session.execute(update(ReviewTable).where(*signs).values(**answered))
