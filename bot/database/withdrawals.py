"""What the bot said and is to be deleted: noted in the same breath as what takes the pictures in it away.

In: a row of `notices`, or a picture, in the caller's transaction.  Out: the messages to delete, which whoever is
stopped before that finds again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.tables.community import NoticePictureTable, NoticeTable


@dataclass(frozen=True, slots=True)
class Said:
    """Where it stands."""

    channel_id: int
    message_id: int


async def withdraw_showing(
    session: AsyncSession, now: datetime, generation_id: int, index: int | None = None
) -> tuple[Said, ...]:
    """What stands and shows pictures of a generation, or this one, is said no more; with what was withdrawn before."""
    shows = select(NoticePictureTable.message_id).where(NoticePictureTable.generation_id == generation_id)
    if index is not None:
        shows = shows.where(NoticePictureTable.image_index == index)
    standing = select(NoticeTable).where(NoticeTable.message_id.in_(shows)).with_for_update()
    return tuple([withdrawn(row, now) for row in await session.scalars(standing)])


def withdrawn(row: NoticeTable, now: datetime) -> Said:
    """Its name is free, so that it may be said anew."""
    if row.withdrawn_at is None:
        row.name, row.withdrawn_at, row.claimed_at = f"gone:{row.message_id}", now, now
    return Said(row.channel_id, row.message_id or 0)
