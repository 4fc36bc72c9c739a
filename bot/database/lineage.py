"""What was made from what: a generation's ancestors and descendants.

In: a generation.  Out: `Kin`, with those that were removed.  Who may see them is the actions' to say.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import aliased

from bot.database.session import Database, utc_now
from bot.database.tables.generations import GenerationTable
from bot.database.tables.moderation import SanctionTable
from bot.database.visibility import bans_in_force


@dataclass(frozen=True, slots=True)
class Kin:
    """`kind` is how it was made from its parent."""

    id: int
    parent_id: int | None
    kind: str
    is_removed: bool


class Lineage:
    """Reads `generations`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def sources(self, generation_ids: Collection[int]) -> dict[int, int]:
        """Who drew what these were made from: other people alone, without what was removed and who is banned there."""
        source = aliased(GenerationTable)
        banned = select(SanctionTable.id).where(
            SanctionTable.user_id == source.user_id,
            or_(SanctionTable.guild_id == GenerationTable.guild_id, SanctionTable.guild_id.is_(None)),
            *bans_in_force(self._now()),
        )
        query = (
            select(GenerationTable.id, source.user_id)
            .join(source, source.id == GenerationTable.parent_id)
            .where(GenerationTable.id.in_(generation_ids), source.user_id != GenerationTable.user_id)
            .where(source.removed_at.is_(None), ~banned.exists())
        )
        async with self._database.reading() as session:
            return {made: user_id for made, user_id in await session.execute(query)}  # noqa: C416  # as in contests.py

    async def ancestors(self, generation_id: int, most: int) -> tuple[Kin, ...]:
        """The nearest ones, the generation itself first."""
        found: list[Kin] = []
        wanted: int | None = generation_id
        async with self._database.reading() as session:
            while wanted is not None and len(found) <= most:
                row = (await session.execute(_kin().where(GenerationTable.id == wanted))).first()
                if row is None:
                    break
                found.append(_read(row))
                wanted = found[-1].parent_id
        return tuple(found)

    async def descendants(self, generation_id: int, depth: int, most: int) -> tuple[Kin, ...]:
        """So many levels below it, the oldest of each level first."""
        found: list[Kin] = []
        parents = [generation_id]
        async with self._database.reading() as session:
            for _ in range(depth):
                query = _kin().where(GenerationTable.parent_id.in_(parents)).order_by(GenerationTable.id)
                level = [_read(row) for row in await session.execute(query.limit(most - len(found)))]
                found += level
                parents = [one.id for one in level]
                if not parents or len(found) >= most:
                    break
        return tuple(found)


def _kin() -> Select[int, int | None, str, datetime | None]:
    return select(GenerationTable.id, GenerationTable.parent_id, GenerationTable.kind, GenerationTable.removed_at)


def _read(row: Row[int, int | None, str, datetime | None]) -> Kin:
    generation_id, parent_id, kind, removed_at = row
    return Kin(generation_id, parent_id, kind, removed_at is not None)
