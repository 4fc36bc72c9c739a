"""The inference servers as one: which are ready, how much they take, who gets the next generation.

In: requests of the contract.  Out: verdicts and events.  A server that breaks is left out until it answers again, and
its generations are tried once more, there or elsewhere.  Knows no queue, no Discord and no database.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final, TypeVar

import structlog

from bot.errors import GenerationFailed, InvalidOption, NoEndpoint, UserError, no_such_model
from bot.errors.drawing import Doing
from bot.pool.breaker import Breaker
from bot.pool.endpoint import Endpoint, EndpointDown
from bot.pool.member import EndpointStatus, Member
from bot.pool.offer import Offer
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
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._members = [self._member(endpoint) for endpoint in endpoints]
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

    async def change(self, endpoints: Sequence[Endpoint]) -> None:
        """Work with these from now on.  What runs on one that is no more among them is finished there."""
        urls, known = {one.url for one in endpoints}, {one.endpoint.url for one in self._members}
        for member in self._members:
            member.leaves = member.endpoint.url not in urls
        new = [self._member(endpoint) for endpoint in endpoints if endpoint.url not in known]
        for member in new:
            await member.endpoint.open()
        self._members += new
        await self._look()
        self._announce()

    def _member(self, endpoint: Endpoint) -> Member:
        return Member(endpoint, self._concurrency, breaker=Breaker(self._clock))

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        for member in self._members:
            await member.endpoint.close()

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What each server takes, those that are away among them: with nothing, and the models that they had."""
        return tuple(member.offer for member in self._members if not member.leaves)

    def models(self) -> tuple[ModelDescription, ...]:
        """What can be drawn with on the servers that are ready now, each model once, the default first."""
        described = {model.name: model for member in reversed(self._members) if member.ready for model in member.models}
        first = next((member.models[0].name for member in self._members if member.ready and member.models), None)
        return tuple(sorted(described.values(), key=lambda model: (model.name != first, model.name)))

    def status(self) -> tuple[EndpointStatus, ...]:
        return tuple(member.status for member in self._members)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the offers may have changed."""
        self._listeners.append(listener)

    async def check(self, request: CheckRequest) -> list[Verdict]:
        """One verdict a prompt, from any server; waits for one.  Raises NoEndpoint after `patience` seconds.

        Fails closed: there is no answer that stands for "not checked".
        """
        return await self._ask_any("check", lambda endpoint: endpoint.check(request))

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, by what it means, from any server; waits as `check` does."""
        return await self._ask_any("read", lambda endpoint: endpoint.embed(texts))

    async def describe(self, request: DescribeRequest) -> Description:
        """What a picture shows, from any server; waits as `check` does.  Raises InvalidOption."""
        return await self._ask_any("describe", lambda endpoint: endpoint.describe(request))

    async def known_words(self, request: WordsRequest) -> KnownWords:
        """Which words a model has not learned, from any server; waits as `check` does.  Raises InvalidOption."""
        return await self._ask_any("read", lambda endpoint: endpoint.known_words(request))

    async def upscale(self, png: bytes) -> Upscaled | None:
        """The picture, enlarged by a network, where a server that is ready now has one and can do it."""
        able = [one for one in self._members if one.ready and one.upscales and not one.leaves]
        for member in sorted(able, key=lambda one: one.running):
            try:
                return await member.endpoint.upscale(png)
            except (EndpointDown, InvalidOption) as error:  # enlarging is no reason to take a server for dead
                log.warning("pool.not_upscaled", endpoint=member.endpoint.name, reason=str(error))
        return None

    async def _ask_any(self, doing: Doing, ask: Callable[[Endpoint], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    change = self._change  # from before the asking: a server may come up while another's answer fails
                    for member in sorted(self._members, key=lambda one: one.running):
                        if not member.ready or member.leaves:
                            continue
                        try:
                            return await ask(member.endpoint)
                        except EndpointDown as error:
                            self._mark_down(member, error)
                    await change.wait()
        except TimeoutError as error:
            raise self._nobody(doing) from error

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """The events of one generation up to Done.  Use `contextlib.aclosing`: closing it cancels the work.

        When a server breaks, the generation begins anew elsewhere: progress falls back, and a picture may come twice
        (the same one, for it has the same seed).  Raises GenerationFailed, NoEndpoint and InvalidOption.
        """
        problem: UserError | None = None
        broken: Member | None = None
        for attempt in range(1, TRIES + 1):
            await asyncio.sleep((attempt - 1) * self._retry_seconds)
            member = await self._take(request.model, avoid=broken)
            begun = self._clock()
            try:
                async with aclosing(member.events(request)) as events:
                    async for event in events:
                        if isinstance(event, Failed):
                            problem = _problem(event)
                            if not event.retryable:
                                member.breaker.succeeded()
                                raise problem
                            break
                        if isinstance(event, Done):
                            member.breaker.succeeded()
                        yield event
                        if isinstance(event, Done):
                            return
            except EndpointDown as error:
                self._mark_down(member, error)
                problem = GenerationFailed("endpoint_down")
            finally:
                member.running -= 1
                self._announce()
            if member.breaker.failed(begun):
                log.warning("pool.endpoint_left_out", endpoint=member.endpoint.name, problem=member.status.problem)
            broken = member
            log.warning("pool.try_failed", endpoint=member.endpoint.name, attempt=attempt, problem=str(problem))
        raise problem or GenerationFailed("endpoint_down")

    # ------------------------------------------------------------------------------------------------ private

    async def _take(self, model: str | None, avoid: Member | None) -> Member:
        """The ready server that draws with `model` and has most room, one unlike `avoid` if possible; waits for one.

        Raises NoEndpoint, and InvalidOption at once where all are ready and none has the model.
        """
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    staying = [one for one in self._members if not one.leaves]
                    serving = [one for one in staying if one.ready and one.serves(model)]
                    if not serving and all(one.ready for one in staying):
                        raise no_such_model(model, (one.name for one in self.models()))
                    free = [one for one in serving if one.running < one.concurrency]
                    if free:
                        member = min(free, key=lambda one: (one is avoid, one.running - one.concurrency))
                        member.running += 1
                        return member
                    await self._change.wait()
        except TimeoutError as error:
            raise self._nobody("draw") from error

    def _nobody(self, doing: Doing) -> NoEndpoint:
        states = [one.status for one in self._members]
        log.error("pool.nobody_ready", endpoints=[f"{state.name}: {state.problem}" for state in states])
        return NoEndpoint(doing, self._patience)

    def _mark_down(self, member: Member, error: EndpointDown) -> None:
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
            await self._part()

    async def _part(self) -> None:
        """Close what leaves and has nothing more to do."""
        parting = [one for one in self._members if one.leaves and not one.running]
        self._members = [one for one in self._members if one not in parting]
        for member in parting:
            await member.endpoint.close()
            log.info("pool.endpoint_gone", endpoint=member.endpoint.name)
        if parting:
            self._announce()

    async def _look(self) -> None:
        await asyncio.gather(*map(self._probe, self._members))

    async def _probe(self, member: Member) -> None:
        try:
            running = member.running
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
        if member.offer != member.told:  # also where a breaker's pause is over
            self._announce()

    def _announce(self) -> None:
        for member in self._members:
            member.told = member.offer
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
