"""The server's gallery: pictures that their owners shared, and the votes for them.

In: generations and people.  Out: `ShareRecord`s.  Removed generations and pictures never show.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import BigInteger, ColumnElement, Select, and_, column, delete, func, or_, select, update, values
from sqlalchemy.orm import selectinload

from bot.database.audit import Act, note_act
from bot.database.cursor import BIGINT, place_of
from bot.database.records import Ballot, GalleryFilter, SharePage, ShareRecord
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.gallery import FavouriteTable, ShareTable, VoteTable
from bot.database.tables.generations import GenerationTable
from bot.database.visibility import share_record, shown_shares
from bot.database.withdrawals import withdraw_showing
from bot.database.words import narrowed
from bot.errors import KeptPrivate, NoGallery, NotFound, NotYours
from inference.contract import MAX_IMAGES

GalleryOrder = Literal["newest", "top"]

SOME_TRIES: Final = 2  # draws a picture that a page by chance is to have


@dataclass(frozen=True, slots=True)
class SharePlace:
    """What a share is of, where, and whose."""

    guild_id: int
    user_id: int
    generation_id: int
    image_index: int


class Shares:
    """Reads and writes `shares` and `votes`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def share(self, generation_id: int, image_index: int, user_id: int) -> ShareRecord:
        """Post one's own picture to the gallery of its server; sharing it again returns the same share.

        Raises NotFound, NotYours, KeptPrivate, and NoGallery for a picture that was made in a direct message.
        """
        async with self._database.writing("share") as session:
            row = await session.get(
                GenerationTable, generation_id, options=[selectinload(GenerationTable.images)], with_for_update=True
            )
            if row is None or row.removed_at is not None:
                raise NotFound("generation", generation_id)
            if not any(image.index == image_index and image.removed_at is None for image in row.images):
                raise NotFound("picture", image_index + 1)
            if row.user_id != user_id:
                raise NotYours("picture")
            if row.private:
                raise KeptPrivate
            if row.guild_id is None:
                raise NoGallery
            here = (ShareTable.generation_id == generation_id, ShareTable.image_index == image_index)
            share = await session.scalar(select(ShareTable).where(*here))
            if share is None:
                share = ShareTable(
                    generation_id=generation_id, image_index=image_index, guild_id=row.guild_id, user_id=user_id,
                    votes=0, created_at=self._now(),
                )  # fmt: skip
                session.add(share)
                await session.flush()
            share_id = share.id
        record = await self.get(share_id)
        if record is None:
            raise NotFound("share", share_id)
        return record

    @whole
    async def unshare(self, share_id: int, by: int) -> None:
        """Take it out of the gallery, with its votes and what shows it in Discord.  Raises NotFound."""
        async with self._database.writing("gallery") as session:
            row = await session.get(ShareTable, share_id, with_for_update=True)
            if row is None:
                raise NotFound("share", share_id)
            await withdraw_showing(session, self._now(), row.generation_id, row.image_index)
            await note_act(session, self._now(), Act(by, "unshare", f"share:{share_id}", row.guild_id, (row.user_id,)))
            await session.execute(delete(ShareTable).where(ShareTable.id == share_id))

    @whole
    async def vote(self, share_id: int, user_id: int, *, wanted: bool | None = None) -> Ballot:
        """Vote, or take the vote back, as is `wanted`; with None, the other way than it is.  Raises NotFound."""
        async with self._database.writing("vote") as session:
            shown = self._shown().where(ShareTable.id == share_id).with_for_update(of=ShareTable)
            if await session.scalar(shown) is None:
                raise NotFound("share", share_id)
            mine = (VoteTable.share_id == share_id, VoteTable.user_id == user_id)
            stood = await session.scalar(delete(VoteTable).where(*mine).returning(VoteTable.user_id))
            voted = stood is None if wanted is None else wanted
            if voted:
                session.add(VoteTable(share_id=share_id, user_id=user_id, created_at=self._now()))
                await session.flush()
            count = select(func.count()).select_from(VoteTable).where(VoteTable.share_id == share_id)
            votes = await session.scalar(count) or 0
            await session.execute(update(ShareTable).where(ShareTable.id == share_id).values(votes=votes))
        return Ballot(votes, voted)

    async def get(self, share_id: int) -> ShareRecord | None:
        """The share, unless its picture was removed."""
        query = self._shown().where(ShareTable.id == share_id)
        async with self._database.reading() as session:
            row = await session.scalar(query)
        return None if row is None else share_record(row)

    async def place(self, share_id: int) -> SharePlace | None:
        """What was shared where, and by whom: also where it does not show, as of somebody who is banned."""
        async with self._database.reading() as session:
            row = await session.get(ShareTable, share_id)
        return None if row is None else SharePlace(row.guild_id, row.user_id, row.generation_id, row.image_index)

    async def page(
        self,
        guild_id: int,
        order: GalleryOrder = "newest",
        cursor: str | None = None,
        limit: int = 5,
        wanted: GalleryFilter | None = None,
    ) -> SharePage:
        """One page of a server's gallery.  Raises InvalidOption for a cursor that is none."""
        wanted = wanted or GalleryFilter()
        query = _matching(self._shown().where(ShareTable.guild_id == guild_id), wanted)
        if wanted.words:
            return await self._found(query, wanted.words, cursor, limit)
        votes: ColumnElement[int] = ShareTable.__table__.c.votes
        if wanted.since is not None:
            votes = votes + 0  # a span of time is found by its index, and then sorted; not walked through by votes
        first = votes if order == "top" else None
        if cursor is not None:
            query = query.where(_behind(place_of(cursor), first))
        keys = (ShareTable.id.desc(),) if first is None else (first.desc(), ShareTable.id.desc())
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(*keys).limit(limit + 1))).all()
        records = tuple(share_record(row) for row in rows[:limit])
        return SharePage(records, f"{records[-1].votes}.{records[-1].id}" if len(rows) > limit else None)

    async def _found(self, query: Select[ShareTable], words: str, cursor: str | None, limit: int) -> SharePage:
        """A page of a search, in the order of drawing; it ends with all shares of a generation.

        Ordered by the row alone, for then the index of words is walked (see words.py) and nothing has to be sorted.
        """
        query = query.join(GenerationTable, GenerationTable.id == ShareTable.generation_id)
        async with self._database.reading() as session:
            query, row_id = await narrowed(session, query, words)
            if cursor is not None:
                query = query.where(row_id < place_of(cursor, BIGINT)[0])
            rows = (await session.scalars(query.order_by(row_id.desc()).limit(limit + MAX_IMAGES))).all()
        records = [share_record(row) for row in rows]
        if len(records) <= limit:
            return SharePage(tuple(records), None)
        last = records[limit - 1].generation.id
        shown = tuple(record for place, record in enumerate(records) if place < limit or record.generation.id == last)
        return SharePage(shown, f"{last}.0" if len(shown) < len(records) or len(rows) == limit + MAX_IMAGES else None)

    async def some(self, guild_id: int, limit: int, chance: Callable[[], float]) -> SharePage:
        """A handful by chance: neighbours of ids that `chance` (0–1) points at, whatever the gallery's size."""
        here = ShareTable.guild_id == guild_id
        ends = (select(end(ShareTable.id)).where(here).scalar_subquery() for end in (func.min, func.max))
        async with self._database.reading() as session:
            first, last = (await session.execute(select(*ends))).one()
            if first is None:
                return SharePage((), None)
            # In a small gallery many point at the same one, in a large one few: enough are drawn for both.
            drawn = [first + int((last - first + 1) * chance()) for _ in range(SOME_TRIES * limit)]
            points = values(column("at", BigInteger)).data([(one,) for one in drawn]).cte("points")
            nearest = select(func.min(ShareTable.id)).where(here, ShareTable.id >= points.c.at).scalar_subquery()
            chosen = list(dict.fromkeys(await session.scalars(select(nearest).select_from(points))))[:limit]
        return SharePage(await self.by_ids(guild_id, chosen), None)

    async def by_ids(self, guild_id: int, share_ids: Sequence[int]) -> tuple[ShareRecord, ...]:
        """Those that are shown in a server's gallery, in this order."""
        query = self._shown().where(ShareTable.guild_id == guild_id, ShareTable.id.in_(share_ids))
        async with self._database.reading() as session:
            rows = (await session.scalars(query)).all()
        places = {share_id: place for place, share_id in enumerate(share_ids)}
        return tuple(sorted(map(share_record, rows), key=lambda record: places[record.id]))

    async def of_generations(self, guild_id: int, generation_ids: Sequence[int]) -> tuple[ShareRecord, ...]:
        """What of these generations is shown in a server's gallery."""
        query = self._shown().where(ShareTable.guild_id == guild_id, ShareTable.generation_id.in_(generation_ids))
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(ShareTable.id))).all()
        return tuple(map(share_record, rows))

    @whole
    async def favour(self, share_id: int, user_id: int) -> bool:
        """Keep a note of a shared picture, or drop it; returns whether it is kept now.  Raises NotFound."""
        async with self._database.writing("favourite") as session:
            if await session.scalar(self._shown().where(ShareTable.id == share_id)) is None:
                raise NotFound("share", share_id)
            mine = (FavouriteTable.share_id == share_id, FavouriteTable.user_id == user_id)
            await take_turn(session, f"favourites:{user_id}")
            dropped = await session.scalar(delete(FavouriteTable).where(*mine).returning(FavouriteTable.user_id))
            if dropped is None:
                session.add(FavouriteTable(share_id=share_id, user_id=user_id, created_at=self._now()))
            return dropped is None

    async def standing(self, share_id: int, user_id: int) -> tuple[bool, bool]:
        """Whether a person voted for a share, and whether it is among their favourites."""
        async with self._database.reading() as session:
            vote = await session.get(VoteTable, (share_id, user_id))
            favourite = await session.get(FavouriteTable, (user_id, share_id))
        return vote is not None, favourite is not None

    async def voted_for(self, user_id: int, share_ids: Collection[int]) -> frozenset[int]:
        """Which of them a person voted for."""
        mine = (VoteTable.user_id == user_id, VoteTable.share_id.in_(share_ids))
        async with self._database.reading() as session:
            return frozenset(await session.scalars(select(VoteTable.share_id).where(*mine)))

    def _shown(self) -> Select[ShareTable]:
        return shown_shares(self._now())


def _matching(query: Select[ShareTable], wanted: GalleryFilter) -> Select[ShareTable]:
    if wanted.user_id is not None:
        query = query.where(ShareTable.user_id == wanted.user_id)
    if wanted.since is not None:
        query = query.where(ShareTable.created_at >= wanted.since)
    if wanted.favourites_of is not None:
        mine = select(FavouriteTable.share_id).where(FavouriteTable.user_id == wanted.favourites_of)
        query = query.where(ShareTable.id.in_(mine))
    return query


def _behind(after: tuple[int, int], first: ColumnElement[int] | None) -> ColumnElement[bool]:
    """What comes after this place, where `first` is compared before the share's id."""
    place, share_id = after
    older = ShareTable.id < share_id
    return older if first is None else or_(first < place, and_(first == place, older))
