"""What is still to be offered to a server's gallery by itself: owed from the moment of its delivery until it was.

In: ids of generations.  Out: those that this process owes.  What becomes of them is bot/actions/gallery.py's.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.notices import PATIENCE
from bot.database.session import Database, utc_now, whole
from bot.database.shards import are_held
from bot.database.tables.gallery import OfferTable
from bot.database.tables.generations import GenerationTable
from bot.database.tables.settings import GuildSettingsTable
from bot.partition import EVERY_SHARD, Partition

AT_ONCE: Final = 200
GIVEN_UP: Final = timedelta(days=1)  # nobody expects it any more


class Offers:
    """Reads and settles `offers`."""

    def __init__(
        self, database: Database, now: Callable[[], datetime] = utc_now, partition: Partition = EVERY_SHARD
    ) -> None:
        self._database = database
        self._now = now
        self._partition = partition

    async def owed(self) -> tuple[int, ...]:
        """Generations of this process's servers, the oldest first, without what failed a moment ago."""
        now = self._now()
        due = or_(OfferTable.tried_at.is_(None), OfferTable.tried_at < now - PATIENCE)
        query = select(OfferTable.generation_id).where(due, OfferTable.owed_at > now - GIVEN_UP)
        query = query.where(are_held(self._partition, OfferTable.guild_id)).order_by(OfferTable.generation_id)
        async with self._database.reading() as session:
            return tuple(await session.scalars(query.limit(AT_ONCE)))

    @whole
    async def give_up(self) -> None:
        """What nobody expects any more goes, whichever process owed it."""
        over = OfferTable.owed_at <= self._now() - GIVEN_UP
        async with self._database.reading() as session:  # asked at every delivery: mostly that takes no writing
            if await session.scalar(select(OfferTable.generation_id).where(over).limit(1)) is None:
                return
        async with self._database.writing() as session:
            await session.execute(delete(OfferTable).where(over))

    @whole
    async def settle(self, generation_id: int) -> None:
        """It was offered."""
        async with self._database.writing() as session:
            await session.execute(delete(OfferTable).where(OfferTable.generation_id == generation_id))

    @whole
    async def put_off(self, generation_id: int) -> None:
        """It could not be offered just now."""
        async with self._database.writing() as session:
            tried = update(OfferTable).where(OfferTable.generation_id == generation_id)
            await session.execute(tried.values(tried_at=self._now()))


async def owe(session: AsyncSession, generation_id: int, now: datetime) -> None:
    """To be called within its delivery, before the row says so: what is delivered once more is not owed once more.

    Only where the server's managers want all to be shared.
    """
    wanted = (
        select(GenerationTable.id, GenerationTable.guild_id, literal(now, OfferTable.owed_at.type))
        .join(GuildSettingsTable, GuildSettingsTable.guild_id == GenerationTable.guild_id)
        .where(
            GenerationTable.id == generation_id,
            GenerationTable.delivered_at.is_(None),
            GenerationTable.private.is_(False),
            GuildSettingsTable.sharing == "opt_out",
        )
    )
    await session.execute(insert(OfferTable).from_select(["generation_id", "guild_id", "owed_at"], wanted))
