"""The inference server as a process: where it listens, what it loads, and how it ends.

In: ServeOptions.  Out: a server until SIGTERM or SIGINT; where that is impossible, a line in the log and status 1.
"""

import asyncio
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from inference.backends import ServedModel
from inference.backends.opening import BackendOptions, served_models
from inference.checkpoints.load import clip_folder
from inference.checkpoints.store import ModelStore
from inference.checkpoints.upscalers import SUGGESTED
from inference.checkpoints.weights import CheckpointError
from inference.ranking.description import Describer
from inference.safety.filter import PromptFilter
from inference.safety.images import PictureCheck
from inference.server.app import create_app
from inference.server.describing import LazyDescriber
from inference.server.shelf import Shelf
from inference.server.sockets import ListenError, listen_tcp, listen_unix, remove_unix
from inference.server.upscaling import Upscaler

STOP_SECONDS: Final = 5.0
"""How long open connections have to take their last events when the server stops."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ServeOptions(BackendOptions):
    """`uds`, or `host` and `port` (then `token` is required).  `memory` bounds what all loaded models take together, in
    GiB; 0 is no bound.  `upscaler` is the folder of a Swin2SR model or its name in `models_dir`; "" is the one that is
    there, if any, and "none" is none."""

    uds: Path | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    token: str | None = None
    memory: float = 0.0
    upscaler: str = ""


class ServeError(Exception):
    """The server cannot start or go on; the message names the cause."""


def serve(options: ServeOptions, models: Sequence[ServedModel] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `models` go before those of the options.  Where that is impossible, log why and
    raise SystemExit(1)."""
    try:
        listener = _listen(options)
        try:
            asyncio.run(_run(options, listener, models))
        finally:
            listener.close()
            if options.uds is not None:
                remove_unix(options.uds)
    except (ServeError, ListenError) as error:
        log.error("server.cannot_run", reason=str(error))  # noqa: TRY400 the reason says all, no trace
        raise SystemExit(1) from None


def _listen(options: ServeOptions) -> socket.socket:
    if options.uds is not None and options.port is None:
        return listen_unix(options.uds)
    if options.uds is not None or options.port is None:
        raise ServeError("choose one place to listen on: a unix socket (--uds) or a TCP port (--port)")
    if not options.token:
        raise ServeError("a TCP port can be reached by others: set INFERENCE_TOKEN, or listen on a unix socket (--uds)")
    return listen_tcp(options.host, options.port)


async def _run(options: ServeOptions, listener: socket.socket, models: Sequence[ServedModel] | None = None) -> None:
    """The life of the process: listen, load, draw until a signal or the default model's death."""
    models = served_models(options) if models is None else models
    if not models:
        raise ServeError("INFERENCE_MODEL (or --model) names no model; leave it out for the built-in one")
    shelf = Shelf(models, round(options.memory * 2**30))
    token = options.token if options.uds is None else None
    try:
        upscaler = Upscaler.find(options.upscaler, options.models_dir)
    except CheckpointError as error:
        cure = f"`easel models pull {SUGGESTED}` fetches one, and then it is found without a name"
        raise ServeError(f"INFERENCE_UPSCALER={options.upscaler}: {error}; {cure}") from error
    describer = LazyDescriber(Describer.load)
    pictures = PictureCheck.load(clip_of(options.model, ModelStore(options.models_dir)))
    app = create_app(shelf, PromptFilter.load(), pictures, token=token, describer=describer, upscaler=upscaler)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        site = web.SockSite(runner, listener)
        await site.start()
        log.info("server.listening", at=str(options.uds or site.name), model=options.model)
        await _until_stopped(shelf, stop)
        log.info("server.stopping")
    finally:
        await runner.cleanup()


def clip_of(models: str, store: ModelStore) -> Path | None:
    """The CLIP of the first of the named models that came with one, for the picture check."""
    folders = (clip_folder(name.strip(), store) for name in models.split(","))
    return next(filter(None, folders), None)


async def _until_stopped(shelf: Shelf, stop: asyncio.Event) -> None:
    """Returns at a signal; raises ServeError when the default model cannot be loaded or dies."""
    stopped, ended = asyncio.create_task(stop.wait()), asyncio.create_task(shelf.ended.wait())
    loaded = asyncio.create_task(shelf.describe())
    try:
        await asyncio.wait({stopped, loaded}, return_when=asyncio.FIRST_COMPLETED)
        if loaded.done():
            error = loaded.exception()
            if error is not None:
                raise ServeError(f"cannot load model {shelf.name!r}: {error}") from error
            log.info("server.ready", models=[model.name for model in shelf.models()])
            await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done() and not stopped.done():
            raise ServeError("the model has died; a log line above says of what")
    finally:
        for task in (stopped, ended, loaded):
            task.cancel()
