"""`easel storage`: the picture files."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.desk import kept_database
from bot.cli.surroundings import read_settings

if TYPE_CHECKING:
    from bot.config import Settings

storage_commands = typer.Typer(no_args_is_help=True, help="The picture files.")


@storage_commands.callback()
def storage() -> None:
    """The picture files."""


@storage_commands.command()
def clean(
    delete: Annotated[bool, typer.Option("--delete", help="Delete them; otherwise they are only listed.")] = False,
) -> None:
    """List the files that no row of the database names, a day old at least, or delete them.

    Also while the bot runs.  Not with a database that is older than the files, such as a backup: it would name too few.
    """
    count, size = asyncio.run(_clean(read_settings(), Console(), delete=delete))
    done = "deleted" if delete else "that no row names; easel storage clean --delete deletes them"
    Console().print(f"{count} files ({size / 1e6:.1f} MB) {done}", highlight=False)


async def _clean(settings: "Settings", console: Console, *, delete: bool) -> tuple[int, int]:
    from bot.actions.cleaning import Cleaner
    from bot.database.files import FileKeys
    from bot.database.session import utc_now
    from bot.storage.choice import open_storage

    count = size = 0
    async with kept_database(settings.database_url) as database, open_storage(settings) as storage:
        async for orphan in Cleaner(storage, FileKeys(database)).orphans(utc_now()):
            if delete:
                await storage.delete(orphan.key)
            console.print(escape(orphan.key), highlight=False, soft_wrap=True)
            count, size = count + 1, size + orphan.size
    return count, size
