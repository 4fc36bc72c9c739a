"""Which picture files may go: those of removed generations and pictures, once their time for review is over.

In: a time.  Out: `Erasure`s, and a note once the files are gone.  Knows no files.
What its owner deleted is due at once: nobody reviews it.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import selectinload

from bot.database.records import Erasure
from bot.database.session import Database, utc_now, whole
from bot.database.tables.generations import FingerprintTable, GenerationTable, ImageTable


class Erasures:
    """Reads and writes the `erased_at` of `generations` and `images`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def due(
        self, removed_before: datetime, generation_id: int | None = None, *, after: int = 0, limit: int = 50
    ) -> list[Erasure]:
        """What was removed before then, or by its owner, and still has files; of one generation, if it is named.

        In the order of their ids, from behind `after` on.
        """
        query = select(GenerationTable).options(selectinload(GenerationTable.images)).limit(limit)
        images = select(ImageTable.generation_id).where(_removed(ImageTable, removed_before))
        query = query.where(or_(_removed(GenerationTable, removed_before), GenerationTable.id.in_(images)))
        if generation_id is not None:
            query = query.where(GenerationTable.id == generation_id)
        query = query.where(GenerationTable.id > after)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(GenerationTable.id))).all()
        return [_erasure(row, removed_before) for row in rows]

    async def copies(self, generation_id: int) -> list[tuple[int, str]]:
        """Generations that began from a picture, by way of others or not, of this one: id and the picture's key."""
        found: list[tuple[int, str]] = []
        parents = [generation_id]
        async with self._database.reading() as session:
            while parents:
                query = select(GenerationTable.id, GenerationTable.init_image_key).where(
                    GenerationTable.parent_id.in_(parents), GenerationTable.init_image_key.is_not(None)
                )
                children = [(row_id, str(key)) for row_id, key in (await session.execute(query)).all()]
                found += children
                parents = [row_id for row_id, _ in children]
        return found

    @whole
    async def done(self, erasure: Erasure, copies: list[int]) -> None:
        """The files are gone, with those from which the generations `copies` began."""
        now, of = self._now(), erasure.generation_id
        async with self._database.writing("erasure") as session:
            pictures = (ImageTable.generation_id == of, ImageTable.index.in_(erasure.image_indexes))
            await session.execute(update(ImageTable).where(*pictures).values(erased_at=now))
            looks = (FingerprintTable.generation_id == of, FingerprintTable.image_index.in_(erasure.image_indexes))
            await session.execute(delete(FingerprintTable).where(*looks))
            gone = {"erased_at": now, "init_image_key": None} if erasure.whole else {}
            # The grid shows every picture; of those that are left another is composed when it is asked for.
            await session.execute(update(GenerationTable).where(GenerationTable.id == of).values(grid_key=None, **gone))
            begun = update(GenerationTable).where(GenerationTable.id.in_(copies))
            await session.execute(begun.values(init_image_key=None))


def _removed(table: type[GenerationTable | ImageTable], before: datetime) -> ColumnElement[bool]:
    due = table.removed_at < before
    if table is GenerationTable:
        due = or_(due, GenerationTable.deleted)
    return and_(table.removed_at.is_not(None), table.erased_at.is_(None), due)


def _erasure(row: GenerationTable, before: datetime) -> Erasure:
    def due(what: GenerationTable | ImageTable) -> bool:
        return what.removed_at is not None and what.removed_at < before

    whole = due(row) or row.deleted
    there = [image for image in row.images if image.erased_at is None]
    images = [image for image in there if whole or due(image)]
    keys = [image.key for image in images] + [row.grid_key] + ([row.init_image_key] if whole else [])
    # Two pictures that look the same are one file, and one of them may stay.
    kept = {None, *(image.key for image in there if image not in images)}
    return Erasure(
        row.id, whole, tuple(image.index for image in images), frozenset(image.sha256 for image in images),
        tuple(key for key in dict.fromkeys(keys) if key not in kept and key is not None),
    )  # fmt: skip
