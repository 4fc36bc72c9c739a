"""What a person may do with their own data, and what time does with everybody's: look, take away, erase, purge.

In: a person.  Out: counts, a zip file, what is gone.  Knows no Discord; see `Posts`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.actions.actor import Actor
from bot.actions.disposal import Disposal
from bot.actions.document import Document
from bot.actions.exports import described
from bot.actions.parts import Parts
from bot.actions.removals import Removals
from bot.database.erasure_requests import ErasureRequest, ErasureRequests
from bot.database.generations import GenerationLog
from bot.database.notices import GIVEN_UP
from bot.database.personal import Kept, PersonalData
from bot.database.records import GenerationFilter, GenerationRecord
from bot.database.session import utc_now
from bot.database.states import UNFINISHED
from bot.errors import NotFound
from bot.generation.work import Works
from bot.partition import EVERY_SHARD, Partition
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

BATCH: Final = 50
EXPORTS: Final = 2  # at a time; each reads all pictures of a person
ERASURES: Final = 4  # at a time; each waits for Discord most of its time
PAUSE: Final = timedelta(hours=1)  # before what could not be erased is tried again
PATIENCE: Final = 10.0  # of whoever waits to hear that all is erased
ENDING_SECONDS: Final = 30.0  # what something that was stopped, or is delivered at this moment, gets to end


@dataclass(frozen=True, slots=True)
class Erased:
    """`kept` rows stay, nameless, until moderators have decided; `sanctioned` says that a sanction keeps the id."""

    generations: int
    kept: int
    sanctioned: bool


@dataclass(frozen=True, slots=True)
class Export:
    """The files, and how many pictures fit into none of them."""

    files: tuple[Path, ...]
    left_out: int


class Privacy:
    def __init__(
        self, *, personal: PersonalData, requests: ErasureRequests, generations: GenerationLog, removals: Removals,
        works: Works, storage: Storage, partition: Partition = EVERY_SHARD, now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._personal = personal
        self._requests = requests
        self._generations = generations
        self._removals = removals
        self._works = works
        self._storage = storage
        self._partition = partition
        self._now = now
        self._exporting = asyncio.Semaphore(EXPORTS)
        self._few_erase = asyncio.Semaphore(ERASURES)
        self._erasing: dict[int, asyncio.Task[Erased | None]] = {}
        self._begun_at: dict[int, datetime] = {}

    async def kept(self, user_id: int) -> Kept:
        """How much of a person's there is, in all servers."""
        return await self._personal.kept(user_id)

    async def export(self, user_id: int, folder: Path, limit: int | None = None) -> Export:
        """Write everything of a person's into zips of at most `limit` bytes: the pictures, and last `data.json`."""
        async with self._exporting:
            parts, listing = Parts(folder, limit), folder / "data.json"
            try:
                await self._list(user_id, listing, parts)
                await asyncio.to_thread(parts.add_file, "data.json", listing)
            finally:
                await asyncio.to_thread(parts.close)
                await asyncio.to_thread(listing.unlink, missing_ok=True)
            return Export(tuple(parts.files), parts.left_out)

    async def _list(self, user_id: int, file: Path, parts: Parts) -> None:
        """Everything as JSON into this file, and the pictures into the archive."""
        values = {"user_id": str(user_id), "exported_at": self._now().isoformat()}
        document = await asyncio.to_thread(Document, file, values)
        try:
            await asyncio.to_thread(document.extend, "generations", ())
            async for record in self._generations.stream(GenerationFilter(user_id=user_id), BATCH):
                await asyncio.to_thread(document.extend, "generations", (described(record),))
                if record.removal is None:
                    await self._add_pictures(parts, record)
            async for name, rows in self._personal.listed(user_id):
                await asyncio.to_thread(document.extend, name, rows)
        finally:
            await asyncio.to_thread(document.close)

    async def _add_pictures(self, parts: Parts, record: GenerationRecord) -> None:
        """Names are made from numbers: nothing that somebody wrote becomes a path."""
        for image in record.images:
            if image.removal is None:
                try:
                    png = await self._storage.get(image.key)
                except NotFound:
                    continue
                await asyncio.to_thread(parts.add, f"pictures/{record.id}/{image.index + 1}.png", png)

    # ---------------------------------------------------------------------------------------------------- erasing

    async def erase(self, user_id: int) -> Erased | None:
        """Erase everything of a person's: messages, files, rows; what moderation still needs stays without a name.

        All but generations goes at once.  These are written down first, and go by themselves, after a stop, too; None
        where that takes a while.
        """
        request = await self._requests.ask(user_id)
        self._works.cancel_all(user_id, None, user_id)
        self._begun_at.pop(user_id, None)
        if user_id in self._erasing:  # for an earlier word, which was about less; this one's turn comes then
            return None
        erasing = self._begin(request)
        await asyncio.wait((erasing,), timeout=PATIENCE)
        return erasing.result() if erasing.done() else None

    async def erase_again(self) -> None:
        """Go on with what a stop, a Discord that was away or a storage that refused it left of earlier ones.

        To be called often: each is tried as soon as Discord is there, and then once an hour.
        """
        for request in await self._requests.waiting() if self._removals.ready() else ():
            begun = self._begun_at.get(request.user_id)
            if begun is None or abs(self._now() - begun) > PAUSE:
                self._begin(request)

    async def close(self) -> None:
        """What is not erased yet is left for the next start."""
        for erasing in (left := tuple(self._erasing.values())):
            erasing.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _begin(self, request: ErasureRequest) -> "asyncio.Task[Erased | None]":
        """It belongs to nobody who waits for it."""
        user_id = request.user_id
        if user_id not in self._erasing:
            if self._removals.ready():
                self._begun_at[user_id] = self._now()
            self._erasing[user_id] = asyncio.create_task(self._erase(request), name="erasure")
            self._erasing[user_id].add_done_callback(lambda _: self._erasing.pop(user_id))
        return self._erasing[user_id]

    async def _erase(self, request: ErasureRequest) -> Erased | None:
        """None where something is left for later."""
        async with self._few_erase:
            try:
                return await self._erase_all(request)
            except Exception:
                log.exception("privacy.not_erased_yet")
                return None

    async def _erase_all(self, request: ErasureRequest) -> Erased | None:
        mine = GenerationFilter(user_id=request.user_id, until=request.asked_at)
        total = kept = left = 0
        before = None
        while True:
            page = await self._generations.page(mine, before, BATCH)
            needed = await self._personal.undecided([record.id for record in page.records])
            gone = [one.id for one in page.records if await self._take_away(request, one, needed=one.id in needed)]
            await self._personal.forget(request.user_id, gone, needed.intersection(gone))
            total, kept = total + len(gone), kept + len(needed.intersection(gone))
            left += len(page.records) - len(gone)
            before = page.next_before
            if before is None:
                break
        log.info("privacy.erased", generations=total, kept=kept, left=left)
        if left:
            return None
        await self._requests.done(request)
        return Erased(total, kept, sanctioned=request.sanctioned)

    async def _take_away(self, request: ErasureRequest, record: GenerationRecord, *, needed: bool) -> bool:
        """Out of Discord, and what nobody needs out of the storage; False where a later try may do better.

        What Discord does not let go is given up one day, and its row goes without.
        """
        if not await self._has_ended(record):
            return False
        patient = self._now() - request.asked_at < GIVEN_UP
        try:
            if needed:  # its files stay with it, out of the person's and everybody's sight
                return await self._removals.take_down(record) or not patient
            removed = await self._removals.erase(Actor(request.user_id, record.order.requester.guild_id), record)
        except NotFound:  # its row is gone already
            return True
        return (removed.gone or not patient) and not removed.files_left

    async def _has_ended(self, record: GenerationRecord) -> bool:
        """Once it was stopped; what another process may have under way is that one's to stop."""
        if not self._partition.holds(record.order.requester.guild_id):
            return record.status not in UNFINISHED
        self._works.cancel(record.id, record.order.requester.user_id)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._works.ended(record.id), ENDING_SECONDS)
        return record.id not in self._works

    # -------------------------------------------------------------------------------------------------- retention

    async def purge(self) -> int:
        """Delete what is older than its server keeps it, and what was erased but for a decision that has been made.

        Sanctions that have ended, too, and what the audit log says of them, where their person erased their data.
        Files go first; what has one that cannot be deleted now waits for the next time, and nothing else for it, unless
        the storage is away.
        Returns how many generations.
        """
        await self._personal.forget_ended_sanctions()
        purged, disposal = 0, Disposal(self._storage)
        async for records in self._personal.outlived(BATCH):
            gone = await disposal.without_files(records)
            await self._personal.delete(gone)
            purged += len(gone)
            if disposal.is_over:
                break
        if purged:
            log.info("privacy.purged", generations=purged)
        return purged
