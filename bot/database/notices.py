"""What the bot posts of its own accord: each thing once, however many processes try and however often they restart.

In: a name for what is to be said.  Out: whether to say it now.  Knows no Discord.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, delete, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.shards import are_held
from bot.database.tables.community import NoticePictureTable, NoticeTable
from bot.database.tables.gallery import ShareTable
from bot.database.tables.generations import GenerationTable
from bot.database.tables.moderation import SanctionTable
from bot.database.visibility import are_shown, bans_in_force
from bot.database.withdrawals import Said, withdraw_showing, withdrawn
from bot.partition import EVERY_SHARD, Partition

PATIENCE: Final = timedelta(minutes=5)  # with whoever claimed it, before it is tried again
REFUSED: Final = 0
NOTHING: Final = -1
PERSISTENCE: Final = timedelta(days=1)  # with a Discord that refuses it: a permission may be given
GIVEN_UP: Final = timedelta(days=7)  # with a message that Discord does not let be deleted
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """It is the caller's to say.  `since` is when it was tried first, None where nobody tried before."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody began to say it there and has not noted whether it stands; `being_said` is maybe at this moment."""

    channel_id: int
    since: datetime
    being_said: bool


class NoticeLog:
    """Reads and writes `notices`; finds what is to be said, or taken back, in the servers of this process."""

    def __init__(
        self, database: Database, now: Callable[[], datetime] = utc_now, partition: Partition = EVERY_SHARD
    ) -> None:
        self._database = database
        self._now = now
        self._partition = partition
        self._carried_out: set[int] = set()  # bans after which nothing stands any more

    # ------------------------------------------------------------------------------------------------------- saying

    @whole
    async def claim(self, guild_id: int, name: str, channel_id: int) -> Claim | None:
        """None where it was said, cannot be said, or somebody is saying it."""
        now = self._now()
        # The calendar asks again and again, mostly for what was said long ago: that takes no writing.
        if await self.find(guild_id, name) not in (None, REFUSED):
            return None
        async with self._database.writing("notice") as session:
            await take_turn(session, f"notice:{guild_id}:{name}")
            row = await session.get(NoticeTable, (guild_id, name))
            if row is None:
                session.add(_notice(guild_id, name, channel_id, now, now))
                return Claim(None)
            # A clock that was set back must not keep it waiting for longer than the patience.
            if row.message_id not in (None, REFUSED) or abs(now - row.claimed_at) < PATIENCE:
                return None
            if row.message_id == REFUSED and now - row.first_at > PERSISTENCE:
                return None
            row.claimed_at, row.channel_id = now, channel_id
            return Claim(row.first_at)

    @whole
    async def owe(self, guild_id: int, name: str, channel_id: int) -> None:
        """It is to be said as soon as there is anybody to say it to."""
        now = self._now()
        async with self._database.writing("notice") as session:
            await take_turn(session, f"notice:{guild_id}:{name}")
            if await session.get(NoticeTable, (guild_id, name)) is None:
                session.add(_notice(guild_id, name, channel_id, now, now - PATIENCE))

    @whole
    async def said(self, guild_id: int, name: str, said: Said, pictures: Collection[tuple[int, int]] = ()) -> bool:
        """It stands in Discord, or there REFUSED or NOTHING; `pictures` are the generations and indexes it shows.

        False where it was withdrawn meanwhile, or shows what has left the gallery meanwhile: that is to be deleted,
        and may be said anew.
        """
        now, stands = self._now(), said.message_id > 0
        async with self._database.writing("notice") as session:
            row = await session.get(NoticeTable, (guild_id, name), with_for_update=True)
            if row is None:
                if stands:
                    row = _notice(guild_id, name, said.channel_id, now, now)
                    row.message_id = said.message_id
                    withdrawn(row, now)
                    session.add(row)
                return False
            row.message_id = said.message_id
            if not stands:
                return True
            # Noted before the look: whoever takes a picture away at this moment finds the message, or is found.
            session.add_all(
                NoticePictureTable(
                    message_id=said.message_id, generation_id=generation_id, image_index=index,
                    channel_id=said.channel_id,
                )
                for generation_id, index in pictures
            )  # fmt: skip
            await session.flush()
            if not set(pictures) <= await self._in_gallery(session, guild_id, pictures):
                withdrawn(row, now)
                return False
        return True

    async def _in_gallery(
        self, session: AsyncSession, guild_id: int, pictures: Collection[tuple[int, int]]
    ) -> set[tuple[int, int]]:
        """What a server's gallery shows now of these pictures' generations, and shows until the session ends."""
        ids = {generation_id for generation_id, _ in pictures}
        here = (ShareTable.guild_id == guild_id, ShareTable.generation_id.in_(ids), *are_shown(self._now()))
        shared = select(ShareTable.generation_id, ShareTable.image_index).where(*here)
        rows = await session.execute(shared.with_for_update(read=True, of=ShareTable))
        return {(generation_id, index) for generation_id, index in rows}

    async def find(self, guild_id: int, name: str) -> int | None:
        """The message's id; None where it was not said yet, REFUSED, or NOTHING."""
        query = select(NoticeTable.message_id).where(NoticeTable.guild_id == guild_id, NoticeTable.name == name)
        async with self._database.reading() as session:
            return await session.scalar(query)

    async def known(self, guild_id: int, names: Collection[str]) -> list[str]:
        """Which of them somebody began to say, and nobody withdrew."""
        query = select(NoticeTable.name).where(NoticeTable.guild_id == guild_id, NoticeTable.name.in_(names))
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def unsaid(self, prefix: str, besides: Collection[int] = ()) -> dict[int, list[str]]:
        """By server of this process, what is not older than the persistence and was not taken yet, the oldest first.

        Without servers where something was tried a moment ago, for one refusal tells of all, and without `besides`.
        """
        now = self._now()
        waiting = (
            or_(NoticeTable.message_id.is_(None), NoticeTable.message_id == REFUSED),
            NoticeTable.first_at > now - PERSISTENCE,
            NoticeTable.name.startswith(prefix),
        )
        lately = (NoticeTable.claimed_at > now - PATIENCE, NoticeTable.claimed_at < now + PATIENCE)
        tried = select(NoticeTable.guild_id).where(*waiting, *lately)
        mine = (are_held(self._partition, NoticeTable.guild_id), NoticeTable.guild_id.not_in(besides))
        query = select(NoticeTable.guild_id, NoticeTable.name).where(*waiting, *mine)
        query = query.where(NoticeTable.guild_id.not_in(tried)).order_by(NoticeTable.first_at)
        found: dict[int, list[str]] = {}
        async with self._database.reading() as session:
            for guild_id, name in await session.execute(query.limit(AT_ONCE)):
                found.setdefault(guild_id, []).append(name)
        return found

    # ----------------------------------------------------------------------------------------------------- deleting

    async def lost(self, guild_id: int, name: str) -> Lost | None:
        """None for what is known to stand, or not to."""
        async with self._database.reading() as session:
            row = await session.get(NoticeTable, (guild_id, name))
        if row is None or row.message_id is not None or row.claimed_at < row.first_at:  # said, or owed only
            return None
        return Lost(row.channel_id, row.first_at, abs(self._now() - row.claimed_at) < PATIENCE)

    @whole
    async def withdraw(self, guild_id: int, name: str) -> Said | None:
        """It is not said any more, and may be said anew; returns the message of it that is to be deleted."""
        now = self._now()
        async with self._database.writing("notice") as session:
            await take_turn(session, f"notice:{guild_id}:{name}")
            row = await session.get(NoticeTable, (guild_id, name))
            if row is None:
                return None
            if row.message_id is None or row.message_id <= 0:
                await session.delete(row)
                return None
            return withdrawn(row, now)

    @whole
    async def withdraw_showing(self, generation_id: int, index: int | None = None) -> tuple[Said, ...]:
        """The messages to delete that show pictures of a generation, or this one of them."""
        async with self._database.writing("notice") as session:
            return await withdraw_showing(session, self._now(), generation_id, index)

    @whole
    async def gone(self, message_id: int) -> None:
        """The message of something that was withdrawn stands no more."""
        async with self._database.writing("notice") as session:
            for table in (NoticeTable, NoticePictureTable):
                await session.execute(delete(table).where(table.message_id == message_id))

    @whole
    async def standing(self) -> list[tuple[int, Said]]:
        """By server, what was withdrawn and is to be tried to be deleted now; what cannot be is given up one day."""
        now = self._now()
        async with self._database.writing("notice") as session:
            await session.execute(delete(NoticeTable).where(NoticeTable.withdrawn_at < now - GIVEN_UP))
            due = (NoticeTable.withdrawn_at.is_not(None), NoticeTable.claimed_at < now - PATIENCE)
            rows = await session.scalars(select(NoticeTable).where(*due).order_by(NoticeTable.claimed_at).limit(20))
            found = []
            for row in rows:
                row.claimed_at = now
                found.append((row.guild_id, Said(row.channel_id, row.message_id or 0)))
        return found

    async def of_banned(self) -> list[tuple[int, str]]:
        """Servers of this process and names of what stands there and shows pictures of people who are banned now.

        Asked for each ban until nothing of its person's stands: nothing new is said that shows somebody who is banned.
        """
        now = self._now()
        in_force = select(SanctionTable.id, SanctionTable.created_at).where(*bans_in_force(now))
        async with self._database.reading() as session:
            bans = (await session.execute(in_force.order_by(SanctionTable.id.desc()))).all()
            asked = [ban for ban in bans if ban.id not in self._carried_out][:AT_ONCE]
            showing = _showing_banned([ban.id for ban in asked]).where(are_held(self._partition, NoticeTable.guild_id))
            rows = (await session.execute(showing)).all() if asked else ()
        if len(rows) < AT_ONCE:  # what was being said when they were banned may have been noted since
            done = {ban.id for ban in asked if now - ban.created_at > PATIENCE} - {row.id for row in rows}
            self._carried_out = {ban.id for ban in bans} & (self._carried_out | done)
        return list(dict.fromkeys((row.guild_id, row.name) for row in rows))


def _showing_banned(sanction_ids: Collection[int]) -> Select[int, str, int]:
    """Begins at these sanctions: of notices there are a hundred thousand, and nearly none of them is withdrawn.

    SQLite would take that for rare and begin there, by the index; so it is asked for its truth.
    """
    theirs = and_(
        GenerationTable.user_id == SanctionTable.user_id,
        or_(SanctionTable.guild_id == GenerationTable.guild_id, SanctionTable.guild_id.is_(None)),
    )
    return (
        select(NoticeTable.guild_id, NoticeTable.name, SanctionTable.id)
        .join(NoticePictureTable, NoticePictureTable.message_id == NoticeTable.message_id)
        .join(GenerationTable, GenerationTable.id == NoticePictureTable.generation_id)
        .join(SanctionTable, theirs)
        .where(SanctionTable.id.in_(sanction_ids), NoticeTable.withdrawn_at.is_(None) == true())
        .distinct()
        .limit(AT_ONCE)
    )


def _notice(guild_id: int, name: str, channel_id: int, first_at: datetime, claimed_at: datetime) -> NoticeTable:
    return NoticeTable(
        guild_id=guild_id, name=name, channel_id=channel_id, first_at=first_at, claimed_at=claimed_at
    )  # fmt: skip
