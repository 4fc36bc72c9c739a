"""The review queue: what moderators should look at, and what they decided.

In: reports, appeals, flags, with the generation that they are about.  Out: `ReviewRecord`s.  Whether somebody may
look at or decide them is not asked here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, cast

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.database.cursor import place_of
from bot.database.decisions import Outcome, allows, close, reopen
from bot.database.misuse import sign_of_misuse, told_lately
from bot.database.records import ImageRecord
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.generations import GenerationTable
from bot.database.tables.moderation import ReviewTable
from inference.contract import Verdict

ReviewKind = Literal["misuse", "report", "appeal", "held", "flag"]

Said = Literal["new", "more", "before"]
"""Whether it is somebody's first word on a picture, adds to what they said, or is what they, or `MOST_WORDS`, said."""

# What is looked at first.  Within one line, the oldest.
PRIORITIES: Final[dict[ReviewKind, int]] = {"misuse": 4, "report": 3, "appeal": 2, "held": 1, "flag": 0}
MOST_WORDS: Final = 5  # how often one person may add to what they said of a picture
AND: Final = " / "  # between them
_GENERATIONS: Final = func.count(ReviewTable.generation_id.distinct())


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One reason to look at a generation.  `user_id` is whose it is, `by` who reported or appealed (0: the bot)."""

    id: int
    kind: ReviewKind
    guild_id: int | None
    generation_id: int
    image_index: int | None
    user_id: int
    by: int
    reason: str
    created_at: datetime
    closed_at: datetime | None = None
    closed_by: int | None = None
    outcome: Outcome | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The reason; of a person, who may have added to it, each time's."""
        return tuple(self.reason.split(AND)) if self.kind in ("report", "appeal") else (self.reason,)


@dataclass(frozen=True, slots=True)
class NewReview:
    kind: ReviewKind
    guild_id: int | None
    generation_id: int
    user_id: int
    by: int = 0
    reason: str = ""
    image_index: int | None = None


@dataclass(frozen=True, slots=True)
class CategoryReport:
    """How the filter fared in one category; an appeal is `overturned` when moderators let the prompt pass."""

    category: str
    flagged: int
    blocked: int
    appeals: int
    overturned: int

    def numbers(self) -> dict[str, int]:
        return {
            "flagged": self.flagged, "blocked": self.blocked, "appeals": self.appeals, "overturned": self.overturned,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Hand `next_cursor` (short, opaque) back for the next page, None at the end."""

    records: tuple[ReviewRecord, ...]
    next_cursor: str | None


async def queue_verdict(session: AsyncSession, generation_id: int, verdict: Verdict, now: datetime) -> None:
    """Put before moderators what the filter flagged or held back, and a person who shows signs of misuse.

    In the transaction that writes the verdict, so that neither is without the other.
    """
    row = await session.get_one(GenerationTable, generation_id)
    if verdict.action not in ("allow", "block"):
        kind: ReviewKind = "held" if verdict.action == "hold" else "flag"
        reason = f"{verdict.category}: {verdict.reason}" if verdict.reason else str(verdict.category)
        session.add(_row(NewReview(kind, row.guild_id, generation_id, row.user_id, 0, reason), now))
    sign = await sign_of_misuse(session, row, verdict, now)
    if sign is not None:
        session.add(_row(NewReview("misuse", row.guild_id, generation_id, row.user_id, 0, sign), now))


async def queue_picture_verdict(session: AsyncSession, image: ImageRecord, verdict: Verdict, now: datetime) -> None:
    """Put before moderators what the picture check held back or wants them to see; what it removed is in the log."""
    if verdict.action == "block":
        return
    row = await session.get_one(GenerationTable, image.generation_id)
    kind: ReviewKind = "held" if verdict.action == "hold" else "flag"
    reason = f"{verdict.category}: {verdict.reason}"
    new = NewReview(kind, row.guild_id, image.generation_id, row.user_id, 0, reason, image.index)
    here = (ReviewTable.generation_id == image.generation_id, ReviewTable.image_index == image.index)
    same = (*here, ReviewTable.kind == kind)
    if await session.scalar(select(ReviewTable.id).where(*same).limit(1)) is None:  # a write may be repeated
        session.add(_row(new, now))


class Reviews:
    """Reads and writes `reviews`.  `now` is the clock, for tests."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def open(self, new: NewReview) -> tuple[ReviewRecord, Said]:
        """Put it into the queue, or beside what the person said of the picture before, while that waits."""
        new = replace(new, reason=re.sub(r"\s+/\s+", "/", new.reason))  # what they type joins nothing
        async with self._database.writing("report") as session:
            await take_turn(session, f"reviews:{new.generation_id}")
            same = (
                ReviewTable.kind == new.kind,
                ReviewTable.generation_id == new.generation_id,
                ReviewTable.image_index.is_(None) if new.image_index is None
                else ReviewTable.image_index == new.image_index,
                ReviewTable.by_user_id == new.by,
            )  # fmt: skip
            rows = (await session.scalars(select(ReviewTable).where(*same).order_by(ReviewTable.id))).all()
            words = [said for row in rows for said in _record(row).words]
            if rows and (new.reason in ("", *words) or len(words) >= MOST_WORDS):
                return _record(rows[-1]), "before"
            if rows and rows[-1].closed_at is None:
                rows[-1].reason = AND.join(filter(None, (rows[-1].reason, new.reason)))
                return _record(rows[-1]), "more"
            row = _row(new, self._now())
            session.add(row)
            await session.flush()
            return _record(row), "new"

    @whole
    async def open_once(self, new: NewReview, since: datetime) -> bool:
        """Put a sign of misuse into the queue; False where moderators were told of this person since then."""
        async with self._database.writing("report") as session:
            await take_turn(session, f"misuse:{new.user_id}")
            if await told_lately(session, new.user_id, new.guild_id, since):
                return False
            session.add(_row(new, self._now()))
            return True

    @whole
    async def close(
        self, generation_id: int, by: int, outcome: Outcome, why: str = "", hidden_for: str | None = None, *,
        by_operator: bool = False,
    ) -> tuple[ReviewRecord, ...]:  # fmt: skip
        """Decide everything that is open about a generation, and hide it for that reason; returns what was open."""
        async with self._database.writing("decision") as session:
            rows = await close(
                session, generation_id, outcome, by, self._now(), why, hidden_for, by_operator=by_operator
            )
        return tuple(_record(row) for row in rows)

    @whole
    async def reopen(self, ids: Sequence[int], by: int) -> tuple[ReviewRecord, ...]:
        """Take a decision back; returns what waits again."""
        async with self._database.writing("decision") as session:
            rows = await reopen(session, ids, by, self._now())
        return tuple(_record(row) for row in rows)

    async def page(
        self, guild_id: int | None, *, everywhere: bool = False, kind: ReviewKind | None = None,
        cursor: str | None = None, limit: int = 20,
    ) -> ReviewPage:  # fmt: skip
        """What is open in a server (None: in direct messages; or everywhere), the gravest and then the oldest first;
        of each generation the gravest alone.  Raises InvalidOption for a cursor that is none.
        """
        graver = aliased(ReviewTable)
        more = and_(graver.priority == ReviewTable.priority, graver.id < ReviewTable.id)
        same = [graver.generation_id == ReviewTable.generation_id, graver.closed_at.is_(None)]
        query = _open(guild_id, everywhere=everywhere)
        if kind is not None:
            query, same = query.where(ReviewTable.kind == kind), [*same, graver.kind == kind]
        query = query.where(~select(graver.id).where(*same, or_(graver.priority > ReviewTable.priority, more)).exists())
        if cursor is not None:
            query = query.where(_after(cursor))
        query = query.order_by(ReviewTable.priority.desc(), ReviewTable.id).limit(limit + 1)
        async with self._database.reading() as session:
            rows = (await session.scalars(query)).all()
        shown = rows[:limit]
        following = f"{shown[-1].priority}.{shown[-1].id}" if len(rows) > limit else None
        return ReviewPage(tuple(_record(row) for row in shown), following)

    async def count(self, guild_id: int | None, *, everywhere: bool = False) -> int:
        """How many generations are open."""
        query = _open(guild_id, everywhere=everywhere).with_only_columns(_GENERATIONS)
        async with self._database.reading() as session:
            return await session.scalar(query) or 0

    async def count_by_kind(self, guild_id: int | None, *, everywhere: bool = False) -> dict[str, int]:
        """The same by what is said of them; of one generation several things may be said."""
        query = _open(guild_id, everywhere=everywhere).with_only_columns(ReviewTable.kind, _GENERATIONS)
        async with self._database.reading() as session:
            rows = (await session.execute(query.group_by(ReviewTable.kind))).all()
        return {str(kind): number for kind, number in rows}

    async def of(self, generation_id: int) -> tuple[ReviewRecord, ...]:
        """All that was ever said of a generation, oldest first."""
        query = select(ReviewTable).where(ReviewTable.generation_id == generation_id).order_by(ReviewTable.id)
        async with self._database.reading() as session:
            return tuple(_record(row) for row in (await session.scalars(query)).all())

    async def allows(self, generation_id: int) -> bool:
        """Whether moderators there let this very prompt pass; see `decisions.allows`."""
        async with self._database.reading() as session:
            return await allows(session, generation_id)

    async def counts(self, guild_id: int | None, user_id: int, *, everywhere: bool = False) -> dict[str, int]:
        """Of one person: how often each kind of thing was said of what is theirs, by different people."""
        said = select(ReviewTable.kind, ReviewTable.generation_id, ReviewTable.image_index, ReviewTable.by_user_id)
        said = said.where(ReviewTable.user_id == user_id)
        if not everywhere:
            said = said.where(ReviewTable.guild_id == guild_id)
        each = said.distinct().subquery()
        query = select(each.c.kind, func.count()).group_by(each.c.kind)
        async with self._database.reading() as session:
            return {str(kind): count for kind, count in (await session.execute(query)).all()}

    async def report(self, guild_id: int | None = None) -> tuple[CategoryReport, ...]:
        """By category, the one with most blocks first; of one server, or (None) of all."""
        found = GenerationTable.verdict_category
        here = () if guild_id is None else (GenerationTable.guild_id == guild_id,)
        judged = (
            select(found, GenerationTable.verdict_action, func.count())
            .where(found.is_not(None), *here)
            .group_by(found, GenerationTable.verdict_action)
        )
        appealed = (
            select(found, ReviewTable.outcome, func.count())
            .join(GenerationTable, GenerationTable.id == ReviewTable.generation_id)
            .where(ReviewTable.kind == "appeal", found.is_not(None), *here)
            .group_by(found, ReviewTable.outcome)
        )
        async with self._database.reading() as session:
            verdicts = {(str(of), action): count for of, action, count in await session.execute(judged)}
            appeals = {(str(of), outcome): count for of, outcome, count in await session.execute(appealed)}
        reports = [
            CategoryReport(
                category,
                verdicts.get((category, "flag"), 0),
                verdicts.get((category, "block"), 0) + verdicts.get((category, "hold"), 0),
                sum(count for (of, _), count in appeals.items() if of == category),
                sum(appeals.get((category, granted), 0) for granted in ("kept", "once")),
            )
            for category in sorted({category for category, _ in verdicts})
        ]
        return tuple(sorted(reports, key=lambda one: -one.blocked))


def _row(new: NewReview, now: datetime) -> ReviewTable:
    return ReviewTable(
        kind=new.kind, priority=PRIORITIES[new.kind], guild_id=new.guild_id, generation_id=new.generation_id,
        image_index=new.image_index, user_id=new.user_id, by_user_id=new.by, reason=new.reason, created_at=now,
    )  # fmt: skip


def _open(guild_id: int | None, *, everywhere: bool) -> Select[ReviewTable]:
    query = select(ReviewTable).where(ReviewTable.closed_at.is_(None))
    return query if everywhere else query.where(ReviewTable.guild_id == guild_id)


def _after(cursor: str) -> ColumnElement[bool]:
    priority, review_id = place_of(cursor)
    same = and_(ReviewTable.priority == priority, ReviewTable.id > review_id)
    return or_(ReviewTable.priority < priority, same)


def _record(row: ReviewTable) -> ReviewRecord:
    return ReviewRecord(
        row.id, cast("ReviewKind", row.kind), row.guild_id, row.generation_id, row.image_index, row.user_id,
        row.by_user_id, row.reason, row.created_at, row.closed_at, row.closed_by, cast("Outcome | None", row.outcome),
    )  # fmt: skip
