"""How long the statements of an engine take.

In: an engine.  Out: each statement's seconds, as they go by.
"""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


def measure_statements(engine: AsyncEngine, measure: Callable[[float | None], None]) -> None:
    """`measure` is told of each: its seconds, or None where it failed."""

    def begin(_: object, __: object, ___: object, ____: object, context: Any, _____: object) -> None:
        context.begun = time.perf_counter()

    def end(_: object, __: object, ___: object, ____: object, context: Any, _____: object) -> None:
        measure(time.perf_counter() - context.begun)

    def fail(_: object) -> None:
        measure(None)

    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", end)
    event.listen(engine.sync_engine, "handle_error", fail)
