"""What the bot counts and measures, for Prometheus.

In: what happens, as it happens.  Out: a page in Prometheus' text format (`render`).  One registry a bot, so that two in
one process (tests) share nothing.  Labels are few and known; no person, server or prompt is among them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

LONG: Final = (0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300, 900, 3600)
SHORT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
LAG_INTERVAL: Final = 0.5


@dataclass(frozen=True, slots=True)
class EndpointLoad:
    """What is shown of one inference server."""

    name: str
    ready: bool
    running: int
    capacity: int


class BotMetrics:
    """Times are seconds by `clock`."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._ordered: dict[int, float] = {}  # when each generation under way was ordered, and its turn came
        self._started: dict[int, float] = {}
        own = self.registry
        self._orders = Counter("easel_bot_orders", "Orders that were let in.", registry=own)
        self._refusals = Counter(
            "easel_bot_refusals", "What was refused to people, by reason.", ["reason"], registry=own
        )
        self._endings = Counter(
            "easel_bot_generations", "Generations that have ended, by how.", ["outcome"], registry=own
        )
        self._pictures = Counter("easel_bot_pictures", "Pictures that were drawn.", registry=own)
        self._unkept = Counter("easel_bot_unkept", "Generations whose pictures the storage did not take.", registry=own)
        self._verdicts = Counter(
            "easel_bot_verdicts", "Prompts that were checked.", ["action", "category"], registry=own
        )
        self._waits = Histogram("easel_bot_wait_seconds", "From the order to its turn.", buckets=LONG, registry=own)
        self._whole = Histogram(
            "easel_bot_generation_seconds", "From the order to the delivery.", buckets=LONG, registry=own
        )
        self._per_picture = Histogram(
            "easel_bot_picture_seconds", "Drawing, for a picture.", buckets=LONG, registry=own
        )
        self._broken = Counter("easel_bot_broken", "Commands, buttons and pages that broke.", registry=own)
        self._lag = Histogram("easel_bot_loop_lag_seconds", "How late the event loop was.", buckets=SHORT, registry=own)
        self._discord = Counter(
            "easel_bot_discord_requests", "Requests to Discord.", ["method", "status"], registry=own
        )
        self._statements = Histogram("easel_bot_database_seconds", "Statements.", buckets=SHORT, registry=own)
        self._database_errors = Counter("easel_bot_database_errors", "Statements that failed.", registry=own)
        self._queue = Gauge("easel_bot_queue", "Generations that wait and that run.", ["state"], registry=own)
        self._endpoints = Gauge("easel_bot_endpoint", "Of each inference server.", ["endpoint", "what"], registry=own)

    # ------------------------------------------------------------------------------------------- generations

    def ordered(self, generation_id: int) -> None:
        self._orders.inc()
        self._ordered[generation_id] = self._clock()

    def started(self, generation_id: int) -> None:
        now = self._started[generation_id] = self._clock()
        if generation_id in self._ordered:
            self._waits.observe(now - self._ordered[generation_id])

    def drawn(self, generation_id: int, pictures: int) -> None:
        """`pictures` that are kept; none where the storage took no files."""
        self._pictures.inc(pictures)
        self._unkept.inc(not pictures)
        started = self._started.get(generation_id)
        if pictures and started is not None:
            self._per_picture.observe((self._clock() - started) / pictures)

    def ended(self, generation_id: int, outcome: str) -> None:
        self._endings.labels(outcome).inc()
        ordered = self.forget(generation_id)
        if outcome == "delivered" and ordered is not None:
            self._whole.observe(self._clock() - ordered)

    def forget(self, generation_id: int) -> float | None:
        """Nothing more is heard of it; returns when it was ordered, if that is known."""
        self._started.pop(generation_id, None)
        return self._ordered.pop(generation_id, None)

    def verdict(self, action: str, category: str | None) -> None:
        self._verdicts.labels(action, category or "none").inc()

    # -------------------------------------------------------------------------------------------- everything else

    def refused(self, reason: str) -> None:
        self._refusals.labels(reason).inc()

    def broke(self) -> None:
        self._broken.inc()

    def asked_discord(self, method: str, status: str) -> None:
        """`status` is the answer's, or "none" where there was no answer."""
        self._discord.labels(method, status).inc()

    def statement(self, seconds: float | None) -> None:
        """None where it failed."""
        if seconds is None:
            self._database_errors.inc()
        else:
            self._statements.observe(seconds)

    @asynccontextmanager
    async def watching_the_loop(self) -> AsyncIterator[None]:
        """Measure, until the block ends, how late what should happen at a time happens."""
        task = asyncio.create_task(self._watch_loop(), name="loop lag")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch_loop(self) -> None:
        while True:
            before = self._clock()
            await asyncio.sleep(LAG_INTERVAL)
            self._lag.observe(max(0.0, self._clock() - before - LAG_INTERVAL))

    def render(self, waiting: int, running: int, endpoints: Sequence[EndpointLoad]) -> bytes:
        """The page."""
        self._queue.labels("waiting").set(waiting)
        self._queue.labels("running").set(running)
        self._endpoints.clear()
        for endpoint in endpoints:
            self._endpoints.labels(endpoint.name, "ready").set(endpoint.ready)
            self._endpoints.labels(endpoint.name, "running").set(endpoint.running)
            self._endpoints.labels(endpoint.name, "capacity").set(endpoint.capacity)
        return generate_latest(self.registry)
