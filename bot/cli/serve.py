"""`easel serve`: an inference server, by the settings and, before them, by its options."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from bot.cli.surroundings import PrecisionOption, let_idle_threads_sleep, read_settings
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
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="Stop when standard input closes: never outlive the parent.")
    ] = False,
) -> None:
    """Run an inference server."""
    let_idle_threads_sleep()
    from bot.pool.supervisor import end_when_stdin_closes
    from inference.server.process import serve as run_server

    settings = read_settings()
    if until_stdin_closes:
        end_when_stdin_closes()
    run_server(
        serve_options(settings, uds=uds, host=host, port=port, model=model, threads=threads, precision=precision)
    )


def serve_options(settings: Settings, **given: Any) -> Any:
    """ServeOptions: each option as given, otherwise as the setting of its name, with or without INFERENCE_, says."""
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
