"""The bot's connection to Discord: getting in, staying in, and leaving in order.

In: settings.  Out: a process that answers on Discord until it is told to stop.
A passing trouble never ends it, neither before the first connection nor after: it waits, longer each time or as long
as Discord says.  Only what no waiting mends does: a token or an intent that Discord does not take.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import aiohttp
import discord
import discord.shard
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.command_sync import Outcome
from bot.config import Settings, looks_like_a_token
from bot.directory import DiscordDirectory
from bot.errors import ConfigurationError
from bot.garbage import set_aside
from bot.services import open_services
from bot.stopping import Stopped, StopSignals
from bot.views.outage import NOT_DONE
from bot.views.posts import ChannelPosts
from bot.views.reply import InteractionReply
from bot.web.app import serve_pages

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
LONGEST_RECONNECTION_PAUSE: Final = 10.0
LOGIN_SECONDS: Final = 120.0
# For one request; a grid of 10 MiB takes most of it on a slow line.  aiohttp's own would be five minutes.
REQUEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=30)

TOKEN_REFUSED: Final = 4004
INTENT_REFUSED: Final = 4014
REFUSED_CODES: Final = {
    4010: ("SHARD_IDS", "Discord does not know this shard"),
    4011: ("SHARD_COUNT", "the bot is in too many servers for so few shards"),
    4013: ("DISCORD_TOKEN", "Discord refused the bot's intents as invalid"),
    INTENT_REFUSED: ("DISCORD_TOKEN", "Discord refused a privileged intent, which Easel does not ask for"),
}


async def run_bot(settings: Settings) -> None:
    """Run on Discord until stopped.  Raises ConfigurationError for a missing or refused token."""
    token = _token(settings)
    with StopSignals() as stop:
        # The services close first: what they still deliver then needs Discord.
        async with Bot(settings) as bot, AsyncExitStack() as stack:
            try:
                await _run(bot, token, stop, stack)
            except Stopped:
                log.info("bot.closing")
    log.info("bot.stopped")


async def sync_commands(settings: Settings) -> dict[str, Outcome]:
    """Send the commands anew, looking at every server that the bot is in; the outcome by place.

    Raises ConfigurationError for a missing or refused token.
    """
    async with Bot(settings, sync="never") as bot:
        await log_in(bot, _token(settings))
        return await bot.sync_commands(anew=True)


def _token(settings: Settings) -> str:
    """Raises ConfigurationError where there is none, or what is none, before Discord is asked."""
    where = "Copy it from discord.com/developers/applications: your application, Bot, Reset Token"
    if settings.discord_token is None:
        cure = f"{where}, into .env; or try Easel without one: easel demo."
        raise ConfigurationError("DISCORD_TOKEN", "", "it is not set", cure, final=True)
    token = settings.discord_token.get_secret_value()
    if not looks_like_a_token(token):
        problem = f"it has {len(token)} characters and not the three parts of a bot's token"
        raise ConfigurationError("DISCORD_TOKEN", "(hidden)", problem, f"{where}.", final=True)
    return token


async def _run(bot: Bot, token: str, stop: StopSignals, stack: AsyncExitStack) -> None:
    """Open everything in order, then serve; what was opened is the stack's to close."""
    services = open_services(
        bot.settings, ChannelPosts(bot), lost=lambda why: stop.end(_taken(why)), metrics=bot.metrics
    )
    bot.services = await stop.unless(stack.enter_async_context(services))
    # Before the login: who watches /healthz sees a bot that waits for Discord, not one that is dead.
    pages = serve_pages(bot.services, DiscordDirectory(bot), lambda: bot.application_id)
    await stack.enter_async_context(pages)
    await stop.unless(log_in(bot, token))
    resumed = await bot.services.recovery.resume(partial(InteractionReply.again, bot))
    log.info("bot.logged_in", user=str(bot.user), resumed=resumed)
    await stack.enter_async_context(bot.metrics.watching_the_loop())
    bot.add_listener(_keep_pauses_short, "on_ready")
    await stop.unless(stay_connected(bot))


async def _keep_pauses_short() -> None:
    """Once Discord has told of its servers; again where a new session told of them anew."""
    set_aside()


async def log_in(bot: Bot, token: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Return once Discord has let us in.  Raises ConfigurationError where it refuses the token."""
    for pause in pauses():
        # discord.py makes a session for each try, on this connector, which the session's end closes.
        bot.http.connector = aiohttp.TCPConnector(limit=0)
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                await bot.login(token)
        except discord.LoginFailure as error:
            raise _refused(TOKEN_REFUSED) from error
        except (app_commands.CommandSyncFailure, commands.ExtensionError):
            raise  # our own mistake, which stays one
        except (discord.DiscordException, aiohttp.ClientError, OSError, TypeError, KeyError, ValueError) as error:
            # The last three: an answer that is not Discord's, such as the page of a hotel's network.
            await bot.http.close()
            await _wait(error, pause, sleep)
        else:
            _limit_requests(bot)
            return


async def stay_connected(bot: Bot, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Serve until cancelled.  Raises ConfigurationError where Discord throws the bot out for good."""
    # discord.py would wait up to 17 minutes before it tries again.
    setattr(discord.shard, "ExponentialBackoff", _ShortBackoff)  # noqa: B010  # a name that the module only imports
    for pause in pauses():
        try:
            await bot.connect()
        except discord.PrivilegedIntentsRequired as error:
            raise _refused(INTENT_REFUSED) from error
        except discord.ConnectionClosed as error:
            raise _refused(error.code) from error
        except discord.GatewayNotFound as error:
            if getattr(error.__cause__, "status", None) == 401:
                raise _refused(TOKEN_REFUSED) from error
            await _wait(error.__cause__ or error, pause, sleep)
        except (*NOT_DONE, KeyError, TypeError) as error:
            await _wait(error, pause, sleep)
        else:
            return


def pauses() -> Iterator[float]:
    """One second, two, four … up to a minute, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


class _ShortBackoff(discord.backoff.ExponentialBackoff[bool]):
    """discord.py's own, bounded: a bot whose network is back should be there soon, not after minutes."""

    def delay(self) -> float:
        return min(super().delay(), LONGEST_RECONNECTION_PAUSE)


async def _wait(error: BaseException, pause: float, sleep: Callable[[float], Awaitable[None]]) -> None:
    seconds = max(pause, retry_after(error) or 0.0)
    problem = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    log.warning("discord.away", problem=problem, retry_in_seconds=seconds)
    await sleep(seconds)


def retry_after(error: BaseException) -> float | None:
    """The seconds that Discord, or Cloudflare before it, told us to wait."""
    if isinstance(error, discord.RateLimited):
        return error.retry_after
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None


def _refused(code: int) -> ConfigurationError:
    variable, problem = REFUSED_CODES.get(code, ("DISCORD_TOKEN", f"Discord refused it (code {code})"))
    cures = {
        "DISCORD_TOKEN": "Copy it anew: Developer Portal → your app → Bot → Reset Token.",
        "SHARD_IDS": "Name shards from 0 to SHARD_COUNT - 1.",
        "SHARD_COUNT": "Raise it, on all processes, or leave it empty.",
    }
    value = "(hidden)" if variable == "DISCORD_TOKEN" else ""
    return ConfigurationError(variable, value, problem, cures[variable], final=True)


def _taken(why: str) -> ConfigurationError:
    return ConfigurationError("SHARD_IDS", "", why, "One process a shard: stop one of the two.")


def _limit_requests(bot: Bot) -> None:
    """discord.py gives its session no time limit, and no way to name one."""
    session = bot.http._HTTPClient__session  # type: ignore[attr-defined]  # noqa: SLF001
    if isinstance(session, aiohttp.ClientSession):
        session._timeout = REQUEST_TIMEOUT  # noqa: SLF001  # as above
