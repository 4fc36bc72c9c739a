"""`easel db`: the database's schema, a copy of it, and the way back."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.surroundings import read_settings
from bot.errors import CommandError

database_commands = typer.Typer(no_args_is_help=True, help="The database.")


@database_commands.command()
def upgrade() -> None:
    """Bring the database's schema up to date, creating it where there is none."""
    name = asyncio.run(_upgrade(read_settings().database_url))
    Console().print(f"{name} is up to date.", highlight=False, markup=False, soft_wrap=True)


async def _upgrade(url: str) -> str:
    """The database's name."""
    from bot.database.session import Database

    database = Database(url)
    try:
        await database.upgrade()
    finally:
        await database.close()
    return database.name


@database_commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; a file that is not there yet.")],
) -> None:
    """Copy the whole database into one file, also while the bot runs.  The pictures are not in it."""
    from bot.database.backup import back_up
    from bot.database.session import Database

    if not file.absolute().parent.is_dir():
        raise CommandError(f"{file} cannot be written: there is no folder {file.absolute().parent}")
    url = read_settings().database_url
    asyncio.run(back_up(url, file))
    told = f"{file} ({file.stat().st_size / 1e6:.1f} MB), of {Database(url).name}"
    Console().print(told, highlight=False, markup=False, soft_wrap=True)


@database_commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `easel db backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Put a backup in place of what is in the database.  Stop the bot first."""
    from bot.database.backup import check_restore
    from bot.database.backup import restore as put_back
    from bot.database.session import Database

    settings = read_settings()
    asyncio.run(check_restore(settings.database_url, file))
    if not yes:
        typer.confirm(f"Everything in {Database(settings.database_url).name} is replaced.  Go on?", abort=True)
    asyncio.run(put_back(settings.database_url, file))
    Console().print("The database is as it was then, with the schema of now.")
