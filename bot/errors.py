"""Every error that a person may read, and nothing else.

In: subjects, values, limits.  Out: exceptions whose `str` is the sentence that the person reads.
Knows no Discord: a time to try again is `retry_at`, which the view writes in the reader's own time zone.

    UserError
    ├── NotAdmitted              refused before any work; costs the person nothing
    │   ├── Sanctioned           timed out or banned from the bot
    │   ├── ChannelNotAllowed
    │   ├── LimitReached         of a person or a server
    │   └── QueueFull
    ├── InvalidOption            a value out of range; `field` is the option's name
    ├── PromptBlocked            the filter said no; `category` names why
    ├── NotFound
    ├── NotYours
    ├── MissingPermission
    ├── CannotSanction           `reason` says why: yourself, a bot, the owner, an administrator
    ├── NotSanctioned
    ├── ServersOnly              there is no such thing in direct messages
    │   └── NoGallery
    ├── DrawnElsewhere           shared in another server than its own
    ├── TooLate, NothingToCancel
    ├── AlreadyDeleted
    ├── TooLarge                 a file for Discord
    ├── CannotAppeal             it was not blocked, or not in a server
    ├── AlreadyDecided           another moderator was quicker
    ├── GenerationCancelled
    ├── GenerationFailed         `code` is the inference server's
    │   └── NoEndpoint           no inference server can be reached
    └── NotSaved                 the database or the picture folder took no more

    ConfigurationError           for the operator, at start: names the variable, the value, the limit and the cure
"""

from datetime import datetime
from typing import Literal


class UserError(Exception):
    """`str(error)` is what the person reads; `retry_at` (UTC) says from when another try makes sense."""

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_at = retry_at


class NotAdmitted(UserError):
    """Refused before any work was done."""


class Sanctioned(NotAdmitted):
    """`kind` is "timeout" or "ban"; a timeout carries its end as `retry_at`."""

    def __init__(self, kind: str, reason: str, until: datetime | None = None) -> None:
        what = "You are timed out from Easel" if kind == "timeout" else "You are banned from Easel"
        stop = "" if reason.endswith((".", "!", "?", "…")) else "."
        super().__init__(f"{what}: {reason}{stop}" if reason else f"{what}.", until)
        self.kind = kind
        self.reason = reason


class ChannelNotAllowed(NotAdmitted):
    """`allowed` holds the ids of the channels where Easel may be used."""

    def __init__(self, allowed: tuple[int, ...]) -> None:
        super().__init__("Easel is not enabled in this channel.")
        self.allowed = allowed


class LimitReached(NotAdmitted):
    """`limit` is worded as in the settings, such as "10 per 1 minute"."""

    def __init__(self, whose: str, limit: str, retry_at: datetime) -> None:
        super().__init__(f"{whose} limit of {limit} is reached.", retry_at)
        self.limit = limit


class QueueFull(NotAdmitted):
    """The queue, or one person's share of it, holds as many generations as it may."""


class InvalidOption(UserError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PromptBlocked(UserError):
    """`category` is the filter's name for what it found; `field` is "prompt" or "negative_prompt"."""

    def __init__(self, category: str, field: str = "prompt", generation_id: int | None = None) -> None:
        name = field.replace("_", " ")
        super().__init__(f"This {name} was not accepted (category: {category}).")
        self.category = category
        self.field = field
        self.generation_id = generation_id


class NotFound(UserError):
    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} was not found. It may have been removed.")
        self.subject = subject


class NotYours(UserError):
    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} belongs to someone else.")
        self.subject = subject


class MissingPermission(UserError):
    """`permission` is Discord's name of it, such as "manage_messages"."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"You need the permission “{permission.replace('_', ' ').title()}” for this.")
        self.permission = permission


class NotSanctioned(UserError):
    """Nothing of this server's is in force; `everywhere` says that the operator's is, which only they can lift."""

    def __init__(self, user_id: int, *, everywhere: bool) -> None:
        rest = (
            "is banned everywhere; only the bot's operator can lift that"
            if everywhere
            else "is neither banned nor timed out"
        )
        super().__init__(f"<@{user_id}> {rest}.")
        self.user_id = user_id
        self.everywhere = everywhere


class CannotSanction(UserError):
    """`reason` says why this person is out of the moderator's reach."""

    def __init__(
        self, user_id: int, reason: Literal["yourself", "bot", "owner", "owner_unknown", "administrator"]
    ) -> None:
        super().__init__(
            {
                "yourself": "You cannot sanction yourself.",
                "bot": f"<@{user_id}> is a bot; bots cannot use Easel.",
                "owner": f"<@{user_id}> owns this server and cannot be sanctioned.",
                "owner_unknown": "Discord does not say who owns this server, so nobody is sanctioned now. Try again.",
                "administrator": f"<@{user_id}> is an administrator: only another one may sanction them.",
            }[reason]
        )
        self.user_id = user_id
        self.reason = reason


class ServersOnly(UserError):
    """A direct message has no such thing."""

    def __init__(self) -> None:
        super().__init__("This works in servers only.")


class NoGallery(ServersOnly):
    def __init__(self) -> None:
        UserError.__init__(self, "A gallery belongs to a server: there is none in direct messages.")


class DrawnElsewhere(UserError):
    """A picture is shared where it was drawn."""

    def __init__(self) -> None:
        super().__init__("This picture was drawn elsewhere. It can be shared only in the server where it was drawn.")


class TooLate(UserError):
    """The generation is not under way any more."""

    def __init__(self, generation_id: int) -> None:
        super().__init__("This generation is not in progress any more: it is too late to cancel it.")
        self.generation_id = generation_id


class AlreadyDeleted(UserError):
    """Somebody was faster, or pressed twice."""

    def __init__(self, generation_id: int) -> None:
        super().__init__("These pictures are deleted already.")
        self.generation_id = generation_id


class CannotAppeal(UserError):
    """Only what the filter blocked in a server can be appealed."""

    def __init__(self, generation_id: int) -> None:
        super().__init__(
            "There is nothing to appeal: only prompts that were blocked in a server have moderators to ask."
        )
        self.generation_id = generation_id


class AlreadyDecided(UserError):
    """Nothing about this generation waits for a decision any more."""

    def __init__(self, generation_id: int) -> None:
        super().__init__("This has been decided already; somebody was quicker.")
        self.generation_id = generation_id


class TooLarge(UserError):
    """A file of `size` bytes where `limit` are taken."""

    def __init__(self, subject: str, size: int, limit: int) -> None:
        super().__init__(f"{subject} has {size / 2**20:.1f} MB; Discord takes {limit / 2**20:.0f} MB here.")
        self.subject = subject
        self.size = size
        self.limit = limit


class NothingToCancel(UserError):
    def __init__(self) -> None:
        super().__init__("Nothing of yours is in progress, so there is nothing to cancel.")


class GenerationCancelled(UserError):
    def __init__(self) -> None:
        super().__init__("This generation was cancelled.")


class GenerationFailed(UserError):
    """`code` is the inference server's, such as "out_of_memory"; it is kept in the request log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoEndpoint(GenerationFailed):
    """No inference server could take the work in the time allowed."""

    def __init__(self, message: str) -> None:
        super().__init__("no_endpoint", message)


class NotSaved(UserError):
    """Something could not be written; `subject` is what, the cause is in the log under the generation's id."""

    def __init__(self, subject: str, generation_id: int | None = None) -> None:
        name = f" (Its id is {generation_id}.)" if generation_id is not None else ""
        super().__init__(f"{subject} could not be saved: the bot's disk or database takes nothing at the moment.{name}")
        self.subject = subject
        self.generation_id = generation_id


class ConfigurationError(Exception):
    """A setting that cannot be used.  Read by the operator, on the terminal, before anything has started."""

    def __init__(self, variable: str, value: str, problem: str, cure: str) -> None:
        super().__init__(f"{variable}={value!r}: {problem}. {cure}")
        self.variable = variable
        self.value = value
        self.problem = problem
        self.cure = cure
