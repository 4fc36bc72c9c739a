"""`easel audit`: whether the audit log is as it was written."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.desk import kept_database
from bot.cli.surroundings import JsonFlag, print_json, read_settings

if TYPE_CHECKING:
    from bot.database.audit import Verification

audit_commands = typer.Typer(no_args_is_help=True, help="The audit log of moderators' acts.")


@audit_commands.callback()
def _audit() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@audit_commands.command()
def verify(
    known: Annotated[
        str | None, typer.Option(help="A newest hash that was printed before; it must still be in the log.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Find rows that were changed, put in or taken out.  Exit status 1 where there are any.

    Keep the newest hash elsewhere: with --known it shows, too, that the log's end was not cut off.
    """
    result = asyncio.run(_verified(read_settings().database_url, known))
    sound = not result.faults and result.known_found
    console = Console(highlight=False)
    if as_json:
        faults = [{"row": fault.row_id, "problem": fault.problem} for fault in result.faults]
        document = {"sound": sound, "rows": result.rows, "redacted": result.redacted, "newest": result.head}
        print_json(**document, faults=faults, known_found=result.known_found)
    else:
        for fault in result.faults:
            console.print(f"[red]row {fault.row_id}[/]: {fault.problem}")
        if not result.known_found:
            why = "is not in the log: its end was cut off, or it was written anew"
            console.print(f"[red]the hash {escape(str(known))}[/] {why}", soft_wrap=True)
        erased = f", {result.redacted} of them with a person's data erased" if result.redacted else ""
        told = f"{'sound' if sound else 'NOT sound'}: {result.rows} rows{erased}"
        console.print(f"{told}\nnewest hash: {result.head}", soft_wrap=True)  # in one piece, to be copied
    if not sound:
        raise typer.Exit(1)


async def _verified(url: str, known: str | None) -> "Verification":
    from bot.database.audit import AuditLog

    async with kept_database(url) as database:
        return await AuditLog(database).verify(known)
