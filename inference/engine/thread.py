"""Between asyncio and the one thread that owns an engine, ours or another that draws step by step.

In: generations, as `EventStream`s that handlers open, submit and close.  Out: the engine's events, each in its stream.
It knows no HTTP.  Commands go to the thread through a queue, events come back through `call_soon_threadsafe`.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid4

import structlog

from inference.contract import (
    Busy,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    KnownWords,
    ModelDescription,
    Progress,
    Queued,
)
from inference.engine.status import EngineStatus
from inference.pictures import Pixels

log = structlog.get_logger(__name__)

SHUTTING_DOWN: Final = Failed("shutting_down", retryable=True)
ENGINE_FAILED: Final = Failed("engine_failed", retryable=True)
REFUSED: Final = Failed("engine_failed", retryable=False)
STOP_SECONDS: Final = 10.0
"""The longest that `stop` waits for the step that is under way; the thread dies with the process anyway."""


HEARTBEAT_SECONDS: Final = 30.0
"""A stream without news for so long repeats the last, so that nobody on the way to the client takes it for dead."""


@dataclass(frozen=True, slots=True)
class Submission:
    generation_id: str
    request: GenerationRequest
    init_pixels: Pixels | None


@dataclass(frozen=True, slots=True)
class Cancellation:
    generation_id: str


class Drawer(Protocol):
    """What draws, step by step, in a thread of its own: `inference.engine.engine.Engine`, or something like it."""

    @property
    def busy(self) -> bool: ...
    @property
    def status(self) -> EngineStatus: ...
    def describe(self) -> ModelDescription: ...
    def init_size(self, request: GenerationRequest) -> tuple[int, int]:
        """Width and height in pixels that a request's `init_image` is to be decoded to."""

    def known_words(self, texts: Sequence[str]) -> KnownWords:
        """May be called from any thread."""

    def add(self, generation_id: str, request: GenerationRequest, init_pixels: Pixels | None = None) -> None: ...
    def cancel(self, generation_id: str) -> None: ...
    def step(self) -> list[tuple[str, Event]]: ...
    def fail_all(self, code: str) -> list[tuple[str, Event]]: ...
    def close(self) -> None: ...


class EventStream:
    """One generation as its handler sees it: iterate for its events, the last of which is Done or Failed.

    Queued, or the share that is done, may come more than once: `heartbeat` seconds apart.
    """

    def __init__(
        self, request: GenerationRequest, submit: Callable[[Submission], None], heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self.id = uuid4().hex  # the request's own may come twice: a client that tries again has not seen this end
        self.request = request
        self.started = False  # it has left the waiting line
        self.ended = False
        self._submit = submit
        self._heartbeat = heartbeat
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def submit(self, init_pixels: Pixels | None = None) -> None:
        """Hand the generation to the engine."""
        self.put(Queued())
        self._submit(Submission(self.id, self.request, init_pixels))

    def put(self, event: Event) -> None:
        if self.ended:
            return
        self.started = self.started or not isinstance(event, Queued)
        self.ended = isinstance(event, Done | Failed)
        self._events.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[Event]:
        news: Event = Queued()
        while not isinstance(news, Done | Failed):
            try:
                async with asyncio.timeout(self._heartbeat):
                    event = await self._events.get()
            except TimeoutError:
                event = news
            if isinstance(event, Progress):
                news = Progress(event.done)  # the preview need not be sent again
            elif not isinstance(event, Image):
                news = event
            yield event


class EngineThread:
    """Make it in a running event loop, `start` it, `stop` it.  All methods belong to that loop's thread."""

    def __init__(self, load: Callable[["EngineThread"], Drawer], max_waiting: int) -> None:
        self.max_waiting = max_waiting
        self.status: EngineStatus | None = None
        """As of the last step; None while the model loads."""
        self.ended = asyncio.Event()
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._drawer: asyncio.Future[Drawer] = self._loop.create_future()
        self._commands: queue.SimpleQueue[Submission | Cancellation | None] = queue.SimpleQueue()  # None: stop
        self._streams: dict[str, EventStream] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """End all generations with a retryable failure, and the thread after the step that is under way."""
        self._stopping = True
        self._end_all(SHUTTING_DOWN)
        self._commands.put(None)
        if self._thread.is_alive() and self._drawer.done():  # one that still loads hears nothing, and is a daemon
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)
        if self._drawer.done() and not self._drawer.cancelled():
            self._drawer.exception()  # so that asyncio does not report it as never looked at
        self._drawer.cancel()

    @property
    def ready(self) -> bool:
        return self.status is not None and not self._stopping

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def under_way(self) -> int:
        """Generations that are drawn or wait to be."""
        return len(self._streams)

    @property
    def waiting(self) -> int:
        """Generations that no slot has been free for yet."""
        return sum(not stream.started for stream in self._streams.values())

    async def loaded(self, patience: float) -> bool:
        """Whether loading has come to an end, well or not, within `patience` seconds."""
        done, _ = await asyncio.wait({self._drawer}, timeout=patience)
        return bool(done)

    async def drawer(self) -> Drawer:
        """What draws, as soon as its model is loaded.  Raises what loading raised."""
        return await asyncio.shield(self._drawer)

    @contextmanager
    def open_stream(self, request: GenerationRequest) -> Iterator[EventStream]:
        """A place in the waiting line; leaving the block cancels what has not ended.  Raises Busy."""
        if self.waiting >= self.max_waiting:
            raise Busy(self.waiting, self.max_waiting)
        stream = EventStream(request, self._commands.put)
        self._streams[stream.id] = stream
        if self._stopping:
            stream.put(SHUTTING_DOWN)
        try:
            yield stream
        finally:
            del self._streams[stream.id]
            if not stream.ended:
                self._commands.put(Cancellation(stream.id))

    # ------------------------------------------------------------------------- the other side of the river

    def _run(self) -> None:
        try:
            engine = self._load(self)
            with closing(engine):
                self.status = engine.status
                self._tell(self._loaded, engine, None)
                while self._obey(engine):
                    events = self._step(engine)
                    self.status = engine.status
                    if events:
                        self._tell(self._deliver, events)
        except BaseException as error:
            self._tell(self._loaded, None, error)
            if self.status is not None:  # what loading raises is heard by who asks for the drawer
                log.exception("engine.died")
        finally:
            self._tell(self.ended.set)

    def breathe(self, engine: Drawer, events: list[tuple[str, Event]]) -> None:
        """From within a long step: let its events out, and carry out what has come meanwhile.  Not the command to
        stop, which waits for the step's end."""
        if events:
            self._tell(self._deliver, events)
        stopped = not self._obey(engine, patient=False)
        if stopped:
            self._commands.put(None)

    def _obey(self, engine: Drawer, *, patient: bool = True) -> bool:
        """Carry out the commands that have come; wait for one if there is nothing to draw.  False means stop."""
        while True:
            try:
                command = self._commands.get(block=patient and not engine.busy)
            except queue.Empty:
                return True
            match command:
                case Submission():
                    self._add(engine, command)
                case Cancellation(generation_id):
                    engine.cancel(generation_id)
                case None:
                    return False
            self.status = engine.status

    def _add(self, engine: Drawer, new: Submission) -> None:
        try:
            engine.add(new.generation_id, new.request, new.init_pixels)
        except Exception:  # one request that nobody foresaw must not end everyone's
            log.exception("generation.refused", generation=new.request.id or new.generation_id)
            self._tell(self._deliver, [(new.generation_id, REFUSED)])

    def _step(self, engine: Drawer) -> list[tuple[str, Event]]:
        try:
            return engine.step()
        except Exception:
            log.exception("engine.step_failed")
            engine.fail_all(ENGINE_FAILED.code)
            # The events that the step took with it can belong to generations that the engine no longer knows.
            self._tell(self._end_all, ENGINE_FAILED)
            return []

    def _end_all(self, failure: Failed) -> None:
        for stream in self._streams.values():
            stream.put(failure)
            self._commands.put(Cancellation(stream.id))  # for one that the engine has not seen yet

    def _tell(self, callback: Callable[..., object], *arguments: object) -> None:
        if not self._loop.is_closed():  # it is when a stop did not wait for this thread any longer
            self._loop.call_soon_threadsafe(callback, *arguments)

    # ---------------------------------------------------------------------------- and back in the loop's

    def _loaded(self, engine: Drawer | None, error: BaseException | None) -> None:
        if self._drawer.done():
            return
        if engine is not None:
            self._drawer.set_result(engine)
        else:
            self._drawer.set_exception(error or RuntimeError("no engine"))

    def _deliver(self, events: list[tuple[str, Event]]) -> None:
        for generation_id, event in events:
            stream = self._streams.get(generation_id)
            if stream is not None:  # its handler may have left
                stream.put(event)
