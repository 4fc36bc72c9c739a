"""What a crash or a stop left behind, taken up again in its order.

In: unfinished rows of the log.  Out: generations under way, from where they stood.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord
from bot.errors import NotFound, NotSaved
from bot.generation.album import Album
from bot.generation.generator import Generator
from bot.generation.provenance import Seal
from bot.generation.reply import NeverAnswered, Reply, Result
from bot.generation.work import Work, Works
from bot.orders.queue import FairQueue
from bot.orders.ticket import FIRST, Ticket
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)


class Recovery:
    def __init__(
        self,
        *,
        generator: Generator,
        works: Works,
        queue: FairQueue,
        generations: GenerationLog,
        storage: Storage,
        seal: Seal,
    ) -> None:
        self._generator = generator
        self._works = works
        self._queue = queue
        self._generations = generations
        self._storage = storage
        self._seal = seal

    async def resume(self, reply_for: Callable[[GenerationRecord], Reply]) -> int:
        """Take up what is unfinished and not under way; returns how many.

        Those that were being drawn go first, then those that waited, exactly in the order in which they would have
        had their turns.
        """
        await self._generations.forget_expired_tokens()
        unfinished = [record for record in await self._generations.unfinished() if record.id not in self._works]
        records = [record for record in unfinished if record.removal is None]
        await self._end([record for record in unfinished if record.removal is not None])
        last_turns = await self._generations.last_turns({record.order.requester.user_id for record in records})
        replies = {record.id: reply_for(record) for record in records}
        was_shown = await self._shown(records, replies)
        for record in in_order([one for one in records if one.id not in was_shown], last_turns):
            work = self._generator.work(record.id, record.order, replies[record.id])
            work.init_image_key, work.status = record.init_image_key, record.status
            self._works.add(work)
            self._queue.reserve(_ticket(record))
            if record.status in ("queued", "running"):
                self._generator.turns.join(work)
            again = self._deliver if record.status == "delivering" else self._run
            self._generator.begin(work, partial(again, work, record))
        self._generator.turns.give()
        return len(records)

    async def _end(self, records: Sequence[GenerationRecord]) -> None:
        """Nobody wants what was removed before its end; but only what has ended is forgotten one day."""
        for record in records:
            log.info("generation.was_removed", generation=record.id, status=record.status)
            if record.status == "delivering":
                await self._generations.delivered(record.id, None)
            else:
                await self._generations.record_cancelled(record.id)

    async def _shown(self, records: Sequence[GenerationRecord], replies: Mapping[int, Reply]) -> set[int]:
        """Those whose pictures people see: a full disk, or a lock, kept their rows from saying so.

        What could not be kept then is not drawn again.
        """
        running = [record.id for record in records if record.status == "running"]
        messages = await asyncio.gather(*(replies[one].shown() for one in running))
        shown = {one: message_id for one, message_id in zip(running, messages, strict=True) if message_id is not None}
        for generation_id, message_id in shown.items():
            log.info("generation.was_shown", generation=generation_id, message=message_id)
            with suppress(NotSaved):  # then the next start says so
                await self._generations.delivered(generation_id, message_id)
        return set(shown)

    async def _run(self, work: Work, record: GenerationRecord) -> None:
        log.info("generation.resumed", generation=record.id, status=record.status)
        answered = False
        try:
            answered = await self._is_answered(work, record)
        except Exception:  # a Discord, or a log, that is away just now; the next start tries again
            log.exception("generation.not_resumed", generation=record.id)
        if answered:
            await self._generator.carry_out(work)
        else:
            self._generator.forget(work)

    async def _is_answered(self, work: Work, record: GenerationRecord) -> bool:
        """False, and written down so, where the bot was gone before it answered: Discord told the person so."""
        if record.status == "checking" and record.message_id is None:
            try:
                work.message_id = await work.reply.find()
            except NeverAnswered:
                await self._generations.fail(record.id, "not_answered", {})
                return False
        return True

    async def _deliver(self, work: Work, record: GenerationRecord) -> None:
        """The pictures are there, only nobody was shown them; where their files are gone, the same are drawn again."""
        try:
            album = await Album.load(self._storage, record, self._seal)
        except (NotFound, ValueError):
            work.drawn_before = True
            self._generator.turns.join(work)
            self._generator.turns.give()
            await self._generator.carry_out(work)
        except Exception:  # a storage that cannot be read just now; the next start tries again
            log.exception("generation.not_delivered", generation=record.id)
            self._generator.forget(work)
        else:
            work.drawn = True
            if album.grid is not None:
                await self._generator.deliver(work, Result(record, album.shown, album.grid))
            self._generator.forget(work)


def in_order(records: Sequence[GenerationRecord], last_turns: Mapping[int, datetime]) -> list[GenerationRecord]:
    """The rows as their turns would have come.

    People take turns in a row: whoever had a turn, or joined, stands at its end.  So they stand by the time of their
    last turn, or of their joining, where that was later; their own generations follow each other.
    """
    running = sorted((one for one in records if one.status == "running"), key=lambda one: (one.started_at, one.id))
    queued = sorted((one for one in records if one.status == "queued"), key=lambda one: (one.queued_at, one.id))
    stands_since: dict[int, datetime] = {}
    for record in queued:
        user_id, joined = record.order.requester.user_id, record.queued_at or record.created_at
        stands_since.setdefault(user_id, max(joined, last_turns.get(user_id, joined)))
    queued.sort(key=lambda one: stands_since[one.order.requester.user_id])
    rest = [one for one in records if one.status not in ("running", "queued")]
    return [*running, *queued, *rest]


def _ticket(record: GenerationRecord) -> Ticket:
    requester = record.order.requester
    # What was being drawn goes before everybody who waits.
    priority = FIRST if record.status in ("running", "delivering") else record.order.priority
    order = record.order
    return Ticket(record.id, requester.user_id, order.images, priority, requester.guild_id, order.model)
