"""What can draw, one module a kind, and what they all are to the server: they describe themselves, and they stream."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from inference.contract import Event, GenerationRequest, KnownWords, ModelDescription


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """How full a backend is: generations it works on at a time, those in work, those that wait; and for those that
    decode in slots, rows of the caches."""

    capacity: int
    running: int
    waiting: int
    slots: int = 0
    free_slots: int = 0


@dataclass(frozen=True)
class ServedModel:
    """A model that may be asked for.  `size` is about what it takes in memory, in bytes; `description` is what is known
    of it before it was ever loaded."""

    name: str
    open: "Callable[[], Backend]"
    size: int = 0
    description: ModelDescription | None = None


class Backend(Protocol):
    """Something that draws.  `start` it, `stop` it; all methods belong to the event loop's thread."""

    @property
    def name(self) -> str:
        """What the model calls itself once it is loaded; until then what it was asked for by."""

    @property
    def ended(self) -> asyncio.Event:
        """Set when it can draw no more: it was stopped, or it has died."""

    @property
    def status(self) -> BackendStatus | None:
        """None until its model is loaded, and after it was stopped."""

    def start(self) -> None:
        """Begin to load the model; returns at once."""

    async def stop(self) -> None:
        """End all generations with a retryable failure, and let the model go."""

    async def describe(self) -> ModelDescription:
        """What it can do, as soon as the model is loaded.  Raises what loading raised."""

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        """Which words of texts the model never learned, as soon as it is loaded.  Raises what loading raised."""

    def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """The events of one generation, up to Done or Failed; closing the generator cancels it.

        Raises Busy before the first event, and InvalidRequest before anything is drawn.  While the model loads, Queued
        comes again and again; where it cannot be loaded, Failed.
        """
