"""What each kept picture looks like, for finding it again.

In: prints under a picture's generation and index.  Out: those that are new, and pictures that have none yet.
They go with their picture's file, see erasures.py, and with its row.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from bot.database.records import ImageRecord
from bot.database.rows import image_record
from bot.database.session import Database, take_turn, whole
from bot.database.tables.generations import FingerprintTable, ImageTable

Key = tuple[int, int]
"""A generation's id and a picture's index."""


@dataclass(frozen=True, slots=True)
class FingerprintRecord:
    id: int
    key: Key
    prints: bytes


class Fingerprints:
    """Reads and writes `fingerprints`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @whole
    async def put(self, generation_id: int, prints: Mapping[int, bytes]) -> None:
        """Keep the prints of pictures, by their indexes; of a picture whose file is gone nothing is kept."""
        async with self._database.writing("picture") as session:
            await take_turn(session, f"fingerprints:{generation_id}")
            of_it = ImageTable.generation_id == generation_id
            there = set(await session.scalars(select(ImageTable.index).where(of_it, ImageTable.erased_at.is_(None))))
            old = (FingerprintTable.generation_id == generation_id, FingerprintTable.image_index.in_(prints))
            await session.execute(delete(FingerprintTable).where(*old))
            for index, one in prints.items():
                if index in there:
                    session.add(FingerprintTable(generation_id=generation_id, image_index=index, prints=one))

    async def newer(self, than: int, limit: int = 5000) -> Sequence[FingerprintRecord]:
        """Those with a higher id, in order."""
        table = FingerprintTable.__table__.c
        query = select(table.id, table.generation_id, table.image_index, table.prints).where(table.id > than)
        async with self._database.reading() as session:
            rows = (await session.execute(query.order_by(table.id).limit(limit))).all()
        return [FingerprintRecord(row[0], (row[1], row[2]), row[3]) for row in rows]

    async def count(self) -> int:
        async with self._database.reading() as session:
            return await session.scalar(select(func.count()).select_from(FingerprintTable)) or 0

    async def keys(self) -> frozenset[Key]:
        table = FingerprintTable.__table__.c
        async with self._database.reading() as session:
            rows = (await session.execute(select(table.generation_id, table.image_index))).all()
        return frozenset((row[0], row[1]) for row in rows)

    async def of(self, keys: Collection[Key]) -> Sequence[FingerprintRecord]:
        """Those of these pictures that are still there."""
        generations, table = {generation_id for generation_id, _ in keys}, FingerprintTable.__table__.c
        query = select(table.id, table.generation_id, table.image_index, table.prints)
        async with self._database.reading() as session:
            rows = (await session.execute(query.where(table.generation_id.in_(generations)))).all()
        found = (FingerprintRecord(row[0], (row[1], row[2]), row[3]) for row in rows)
        return [one for one in found if one.key in keys]

    async def missing(self, after: Key = (-1, -1), limit: int = 100) -> Sequence[ImageRecord]:
        """Pictures that have a file and no prints, the oldest first, behind this one."""
        generation_id, index = after
        behind = (ImageTable.generation_id > generation_id) | (
            (ImageTable.generation_id == generation_id) & (ImageTable.index > index)
        )
        known = select(FingerprintTable.id).where(
            FingerprintTable.generation_id == ImageTable.generation_id,
            FingerprintTable.image_index == ImageTable.index,
        )
        query = select(ImageTable).where(behind, ImageTable.erased_at.is_(None), ~known.exists())
        query = query.order_by(ImageTable.generation_id, ImageTable.index).limit(limit)
        async with self._database.reading() as session:
            return [image_record(row) for row in (await session.scalars(query)).all()]
