"""One thing asked of Discord, again for as long as Discord is ill or away.

In: a request to make.  Out: its answer, or one of three reasons why there is none; each calls for something else.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final, TypeVar

import discord
import structlog

from bot.views.discord_codes import TOKEN_GONE, Code
from bot.views.outage import NOT_DONE

log = structlog.get_logger(__name__)

T = TypeVar("T")
Turn = AbstractAsyncContextManager[None]

AT_ONCE: Final = nullcontext()
FIRST_PAUSE: Final = 1.0  # seconds before something is tried again, doubled each time; discord.py tries itself, too
LONGEST_PAUSE: Final = 30.0
TRY_SECONDS: Final = 90.0  # for ten megabytes on a slow line


class Vanished(Exception):
    """The message was deleted: whoever did so wants it gone, so nothing takes its place."""


class Unreachable(Exception):
    """There is no way there any more: the interaction's token serves no longer, or Discord was away for too long."""


class TooLarge(Exception):
    """The file is larger than is taken here."""


async def attempt(act: Callable[[], Awaitable[T]], until: float, *, generation_id: int, turn: Turn = AT_ONCE) -> T:
    """Do it, again after a while where Discord is ill or away, `until` then on the monotonic clock.

    Each try waits for its `turn` first, for which no deadline counts.  Raises Vanished, Unreachable or TooLarge.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            async with turn, asyncio.timeout(TRY_SECONDS):
                return await act()
        except NOT_DONE as error:
            code = getattr(error, "code", 0)
            if code == Code.UNKNOWN_MESSAGE:
                raise Vanished from error
            if code == Code.FILE_TOO_LARGE or getattr(error, "status", 0) == 413:
                raise TooLarge from error
            passing = not isinstance(error, discord.HTTPException) or error.status == 429 or error.status >= 500
            if code in TOKEN_GONE or not passing or time.monotonic() + pause > until:
                log.warning("discord.refused", generation=generation_id, error=str(error), code=code)
                raise Unreachable from error
            log.info("discord.tried_again", generation=generation_id, error=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
