"""Refused at the door, before any work: it costs the person nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.errors.user import UserError


class NotAdmitted(UserError):
    """Refused before any work was done."""


@dataclass(eq=False)
class Sanctioned(NotAdmitted):
    """A timeout has an end, `until`; what counts `everywhere` is the operator's word, all else a server's."""

    kind: Literal["timeout", "ban"]
    reason: str = ""
    until: datetime | None = None
    everywhere: bool = False

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
