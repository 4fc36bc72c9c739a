"""What is done in one server after the other, a few of them at a time.

In: what to do, and for which.  Out: nothing; whatever is slow or fails keeps no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

AT_A_TIME: Final = 8
"""Each waits for Discord most of its time, which takes fifty requests a second in all."""


async def abreast(act: Callable[[T], Awaitable[object]], items: Iterable[T], at_a_time: int = AT_A_TIME) -> None:
    """Do it for each, begun in their order; returns when all have ended."""
    few = asyncio.Semaphore(at_a_time)

    async def done(item: T) -> None:
        async with few:
            try:
                await act(item)
            except Exception:
                log.exception("calendar.not_kept", act=act.__qualname__)

    async with asyncio.TaskGroup() as group:
        for item in items:
            group.create_task(done(item))
