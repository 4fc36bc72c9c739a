"""The real bot, with Discord's addresses changed for the stand-in's; the nursery forks its processes.

WIRE_API and WIRE_GATEWAY are those addresses.  Unless INFERENCE_URLS names servers, the bot's own supervisor keeps a
painter instead of a server with a model.  WIRE_LAG names a file for the event loop's lag, WIRE_PROFILE one for the
profile of the event loop's thread (`python -m pstats FILE`).
"""

import asyncio
import cProfile
import os
import sys
from pathlib import Path

import discord
import discord.gateway
import yarl

import bot.cli.app
import bot.connection
import bot.pool.endpoint
import bot.pool.servers
from bot.config import Settings
from bot.connection import run_bot


def painter_command(socket: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.discord_wire.painter", "--uds", str(socket))


async def measured(settings: Settings) -> None:
    """Run the bot, and note how late its event loop is, ten times a second."""
    noting = asyncio.create_task(note_lag(Path(os.environ["WIRE_LAG"])))
    try:
        await run_bot(settings)
    finally:
        noting.cancel()


async def note_lag(file: Path) -> None:
    loop = asyncio.get_running_loop()
    with file.open("w", buffering=1) as lags:
        while True:
            wanted = loop.time() + 0.1
            await asyncio.sleep(0.1)
            lags.write(f"{loop.time() - wanted:.4f}\n")


def main() -> None:
    discord.http.Route.BASE = os.environ["WIRE_API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["WIRE_GATEWAY"])
    setattr(bot.pool.servers, "serve_command", painter_command)  # noqa: B010  # a name that the module only imports
    if "WIRE_PROBE_SECONDS" in os.environ:
        setattr(bot.pool.endpoint, "PROBE_SECONDS", float(os.environ["WIRE_PROBE_SECONDS"]))  # noqa: B010  # is Final
    if "WIRE_LAG" in os.environ:
        setattr(bot.connection, "run_bot", measured)  # noqa: B010  # as above
    sys.argv = ["easel", "run"]
    if "WIRE_PROFILE" in os.environ:
        profile = cProfile.Profile()
        try:
            profile.runcall(bot.cli.app.main)
        finally:
            profile.dump_stats(os.environ["WIRE_PROFILE"])
    else:
        bot.cli.app.main()
