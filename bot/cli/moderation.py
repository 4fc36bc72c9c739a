"""`easel moderation`: what the operator may do about people, in every server and in direct messages.

In: people's Discord ids.  Out: sanctions in the database, which a bot that runs asks about before it admits and before
it draws; the request log of all places.  Every act is in the audit log, by actor 0.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.actions.actor import Actor
from bot.cli.surroundings import JsonFlag, id_argument, id_option, print_json, read_settings
from bot.database.records import GenerationFilter, GenerationRecord, SanctionRecord, Status
from bot.errors import CommandError
from bot.wording.text import one_line, shorten

if TYPE_CHECKING:
    from bot.actions.moderation import Moderation

T = TypeVar("T")

OPERATOR = Actor.operator()
PROMPT_WIDTH = 60

moderation_commands = typer.Typer(no_args_is_help=True, help="Bans that count everywhere, and the log of all requests.")

UserArgument = Annotated[int, id_argument("The person's Discord id (Developer Mode: Copy User ID).")]
ReasonOption = Annotated[str, typer.Option(help="Why; the person reads it.")]


@moderation_commands.command()
def ban(user: UserArgument, reason: ReasonOption = "") -> None:
    """Keep a person from using Easel, in all servers and in direct messages."""
    from bot.actions.moderation import Target

    _run(lambda moderation: moderation.sanction(OPERATOR, Target(user), "ban", None, reason))
    Console().print(f"{user} is banned everywhere. What waits in the queue of a bot that runs ends before it is drawn.")


@moderation_commands.command()
def unban(user: UserArgument, reason: Annotated[str, typer.Option(help="Why; for the audit log.")] = "") -> None:
    """Lift a ban that counts everywhere; those of single servers stay."""
    _run(lambda moderation: moderation.lift(OPERATOR, user, reason))
    Console().print(f"{user} may use Easel again, where no server has banned them.")


@moderation_commands.command("list")
def list_sanctions(as_json: JsonFlag = False) -> None:
    """Show the bans that count everywhere and are in force, the newest first."""
    banned = [one for one in _run(_all_sanctions) if one.lifted_at is None]
    if as_json:
        told = [{"user": one.user_id, "since": one.created_at.isoformat(), "reason": one.reason} for one in banned]
        print_json(bans=told)
        return
    table = Table("user", "since", "reason", box=None, pad_edge=False)
    for one in banned:
        table.add_row(str(one.user_id), f"{one.created_at:%Y-%m-%d %H:%M}", escape(one_line(one.reason)))
    Console().print(table if banned else "Nobody is banned everywhere.")


@moderation_commands.command()
def log(
    user: Annotated[int | None, id_option("Only this person's requests.")] = None,
    direct: Annotated[bool, typer.Option("--direct", help="Only those of direct messages.")] = False,
    status: Annotated[str | None, typer.Option(help=f"Only requests that are {', '.join(get_args(Status))}.")] = None,
    words: Annotated[str | None, typer.Option(help="Only prompts that hold these words.")] = None,
    before: Annotated[int | None, id_option("Only requests older than this id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Read the request log of all servers and direct messages, the newest first."""
    chosen = next((one for one in get_args(Status) if one == status), None)
    if status is not None and chosen is None:
        raise CommandError(f"--status is {status}; it must be one of {', '.join(get_args(Status))}")
    wanted = GenerationFilter(user_id=user, status=chosen, words=words, direct=direct or None)
    page = _run(lambda moderation: moderation.log(OPERATOR, wanted, before, limit))
    if as_json:
        print_json(requests=[_described(record) for record in page.records], next_before=page.next_before)
        return
    table = Table("id", "at", "status", "user", "server", "prompt", box=None, pad_edge=False)
    for record in page.records:
        place = record.order.requester.guild_id
        prompt = escape(shorten(one_line(record.order.prompt), PROMPT_WIDTH))
        table.add_row(
            str(record.id), f"{record.created_at:%Y-%m-%d %H:%M}", record.status, str(record.order.requester.user_id),
            "direct message" if place is None else str(place), prompt,
        )  # fmt: skip
    Console().print(table if page.records else "Nothing matches.")
    if page.next_before is not None:
        Console().print(f"There are more: --before {page.next_before}")


def _described(record: GenerationRecord) -> dict[str, object]:
    requester = record.order.requester
    return {
        "id": record.id, "at": record.created_at.isoformat(), "status": record.status, "user": requester.user_id,
        "server": requester.guild_id, "channel": requester.channel_id, "prompt": record.order.prompt,
        "category": record.verdict.category if record.verdict else None,
    }  # fmt: skip


async def _all_sanctions(moderation: "Moderation") -> list[SanctionRecord]:
    found: list[SanctionRecord] = []
    before: int | None = None
    while True:
        page = await moderation.sanctions(OPERATOR, before, 100)
        found += page.records
        before = page.next_before
        if before is None:
            return found


def _run(act: "Callable[[Moderation], Awaitable[T]]") -> T:
    from bot.actions.moderation import Moderation, NothingPosted, NothingUnderWay
    from bot.database.audit import AuditLog
    from bot.database.generations import GenerationLog
    from bot.database.sanctions import Sanctions
    from bot.database.session import Database

    async def acted(url: str) -> T:
        async with Database(url) as database:
            return await act(
                Moderation(
                    sanctions=Sanctions(database),
                    generations=GenerationLog(database),
                    audit_log=AuditLog(database),
                    under_way=NothingUnderWay(),
                    posted=NothingPosted(),
                )
            )

    return asyncio.run(acted(read_settings().database_url))
