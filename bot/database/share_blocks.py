"""Who may not put anything into a server's gallery, though they may draw.

In: people.  Out: why they may not, if they may not.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from bot.database.audit import Act, ActName, note_act
from bot.database.sanction_erasures import forget_acts
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.gallery import ShareBlockTable


class ShareBlocks:
    """Reads and writes `share_blocks`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def why(self, guild_id: int, user_id: int) -> str | None:
        """The moderator's reason; None for who may share."""
        here = (ShareBlockTable.guild_id == guild_id, ShareBlockTable.user_id == user_id)
        async with self._database.reading() as session:
            return await session.scalar(select(ShareBlockTable.reason).where(*here))

    @whole
    async def set(self, guild_id: int, user_id: int, reason: str | None, by: int) -> None:
        """Keep a person from sharing, for a reason; or, with None, let them again.  What changes is audited."""
        now = self._now()
        here = (ShareBlockTable.guild_id == guild_id, ShareBlockTable.user_id == user_id)
        async with self._database.writing("sanction") as session:
            await take_turn(session, f"share_blocks:{guild_id}:{user_id}")
            row = await session.scalar(select(ShareBlockTable).where(*here))
            before, erased = (None, False) if row is None else (row.reason, row.erased_at is not None)
            if before == reason:
                return
            action: ActName = "allow_sharing" if reason is None else "block_sharing"
            await note_act(session, now, Act(by, action, f"user:{user_id}", guild_id, (), reason or before or ""))
            if row is not None:
                await session.delete(row)
                await session.flush()
            if reason is not None:
                new = ShareBlockTable(guild_id=guild_id, user_id=user_id, reason=reason, created_by=by, created_at=now)
                session.add(new)
                await session.flush()
            if erased:
                await forget_acts(session, user_id, now, until=now)
