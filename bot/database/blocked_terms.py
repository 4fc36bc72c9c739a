"""A server's own words: what its moderators block, want to hear of, or find harmless, beside what the filter knows.

In: words and who chose them.  Out: `BlockedTerm`s.  How they are matched is the filter's business.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal, cast, get_args

from sqlalchemy import ColumnElement, or_, select

from bot.database.audit import Act, note_act
from bot.database.recent import Recent
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.moderation import BlockedTermTable
from bot.errors import InvalidOption, NotFound
from inference.contract import InvalidRequest, check_word

TermAction = Literal["block", "flag", "allow"]
TERM_ACTIONS: Final[tuple[TermAction, ...]] = get_args(TermAction)

MAX_TERM: Final = 100
MAX_TERMS: Final = 500
MIN_LETTERS: Final = 2
COMMON: Final = frozenset({
    # English
    "a", "an", "the", "of", "in", "on", "at", "to", "and", "or", "with", "by", "for", "from", "is", "are", "it",
    "as",
    # German, without what is a verb in English
    "der", "das", "ein", "eine", "und", "mit", "im", "auf", "von", "zu", "dem", "des", "den",
    # French
    "le", "la", "les", "un", "une", "de", "du", "et", "en", "dans", "avec", "sur", "au", "aux",
    # Spanish
    "el", "los", "las", "una", "del", "y", "con", "por", "para",
    # Portuguese
    "o", "os", "um", "uma", "do", "da", "dos", "e", "com", "em", "no", "na",
    # Japanese
    "の", "に", "を", "は", "が", "と", "で", "も",
})  # fmt: skip
"""Words that stand in nearly every prompt: with one of them blocked, a server would draw nothing."""


@dataclass(frozen=True, slots=True)
class BlockedTerm:
    """`guild_id` None counts everywhere."""

    id: int
    guild_id: int | None
    term: str
    action: TermAction
    created_by: int
    created_at: datetime


class BlockedTerms:
    """Reads and writes `blocked_terms`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._recent: Recent[int | None, tuple[BlockedTerm, ...]] = Recent()

    @whole
    async def add(self, guild_id: int | None, term: str, action: TermAction, by: int) -> BlockedTerm:
        """Block, flag or allow a word or phrase; one that is there already gets this action.  Raises InvalidOption."""
        check_term(term)
        now = self._now()
        async with self._database.writing("blocked_word") as session:
            await take_turn(session, f"blocked_terms:{guild_id}")
            here = select(BlockedTermTable).where(BlockedTermTable.guild_id == guild_id)
            rows = list(await session.scalars(here))
            row = next((row for row in rows if row.term == term), None)
            before = {} if row is None else {"action": row.action}
            if row is None:
                if len(rows) >= MAX_TERMS:
                    raise InvalidOption("term", "too_many", {"count": len(rows), "limit": MAX_TERMS})
                row = BlockedTermTable(guild_id=guild_id, term=term, created_by=by, created_at=now)
                session.add(row)
            row.action = action
            await session.flush()
            act = Act(
                by, "block_term", f"term:{row.id}", guild_id, before=before, after={"term": term, "action": action}
            )
            await note_act(session, now, act)
        self._recent.forget()
        return _record(row)

    @whole
    async def remove(self, guild_id: int | None, term_id: int, by: int) -> BlockedTerm:
        """Raises NotFound, also for a word of another server."""
        async with self._database.writing("blocked_word") as session:
            row = await session.get(BlockedTermTable, term_id)
            if row is None or row.guild_id != guild_id:
                raise NotFound("blocked_word", term_id)
            await session.delete(row)
            before = {"term": row.term, "action": row.action}
            await note_act(session, self._now(), Act(by, "allow_term", f"term:{term_id}", guild_id, before=before))
        self._recent.forget()
        return _record(row)

    async def of(self, guild_id: int | None) -> tuple[BlockedTerm, ...]:
        """What counts in a server (None: in direct messages), by alphabet; the operator's words, too."""
        return await self._recent.get(guild_id, partial(self._read, guild_id))

    async def _read(self, guild_id: int | None) -> tuple[BlockedTerm, ...]:
        here: ColumnElement[bool] = BlockedTermTable.guild_id.is_(None)
        if guild_id is not None:
            here = or_(here, BlockedTermTable.guild_id == guild_id)
        query = select(BlockedTermTable).where(here).order_by(BlockedTermTable.term, BlockedTermTable.id)
        async with self._database.reading() as session:
            return tuple(_record(row) for row in (await session.scalars(query)).all())


def check_term(term: str) -> None:
    """Whether a server may choose it: neither endless nor in nearly every prompt.  Raises InvalidOption."""
    if not term or len(term) > MAX_TERM:
        raise InvalidOption("term", "wrong_length", {"length": len(term), "limit": MAX_TERM})
    letters = [sign for sign in term if sign.isalnum()]
    whole_words = any(sign.isalpha() and sign.lower() == sign.upper() for sign in letters)  # 猫 is a word, x is none
    if "*" not in term and not whole_words and len(letters) < MIN_LETTERS:
        raise InvalidOption("term", "too_short", {"value": term, "limit": MIN_LETTERS})
    try:
        check_word("term", term)
    except InvalidRequest as error:
        raise InvalidOption("term", error.code, error.data) from error
    if COMMON.issuperset(re.findall(r"\w+", term.replace("*", "").casefold())):
        raise InvalidOption("term", "too_common", {"value": term})


def _record(row: BlockedTermTable) -> BlockedTerm:
    return BlockedTerm(row.id, row.guild_id, row.term, cast("TermAction", row.action), row.created_by, row.created_at)
