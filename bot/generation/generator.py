"""The whole story of one generation, from the order to the delivered grid.

In: an `Order`, and the `Door` through which it came.  Out: a delivered `Result`, and a row that tells it all.
`Generator.run` and `carry_out` are the story.  Knows no Discord and no SQL.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Any, Final

import structlog
from structlog.contextvars import bind_contextvars

from bot.database.generations import GenerationLog
from bot.database.records import REFUSED, GenerationRecord, ImageRecord
from bot.database.session import utc_now
from bot.database.states import Overtaken
from bot.errors import (
    Busy,
    GenerationCancelled,
    GenerationFailed,
    NotFound,
    NotSaved,
    PicturesHeld,
    PromptBlocked,
    Restarting,
    UserError,
)
from bot.generation.album import Album
from bot.generation.door import Door
from bot.generation.live import INTERVAL_SECONDS, LiveReply
from bot.generation.patience import pauses
from bot.generation.reply import Reply, Result
from bot.generation.work import BotStops, Work, Works
from bot.orders.admission import Admission
from bot.orders.order import Order
from bot.orders.policies import Policies
from bot.orders.queue import FairQueue
from bot.pool.pool import DrawingPool
from bot.storage.folder import Storage
from inference.contract import CheckRequest, Done, GenerationRequest, Image, Progress

log = structlog.get_logger(__name__)

CLOSING_SECONDS: Final = 10.0  # what deliveries under way get when the bot stops
PATIENCE_WITH_PICTURES: Final = 10.0  # what the log gets to take note of pictures before they are shown all the same
PATIENCE_WITH_ENDS: Final = 1.0  # the same for a failure, before it is told
TOLD_AT_ONCE: Final = 10  # of those who wait, at each change; of the rest, some in turn
TOLD_IN_TURN: Final = 5

Start = Callable[[], Coroutine[Any, Any, None]]


class Generator:
    """`open` starts the one task that starts all others: work never belongs to the command that asked for it."""

    def __init__(
        self,
        *,
        pool: DrawingPool,
        queue: FairQueue,
        works: Works,
        generations: GenerationLog,
        admission: Admission,
        policies: Policies,
        storage: Storage,
        interval: float = INTERVAL_SECONDS,
        shutdown_seconds: float = 0.0,
    ) -> None:
        self._pool = pool
        self._queue = queue
        self._works = works
        self._generations = generations
        self._admission = admission
        self._policies = policies
        self._storage = storage
        self._interval = interval
        self._shutdown_seconds = shutdown_seconds
        self._closing = False
        self._started: asyncio.Queue[tuple[Work, Start]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told_in_turn: deque[int] = deque()
        self._listeners: list[Callable[[int], None]] = []
        self._starter: asyncio.Task[None] | None = None
        pool.listen(self.give_turns)

    async def open(self) -> None:
        self._starter = asyncio.create_task(self._start_works(), name="generator")

    def listen(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the id of each generation that was drawn, behind its delivery."""
        self._listeners.append(listener)

    async def close(self) -> None:
        """Take no more orders; finish what is drawn and delivered now, for so long as the settings allow.

        Everything else stays in the log for the recovery.
        """
        self._closing = True
        if self._starter is not None:
            self._starter.cancel()
        self._works.park()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._shutdown_seconds)
        self._works.park(running=True)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSING_SECONDS)
            for task in late:
                log.warning("generation.cut_off", task=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ---------------------------------------------------------------------------------------------- the story

    async def run(self, order: Order, door: Door) -> int:
        """Admit the order and acknowledge the person, then `carry_out` the rest in a task of its own.

        Returns the generation's id.  Raises what refuses the order, or what kept the person from being answered.
        """
        work = await self._let_in(order, door)
        self.begin(work, partial(self.carry_out, work))
        return work.generation_id

    async def carry_out(self, work: Work) -> None:
        """Check → queue → draw → store → deliver, and every way in which it can end early."""
        try:
            if work.message_id is not None:
                await self._stands(work, lambda: self._record_reply(work))
            if work.status == "checking":
                await self._check(work)
                await self._join_queue(work)
            await self._wait_for_turn(work)
            images, done = await self._draw(work)
            result = await self._store(work, images, done)
            await self.deliver(work, result)
        except UserError as error:
            await self._end(work, error)
        except BotStops:
            await work.live.close()  # the row stays as it is, for the recovery
        except Overtaken as error:
            await work.live.close()
            log.warning("generation.overtaken", generation=work.generation_id, problem=str(error))
        except Exception:
            log.exception("generation.broke", generation=work.generation_id)
            await self._end(work, GenerationFailed("internal", {"generation": work.generation_id}))
        finally:
            self.forget(work)

    async def _let_in(self, order: Order, door: Door) -> Work:
        """Admit, write down, and only then acknowledge: nobody is told of what a crash would forget.

        A refusal is for the person's eyes only, and the first word fixes whether an answer is private: so it goes
        after the admission.  One that takes longer than Discord waits is a refusal, too.
        """
        if self._closing:
            raise Restarting
        wanted = asyncio.Event()
        wanted.set()
        admission = asyncio.ensure_future(self._admission.admit(order, wanted.is_set))
        await asyncio.wait({admission}, timeout=door.patience)
        if not admission.done():
            wanted.clear()
            self._keep(self._abandon(admission, "too_slow"))
            raise Busy
        generation_id, order = await admission
        try:
            message_id = await door.acknowledge()
        except BaseException:
            await self._abandon(admission, "not_answered")
            raise
        work = self.work(generation_id, order, door.reply(generation_id, order, message_id))
        work.message_id = message_id
        self._works.add(work)
        return work

    async def _abandon(self, admission: "asyncio.Future[tuple[int, Order]]", code: str) -> None:
        """Give up what was admitted, because the person cannot be answered; what was refused needs nothing."""
        try:
            generation_id, _ = await admission
        except Exception:  # noqa: BLE001  # whoever waits for the admission raises it
            return
        self._queue.cancel(generation_id)
        with suppress(NotSaved):
            await self._generations.fail(generation_id, code, {})

    async def _record_reply(self, work: Work) -> None:
        if work.message_id is not None:
            await self._generations.record_reply(work.generation_id, work.message_id)

    async def _check(self, work: Work) -> None:
        """Ask the filter; where nobody can answer, wait and then fail: nothing is drawn unchecked."""
        order = work.order
        policy = await self._policies.of(order.requester)
        request = CheckRequest((order.prompt,), (order.negative_prompt,), policy)
        (verdict,) = await work.wanted(self._pool.check(request))
        verdict = await self._policies.pardoned(order, verdict)
        await self._stands(work, lambda: self._generations.record_verdict(work.generation_id, verdict))
        if verdict.action in REFUSED:
            work.status = "blocked"
            field_name = "negative_prompt" if verdict.rule == "negative_prompt" else "prompt"
            raise PromptBlocked(verdict.category or "other", field_name, work.generation_id)

    async def _join_queue(self, work: Work) -> None:
        """Take a place in the order, and write down since when."""
        self.enter(work)
        at = utc_now()
        await self._stands(work, lambda: self._generations.record_queued(work.generation_id, at))
        self.give_turns()

    async def _wait_for_turn(self, work: Work) -> None:
        await work.wanted(work.turn.wait())
        # Another process, such as the operator's command line, may have sanctioned them while they waited.
        await self._admission.check_sanctions(work.order.requester)

    async def _draw(self, work: Work) -> tuple[list[Image], Done]:
        """The pictures, and what the server said at their end."""
        work.status = "running"
        if not work.drawn_before:
            await self._stands(work, lambda: self._generations.record_start(work.generation_id, work.turn_at))
        request = await self._request(work)
        images, done = await work.wanted(self._collect(request, work.live))
        if sorted(images) != list(range(request.images)):
            raise GenerationFailed("incomplete", {"drawn": len(images), "ordered": request.images})
        work.drawn = True
        self._queue.finish(work.generation_id, succeeded=True)
        self.give_turns()
        return list(images.values()), done

    async def _collect(self, request: GenerationRequest, live: LiveReply) -> tuple[dict[int, Image], Done]:
        images: dict[int, Image] = {}
        end = Done(0.0, "")
        async with aclosing(self._pool.generate(request)) as events:
            async for event in events:
                match event:
                    case Progress(done, preview):
                        live.progress(done, preview)
                    case Image():
                        images[event.index] = event
                    case Done():
                        end = event
        return images, end

    async def _request(self, work: Work) -> GenerationRequest:
        order = work.order
        if order.init_image is None and work.init_image_key is not None:
            order = replace(order, init_image=await self._storage.get(work.init_image_key))
        policy = await self._policies.of(order.requester)
        return replace(order.request(default_seed=0), id=str(work.generation_id), policy=policy)

    async def _store(self, work: Work, images: Sequence[Image], done: Done) -> Result:
        """Keep the pictures.  Where they cannot be kept they are delivered all the same: they were paid for."""
        generation_id, model = work.generation_id, done.model
        album = await Album.of(images)
        records: tuple[ImageRecord, ...] = ()
        grid_key = None
        try:
            records, grid_key = await album.store(self._storage, generation_id, utc_now())
        except Exception:
            log.exception("generation.pictures_not_saved", generation=generation_id)
        try:
            write = partial(
                self._generations.record_pictures, generation_id, records, model=model, grid_key=grid_key, at=utc_now()
            )
            await self._stands(work, write, seconds=PATIENCE_WITH_PICTURES)
        except (BotStops, Overtaken):
            raise
        except Exception:
            log.exception("generation.pictures_not_recorded", generation=generation_id)
        if album.grid is None:
            raise PicturesHeld(reviewed=any(image.verdict.action == "hold" for image in images))
        record = await self._drawn_record(work, model, records, grid_key)
        return Result(record, album.shown, album.grid, done.unknown_words)

    async def _drawn_record(
        self, work: Work, model: str, images: tuple[ImageRecord, ...], grid_key: str | None
    ) -> GenerationRecord:
        """The row, or where the log cannot be read just now, what is known of it without the log."""
        try:
            record = await self._generations.get(work.generation_id)
        except Exception:
            log.exception("generation.row_not_read", generation=work.generation_id)
            order = work.order
            return GenerationRecord(
                work.generation_id,
                order,
                "delivering",
                order.seed or 0,
                utc_now(),
                model,
                images=images,
                grid_key=grid_key,
            )
        if record is None:
            raise NotFound("generation", work.generation_id)
        return record

    async def deliver(self, work: Work, result: Result) -> None:
        """Show the pictures and write down where.  What could not be shown is tried again after a restart."""
        await work.live.close()
        try:
            message_id = await work.reply.deliver(result)
        except Exception:
            log.exception("generation.not_delivered", generation=work.generation_id)
            return
        at = utc_now()
        try:
            await self._stands(work, lambda: self._generations.delivered(work.generation_id, message_id, at))
        except Exception:
            log.exception("generation.delivery_not_saved", generation=work.generation_id)
        else:
            log.info("generation.delivered", generation=work.generation_id, seconds=result.record.seconds)

    async def _end(self, work: Work, error: UserError) -> None:
        """Write down why there are no pictures, and say it."""
        self._queue.cancel(work.generation_id)
        if isinstance(error, NotSaved):
            error = NotSaved("generation", work.generation_id)
        await work.live.close()
        writing = asyncio.ensure_future(self._stands(work, lambda: self._record_end(work, error)))
        await asyncio.wait({writing}, timeout=PATIENCE_WITH_ENDS)
        try:
            await work.reply.fail(error)
        except Exception:
            log.exception("generation.end_not_told", generation=work.generation_id)
        try:
            await writing
        except Exception:  # whatever it was, the person has their answer
            log.exception("generation.end_not_saved", generation=work.generation_id)

    async def _record_end(self, work: Work, error: UserError) -> None:
        if isinstance(error, GenerationCancelled):
            await self._generations.record_cancelled(work.generation_id)
        elif isinstance(error, PicturesHeld):
            await self._generations.delivered(work.generation_id, None, utc_now())
        elif not isinstance(error, PromptBlocked):
            await self._generations.fail(work.generation_id, error.code, error.details)

    async def _stands(self, work: Work, write: Callable[[], Awaitable[None]], seconds: float | None = None) -> None:
        """Write; where the database takes nothing just now, again until it stands, for `seconds` at most.

        Raises NotSaved after that; BotStops where the bot stops first, and the next start finds the row as it is.
        """
        deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
        for pause in pauses():
            try:
                await write()
            except NotSaved:
                if deadline is not None and asyncio.get_running_loop().time() + pause > deadline:
                    raise
            else:
                return
            if self._closing and not work.drawn:
                raise BotStops
            await asyncio.sleep(pause)

    # ----------------------------------------------------------------------------------------- what is under way

    def work(self, generation_id: int, order: Order, reply: Reply) -> Work:
        return Work(generation_id, order, reply, LiveReply(reply, self._interval))

    def begin(self, work: Work, start: Start) -> None:
        """Let it run in a task that belongs to no command."""
        self._started.put_nowait((work, start))

    def enter(self, work: Work) -> None:
        """Put it in the order, behind its person's others."""
        work.status = "queued"
        self._queue.enter(work.generation_id)
        self._told_in_turn.appendleft(work.generation_id)

    def _keep(self, act: Coroutine[Any, Any, None]) -> None:
        """Let something run that nobody waits for."""
        task = asyncio.create_task(act, name="generator")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start_works(self) -> None:
        while True:
            work, begin = await self._started.get()
            context = copy_context()  # every line that is logged in the task says which generation it is about
            context.run(bind_contextvars, generation=work.generation_id)
            task = asyncio.create_task(begin(), name=f"generation {work.generation_id}", context=context)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def forget(self, work: Work) -> None:
        """It has ended; a slot or a place is free."""
        self._queue.cancel(work.generation_id)
        self._works.remove(work)
        self.give_turns()
        if work.drawn:
            for listener in self._listeners:
                listener(work.generation_id)

    def give_turns(self) -> None:
        """Start as many as the pool takes; tell the others their places."""
        if self._closing:
            return
        while self._queue.running < self._pool.capacity and (ticket := self._queue.next()) is not None:
            work = self._works[ticket.generation_id]
            work.turn_at = utc_now()
            work.turn.set()
        self._tell_places()

    def _tell_places(self) -> None:
        """Tell the first their places, and of those behind some more each time: whatever is said is true then."""
        for generation_id, place in self._queue.front(TOLD_AT_ONCE, self._pool.capacity).items():
            self._works[generation_id].live.queued(place)
        for _ in range(min(TOLD_IN_TURN, len(self._told_in_turn))):
            generation_id = self._told_in_turn.popleft()
            told = self._queue.place(generation_id, self._pool.capacity)
            if told is not None:
                self._works[generation_id].live.queued(told)
                self._told_in_turn.append(generation_id)
