"""`easel db`: the database's schema."""

import asyncio

import typer
from rich.console import Console

from bot.cli.surroundings import read_settings

database_commands = typer.Typer(no_args_is_help=True, help="The database.")


@database_commands.callback()
def _database() -> None:
    """Keeps each command under its name while there is only one."""


@database_commands.command()
def upgrade() -> None:
    """Bring the database's schema up to date, creating it where there is none."""
    asyncio.run(_upgrade(read_settings().database_url))
    Console().print("The database is up to date.")


async def _upgrade(url: str) -> None:
    from bot.database.session import Database

    database = Database(url)
    try:
        await database.upgrade()
    finally:
        await database.close()
