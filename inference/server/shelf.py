"""The models of one server: which it draws with, which are loaded, and which must go to make room for another.

In: models as they can be opened, and how much memory they may take together.  Out: what the handlers see as one
backend.  A model is loaded when somebody wants it (the first one at once), and the one that was used least lately is
unloaded where room is needed, never while it draws.
"""

import asyncio
import gc
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

import structlog
import torch

from inference.backends import Backend, BackendStatus, ServedModel
from inference.checkpoints.weights import CheckpointError
from inference.contract import Event, GenerationRequest, InvalidRequest, KnownWords, ModelDescription, WordsRequest

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _Place:
    model: ServedModel
    description: ModelDescription
    backend: Backend | None = None
    users: int = 0
    used: int = 0  # the shelf's count of uses, at the last one's end
    watch: asyncio.Task[None] | None = field(default=None, repr=False)


class Shelf:
    """`memory` bounds the sizes of loaded models together, in bytes; 0 is no bound.  The first model is the default."""

    def __init__(self, models: Sequence[ServedModel], memory: int = 0) -> None:
        self._places = [
            _Place(model, replace(model.description or ModelDescription(model.name), loaded=False)) for model in models
        ]
        self._memory = memory
        self._door = asyncio.Lock()  # first come, first served: else a busy model would keep another out for ever
        self._freed = asyncio.Event()
        self._uses = itertools.count(1)
        self._last: BackendStatus | None = None
        self.ended = asyncio.Event()
        """Set when the default model can draw no more."""

    @property
    def name(self) -> str:
        """Of the default model."""
        return self._places[0].model.name

    def start(self) -> None:
        self._open(self._places[0])

    async def stop(self) -> None:
        self._last = None
        for place in self._places:
            if place.backend is not None:
                await self._close(place)

    @property
    def status(self) -> BackendStatus | None:
        """Of all loaded models together; None before the first is ready to draw, and after the end."""
        loaded = [status for place in self._places if place.backend and (status := place.backend.status)]
        if not loaded:  # one may have gone to make room for another, which loads
            return self._last
        self._last = BackendStatus(
            capacity=max(status.capacity for status in loaded),
            running=sum(status.running for status in loaded),
            waiting=sum(status.waiting for status in loaded),
            slots=sum(status.slots for status in loaded),
            free_slots=sum(status.free_slots for status in loaded),
        )
        return self._last

    async def describe(self) -> ModelDescription:
        """The default model, as soon as it is loaded.  Raises what loading raised."""
        async with self._loaded(self._places[0]) as backend:
            return await backend.describe()

    def models(self) -> list[ModelDescription]:
        """All that may be asked for, the default first; what is known of those that are not loaded."""
        return [place.description for place in self._places]

    async def known_words(self, asked: WordsRequest) -> KnownWords:
        """By the model that is asked about; none of one that is not loaded is known to be unknown.

        Raises InvalidRequest for a model that is not here.
        """
        backend = self._find(asked.model).backend
        if backend is None or backend.status is None:
            return KnownWords(((),) * len(asked.texts))
        return await backend.known_words(asked.texts)

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """As Backend.stream, by the model that the request names.  Raises InvalidRequest for one that is not here."""
        async with (
            self._loaded(self._find(request.model)) as backend,
            aclosing(backend.stream(request)) as events,
        ):
            async for event in events:
                yield event

    # ------------------------------------------------------------------------------------------------ private

    def _find(self, name: str | None) -> _Place:
        """A model may be called as the server was told to (a folder, say), or as it calls itself."""
        for place in self._places:
            if name in (None, place.model.name, place.description.name):
                return place
        known = ", ".join(place.description.name for place in self._places)
        raise InvalidRequest("unknown_model", "model", value=str(name)[:200], known=known)

    @asynccontextmanager
    async def _loaded(self, place: _Place) -> AsyncIterator[Backend]:
        """The place's backend, which is not unloaded within the block."""
        async with self._door:
            if place.backend is None:
                await self._make_room(place)
                self._open(place)
            backend = place.backend
            place.users += 1
        if backend is None:
            raise RuntimeError(f"{place.model.name} was not opened")
        try:
            yield backend
        finally:
            place.users -= 1
            place.used = next(self._uses)
            self._freed.set()

    async def _make_room(self, wanted: _Place) -> None:
        """Unload what was used least lately until the wanted model fits; waits for those that draw."""
        while self._memory:
            others = [place for place in self._places if place.backend is not None and place is not wanted]
            if not others or wanted.model.size + sum(place.model.size for place in others) <= self._memory:
                return
            idle = [place for place in others if not place.users]
            if idle:
                await self._close(min(idle, key=lambda place: place.used))
            else:
                self._freed.clear()
                await self._freed.wait()

    def _open(self, place: _Place) -> None:
        place.backend = backend = place.model.open()
        backend.start()
        place.watch = asyncio.create_task(self._watch(place, backend), name=f"watch {place.model.name}")
        log.info("model.loading", model=place.model.name)

    async def _watch(self, place: _Place, backend: Backend) -> None:
        """Learn what it can do once it is loaded, and notice when it dies: it is loaded again when somebody wants it;
        without the default one, the server ends."""
        try:
            place.description = replace(await backend.describe(), loaded=True)
            log.info("model.ready", model=place.description.name)
        except CheckpointError as error:  # it says all, no trace
            log.error("model.not_loaded", model=place.model.name, reason=str(error))  # noqa: TRY400
        except Exception:
            log.exception("model.not_loaded", model=place.model.name)
        await backend.ended.wait()
        if place is self._places[0]:
            self.ended.set()
        elif place.backend is backend:
            place.backend = None
            place.description = replace(place.description, loaded=False)

    async def _close(self, place: _Place) -> None:
        backend, place.backend = place.backend, None
        place.description = replace(place.description, loaded=False)
        if place.watch is not None:
            place.watch.cancel()
            place.watch = None  # a cancelled task keeps what it watched: the whole model
        if backend is not None:
            log.info("model.unloading", model=place.model.name)
            await backend.stop()
            del backend
            await asyncio.to_thread(give_memory_back)


def give_memory_back() -> None:
    """Free what nobody refers to any more, for the next model wants the room: networks have cycles."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
