"""Slow motion: the same pictures, drawn as slowly as a busy server draws them, so that the queue can be watched.

In: a pool.  Out: the same pool; while `on`, it takes one generation at a time and hands its events on in slow motion.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Final

from bot.pool.drawing_pool import DrawingPool
from bot.pool.member import EndpointStatus
from bot.pool.offer import Offer
from inference.contract import (
    CheckRequest,
    DescribeRequest,
    Description,
    Event,
    GenerationRequest,
    Image,
    KnownWords,
    ModelDescription,
    Progress,
    Upscaled,
    Verdict,
    WordsRequest,
)

SECONDS: Final = 12.0  # a generation's time in slow motion
STEPS: Final = 6  # how often at least its progress is told


class SlowMotion:
    """A pool before the real one."""

    def __init__(self, pool: DrawingPool, seconds: float = SECONDS) -> None:
        self._pool = pool
        self._seconds = seconds
        self._off = asyncio.Event()
        self._off.set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def on(self) -> bool:
        return not self._off.is_set()

    def turn(self, on: bool) -> None:  # a switch
        if on:
            self._off.clear()
        else:
            self._off.set()
        for listener in self._listeners:
            listener()

    @property
    def offers(self) -> tuple[Offer, ...]:
        """While it is on, of all servers one place together."""
        offers = self._pool.offers
        models = frozenset[str]().union(*(offer.models for offer in offers))
        return (Offer(min(1, sum(offer.places for offer in offers)), models),) if self.on else offers

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)
        self._pool.listen(listener)

    async def check(self, request: CheckRequest) -> list[Verdict]:
        return await self._pool.check(request)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return await self._pool.embed(texts)

    async def describe(self, request: DescribeRequest) -> Description:
        return await self._pool.describe(request)

    async def known_words(self, request: WordsRequest) -> KnownWords:
        return await self._pool.known_words(request)

    async def upscale(self, png: bytes) -> Upscaled | None:
        return await self._pool.upscale(png)

    def models(self) -> tuple[ModelDescription, ...]:
        return self._pool.models()

    def status(self) -> tuple[EndpointStatus, ...]:
        return self._pool.status()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """The drawing's own previews come when their share of the slow time has passed; pictures come at its end."""
        began, told = time.perf_counter(), 0.0
        preview: bytes | None = None
        if self.on:
            yield Progress(0.0)
        async with aclosing(self._pool.generate(request)) as events:
            async for event in events:
                upto = event.done if isinstance(event, Progress) else 1.0 if isinstance(event, Image) else told
                while self.on and upto - told > 1 / STEPS:
                    told += 1 / STEPS
                    await self._wait(began, told)
                    yield Progress(told, preview)
                if isinstance(event, Progress):
                    preview = event.preview or preview
                if self.on:
                    await self._wait(began, upto)
                told = max(told, upto)
                yield event

    async def _wait(self, began: float, share: float) -> None:
        """Until that share of the slow time has passed, or the switch is turned off."""
        rest = began + share * self._seconds - time.perf_counter()
        if rest > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._off.wait(), rest)
