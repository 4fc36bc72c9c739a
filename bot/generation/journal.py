"""What the request log is told of a generation under way.

In: a `Work` and what became of it.  Out: its row, and each write tried again until it stands: a database that is
locked, full or away for a while must neither stop a generation nor lose its pictures.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import structlog

from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord, ImageRecord
from bot.database.session import utc_now
from bot.errors import GenerationCancelled, NotFound, NotRead, NotSaved, PicturesHeld, PromptBlocked, UserError
from bot.generation.patience import pauses
from bot.generation.work import BotStops, Work, Works
from inference.contract import Verdict

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE_WITH_PICTURES: Final = 10.0  # what the log gets to take note of pictures before they are shown all the same


class Journal:
    """Where the bot stops before a write stands, BotStops is raised: the next start finds the row as it was."""

    def __init__(self, generations: GenerationLog, works: Works) -> None:
        self._generations = generations
        self._works = works

    async def answered(self, work: Work) -> None:
        """Which message answers the order, where one does."""
        if work.message_id is not None:
            await self.insist(work, partial(self._generations.record_reply, work.generation_id, work.message_id))

    async def checked(self, work: Work, verdict: Verdict) -> None:
        await self.insist(work, partial(self._generations.record_verdict, work.generation_id, verdict))

    async def queued(self, work: Work) -> None:
        await self.insist(work, partial(self._generations.record_queued, work.generation_id, utc_now()))

    async def started(self, work: Work) -> None:
        await self.insist(work, partial(self._generations.record_start, work.generation_id, work.turn_at))

    async def drawn(self, work: Work, images: tuple[ImageRecord, ...], model: str, grid_key: str | None) -> None:
        """Tried for a few seconds; what is not written then is written before the end is: the person must not wait."""
        write = partial(
            self._generations.record_pictures, work.generation_id, images, model=model, grid_key=grid_key, at=utc_now()
        )
        try:
            await self.insist(work, write, PATIENCE_WITH_PICTURES)
        except NotSaved as error:
            work.owed = write
            log.warning("generation.pictures_not_recorded", generation=work.generation_id, problem=str(error))

    async def delivered(self, work: Work, message_id: int | None) -> None:
        await self._pay(work)
        await self.insist(work, partial(self._generations.delivered, work.generation_id, message_id, utc_now()))

    async def ended(self, work: Work, error: UserError) -> None:
        """Why there are no pictures; where the row was erased meanwhile, nothing has to be written."""
        with suppress(NotFound):
            await self._pay(work)
            await self.insist(work, partial(self._record_end, work.generation_id, error))

    async def abandoned(self, generation_id: int, code: str) -> None:
        """It never began; tried once, for whoever ordered it was told so already."""
        with suppress(NotSaved):
            await self._generations.fail(generation_id, code, {})

    async def row(
        self, work: Work, images: tuple[ImageRecord, ...], model: str, grid_key: str | None
    ) -> GenerationRecord:
        """The row, or where the log is away just now, what is known of it without the log.  Raises NotFound."""
        try:
            record = await self._generations.get(work.generation_id)
            if record is not None and work.owed is not None:
                record = replace(record, model=model, images=images, grid_key=grid_key)
        except Exception:
            log.exception("generation.row_not_read", generation=work.generation_id)
            return GenerationRecord(
                work.generation_id,
                work.order,
                "delivering",
                work.order.seed or 0,
                utc_now(),
                model,
                images=images,
                grid_key=grid_key,
            )
        if record is None:
            raise NotFound("generation", work.generation_id)
        return record

    async def _record_end(self, generation_id: int, error: UserError) -> None:
        if isinstance(error, GenerationCancelled):
            await self._generations.record_cancelled(generation_id)
        elif isinstance(error, PicturesHeld):
            await self._generations.delivered(generation_id, None, utc_now())
        elif not isinstance(error, PromptBlocked):  # its verdict stands in the row already
            await self._generations.fail(generation_id, error.code, error.details)

    async def _pay(self, work: Work) -> None:
        if work.owed is not None:
            await self.insist(work, work.owed)
            work.owed = None

    async def insist(self, work: Work, act: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        """Do it; where the database takes or gives nothing just now, again until it does, for `seconds` at most.

        Raises NotSaved or NotRead after that.
        """
        deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
        waits = pauses()
        while True:
            try:
                return await act()
            except (NotSaved, NotRead):
                pause = next(waits)
                if deadline is not None and asyncio.get_running_loop().time() + pause > deadline:
                    raise
            if self._works.closing and not work.drawn:
                raise BotStops
            await asyncio.sleep(pause)
