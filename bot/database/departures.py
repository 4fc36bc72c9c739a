"""Servers that the bot is not in any more: since when, and what is left of them.

In: which servers there are.  Out: those whose time is over, and rows that are gone.  Knows no Discord and no files.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.database.audit import redact_acts
from bot.database.personal import delete_generations
from bot.database.records import GenerationRecord
from bot.database.rows import generation_record
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.generations import GenerationTable
from bot.database.tables.moderation import AuditTable
from bot.database.tables.settings import GuildSettingsTable
from bot.database.tables.table import Table
from bot.partition import EVERY_SHARD, Partition


class DepartureLog:
    """Reads and writes `guild_settings.left_at`, for the servers of this process."""

    def __init__(
        self, database: Database, now: Callable[[], datetime] = utc_now, partition: Partition = EVERY_SHARD
    ) -> None:
        self._database = database
        self._now = now
        self._partition = partition

    @whole
    async def left(self, guild_id: int) -> None:
        """The bot is not in this server any more; known already, it changes nothing."""
        async with self._database.writing("settings") as session:
            await self._leave(session, guild_id)

    @whole
    async def back(self, guild_id: int) -> None:
        """The bot is in this server: whatever is left of it stays."""
        async with self._database.writing("settings") as session:
            here = update(GuildSettingsTable).where(GuildSettingsTable.guild_id == guild_id)
            await session.execute(here.values(left_at=None))

    @whole
    async def compare(self, present: Collection[int]) -> tuple[int, ...]:
        """Take note of who removed the bot, or took it back, while it was away; returns the servers newly left."""
        async with self._database.writing("settings") as session:
            drawn = set(await session.scalars(select(GenerationTable.guild_id).distinct()))
            chosen = dict(
                (await session.execute(select(GuildSettingsTable.guild_id, GuildSettingsTable.left_at))).all()
            )
            known = {guild_id for guild_id in drawn | set(chosen) if guild_id and self._partition.holds(guild_id)}
            gone = sorted(guild_id for guild_id in known - set(present) if chosen.get(guild_id) is None)
            for guild_id in gone:
                await self._leave(session, guild_id)
            returned = [guild_id for guild_id in known & set(present) if chosen.get(guild_id) is not None]
            here = update(GuildSettingsTable).where(GuildSettingsTable.guild_id.in_(returned))
            await session.execute(here.values(left_at=None))
        return tuple(gone)

    async def due(self, left_before: datetime) -> tuple[int, ...]:
        """Servers that were left before then."""
        query = select(GuildSettingsTable.guild_id).where(GuildSettingsTable.left_at <= left_before)
        async with self._database.reading() as session:
            found = await session.scalars(query.order_by(GuildSettingsTable.guild_id))
            return tuple(guild_id for guild_id in found if self._partition.holds(guild_id))

    async def generations(self, guild_id: int, limit: int, after: int = 0) -> tuple[GenerationRecord, ...]:
        """What was drawn in a server and has ended, whoever shared or reported it, behind row `after`."""
        query = select(GenerationTable).where(GenerationTable.guild_id == guild_id, GenerationTable.id > after)
        query = query.where(GenerationTable.finished_at.is_not(None)).options(selectinload(GenerationTable.images))
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(GenerationTable.id).limit(limit))).all()
            return tuple(map(generation_record, rows))

    @whole
    async def delete(self, generation_ids: Collection[int]) -> None:
        """Delete rows whose files are gone, with all that hangs on them."""
        async with self._database.writing("erasure") as session:
            await delete_generations(session, list(generation_ids))

    @whole
    async def forget(self, guild_id: int, left_before: datetime) -> bool:
        """Delete every other row of a server.  False where something is under way there, or it took the bot back."""
        async with self._database.writing("erasure") as session:
            await take_turn(session, f"guild_settings:{guild_id}")
            under_way = select(func.count()).select_from(GenerationTable).where(GenerationTable.guild_id == guild_id)
            row = await session.get(GuildSettingsTable, guild_id)
            if await session.scalar(under_way) or row is None or row.left_at is None or row.left_at > left_before:
                return False
            for table in reversed(Table.metadata.sorted_tables):
                if "guild_id" in table.columns and table.name != AuditTable.__tablename__:
                    await session.execute(delete(table).where(table.columns.guild_id == guild_id))
            await redact_acts(session, self._now(), AuditTable.guild_id == guild_id, kind="guild")
        return True

    async def _leave(self, session: AsyncSession, guild_id: int) -> None:
        await take_turn(session, f"guild_settings:{guild_id}")
        row = await session.get(GuildSettingsTable, guild_id)
        if row is None:
            row = GuildSettingsTable(guild_id=guild_id, allowed_channel_ids=[], updated_at=self._now())
            session.add(row)
        if row.left_at is None:
            row.left_at = self._now()
