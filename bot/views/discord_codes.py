"""What Discord's numbered errors mean, and what a person is told of them.

Out: names for the numbers, and sentences.  See "JSON Error Codes" in Discord's developer documentation.
"""

from enum import IntEnum
from typing import Final

import discord

from bot.wording.phrases import DISCORD_ERRORS
from bot.wording.reader import say


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


def sentence_for(error: discord.HTTPException) -> str | None:
    """What happened, in words; None where Discord's error means that something is broken."""
    code = next((code for code in Code if code == error.code), None)
    return None if code is None or code.name not in DISCORD_ERRORS else say(DISCORD_ERRORS[code.name])
