"""The server's gallery: pictures that their owners shared, and the votes for them.

In: generations and people.  Out: `ShareRecord`s.  Removed generations and pictures never show.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from bot.database.audit import Act, note_act
from bot.database.records import Ballot, SharePage, ShareRecord
from bot.database.rows import generation_record
from bot.database.session import Database, utc_now, whole
from bot.database.tables import GenerationTable, ImageTable, ShareTable, VoteTable
from bot.errors import InvalidOption, NotFound, NotYours

GalleryOrder = Literal["newest", "top"]


class Shares:
    """Reads and writes `shares` and `votes`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def share(self, generation_id: int, image_index: int, user_id: int) -> ShareRecord:
        """Post one's own picture to the gallery of its server; sharing it again returns the same share.

        Raises NotFound, NotYours, and InvalidOption for a picture that was made in a direct message.
        """
        async with self._database.writing("The share") as session:
            row = await session.get(
                GenerationTable, generation_id, options=[selectinload(GenerationTable.images)], with_for_update=True
            )
            if row is None or row.removed_at is not None:
                raise NotFound(f"Generation {generation_id}")
            if not any(image.index == image_index and image.removed_at is None for image in row.images):
                raise NotFound(f"Picture {image_index + 1}")
            if row.user_id != user_id:
                raise NotYours("This picture")
            if row.guild_id is None:
                raise InvalidOption("guild", "This picture was made in a direct message; only a server has a gallery.")
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
            raise NotFound(f"Share {share_id}")
        return record

    @whole
    async def unshare(self, share_id: int, by: int) -> None:
        """Take it out of the gallery, with its votes.  Raises NotFound."""
        async with self._database.writing("The change to the gallery") as session:
            row = await session.get(ShareTable, share_id, with_for_update=True)
            if row is None:
                raise NotFound(f"Share {share_id}")
            await note_act(session, self._now(), Act(by, "unshare", f"share:{share_id}", row.guild_id, (row.user_id,)))
            await session.execute(delete(ShareTable).where(ShareTable.id == share_id))

    @whole
    async def vote(self, share_id: int, user_id: int) -> Ballot:
        """Vote, or take the vote back.  Raises NotFound."""
        async with self._database.writing("Your vote") as session:
            shown = _shown_shares().where(ShareTable.id == share_id).with_for_update(of=ShareTable)
            if await session.scalar(shown) is None:
                raise NotFound(f"Share {share_id}")
            mine = (VoteTable.share_id == share_id, VoteTable.user_id == user_id)
            taken_back = await session.scalar(delete(VoteTable).where(*mine).returning(VoteTable.user_id))
            if taken_back is None:
                session.add(VoteTable(share_id=share_id, user_id=user_id, created_at=self._now()))
                await session.flush()
            count = select(func.count()).select_from(VoteTable).where(VoteTable.share_id == share_id)
            votes = await session.scalar(count) or 0
            await session.execute(update(ShareTable).where(ShareTable.id == share_id).values(votes=votes))
        return Ballot(votes, taken_back is None)

    async def get(self, share_id: int) -> ShareRecord | None:
        """The share, unless its picture was removed."""
        query = _shown_shares().where(ShareTable.id == share_id)
        async with self._database.reading() as session:
            row = await session.scalar(query)
        return None if row is None else _share_record(row)

    async def page(
        self, guild_id: int, order: GalleryOrder = "newest", cursor: str | None = None, limit: int = 5
    ) -> SharePage:
        """One page of a server's gallery.  Raises InvalidOption for a cursor that is none."""
        query = _shown_shares().where(ShareTable.guild_id == guild_id)
        if cursor is not None:
            votes, share_id = _parse_cursor(cursor)
            older = ShareTable.id < share_id
            if order == "top":
                older = or_(ShareTable.votes < votes, and_(ShareTable.votes == votes, older))
            query = query.where(older)
        keys = (ShareTable.votes.desc(), ShareTable.id.desc()) if order == "top" else (ShareTable.id.desc(),)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(*keys).limit(limit + 1))).all()
        records = tuple(_share_record(row) for row in rows[:limit])
        return SharePage(records, f"{records[-1].votes}.{records[-1].id}" if len(rows) > limit else None)


def _shown_shares() -> Select[ShareTable]:
    picture = and_(ImageTable.generation_id == ShareTable.generation_id, ImageTable.index == ShareTable.image_index)
    return (
        select(ShareTable)
        .join(GenerationTable, GenerationTable.id == ShareTable.generation_id)
        .join(ImageTable, picture)
        .where(GenerationTable.removed_at.is_(None), ImageTable.removed_at.is_(None))
        .options(joinedload(ShareTable.generation).selectinload(GenerationTable.images))
    )


def _share_record(row: ShareTable) -> ShareRecord:
    generation = generation_record(row.generation)
    image = next(image for image in generation.images if image.index == row.image_index)
    return ShareRecord(row.id, row.guild_id, row.user_id, generation, image, row.votes, row.created_at)


def _parse_cursor(cursor: str) -> tuple[int, int]:
    try:
        votes, share_id = cursor.split(".")
        return int(votes), int(share_id)
    except ValueError as error:
        raise InvalidOption("cursor", f"{cursor!r} is not a place in the gallery.") from error
