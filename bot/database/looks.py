"""What shared pictures look like, for finding others like them.

In: a server.  Out: the print of each of its newest pictures, as a whole (see generation/fingerprint.py).
"""

from sqlalchemy import and_, func, select

from bot.database.session import Database
from bot.database.tables.gallery import ShareTable
from bot.database.tables.generations import FingerprintTable


class Looks:
    """Reads `fingerprints` beside `shares`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, guild_id: int, size: int, limit: int) -> tuple[tuple[int, bytes], ...]:
        """Shares with the first `size` bytes of their prints, the newest first."""
        its = and_(
            FingerprintTable.generation_id == ShareTable.generation_id,
            FingerprintTable.image_index == ShareTable.image_index,
        )
        query = select(ShareTable.id, func.substr(FingerprintTable.prints, 1, size)).join(FingerprintTable, its)
        query = query.where(ShareTable.guild_id == guild_id).order_by(ShareTable.id.desc()).limit(limit)
        async with self._database.reading() as session:
            return tuple((row[0], bytes(row[1])) for row in await session.execute(query))

    async def of(self, generation_id: int, index: int, size: int) -> bytes | None:
        """The first `size` bytes of a picture's prints; None where no note was taken of it yet."""
        its = (FingerprintTable.generation_id == generation_id, FingerprintTable.image_index == index)
        async with self._database.reading() as session:
            found = await session.scalar(select(func.substr(FingerprintTable.prints, 1, size)).where(*its))
        return None if found is None else bytes(found)
