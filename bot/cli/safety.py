"""`easel safety`: how the filter fares, so that its thresholds can be argued about with numbers."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.desk import kept_database
from bot.cli.surroundings import JsonFlag, id_option, print_json, read_settings

if TYPE_CHECKING:
    from bot.database.reviews import CategoryReport

safety_commands = typer.Typer(no_args_is_help=True, help="The safety filter.")


@safety_commands.callback()
def _safety() -> None:
    """Keeps `report` a command of its own while it is the only one."""


@safety_commands.command()
def report(
    guild: Annotated[int | None, id_option("Of one server only, by its id.")] = None, as_json: JsonFlag = False
) -> None:
    """Show, by category, how often the filter flagged, blocked, was appealed against, and was overturned."""
    rows = asyncio.run(_reported(read_settings().database_url, guild))
    if as_json:
        print_json(categories=[{**row.numbers(), "category": row.category} for row in rows])
        return
    table = Table("category", "flagged", "blocked", "appeals", "overturned", "overturned %")
    for row in rows:
        share = f"{100 * row.overturned / row.appeals:.0f}" if row.appeals else ""
        numbers = (row.flagged, row.blocked, row.appeals, row.overturned)
        table.add_row(row.category, *map(str, numbers), share)
    Console().print(table if rows else "The filter has found nothing so far.")


async def _reported(url: str, guild_id: int | None) -> "tuple[CategoryReport, ...]":
    from bot.database.reviews import Reviews

    async with kept_database(url) as database:
        return await Reviews(database).report(guild_id)
