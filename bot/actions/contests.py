"""Contests as people hold them: begin one, enter a picture, vote without seeing counts, hear who won.

In: an actor and what they want.  Out: contests and entries.  Knows no Discord.
`move_on` is called every now and then; everything that it needs is in the database.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.actions.abreast import abreast
from bot.actions.actor import Actor
from bot.actions.notices import ContestNotice, Notices, Shown
from bot.database.contests import OPEN, ContestLog, ContestRecord, Draft, Phase, ranked
from bot.database.records import GalleryFilter, ShareRecord
from bot.database.sanctions import Sanctions
from bot.database.session import utc_now
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.errors import InvalidOption, NotFound, NotYours, OwnEntry, ServersOnly
from bot.partition import Partition
from bot.wording.duration import parse_duration

MAX_THEME: Final = 200
SHORTEST: Final = timedelta(minutes=10)
LONGEST: Final = timedelta(days=60)
STALE: Final = timedelta(days=7)  # a result that could not be told for so long is not told any more
FIRST_PLACES: Final = 3
MOST_WINNERS: Final = 5  # pictures of a message, where places are shared


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest as one person sees it.  `result` is empty until it is closed: places, entries, votes."""

    record: ContestRecord
    entries: tuple[ShareRecord, ...]
    result: tuple[tuple[int, ShareRecord, int], ...]
    entered: int | None
    voted: int | None


class Contests:
    def __init__(
        self, *, contest_log: ContestLog, shares: Shares, sanctions: Sanctions, guild_settings: GuildSettings,
        notices: Notices, partition: Partition, now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._log = contest_log
        self._shares = shares
        self._sanctions = sanctions
        self._guild_settings = guild_settings
        self._notices = notices
        self._partition = partition
        self._now = now
        self._counted: dict[int, tuple[Phase, int]] = {}  # by contest, the entries that its announcement tells of

    # ------------------------------------------------------------------------------------------------------ managers

    async def is_announced(self, record: ContestRecord) -> bool:
        """False where the bot may not post in the contest's channel."""
        return not await self._notices.refused(record.guild_id, _notice_of(record))

    async def begin(self, actor: Actor, theme: str, entries: str, voting: str) -> ContestRecord:
        """Open a contest, announced in the gallery's channel or, without one, here.  `entries` is how long members
        enter, `voting` how long they vote, as in "3 days".

        Raises MissingPermission, InvalidOption, ContestRunning, ServersOnly.
        """
        actor.require("manage_guild")
        here = _here(actor)
        theme = " ".join(theme.split())
        if not 1 <= len(theme) <= MAX_THEME:
            raise InvalidOption("theme", "wrong_length", {"length": len(theme), "limit": MAX_THEME})
        voting_at = self._now() + _length("entries", entries)
        ends_at = voting_at + _length("voting", voting)
        guild = await self._guild_settings.get(here)
        channel_id = guild.gallery_channel_id or actor.channel_id
        if channel_id is None:
            raise NotFound("channel")
        draft = Draft(here, channel_id, theme, voting_at, ends_at)
        record = await self._log.begin(draft, actor.user_id)
        await self._announce(record)
        return record

    async def cancel(self, actor: Actor, contest_id: int) -> ContestRecord:
        """Call it off, without a result; for managers.  Raises MissingPermission, NotFound, ContestOver."""
        actor.require("manage_guild")
        found = await self._find(actor, contest_id)
        record = await self._log.cancel(found.id, actor.user_id)
        await self._announce(record)  # whoever entered or voted hears of it
        return record

    # ------------------------------------------------------------------------------------------------------- members

    async def listed(self, actor: Actor) -> tuple[ContestRecord, ...]:
        """Those of this server, the newest first."""
        return await self._log.of_server(_here(actor))

    async def newest(self, actor: Actor) -> ContestRecord | None:
        """The one that is open, or was last."""
        return next((one for one in await self.listed(actor) if one.phase != "cancelled"), None)

    async def look(self, actor: Actor, contest_id: int) -> Contest:
        """With its entries, each person's in an order of their own while one votes, and votes only once it is closed.

        Raises NotFound.
        """
        record = await self._find(actor, contest_id)
        entries = await self._log.entries(record.id)
        entered, voted = await self._log.standing(record.id, actor.user_id)
        result: tuple[tuple[int, ShareRecord, int], ...] = ()
        if record.phase == "closed":
            result = ranked(entries, await self._log.votes(record.id))
        else:  # nobody's entry comes first for everybody
            entries = tuple(sorted(entries, key=lambda one: zlib.crc32(f"{actor.user_id}:{one.id}".encode())))
        return Contest(record, entries, result, entered, voted)

    async def enterable(self, actor: Actor, limit: int = 25) -> tuple[ShareRecord, ...]:
        """The newest of the person's own pictures in this gallery."""
        mine = GalleryFilter(user_id=actor.user_id)
        return (await self._shares.page(_here(actor), "newest", None, limit, mine)).records

    async def enter(self, actor: Actor, contest_id: int, share_id: int) -> ShareRecord:
        """Enter a shared picture of one's own, in place of the one before.

        Raises NotFound, NotYours, Sanctioned, ContestOver.
        """
        record = await self._find(actor, contest_id)
        await self._sanctions.check(actor.user_id, actor.guild_id)
        share = await self._share(record, share_id)
        if share.user_id != actor.user_id:
            raise NotYours("picture")
        await self._log.enter(record.id, share.id, actor.user_id)
        return share

    async def vote(self, actor: Actor, contest_id: int, share_id: int) -> None:
        """Vote for an entry, in place of the one before.  Raises NotFound, OwnEntry, Sanctioned, ContestOver."""
        record = await self._find(actor, contest_id)
        await self._sanctions.check(actor.user_id, actor.guild_id)
        share = await self._share(record, share_id)
        if share.user_id == actor.user_id:
            raise OwnEntry
        await self._log.vote(record.id, share.id, actor.user_id)

    # ------------------------------------------------------------------------------------------------------ the clock

    async def move_on(self) -> None:
        """Take contests to their next phase, and say what has not been said."""
        await self._log.move_on()
        lively = [one for one in await self._log.lively(self._now() - STALE) if self._partition.holds(one.guild_id)]
        entries = await self._log.count_entries([one.id for one in lively if one.is_open])

        async def told(record: ContestRecord) -> None:
            await self._announce(record)
            if record.is_open:
                await self._recount(record, entries.get(record.id, 0))
            else:
                self._counted.pop(record.id, None)

        await abreast(told, lively)

    async def _announce(self, record: ContestRecord) -> None:
        """Say how far it has come, once, and delete what was said of the phases before: its buttons lead nowhere."""
        name = _notice_of(record)
        await self._notices.say(record.guild_id, name, record.channel_id, partial(self._notice, record))
        before = [_notice_of(replace(record, phase=phase)) for phase in OPEN if phase != record.phase]
        for earlier in await self._notices.known(record.guild_id, before):
            await self._notices.retract(record.guild_id, earlier)

    async def _recount(self, record: ContestRecord, entries: int) -> None:
        """Let the announcement say how many entries there are; a new process, which knows not what it says, too."""
        now = (record.phase, entries)
        if self._counted.get(record.id) != now:
            name = _notice_of(record)
            await self._notices.revise(record.guild_id, name, record.channel_id, partial(self._notice, record))
            self._counted[record.id] = now

    async def _notice(self, record: ContestRecord) -> ContestNotice:
        entries = await self._log.entries(record.id)
        votes = await self._log.votes(record.id)
        voters = sum(votes.get(one.id, 0) for one in entries)
        first: tuple[Shown, ...] = ()
        if record.phase == "closed":
            places = [one for one in ranked(entries, votes) if one[0] <= FIRST_PLACES and one[2]]
            first = await self._notices.show(places[:MOST_WINNERS])
        else:
            self._counted[record.id] = (record.phase, len(entries))
        return ContestNotice(record, len(entries), voters, first)

    async def _find(self, actor: Actor, contest_id: int) -> ContestRecord:
        record = await self._log.get(contest_id)
        if record is None or not actor.is_here(record.guild_id):
            raise NotFound("contest", contest_id)
        return record

    async def _share(self, record: ContestRecord, share_id: int) -> ShareRecord:
        share = await self._shares.get(share_id)
        if share is None or share.guild_id != record.guild_id:
            raise NotFound("share", share_id)
        return share


def _notice_of(record: ContestRecord) -> str:
    return f"contest:{record.id}:{record.phase}"


def _length(field: str, written: str) -> timedelta:
    length = parse_duration(written)
    if length is None:
        raise InvalidOption(field, "no_duration", {"value": written})
    if not SHORTEST <= length <= LONGEST:
        raise InvalidOption(field, "contest_length", {"value": written})
    return length


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise ServersOnly
    return actor.guild_id
