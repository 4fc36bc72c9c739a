"""`easel check`: what the safety filter says about a prompt."""

import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.surroundings import JsonFlag, print_json
from bot.errors import UserError


def check(prompt: str, as_json: JsonFlag = False) -> None:
    """Ask the safety filter about a prompt; exit status 2 where it would be blocked."""
    from inference.safety.policy import Policy

    verdict = Policy().check(prompt)
    if as_json:
        print_json(**verdict.to_json())
    else:
        why = f" ({verdict.category}: {verdict.reason})" if verdict.category else ""
        Console().print(escape(f"{verdict.action}{why}"), highlight=False)
    if verdict.action == "block":
        raise typer.Exit(2)


def refuse_blocked(prompt: str) -> None:
    """Raises UserError for a prompt that the filter blocks."""
    from inference.safety.policy import Policy

    verdict = Policy().check(prompt)
    if verdict.action == "block":
        raise UserError(f"the safety filter blocks this prompt ({verdict.category}: {verdict.reason})")
