"""The whole story of one generation, from the order to the delivered grid.

In: an `Order`, and the `Door` through which it came.  Out: a delivered `Result`, and a row that tells it all.
`Generator.run` and `carry_out` are the story.  Knows no Discord and no SQL.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from bot.database.generations import GenerationLog
from bot.database.records import REFUSED, ImageRecord
from bot.database.session import utc_now
from bot.database.states import Overtaken
from bot.errors import Busy, GenerationFailed, NotFound, NotSaved, PicturesHeld, PromptBlocked, Restarting, UserError
from bot.generation.album import Album, discard
from bot.generation.door import Door
from bot.generation.journal import Journal
from bot.generation.live import INTERVAL_SECONDS, LiveReply
from bot.generation.provenance import Seal
from bot.generation.reply import Reply, Result
from bot.generation.tasks import Start, Tasks
from bot.generation.turns import Turns
from bot.generation.work import BotStops, Work, Works
from bot.orders.admission import Admission
from bot.orders.order import Order
from bot.orders.policies import Policies, pardoned
from bot.orders.queue import FairQueue
from bot.pool.drawing_pool import DrawingPool
from bot.storage.folder import Storage
from inference.contract import CheckRequest, Done, GenerationRequest, Image, Progress

log = structlog.get_logger(__name__)

PATIENCE_WITH_ENDS: Final = 1.0  # what the log gets to take note of a failure before it is told


class Generator:
    """Carries orders out between `open` and `close`, each in a task that belongs to no command."""

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
        seal: Seal,
        interval: float = INTERVAL_SECONDS,
        shutdown_seconds: float = 0.0,
    ) -> None:
        self._pool = pool
        self._works = works
        self._admission = admission
        self._policies = policies
        self._storage = storage
        self._seal = seal
        self._interval = interval
        self._shutdown_seconds = shutdown_seconds
        self._tasks = Tasks()
        self._journal = Journal(generations, works)
        self.turns = Turns(queue, pool, works)
        self._listeners: list[Callable[[int], None]] = []

    async def open(self) -> None:
        self._tasks.open()

    def listen(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the id of each generation that was drawn, behind its delivery."""
        self._listeners.append(listener)

    async def close(self) -> None:
        """Take no more orders; finish what is drawn and delivered now, for so long as the settings allow.

        Everything else stays in the log for the recovery.
        """
        self._tasks.stop_starting()
        self._works.park()
        await self._tasks.wait(self._shutdown_seconds)
        self._works.park(running=True)
        await self._tasks.close()

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
            await self._journal.answered(work)
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
        if self._works.closing:
            raise Restarting
        wanted = asyncio.Event()
        wanted.set()
        admission = asyncio.ensure_future(self._admission.admit(order, wanted.is_set))
        await asyncio.wait({admission}, timeout=door.patience)
        if not admission.done():
            wanted.clear()
            self._tasks.keep(self._abandon(admission, "too_slow"))
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
        self.turns.leave(generation_id)
        await self._journal.abandoned(generation_id, code)

    async def _check(self, work: Work) -> None:
        """Ask the filter; where nobody can answer, wait and then fail: nothing is drawn unchecked."""
        order = work.order
        policy = await self._journal.insist(work, partial(self._policies.of, order.requester))
        request = CheckRequest((order.prompt,), (order.negative_prompt,), policy)
        (verdict,) = await work.wanted(self._pool.check(request))
        least = await self._journal.insist(work, partial(self._policies.pardons, work.generation_id, verdict))
        if least is not None:
            verdict = pardoned(verdict, *await work.wanted(self._pool.check(replace(request, policy=least))))
        await self._journal.checked(work, verdict)
        if verdict.action in REFUSED:
            work.status = "blocked"
            field_name = "negative_prompt" if verdict.rule == "negative_prompt" else "prompt"
            raise PromptBlocked(verdict.category or "other", field_name, work.generation_id)

    async def _join_queue(self, work: Work) -> None:
        """Take a place in the order, and write down since when."""
        self.turns.join(work)
        await self._journal.queued(work)
        self.turns.give()

    async def _wait_for_turn(self, work: Work) -> None:
        await work.wanted(work.turn.wait())
        # Another process, such as the operator's command line, may have sanctioned them while they waited.
        await self._journal.insist(work, partial(self._admission.check_sanctions, work.order.requester))

    async def _draw(self, work: Work) -> tuple[list[Image], Done]:
        """The pictures, and what the server said at their end."""
        work.status = "running"
        if not work.drawn_before:
            await self._journal.started(work)
        request = await self._request(work)
        images, done = await work.wanted(self._collect(request, work.live))
        if sorted(images) != list(range(request.images)):
            raise GenerationFailed("incomplete", {"drawn": len(images), "ordered": request.images})
        work.drawn = True
        self.turns.finish(work.generation_id)
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
        policy = await self._journal.insist(work, partial(self._policies.of, order.requester))
        return replace(order.request(default_seed=0), id=str(work.generation_id), policy=policy)

    async def _store(self, work: Work, images: Sequence[Image], done: Done) -> Result:
        """Keep the pictures.  Where they cannot be kept they are delivered all the same: they were paid for."""
        generation_id, model = work.generation_id, done.model
        album = await Album.of(images, self._seal)
        records: tuple[ImageRecord, ...] = ()
        grid_key = None
        try:
            records, grid_key = await album.store(self._storage, generation_id, utc_now())
        except Exception:
            log.exception("generation.pictures_not_saved", generation=generation_id)
        try:
            await self._journal.drawn(work, records, model, grid_key)
        except (BotStops, Overtaken):
            raise
        except NotFound:  # erased while it was drawn: no row will ever name these files
            await discard(self._storage, records, grid_key)
            raise
        except Exception:
            log.exception("generation.pictures_not_recorded", generation=generation_id)
        if album.grid is None:
            raise PicturesHeld(reviewed=any(image.verdict.action == "hold" for image in images))
        record = await self._journal.row(work, records, model, grid_key)
        return Result(record, album.shown, album.grid, done.unknown_words, done.read_as, work.order.ignored)

    async def deliver(self, work: Work, result: Result) -> None:
        """Show the pictures and write down where.  What could not be shown is tried again after a restart."""
        await work.live.close()
        try:
            message_id = await work.reply.deliver(result)
        except Exception:
            log.exception("generation.not_delivered", generation=work.generation_id)
            return
        try:
            await self._journal.delivered(work, message_id)
        except Exception:
            log.exception("generation.delivery_not_saved", generation=work.generation_id)
        else:
            log.info("generation.delivered", generation=work.generation_id, seconds=result.record.seconds)

    async def _end(self, work: Work, error: UserError) -> None:
        """Write down why there are no pictures, and say it."""
        self.turns.leave(work.generation_id)
        if isinstance(error, NotSaved):
            error = NotSaved("generation", work.generation_id)
        await work.live.close()
        writing = asyncio.ensure_future(self._journal.ended(work, error))
        await asyncio.wait({writing}, timeout=PATIENCE_WITH_ENDS)
        try:
            await work.reply.fail(error)
        except Exception:
            log.exception("generation.end_not_told", generation=work.generation_id)
        try:
            await writing
        except Exception:  # whatever it was, the person has their answer
            log.exception("generation.end_not_saved", generation=work.generation_id)

    # ----------------------------------------------------------------------------------------- what is under way

    def work(self, generation_id: int, order: Order, reply: Reply) -> Work:
        return Work(generation_id, order, reply, LiveReply(reply, self._interval))

    def begin(self, work: Work, start: Start) -> None:
        """Carry it out as `start` does: `carry_out`, or where a crash left it further on, what is left of that."""
        self._tasks.start(work.generation_id, start)

    def forget(self, work: Work) -> None:
        """It has ended; a slot or a place is free."""
        self.turns.leave(work.generation_id)
        self._works.remove(work)
        self.turns.give()
        if work.drawn:
            for listener in self._listeners:
                listener(work.generation_id)
