"""What the bot posts of its own accord: each thing once, however many processes try and however often they restart.

In: a name for what is to be said.  Out: whether to say it now.  Knows no Discord.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.community import NoticePictureTable, NoticeTable

PATIENCE: Final = timedelta(minutes=5)  # with whoever claimed it, before it is tried again
REFUSED: Final = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """It is the caller's to say.  `since` is when it was tried first, None where nobody tried before."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """Where it stands."""

    channel_id: int
    message_id: int


class NoticeLog:
    """Reads and writes `notices`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def claim(self, guild_id: int, name: str, channel_id: int) -> Claim | None:
        """None where it was said, cannot be said, or somebody is saying it."""
        now = self._now()
        # The calendar asks again and again, mostly for what was said long ago: that takes no writing.
        if await self.find(guild_id, name) is not None:
            return None
        async with self._database.writing("notice") as session:
            await take_turn(session, f"notice:{guild_id}:{name}")
            row = await session.get(NoticeTable, (guild_id, name))
            if row is None:
                session.add(
                    NoticeTable(guild_id=guild_id, name=name, channel_id=channel_id, first_at=now, claimed_at=now)
                )
                return Claim(None)
            # A clock that was set back must not keep it waiting for longer than the patience.
            if row.message_id is not None or abs(now - row.claimed_at) < PATIENCE:
                return None
            row.claimed_at = now
            return Claim(row.first_at)

    @whole
    async def said(self, guild_id: int, name: str, said: Said, pictures: Collection[tuple[int, int]] = ()) -> None:
        """It stands in Discord, or, with REFUSED, never will; `pictures` are the generations and indexes it shows."""
        async with self._database.writing("notice") as session:
            here = (NoticeTable.guild_id == guild_id, NoticeTable.name == name)
            await session.execute(update(NoticeTable).where(*here).values(message_id=said.message_id))
            for generation_id, index in pictures if said.message_id else ():
                session.add(
                    NoticePictureTable(
                        message_id=said.message_id, generation_id=generation_id, image_index=index,
                        channel_id=said.channel_id,
                    )
                )  # fmt: skip

    @whole
    async def take_back(self, guild_id: int, name: str) -> Said | None:
        """Forget it; returns the message that stands of it, if there is one."""
        async with self._database.writing("notice") as session:
            here = (NoticeTable.guild_id == guild_id, NoticeTable.name == name)
            gone = delete(NoticeTable).where(*here).returning(NoticeTable.channel_id, NoticeTable.message_id)
            row = (await session.execute(gone)).first()
            if row is not None and row[1]:
                await session.execute(delete(NoticePictureTable).where(NoticePictureTable.message_id == row[1]))
        return None if row is None or not row[1] else Said(row[0], row[1])

    async def find(self, guild_id: int, name: str) -> int | None:
        """The message's id; None where it was not said yet, REFUSED where it never will be."""
        query = select(NoticeTable.message_id).where(NoticeTable.guild_id == guild_id, NoticeTable.name == name)
        async with self._database.reading() as session:
            return await session.scalar(query)
