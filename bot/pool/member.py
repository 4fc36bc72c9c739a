"""One inference server as a member of the pool: what it takes, what it does, and whether it still does anything.

In: an endpoint, and what probes and generations tell of it.  Out: how many generations it gets, and their events.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from bot.pool.breaker import Breaker
from bot.pool.endpoint import Endpoint, EndpointDown
from bot.pool.offer import Offer
from bot.pool.pace import Pace
from inference.contract import Event, GenerationRequest, ModelDescription


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
class Member:
    """A server, and what the pool knows of it.

    `others` are generations there that are not ours; one that `leaves` gets no more, and `told` is its last `offer`.
    """

    endpoint: Endpoint
    bound: int
    ready: bool = False
    running: int = 0
    others: int = 0
    capacity: int = 0
    models: tuple[ModelDescription, ...] = ()
    told: Offer | None = None
    upscales: bool = False
    problem: str = "not asked yet"
    missed: int = 0
    leaves: bool = False
    breaker: Breaker = field(default_factory=lambda: Breaker(time.perf_counter))
    pace: Pace = field(default_factory=Pace)
    deadlines: set[asyncio.Timeout] = field(default_factory=set)

    @property
    def concurrency(self) -> int:
        """Our generations that it takes at a time; one at least, so that nobody who shares it can shut us out."""
        if not self.ready or self.leaves:
            return 0
        return self.breaker.limit(max(1, min(self.bound, self.capacity - self.others)))

    @property
    def offer(self) -> Offer:
        """What is announced to those who wait."""
        return Offer(self.concurrency, frozenset(model.name for model in self.models))

    @property
    def status(self) -> EndpointStatus:
        problem = self.problem
        if self.ready and self.breaker.seconds:
            problem = f"{self.breaker.failures} generations in a row failed; again in {self.breaker.seconds:.0f} s"
        return EndpointStatus(self.endpoint.name, self.ready and not problem, self.running, self.concurrency, problem)

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
