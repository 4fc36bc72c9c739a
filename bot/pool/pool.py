"""The inference servers as one: which are ready, how much they take, who gets the next generation.

In: requests of the contract.  Out: verdicts and events.  A server that breaks is left out until it answers again, and
its generations are tried once more, there or elsewhere.  Knows no queue, no Discord and no database.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeVar

import structlog

from bot.errors import GenerationFailed, InvalidOption, NoEndpoint, UserError
from bot.pool.endpoint import Endpoint, EndpointDown
from bot.pool.pace import Pace
from inference.contract import (
    CheckRequest,
    DescribeRequest,
    Description,
    Done,
    Event,
    Failed,
    GenerationRequest,
    KnownWords,
    ModelDescription,
    Upscaled,
    Verdict,
    WordsRequest,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")

TRIES: Final = 3
MISSES: Final = 3  # probes in a row without an answer, after which what a server works on begins anew elsewhere
POLL_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 1.0  # before the second try, twice that before the third


class DrawingPool(Protocol):
    """What draws and judges, as a generation sees it; `Pool` is the real one."""

    @property
    def capacity(self) -> int: ...

    def listen(self, listener: Callable[[], None]) -> None: ...

    async def check(self, request: CheckRequest) -> list[Verdict]: ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]: ...

    async def describe(self, request: DescribeRequest) -> Description: ...

    async def known_words(self, request: WordsRequest) -> KnownWords: ...

    async def upscale(self, png: bytes) -> Upscaled | None: ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]: ...

    def models(self) -> tuple[ModelDescription, ...]: ...

    def status(self) -> "tuple[EndpointStatus, ...]": ...


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """What the health page shows of one server: `concurrency` generations go to it at a time, as many as it says it
    takes and as the settings allow; `problem` is empty while it is ready."""

    name: str
    ready: bool
    running: int
    concurrency: int
    problem: str


@dataclass(slots=True, eq=False)
class _Member:
    """A server, and what the pool knows of it.  `others` are generations there that are not ours."""

    endpoint: Endpoint
    bound: int
    ready: bool = False
    running: int = 0
    others: int = 0
    capacity: int = 0
    models: tuple[ModelDescription, ...] = ()
    upscales: bool = False
    problem: str = "not asked yet"
    missed: int = 0
    pace: Pace = field(default_factory=Pace)
    deadlines: set[asyncio.Timeout] = field(default_factory=set)

    @property
    def concurrency(self) -> int:
        """Our generations that it takes at a time; one at least, so that nobody who shares it can shut us out."""
        return max(1, min(self.bound, self.capacity - self.others)) if self.ready else 0

    async def events(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """The endpoint's, until it is silent for too long or does not answer at all.  Raises EndpointDown."""
        clock = asyncio.get_running_loop().time
        heard = clock()
        async with aclosing(self.endpoint.generate(request)) as events:
            while True:
                limit = self.pace.limit
                try:
                    async with asyncio.timeout(limit) as deadline:
                        self.deadlines.add(deadline)
                        event = await anext(events, None)
                except TimeoutError:
                    raise EndpointDown(self.endpoint.name, f"it hangs: nothing for {clock() - heard:.0f} s") from None
                finally:
                    self.deadlines.discard(deadline)
                if event is None:
                    return
                self.pace.heard(clock() - heard)
                yield event
                heard = clock()

    def give_up(self) -> None:
        """It does not even say how it is: whatever waits for it waits no longer."""
        for deadline in tuple(self.deadlines):
            deadline.reschedule(asyncio.get_running_loop().time())

    def serves(self, model: str | None) -> bool:
        return model is None or any(model == one.name for one in self.models)


class Pool:
    """At most `concurrency` generations at a time go to each endpoint, fewer where it says that it takes fewer;
    `patience` (seconds) bounds every wait for one."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        concurrency: int = 8,
        patience: float = 300.0,
        poll_seconds: float = POLL_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._members = [_Member(endpoint, concurrency) for endpoint in endpoints]
        self._patience = patience
        self._poll_seconds = poll_seconds
        self._retry_seconds = retry_seconds
        self._listeners: list[Callable[[], None]] = []
        self._change = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and begin to watch; returns after the first look at every server."""
        for member in self._members:
            await member.endpoint.open()
        await self._look()
        self._watch = asyncio.create_task(self._keep_looking(), name="pool")

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        for member in self._members:
            await member.endpoint.close()

    @property
    def capacity(self) -> int:
        """How many generations can run at a time on the servers that are ready now."""
        return sum(member.concurrency for member in self._members)

    def models(self) -> tuple[ModelDescription, ...]:
        """What can be drawn with on the servers that are ready now, each model once, the default first."""
        described = {model.name: model for member in reversed(self._members) if member.ready for model in member.models}
        first = next((member.models[0].name for member in self._members if member.ready and member.models), None)
        return tuple(sorted(described.values(), key=lambda model: (model.name != first, model.name)))

    def status(self) -> tuple[EndpointStatus, ...]:
        return tuple(
            EndpointStatus(member.endpoint.name, member.ready, member.running, member.concurrency, member.problem)
            for member in self._members
        )

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the capacity may have changed."""
        self._listeners.append(listener)

    async def check(self, request: CheckRequest) -> list[Verdict]:
        """One verdict a prompt, from any server; waits for one.  Raises NoEndpoint after `patience` seconds.

        Fails closed: there is no answer that stands for "not checked".
        """
        return await self._ask_any(lambda endpoint: endpoint.check(request))

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, by what it means, from any server; waits as `check` does."""
        return await self._ask_any(lambda endpoint: endpoint.embed(texts))

    async def describe(self, request: DescribeRequest) -> Description:
        """What a picture shows, from any server; waits as `check` does.  Raises InvalidOption."""
        return await self._ask_any(lambda endpoint: endpoint.describe(request))

    async def known_words(self, request: WordsRequest) -> KnownWords:
        """Which words a model has not learned, from any server; waits as `check` does.  Raises InvalidOption."""
        return await self._ask_any(lambda endpoint: endpoint.known_words(request))

    async def upscale(self, png: bytes) -> Upscaled | None:
        """The picture, enlarged by a network, where a server that is ready now has one and can do it."""
        able = [one for one in self._members if one.ready and one.upscales]
        for member in sorted(able, key=lambda one: one.running):
            try:
                return await member.endpoint.upscale(png)
            except (EndpointDown, InvalidOption) as error:  # enlarging is no reason to take a server for dead
                log.warning("pool.not_upscaled", endpoint=member.endpoint.name, reason=str(error))
        return None

    async def _ask_any(self, ask: Callable[[Endpoint], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    change = self._change  # from before the asking: a server may come up while another's answer fails
                    for member in sorted(self._members, key=lambda one: one.running):
                        if not member.ready:
                            continue
                        try:
                            return await ask(member.endpoint)
                        except EndpointDown as error:
                            self._mark_down(member, error)
                    await change.wait()
        except TimeoutError as error:
            raise self._nobody("check") from error

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """The events of one generation up to Done.  Use `contextlib.aclosing`: closing it cancels the work.

        When a server breaks, the generation begins anew elsewhere: progress falls back, and a picture may come twice
        (the same one, for it has the same seed).  Raises GenerationFailed, NoEndpoint and InvalidOption.
        """
        problem: UserError | None = None
        broken: _Member | None = None
        for attempt in range(1, TRIES + 1):
            await asyncio.sleep((attempt - 1) * self._retry_seconds)
            member = await self._take(request.model, avoid=broken)
            try:
                async with aclosing(member.events(request)) as events:
                    async for event in events:
                        if isinstance(event, Failed):
                            problem = _problem(event)
                            if not event.retryable:
                                raise problem
                            break
                        yield event
                        if isinstance(event, Done):
                            return
            except EndpointDown as error:
                self._mark_down(member, error)
                problem = GenerationFailed("endpoint_down")
            finally:
                member.running -= 1
                self._announce()
            broken = member
            log.warning("pool.try_failed", endpoint=member.endpoint.name, attempt=attempt, problem=str(problem))
        raise problem or GenerationFailed("endpoint_down")

    # ------------------------------------------------------------------------------------------------ private

    async def _take(self, model: str | None, avoid: _Member | None) -> _Member:
        """The ready server that draws with `model` and has most room, one unlike `avoid` if possible; waits for one.

        Raises NoEndpoint, and InvalidOption at once where all are ready and none has the model.
        """
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    serving = [one for one in self._members if one.ready and one.serves(model)]
                    if not serving and all(one.ready for one in self._members):
                        raise InvalidOption("model", "unknown_model", {"value": str(model)})
                    free = [one for one in serving if one.running < one.concurrency]
                    if free:
                        member = min(free, key=lambda one: (one is avoid, one.running - one.concurrency))
                        member.running += 1
                        return member
                    await self._change.wait()
        except TimeoutError as error:
            raise self._nobody("draw") from error

    def _nobody(self, doing: Literal["check", "draw"]) -> NoEndpoint:
        log.error("pool.nobody_ready", endpoints=[f"{one.endpoint.name}: {one.problem}" for one in self._members])
        return NoEndpoint(doing, self._patience)

    def _mark_down(self, member: _Member, error: EndpointDown) -> None:
        was_ready = member.ready
        member.ready, member.problem = False, error.problem
        if was_ready:
            log.warning("pool.endpoint_down", endpoint=member.endpoint.name, problem=error.problem)
            self._announce()

    async def _keep_looking(self) -> None:
        while True:
            # A server that just went down or is about to come up is looked at more often.
            settled = all(member.ready for member in self._members)
            await asyncio.sleep(self._poll_seconds if settled else self._poll_seconds / 8)
            await self._look()

    async def _look(self) -> None:
        await asyncio.gather(*map(self._probe, self._members))

    async def _probe(self, member: _Member) -> None:
        try:
            running = member.running
            before = member.concurrency, {model.name for model in member.models}
            readiness = await member.endpoint.probe()
            if {model.name for model in member.models} != set(readiness.models):
                member.models = await member.endpoint.models()
        except EndpointDown as error:
            self._mark_down(member, error)
            member.missed = member.missed + 1 if error.silent else 0
            if member.missed >= MISSES:
                member.give_up()
        except Exception:
            log.exception("pool.probe_failed", endpoint=member.endpoint.name)
        else:
            was_ready = member.ready
            member.capacity, member.upscales = readiness.capacity, readiness.upscales
            ours = max(running, member.running)  # some of them may have ended since the server counted
            member.others = max(0, readiness.capacity - readiness.free - ours)
            member.ready, member.problem, member.missed = True, "", 0
            if not was_ready:
                models = [model.name for model in member.models]
                log.info("pool.endpoint_ready", endpoint=member.endpoint.name, models=models, takes=member.concurrency)
            if (member.concurrency, {model.name for model in member.models}) != before:
                self._announce()

    def _announce(self) -> None:
        self._change.set()
        self._change = asyncio.Event()
        for listener in self._listeners:
            listener()


def _problem(failed: Failed) -> UserError:
    """What a server's failure is to a person; an option that a model refused once it was loaded is theirs to mend."""
    match failed:
        case Failed("refused", _, {"code": str(code), "field": str(field), **data}):
            return InvalidOption(field, code, data)
        case _:
            return GenerationFailed(failed.code, failed.data)
