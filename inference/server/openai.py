"""OpenAI's images endpoint over our models, so that other programs can draw with them.

In: `POST /v1/images/generations` as OpenAI's API has it.  Out: pictures as base64, in one answer or as a stream of
server-sent events.  What is refused is refused in that API's form.  The prompt is judged here, under the standard
policy, for no bot has done so.
"""

import asyncio
import base64
import io
import json
import math
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web
from PIL import Image as Pillow

from inference.contract import (
    MAX_IMAGES,
    Busy,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    Policy,
    Progress,
    best_first,
    check_fields,
    check_range,
    random_seed,
    retry_at,
)
from inference.server.checking import answered, checked
from inference.server.service import RETRY_SECONDS, SERVICE, Service, log_end, parse_json

FIELDS: Final[Mapping[str, type]] = {
    "prompt": str, "model": str, "n": int, "size": str, "user": str, "stream": bool, "partial_images": int, "seed": int,
    "response_format": str, "output_format": str, "quality": str, "background": str, "moderation": str, "style": str,
    "output_compression": int,
}  # fmt: skip
"""`seed` is ours."""
TAKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "response_format": ("b64_json",), "output_format": ("png",), "background": ("auto", "opaque"),
    "quality": ("auto", "low", "medium", "high", "standard", "hd"), "style": ("vivid", "natural"),
    "moderation": ("auto", "low"),
}  # fmt: skip
"""Quality, style and moderation are choices that the models here do not have: every picture is as good as it gets, and
is looked at.  What would be another picture, such as one without a background, is refused."""

MAX_PARTIAL_IMAGES: Final = 3
KEPT_BACK: Final = ("block", "hold")
STREAM: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
STATUSES: Final = {"content_refused": 400, "api_rate_limited": 429, "budget_spent": 429, "busy": 503}


class Refusal(Exception):
    """An answer in OpenAI's form."""

    def __init__(
        self, status: int, code: str, message: str, param: str | None = None, *, until: datetime | None = None
    ) -> None:
        super().__init__(message)
        wait = None if until is None else math.ceil((until - datetime.now(UTC)).total_seconds())
        self.headers = {} if wait is None else {"Retry-After": str(max(1, wait))}
        kind = "invalid_request_error" if status < 500 else "server_error"
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


async def create_images(request: web.Request) -> web.StreamResponse:
    """POST /v1/images/generations."""
    service = request.app[SERVICE]
    try:
        document = parse_json(await request.read())
        asked, partial_images, streamed = await asyncio.to_thread(read_request, document)
        await _judge(asked, service)
        events = checked(service.shelf.stream(asked), service.pictures, asked.policy)
        if streamed:
            return await _stream(request, events, asked, partial_images)
        return web.json_response(await _answer(events, asked, service))
    except Refusal as error:
        return web.json_response(error.body, status=error.status, headers=error.headers)
    except InvalidRequest as error:
        refusal = _invalid(error)
        return web.json_response(refusal.body, status=refusal.status)
    except Busy as error:
        answer = web.json_response(Refusal(503, "busy", str(error)).body, status=503)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer


PARAMS: Final = {"images": "n"}
"""What a field of ours is called there, where it is not the same."""


def read_request(document: object) -> tuple[GenerationRequest, int, bool]:
    """The request, how many partial pictures are wanted, and whether all is to be streamed.  Raises InvalidRequest."""
    fields = check_fields(document, FIELDS)
    if "prompt" not in fields:
        raise InvalidRequest("missing", "prompt")
    partial_images = fields.get("partial_images", 0)
    check_range("partial_images", partial_images, 0, MAX_PARTIAL_IMAGES)
    check_range("n", fields.get("n"), 1, MAX_IMAGES)
    check_range("output_compression", fields.get("output_compression"), 0, 100)
    for name, known in TAKEN.items():
        if name in fields and fields[name] not in known:
            raise InvalidRequest("unknown_value", name, value=fields[name][:40], known=", ".join(known))
    size = fields.get("size", "auto")
    asked = GenerationRequest(
        prompt=fields["prompt"],
        images=fields.get("n", 1),
        seed=fields.get("seed", random_seed()),
        model=fields.get("model"),
        size=None if size == "auto" else size,
        preview=partial_images > 0,
    )
    return asked, partial_images, fields.get("stream", False)


async def _judge(asked: GenerationRequest, service: Service) -> None:
    verdict = await asyncio.to_thread(service.checker.check, asked.prompt, None, Policy())
    service.metrics.verdict(verdict.action)
    if verdict.action in KEPT_BACK:
        message = f"The prompt was refused by the safety filter (category: {verdict.category})."
        raise Refusal(400, "moderation_blocked", message, "prompt")


async def _answer(events: AsyncGenerator[Event], asked: GenerationRequest, service: Service) -> dict[str, Any]:
    """All pictures, best first.  Raises Refusal."""
    pictures: list[Image] = []
    event: Event | None = None
    try:
        async with aclosing(events):
            async for event in events:
                service.metrics.event(event)
                if isinstance(event, Failed):
                    raise _refusal(event)
                if isinstance(event, Image):
                    pictures.append(_shown(event))
    finally:
        log_end(asked, event, service.metrics)
    data = [{"b64_json": base64.b64encode(one.png).decode()} for one in best_first(pictures)]
    return {"created": int(time.time()), "data": data, "output_format": "png"}


async def _stream(
    request: web.Request, events: AsyncGenerator[Event], asked: GenerationRequest, partial_images: int
) -> web.StreamResponse:
    """Server-sent events: as many partial pictures as were asked for, evenly over the time, then the finished ones."""
    service = request.app[SERVICE]
    response = web.StreamResponse(headers=STREAM)
    sent, event = 0, None
    try:
        async with aclosing(answered(events)) as told:
            async for event in told:
                if not response.prepared:
                    await response.prepare(request)
                service.metrics.event(event)
                match event:
                    case Progress(done, bytes() as preview) if sent < min(partial_images, done * (partial_images + 1)):
                        png = await asyncio.to_thread(_as_png, preview)
                        await _send(response, "partial_image", png, partial_image_index=sent)
                        sent += 1
                    case Image():
                        await _send(response, "completed", _shown(event).png)
                    case Failed():
                        raise _refusal(event)
    except Refusal as error:
        body = json.dumps({"type": "error", **error.body})
        await response.write(f"event: error\ndata: {body}\n\n".encode())
    except ConnectionError:
        pass
    finally:
        log_end(asked, event, service.metrics)
    return response


async def _send(response: web.StreamResponse, kind: str, png: bytes, **more: object) -> None:
    name = f"image_generation.{kind}"
    with Pillow.open(io.BytesIO(png)) as picture:
        size = f"{picture.width}x{picture.height}"
    body = {
        "type": name, "b64_json": base64.b64encode(png).decode(), "created_at": int(time.time()), "size": size,
        "output_format": "png", "quality": "auto", "background": "opaque", **more,
    }  # fmt: skip
    await response.write(f"event: {name}\ndata: {json.dumps(body)}\n\n".encode())


def _shown(image: Image) -> Image:
    """A picture that the filter keeps back ends the answer."""
    if image.verdict.action in KEPT_BACK:
        message = f"A picture was refused by the safety filter (category: {image.verdict.category})."
        raise Refusal(400, "moderation_blocked", message)
    return image


def _invalid(error: InvalidRequest) -> Refusal:
    status, code = (404, "model_not_found") if error.code == "unknown_model" else (400, error.code)
    return Refusal(status, code, error.message, PARAMS.get(error.field, error.field))


def _refusal(failed: Failed) -> Refusal:
    if failed.code == "refused":
        return _invalid(InvalidRequest(**failed.data))
    message, until = f"The drawing failed: {failed.code}.", retry_at(failed.data)
    return Refusal(STATUSES.get(failed.code, 500), failed.code, message, until=until)


def _as_png(preview: bytes) -> bytes:
    file = io.BytesIO()
    with Pillow.open(io.BytesIO(preview)) as picture:
        picture.save(file, "PNG")
    return file.getvalue()
