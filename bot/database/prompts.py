"""Prompts that were drawn well enough to be wanted again.

In: a person, or a server.  Out: prompts, a person's newest first, a server's best first.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from bot.database.session import Database, utc_now
from bot.database.states import DRAWN
from bot.database.tables.gallery import FavouriteTable, OwnFavouriteTable, ShareTable
from bot.database.tables.generations import GenerationTable
from bot.database.visibility import are_shown

LIMIT = 200


class Prompts:
    """Reads `generations` and `shares`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

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

    async def favourite(self, user_id: int, guild_id: int | None) -> tuple[str, ...]:
        """Of the pictures that the person keeps a note of: their own, and those that a server shows."""
        own = (
            select(GenerationTable.prompt)
            .join(OwnFavouriteTable, OwnFavouriteTable.generation_id == GenerationTable.id)
            .where(OwnFavouriteTable.user_id == user_id, GenerationTable.user_id == user_id)
            .where(GenerationTable.removed_at.is_(None))
            .order_by(OwnFavouriteTable.created_at.desc())
            .limit(LIMIT)
        )
        others = (
            select(GenerationTable.prompt)
            .join(ShareTable, ShareTable.generation_id == GenerationTable.id)
            .join(FavouriteTable, FavouriteTable.share_id == ShareTable.id)
            .where(FavouriteTable.user_id == user_id, ShareTable.guild_id == guild_id, *are_shown(self._now()))
            .order_by(FavouriteTable.created_at.desc())
            .limit(LIMIT)
        )
        async with self._database.reading() as session:
            found = list(await session.scalars(own))
            return tuple(found if guild_id is None else (*found, *await session.scalars(others)))

    async def shared(self, guild_id: int) -> tuple[str, ...]:
        """What members of the server shared, best first: by votes, then the newest."""
        best = (
            select(ShareTable.generation_id, ShareTable.votes, ShareTable.id)
            .where(ShareTable.guild_id == guild_id, *are_shown(self._now()))
            .order_by(ShareTable.votes.desc(), ShareTable.id.desc())
            .limit(LIMIT)
            .subquery()
        )
        query = select(GenerationTable.prompt).join(best, best.c.generation_id == GenerationTable.id)
        query = query.order_by(best.c.votes.desc(), best.c.id.desc())
        async with self._database.reading() as session:
            return tuple(await session.scalars(query))
