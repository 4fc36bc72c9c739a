"""`easel find`: which generation a picture file shows, and `easel db hash`, which takes note of older pictures.

In: a picture file.  Out: generations of all servers, the likest first.  Works while the bot runs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from bot.actions.actor import Actor
from bot.cli.desk import kept_database
from bot.cli.surroundings import JsonFlag, print_json, print_table, read_settings, table_of
from bot.errors import CommandError
from bot.wording.text import one_line, shorten

if TYPE_CHECKING:
    from bot.actions.recognition import Recognised, Recognition

T = TypeVar("T")

PROMPT_WIDTH = 60


def find(
    file: Annotated[Path, typer.Argument(help="A picture: saved, changed, a screenshot of it.")],
    as_json: JsonFlag = False,
) -> None:
    """Find out which generation a picture shows, in all servers; exit status 1 where none does."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror or error}") from error
    found = _run(lambda recognition: recognition.find(Actor.operator(), data))
    if as_json:
        print_json(found=[_described(one) for one in found])
    elif found:
        table = table_of("id", "picture", "alike", "at", "user", "server", "state", "prompt")
        for one in found:
            told = _described(one)
            row = (str(told[name]) for name in ("id", "picture", "alike", "at", "user", "server", "state"))
            table.add_row(*row, escape(shorten(one_line(one.record.order.prompt), PROMPT_WIDTH)))
        print_table(table)
    else:
        Console().print("No picture looks like it.  Those from before there were hashes: easel db hash")
    if not found:
        raise typer.Exit(1)


def hash_pictures() -> None:
    """Take note of what pictures look like that were drawn before Easel did so by itself; again does no harm."""
    console = Console()

    async def fill(recognition: "Recognition") -> int:
        done = 0
        async for done in recognition.fill():
            console.print(f"{done} pictures …", end="\r")
        return done

    console.print(f"{_run(fill)} pictures can be found now that could not before.")


def _described(one: "Recognised") -> dict[str, object]:
    requester = one.record.order.requester
    return {
        "id": one.record.id, "picture": one.index + 1, "alike": f"{one.share:.0%}",
        "at": one.record.created_at.isoformat(timespec="minutes"), "user": requester.user_id,
        "server": requester.guild_id or "direct message",
        "state": "removed" if one.record.removal is not None else one.record.status, "prompt": one.record.order.prompt,
    }  # fmt: skip


def _run(act: "Callable[[Recognition], Awaitable[T]]") -> T:
    from bot.actions.recognition import Recognition
    from bot.database.fingerprints import Fingerprints
    from bot.database.generations import GenerationLog
    from bot.storage.choice import open_storage

    async def acted() -> T:
        settings = read_settings()
        async with kept_database(settings.database_url) as database, open_storage(settings) as storage:
            fingerprints, generations = Fingerprints(database), GenerationLog(database)
            return await act(Recognition(fingerprints=fingerprints, generations=generations, storage=storage))

    return asyncio.run(acted())
