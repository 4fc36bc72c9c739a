"""One person's data as a whole: what there is, what of it may go, and what time has run out for.

In: a person, or a server's retention.  Out: plain values, and rows that are gone.  Knows no files: those go first.

What a moderation record needs stays, without a name: a generation that moderators have still to decide about, and
sanctions in force (without the id they would end).
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from bot.database.records import GenerationRecord
from bot.database.rows import generation_record
from bot.database.sanction_erasures import forget_ended, forget_sanctions, over
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.community import BallotTable, ContestTable, EntryTable, ReticentTable
from bot.database.tables.gallery import FavouriteTable, OwnFavouriteTable, ShareBlockTable, ShareTable, VoteTable
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.database.tables.moderation import ReviewTable, SanctionTable
from bot.database.tables.people import StyleTable, WebSessionTable
from bot.database.tables.settings import GuildSettingsTable
from bot.nobody import ERASED_ID

ERASED_NAME: Final = "erased"
# What people, not the filter, asked moderators to look at, and what these have not decided about.
_ASKED: Final = (ReviewTable.closed_at.is_(None), ReviewTable.kind.in_(("report", "appeal", "misuse")))


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of a person's there is."""

    generations: int
    shares: int
    votes: int
    favourites: int
    reports: int
    sanctions: int


class PersonalData:
    """Reads and erases a person's rows, whatever table they are in.

    `most_days` is how long anything is kept, whatever a server chose; None is for good.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now, most_days: int | None = None) -> None:
        self._database = database
        self._now = now
        self._most_days = most_days

    async def kept(self, user_id: int) -> Kept:
        theirs = (
            (GenerationTable.user_id,), (ShareTable.user_id,), (VoteTable.user_id,),
            (FavouriteTable.user_id, OwnFavouriteTable.user_id), (ReviewTable.by_user_id,),
            (SanctionTable.user_id, ShareBlockTable.user_id),
        )  # fmt: skip
        async with self._database.reading() as session:
            return Kept(*[sum([await _count(session, one, user_id) for one in columns]) for columns in theirs])

    async def listed(self, user_id: int) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
        """Everything but the generations, as plain values, kind by kind: for the person to take away."""
        tables: tuple[tuple[str, Any, ColumnElement[bool]], ...] = (
            ("shares", ShareTable, ShareTable.user_id == user_id),
            ("votes", VoteTable, VoteTable.user_id == user_id),
            ("favourites", FavouriteTable, FavouriteTable.user_id == user_id),
            ("own_favourites", OwnFavouriteTable, OwnFavouriteTable.user_id == user_id),
            ("contest_entries", EntryTable, EntryTable.user_id == user_id),
            ("contest_votes", BallotTable, BallotTable.user_id == user_id),
            ("reports", ReviewTable, ReviewTable.by_user_id == user_id),
            ("sanctions", SanctionTable, SanctionTable.user_id == user_id),
            ("share_blocks", ShareBlockTable, ShareBlockTable.user_id == user_id),
            ("styles", StyleTable, StyleTable.user_id == user_id),
            ("logins", WebSessionTable, WebSessionTable.user_id == user_id),
        )
        for name, table, mine in tables:
            columns = [one for one in table.__table__.columns if one.name not in ("token_hash", "priority")]
            async with self._database.reading() as session:
                rows = (await session.execute(select(*columns).where(mine))).mappings().all()
            yield name, [dict(row) for row in rows]

    @whole
    async def forget(self, user_id: int, generation_ids: Sequence[int], needed: Collection[int]) -> None:
        """Delete these generations of a person, whose files are gone; the `needed` ones lose the person's name."""
        async with self._database.writing("erasure") as session:
            mine = (GenerationTable.user_id == user_id, GenerationTable.id.in_(needed))
            nameless = {
                "user_id": ERASED_ID, "user_name": ERASED_NAME, "interaction_token": None, "message_id": None,
            }  # fmt: skip
            await session.execute(update(GenerationTable).where(*mine).values(**nameless))
            await session.execute(
                update(ReviewTable).where(ReviewTable.generation_id.in_(needed)).values(user_id=ERASED_ID)
            )
            for table, of in ((GenerationTable, GenerationTable.id), (ImageTable, ImageTable.generation_id)):
                by_them = (of.in_(needed), table.removed_by == user_id)
                await session.execute(update(table).where(*by_them).values(removed_by=ERASED_ID))
            await session.execute(delete(ShareTable).where(ShareTable.generation_id.in_(needed)))
            await delete_generations(session, [one for one in generation_ids if one not in needed])

    async def undecided(self, generation_ids: Sequence[int]) -> frozenset[int]:
        """Which of these people have asked moderators to look at, and these have not decided about."""
        here = (ReviewTable.generation_id.in_(generation_ids), *_ASKED)
        async with self._database.reading() as session:
            return frozenset(await session.scalars(select(ReviewTable.generation_id).where(*here)))

    # ------------------------------------------------------------------------------------------------ retention

    async def outlived(self, batch: int = 100) -> AsyncIterator[tuple[GenerationRecord, ...]]:
        """Generations older than their server keeps them, and nameless ones that nobody has to decide about any more.

        Not what is shared, and not what is undecided.  What is not deleted comes no second time for the same reason.
        """
        now = self._now()
        queries = [_old(now, GenerationTable.user_id == ERASED_ID)]
        if self._most_days is not None:
            queries.append(_old(now, GenerationTable.created_at < now - timedelta(days=self._most_days)))
        async with self._database.reading() as session:
            chosen = select(GuildSettingsTable.guild_id, GuildSettingsTable.retention_days)
            for guild_id, days in await session.execute(chosen.where(GuildSettingsTable.retention_days.is_not(None))):
                before = now - timedelta(days=days or 0)
                queries.append(_old(now, GenerationTable.guild_id == guild_id, GenerationTable.created_at < before))
        for query in queries:
            after = 0
            while found := await self._behind(query, after, batch):
                yield found
                after = found[-1].id

    async def _behind(self, query: Select[GenerationTable], after: int, limit: int) -> tuple[GenerationRecord, ...]:
        async with self._database.reading() as session:
            rows = await session.scalars(query.where(GenerationTable.id > after).limit(limit))
            return tuple(map(generation_record, rows))

    @whole
    async def forget_ended_sanctions(self) -> int:
        """Delete the sanctions that have ended since their person erased their data; returns of how many people."""
        now = self._now()
        due = select(SanctionTable.user_id).where(SanctionTable.erased_at.is_not(None), over(now)).distinct()
        async with self._database.reading() as session:
            people = (await session.scalars(due)).all()
        for user_id in people:
            async with self._database.writing("erasure") as session:
                await take_turn(session, f"sanctions:{user_id}")
                await forget_ended(session, user_id, now)
        return len(people)

    @whole
    async def delete(self, generation_ids: Sequence[int]) -> None:
        """Delete rows whose files are gone, with all that hangs on them."""
        async with self._database.writing("erasure") as session:
            await delete_generations(session, generation_ids)


async def _count(session: AsyncSession, column: InstrumentedAttribute[int], user_id: int) -> int:
    return await session.scalar(select(func.count()).where(column == user_id)) or 0


def _old(now: datetime, *where: ColumnElement[bool]) -> Select[GenerationTable]:
    """Ended generations that match, but for what is shared and what people wait for a decision about."""
    shared = select(ShareTable.generation_id).where(ShareTable.generation_id == GenerationTable.id)
    asked = select(ReviewTable.id).where(ReviewTable.generation_id == GenerationTable.id, *_ASKED)
    ended = (GenerationTable.finished_at < now, ~shared.exists(), ~asked.exists())
    query = select(GenerationTable).options(selectinload(GenerationTable.images)).where(*where, *ended)
    return query.order_by(GenerationTable.id)


async def delete_generations(session: AsyncSession, generation_ids: Sequence[int]) -> None:
    """Pictures, posts, shares, votes and reviews go with their generation; what was made from it loses its parent."""
    children = update(GenerationTable).where(GenerationTable.parent_id.in_(generation_ids)).values(parent_id=None)
    await session.execute(children)
    await session.execute(delete(GenerationTable).where(GenerationTable.id.in_(generation_ids)))


async def forget_person(session: AsyncSession, user_id: int, now: datetime) -> bool:
    """Delete what there is besides generations; False where a sanction in force keeps the person's id."""
    await take_turn(session, f"sanctions:{user_id}")
    voted = list(await session.scalars(select(VoteTable.share_id).where(VoteTable.user_id == user_id)))
    await session.execute(delete(VoteTable).where(VoteTable.user_id == user_id))
    counted = select(func.count()).select_from(VoteTable).where(VoteTable.share_id == ShareTable.id)
    recount = update(ShareTable).where(ShareTable.id.in_(voted)).values(votes=counted.scalar_subquery())
    await session.execute(recount)
    for table in (
        FavouriteTable,
        OwnFavouriteTable,
        WebSessionTable,
        EntryTable,
        BallotTable,
        ReticentTable,
        ShareTable,
    ):
        await session.execute(delete(table).where(table.user_id == user_id))
    begun = update(ContestTable).where(ContestTable.created_by == user_id)
    await session.execute(begun.values(created_by=ERASED_ID))
    styles = (StyleTable.user_id == user_id, StyleTable.guild_id.is_(None))
    await session.execute(delete(StyleTable).where(*styles))
    await session.execute(update(StyleTable).where(StyleTable.user_id == user_id).values(user_id=ERASED_ID))
    said = update(ReviewTable).where(ReviewTable.by_user_id == user_id)
    await session.execute(said.values(by_user_id=ERASED_ID, reason=""))
    return await forget_sanctions(session, user_id, now)
