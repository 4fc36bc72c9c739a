"""Search by part of a person's name in the request log.

In: what somebody types.  Out: a condition on `generations`.

On SQLite the names are few and their rows are many: first the names are looked through, each once (hopping from one to
the next in the index), then the rows of those that match are read.  PostgreSQL hops thirty times as slowly, 1.2 s for
twenty thousand names; it has an index of their trigrams (`generation_names`, see the migration that made it).
"""

from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.tables.generations import GenerationTable

MOST: Final = 200  # of more the rows are so many that reading them from the newest on finds a page at once


async def named(session: AsyncSession, part: str, guild_id: int | None) -> ColumnElement[bool]:
    """Whose name held this when they asked; in one server, or (None) anywhere."""
    name = GenerationTable.user_name
    holds = func.lower(name).contains(part.lower(), autoescape=True)
    if session.get_bind().dialect.name != "sqlite":
        return holds
    here = () if guild_id is None else (GenerationTable.guild_id == guild_id,)
    hops = select(func.min(name).label("name")).where(*here).cte("names", recursive=True)
    following = select(func.min(name)).where(*here, name > hops.c.name).scalar_subquery()
    hops = hops.union_all(select(following).where(hops.c.name.is_not(None)))
    held = func.lower(hops.c.name).contains(part.lower(), autoescape=True)
    found = list(await session.scalars(select(hops.c.name).where(held).limit(MOST + 1)))
    return holds if len(found) > MOST else name.in_(found)
