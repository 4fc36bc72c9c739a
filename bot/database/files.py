"""Which files the rows know of.

In: generations' ids.  Out: the keys under which their files lie in the storage.  Knows no files.
"""

from collections.abc import Collection

from sqlalchemy import select

from bot.database.session import Database
from bot.database.tables.generations import GenerationTable, ImageTable


class FileKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, generation_ids: Collection[int]) -> set[str]:
        """Of their pictures, their grids, and what they began from."""
        whole = select(GenerationTable.init_image_key, GenerationTable.grid_key)
        pictures = select(ImageTable.key).where(ImageTable.generation_id.in_(generation_ids))
        async with self._database.reading() as session:
            rows = (await session.execute(whole.where(GenerationTable.id.in_(generation_ids)))).all()
            return {*(await session.scalars(pictures)), *(key for row in rows for key in row if key is not None)}
