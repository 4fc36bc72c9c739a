"""Which shared pictures are shown: not what was removed, and nothing of people who are banned.

In: the time.  Out: what must be true of a row, or the query for all that show.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from bot.database.records import ShareRecord
from bot.database.rows import generation_record
from bot.database.tables.gallery import ShareTable
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.database.tables.moderation import SanctionTable


def shown_shares(now: datetime) -> Select[ShareTable]:
    """Not what was removed, and nothing of people who are banned here or everywhere."""
    whole = joinedload(ShareTable.generation).selectinload(GenerationTable.images)
    return select(ShareTable).where(*are_shown(now)).options(whole)


def are_shown(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What must be true of a share.

    Asked of each in turn, for as many as a page takes.  Joined, a planner that has counted the rows begins with all
    pictures that were not removed: 200 ms instead of 4 among a hundred thousand.
    """
    banned = select(SanctionTable.id).where(
        SanctionTable.user_id == ShareTable.user_id,
        or_(SanctionTable.guild_id == ShareTable.guild_id, SanctionTable.guild_id.is_(None)),
        *bans_in_force(now),
    )
    removed = select(GenerationTable.id).where(
        GenerationTable.id == ShareTable.generation_id, GenerationTable.removed_at.is_not(None)
    )
    picture = select(ImageTable.index).where(
        ImageTable.generation_id == ShareTable.generation_id,
        ImageTable.index == ShareTable.image_index,
        ImageTable.removed_at.is_(None),
    )

    def asked(question: Select[Any]) -> ColumnElement[bool]:
        return question.correlate(ShareTable).exists()

    return ~asked(removed), asked(picture), ~asked(banned)


def bans_in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What must be true of a sanction, for what its person shared not to be shown."""
    unended = or_(SanctionTable.until.is_(None), SanctionTable.until > now)
    return SanctionTable.kind == "ban", SanctionTable.lifted_at.is_(None), unended


def share_record(row: ShareTable) -> ShareRecord:
    generation = generation_record(row.generation)
    image = next(image for image in generation.images if image.index == row.image_index)
    return ShareRecord(row.id, row.guild_id, row.user_id, generation, image, row.votes, row.created_at)
