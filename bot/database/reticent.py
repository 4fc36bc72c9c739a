"""Who does not want to be named where the bot posts of its own accord.

In: people.  Out: which of them.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import delete, select

from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.community import ReticentTable


class Reticent:
    """Reads and writes `digest_opt_outs`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def turn(self, user_id: int) -> bool:
        """The other way; returns whether the person is named now."""
        async with self._database.writing("change") as session:
            await take_turn(session, f"reticent:{user_id}")
            mine = ReticentTable.user_id == user_id
            was = await session.scalar(delete(ReticentTable).where(mine).returning(ReticentTable.user_id))
            if was is None:
                session.add(ReticentTable(user_id=user_id, since=self._now()))
            return was is not None

    async def among(self, user_ids: Collection[int]) -> frozenset[int]:
        """Those of them who do not want to be named."""
        query = select(ReticentTable.user_id).where(ReticentTable.user_id.in_(user_ids))
        async with self._database.reading() as session:
            return frozenset(await session.scalars(query))
