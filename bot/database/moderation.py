"""Sanctions and the audit log.

In: who did what to whom, and why.  Out: `SanctionRecord`s and `AuditRecord`s.  Whether somebody may do it is not
asked here.  The audit log is append-only: nothing in this package changes or deletes a row of it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, or_, select

from bot.database.generations import utc_now
from bot.database.records import AuditRecord, Page, SanctionKind, SanctionRecord
from bot.database.rows import audit_record, audit_row
from bot.database.session import Database, whole
from bot.database.tables import AuditTable, SanctionTable
from bot.errors import InvalidOption, NotFound


class Moderation:
    """Reads and writes `sanctions`, and adds to `audit_log`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def sanction(
        self, user_id: int, guild_id: int | None, kind: SanctionKind, until: datetime | None, reason: str, by: int
    ) -> SanctionRecord:
        """Time out (until a time) or ban a person, replacing what was in force.  Raises InvalidOption."""
        now = self._now()
        if kind == "timeout" and (until is None or until <= now):
            raise InvalidOption("until", f"A timeout's end is {until}; it must lie in the future.")
        row = SanctionTable(
            user_id=user_id, guild_id=guild_id, kind=kind, until=until if kind == "timeout" else None,
            reason=reason, created_by=by, created_at=now,
        )  # fmt: skip
        async with self._database.writing("The sanction") as session:
            active = await session.scalars(select(SanctionTable).where(*self._active(user_id, guild_id, exactly=True)))
            before = {}
            for old in active:
                old.lifted_by, old.lifted_at = by, now
                before = _described(old)
            session.add(row)
            after = _described(row)
            session.add(audit_row(now, guild_id, by, kind, f"user:{user_id}", reason, before=before, after=after))
        return _sanction_record(row)

    @whole
    async def lift(self, user_id: int, guild_id: int | None, by: int, why: str = "") -> SanctionRecord:
        """End what is in force.  Raises NotFound where nothing is."""
        now = self._now()
        async with self._database.writing("The lifting of the sanction") as session:
            rows = await session.scalars(
                select(SanctionTable).where(*self._active(user_id, guild_id, exactly=True)).order_by(SanctionTable.id)
            )
            lifted = list(rows)
            if not lifted:
                raise NotFound("An active sanction of this person")
            for row in lifted:
                row.lifted_by, row.lifted_at = by, now
            before = _described(lifted[-1])
            session.add(audit_row(now, guild_id, by, "lift", f"user:{user_id}", why, before=before))
        return _sanction_record(lifted[-1])

    async def active(self, user_id: int, guild_id: int | None) -> SanctionRecord | None:
        """What is in force for this person here (or everywhere); a ban before a timeout, the longest first."""
        async with self._database.reading() as session:
            rows = (await session.scalars(select(SanctionTable).where(*self._active(user_id, guild_id)))).all()
        records = [_sanction_record(row) for row in rows]
        return max(records, key=lambda one: (one.kind == "ban", one.until or one.created_at), default=None)

    async def sanctions_page(
        self, guild_id: int | None, before: int | None = None, limit: int = 10, user_id: int | None = None
    ) -> Page[SanctionRecord]:
        """A server's sanctions, lifted and expired ones too, newest first."""
        query = select(SanctionTable).where(SanctionTable.guild_id == guild_id)
        if before is not None:
            query = query.where(SanctionTable.id < before)
        if user_id is not None:
            query = query.where(SanctionTable.user_id == user_id)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(SanctionTable.id.desc()).limit(limit + 1))).all()
        records = tuple(_sanction_record(row) for row in rows[:limit])
        return Page(records, records[-1].id if len(rows) > limit else None)

    @whole
    async def audit(self, guild_id: int | None, actor_id: int, action: str, subject: str, why: str = "") -> None:
        """Add an act that has no home of its own, such as looking into someone's log."""
        async with self._database.writing("The entry in the audit log") as session:
            session.add(audit_row(self._now(), guild_id, actor_id, action, subject, why))

    async def audit_page(
        self, guild_id: int | None, before: int | None = None, limit: int = 10, subject: str | None = None
    ) -> Page[AuditRecord]:
        """A server's audit log, newest first."""
        query = select(AuditTable).where(AuditTable.guild_id == guild_id)
        if before is not None:
            query = query.where(AuditTable.id < before)
        if subject is not None:
            query = query.where(AuditTable.subject == subject)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(AuditTable.id.desc()).limit(limit + 1))).all()
        records = tuple(audit_record(row) for row in rows[:limit])
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


def _sanction_record(row: SanctionTable) -> SanctionRecord:
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
    )


def _described(row: SanctionTable) -> dict[str, str]:
    return {"kind": row.kind, "until": row.until.isoformat() if row.until else "", "reason": row.reason}
