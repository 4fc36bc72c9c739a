"""Sanctions: who may not use Easel, where, and until when.

In: who sanctioned whom, and why.  Out: `SanctionRecord`s.  Whether somebody may do it is not asked here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.database.audit import Act, note_act
from bot.database.misuse import answer_signs
from bot.database.records import Page, SanctionKind, SanctionRecord
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.generations import GenerationTable
from bot.database.tables.moderation import SanctionTable
from bot.errors import InvalidOption, NotFound, Sanctioned


class Sanctions:
    """Reads and writes `sanctions`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def sanction(
        self, user_id: int, guild_id: int | None, kind: SanctionKind, until: datetime | None, reason: str, by: int
    ) -> SanctionRecord:
        """Time out (until a time) or ban a person, replacing what was in force.  Raises InvalidOption.

        What was removed with the one that is replaced goes with the new one, so that its lift can bring it back.  The
        signs of misuse that waited for a decision are answered by it.
        """
        now = self._now()
        if kind == "timeout" and (until is None or until <= now):
            raise InvalidOption("until", "past", {"value": str(until)})
        row = SanctionTable(
            user_id=user_id, guild_id=guild_id, kind=kind, until=until if kind == "timeout" else None,
            reason=reason, created_by=by, created_at=now,
        )  # fmt: skip
        async with self._database.writing("sanction") as session:
            await take_turn(session, f"sanctions:{user_id}")
            active = await session.scalars(select(SanctionTable).where(*self._active(user_id, guild_id, exactly=True)))
            before, replaced = {}, []
            for old in active:
                old.lifted_by, old.lifted_at = by, now
                row.erased_at = row.erased_at or old.erased_at  # an erasure waits for the end of what replaces it
                before = _described(old)
                replaced.append(old.id)
            session.add(row)
            await session.flush()
            await _take_over(session, row, replaced)
            await answer_signs(session, user_id, guild_id, by, now)
            after = _described(row)
            await note_act(session, now, Act(by, kind, f"user:{user_id}", guild_id, (), reason, before, after))
        return _sanction_record(row)

    @whole
    async def lift(self, user_id: int, guild_id: int | None, by: int, why: str = "") -> SanctionRecord:
        """End what is in force.  Raises NotFound where nothing is."""
        now = self._now()
        async with self._database.writing("lift") as session:
            await take_turn(session, f"sanctions:{user_id}")
            rows = await session.scalars(
                select(SanctionTable).where(*self._active(user_id, guild_id, exactly=True)).order_by(SanctionTable.id)
            )
            lifted = list(rows)
            if not lifted:
                raise NotFound("sanction")
            for row in lifted:
                row.lifted_by, row.lifted_at = by, now
            before = _described(lifted[-1])
            await note_act(session, now, Act(by, "lift", f"user:{user_id}", guild_id, (), why, before))
        return _sanction_record(lifted[-1])

    async def active(self, user_id: int, guild_id: int | None, *, exactly: bool = False) -> SanctionRecord | None:
        """What is in force for this person here, or, unless `exactly`, everywhere; bans first, then the longest."""
        query = select(SanctionTable).where(*self._active(user_id, guild_id, exactly=exactly))
        async with self._database.reading() as session:
            rows = (await session.scalars(query)).all()
        records = [_sanction_record(row) for row in rows]
        return max(records, key=lambda one: (one.kind == "ban", one.until or one.created_at), default=None)

    async def check(self, user_id: int, guild_id: int | None) -> None:
        """Raises Sanctioned where the person may not use Easel here."""
        sanction = await self.active(user_id, guild_id)
        if sanction is not None:
            raise Sanctioned(sanction.kind, sanction.reason, sanction.until, everywhere=sanction.guild_id is None)

    async def page(
        self, guild_id: int | None, before: int | None = None, limit: int = 10, user_id: int | None = None
    ) -> Page[SanctionRecord]:
        """A server's sanctions (those that count everywhere: None), lifted and expired ones too, newest first."""
        query = select(SanctionTable, _replaced()).where(SanctionTable.guild_id == guild_id)
        if before is not None:
            query = query.where(SanctionTable.id < before)
        if user_id is not None:
            query = query.where(SanctionTable.user_id == user_id)
        async with self._database.reading() as session:
            rows = (await session.execute(query.order_by(SanctionTable.id.desc()).limit(limit + 1))).all()
        records = tuple(_sanction_record(row, replaced=replaced) for row, replaced in rows[:limit])
        return Page(records, records[-1].id if len(rows) > limit else None)

    def _active(self, user_id: int, guild_id: int | None, *, exactly: bool = False) -> list[ColumnElement[bool]]:
        here: ColumnElement[bool] = SanctionTable.guild_id == guild_id
        if not exactly:
            here = or_(here, SanctionTable.guild_id.is_(None))
        return [
            SanctionTable.user_id == user_id,
            here,
            SanctionTable.lifted_at.is_(None),
            or_(SanctionTable.kind == "ban", SanctionTable.until > self._now()),
        ]


async def _take_over(session: AsyncSession, row: SanctionTable, replaced: list[int]) -> None:
    if replaced:
        theirs = GenerationTable.user_id == row.user_id, GenerationTable.removed_with.in_(replaced)
        await session.execute(update(GenerationTable).where(*theirs).values(removed_with=row.id))


def _replaced() -> ColumnElement[bool]:
    """Whether another one took its place: the two bear the same time, and the same moderator, of one transaction."""
    other = aliased(SanctionTable)
    return (
        select(other.id)
        .where(
            other.user_id == SanctionTable.user_id,
            other.guild_id.is_not_distinct_from(SanctionTable.guild_id),
            other.id > SanctionTable.id,
            other.created_at == SanctionTable.lifted_at,
            other.created_by == SanctionTable.lifted_by,
        )
        .exists()
    )


def _sanction_record(row: SanctionTable, *, replaced: bool = False) -> SanctionRecord:
    return SanctionRecord(
        id=row.id,
        user_id=row.user_id,
        guild_id=row.guild_id,
        kind=cast("SanctionKind", row.kind),
        until=row.until,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
        replaced=replaced,
    )


def _described(row: SanctionTable) -> dict[str, str]:
    return {"kind": row.kind, "until": row.until.isoformat() if row.until else "", "reason": row.reason}
