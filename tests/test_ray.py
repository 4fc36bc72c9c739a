"""Models as Ray Serve deployments, on a real Ray of this machine: two replicas, one of them killed in the middle."""

import asyncio
import gc
import importlib.util
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.cli import serve as command
from bot.errors import CommandError
from inference.backends import BackendStatus, ServedModel
from inference.backends.ray import RayBackend, RayOptions, on_ray
from inference.contract import (
    Busy,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    KnownWords,
    ModelDescription,
    Progress,
    Queued,
)

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra `ray` is not installed")
# Ray's own: fields of pydantic's first version, and processes that it leaves to end by themselves
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
SECONDS = 120


class Painter:
    """Tells the process that draws, and goes on when `gate` is there: before its picture, or after it."""

    name = "painter"

    def __init__(self, gate: Path) -> None:
        self.gate = gate
        self.ended = asyncio.Event()
        self.cancelled = 0

    @property
    def status(self) -> BackendStatus:
        return BackendStatus(3, 0, 0)

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def describe(self) -> ModelDescription:
        if not self.gate.parent.is_dir():
            raise OSError(f"{self.gate.parent}: no such folder")
        return ModelDescription("painter", sizes=("8x8",))

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        return KnownWords(((str(self.cancelled),),) * len(texts))

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        if request.prompt == "wrong":
            raise InvalidRequest("not_supported", "strength", model=self.name)
        if request.prompt == "too much":
            raise Busy(64, 65)
        process = str(os.getpid())
        yield Queued()
        if request.prompt == "picture first":
            yield Image(0, 1, None, b"png", filled=process)
        yield Progress(0.5, process.encode())
        try:
            while not self.gate.exists():  # noqa: ASYNC110  # in another process than who opens it
                await asyncio.sleep(0.01)
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        yield Image(0, 1, None, b"png", filled=process)
        yield Done(0.1, self.name)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Ray, of this machine alone."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    there = {"env_vars": {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}}
    here = "127.0.0.1"
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        configure_logging=False,
        runtime_env=there,
        _node_ip_address=here,
    )
    yield
    ray.shutdown()
    gc.collect()  # here, where their warnings are expected


@asynccontextmanager
async def painters(gate: Path) -> AsyncIterator[Any]:
    """A backend with two replicas, ready."""
    with on_ray([ServedModel("painter", partial(Painter, gate))], RayOptions(2, 2)) as [model]:
        backend = model.open()
        backend.start()
        try:
            async with asyncio.timeout(SECONDS):
                await backend.describe()
                yield backend
        finally:
            await backend.stop()


def asking(prompt: str = "a cat") -> GenerationRequest:
    return GenerationRequest(prompt, images=1)


async def until_process(events: AsyncGenerator[Event]) -> int:
    """The process that draws, as soon as it does."""
    async for event in events:
        if isinstance(event, Progress) and event.preview:
            return int(event.preview)
    raise AssertionError("it ended before")


@needs_ray
async def test_a_replica_that_is_killed_costs_nobody_a_picture(cluster: None, tmp_path: Path) -> None:
    """Two draw; one is killed; what it drew comes from the other.  Where a picture was sent already, it has failed."""
    gate = tmp_path / "gate"
    async with painters(gate) as backend, AsyncExitStack() as stack:
        assert (backend.name, backend.status) == ("painter", BackendStatus(6, 0, 0))
        drawing: list[tuple[int, AsyncGenerator[Event]]] = []
        while len({process for process, _ in drawing}) < 2:
            events = await stack.enter_async_context(aclosing(backend.stream(asking())))
            drawing.append((await until_process(events), events))
            assert len(drawing) < 20, "all were given to one replica"
        killed, interrupted = drawing[-1]
        begun: AsyncGenerator[Event] | None = None
        while begun is None:
            events = await stack.enter_async_context(aclosing(backend.stream(asking("picture first"))))
            begun = events if await until_process(events) == killed else None
        os.kill(killed, signal.SIGKILL)
        assert await until_process(interrupted) != killed
        assert [event async for event in begun] == [Failed("engine_failed", retryable=True)]
        gate.touch()
        for _, events in drawing:
            image, done = [event async for event in events if isinstance(event, Image | Done)]
            assert isinstance(image, Image)
            assert image.filled != str(killed)
            assert done == Done(0.1, "painter")
    assert backend.status is None


@needs_ray
async def test_refusals_and_cancelling_cross_processes(cluster: None, tmp_path: Path) -> None:
    """With all that a sentence about them needs; and stopping fails what is drawn, for another server to draw."""
    async with painters(tmp_path / "gate") as backend:
        with pytest.raises(InvalidRequest, match="strength is not possible with painter"):
            await anext(backend.stream(asking("wrong")))
        with pytest.raises(Busy, match="64 generations are waiting; no more than 65 may"):
            await anext(backend.stream(asking("too much")))
        async with aclosing(backend.stream(asking())) as events:
            await until_process(events)
            assert backend.status.running == 1
        assert backend.status.running == 0
        while (await backend.known_words(["x"])).unknown != (("1",),):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        async with aclosing(backend.stream(asking())) as events:
            await until_process(events)
            await backend.stop()
            assert await anext(events) == Failed("shutting_down", retryable=True)


@needs_ray
async def test_a_model_that_cannot_be_loaded_says_so(cluster: None, tmp_path: Path) -> None:
    """To the server, which ends of it, and to everybody who waits."""
    model = ServedModel("painter", partial(Painter, tmp_path / "nowhere" / "gate"))
    backend = RayBackend(model, RayOptions())
    backend.start()
    waiting = [event async for event in backend.stream(asking())]
    assert waiting == [Queued(), Failed("model_not_loaded", retryable=False, data={"model": "painter"})]
    with pytest.raises(RuntimeError):
        await backend.describe()
    assert backend.ended.is_set()
    await backend.stop()


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is loaded."""
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    with pytest.raises(CommandError, match=r"pip install -e '\.\[ray\]'"):
        command.refuse_without_ray()


@pytest.mark.parametrize(("text", "counts"), [("1", (1, 1)), ("4", (4, 4)), ("1:4", (1, 4)), ("2:2", (2, 2))])
def test_replicas_are_a_number_or_two(text: str, counts: tuple[int, int]) -> None:
    """The fewest and the most."""
    assert command.replica_counts(text) == counts


@pytest.mark.parametrize("text", ["0", "", "-1", "4:1", "1:", ":4", "1:2:3", "many", "10000", "1:10000"])
def test_other_replicas_are_refused(text: str) -> None:
    """With what was given."""
    with pytest.raises(CommandError, match=f"--replicas {text}: a number from 1 to 9999"):
        command.replica_counts(text)
