"""Our own engine as a backend: pictures drawn as rows of codes, many generations together.

In: requests, and something that loads an engine.  Out: events.  It knows no HTTP.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable

from inference.backends import BackendStatus
from inference.contract import Event, GenerationRequest, InvalidRequest, ModelDescription
from inference.engine.engine import Engine
from inference.engine.thread import EngineThread
from inference.pictures import Pixels, UnreadablePicture, read_init_picture

SLOTS_A_GENERATION = 4
"""Rows of the caches that a generation has at least, while as many run as the capacity says: two guided pictures."""


class CodesBackend:
    """An engine with its thread.  Make it in a running event loop."""

    def __init__(self, load: Callable[[], Engine], name: str, max_waiting: int = 64) -> None:
        self._thread = EngineThread(load, max_waiting)
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def ended(self) -> asyncio.Event:
        return self._thread.ended

    @property
    def status(self) -> BackendStatus | None:
        engine = self._thread.status
        if engine is None or not self._thread.ready:
            return None
        capacity = max(1, engine.slots // SLOTS_A_GENERATION)
        running = self._thread.under_way - self._thread.waiting
        return BackendStatus(capacity, running, self._thread.waiting, engine.slots, engine.free_slots)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        await self._thread.stop()

    async def describe(self) -> ModelDescription:
        return (await self._thread.engine()).describe()

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """See Backend; a request that comes while the model loads waits for it."""
        with self._thread.open_stream(request) as stream:
            engine = await self._thread.engine()
            engine.describe().check(request)
            stream.submit(await _read_init_image(request, engine.model.picture_side))
            async for event in stream:
                yield event


async def _read_init_image(request: GenerationRequest, side: int) -> Pixels | None:
    if request.init_image is None:
        return None
    try:
        return await asyncio.to_thread(read_init_picture, request.init_image, side)
    except UnreadablePicture as error:
        raise InvalidRequest("unreadable_picture", "init_image", problem=str(error)) from error
