"""The whole story of one generation, from the order to the delivered grid.

In: an `Order` and a `Reply` to talk to the person through.  Out: a delivered `Result`, and a row that tells it all.
`Generator._run` is the story.  Knows no Discord and no SQL.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord, ImageRecord, Status
from bot.database.session import utc_now
from bot.errors import (
    GenerationCancelled,
    GenerationFailed,
    NotFound,
    NotSaved,
    PromptBlocked,
    UserError,
)
from bot.generation.album import Album
from bot.generation.live import INTERVAL_SECONDS, LiveReply
from bot.generation.reply import Pending, Reply, Result
from bot.orders.admission import Admission
from bot.orders.order import Order
from bot.orders.queue import FairQueue, Place, Ticket
from bot.pool.pool import DrawingPool
from bot.storage.folder import Storage
from inference.contract import Done, GenerationRequest, Image, Progress

log = structlog.get_logger(__name__)

CLOSING_SECONDS: Final = 10.0  # what deliveries under way get when the bot stops
SEVERITY: Final = ("allow", "flag", "block")


T = TypeVar("T")

Start = Callable[[], Coroutine[Any, Any, None]]


class BotStops(Exception):
    """The bot is closing; whatever is not finished is taken up at the next start."""


@dataclass(slots=True, eq=False)
class _Work:
    """A generation under way.  `follows` is set when the one before it in a resumed order has its place."""

    generation_id: int
    order: Order
    live: LiveReply | None = None
    status: Status = "checking"
    init_image_key: str | None = None
    follows: asyncio.Event | None = None
    in_line: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    unwanted: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False  # unwanted by a person; otherwise it is the bot that stops
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


class Generator:
    """`open` starts the one task that starts all others: work never belongs to the command that asked for it."""

    def __init__(
        self,
        *,
        pool: DrawingPool,
        queue: FairQueue,
        log: GenerationLog,
        admission: Admission,
        storage: Storage,
        interval: float = INTERVAL_SECONDS,
    ) -> None:
        self._pool = pool
        self._queue = queue
        self._log = log
        self._admission = admission
        self._storage = storage
        self._interval = interval
        self._works: dict[int, _Work] = {}
        self._started: asyncio.Queue[tuple[_Work, Start]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starter: asyncio.Task[None] | None = None
        pool.listen(self._give_turns)

    async def open(self) -> None:
        self._starter = asyncio.create_task(self._start_works(), name="generator")

    async def close(self) -> None:
        """Finish deliveries under way; everything else stays in the log for `resume`."""
        if self._starter is not None:
            self._starter.cancel()
        for work in self._works.values():
            work.unwanted.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSING_SECONDS)
            for task in late:
                log.warning("generation.cut_off", task=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ----------------------------------------------------------------------------------------------- the door

    async def admit(self, order: Order) -> int:
        """Let an order in and write its row; returns its id, to be handed to `start`.  Raises as Admission.admit."""
        generation_id, order = await self._admission.admit(order)
        self._works[generation_id] = _Work(generation_id, order)
        return generation_id

    def start(self, generation_id: int, reply: Reply) -> None:
        """Begin what `admit` let in.  Returns at once; the work is done in the generator's own tasks."""
        work = self._works[generation_id]
        work.live = LiveReply(reply, self._interval)
        self._started.put_nowait((work, partial(self._run, work, reply, work.live)))

    async def abandon(self, generation_id: int) -> None:
        """Give up what `admit` let in and nobody could start, because the person cannot be answered."""
        work = self._works.get(generation_id)
        if work is not None and work.live is None:
            self._forget(work)
            await self._log.fail(generation_id, "not_answered", "Discord did not take the first answer.")

    async def _start_works(self) -> None:
        while True:
            work, begin = await self._started.get()
            task = asyncio.create_task(begin(), name=f"generation {work.generation_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # ---------------------------------------------------------------------------------------------- the story

    async def _run(self, work: _Work, reply: Reply, live: LiveReply) -> None:
        """The whole story: check → queue → draw → store → deliver, and every way in which it can end early."""
        try:
            await self._check(work)
            await self._wait_for_turn(work)
            images, model = await self._draw(work, live)
            result = await self._store(work, images, model)
            await live.close()
            await self._deliver(work, reply, result)
        except UserError as error:
            await self._end(work, reply, live, error)
        except BotStops:
            await live.close()  # the row stays as it is, for `resume`
        except Exception:
            log.exception("generation.broke", generation_id=work.generation_id)
            sentence = f"Something broke. The log says more under generation {work.generation_id}."
            await self._end(work, reply, live, GenerationFailed("internal", sentence))
        finally:
            self._forget(work)

    async def _check(self, work: _Work) -> None:
        """Ask the filter; where nobody can answer, wait and then fail: nothing is drawn unchecked."""
        prompts = {"prompt": work.order.prompt}
        if work.order.negative_prompt:
            prompts["negative_prompt"] = work.order.negative_prompt
        verdicts = await work.wanted(self._pool.check(list(prompts.values())))
        judged = list(zip(prompts, verdicts, strict=True))
        field_name, worst = max(judged, key=lambda one: SEVERITY.index(one[1].action))
        await self._log.record_verdict(work.generation_id, worst)
        if worst.action == "block":
            work.status = "blocked"
            raise PromptBlocked(worst.category or "other", field_name, work.generation_id)

    async def _wait_for_turn(self, work: _Work) -> None:
        if work.follows is not None:
            await work.wanted(work.follows.wait())
        self._queue.enter(work.generation_id)
        work.in_line.set()
        work.status = "queued"
        await self._log.record_queued(work.generation_id)
        self._give_turns()
        await work.wanted(work.turn.wait())
        # Another process, such as the operator's command line, may have sanctioned them while they waited.
        await self._admission.check_sanctions(work.order.requester)

    async def _draw(self, work: _Work, live: LiveReply) -> tuple[list[Image], str]:
        """The pictures and the name of the model that drew them."""
        work.status = "running"
        await self._log.record_start(work.generation_id)
        request = await self._request(work)
        images, model = await work.wanted(self._collect(request, live))
        if sorted(images) != list(range(request.images)):
            raise GenerationFailed("incomplete", f"Only {len(images)} of {request.images} pictures were drawn.")
        work.drawn = True
        self._queue.finish(work.generation_id, succeeded=True)
        self._give_turns()
        return list(images.values()), model

    async def _collect(self, request: GenerationRequest, live: LiveReply) -> tuple[dict[int, Image], str]:
        images: dict[int, Image] = {}
        model = ""
        async with aclosing(self._pool.generate(request)) as events:
            async for event in events:
                match event:
                    case Progress(done, preview):
                        live.progress(done, preview)
                    case Image():
                        images[event.index] = event
                    case Done():
                        model = event.model
        return images, model

    async def _request(self, work: _Work) -> GenerationRequest:
        order = work.order
        if order.init_image is None and work.init_image_key is not None:
            order = replace(order, init_image=await self._storage.get(work.init_image_key))
        return replace(order.request(default_seed=0), id=str(work.generation_id))

    async def _store(self, work: _Work, images: Sequence[Image], model: str) -> Result:
        """Keep the pictures.  Where they cannot be kept they are delivered all the same: they were paid for."""
        generation_id = work.generation_id
        album = await Album.of(images)
        records: tuple[ImageRecord, ...] = ()
        grid_key = None
        try:
            records, grid_key = await album.store(self._storage, generation_id)
            await self._log.record_pictures(generation_id, records, model=model, grid_key=grid_key)
        except Exception:
            log.exception("generation.pictures_not_saved", generation_id=generation_id)
            with suppress(Exception):
                await self._log.record_pictures(generation_id, (), model=model, grid_key=None)
        return Result(await self._drawn_record(work, model, records, grid_key), album.pictures, album.grid)

    async def _drawn_record(
        self, work: _Work, model: str, images: tuple[ImageRecord, ...], grid_key: str | None
    ) -> GenerationRecord:
        """The row, or where the log cannot be read just now, what is known of it without the log."""
        try:
            record = await self._log.get(work.generation_id)
        except Exception:
            log.exception("generation.row_not_read", generation_id=work.generation_id)
            order = work.order
            return GenerationRecord(
                work.generation_id, order, "done", order.seed or 0, utc_now(), model, images=images, grid_key=grid_key
            )
        if record is None:
            raise NotFound(f"Generation {work.generation_id}")
        return record

    async def _deliver(self, work: _Work, reply: Reply, result: Result) -> None:
        """Show the pictures and write down where.  What could not be shown is tried again after a restart."""
        try:
            message_id = await reply.deliver(result)
            await self._log.delivered(work.generation_id, message_id)
        except Exception:
            log.exception("generation.not_delivered", generation_id=work.generation_id)
        else:
            log.info("generation.delivered", generation_id=work.generation_id, seconds=result.record.seconds)

    async def _end(self, work: _Work, reply: Reply, live: LiveReply, error: UserError) -> None:
        """Write down why there are no pictures, and say it."""
        self._queue.cancel(work.generation_id)
        if isinstance(error, NotSaved):
            error = NotSaved("Your generation", work.generation_id)
        try:
            await live.close()
            if isinstance(error, GenerationCancelled):
                await self._log.record_cancelled(work.generation_id)
            elif not isinstance(error, PromptBlocked):
                code = error.code if isinstance(error, GenerationFailed) else type(error).__name__
                await self._log.fail(work.generation_id, code, str(error))
        except Exception:  # whatever it was, the person still waits for an answer
            log.exception("generation.end_not_saved", generation_id=work.generation_id)
        try:
            await reply.fail(error, work.generation_id)
        except Exception:
            log.exception("generation.end_not_told", generation_id=work.generation_id)

    def _forget(self, work: _Work) -> None:
        self._works.pop(work.generation_id, None)
        self._queue.cancel(work.generation_id)
        work.in_line.set()
        work.ended.set()
        self._give_turns()

    def _give_turns(self) -> None:
        """Start as many as the pool takes; tell the others their places."""
        while self._queue.running < self._pool.capacity and (ticket := self._queue.next()) is not None:
            self._works[ticket.generation_id].turn.set()
        for generation_id, place in self._queue.places(self._pool.capacity).items():
            if (live := self._works[generation_id].live) is not None:
                live.queued(place)

    # --------------------------------------------------------------------------------------- from the outside

    def cancel(self, generation_id: int, by_user_id: int) -> bool:
        """Stop it, whoever it belongs to: may they? is the caller's question.  False where it is too late."""
        work = self._works.get(generation_id)
        if work is None or work.drawn or work.cancelled:
            return False
        work.cancelled = True
        work.unwanted.set()
        log.info("generation.cancelled", generation_id=generation_id, by=by_user_id)
        return True

    def cancel_all(self, user_id: int, guild_id: int | None, by_user_id: int) -> int:
        """Stop all of a person's in a server, or, where it is None, everywhere; returns how many."""
        theirs = [
            pending.generation_id
            for pending in self.pending(user_id)
            if guild_id is None or pending.guild_id == guild_id
        ]
        return sum(self.cancel(generation_id, by_user_id) for generation_id in theirs)

    async def ended(self, generation_id: int) -> None:
        """Return once the generation is delivered, failed or cancelled; at once where it is not under way."""
        work = self._works.get(generation_id)
        if work is not None:
            await work.ended.wait()

    def pending(self, user_id: int | None = None) -> list[Pending]:
        """What is not finished, of one person or of all, those that run first and then in the queue's order."""
        places = self._queue.places(self._pool.capacity)
        works = [work for work in self._works.values() if user_id in (None, work.order.requester.user_id)]
        pending = [work.pending(places.get(work.generation_id)) for work in works]
        return sorted(pending, key=lambda one: (one.status != "running", one.position or 0, one.generation_id))

    async def resume(self, reply_for: Callable[[GenerationRecord], Reply]) -> int:
        """Take up, in order, what a crash or a stop left behind; returns how many."""
        await self._log.forget_expired_tokens()
        records = [record for record in await self._log.unfinished() if record.id not in self._works]
        before: asyncio.Event | None = None
        for record in records:
            order, reply = record.order, reply_for(record)
            work = _Work(record.id, order, init_image_key=record.init_image_key, follows=before)
            work.live = LiveReply(reply, self._interval)
            self._works[record.id] = work
            self._queue.reserve(Ticket(record.id, order.requester.user_id, order.images), bounded=False)
            again = self._deliver_again if record.images else self._run_again
            self._started.put_nowait((work, partial(again, work, reply, work.live, record)))
            before = work.in_line
        return len(records)

    async def _run_again(self, work: _Work, reply: Reply, live: LiveReply, record: GenerationRecord) -> None:
        log.info("generation.resumed", generation_id=record.id, status=record.status)
        await self._run(work, reply, live)

    async def _deliver_again(self, work: _Work, reply: Reply, live: LiveReply, record: GenerationRecord) -> None:
        """The pictures are there, only nobody was shown them; where their files are gone, the same are drawn again."""
        work.in_line.set()
        try:
            try:
                album = await Album.load(self._storage, record)
            except (NotFound, ValueError):
                await self._run_again(work, reply, live, record)
                return
            work.drawn = True
            await self._deliver(work, reply, Result(record, album.pictures, album.grid))
        except Exception:  # a storage that cannot be read just now; the next start tries again
            log.exception("generation.not_delivered", generation_id=record.id)
        finally:
            self._forget(work)
