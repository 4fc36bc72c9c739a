"""What moderators do: read the request log, sanction people, lift sanctions.

In: an actor and whom it is about.  Out: records.  Knows no Discord.  The operator acts by the same methods, everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from bot.actions.actor import Actor
from bot.actions.entry import moderated_entry
from bot.actions.reason import checked_reason
from bot.database.audit import AuditFilter, AuditLog
from bot.database.generations import GenerationLog
from bot.database.records import AuditRecord, GenerationFilter, GenerationRecord, Page, SanctionKind, SanctionRecord
from bot.database.sanctions import Sanctions
from bot.database.session import utc_now
from bot.database.statistics import Report, Statistics
from bot.errors import CannotSanction, InvalidOption, NotSanctioned
from bot.wording.duration import parse_duration

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=365)
PERMISSIONS: dict[SanctionKind, str] = {"timeout": "moderate_members", "ban": "ban_members"}


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a sanction is about, and who owns the server; None where that could not be found out."""

    user_id: int
    owner_id: int | None = None
    is_bot: bool = False
    is_administrator: bool = False


class UnderWay(Protocol):
    """What is being drawn by this process; `Works` is the real one."""

    def cancel_all(self, user_id: int, guild_id: int | None, by_user_id: int) -> int:
        """Stop all of a person's in a server, or everywhere; returns how many."""


class NothingUnderWay:
    """Where nothing is drawn, as on the command line.  A bot that runs asks about sanctions before it draws."""

    def cancel_all(self, user_id: int, guild_id: int | None, by_user_id: int) -> int:  # noqa: ARG002
        return 0


class Posted(Protocol):
    """What the bot posted of its own accord; `Notices` is the real one."""

    async def retract_banned(self) -> None:
        """Delete what shows pictures of people who are banned."""


class NothingPosted:
    """Where there is no Discord, as on the command line.  A bot that runs looks for new bans every now and then."""

    async def retract_banned(self) -> None:
        pass


class Moderation:
    def __init__(
        self, *, sanctions: Sanctions, generations: GenerationLog, audit_log: AuditLog, statistics: Statistics,
        under_way: UnderWay, posted: Posted, now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._sanctions = sanctions
        self._generations = generations
        self._audit_log = audit_log
        self._statistics = statistics
        self._under_way = under_way
        self._posted = posted
        self._now = now

    # ------------------------------------------------------------------------------------------------ the log

    async def log(
        self, actor: Actor, wanted: GenerationFilter, before: int | None = None, limit: int = 10
    ) -> Page[GenerationRecord]:
        """A page of this server's request log; of all that was asked for anywhere, for the operator."""
        actor.require("manage_messages")
        here = wanted if actor.is_operator else replace(wanted, guild_id=actor.guild_id)
        return await self._generations.page(here, before, limit)

    async def entry(self, actor: Actor, generation_id: int) -> GenerationRecord:
        """One entry, removed or not.  Raises NotFound for one of another server."""
        return await moderated_entry(self._generations, actor, generation_id)

    async def audit(
        self, actor: Actor, wanted: AuditFilter | None = None, before: int | None = None, limit: int = 20
    ) -> Page[AuditRecord]:
        """Who did what here, newest first; for the operator, in every server."""
        actor.require("manage_messages")
        return await self._audit_log.page(actor.guild_id, before, limit, wanted, everywhere=actor.is_everywhere)

    async def report(self, actor: Actor, days: int) -> Report:
        """How much was asked for here in the last so many days, and what was blocked; for the operator, everywhere."""
        actor.require("manage_messages")
        return await self._statistics.report(actor.guild_id, days, everywhere=actor.is_everywhere)

    async def counts(self, actor: Actor, user_id: int) -> dict[str, int]:
        """How many of a person's requests here ended how; for the operator, everywhere."""
        actor.require("manage_messages")
        return await self._statistics.of_person(user_id, actor.guild_id, everywhere=actor.is_everywhere)

    # ----------------------------------------------------------------------------------------------- sanctions

    async def in_force(self, actor: Actor, user_id: int) -> SanctionRecord | None:
        """What keeps a person from using Easel here, this server's own or one that counts everywhere."""
        return await self._sanctions.active(user_id, actor.guild_id)

    async def sanctions(
        self, actor: Actor, before: int | None = None, limit: int = 10, user_id: int | None = None
    ) -> Page[SanctionRecord]:
        """This server's sanctions, or, for the operator, those that count everywhere, ended ones too."""
        actor.require("manage_messages")
        return await self._sanctions.page(actor.guild_id, before, limit, user_id)

    async def sanction(
        self, actor: Actor, target: Target, kind: SanctionKind, until: datetime | None, reason: str
    ) -> SanctionRecord:
        """Time out or ban a person, in place of what is in force here, and stop what they have under way here; what the
        bot posted of a banned person's goes.

        Raises MissingPermission also where a ban would end and the moderator may only time out, and CannotSanction also
        where it would end sooner than what is in force: that is a pardon, which takes a lift; and InvalidOption without
        a reason, or with one that is too long.
        """
        actor.require(PERMISSIONS[kind])
        check_target(actor, target)
        reason = checked_reason(reason)
        if not reason:
            raise InvalidOption("reason", "empty")
        in_force = await self._own_sanction(actor, target.user_id)
        if in_force is not None and kind == "timeout" and _ends_sooner(until, in_force):
            why: Literal["banned", "timed_out"] = "banned" if in_force.kind == "ban" else "timed_out"
            raise CannotSanction(target.user_id, why, in_force.until)
        record = await self._sanctions.sanction(target.user_id, actor.guild_id, kind, until, reason, actor.user_id)
        self._under_way.cancel_all(target.user_id, actor.guild_id, actor.user_id)
        if kind == "ban":
            await self._posted.retract_banned()
        return record

    async def lift(self, actor: Actor, user_id: int, why: str = "") -> SanctionRecord:
        """End what is in force here; who may ban may end time-outs, too.  Raises NotSanctioned."""
        if not actor.has("ban_members"):
            actor.require("moderate_members")
        if await self._own_sanction(actor, user_id) is None:
            everywhere = await self._sanctions.active(user_id, actor.guild_id) is not None
            raise NotSanctioned(user_id, everywhere=everywhere)
        return await self._sanctions.lift(user_id, actor.guild_id, actor.user_id, checked_reason(why))

    async def _own_sanction(self, actor: Actor, user_id: int) -> SanctionRecord | None:
        """This server's own sanction.  Raises MissingPermission where it is a ban and the moderator may not ban."""
        sanction = await self._sanctions.active(user_id, actor.guild_id, exactly=True)
        if sanction is not None and sanction.kind == "ban":
            actor.require("ban_members")
        return sanction


def check_target(actor: Actor, target: Target) -> None:
    """Raises CannotSanction for those whom the actor may not keep from anything."""
    if actor.is_operator:
        return
    if target.user_id == actor.user_id:
        raise CannotSanction(target.user_id, "yourself")
    if target.is_bot:
        raise CannotSanction(target.user_id, "bot")
    if target.owner_id is None:
        raise CannotSanction(target.user_id, "owner_unknown")
    if actor.user_id == target.owner_id:
        return
    if target.user_id == target.owner_id:
        raise CannotSanction(target.user_id, "owner")
    if target.is_administrator and not actor.is_administrator:
        raise CannotSanction(target.user_id, "administrator")


def _ends_sooner(until: datetime | None, in_force: SanctionRecord) -> bool:
    return until is not None and (in_force.until is None or until < in_force.until)


def sanction_length(field: str, duration: str) -> timedelta:
    """ "12h" → 12 hours.  Raises InvalidOption for what is no duration, or not from a minute to a year."""
    length = parse_duration(duration)
    if length is None or not SHORTEST <= length <= LONGEST:
        raise InvalidOption(field, "no_duration" if length is None else "wrong_duration", {"value": duration[:40]})
    return length
