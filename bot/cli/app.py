"""The `easel` command line: a module beside this one holds each command, or group of commands.

Each command builds what it needs, and imports it there: `easel version` costs no torch, and nothing happens at import.
"""

import sys
from importlib.metadata import version as installed_version
from os import EX_CONFIG

import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.audit import audit_commands
from bot.cli.check import check
from bot.cli.commands import discord_commands
from bot.cli.database import database_commands
from bot.cli.demo import demo
from bot.cli.doctor import doctor
from bot.cli.find import find, hash_pictures
from bot.cli.imagine import imagine
from bot.cli.models import model_commands
from bot.cli.moderation import moderation_commands
from bot.cli.provenance import provenance_commands
from bot.cli.run import run
from bot.cli.safety import safety_commands
from bot.cli.serve import serve
from bot.cli.storage import storage_commands
from bot.cli.surroundings import take_any_terminal
from bot.cli.train import train_commands
from bot.errors import CommandError, ConfigurationError, UserError
from inference import contract


def version() -> None:
    """Print the version."""
    print(installed_version("easel"))


app = typer.Typer(
    name="easel", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A Discord bot that draws, with its own inference server.",
)  # fmt: skip
for command in (demo, run, serve, imagine, check, find, doctor, version):
    app.command()(command)
database_commands.command("hash")(hash_pictures)
for group, name in (
    (database_commands, "db"), (model_commands, "models"), (train_commands, "train"), (audit_commands, "audit"),
    (storage_commands, "storage"),
    (safety_commands, "safety"),
    (discord_commands, "commands"), (moderation_commands, "moderation"), (provenance_commands, "provenance"),
):  # fmt: skip
    app.add_typer(group, name=name)


def main() -> None:
    """Run a command; an error that a person can mend is a line on stderr and exit status 1.

    It is 78 (EX_CONFIG of sysexits.h) where starting again changes nothing: the units in deploy/ then let it be.
    """
    take_any_terminal()
    try:
        app()
    except (ConfigurationError, CommandError, UserError, contract.InvalidRequest) as error:
        for one in (error, *error.others) if isinstance(error, ConfigurationError) else (error,):
            told = _explained(one) if isinstance(one, UserError) else str(one)
            Console(stderr=True).print("[bold red]error:[/]", escape(told), highlight=False, soft_wrap=True)
        sys.exit(EX_CONFIG if isinstance(error, ConfigurationError) and error.final else 1)


def _explained(error: UserError) -> str:
    from bot.wording.catalogue import ENGLISH
    from bot.wording.form import PLAIN
    from bot.wording.reader import reading
    from bot.wording.render import explain

    with reading(ENGLISH, PLAIN):
        return explain(error)
