"""What is under way in this process: each generation from its admission to its end.

In: generations that begin, end, or that nobody wants any more.  Out: their places, and what people may be told.
Does no work itself; see `Generator`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog

from bot.database.records import Status
from bot.errors import GenerationCancelled
from bot.generation.live import LiveReply
from bot.generation.reply import Pending, Reply
from bot.orders.order import Order
from bot.orders.queue import FairQueue
from bot.orders.ticket import Place

log = structlog.get_logger(__name__)

T = TypeVar("T")


class BotStops(Exception):
    """The bot is closing; whatever is not finished is taken up at the next start."""


@dataclass(slots=True, eq=False)
class Work:
    """A generation under way; `turn_at` is when its turn came, `message_id` the message that answers the order."""

    generation_id: int
    order: Order
    reply: Reply
    live: LiveReply
    status: Status = "checking"
    init_image_key: str | None = None
    message_id: int | None = None
    turn_at: datetime | None = None
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    unwanted: asyncio.Event = field(default_factory=asyncio.Event)
    drawn_before: bool = False  # its files were lost, and the row stays where it is
    cancelled: bool = False  # unwanted by a person; otherwise it is the bot that stops
    owed: Callable[[], Awaitable[None]] | None = None  # what the log could not take yet
    drawn: bool = False  # from here on there is something to deliver, and no cancelling

    async def wanted(self, step: Coroutine[Any, Any, T]) -> T:
        """Wait for a step, at most as long as anybody wants the pictures.  Raises GenerationCancelled or BotStops.

        Between such steps nothing is interrupted: a transaction or a delivery is always carried through.
        """
        running, unwanted = asyncio.ensure_future(step), asyncio.ensure_future(self.unwanted.wait())
        try:
            await asyncio.wait((running, unwanted), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                return running.result()
            raise GenerationCancelled if self.cancelled else BotStops
        finally:
            running.cancel()
            unwanted.cancel()
            await asyncio.gather(running, unwanted, return_exceptions=True)

    def pending(self, place: Place | None) -> Pending:
        requester = self.order.requester
        position, eta = (place.position, place.eta_seconds) if place else (None, None)
        return Pending(
            self.generation_id, self.order.prompt, requester.user_id, requester.guild_id, self.status, position, eta
        )


class Works:
    """All generations under way, by their ids."""

    def __init__(self, queue: FairQueue) -> None:
        self._queue = queue
        self._works: dict[int, Work] = {}
        self.closing = False  # from `park` on no turn is given, and nothing new comes in

    def __contains__(self, generation_id: int) -> bool:
        return generation_id in self._works

    def __getitem__(self, generation_id: int) -> Work:
        return self._works[generation_id]

    def add(self, work: Work) -> None:
        self._works[work.generation_id] = work

    def remove(self, work: Work) -> None:
        """It has ended, whichever way."""
        self._works.pop(work.generation_id, None)
        work.ended.set()

    def park(self, *, running: bool = False) -> None:
        """The bot stops: what waits goes no further, nor, with `running`, what is being drawn."""
        self.closing = True
        for work in self._works.values():
            if running or work.status != "running":
                work.unwanted.set()

    def cancel(self, generation_id: int, by_user_id: int) -> bool:
        """Stop one, whoever it belongs to: may they? is the caller's question.  False where it is too late."""
        work = self._works.get(generation_id)
        if work is None or work.drawn or work.cancelled:
            return False
        work.cancelled = True
        work.unwanted.set()
        log.info("generation.cancelled", generation=generation_id, by=by_user_id)
        return True

    def cancel_all(self, user_id: int, guild_id: int | None, by_user_id: int) -> int:
        """Stop all of a person's in a server, or, where it is None, everywhere; returns how many."""
        theirs = [one.generation_id for one in self.pending(user_id) if guild_id in (None, one.guild_id)]
        return sum(self.cancel(generation_id, by_user_id) for generation_id in theirs)

    async def ended(self, generation_id: int) -> None:
        """Return once the generation is delivered, failed or cancelled; at once where it is not under way."""
        work = self._works.get(generation_id)
        if work is not None:
            await work.ended.wait()

    def pending(self, user_id: int | None = None) -> list[Pending]:
        """What is not finished, of one person or of all, those that run first and then in the queue's order."""
        if user_id is None:
            places = self._queue.places()
            pending = [work.pending(places.get(work.generation_id)) for work in self._works.values()]
        else:
            theirs = [work for work in self._works.values() if work.order.requester.user_id == user_id]
            pending = [work.pending(self._queue.place(work.generation_id)) for work in theirs]
        return sorted(pending, key=lambda one: (one.status != "running", one.position or 0, one.generation_id))
