"""What cannot be done to what exists, by anybody or by this person."""

from dataclasses import dataclass

from bot.errors.user import UserError


@dataclass(eq=False)
class NotFound(UserError):
    """`subject` is a kind of thing, such as "generation"; `number` its id, or its place counted from 1; `near` the name
    that comes nearest to the one that was asked for."""

    subject: str
    number: int | None = None
    near: str | None = None


@dataclass(eq=False)
class NotYours(UserError):
    """It belongs to somebody else, in a place where the person moderates nothing, or is nothing that `moderators` may
    do either."""

    subject: str
    moderators: bool = False


@dataclass(eq=False)
class MissingPermission(UserError):
    """`permission` is Discord's name of it, such as "manage_messages"."""

    permission: str


@dataclass(eq=False)
class AlreadyDeleted(UserError):
    """Somebody was faster, or pressed twice."""

    generation_id: int


@dataclass(eq=False)
class TooLarge(UserError):
    """A file of `size` bytes where Discord takes `limit`."""

    subject: str
    size: int
    limit: int


@dataclass(eq=False)
class KeptPrivate(UserError):
    """A picture that was ordered as private is shown to nobody else."""
