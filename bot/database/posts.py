"""Where a generation can be seen: every message that was posted of it.  What shows it among others is in `notices`.

In: messages' ids.  Out: `PostRecord`s.  Knows no Discord; what stands there in truth only Discord says.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from bot.database.notices import GIVEN_UP, PATIENCE
from bot.database.records import PostRecord
from bot.database.session import Database, utc_now, whole
from bot.database.tables.generations import GenerationTable, ImageTable, PostTable
from bot.nobody import FILTER_ID

AT_ONCE: Final = 20  # the newest: what Discord never lets go keeps nothing else


class PostLog:
    """Reads and writes `posts`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def add(self, post: PostRecord) -> None:
        row = PostTable(
            message_id=post.message_id, channel_id=post.channel_id, generation_id=post.generation_id,
            image_index=post.image_index, posted_at=self._now(),
        )  # fmt: skip
        async with self._database.writing("post") as session:
            session.add(row)

    @whole
    async def forget(self, message_id: int) -> None:
        """The message is gone; nothing happens where it is not known."""
        async with self._database.writing("post") as session:
            await session.execute(delete(PostTable).where(PostTable.message_id == message_id))

    async def find(self, message_id: int) -> PostRecord | None:
        """What a message shows; None for one that shows no generation."""
        async with self._database.reading() as session:
            row = await session.get(PostTable, message_id)
        return None if row is None else PostRecord(row.message_id, row.channel_id, row.generation_id, row.image_index)

    @whole
    async def drawn_anew(self, message_id: int) -> None:
        """It shows what it is to show now."""
        await self._change(message_id, posted_at=self._now(), tried_at=None)

    @whole
    async def not_changed(self, message_id: int) -> None:
        """Discord lets it neither be taken down nor be drawn anew just now."""
        await self._change(message_id, tried_at=self._now())

    async def _change(self, message_id: int, **values: object) -> None:
        async with self._database.writing("post") as session:
            await session.execute(update(PostTable).where(PostTable.message_id == message_id).values(**values))

    async def of_removed(self) -> tuple[int, ...]:
        """Generations of which something stands that was removed, as far as is known; or some of their pictures do.

        The newest first, without what was tried a moment ago, and what is given up.
        """
        now = self._now()
        due = or_(PostTable.tried_at.is_(None), PostTable.tried_at < now - PATIENCE)
        stands = select(PostTable.message_id).where(PostTable.generation_id == GenerationTable.id, due)
        shows = select(PostTable.message_id).where(
            PostTable.generation_id == ImageTable.generation_id, due,
            or_(PostTable.image_index == ImageTable.index,
                and_(PostTable.image_index.is_(None), PostTable.posted_at < ImageTable.removed_at)),
        )  # fmt: skip
        whole = select(GenerationTable.id).where(*_removed(GenerationTable, now - GIVEN_UP), stands.exists())
        # What the filter held back was never shown.
        parts = select(ImageTable.generation_id).where(
            *_removed(ImageTable, now - GIVEN_UP),
            or_(ImageTable.removed_by != FILTER_ID, ImageTable.by_operator),
            shows.exists(),
        )
        async with self._database.reading() as session:
            found = {*await session.scalars(whole), *await session.scalars(parts)}
        return tuple(sorted(found, reverse=True)[:AT_ONCE])

    async def of(self, generation_id: int) -> tuple[PostRecord, ...]:
        """What was posted of a generation and not taken down, oldest first."""
        columns = (PostTable.message_id, PostTable.channel_id, PostTable.generation_id, PostTable.image_index)
        query = select(*columns).where(PostTable.generation_id == generation_id).order_by(PostTable.message_id)
        async with self._database.reading() as session:
            return tuple([PostRecord(*row) for row in await session.execute(query)])


def _removed(table: type[GenerationTable | ImageTable], since: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is erased is told apart for the index's sake."""
    return or_(table.erased_at.is_(None), table.erased_at > since), table.removed_at > since
