"""What a moderator cannot do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.errors.user import UserError


@dataclass(eq=False)
class CannotSanction(UserError):
    """`reason` says why: who the person is, or what is in force (until `until`) and would end sooner."""

    user_id: int
    reason: Literal["yourself", "bot", "owner", "owner_unknown", "administrator", "banned", "timed_out"]
    until: datetime | None = None


@dataclass(eq=False)
class NotSanctioned(UserError):
    """Nothing of this server's is in force; `everywhere` says that the operator's is, which only they can lift."""

    user_id: int
    everywhere: bool = False


@dataclass(eq=False)
class CannotAppeal(UserError):
    """Only what the filter blocked in a server can be appealed."""

    generation_id: int


@dataclass(eq=False)
class CannotAllow(UserError):
    """The prompt was blocked by a rule that holds in every server."""

    generation_id: int


@dataclass(eq=False)
class OwnWork(UserError):
    """A moderator who does not manage the server decides about nothing that they made themselves."""

    generation_id: int


@dataclass(eq=False)
class AlreadyDecided(UserError):
    """Nothing about this generation waits for a decision any more."""

    generation_id: int


@dataclass(eq=False)
class RemovedByOperator(UserError):
    """A server's moderators do not show again what the bot's operator removed."""

    generation_id: int
