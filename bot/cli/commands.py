"""`easel commands`: the slash commands as Discord knows them."""

import asyncio

import typer
from rich.console import Console

from bot.cli.surroundings import JsonFlag, print_json, read_settings

discord_commands = typer.Typer(no_args_is_help=True, help="The slash commands, as Discord knows them.")


@discord_commands.callback()
def _commands() -> None:
    """Keeps `sync` a command of its own while it is the only one."""


@discord_commands.command()
def sync(as_json: JsonFlag = False) -> None:
    """Send the commands to Discord anew, and take away copies that show them twice.

    The bot does this by itself at its start when they have changed; here every server that it is in is looked at.
    """
    from bot.connection import sync_commands

    outcomes = asyncio.run(sync_commands(read_settings()))
    if as_json:
        print_json(**outcomes)
        return
    for where, outcome in outcomes.items():
        if where == "everywhere" or outcome != "unchanged":
            Console().print(f"{where}: {outcome}", highlight=False)
