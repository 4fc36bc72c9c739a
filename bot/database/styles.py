"""Styles: a person's own, and those of a server.

In: whose they are.  Out: `Style`s.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select

from bot.database.audit import Act, note_act
from bot.database.records import Style
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.people import StyleTable
from bot.errors import InvalidOption

MOST = 50  # of a person, and of a server


class Styles:
    """Reads and writes `styles`.  `guild_id` None means the person's own."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def of(self, guild_id: int | None, user_id: int) -> tuple[Style, ...]:
        """In the order of their names."""
        query = select(StyleTable).where(_of(guild_id, user_id)).order_by(StyleTable.name)
        async with self._database.reading() as session:
            return tuple(map(_style, await session.scalars(query)))

    @whole
    async def put(self, styles: Sequence[Style], guild_id: int | None, user_id: int) -> None:
        """Keep all of them, in place of those of the same names, or none.

        A server's are noted in the audit log.  Raises InvalidOption.
        """
        now = self._now()
        async with self._database.writing("style") as session:
            await take_turn(session, f"styles:{guild_id}:{user_id if guild_id is None else ''}")
            kept = await session.scalars(select(StyleTable).where(_of(guild_id, user_id)))
            rows = {row.name.casefold(): row for row in kept}
            before = len(rows)
            for style in styles:
                row = rows.setdefault(style.name.casefold(), StyleTable(guild_id=guild_id, created_at=now))
                row.user_id = user_id
                for field, value in asdict(style).items():
                    setattr(row, field, value)
                session.add(row)
                if guild_id is not None:
                    await note_act(session, now, Act(user_id, "style", f"guild:{guild_id}", guild_id, why=style.name))
            if len(rows) > MOST:
                raise InvalidOption("style", "too_many", {"count": before, "limit": MOST})

    async def usual(self, guild_id: int | None, user_id: int) -> Style | None:
        """What is drawn with where no style is named: the person's own choice, else the server's."""
        chosen = _of(None, user_id) if guild_id is None else or_(_of(None, user_id), _of(guild_id, user_id))
        query = select(StyleTable).where(StyleTable.is_usual, chosen)
        async with self._database.reading() as session:
            rows = (await session.scalars(query)).all()
        own_first = sorted(rows, key=lambda row: row.guild_id is not None)
        return _style(own_first[0]) if own_first else None

    @whole
    async def make_usual(self, name: str | None, guild_id: int | None, user_id: int) -> bool:
        """Of a person or of a server; None chooses none.  False where there is no style of that name."""
        async with self._database.writing("style") as session:
            await take_turn(session, f"styles:{guild_id}:{user_id if guild_id is None else ''}")
            rows = list(await session.scalars(select(StyleTable).where(_of(guild_id, user_id))))
            chosen = next((row for row in rows if name is not None and row.name.casefold() == name.casefold()), None)
            if name is not None and chosen is None:
                return False
            for row in rows:
                row.is_usual = row is chosen
            if guild_id is not None:
                act = Act(
                    user_id, "style_usual", f"guild:{guild_id}", guild_id, why="" if chosen is None else chosen.name
                )
                await note_act(session, self._now(), act)
            return True

    @whole
    async def drop(self, name: str, guild_id: int | None, user_id: int) -> bool:
        """False where there is none of that name."""
        async with self._database.writing("style") as session:
            rows = await session.scalars(select(StyleTable).where(_of(guild_id, user_id)))
            row = next((row for row in rows if row.name.casefold() == name.casefold()), None)
            if row is None:
                return False
            await session.execute(delete(StyleTable).where(StyleTable.id == row.id))
            if guild_id is not None:
                act = Act(user_id, "style_delete", f"guild:{guild_id}", guild_id, why=row.name)
                await note_act(session, self._now(), act)
            return True


def _of(guild_id: int | None, user_id: int) -> ColumnElement[bool]:
    if guild_id is not None:
        return StyleTable.guild_id == guild_id
    return StyleTable.guild_id.is_(None) & (StyleTable.user_id == user_id)


def _style(row: StyleTable) -> Style:
    return Style(**{field.name: getattr(row, field.name) for field in fields(Style)})
