"""A backend whose model has a thread of its own: our engine, and pipelines of diffusers.

In: requests, and something that loads the model in its thread.  Out: events.  It knows no HTTP.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from inference.backends import BackendStatus
from inference.contract import Event, Failed, GenerationRequest, InvalidRequest, KnownWords, ModelDescription, Queued
from inference.engine.thread import HEARTBEAT_SECONDS, Drawer, EngineThread
from inference.pictures import Pixels, UnreadablePicture, read_init_picture


class ThreadedBackend:
    """A drawer with its thread.  Make it in a running event loop.

    `load` hears of the thread that it runs in, for drawers whose steps are long (`EngineThread.breathe`).
    """

    def __init__(self, load: Callable[[EngineThread], Drawer], name: str, max_waiting: int = 64) -> None:
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
        status = self._thread.status
        if status is None or not self._thread.ready:
            return None
        running = self._thread.under_way - self._thread.waiting
        return BackendStatus(status.capacity, running, self._thread.waiting, status.slots, status.free_slots)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        await self._thread.stop()

    async def describe(self) -> ModelDescription:
        return (await self._thread.drawer()).describe()

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        return (await self._thread.drawer()).known_words(texts)

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """See Backend."""
        with self._thread.open_stream(request) as stream:
            while not await self._thread.loaded(HEARTBEAT_SECONDS):
                yield Queued()
            try:
                drawer = await self._thread.drawer()
            except Exception:  # noqa: BLE001  # whatever loading raised; it is in the log
                yield Failed("model_not_loaded", retryable=False, data={"model": self._name})
                return
            drawer.describe().check(request)
            stream.submit(await _read_init_image(request, drawer.init_size(request)))
            async for event in stream:
                yield event


async def _read_init_image(request: GenerationRequest, size: tuple[int, int]) -> Pixels | None:
    if request.init_image is None:
        return None
    try:
        return await asyncio.to_thread(read_init_picture, request.init_image, *size)
    except UnreadablePicture as error:
        raise InvalidRequest("unreadable_picture", "init_image", problem=str(error)) from error
