"""What a crash or a stop left behind, taken up again in its order.

In: unfinished rows of the log.  Out: generations under way, from where they stood.
"""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord
from bot.errors import NotFound
from bot.generation.album import Album
from bot.generation.generator import Generator
from bot.generation.reply import Reply, Result
from bot.generation.work import Work, Works
from bot.orders.queue import FairQueue
from bot.orders.ticket import Ticket
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)


class Recovery:
    def __init__(
        self, *, generator: Generator, works: Works, queue: FairQueue, generations: GenerationLog, storage: Storage
    ) -> None:
        self._generator = generator
        self._works = works
        self._queue = queue
        self._generations = generations
        self._storage = storage

    async def resume(self, reply_for: Callable[[GenerationRecord], Reply]) -> int:
        """Take up what is unfinished and not under way; returns how many."""
        await self._generations.forget_expired_tokens()
        records = [record for record in await self._generations.unfinished() if record.id not in self._works]
        before: asyncio.Event | None = None
        for record in records:
            work = self._generator.work(record.id, record.order, reply_for(record))
            work.init_image_key, work.follows = record.init_image_key, before
            self._works.add(work)
            requester = record.order.requester
            self._queue.reserve(Ticket(record.id, requester.user_id, record.order.images, guild_id=requester.guild_id))
            again = self._deliver if record.images else self._run
            self._generator.begin(work, partial(again, work, record))
            before = work.in_line
        return len(records)

    async def _run(self, work: Work, record: GenerationRecord) -> None:
        log.info("generation.resumed", generation=record.id, status=record.status)
        await self._generator.carry_out(work)

    async def _deliver(self, work: Work, record: GenerationRecord) -> None:
        """The pictures are there, only nobody was shown them; where their files are gone, the same are drawn again."""
        work.in_line.set()
        try:
            try:
                album = await Album.load(self._storage, record)
            except (NotFound, ValueError):
                await self._run(work, record)
                return
            work.drawn = True
            await self._generator.deliver(work, Result(record, album.pictures, album.grid))
        except Exception:  # a storage that cannot be read just now; the next start tries again
            log.exception("generation.not_delivered", generation=record.id)
        finally:
            self._generator.forget(work)
