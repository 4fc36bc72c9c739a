"""Every error that a person may read, and nothing else.

In: subjects, values, limits.  Out: exceptions that carry them, and no sentence: `bot.wording.explain` makes one, in the
reader's language.  `str(error)` is for logs; the request log keeps an error's `code` and `details`.  The modules here
are for reading; everybody else imports from this one.

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
    ├── CannotSanction           `reason` says why: yourself, a bot, the owner, an administrator, out for longer
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
    ├── OwnWork                  somebody else decides about it
    ├── AlreadyDecided           another moderator was quicker
    ├── CannotAllow              no server can let this prompt pass
    ├── RemovedByOperator        no server shows it again
    ├── GenerationCancelled
    ├── GenerationFailed         `reason` is the inference server's code, or the bot's own
    │   └── NoEndpoint           no inference server can be reached
    ├── NotSaved                 the database or the picture folder took no more
    ├── NotRead                  the database does not answer
    ├── DiscordAway              Discord does not answer
    └── Broken                   nobody knows what; `error_id` is in the log

    ConfigurationError           for the operator, at start: names the variable, the value, the limit and the cure
    CommandError                 for whoever sits at the terminal, in a sentence
"""

from bot.errors.admission import (
    Busy,
    ChannelNotAllowed,
    DirectMessagesRefused,
    LimitReached,
    NotAdmitted,
    QueueFull,
    Restarting,
    Sanctioned,
)
from bot.errors.drawing import (
    Broken,
    DiscordAway,
    GenerationCancelled,
    GenerationFailed,
    InvalidOption,
    NoEndpoint,
    NothingToCancel,
    NotRead,
    NotSaved,
    PicturesHeld,
    PromptBlocked,
    TooLate,
    no_such_model,
)
from bot.errors.gallery import (
    ContestOver,
    ContestRunning,
    DrawnElsewhere,
    MayNotShare,
    NoGallery,
    OwnEntry,
    ServersOnly,
    SharingBlocked,
)
from bot.errors.kept import restored
from bot.errors.moderation import (
    AlreadyDecided,
    CannotAllow,
    CannotAppeal,
    CannotSanction,
    NotSanctioned,
    OwnWork,
    RemovedByOperator,
)
from bot.errors.pictures import AlreadyDeleted, KeptPrivate, MissingPermission, NotFound, NotYours, TooLarge
from bot.errors.terminal import CommandError, ConfigurationError
from bot.errors.user import UserError

__all__ = (
    "AlreadyDecided",
    "AlreadyDeleted",
    "Broken",
    "Busy",
    "CannotAllow",
    "CannotAppeal",
    "CannotSanction",
    "ChannelNotAllowed",
    "CommandError",
    "ConfigurationError",
    "ContestOver",
    "ContestRunning",
    "DirectMessagesRefused",
    "DiscordAway",
    "DrawnElsewhere",
    "GenerationCancelled",
    "GenerationFailed",
    "InvalidOption",
    "KeptPrivate",
    "LimitReached",
    "MayNotShare",
    "MissingPermission",
    "NoEndpoint",
    "NoGallery",
    "NotAdmitted",
    "NotFound",
    "NotRead",
    "NotSanctioned",
    "NotSaved",
    "NotYours",
    "NothingToCancel",
    "OwnEntry",
    "OwnWork",
    "PicturesHeld",
    "PromptBlocked",
    "QueueFull",
    "RemovedByOperator",
    "Restarting",
    "Sanctioned",
    "ServersOnly",
    "SharingBlocked",
    "TooLarge",
    "TooLate",
    "UserError",
    "no_such_model",
    "restored",
)
