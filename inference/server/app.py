"""The inference server: the HTTP contract (docs/architecture.md) over one engine.

In: HTTP requests.  Out: NDJSON streams of events, verdicts, and how the server is.  `create_app` is the application,
`serve` a process around it.  What a request means is in inference/contract.py, what is drawn in inference/engine/.
"""

import asyncio
import hmac
import json
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
import torch
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from inference import contract
from inference.backends.dalle import DalleBackend
from inference.checkpoints.load import load_model
from inference.checkpoints.store import ModelStore
from inference.checkpoints.weights import CheckpointError
from inference.contract import GenerationRequest, InvalidRequest, Verdict, event_to_line
from inference.engine.engine import Engine
from inference.engine.thread import EngineThread, LineFull
from inference.native.cores import usable_cores
from inference.native.precision import Processor, choose_precision
from inference.pictures import Pixels, UnreadablePicture, read_init_picture
from inference.ranking.ranker import ranker_of
from inference.server.metrics import ServerMetrics
from inference.server.sockets import ListenError, listen_tcp, listen_unix, remove_unix

MAX_BODY_BYTES: Final = contract.MAX_INIT_IMAGE_BYTES * 4 // 3 + 2**20
"""The largest picture as base64, and room for everything else."""

RETRY_SECONDS: Final = 10
"""What a client is told to wait when the line is full."""

STOP_SECONDS: Final = 5.0
"""How long open connections have to take their last events when the server stops."""

log = structlog.get_logger(__name__)


class Checker(Protocol):
    """What judges prompts: inference.safety.policy.Policy."""

    def check(self, prompt: str) -> Verdict: ...


@dataclass(frozen=True)
class ServeOptions:
    """`uds`, or `host` and `port` (then `token` is required); `threads` 0 chooses; `model` is a name or a folder.

    `models_dir` is where pulled and imported models are kept; None is the user's cache folder.
    """

    model: str = "builtin"
    models_dir: Path | None = None
    uds: Path | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    token: str | None = None
    threads: int = 0
    precision: str = "auto"
    max_waiting: int = 64


class ServeError(Exception):
    """The server cannot start or go on; the message names the cause."""


@dataclass(frozen=True)
class Service:
    """What the handlers share."""

    engine: EngineThread
    model: str
    policy: Checker
    metrics: ServerMetrics


SERVICE: Final = web.AppKey("service", Service)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(
    load: Callable[[], Engine], policy: Checker, *, model: str, token: str | None = None, max_waiting: int = 64
) -> web.Application:
    """The application.  `load` makes the engine, in the engine's own thread, once the application starts.

    With a `token`, everything but /healthz wants it as bearer token.  To be run with `handler_cancellation`, by which
    closing the connection cancels a generation.  Must be called in a running event loop.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[answer_errors, require_token(token)])
    app[SERVICE] = Service(EngineThread(load, max_waiting), model, policy, ServerMetrics())
    app.add_routes(
        [
            web.post("/v1/generations", create_generation),
            web.post("/v1/check", check_prompts),
            web.get("/v1/models", list_models),
            web.get("/healthz", show_health),
            web.get("/readyz", show_readiness),
            web.get("/metrics", show_metrics),
        ]
    )
    app.on_startup.append(_start_engine)
    app.on_shutdown.append(_stop_engine)
    return app


async def _start_engine(app: web.Application) -> None:
    app[SERVICE].engine.start()


async def _stop_engine(app: web.Application) -> None:
    await app[SERVICE].engine.stop()


# ------------------------------------------------------------------------------------------------ handlers


async def create_generation(request: web.Request) -> web.StreamResponse:
    """POST /v1/generations: one event a line; the connection's end is the generation's."""
    service = request.app[SERVICE]
    body = await request.read()
    # It may hold a picture of 10 MiB, which is no work for the event loop.
    order = await asyncio.to_thread(lambda: GenerationRequest.from_json(_parse_json(body)))
    with service.engine.open_stream() as stream:
        engine = await service.engine.engine()
        _check_model(order.model, (service.model, engine.backend.name))
        engine.check(order)
        init_pixels = await _read_init_image(order, engine.backend.picture_side)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        await response.prepare(request)
        stream.submit(order, init_pixels)
        try:
            async for event in stream:
                service.metrics.event(event)
                await response.write(event_to_line(event))
            await response.write_eof()
        except ConnectionError:
            pass  # the client has left between two events; during the wait for one, this task is cancelled
        finally:
            if not stream.ended:
                service.metrics.cancelled()
                log.info("generation cancelled", generation=stream.id)
        return response


async def check_prompts(request: web.Request) -> web.Response:
    """POST /v1/check: `{"prompts": […]}` → `{"verdicts": […]}`, in the same order."""
    service = request.app[SERVICE]
    prompts = contract.prompts_from_json(_parse_json(await request.read()))
    for prompt in prompts:
        contract.check_text("prompts", prompt)
    verdicts = await asyncio.to_thread(lambda: [service.policy.check(prompt) for prompt in prompts])
    for verdict in verdicts:
        service.metrics.verdict(verdict.action)
    return web.json_response({"verdicts": [verdict.to_json() for verdict in verdicts]})


async def list_models(request: web.Request) -> web.Response:
    """GET /v1/models: the one model of this server, with its defaults once it is loaded."""
    service = request.app[SERVICE]
    if not service.engine.ready:
        return web.json_response({"models": [{"name": service.model, "loaded": False}]})
    backend = (await service.engine.engine()).backend
    described: dict[str, Any] = {"name": service.model, "loaded": True, "grid_side": backend.grid_side}
    described["defaults"] = asdict(backend.recommended)
    return web.json_response({"models": [described]})


async def show_health(request: web.Request) -> web.Response:
    """GET /healthz: the process answers and its engine has not died."""
    if not request.app[SERVICE].engine.alive:
        return web.json_response({"status": "the engine has died"}, status=503)
    return web.json_response({"status": "alive"})


async def show_readiness(request: web.Request) -> web.Response:
    """GET /readyz: whether a generation sent now would be drawn, and how full the server is."""
    service = request.app[SERVICE]
    status, waiting = service.engine.status, service.engine.waiting
    if status is None or not service.engine.ready:
        state = "loading" if status is None else "stopping"
        return web.json_response({"status": state, "model": service.model, "waiting": waiting}, status=503)
    return web.json_response(
        {
            "status": "ready",
            "model": service.model,
            "slots": status.slots,
            "free_slots": status.free_slots,
            "running": status.running,
            "waiting": waiting,
        }
    )


async def show_metrics(request: web.Request) -> web.Response:
    """GET /metrics: for Prometheus."""
    service = request.app[SERVICE]
    page = service.metrics.render(service.engine.status, service.engine.waiting)
    return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _parse_json(body: bytes) -> object:
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("", f"the body is not JSON: {error}", "invalid_json") from error
    return document


async def _read_init_image(order: GenerationRequest, side: int) -> Pixels | None:
    if order.init_image is None:
        return None
    try:
        return await asyncio.to_thread(read_init_picture, order.init_image, side)
    except UnreadablePicture as error:
        raise InvalidRequest("init_image", str(error)) from error


class UnknownModel(InvalidRequest):
    """Answered with status 404."""


def _check_model(name: str | None, known: tuple[str, str]) -> None:
    """A model may be called as the server was told to (a folder, say), or as it calls itself in Done."""
    if name is not None and name not in known:
        names = ", ".join(dict.fromkeys(known))
        raise UnknownModel("model", f"model {name!r} is not served here; known: {names}", "unknown_model")


# ------------------------------------------------------------------------------------- around the handlers


def require_token(token: str | None) -> Any:
    """A middleware that lets nobody in without the bearer token; with None, everybody."""
    wanted = None if token is None else f"Bearer {token}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if wanted is None or request.path == "/healthz" or hmac.compare_digest(given, wanted):
            return await handler(request)
        answer = _error(401, "unauthorized", "a bearer token is required: Authorization: Bearer <INFERENCE_TOKEN>")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    return check


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error leaves as the contract's JSON."""
    try:
        return await handler(request)
    except InvalidRequest as error:
        return web.json_response(error.to_json(), status=404 if isinstance(error, UnknownModel) else 400)
    except LineFull as error:
        answer = _error(503, "busy", f"{error}; try again in {RETRY_SECONDS} seconds")
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    except web.HTTPRequestEntityTooLarge:
        return _error(413, "too_large", f"the body is too large; at most {MAX_BODY_BYTES} bytes are taken")
    except web.HTTPException as error:
        return _error(error.status, error.reason.lower().replace(" ", "_"), f"{request.method} {request.path}")
    except Exception:
        log.exception("a request failed", method=request.method, path=request.path)
        return _error(500, "internal_error", "something broke; the server's log says what")


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "field": None}}, status=status)


# ---------------------------------------------------------------------------------------------- the process


def load_engine(model: str | None, threads: int, precision: str = "auto", models_dir: Path | None = None) -> Engine:
    """Load a model, with what ranks its pictures, to be run in the calling thread, on the GPU where there is one.

    inference/native/precision.py says what `precision` may be.

    `threads` 0 takes the machine's physical cores but one.  That one is the bot's and the server's: threads that wait
    for each other at every operation are held up by whatever takes a core from one of them (with two threads on two
    cores and another busy process, nine built-in pictures took 10 s instead of 1.4).

    Raises inference.checkpoints.load.CheckpointError.
    """
    torch.set_num_threads(threads or max(1, usable_cores() - 1))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = choose_precision(precision, device, Processor.here())
    except ValueError as error:
        raise CheckpointError(f"{model or 'builtin'}: {error}") from error
    checkpoint = load_model(model or "builtin", chosen.dtype, ModelStore(models_dir))
    return Engine(DalleBackend(checkpoint, device=device, precision=chosen), ranker_of(checkpoint))


def serve(options: ServeOptions) -> None:
    """Serve until SIGTERM or SIGINT.  Where that is impossible, log why and raise SystemExit(1)."""
    from inference.safety.policy import Policy

    try:
        listener = _listen(options)
        try:
            asyncio.run(_run(options, listener, Policy()))
        finally:
            listener.close()
            if options.uds is not None:
                remove_unix(options.uds)
    except (ServeError, ListenError) as error:
        log.error("the inference server cannot run", reason=str(error))  # noqa: TRY400 the reason says all, no trace
        raise SystemExit(1) from None


def _listen(options: ServeOptions) -> socket.socket:
    if options.uds is not None and options.port is None:
        return listen_unix(options.uds)
    if options.uds is not None or options.port is None:
        raise ServeError("choose one place to listen on: a unix socket (--uds) or a TCP port (--port)")
    if not options.token:
        raise ServeError("a TCP port can be reached by others: set INFERENCE_TOKEN, or listen on a unix socket (--uds)")
    return listen_tcp(options.host, options.port)


async def _run(options: ServeOptions, listener: socket.socket, policy: Checker) -> None:
    """The life of the process: listen, load, draw until a signal or the engine's death."""
    app = create_app(
        lambda: load_engine(options.model, options.threads, options.precision, options.models_dir),
        policy,
        model=options.model,
        token=options.token if options.uds is None else None,
        max_waiting=options.max_waiting,
    )
    engine = app[SERVICE].engine
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        site = web.SockSite(runner, listener)
        await site.start()
        log.info("listening", at=str(options.uds or site.name), model=options.model)
        await _until_stopped(engine, options.model, stop)
        log.info("stopping")
    finally:
        await runner.cleanup()


async def _until_stopped(engine: EngineThread, model: str, stop: asyncio.Event) -> None:
    """Returns at a signal; raises ServeError when the model cannot be loaded or the engine dies."""
    stopped, ended = asyncio.create_task(stop.wait()), asyncio.create_task(engine.ended.wait())
    loaded = asyncio.create_task(engine.engine())
    try:
        await asyncio.wait({stopped, loaded}, return_when=asyncio.FIRST_COMPLETED)
        if loaded.done():
            error = loaded.exception()
            if error is not None:
                raise ServeError(f"cannot load model {model!r}: {error}") from error
            log.info("ready", model=model, slots=loaded.result().backend.slots, threads=torch.get_num_threads())
            await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done() and not stopped.done():
            raise ServeError("the engine has died; its log line above says of what")
    finally:
        for task in (stopped, ended, loaded):
            task.cancel()
