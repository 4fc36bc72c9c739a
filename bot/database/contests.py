"""Contests: a theme, entries, one vote a person, and a result that stands.

In: people, shares, times.  Out: `ContestRecord`s and entries.  A contest's state goes one way (entries → voting →
closed), so that neither a restart nor a clock that is set back opens again what was over.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.audit import Act, note_act
from bot.database.records import ShareRecord
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.community import BallotTable, ContestTable, EntryTable
from bot.database.tables.gallery import ShareTable
from bot.database.visibility import are_shown, share_record, shown_shares
from bot.errors import ContestOver, ContestRunning, NotFound

Phase = Literal["entries", "voting", "closed", "cancelled"]
OPEN: Final[tuple[Phase, ...]] = ("entries", "voting")


@dataclass(frozen=True, slots=True)
class ContestRecord:
    """`phase` is how far it has come; entering ends and voting begins at `voting_at`."""

    id: int
    guild_id: int
    channel_id: int
    theme: str
    created_by: int
    created_at: datetime
    voting_at: datetime
    ends_at: datetime
    phase: Phase

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN


@dataclass(frozen=True, slots=True)
class Draft:
    """A contest that is to begin."""

    guild_id: int
    channel_id: int
    theme: str
    voting_at: datetime
    ends_at: datetime


class ContestLog:
    """Reads and writes `contests`, `contest_entries` and `contest_ballots`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    # ------------------------------------------------------------------------------------------ beginning and ending

    @whole
    async def begin(self, draft: Draft, by: int) -> ContestRecord:
        """Raises ContestRunning where the server has one already."""
        now = self._now()
        async with self._database.writing("contest") as session:
            await take_turn(session, f"contests:{draft.guild_id}")
            running = await session.scalar(_of(draft.guild_id).where(ContestTable.state.in_(OPEN)))
            if running is not None:
                raise ContestRunning(running.id, running.ends_at)
            row = ContestTable(
                guild_id=draft.guild_id, channel_id=draft.channel_id, theme=draft.theme, created_by=by, created_at=now,
                voting_at=draft.voting_at, ends_at=draft.ends_at, state="entries",
            )  # fmt: skip
            session.add(row)
            await session.flush()
            act = Act(by, "contest", f"contest:{row.id}", draft.guild_id, why=draft.theme[:400])
            await note_act(session, now, act)
            return _record(row)

    @whole
    async def cancel(self, contest_id: int, by: int) -> ContestRecord:
        """Raises NotFound, and ContestOver where it is no longer open."""
        async with self._database.writing("contest") as session:
            row = await _locked(session, contest_id)
            if row.state not in OPEN:
                raise ContestOver(contest_id)
            row.state = "cancelled"
            act = Act(by, "cancel_contest", f"contest:{row.id}", row.guild_id, why=row.theme[:400])
            await note_act(session, self._now(), act)
            return _record(row)

    @whole
    async def move_on(self) -> None:
        """Take every contest whose time has come to its next phase.  Never back."""
        now = self._now()
        late = or_(
            and_(ContestTable.state == "entries", ContestTable.voting_at <= now),
            and_(ContestTable.state == "voting", ContestTable.ends_at <= now),
        )
        async with self._database.reading() as session:
            if await session.scalar(select(ContestTable.id).where(late).limit(1)) is None:
                return
        async with self._database.writing("contest") as session:
            for state, due, following in (
                ("entries", ContestTable.voting_at, "voting"),
                ("voting", ContestTable.ends_at, "closed"),
            ):
                here = (ContestTable.state == state, due <= now)
                await session.execute(update(ContestTable).where(*here).values(state=following))

    # ----------------------------------------------------------------------------------------------- entering, voting

    @whole
    async def enter(self, contest_id: int, share_id: int, user_id: int) -> None:
        """In place of the person's earlier entry.  Raises ContestOver once entering has ended, NotFound."""
        now = self._now()
        async with self._database.writing("entry") as session:
            row = await _locked(session, contest_id, share=True)
            if row.state != "entries" or now >= row.voting_at:
                raise ContestOver(contest_id)
            await take_turn(session, f"contest:{contest_id}:{user_id}")
            mine = (EntryTable.contest_id == contest_id, EntryTable.user_id == user_id)
            await session.execute(delete(EntryTable).where(*mine))
            session.add(EntryTable(contest_id=contest_id, user_id=user_id, share_id=share_id, entered_at=now))

    @whole
    async def vote(self, contest_id: int, share_id: int, user_id: int) -> None:
        """In place of the person's earlier vote.  Raises ContestOver outside of its time, NotFound."""
        now = self._now()
        async with self._database.writing("vote") as session:
            row = await _locked(session, contest_id, share=True)
            if row.state != "voting" or now >= row.ends_at:
                raise ContestOver(contest_id)
            here = (EntryTable.contest_id == contest_id, EntryTable.share_id == share_id)
            if await session.scalar(select(EntryTable.user_id).where(*here)) is None:
                raise NotFound("share", share_id)
            await take_turn(session, f"contest:{contest_id}:{user_id}")
            mine = (BallotTable.contest_id == contest_id, BallotTable.user_id == user_id)
            await session.execute(delete(BallotTable).where(*mine))
            session.add(BallotTable(contest_id=contest_id, user_id=user_id, share_id=share_id, voted_at=now))

    # -------------------------------------------------------------------------------------------------------- reading

    async def get(self, contest_id: int) -> ContestRecord | None:
        async with self._database.reading() as session:
            row = await session.get(ContestTable, contest_id)
        return None if row is None else _record(row)

    async def of_server(self, guild_id: int, limit: int = 20) -> tuple[ContestRecord, ...]:
        """The newest first."""
        query = _of(guild_id).order_by(ContestTable.id.desc()).limit(limit)
        async with self._database.reading() as session:
            return tuple(map(_record, await session.scalars(query)))

    async def lively(self, ended_since: datetime) -> tuple[ContestRecord, ...]:
        """Of all servers: what is open, and what was to end after that moment."""
        late = ContestTable.ends_at >= ended_since
        query = select(ContestTable).where(or_(ContestTable.state.in_(OPEN), late)).order_by(ContestTable.id)
        async with self._database.reading() as session:
            return tuple(map(_record, await session.scalars(query)))

    async def entries(self, contest_id: int) -> tuple[ShareRecord, ...]:
        """Those that still show in the gallery, in the order of entering."""
        entered = EntryTable.contest_id == contest_id
        query = shown_shares(self._now()).join(EntryTable, EntryTable.share_id == ShareTable.id).where(entered)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(EntryTable.entered_at, ShareTable.id))).all()
        return tuple(map(share_record, rows))

    async def count_entries(self, contest_ids: Collection[int]) -> dict[int, int]:
        """By contest, how many of them still show; nothing where there are none."""
        counted = select(EntryTable.contest_id, func.count()).join(ShareTable, ShareTable.id == EntryTable.share_id)
        counted = counted.where(EntryTable.contest_id.in_(contest_ids), *are_shown(self._now()))
        async with self._database.reading() as session:
            rows = (await session.execute(counted.group_by(EntryTable.contest_id))).all()
        return {contest_id: entries for contest_id, entries in rows}  # noqa: C416  # as below

    async def votes(self, contest_id: int) -> dict[int, int]:
        """By share."""
        counted = select(BallotTable.share_id, func.count()).where(BallotTable.contest_id == contest_id)
        async with self._database.reading() as session:
            rows = (await session.execute(counted.group_by(BallotTable.share_id))).all()
        return {share_id: votes for share_id, votes in rows}  # noqa: C416  # a row is no tuple to the type checker

    async def standing(self, contest_id: int, user_id: int) -> tuple[int | None, int | None]:
        """The shares that a person entered and voted for."""

        def mine(table: type[EntryTable | BallotTable]) -> tuple[ColumnElement[bool], ...]:
            return table.contest_id == contest_id, table.user_id == user_id

        async with self._database.reading() as session:
            entered = await session.scalar(select(EntryTable.share_id).where(*mine(EntryTable)))
            voted = await session.scalar(select(BallotTable.share_id).where(*mine(BallotTable)))
        return entered, voted


async def _locked(session: AsyncSession, contest_id: int, *, share: bool = False) -> ContestTable:
    """The row, which others may read meanwhile; with `share` they may also enter and vote.  Raises NotFound."""
    row = await session.scalar(select(ContestTable).where(ContestTable.id == contest_id).with_for_update(read=share))
    if row is None:
        raise NotFound("contest", contest_id)
    return row


def _of(guild_id: int) -> Select[ContestTable]:
    return select(ContestTable).where(ContestTable.guild_id == guild_id)


def ranked(entries: Sequence[ShareRecord], votes: dict[int, int]) -> tuple[tuple[int, ShareRecord, int], ...]:
    """Place, entry, votes; who has as many votes has the same place, and the next place is left out: 1, 1, 3."""
    counts = sorted((votes.get(one.id, 0) for one in entries), reverse=True)
    found = [(counts.index(votes.get(one.id, 0)) + 1, one, votes.get(one.id, 0)) for one in entries]
    return tuple(sorted(found, key=lambda one: one[0]))


def _record(row: ContestTable) -> ContestRecord:
    return ContestRecord(
        row.id, row.guild_id, row.channel_id, row.theme, row.created_by, row.created_at, row.voting_at, row.ends_at,
        cast("Phase", row.state),
    )  # fmt: skip
