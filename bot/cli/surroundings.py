"""What every command finds around it: the settings, variables of the environment, the terminal.

In: environment and the settings file.  Out: Settings with the logs set up, options that several commands have,
printing that no terminal's encoding can break.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from bot.errors import CommandError, ConfigurationError
from bot.precision import PrecisionName

if TYPE_CHECKING:
    from bot.config import Settings

PrecisionOption = Annotated[
    PrecisionName | None, typer.Option(help="What the model computes with; INFERENCE_PRECISION otherwise.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]

WIDTHS: Final = {"user": 19, "server": 19, "by": 19, "about": 24, "at": 16, "since": 16, "until": 16}
LEAST: Final = {"prompt": 30, "reason": 20, "why": 20}
WIDEST: Final = 1000
LARGEST_ID: Final = 2**63 - 1  # the columns of the database; Discord's own ids stay below it


def id_argument(told: str) -> Any:
    """An id that must be given: Discord's, or a row's."""
    return typer.Argument(min=1, max=LARGEST_ID, help=told)


def id_option(told: str) -> Any:
    """An id that may be given: Discord's, or a row's."""
    return typer.Option(min=1, max=LARGEST_ID, help=told)


def table_of(*names: str) -> Table:
    """For people.  Ids and times are never cut short: they are there to be copied."""
    columns = [Column(name, no_wrap=name in WIDTHS, min_width=WIDTHS.get(name, LEAST.get(name))) for name in names]
    return Table(*columns, box=None, pad_edge=False)


def print_table(table: Table) -> None:
    """As wide as it must be; a narrow terminal breaks its lines."""
    console = Console()
    least = console.measure(table, options=console.options.update(width=WIDEST)).minimum
    Console(width=max(console.width, least)).print(table)


def read_settings() -> "Settings":
    """The settings, with the logs set up as they say; names that are almost a setting's are logged.

    Raises ConfigurationError.
    """
    import structlog

    from bot.cli.misspelt import misspelt_settings
    from bot.config import load_settings, settings_file
    from bot.logs import configure_logs

    file = settings_file()
    settings = load_settings(file)
    configure_logs(settings.log_level, settings.log_format, settings.secrets())
    for wrong in misspelt_settings(file):
        structlog.get_logger(__name__).warning(
            "setting.unknown", name=wrong.name, where=wrong.where, nearest=wrong.nearest
        )
    return settings


def port_variable(variable: str) -> int | None:
    """A port from the environment; None where the variable is not set."""
    text = os.environ.get(variable)
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ConfigurationError(variable, text, "a port is a number from 1 to 65535", f"Set {variable} to a free one.")
    return int(text)


def let_idle_threads_sleep() -> None:
    """Before torch loads: its idle threads spin long by default, and take the cores from the bot and the page.

    A short spin is the best of both: with two threads on two idle cores nine pictures took 3.6 s with it, 4.0 s
    with endless spinning, and 7.4 s with none, for waking a sleeping core takes longer than most operations.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")


def take_any_terminal() -> None:
    """A terminal that is not UTF-8 shows a question mark for what it does not know, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def print_json(**fields: object) -> None:
    print(json.dumps(fields, ensure_ascii=False))


@contextmanager
def drawing_bar(*, quiet: bool) -> Iterator[Any]:
    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("loading", total=1.0)
        yield lambda done, what: progress.update(task, completed=done, description=what)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What is wrong with a model's files is the operator's to read: a CommandError."""
    from inference.checkpoints.weights import CheckpointError

    try:
        yield
    except CheckpointError as error:
        raise CommandError(str(error)) from error


def nearest_existing(path: Path) -> Path:
    """The folder itself, or the parent in which it would be made."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
