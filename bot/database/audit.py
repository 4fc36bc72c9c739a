"""The audit log: who acted on what is not theirs.

In: acts.  Out: `AuditRecord`s.  The log is append-only: nothing in this package changes or deletes a row of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.records import AuditRecord, Page
from bot.database.session import Database, utc_now, whole
from bot.database.tables import AuditTable


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did.  `subject` reads like "user:42"; `owners` are those whose it is, nobody for a person."""

    by: int
    action: str
    subject: str
    guild_id: int | None
    owners: tuple[int, ...] = ()
    why: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


def note_act(session: AsyncSession, now: datetime, act: Act) -> None:
    """The one rule: whoever acts on what is not theirs is audited, in the transaction of the act itself."""
    if act.by in act.owners:
        return
    row = AuditTable(
        at=now, guild_id=act.guild_id, actor_id=act.by, action=act.action, subject=act.subject, why=act.why,
        before=dict(act.before) or None, after=dict(act.after) or None,
    )  # fmt: skip
    session.add(row)


class AuditLog:
    """Adds to `audit_log` and reads it."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def note(self, act: Act) -> None:
        """Add an act that changes nothing in the database, such as stopping what is under way."""
        async with self._database.writing("The entry in the audit log") as session:
            note_act(session, self._now(), act)

    async def page(
        self, guild_id: int | None, before: int | None = None, limit: int = 10, subject: str | None = None
    ) -> Page[AuditRecord]:
        """A server's audit log, newest first; the operator's own where `guild_id` is None."""
        query = select(AuditTable).where(AuditTable.guild_id == guild_id)
        if before is not None:
            query = query.where(AuditTable.id < before)
        if subject is not None:
            query = query.where(AuditTable.subject == subject)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(AuditTable.id.desc()).limit(limit + 1))).all()
        records = tuple(_audit_record(row) for row in rows[:limit])
        return Page(records, records[-1].id if len(rows) > limit else None)


def _audit_record(row: AuditTable) -> AuditRecord:
    before, after = (tuple(sorted((side or {}).items())) for side in (row.before, row.after))
    return AuditRecord(row.id, row.at, row.guild_id, row.actor_id, row.action, row.subject, row.why, before, after)
