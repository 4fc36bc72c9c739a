"""Several models in one server: what is loaded, what must go, and that nobody's pictures go with it."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest

from inference.backends import BackendStatus, ServedModel
from inference.backends.threaded import ThreadedBackend
from inference.contract import Done, Event, GenerationRequest, InvalidRequest, KnownWords, ModelDescription, Queued
from inference.engine.engine import Engine
from inference.server.shelf import Shelf
from tests.fakes import FakeCodeModel


class FakeBackend:
    """Draws when it is let; remembers what became of it."""

    def __init__(self, name: str, life: list[str]) -> None:
        self.name = name
        self.ended = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.drawing = 0
        self._life = life

    @property
    def status(self) -> BackendStatus | None:
        return BackendStatus(capacity=2, running=self.drawing, waiting=0)

    def start(self) -> None:
        self._life.append(f"+{self.name}")

    async def stop(self) -> None:
        assert not self.drawing
        self._life.append(f"-{self.name}")

    async def describe(self) -> ModelDescription:
        return ModelDescription(self.name, seeds=True)

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        return KnownWords(tuple((self.name,) for _ in texts))

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        self.drawing += 1
        try:
            yield Queued()
            await self.go.wait()
            yield Done(0.1, self.name)
        finally:
            self.drawing -= 1


class Models:
    """Three models of size 4, 4 and 2, and their backends as they were opened."""

    def __init__(self, memory: int) -> None:
        self.life: list[str] = []
        self.opened: dict[str, FakeBackend] = {}
        sizes = {"one": 4, "two": 4, "three": 2}
        self.shelf = Shelf([ServedModel(name, partial(self.open, name), size) for name, size in sizes.items()], memory)

    def open(self, name: str) -> FakeBackend:
        self.opened[name] = FakeBackend(name, self.life)
        return self.opened[name]

    async def draw(self, model: str | None = None) -> list[Event]:
        return [event async for event in self.shelf.stream(GenerationRequest("a cat", model=model))]


@asynccontextmanager
async def models(memory: int = 0) -> AsyncIterator[Models]:
    made = Models(memory)
    made.shelf.start()
    yield made
    await made.shelf.stop()


async def turns() -> None:
    """Let everything happen that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_models_are_loaded_when_they_are_wanted() -> None:
    """The first at once, another with its first request, each once; without a bound all stay."""
    async with models() as made:
        assert made.life == ["+one"]
        assert await made.draw() == await made.draw("one") == [Queued(), Done(0.1, "one")]
        assert await made.draw("two") == await made.draw("two") == [Queued(), Done(0.1, "two")]
        assert made.life == ["+one", "+two"]
        await turns()
        assert [(model.name, model.loaded) for model in made.shelf.models()] == [
            ("one", True), ("two", True), ("three", False)
        ]  # fmt: skip
    assert made.life == ["+one", "+two", "-one", "-two"]


async def test_the_least_lately_used_goes() -> None:
    """As many as are needed for the new one, and what is known of it stays."""
    async with models(memory=8) as made:
        await made.draw("two")
        await turns()
        await made.draw("one")
        await made.draw("three")
        assert made.life == ["+one", "+two", "-two", "+three"]
        described = {model.name: model for model in made.shelf.models()}
        assert (described["two"].loaded, described["two"].seeds) == (False, True)
        await made.draw("two")
        assert made.life[4:] == ["-one", "+two"]


async def test_what_is_unloaded_takes_no_memory_any_more() -> None:
    """Before the next one is opened: it may need all the room that there is."""
    alive: list[weakref.ref[Engine]] = []
    found: list[int] = []

    def load(_: object) -> Engine:
        alive.append(weakref.ref(engine := Engine(FakeCodeModel())))
        return engine

    def open_one(name: str) -> ThreadedBackend:
        found.append(sum(engine() is not None for engine in alive))
        return ThreadedBackend(load, name)

    shelf = Shelf([ServedModel(name, partial(open_one, name), 4) for name in ("one", "two")], memory=4)
    shelf.start()
    try:
        for name in ("one", "two", "one"):
            request = GenerationRequest("a cat", images=1, model=name)
            assert [event async for event in shelf.stream(request) if isinstance(event, Done)]
    finally:
        await shelf.stop()
    assert (len(alive), found) == (3, [0, 0, 0])


async def test_a_model_that_draws_is_not_unloaded() -> None:
    """Who wants another waits for its pictures, and those who come later for the busy one wait behind."""
    async with models(memory=4) as made:
        await turns()
        made.opened["one"].go.clear()
        running = asyncio.create_task(made.draw("one"))
        await turns()
        switching = asyncio.create_task(made.draw("two"))
        await turns()
        later = asyncio.create_task(made.draw("one"))
        await turns()
        assert made.life == ["+one"]
        assert made.shelf.status == BackendStatus(capacity=2, running=1, waiting=0)
        made.opened["one"].go.set()
        assert await running == [Queued(), Done(0.1, "one")]
        assert await switching == [Queued(), Done(0.1, "two")]
        assert await later == [Queued(), Done(0.1, "one")]
        assert made.life == ["+one", "-one", "+two", "-two", "+one"]


async def test_who_stops_waiting_for_a_model_holds_up_nobody() -> None:
    """A cancelled request leaves its place at the door."""
    async with models(memory=4) as made:
        await turns()
        made.opened["one"].go.clear()
        running = asyncio.create_task(made.draw("one"))
        await turns()
        switching = asyncio.create_task(made.draw("two"))
        await turns()
        switching.cancel()
        await asyncio.gather(switching, return_exceptions=True)
        later = asyncio.create_task(made.draw("one"))
        await turns()
        made.opened["one"].go.set()
        assert await running == await later == [Queued(), Done(0.1, "one")]
        assert made.life == ["+one"]


async def test_a_model_too_large_for_the_bound_is_served_alone() -> None:
    """The bound says what must go, not what may be asked for."""
    async with models(memory=3) as made:
        await made.draw("two")
        assert made.life == ["+one", "-one", "+two"]


async def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    """Before anything is loaded."""
    async with models() as made:
        with pytest.raises(InvalidRequest, match="'four' is not served here; known: one, two, three"):
            await made.draw("four")


async def test_a_model_that_dies_is_loaded_anew_and_without_the_default_it_is_over() -> None:
    """The server's process ends with its default model; another one only goes."""
    async with models() as made:
        await made.draw("two")
        made.opened["two"].ended.set()
        await turns()
        assert not made.shelf.ended.is_set()
        await made.draw("two")
        assert made.life == ["+one", "+two", "+two"]
        made.opened["one"].ended.set()
        await turns()
        assert made.shelf.ended.is_set()
