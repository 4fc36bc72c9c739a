"""The `easel` command line.

Each command builds what it needs, and imports it there: `easel version` costs no torch, and nothing happens at import.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.cli.audit import audit_commands
from bot.cli.models import model_commands
from bot.cli.train import train_commands
from bot.config import PrecisionName, Settings, load_settings
from bot.errors import ConfigurationError, UserError
from bot.logs import configure_logs
from inference import contract

app = typer.Typer(
    name="easel", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
database_commands = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(database_commands, name="db")
app.add_typer(train_commands, name="train")
app.add_typer(model_commands, name="models")
app.add_typer(audit_commands, name="audit")

PrecisionOption = Annotated[
    PrecisionName | None, typer.Option(help="What the model computes with; INFERENCE_PRECISION otherwise.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def main() -> None:
    """Run a command; an error that a person can mend is one line on stderr and exit status 1."""
    try:
        app()
    except (ConfigurationError, UserError, contract.InvalidRequest) as error:
        Console(stderr=True).print("[bold red]error:[/]", escape(str(error)), highlight=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def demo() -> None:
    """Try the bot in a local browser page: no Discord account, no token, no download."""
    try:
        from bot.demo.run import run_demo
    except ModuleNotFoundError as error:
        raise UserError(
            f"the demo needs {error.name}: run `make demo`, or pip install -e '.[demo]' in Easel's folder"
        ) from error

    port = _port("EASEL_DEMO_PORT")
    asyncio.run(run_demo(_settings(), port=port, open_browser="EASEL_NO_BROWSER" not in os.environ))


@app.command()
def run() -> None:
    """Run the bot on Discord."""
    from bot.connection import run_bot

    asyncio.run(run_bot(_settings()))


@app.command()
def serve(
    uds: Annotated[Path | None, typer.Option(help="Listen on this unix socket.")] = None,
    host: Annotated[str, typer.Option(help="Listen on this address, with --port.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Listen on this TCP port; needs INFERENCE_TOKEN.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or folder; INFERENCE_MODEL otherwise.")] = None,
    threads: Annotated[int | None, typer.Option(min=0, help="Threads for the model; 0 chooses.")] = None,
    precision: PrecisionOption = None,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="Stop when standard input closes: never outlive the parent.")
    ] = False,
) -> None:
    """Run an inference server."""
    _let_idle_threads_sleep()
    from bot.pool.supervisor import end_when_stdin_closes
    from inference.server.process import ServeOptions, serve

    settings = _settings()
    if until_stdin_closes:
        end_when_stdin_closes()
    token = settings.inference_token
    serve(
        ServeOptions(
            model=model or settings.inference_model,
            models_dir=settings.models_dir,
            uds=uds,
            host=host,
            port=port,
            token=token.get_secret_value() if token else None,
            threads=settings.inference_threads if threads is None else threads,
            precision=precision or settings.inference_precision,
        )
    )


@app.command()
def imagine(
    prompt: Annotated[str, typer.Argument(help="What to draw.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The grid's file: .png, .webp or .jpg.")] = Path(
        "grid.png"
    ),
    images: Annotated[int, typer.Option(min=1, max=contract.MAX_IMAGES)] = 9,
    seed: Annotated[
        int | None, typer.Option(min=0, max=contract.MAX_SEED, help="The same seed draws the same pictures.")
    ] = None,
    negative: Annotated[str | None, typer.Option(help="What to keep out of the picture.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow the prompt.")] = None,
    temperature: Annotated[float | None, typer.Option()] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k likeliest codes only; 0 is off.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or folder.")] = None,
    precision: PrecisionOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw without any server: prompt → grid."""
    settings = _settings()
    request = contract.GenerationRequest(
        prompt=prompt,
        negative_prompt=negative,
        images=images,
        seed=secrets.randbits(32) if seed is None else seed,
        guidance_scale=guidance,
        temperature=temperature,
        top_k=top_k,
        model=model or settings.inference_model,
        preview=False,
    )
    for text in filter(None, (prompt, negative)):
        _refuse_blocked(text)
    _refuse_unwritable(output)
    pictures, done = _draw(request, settings, precision or settings.inference_precision, quiet=as_json)
    _write_grid(output, [picture.png for picture in pictures])
    if as_json:
        described = [{"index": picture.index, "seed": picture.seed, "score": picture.score} for picture in pictures]
        _print_json(prompt=prompt, grid=str(output), model=done.model, seconds=done.seconds, images=described)
    else:
        Console().print(
            f"{output}  ({len(pictures)} pictures, seed {request.seed}, {done.seconds:.1f} s)", highlight=False
        )


@app.command()
def check(prompt: str, as_json: JsonFlag = False) -> None:
    """Ask the safety filter about a prompt; exit status 2 where it would be blocked."""
    from inference.safety.policy import Policy

    verdict = Policy().check(prompt)
    if as_json:
        _print_json(**verdict.to_json())
    else:
        why = f" ({verdict.category}: {verdict.reason})" if verdict.category else ""
        Console().print(escape(f"{verdict.action}{why}"), highlight=False)
    if verdict.action == "block":
        raise typer.Exit(2)


@database_commands.command()
def upgrade() -> None:
    """Bring the database's schema up to date, creating it where there is none."""
    from bot.database.session import Database

    async def upgrade_database() -> None:
        database = Database(settings.database_url)
        try:
            await database.upgrade()
        finally:
            await database.close()

    settings = _settings()
    asyncio.run(upgrade_database())
    Console().print("The database is up to date.")


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Look for what would keep the bot from working; each finding names its cure. Exit status 1 on a problem."""
    from bot.cli.doctor import Finding, examine, port
    from inference.checkpoints.load import verify_model
    from inference.checkpoints.store import ModelStore
    from inference.checkpoints.weights import CheckpointError

    settings = _settings()
    findings = asyncio.run(examine(settings))
    if wanted := _port("EASEL_DEMO_PORT"):
        findings.append(port(wanted, "demo page", "EASEL_DEMO_PORT"))
    try:
        findings.append(Finding("model", "ok", verify_model(settings.inference_model, ModelStore(settings.models_dir))))
    except CheckpointError as error:
        cure = "Set INFERENCE_MODEL to one that `easel models list` shows; install Easel anew if builtin is damaged."
        findings.append(Finding("model", "problem", str(error), cure))
    if as_json:
        _print_json(
            findings=[{"subject": f.subject, "grade": f.grade, "text": f.text, "cure": f.cure} for f in findings]
        )
    else:
        table = Table("", "subject", "finding", "cure", box=None, pad_edge=False)
        marks = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}
        for finding in findings:
            table.add_row(marks[finding.grade], finding.subject, escape(finding.text), escape(finding.cure))
        Console().print(table)
    if any(finding.grade == "problem" for finding in findings):
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    print(installed_version("easel"))


# ------------------------------------------------------------------------------------- what the commands stand on


def _settings() -> Settings:
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    return settings


def _port(variable: str) -> int | None:
    """A port from the environment; None where the variable is not set."""
    text = os.environ.get(variable)
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ConfigurationError(variable, text, "a port is a number from 1 to 65535", f"Set {variable} to a free one.")
    return int(text)


def _let_idle_threads_sleep() -> None:
    """Before torch loads: its idle threads spin long by default, and take the cores from the bot and the page.

    A short spin is the best of both: with two threads on two idle cores nine pictures took 3.6 s with it, 4.0 s
    with endless spinning, and 7.4 s with none, for waking a sleeping core takes longer than most operations.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")


def _refuse_blocked(prompt: str) -> None:
    from inference.safety.policy import Policy

    verdict = Policy().check(prompt)
    if verdict.action == "block":
        raise UserError(f"the safety filter blocks this prompt ({verdict.category}: {verdict.reason})")


def _draw(
    request: contract.GenerationRequest, settings: Settings, precision: str, *, quiet: bool
) -> tuple[list[contract.Image], contract.Done]:
    """Run one generation on an engine in this process; `threads` 0 takes all cores, for nobody else needs one."""
    _let_idle_threads_sleep()
    from inference.checkpoints.weights import CheckpointError
    from inference.engine.loading import LoadOptions, load_engine
    from inference.native.cores import usable_cores

    with _progress_bar(quiet=quiet) as report:
        report(0.0, "loading")
        try:
            threads = settings.inference_threads or usable_cores()
            model = request.model or settings.inference_model
            engine = load_engine(model, LoadOptions(threads, precision, settings.models_dir))
        except CheckpointError as error:
            raise UserError(str(error)) from error
        engine.add("imagine", request)
        pictures: list[contract.Image] = []
        while True:
            for _, event in engine.step():
                match event:
                    case contract.Progress(done):
                        report(done, "drawing")
                    case contract.Image():
                        pictures.append(event)
                    case contract.Failed(code):
                        raise UserError(f"the drawing failed ({code}); the log above says why")
                    case contract.Done():
                        return contract.best_first(pictures), event


@contextmanager
def _progress_bar(*, quiet: bool) -> Iterator[Any]:
    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("loading", total=1.0)
        yield lambda done, what: progress.update(task, completed=done, description=what)


def _refuse_unwritable(path: Path) -> None:
    """Before the drawing, which takes its time: can the grid be written there?"""
    from PIL import Image

    if path.suffix.lower() not in Image.registered_extensions():
        raise UserError(f"{path} cannot be written: name it .png, .webp or .jpg")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"{path} cannot be written: {path.parent} is not a folder that takes files")


def _write_grid(path: Path, pngs: list[bytes]) -> None:
    """Write the grid in the format that the file's name asks for."""
    from PIL import Image

    from bot.generation.grid import compose, reencode

    try:
        path.write_bytes(reencode(compose(pngs), Image.registered_extensions()[path.suffix.lower()]))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def _print_json(**fields: object) -> None:
    print(json.dumps(fields, ensure_ascii=False))
