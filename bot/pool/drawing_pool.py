"""What draws and judges, as the rest of the bot sees it.

Out: the protocol `DrawingPool`, which `Pool` implements and which tests and the demo stand in for.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from bot.pool.member import EndpointStatus
from bot.pool.offer import Offer
from inference.contract import (
    CheckRequest,
    DescribeRequest,
    Description,
    Event,
    GenerationRequest,
    KnownWords,
    ModelDescription,
    Upscaled,
    Verdict,
    WordsRequest,
)


class DrawingPool(Protocol):
    """What each method promises and raises stands at `Pool`."""

    @property
    def offers(self) -> tuple[Offer, ...]: ...

    def listen(self, listener: Callable[[], None]) -> None: ...

    async def check(self, request: CheckRequest) -> list[Verdict]: ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]: ...

    async def describe(self, request: DescribeRequest) -> Description: ...

    async def known_words(self, request: WordsRequest) -> KnownWords: ...

    async def upscale(self, png: bytes) -> Upscaled | None: ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]: ...

    def models(self) -> tuple[ModelDescription, ...]: ...

    def status(self) -> tuple[EndpointStatus, ...]: ...
