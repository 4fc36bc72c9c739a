"""What is left of sanctions, and of what the audit log says of them, when their person erases their data.

In: a person.  Out: rows that are gone, and audit rows that are blank.  A sanction in force stays until it ends, marked
(`erased_at`), with the row of the audit log that tells of it: nobody escapes a ban by erasing.  Being kept from sharing
is one of them, and ends when it is lifted.
"""

import re
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.audit import redact_acts
from bot.database.tables.gallery import ShareBlockTable
from bot.database.tables.moderation import AuditTable, SanctionTable


def over(now: datetime) -> ColumnElement[bool]:
    """Not in force any more."""
    return or_(SanctionTable.lifted_at.is_not(None), SanctionTable.until <= now)


async def forget_sanctions(session: AsyncSession, user_id: int, now: datetime) -> bool:
    """Delete and blank all but what is in force, which is marked; False where there is such a one."""
    theirs = SanctionTable.user_id == user_id
    await session.execute(delete(SanctionTable).where(theirs, over(now)))
    await session.execute(update(SanctionTable).where(theirs).values(erased_at=now))
    unshared = ShareBlockTable.user_id == user_id
    await session.execute(update(ShareBlockTable).where(unshared).values(erased_at=now))
    await forget_acts(session, user_id, now, until=now)
    left = select(SanctionTable.id).where(theirs).exists() | select(ShareBlockTable.user_id).where(unshared).exists()
    return not await session.scalar(select(left))


async def forget_ended(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Delete the marked ones that have ended, and blank what was said until then; what came later stays."""
    marked = (SanctionTable.user_id == user_id, SanctionTable.erased_at.is_not(None), over(now))
    rows = (await session.scalars(select(SanctionTable).where(*marked))).all()
    ends = [end for row in rows if (end := row.lifted_at or row.until) is not None]
    await session.execute(delete(SanctionTable).where(*marked))
    if ends:
        await forget_acts(session, user_id, now, until=max(ends))


async def forget_acts(session: AsyncSession, user_id: int, now: datetime, *, until: datetime) -> None:
    """Blank what the audit log says of a person, but for the beginning and the end of the sanctions that are left."""
    sanctioned = exists().where(
        SanctionTable.user_id == user_id,
        SanctionTable.guild_id.is_not_distinct_from(AuditTable.guild_id),
        or_(SanctionTable.created_at == AuditTable.at, SanctionTable.lifted_at == AuditTable.at),
    )
    unshared = exists().where(
        ShareBlockTable.user_id == user_id, ShareBlockTable.guild_id == AuditTable.guild_id,
        ShareBlockTable.created_at == AuditTable.at,
    )  # fmt: skip
    left = or_(sanctioned, unshared)
    about = and_(AuditTable.subject == f"user:{user_id}", AuditTable.at <= until)
    await redact_acts(session, now, and_(about, ~left), kind="user")
    await _forget_exports(session, user_id, now, until)
    for row in await session.scalars(select(AuditTable).where(about, left)):
        if row.before:  # the reason of the one that it replaced
            row.before, row.redacted_at = None, now


async def _forget_exports(session: AsyncSession, user_id: int, now: datetime, until: datetime) -> None:
    """Blank which rows of the request log were exported, where the choice names the person."""
    named = (
        AuditTable.action == "export",
        AuditTable.at <= until,
        cast(AuditTable.after, String).contains(str(user_id)),
    )
    alone = re.compile(rf"(?<!\d){user_id}(?!\d)")
    rows = (await session.execute(select(AuditTable.id, AuditTable.after).where(*named))).all()
    theirs = [row_id for row_id, after in rows if alone.search(str(after))]
    await redact_acts(session, now, AuditTable.id.in_(theirs), kind="log")
