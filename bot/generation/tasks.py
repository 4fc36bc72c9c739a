"""The tasks in which generations are carried out: none belongs to the command that asked for it.

`Tasks.open` starts the one task that starts all others, so that none ends with, or is awaited by, whoever ordered it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, Final

import structlog
from structlog.contextvars import bind_contextvars

log = structlog.get_logger(__name__)

Start = Callable[[], Coroutine[Any, Any, None]]

CLOSING_SECONDS: Final = 10.0  # what deliveries under way get when the bot stops


class Tasks:
    def __init__(self) -> None:
        self._wanted: asyncio.Queue[tuple[int, Start]] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()
        self._starter: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._starter = asyncio.create_task(self._start_all(), name="generator")

    def start(self, generation_id: int, start: Start) -> None:
        """Carry a generation out."""
        self._wanted.put_nowait((generation_id, start))

    def keep(self, act: Coroutine[Any, Any, None]) -> None:
        """Let something run that nobody waits for."""
        self._watch(asyncio.create_task(act, name="generator"))

    def stop_starting(self) -> None:
        if self._starter is not None:
            self._starter.cancel()

    async def wait(self, seconds: float) -> None:
        """Return once all have ended, after so many seconds at most."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def close(self) -> None:
        """Wait a while for those that deliver, and cut off what takes longer."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=CLOSING_SECONDS)
            for task in late:
                log.warning("generation.cut_off", task=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _start_all(self) -> None:
        while True:
            generation_id, start = await self._wanted.get()
            context = copy_context()  # every line that is logged in the task says which generation it is about
            context.run(bind_contextvars, generation=generation_id)
            self._watch(asyncio.create_task(start(), name=f"generation {generation_id}", context=context))

    def _watch(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)
