"""What is hidden in the request log, or covered, and shown again; the audit log says who did it.

In: a generation, or one of its pictures.  Out: its record as it is now, in the caller's transaction.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.database.audit import Act, ActName, note_act
from bot.database.records import GenerationRecord, Removal
from bot.database.rows import generation_record
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.database.withdrawals import withdraw_showing
from bot.errors import NotFound
from bot.nobody import FILTER_ID


async def hide(session: AsyncSession, generation_id: int, index: int | None, removal: Removal) -> GenerationRecord:
    """With what shows it among others in Discord.  What somebody has removed stays as it was, and is audited once.

    But what the filter removed may become a moderator's act, and what anybody but its owner removed, the operator's.

    Raises NotFound.
    """
    row, target = await _locked(session, generation_id, index)
    before = _state(target)
    if target.removed_at is not None and not _is_overruled(row, target, removal):
        return generation_record(row)
    await withdraw_showing(session, removal.at, generation_id, index)
    target.removed_at, target.removed_by, target.removed_why = removal.at, removal.by, removal.why
    target.by_operator = removal.by_operator
    if isinstance(target, GenerationTable):
        target.removed_with, target.deleted = removal.sanction_id, removal.deleted
    if not removal.deleted:
        await _note(session, row, index, "remove", removal, before, "removed")
    return generation_record(row)


async def show(session: AsyncSession, generation_id: int, index: int | None, restoring: Removal) -> GenerationRecord:
    """`restoring` is who shows it again, when and why.  Raises NotFound."""
    row, target = await _locked(session, generation_id, index)
    before = _state(target)
    target.removed_at = target.removed_by = target.removed_why = None
    target.by_operator = False
    if isinstance(target, GenerationTable):
        target.removed_with, target.deleted = None, False
    await _note(session, row, index, "restore", restoring, before, "shown")
    return generation_record(row)


async def cover(
    session: AsyncSession, generation_id: int, *, spoiler: bool, by: int, now: datetime
) -> GenerationRecord:
    """Whether its pictures are shown behind a cover, wherever they are shown.  Raises NotFound."""
    row, _ = await _locked(session, generation_id, None)
    row.spoiler = spoiler
    action: ActName = "cover" if spoiler else "uncover"
    await note_act(session, now, Act(by, action, f"generation:{row.id}", row.guild_id, (row.user_id,)))
    return generation_record(row)


async def _locked(
    session: AsyncSession, generation_id: int, index: int | None
) -> tuple[GenerationTable, GenerationTable | ImageTable]:
    query = select(GenerationTable).options(selectinload(GenerationTable.images))
    row = await session.scalar(query.where(GenerationTable.id == generation_id).with_for_update())
    if index is None:
        if row is None:
            raise NotFound("generation", generation_id)
        return row, row
    target = next((image for image in row.images if image.index == index), None) if row is not None else None
    if row is None or target is None:
        raise NotFound("picture", index + 1)
    return row, target


def _is_overruled(row: GenerationTable, target: GenerationTable | ImageTable, removal: Removal) -> bool:
    if row.deleted or target.by_operator:
        return False
    return removal.by_operator or target.removed_by == FILTER_ID


def _state(target: GenerationTable | ImageTable) -> str:
    return "removed" if target.removed_at else "shown"


async def _note(
    session: AsyncSession,
    row: GenerationTable,
    index: int | None,
    action: ActName,
    by: Removal,
    before: str,
    after: str,
) -> None:
    subject = f"generation:{row.id}" + (f":{index}" if index is not None else "")
    act = Act(by.by, action, subject, row.guild_id, (), by.why, {"state": before}, {"state": after})
    await note_act(session, by.at, act)
