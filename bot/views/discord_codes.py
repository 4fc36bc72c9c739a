"""What Discord's numbered errors mean, and what a person is told of them.

Out: names for the numbers, and sentences.  See "JSON Error Codes" in Discord's developer documentation.
"""

from enum import IntEnum
from typing import Final

import discord


class Code(IntEnum):
    """The errors that Easel meets in its work."""

    UNKNOWN_CHANNEL = 10003
    UNKNOWN_MESSAGE = 10008
    UNKNOWN_WEBHOOK = 10015
    UNKNOWN_INTERACTION = 10062
    FILE_TOO_LARGE = 40005
    ALREADY_ANSWERED = 40060
    MISSING_ACCESS = 50001
    CANNOT_WRITE_TO_USER = 50007
    MISSING_PERMISSIONS = 50013
    INVALID_TOKEN = 50027
    TOO_MANY_LATE_EDITS = 30046
    BLOCKED_BY_AUTOMOD = 200000


# This token, webhook or interaction is no more: it has expired, or the bot was removed.
TOKEN_GONE: Final = frozenset({Code.UNKNOWN_WEBHOOK, Code.UNKNOWN_INTERACTION, Code.INVALID_TOKEN})
# There is nobody left to tell, or nothing to tell them by.
UNHEARD: Final = TOKEN_GONE | {Code.ALREADY_ANSWERED}

_SENTENCES: Final = {
    Code.UNKNOWN_CHANNEL: "This channel is gone.",
    Code.UNKNOWN_MESSAGE: "This message is gone already.",
    Code.FILE_TOO_LARGE: "Discord refused the picture: it is larger than this server takes.",
    Code.MISSING_ACCESS: (
        "Easel may not see this channel. It needs the permission “View Channel”; a moderator can give it."
    ),
    Code.CANNOT_WRITE_TO_USER: "Discord does not let Easel write to this person privately.",
    Code.MISSING_PERMISSIONS: (
        "Easel lacks a permission here. It needs “Send Messages” and “Attach Files”; a moderator can give them."
    ),
    Code.TOO_MANY_LATE_EDITS: "Discord lets messages older than an hour be changed only now and then. Try again later.",
    Code.BLOCKED_BY_AUTOMOD: "This server’s AutoMod did not let Easel’s message through.",
}


def sentence_for(error: discord.HTTPException) -> str | None:
    """What happened, in words; None where Discord's error means that something is broken."""
    return _SENTENCES.get(error.code)  # type: ignore[call-overload, no-any-return]  # an IntEnum is looked up by its int
