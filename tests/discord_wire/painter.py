"""An inference server without a model: the contract, and pictures of one colour after a while.

`python -m tests.discord_wire.painter --uds PATH` listens until its standard input closes.  WIRE_PAINT_SECONDS is how
long a generation takes, WIRE_PAINT_SIDE the pictures' side in pixels, WIRE_CAPACITY how many it works on at a time.  A
prompt with "forbidden" in it is blocked.
"""

import argparse
import asyncio
import io
import os
import random
import zlib
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image as Pillow

from inference.contract import (
    Done,
    GenerationRequest,
    Image,
    ModelDescription,
    Progress,
    Queued,
    Readiness,
    Verdict,
    event_to_line,
)


def paint(seed: int, side: int, kind: str = "PNG") -> bytes:
    """One colour; above 1000 pixels noise, which no format makes small."""
    colour = (seed % 251, seed // 251 % 241, seed // 60491 % 239)
    picture = Pillow.new("RGB", (side, side), colour)
    if side > 1000:
        picture = Pillow.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3))  # noqa: S311
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


async def generate(request: web.Request) -> web.StreamResponse:
    order = GenerationRequest.from_json(await request.json())
    seconds, side = float(os.environ.get("WIRE_PAINT_SECONDS", "0.2")), int(os.environ.get("WIRE_PAINT_SIDE", "16"))
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    await response.write(event_to_line(Queued()))
    for step in (1, 2, 3):
        await asyncio.sleep(seconds / 4)
        await response.write(event_to_line(Progress(step / 4, paint(zlib.crc32(order.prompt.encode()), 16, "WEBP"))))
    await asyncio.sleep(seconds / 4)
    for index in range(order.images):
        png = await asyncio.to_thread(paint, order.seed + index, side)
        await response.write(event_to_line(Image(index, order.seed + index, 0.5, png)))
    await response.write(event_to_line(Done(seconds, "painter")))
    await response.write_eof()
    return response


async def check(request: web.Request) -> web.Response:
    prompts = (await request.json())["prompts"]
    verdicts = [Verdict("block", "violence", 0.9, "") if "forbidden" in one else Verdict("allow") for one in prompts]
    return web.json_response({"verdicts": [verdict.to_json() for verdict in verdicts]})


async def ready(_: web.Request) -> web.Response:
    capacity = int(os.environ.get("WIRE_CAPACITY", "8"))
    return web.json_response(Readiness(capacity, capacity, 0, ("painter",)).to_json())


async def models(_: web.Request) -> web.Response:
    painter = ModelDescription(
        "painter", guidance=(1.0, 20.0), sampling=True, negative_prompt=True, pictures=("vary", "complete"), rows=16,
        previews=True, seeds=True,
    )  # fmt: skip
    return web.json_response({"data": [painter.to_json()]})


def app() -> web.Application:
    painter = web.Application(client_max_size=64 * 2**20)
    routes: list[Any] = [
        web.post("/v1/generations", generate), web.post("/v1/check", check), web.get("/healthz", ready),
        web.get("/readyz", ready), web.get("/v1/models", models),
    ]  # fmt: skip
    painter.add_routes(routes)
    return painter


def main() -> None:
    from bot.pool.supervisor import end_when_stdin_closes

    parser = argparse.ArgumentParser()
    parser.add_argument("--uds", type=Path, required=True)
    end_when_stdin_closes(grace=2.0)
    web.run_app(app(), path=str(parser.parse_args().uds), access_log=None, print=None, handler_cancellation=True)


if __name__ == "__main__":
    main()
