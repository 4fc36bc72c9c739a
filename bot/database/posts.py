"""Where a generation can be seen: every message that was posted of it.  What shows it among others is in `notices`.

In: messages' ids.  Out: `PostRecord`s.  Knows no Discord; what stands there in truth only Discord says.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, or_, select

from bot.database.records import PostRecord
from bot.database.session import Database, utc_now, whole
from bot.database.tables.generations import GenerationTable, PostTable


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

    async def of_removed(self, since: datetime) -> tuple[int, ...]:
        """Generations that were removed since then and of which something still stands, as far as is known."""
        erased = GenerationTable.erased_at
        removed = (or_(erased.is_(None), erased > since), GenerationTable.removed_at > since)
        stands = select(PostTable.message_id).where(PostTable.generation_id == GenerationTable.id).exists()
        async with self._database.reading() as session:
            return tuple(await session.scalars(select(GenerationTable.id).where(*removed, stands)))

    async def of(self, generation_id: int) -> tuple[PostRecord, ...]:
        """What was posted of a generation and not taken down, oldest first."""
        columns = (PostTable.message_id, PostTable.channel_id, PostTable.generation_id, PostTable.image_index)
        query = select(*columns).where(PostTable.generation_id == generation_id).order_by(PostTable.message_id)
        async with self._database.reading() as session:
            return tuple([PostRecord(*row) for row in await session.execute(query)])
