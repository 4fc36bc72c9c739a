"""`easel run`: the bot on Discord."""

import asyncio

from bot.cli.surroundings import read_settings


def run() -> None:
    """Run the bot on Discord."""
    from bot.connection import run_bot

    asyncio.run(run_bot(read_settings()))
