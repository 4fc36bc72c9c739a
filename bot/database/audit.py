"""The audit log: who acted on what is not theirs.

In: acts.  Out: `AuditRecord`s.  The log is append-only: nothing in this package deletes a row of it, and what a row
says changes only when a person's data, or a server's, is erased (`redact_acts`), visibly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.chain import START, content_hash, link
from bot.database.records import AuditRecord, Page
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.moderation import AuditTable

_BATCH: Final = 1000
REDACTED: Final = "erased"
_OF_PERSONS: Final = ("timeout", "ban", "lift", "block_sharing")

ActName = Literal[
    "remove", "restore", "cover", "uncover", "discard", "cancel",
    "timeout", "ban", "lift", "unshare", "block_sharing", "allow_sharing",
    "contest", "cancel_contest", "settings", "block_term", "allow_term",
    "review_keep", "review_once", "review_remove", "review_undo",
    "export", "style", "style_delete", "style_usual",
]  # fmt: skip
"""Every act that is written; each has its words in `bot/wording/terms.py`."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did.  `subject` reads like "user:42"; `owners` are those whose it is, nobody for a person."""

    by: int
    action: ActName
    subject: str
    guild_id: int | None
    owners: tuple[int, ...] = ()
    why: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts to show; None means any.  A `subject` has its parts: "generation:7" is also its pictures."""

    actor_id: int | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a row."""

    row_id: int
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """`head` is the newest hash; `known_found` says whether the hash that was asked for is in the chain."""

    rows: int
    redacted: int
    head: str
    faults: tuple[Fault, ...]
    known_found: bool


async def note_act(session: AsyncSession, now: datetime, act: Act) -> None:
    """The one rule: whoever acts on what is not theirs is audited, in the transaction that changes the rows."""
    if act.by in act.owners:
        return
    await take_turn(session, "audit_log")  # each row of the chain follows from the one before it
    newest = select(AuditTable.hash).order_by(AuditTable.id.desc()).limit(1)
    previous = await session.scalar(newest) or START
    before, after = dict(act.before) or None, dict(act.after) or None
    content = content_hash(now, act.guild_id, act.by, act.action, act.subject, act.why, before, after)
    row = AuditTable(
        at=now, guild_id=act.guild_id, actor_id=act.by, action=act.action, subject=act.subject, why=act.why,
        before=before, after=after, content_hash=content, hash=link(previous, content),
    )  # fmt: skip
    session.add(row)


class AuditLog:
    """Adds to `audit_log` and reads it."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def note(self, act: Act) -> None:
        """Add an act that happens elsewhere, such as an export or stopping what is under way."""
        async with self._database.writing("audit") as session:
            await note_act(session, self._now(), act)

    async def page(
        self, guild_id: int | None, before: int | None = None, limit: int = 10, wanted: AuditFilter | None = None, *,
        everywhere: bool = False,
    ) -> Page[AuditRecord]:  # fmt: skip
        """A server's audit log, newest first; what was done in none where `guild_id` is None; or all there is."""
        here = select(AuditTable) if everywhere else select(AuditTable).where(AuditTable.guild_id == guild_id)
        query = _narrowed(here, wanted or AuditFilter())
        if before is not None:
            query = query.where(AuditTable.id < before)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(AuditTable.id.desc()).limit(limit + 1))).all()
        records = tuple(_audit_record(row) for row in rows[:limit])
        return Page(records, records[-1].id if len(rows) > limit else None)

    async def verify(self, known: str | None = None) -> Verification:
        """Walk the chain from its start; `known` is a hash that was printed before and must still be in it."""
        previous, last, rows, redacted, found = START, 0, 0, 0, known in (None, START)
        faults: list[Fault] = []
        while True:
            query = select(AuditTable).where(AuditTable.id > last).order_by(AuditTable.id).limit(_BATCH)
            async with self._database.reading() as session:
                batch = (await session.scalars(query)).all()
            for row in batch:
                problem = _problem(row, previous)
                if problem is not None:
                    faults.append(Fault(row.id, problem))
                previous, last, rows = row.hash, row.id, rows + 1
                redacted += row.redacted_at is not None
                found = found or row.hash == known
            if len(batch) < _BATCH:
                return Verification(rows, redacted, previous, tuple(faults), found)


async def redact_acts(session: AsyncSession, now: datetime, about: ColumnElement[bool], kind: str) -> int:
    """Blank what the log says in these rows, about a `kind` of thing; returns of how many.

    Who acted, how and when stays; so does the chain, which goes by the hash of what was said.
    """
    values = {"subject": f"{kind}:{REDACTED}", "why": "", "before": None, "after": None, "redacted_at": now}
    rows = update(AuditTable).where(about, ~AuditTable.subject.endswith(f":{REDACTED}")).values(**values)
    return len((await session.execute(rows.returning(AuditTable.id))).all())


def _narrowed(query: Select[AuditTable], wanted: AuditFilter) -> Select[AuditTable]:
    exact = {
        AuditTable.actor_id: wanted.actor_id, AuditTable.action: wanted.action,
    }  # fmt: skip
    query = query.where(*(column == value for column, value in exact.items() if value is not None))
    if wanted.subject is not None:
        part = AuditTable.subject.startswith(f"{wanted.subject}:", autoescape=True)
        query = query.where(or_(AuditTable.subject == wanted.subject, part))
    if wanted.since is not None:
        query = query.where(AuditTable.at >= wanted.since)
    return query if wanted.until is None else query.where(AuditTable.at < wanted.until)


def _problem(row: AuditTable, previous: str) -> str | None:
    if row.hash != link(previous, row.content_hash):
        return "it does not follow from the row before it: one was changed, put in or taken out"
    if row.redacted_at is not None:
        return None if _is_blank(row) else "it is marked as erased, and says something all the same"
    said = content_hash(row.at, row.guild_id, row.actor_id, row.action, row.subject, row.why, row.before, row.after)
    return None if said == row.content_hash else "what it says was changed"


def _is_blank(row: AuditTable) -> bool:
    """Whether a row that data were taken out of says no more than is left by that.

    Of a sanction in force all but what it replaced is left.
    """
    if row.before is not None:
        return False
    is_erased = row.subject.endswith(f":{REDACTED}") and not row.why and row.after is None
    return is_erased or row.action in _OF_PERSONS


def _audit_record(row: AuditTable) -> AuditRecord:
    before, after = (tuple(sorted((side or {}).items())) for side in (row.before, row.after))
    return AuditRecord(row.id, row.at, row.guild_id, row.actor_id, row.action, row.subject, row.why, before, after)
