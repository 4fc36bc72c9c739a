"""`easel doctor`: what would keep the bot from working, and the cure."""

from dataclasses import asdict

import typer
from rich.console import Console

from bot.cli.finding import show
from bot.cli.surroundings import JsonFlag, print_json


def doctor(as_json: JsonFlag = False) -> None:
    """Look for what would keep the bot from working; each finding names its cure. Exit status 1 on a problem."""
    from bot.cli.examination import findings

    found = findings()
    if as_json:
        print_json(findings=[asdict(finding) for finding in found])
    else:
        show(found, Console())
    if any(finding.grade == "problem" for finding in found):
        raise typer.Exit(1)
