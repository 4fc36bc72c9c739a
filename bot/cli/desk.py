"""What the operator's commands act with: everything that is kept, and no Discord.

In: settings.  Out: the database that a bot works with, none being made; a `Desk` over it, while an act takes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console

from bot.actions.actor import Actor
from bot.cli.surroundings import read_settings
from bot.errors import CommandError
from bot.wording.duration import parse_moment

if TYPE_CHECKING:
    from bot.actions.exports import Exports
    from bot.actions.moderation import Moderation
    from bot.actions.sweep import Sweep
    from bot.database.generations import GenerationLog
    from bot.database.reviews import Reviews
    from bot.database.session import Database

T = TypeVar("T")

OPERATOR = Actor.operator()


@dataclass(frozen=True, slots=True)
class Desk:
    moderation: "Moderation"
    generations: "GenerationLog"
    reviews: "Reviews"
    exports: "Exports"
    sweep: "Sweep"


@asynccontextmanager
async def kept_database(url: str) -> "AsyncIterator[Database]":
    """The database that is there.  Raises CommandError for none: an act in an empty one would be done for nobody."""
    from bot.database.session import Database

    database = Database(url)
    try:
        if await database.schema_state() == "empty":
            raise CommandError(
                f"{database.name} is no database of Easel's yet: easel run or easel db upgrade makes it one. Where a "
                "service has its settings in a file of its own, EASEL_ENV_FILE must name that file"
            )
        await database.open()
        yield database
    finally:
        await database.close()


def at_desk(act: Callable[[Desk], Awaitable[T]], *, changes: bool = False) -> T:
    """What the act returns; where it `changes` something, it is said in which database."""
    from bot.actions.exports import Exports
    from bot.actions.moderation import Moderation, NothingPosted, NothingUnderWay
    from bot.actions.sweep import Sweep
    from bot.database.audit import AuditLog
    from bot.database.generations import GenerationLog
    from bot.database.reviews import Reviews
    from bot.database.sanctions import Sanctions
    from bot.database.statistics import Statistics

    async def acted(url: str) -> T:
        async with kept_database(url) as database:
            if changes:
                Console().print(f"In {database.name}:", highlight=False, markup=False, soft_wrap=True)
            generations, audit_log = GenerationLog(database), AuditLog(database)
            moderation = Moderation(
                sanctions=Sanctions(database), generations=generations, audit_log=audit_log,
                statistics=Statistics(database), under_way=NothingUnderWay(), posted=NothingPosted(),
            )  # fmt: skip
            exports, sweep = Exports(generations, audit_log), Sweep(generations, audit_log)
            return await act(Desk(moderation, generations, Reviews(database), exports, sweep))

    return asyncio.run(acted(read_settings().database_url))


def moment_option(name: str, written: str | None, *, end: bool = False) -> datetime | None:
    """ "2 days" or "2026-05-03".  Raises CommandError."""
    if written is None:
        return None
    found = parse_moment(written, datetime.now(UTC), end=end)
    if found is None:
        raise CommandError(f"--{name} is {written}; it must read like 12 hours, 2 days, yesterday, or 2026-05-03")
    return found
