"""`easel serve`: an inference server, by the settings and, before them, by its options."""

import re
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.surroundings import PrecisionOption, let_idle_threads_sleep, read_settings
from bot.errors import CommandError

if TYPE_CHECKING:
    from bot.config import Settings


def serve(
    uds: Annotated[Path | None, typer.Option(help="Listen on this unix socket.")] = None,
    host: Annotated[str, typer.Option(help="Listen on this address, with --port.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Listen on this TCP port; needs INFERENCE_TOKEN.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or folder; INFERENCE_MODEL otherwise.")] = None,
    threads: Annotated[int | None, typer.Option(min=0, help="Threads for the model; 0 chooses.")] = None,
    precision: PrecisionOption = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Draw in replicas of a Ray Serve deployment; see docs/scaling.md.")
    ] = False,
    replicas: Annotated[str, typer.Option(help="With --ray: how many, or FEWEST:MOST, by what is asked for.")] = "1",
    gpus: Annotated[float, typer.Option(min=0.0, help="With --ray: GPUs of each replica, as 1 or 0.5.")] = 0.0,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="Stop when standard input closes: never outlive the parent.")
    ] = False,
) -> None:
    """Run an inference server."""
    let_idle_threads_sleep()
    settings = read_settings()
    refuse_place(settings, uds, port)
    counts = replica_counts(replicas)
    from bot.pool.supervisor import end_when_stdin_closes
    from inference.backends.opening import served_models
    from inference.backends.ray import RayOptions, on_ray
    from inference.server.process import serve as run_server

    if until_stdin_closes:
        end_when_stdin_closes()
    options = serve_options(settings, uds=uds, host=host, port=port, model=model, threads=threads, precision=precision)
    if not ray:
        run_server(options)
        return
    refuse_without_ray()
    with on_ray(served_models(options), RayOptions(*counts, gpus)) as models:
        run_server(options, models)


def replica_counts(text: str) -> tuple[int, int]:
    """The fewest and the most.  Raises CommandError for what is neither `2` nor `1:4`."""
    found = re.fullmatch(r"([1-9]\d{0,3})(?::([1-9]\d{0,3}))?", text)
    counts = (0, 0) if found is None else (int(found[1]), int(found[2] or found[1]))
    if not 1 <= counts[0] <= counts[1]:
        raise CommandError(
            f"--replicas {text}: a number from 1 to 9999 is needed, as 2, or the fewest and the most, as 1:4"
        )
    return counts


def refuse_without_ray() -> None:
    """Raises CommandError where the extra is missing."""
    if find_spec("ray") is None:
        raise CommandError("--ray needs Ray Serve: pip install -e '.[ray]' in Easel's folder")


def refuse_place(settings: "Settings", uds: Path | None, port: int | None) -> None:
    """Raises CommandError unless there is one place to listen on, and a token where strangers could reach it."""
    if (uds is None) == (port is None):
        raise CommandError(
            "serve takes one place to listen on: --uds FILE, a unix socket for a bot on this machine, or --port NUMBER "
            "for one on another machine (with --host 0.0.0.0, and INFERENCE_TOKEN set on both)"
        )
    if port is not None and settings.inference_token is None:
        raise CommandError(
            "a TCP port can be reached by others: set INFERENCE_TOKEN to a long secret, the same for the bot, "
            "or listen on a unix socket with --uds FILE"
        )


def serve_options(settings: "Settings", **given: Any) -> Any:
    """ServeOptions: each option as given, otherwise as the setting of its name, with or without INFERENCE_, says."""
    from pydantic import SecretStr

    from inference.server.process import ServeOptions

    chosen: dict[str, Any] = {}
    for field in fields(ServeOptions):
        value = given.get(field.name)
        if value is None:
            value = getattr(settings, f"inference_{field.name}", getattr(settings, field.name, None))
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value is not None:
            chosen[field.name] = value
    return ServeOptions(**chosen)
