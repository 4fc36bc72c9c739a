"""The real bot, with Discord's addresses changed for the stand-in's: `python -m tests.discord_wire.child`.

WIRE_API and WIRE_GATEWAY are those addresses.  Unless INFERENCE_URLS names servers, the bot's own supervisor keeps a
painter instead of a server with a model.
"""

import os
import sys
from pathlib import Path

import discord
import discord.gateway
import yarl

import bot.cli.app
import bot.services


def painter_command(socket: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.discord_wire.painter", "--uds", str(socket))


def main() -> None:
    discord.http.Route.BASE = os.environ["WIRE_API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["WIRE_GATEWAY"])
    setattr(bot.services, "serve_command", painter_command)  # noqa: B010  # a name that the module only imports
    sys.argv = ["easel", "run"]
    bot.cli.app.main()


if __name__ == "__main__":
    main()
