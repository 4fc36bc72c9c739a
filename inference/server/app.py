"""The inference server: the HTTP contract (docs/architecture.md, "The HTTP contract") over a backend.

In: HTTP requests.  Out: NDJSON streams of events, verdicts, and how the server is.  What a request means is in
inference/contract/, what is drawn in inference/backends/.
"""

import asyncio
import hmac
from contextlib import aclosing
from typing import Any, Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from inference import contract
from inference.contract import (
    Busy,
    CheckRequest,
    DescribeRequest,
    Event,
    GenerationRequest,
    ImageCheckRequest,
    InvalidRequest,
    Readiness,
    WordsRequest,
    event_to_line,
)
from inference.pictures import UnreadablePicture
from inference.server.checking import PictureChecker, answered, check_picture, check_start, checked
from inference.server.describing import LazyDescriber
from inference.server.meaning import Meaning
from inference.server.metrics import ServerMetrics
from inference.server.openai import create_images
from inference.server.service import RETRY_SECONDS, SERVICE, Checker, Handler, Service, log_end, parse_json
from inference.server.shelf import Shelf
from inference.server.spelling import judged, read_safely
from inference.server.upscaling import Upscaler

MAX_BODY_BYTES: Final = contract.MAX_INIT_IMAGE_BYTES * 4 // 3 + 2**20
"""The largest picture as base64, and room for everything else."""

NDJSON: Final = {"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"}

MEANING: Final = web.AppKey("meaning", Meaning)

log = structlog.get_logger(__name__)


def create_app(
    shelf: Shelf,
    checker: Checker,
    pictures: PictureChecker | None = None,
    *,
    token: str | None = None,
    describer: LazyDescriber | None = None,
    upscaler: Upscaler | None = None,
) -> web.Application:
    """The application; it starts the models with itself, and stops them.  Without a `describer`, it describes nothing.

    With a `token`, everything but /healthz wants it as bearer token.  To be run with `handler_cancellation`, by which
    closing the connection cancels a generation.  Must be called in a running event loop.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[answer_errors, require_token(token)])
    app[MEANING] = Meaning(checker)
    app[SERVICE] = Service(shelf, checker, pictures, ServerMetrics(), describer, upscaler)
    app.add_routes(
        [
            web.post("/v1/generations", create_generation),
            web.post("/v1/images/generations", create_images),
            web.post("/v1/check", check_prompts),
            web.post("/v1/check-image", check_image),
            web.post("/v1/embed", embed_texts),
            web.post("/v1/describe", describe_picture),
            web.post("/v1/words", tell_words),
            web.post("/v1/upscale", upscale),
            web.get("/v1/models", list_models),
            web.get("/healthz", show_health),
            web.get("/readyz", show_readiness),
            web.get("/metrics", show_metrics),
        ]
    )
    app.on_startup.append(_start_models)
    app.on_shutdown.append(_stop_models)
    return app


async def _start_models(app: web.Application) -> None:
    app[SERVICE].shelf.start()


async def _stop_models(app: web.Application) -> None:
    await app[SERVICE].shelf.stop()


# ------------------------------------------------------------------------------------------------ handlers


async def create_generation(request: web.Request) -> web.StreamResponse:
    """POST /v1/generations: one event a line; the connection's end is the generation's."""
    service = request.app[SERVICE]
    body = await request.read()
    # It may hold a picture of 10 MiB, which is no work for the event loop.
    asked = await asyncio.to_thread(lambda: GenerationRequest.from_json(parse_json(body)))
    await check_start(asked, service.pictures)
    response = web.StreamResponse(headers=NDJSON)
    event: Event | None = None
    try:
        drawn = checked(read_safely(service, asked), service.pictures, asked.policy)
        async with aclosing(answered(drawn)) as events:
            async for event in events:
                if not response.prepared:
                    await response.prepare(request)
                service.metrics.event(event)
                await response.write(event_to_line(event))
        await response.write_eof()
    except ConnectionError:
        pass  # the client has left between two events; during the wait for one, this task is cancelled
    finally:
        log_end(asked, event, service.metrics)
    return response


async def check_prompts(request: web.Request) -> web.Response:
    """POST /v1/check: `{"prompts": […], "policy": {…}}` → `{"verdicts": […]}`, in the same order."""
    service = request.app[SERVICE]
    asked = CheckRequest.from_json(parse_json(await request.read()))
    verdicts = await judged(service, asked)
    for verdict in verdicts:
        service.metrics.verdict(verdict.action)
    return web.json_response({"verdicts": [verdict.to_json() for verdict in verdicts]})


async def check_image(request: web.Request) -> web.Response:
    """POST /v1/check-image: `{"image": "<base64>", "policy": {…}}` → `{"verdict": {…}}`."""
    pictures = request.app[SERVICE].pictures
    body = await request.read()
    if pictures is None:
        return _error(501, "no_picture_check", "this server cannot check pictures: pip install -e '.[nudenet]'")
    try:
        asked = await asyncio.to_thread(lambda: ImageCheckRequest.from_json(parse_json(body)))
        verdict = await asyncio.to_thread(pictures.check, asked.image, asked.policy)
    except UnreadablePicture as error:
        raise InvalidRequest("unreadable_picture", "image", problem=str(error)) from error
    return web.json_response({"verdict": verdict.to_json()})


async def embed_texts(request: web.Request) -> web.Response:
    """POST /v1/embed: `{"texts": […]}` → `{"vectors": [[…]]}`, each of length one: like meaning, like vectors."""
    texts = contract.texts_from_json(parse_json(await request.read()))
    vectors = await asyncio.to_thread(request.app[MEANING].vectors, texts)
    return web.json_response({"vectors": [[round(value, 6) for value in vector] for vector in vectors]})


async def describe_picture(request: web.Request) -> web.Response:
    """POST /v1/describe: `{"image": "<base64>", "texts": […]}` → what it shows, and how well each text fits."""
    describer = request.app[SERVICE].describer
    body = await request.read()
    if describer is None:
        return _error(501, "no_description", "this server does not describe pictures")
    asked = await asyncio.to_thread(lambda: DescribeRequest.from_json(parse_json(body)))
    await check_picture(asked.image, request.app[SERVICE].pictures, "image")
    try:
        described = await describer.describe(asked.image, asked.texts)
    except UnreadablePicture as error:
        raise InvalidRequest("unreadable_picture", "image", problem=str(error)) from error
    return web.json_response(described.to_json())


async def tell_words(request: web.Request) -> web.Response:
    """POST /v1/words: `{"texts": […], "model": "…"}` → `{"unknown": [[…]]}`: what the model never learned."""
    asked = WordsRequest.from_json(parse_json(await request.read()))
    return web.json_response((await request.app[SERVICE].shelf.known_words(asked)).to_json())


async def upscale(request: web.Request) -> web.Response:
    """POST /v1/upscale: `{"image": "<base64>"}` → `{"png": "<base64>", "model": "Swin2SR"}`, a few times as large."""
    service = request.app[SERVICE]
    body = await request.read()
    if service.upscaler is None or not service.upscales:
        return _error(501, "no_upscaler", "this server has no network that upscales: set INFERENCE_UPSCALER")
    upscaler = service.upscaler

    def enlarged() -> dict[str, Any]:
        picture = upscaler.enlarge(contract.picture_from_json(parse_json(body)))
        return contract.Upscaled(picture, upscaler.name).to_json()

    # waiting here and not in threads, of which there are few: prompts are checked in them, too
    async with service.upscaling:
        return web.json_response(await asyncio.to_thread(enlarged))


async def list_models(request: web.Request) -> web.Response:
    """GET /v1/models: what can be drawn with, and what each can do; in the form that OpenAI's clients read, too."""
    models = request.app[SERVICE].shelf.models()
    return web.json_response({"object": "list", "data": [model.to_json() for model in models]})


async def show_health(request: web.Request) -> web.Response:
    """GET /healthz: the process answers and its default model has not died."""
    if request.app[SERVICE].shelf.ended.is_set():
        return web.json_response({"status": "the model has died"}, status=503)
    return web.json_response({"status": "alive"})


async def show_readiness(request: web.Request) -> web.Response:
    """GET /readyz: whether a generation sent now would be drawn, and how full the server is."""
    service = request.app[SERVICE]
    status, models = service.shelf.status, tuple(model.name for model in service.shelf.models())
    if status is None:
        return web.json_response({"status": "loading or stopping", "models": models}, status=503)
    free = max(0, status.capacity - status.running - status.waiting)
    ready = Readiness(status.capacity, free, status.waiting, models, service.upscales, service.looks_at_pictures)
    return web.json_response(ready.to_json())


async def show_metrics(request: web.Request) -> web.Response:
    """GET /metrics: for Prometheus."""
    service = request.app[SERVICE]
    page = service.metrics.render(service.shelf.status)
    return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})


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
        return web.json_response(error.to_json(), status=404 if error.code == "unknown_model" else 400)
    except Busy as error:
        answer = _error(503, "busy", f"{error}; try again in {RETRY_SECONDS} seconds")
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    except web.HTTPRequestEntityTooLarge:
        return _error(413, "too_large", f"the body is too large; at most {MAX_BODY_BYTES} bytes are taken")
    except web.HTTPException as error:
        return _error(error.status, error.reason.lower().replace(" ", "_"), f"{request.method} {request.path}")
    except Exception:
        log.exception("request.failed", method=request.method, path=request.path)
        return _error(500, "internal_error", "something broke; the server's log says what")


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "field": None}}, status=status)
