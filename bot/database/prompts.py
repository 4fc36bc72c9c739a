"""Prompts that were drawn well enough to be wanted again.

In: a person, or a server.  Out: prompts, newest first.
"""

from sqlalchemy import select

from bot.database.session import Database
from bot.database.states import DRAWN
from bot.database.tables import GenerationTable, ShareTable

LIMIT = 200


class Prompts:
    """Reads `generations` and `shares`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_person(self, user_id: int) -> tuple[str, ...]:
        """What the person had drawn and did not delete."""
        query = (
            select(GenerationTable.prompt)
            .where(GenerationTable.user_id == user_id, GenerationTable.status.in_(DRAWN))
            .where(GenerationTable.removed_at.is_(None))
            .order_by(GenerationTable.id.desc())
            .limit(LIMIT)
        )
        async with self._database.reading() as session:
            return tuple(await session.scalars(query))

    async def shared(self, guild_id: int) -> tuple[str, ...]:
        """What members of the server shared."""
        query = (
            select(GenerationTable.prompt)
            .join(ShareTable, ShareTable.generation_id == GenerationTable.id)
            .where(ShareTable.guild_id == guild_id, GenerationTable.removed_at.is_(None))
            .order_by(ShareTable.id.desc())
            .limit(LIMIT)
        )
        async with self._database.reading() as session:
            return tuple(await session.scalars(query))
