"""What cannot be shared, entered or voted for."""

from dataclasses import dataclass
from datetime import datetime

from bot.errors.user import UserError


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
class DrawnElsewhere(UserError):
    """A picture is shared where it was drawn."""


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
