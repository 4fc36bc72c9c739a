"""The request log that counts as it writes: every step of a generation passes through it.

In: what `GenerationLog` takes.  Out: the same, and the bot's metrics.  A step that could not be written is not counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bot.database.generations import GenerationLog
from bot.database.records import REFUSED, ImageRecord
from bot.database.states import Overtaken
from bot.errors import NotFound
from bot.metrics import BotMetrics
from bot.orders.order import Order
from inference.contract import Verdict


class MeteredLog(GenerationLog):
    """A `GenerationLog` with its metrics."""

    def __init__(self, metrics: BotMetrics, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._metrics = metrics

    async def open(self, order: Order) -> int:
        generation_id = await super().open(order)
        self._metrics.ordered(generation_id)
        return generation_id

    async def record_verdict(self, generation_id: int, verdict: Verdict) -> None:
        await super().record_verdict(generation_id, verdict)
        self._metrics.verdict(verdict.action, verdict.category)
        if verdict.action in REFUSED:
            self._metrics.ended(generation_id, "blocked")

    async def record_start(self, generation_id: int, at: datetime | None = None) -> None:
        await super().record_start(generation_id, at)
        self._metrics.started(generation_id)

    async def record_pictures(
        self, generation_id: int, images: Sequence[ImageRecord], *, model: str, grid_key: str | None,
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        await super().record_pictures(generation_id, images, model=model, grid_key=grid_key, at=at)
        self._metrics.drawn(generation_id, len(images))

    async def delivered(self, generation_id: int, message_id: int | None, at: datetime | None = None) -> None:
        with self._ending(generation_id, "expired" if message_id is None else "delivered"):
            await super().delivered(generation_id, message_id, at)

    async def fail(self, generation_id: int, code: str, data: Mapping[str, Any]) -> None:
        with self._ending(generation_id, "failed"):
            await super().fail(generation_id, code, data)

    async def record_cancelled(self, generation_id: int) -> None:
        with self._ending(generation_id, "cancelled"):
            await super().record_cancelled(generation_id)

    @contextmanager
    def _ending(self, generation_id: int, outcome: str) -> Iterator[None]:
        """One whose row was erased or ended elsewhere is not counted, and not remembered either."""
        try:
            yield
        except (NotFound, Overtaken):
            self._metrics.forget(generation_id)
            raise
        self._metrics.ended(generation_id, outcome)
