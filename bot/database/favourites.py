"""Pictures of one's own that a person keeps a note of, whether they are shared or not.

In: a person and a picture.  Out: whether it is kept, and pages of what is.  Removed pictures never show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import selectinload

from bot.database.records import GenerationRecord, ImageRecord
from bot.database.rows import generation_record
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.gallery import OwnFavouriteTable
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.database.words import narrowed
from bot.errors import InvalidOption


@dataclass(frozen=True, slots=True)
class OwnFavourite:
    record: GenerationRecord
    image: ImageRecord


@dataclass(frozen=True, slots=True)
class OwnFavouritePage:
    """Hand `next_cursor` back for the next page; None at the end."""

    favourites: tuple[OwnFavourite, ...]
    next_cursor: str | None


class OwnFavourites:
    """Reads and writes `own_favourites`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def toggle(self, user_id: int, generation_id: int, index: int) -> bool:
        """Keep a note of a picture, or drop it; returns whether it is kept now."""
        key = (user_id, generation_id, index)
        async with self._database.writing("favourite") as session:
            await take_turn(session, f"favourites:{user_id}")
            row = await session.get(OwnFavouriteTable, key)
            if row is None:
                session.add(
                    OwnFavouriteTable(
                        user_id=user_id, generation_id=generation_id, image_index=index, created_at=self._now()
                    )
                )
            else:
                mine = OwnFavouriteTable
                await session.execute(
                    delete(mine).where(
                        mine.user_id == user_id, mine.generation_id == generation_id, mine.image_index == index
                    )
                )
            return row is None

    async def page(self, user_id: int, cursor: str | None, limit: int, words: str | None = None) -> OwnFavouritePage:
        """The newest generations first; each of `words` begins a word of the prompt.  Raises InvalidOption for a cursor
        that is none."""
        kept, row = OwnFavouriteTable, GenerationTable
        picture = and_(ImageTable.generation_id == kept.generation_id, ImageTable.index == kept.image_index)
        query: Any = (
            select(row, kept.image_index)
            .join(kept, kept.generation_id == row.id)
            .join(ImageTable, picture)
            .where(kept.user_id == user_id, row.user_id == user_id)
            .where(row.removed_at.is_(None), ImageTable.removed_at.is_(None))
            .options(selectinload(row.images))
            .order_by(kept.generation_id.desc(), kept.image_index.desc())
        )
        if cursor is not None:
            last, index = _place(cursor)
            same = and_(kept.generation_id == last, kept.image_index < index)
            query = query.where(or_(kept.generation_id < last, same))
        async with self._database.reading() as session:
            query, _ = await narrowed(session, query, words or "")
            rows = (await session.execute(query.limit(limit + 1))).all()
        found = [_favourite(generation_record(generation), index) for generation, index in rows[:limit]]
        more = len(rows) > limit
        return OwnFavouritePage(tuple(found), f"{found[-1].record.id}.{found[-1].image.index}" if more else None)


def _favourite(record: GenerationRecord, index: int) -> OwnFavourite:
    return OwnFavourite(record, record.picture(index))


def _place(cursor: str) -> tuple[int, int]:
    generation_id, _, index = cursor.partition(".")
    if not (generation_id.isdecimal() and index.isdecimal()) or len(generation_id) > 18 or len(index) > 3:
        raise InvalidOption("cursor", "no_place", {"value": cursor})
    return int(generation_id), int(index)
