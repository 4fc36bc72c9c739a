"""SIGINT and SIGTERM as something to wait for, from the process's first moment to its last.

In: signals.  Out: an act that is cut short when one comes.  A second signal ends the process at once: what is not
finished is in the database, and the inference server ends with us.
"""

import asyncio
import os
import signal
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
INSIST_SECONDS: Final = 1.0


class Stopped(Exception):  # nothing is wrong
    """A signal came; the act was cut short."""


class StopSignals:
    """`with StopSignals() as stop:` in the main thread, in a running event loop."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._why: Exception = Stopped()

    def __enter__(self) -> Self:
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def _ask(self) -> None:
        if self._asked.is_set():
            log.warning("bot.stopped_at_once", why="a second signal")
            os._exit(1)
        log.info("bot.stopping")
        self._asked.set()

    def end(self, why: Exception) -> None:
        """End the process's work as a signal does; `why` is what `unless` then raises."""
        self._why = why
        self._asked.set()

    async def unless(self, act: Coroutine[Any, Any, T]) -> T:
        """What the act returns or raises.  Raises Stopped where a signal came first; the act is over then, too."""
        if self._asked.is_set():
            act.close()
            raise self._why
        acting, asked = asyncio.ensure_future(act), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({acting, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not acting.done():
                await cancelled(acting)
            if acting.cancelled():
                raise self._why
            return acting.result()
        finally:
            asked.cancel()
            await cancelled(acting)


async def cancelled(task: "asyncio.Future[Any]") -> None:
    """Cancel a task until it has ended: libraries swallow a cancellation now and then."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=INSIST_SECONDS)
