"""Every error that a person may read, and nothing else.

In: subjects, values, limits.  Out: exceptions that carry them, and no sentence: `bot.wording.explain` makes one, in the
reader's language.  `str(error)` is for logs; the request log keeps an error's `code` and `details`.

    UserError
    ├── NotAdmitted              refused before any work; costs the person nothing
    │   ├── Sanctioned           timed out or banned from the bot
    │   ├── ChannelNotAllowed
    │   ├── DirectMessagesRefused
    │   ├── LimitReached         of a person, a role, a server, or everybody
    │   ├── QueueFull
    │   ├── Busy                 nothing could be written down in time
    │   └── Restarting
    ├── InvalidOption            a value out of range; `field` is the option's name
    ├── PromptBlocked            the filter said no; `category` names why
    ├── PicturesHeld             the picture check left none to show
    ├── NotFound
    ├── NotYours
    ├── MissingPermission
    ├── CannotSanction           `reason` says why: yourself, a bot, the owner, an administrator
    ├── NotSanctioned
    ├── ServersOnly              there is no such thing in direct messages
    │   └── NoGallery
    ├── MayNotShare              the server's gallery is closed, or open to some roles only
    ├── SharingBlocked           a moderator keeps this person from sharing
    ├── ContestRunning           a server has one contest at a time
    ├── ContestOver              not the time to enter, to vote or to cancel
    ├── OwnEntry                 nobody votes for their own
    ├── DrawnElsewhere           shared in another server than its own
    ├── KeptPrivate              ordered for oneself alone, and so never shared
    ├── TooLate, NothingToCancel
    ├── AlreadyDeleted
    ├── TooLarge                 a file for Discord
    ├── CannotAppeal             it was not blocked, or not in a server
    ├── AlreadyDecided           another moderator was quicker
    ├── GenerationCancelled
    ├── GenerationFailed         `reason` is the inference server's code, or the bot's own
    │   └── NoEndpoint           no inference server can be reached
    ├── NotSaved                 the database or the picture folder took no more
    └── Broken                   nobody knows what; `error_id` is in the log

    ConfigurationError           for the operator, at start: names the variable, the value, the limit and the cure
    CommandError                 for whoever sits at the terminal, in a sentence
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


class UserError(Exception):
    """A subclass is a dataclass of what its sentence needs.  From `retry_at` (UTC) on, another try makes sense."""

    @property
    def code(self) -> str:
        """LimitReached → "limit_reached"."""
        return _WORDS.sub("_", type(self).__name__).lower()

    @property
    def details(self) -> dict[str, Any]:
        """Its fields as JSON takes them."""
        return {name: _plain(getattr(self, name)) for name in getattr(self, "__dataclass_fields__", ())}

    @property
    def retry_at(self) -> datetime | None:
        return None

    def __str__(self) -> str:
        told = [self.code, *(f"{name}={value!r}" for name, value in self.details.items())]
        return " ".join(told) if hasattr(self, "__dataclass_fields__") else super().__str__() or self.code


# ------------------------------------------------------------------------------------------------- refused at the door


class NotAdmitted(UserError):
    """Refused before any work was done."""


@dataclass(eq=False)
class Sanctioned(NotAdmitted):
    """A timeout has an end, `until`."""

    kind: Literal["timeout", "ban"]
    reason: str = ""
    until: datetime | None = None

    @property
    def retry_at(self) -> datetime | None:
        return self.until


@dataclass(eq=False)
class ChannelNotAllowed(NotAdmitted):
    """`allowed` holds the ids of the channels where Easel may be used."""

    allowed: tuple[int, ...]


@dataclass(eq=False)
class DirectMessagesRefused(NotAdmitted):
    """The operator wants Easel to be used in servers only."""


@dataclass(eq=False)
class LimitReached(NotAdmitted):
    """`amount` generations each `every` `unit`s are as many as may be; there is room again at `free_at`.

    `whose` limit: the person's everywhere, everybody's in this server, that of a role of theirs, the server's, all's.
    """

    whose: Literal["person", "here", "role", "server", "all"]
    amount: int
    every: int
    unit: str  # second, minute, hour, day, month, year
    free_at: datetime

    @property
    def retry_at(self) -> datetime:
        return self.free_at


@dataclass(eq=False)
class QueueFull(NotAdmitted):
    """The queue, or one person's share of it, holds as many generations as it may.

    `seconds` is when one of them is expected to end; None where none of them runs, or nothing was measured yet.
    """

    whose: Literal["person", "server", "all"]
    under_way: int
    limit: int
    seconds: float | None = None


@dataclass(eq=False)
class Busy(NotAdmitted):
    """The order could not be written down in the time that Discord leaves for an answer."""


@dataclass(eq=False)
class Restarting(NotAdmitted):
    """The bot is about to stop, and takes no new orders."""


# ---------------------------------------------------------------------------------------------------- what is asked for


@dataclass(eq=False)
class InvalidOption(UserError):
    """`problem` is a code, such as "out_of_range"; `data` what its sentence needs besides the field."""

    field: str
    problem: str
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(eq=False)
class PromptBlocked(UserError):
    """`category` is the filter's name for what it found; `field` is "prompt" or "negative_prompt"."""

    category: str
    field: str = "prompt"
    generation_id: int | None = None


@dataclass(eq=False)
class NotFound(UserError):
    """`subject` is a kind of thing, such as "generation"; `number` its id, or its place counted from 1."""

    subject: str
    number: int | None = None


@dataclass(eq=False)
class PicturesHeld(UserError):
    """Nothing is left to show; `reviewed` says that moderators look at it, and may show it after all."""

    reviewed: bool


@dataclass(eq=False)
class NotYours(UserError):
    """It belongs to somebody else, in a place where the person moderates nothing."""

    subject: str


@dataclass(eq=False)
class MissingPermission(UserError):
    """`permission` is Discord's name of it, such as "manage_messages"."""

    permission: str


@dataclass(eq=False)
class NotSanctioned(UserError):
    """Nothing of this server's is in force; `everywhere` says that the operator's is, which only they can lift."""

    user_id: int
    everywhere: bool = False


@dataclass(eq=False)
class CannotSanction(UserError):
    """`reason` says why this person is out of the moderator's reach."""

    user_id: int
    reason: Literal["yourself", "bot", "owner", "owner_unknown", "administrator"]


@dataclass(eq=False)
class ServersOnly(UserError):
    """A direct message has no such thing."""


@dataclass(eq=False)
class NoGallery(ServersOnly):
    """A gallery belongs to a server."""


@dataclass(eq=False)
class MayNotShare(UserError):
    """`roles` are those whose members may; none where nobody may."""

    roles: tuple[int, ...] = ()


@dataclass(eq=False)
class SharingBlocked(UserError):
    """A moderator keeps this person's pictures out of the gallery."""

    reason: str


@dataclass(eq=False)
class ContestRunning(UserError):
    """A server has one contest at a time."""

    contest_id: int
    ends_at: datetime


@dataclass(eq=False)
class ContestOver(UserError):
    """It is not the time to do this in a contest, or no longer."""

    contest_id: int


@dataclass(eq=False)
class OwnEntry(UserError):
    """Nobody votes for their own picture."""


@dataclass(eq=False)
class DrawnElsewhere(UserError):
    """A picture is shared where it was drawn."""


@dataclass(eq=False)
class KeptPrivate(UserError):
    """A picture that was ordered as private is shown to nobody else."""


@dataclass(eq=False)
class TooLate(UserError):
    """The generation is not under way any more."""

    generation_id: int


@dataclass(eq=False)
class AlreadyDeleted(UserError):
    """Somebody was faster, or pressed twice."""

    generation_id: int


@dataclass(eq=False)
class CannotAppeal(UserError):
    """Only what the filter blocked in a server can be appealed."""

    generation_id: int


@dataclass(eq=False)
class AlreadyDecided(UserError):
    """Nothing about this generation waits for a decision any more."""

    generation_id: int


@dataclass(eq=False)
class TooLarge(UserError):
    """A file of `size` bytes where Discord takes `limit`."""

    subject: str
    size: int
    limit: int


@dataclass(eq=False)
class NothingToCancel(UserError):
    """Nothing of this person's is under way."""


# ------------------------------------------------------------------------------------------------------ what went wrong


@dataclass(eq=False)
class GenerationCancelled(UserError):
    """Somebody stopped it who may."""


@dataclass(eq=False)
class GenerationFailed(UserError):
    """`reason` is the inference server's code, such as "out_of_memory", or one of the bot's own."""

    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.reason

    @property
    def details(self) -> dict[str, Any]:
        return dict(self.data)


class NoEndpoint(GenerationFailed):
    """No inference server could take the work in the time allowed; `doing` is "check" or "draw"."""

    def __init__(self, doing: Literal["check", "draw"], seconds: float) -> None:
        super().__init__("no_endpoint", {"doing": doing, "seconds": seconds})


@dataclass(eq=False)
class NotSaved(UserError):
    """Something could not be written; the cause is in the log, under the generation's id where there is one."""

    subject: str
    generation_id: int | None = None


@dataclass(eq=False)
class Broken(UserError):
    """A fault of Easel's own."""

    error_id: str


def restored(code: str, details: Mapping[str, Any]) -> UserError:
    """The error as the request log kept it, as far as it can be told from there."""
    kept: tuple[type[UserError], ...] = (Sanctioned, InvalidOption, NotFound, NoEndpoint, NotSaved, Broken)
    for kind in kept:
        if code == _WORDS.sub("_", kind.__name__).lower():
            try:
                return kind(**{name: _revived(name, value) for name, value in details.items()})
            except TypeError:  # written by another version
                break
    return GenerationFailed(code, details)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _revived(name: str, value: object) -> object:
    return datetime.fromisoformat(cast("str", value)) if name == "until" and value is not None else value


# --------------------------------------------------------------------------------------------------- at the terminal


class ConfigurationError(Exception):
    """A setting that cannot be used.  Read by the operator, on the terminal, before anything has started.

    `final`: only another setting mends it; else what it names, such as a database, may only be away for a while.
    """

    def __init__(self, variable: str, value: str, problem: str, cure: str, *, final: bool = False) -> None:
        super().__init__(f"{variable}={value!r}: {problem}. {cure}")
        self.variable = variable
        self.value = value
        self.problem = problem
        self.cure = cure
        self.final = final


class CommandError(Exception):
    """What a command of the terminal cannot do, in a sentence."""
