"""Models as deployments of Ray Serve (extra `ray`): as many replicas as are wanted, on as many machines as Ray has.

In: models as they can be opened.  Out: the same models, each drawn with by replicas; the server stays in front of them.
A replica is a whole backend in a process of its own.  One that dies is replaced by Ray; what it drew is drawn by
another, unless pictures of it were sent already: then it has failed, and may be tried again.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread
from typing import Any, Final

import structlog

from inference.backends import Backend, BackendStatus, ServedModel
from inference.backends.opening import API
from inference.contract import (
    Busy,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    KnownWords,
    ModelDescription,
    Queued,
)
from inference.engine.thread import ENGINE_FAILED, HEARTBEAT_SECONDS, SHUTTING_DOWN

TRIES: Final = 2
"""Replicas that one generation may be given to, one after the other."""

MOST_ONGOING: Final = 1000
"""Generations given to a replica at a time: its backend counts those that wait, and says when they are too many."""

STOP_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RayOptions:
    """How many replicas each model has, and the share of a GPU of each; with `most` above `fewest`, Ray chooses."""

    fewest: int = 1
    most: int = 1
    gpus: float = 0.0


@dataclass(frozen=True)
class _Refused:
    """InvalidRequest as it crosses processes: an exception with arguments of its own does not survive pickling."""

    code: str
    field: str
    data: dict[str, Any]


@dataclass(frozen=True)
class _Full:
    """Busy, likewise."""

    waiting: int
    limit: int


class Replica:
    """What Ray Serve runs: one backend, loaded before the replica counts as ready."""

    async def __init__(self, model: ServedModel) -> None:  # type: ignore[misc]  # Ray Serve awaits it, in its loop
        self._backend: Backend = model.open()
        self._backend.start()
        await self._backend.describe()

    async def describe(self) -> tuple[ModelDescription, int]:
        """What the model can do, and how many generations one replica works on at a time."""
        status = self._backend.status
        return await self._backend.describe(), 1 if status is None else status.capacity

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        return await self._backend.known_words(texts)

    async def draw(self, request: GenerationRequest) -> AsyncIterator[Event | _Refused | _Full]:
        try:
            async with aclosing(self._backend.stream(request)) as events:
                async for event in events:
                    yield event
        except InvalidRequest as error:
            yield _Refused(error.code, error.field, dict(error.data))
        except Busy as error:
            yield _Full(error.waiting, error.limit)

    async def check_health(self) -> None:
        """Ray Serve asks now and then, and replaces a replica whose model has died."""
        if self._backend.ended.is_set():
            raise RuntimeError("the model has died")


class RayBackend:
    """A Backend (see there) whose pictures are drawn by the replicas of one deployment.  Ray must be connected."""

    def __init__(self, model: ServedModel, options: RayOptions) -> None:
        self._model = model
        self._options = options
        self._application = f"easel {model.name}".replace("/", "-")
        self._deploying: asyncio.Task[Any] | None = None
        self._handle: Any = None
        self._description: ModelDescription | None = None
        self._capacity = 0
        self._under_way = 0
        self._stopped = False
        self.ended = asyncio.Event()

    @property
    def name(self) -> str:
        return self._model.name if self._description is None else self._description.name

    @property
    def status(self) -> BackendStatus | None:
        """All generations come through here, so they are counted here; the replicas that may be are counted as there:
        Ray starts them when there is work for them."""
        if self._description is None or self.ended.is_set():
            return None
        running = min(self._under_way, self._capacity)
        return BackendStatus(self._capacity, running, self._under_way - running)

    def start(self) -> None:
        self._deploying = asyncio.create_task(self._deploy(), name=f"deploy {self._model.name}")

    async def stop(self) -> None:
        from ray import serve

        self._stopped = True
        self.ended.set()
        if self._deploying is not None:
            self._deploying.cancel()
        await asyncio.to_thread(serve.delete, self._application)

    async def describe(self) -> ModelDescription:
        if self._deploying is None:
            raise RuntimeError(f"{self._model.name} was not started")
        await asyncio.shield(self._deploying)
        return self._description or ModelDescription(self._model.name)

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        await self.describe()
        words: KnownWords = await self._handle.known_words.remote(list(texts))
        return words

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        self._under_way += 1
        try:
            while self._deploying is not None and not self._deploying.done():
                yield Queued()
                await asyncio.wait({self._deploying}, timeout=HEARTBEAT_SECONDS)
            if self._stopped:
                yield SHUTTING_DOWN
                return
            if self._description is None:
                yield Failed("model_not_loaded", retryable=False, data={"model": self._model.name})
                return
            async with aclosing(self._drawn(request)) as events:
                async for event in events:
                    yield event
        finally:
            self._under_way -= 1

    # ------------------------------------------------------------------------------------------------ private

    async def _deploy(self) -> None:
        try:
            self._handle = await _apart(self._run)
            description, capacity = await self._handle.describe.remote()
        except Exception:
            self.ended.set()
            raise
        self._capacity = capacity * self._options.most
        self._description = description

    def _run(self) -> Any:
        """Returns as soon as all replicas that must be there have loaded the model."""
        from ray import serve

        few, most = self._options.fewest, self._options.most
        scaling: dict[str, Any] = {"num_replicas": few}
        if most > few:
            scaling = {"autoscaling_config": {"min_replicas": few, "max_replicas": most, "initial_replicas": few}}
        decorated: Any = serve.deployment(Replica)
        deployment = decorated.options(
            ray_actor_options={"num_gpus": self._options.gpus},
            max_ongoing_requests=MOST_ONGOING,
            graceful_shutdown_timeout_s=STOP_SECONDS,
            **scaling,
        )
        serve.start(proxy_location="Disabled")  # nobody but this server is to reach the replicas
        return serve.run(deployment.bind(self._model), name=self._application, route_prefix=None)

    async def _drawn(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """By one replica, and by another where that one goes before it has sent a picture."""
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        for left in reversed(range(TRIES)):
            sent = False
            try:
                async with aclosing(self._attempt(request)) as events:
                    async for event in events:
                        sent = sent or isinstance(event, Image)
                        yield event
                return
            except (RayError, RayServeException) as error:
                again = bool(left) and not sent and not self.ended.is_set()
                log.warning("replica.failed", model=self.name, id=request.id, again=again, reason=type(error).__name__)
            if not again:
                yield SHUTTING_DOWN if self.ended.is_set() else ENGINE_FAILED
                return

    async def _attempt(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        response = self._handle.options(stream=True).draw.remote(request)
        ended = asyncio.create_task(self.ended.wait())
        coming: asyncio.Future[Any] | None = None
        try:
            while True:
                coming = asyncio.ensure_future(anext(response, None))
                await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    yield SHUTTING_DOWN
                    return
                match coming.result():
                    case None:
                        return
                    case _Refused(code, field, data):
                        raise InvalidRequest(code, field, **data)
                    case _Full(waiting, limit):
                        raise Busy(waiting, limit)
                    case event:
                        yield event
        finally:
            ended.cancel()
            if coming is not None:
                coming.cancel()
            response.cancel()


async def _apart(work: Callable[[], Any]) -> Any:
    """What `work` returns, from a thread that nobody waits for at the end: Ray waits until all replicas have loaded."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        try:
            result, error = work(), None
        except Exception as failed:  # noqa: BLE001  # told to whoever waits
            result, error = None, failed
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=run, name="ray serve", daemon=True).start()
    return await done


@contextmanager
def on_ray(models: Sequence[ServedModel], options: RayOptions) -> Iterator[list[ServedModel]]:
    """The models, to be drawn with by replicas; within the block, Ray is connected: the cluster that RAY_ADDRESS names
    or this machine is in, otherwise one of this machine alone, which ends with the block.  Models of an API stay in
    front: one budget is counted in one place."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports to its makers otherwise
    import ray

    mine = not ray.is_initialized()
    if mine:
        try:
            ray.init(address="auto", configure_logging=False)
        except ConnectionError:
            # on this machine's own address: whoever reaches Ray runs what he likes
            ray.init(address="local", include_dashboard=False, configure_logging=False, _node_ip_address="127.0.0.1")
    try:
        yield [
            model if model.name.startswith(API) else replace(model, open=partial(RayBackend, model, options))
            for model in models
        ]
    finally:
        if mine:
            ray.shutdown()
