"""Recognising our pictures by what they look like, and taking note of what new ones look like.

In: a picture file that somebody holds, or a generation that was just drawn.  Out: the generations that it may show,
the likest first, as far as the actor may know of them.  Knows no Discord.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from bot.actions.actor import Actor
from bot.database.fingerprints import Fingerprints, Key
from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord, ImageRecord
from bot.errors import InvalidOption, NotFound, NotSaved
from bot.generation.fingerprint import HASHES, Prints, UnreadablePicture, from_bytes, looked_for, prints_of
from bot.generation.likeness import Likeness, Likenesses
from bot.generation.upload import in_turn
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

MAX_FILE_BYTES: Final = 25 * 2**20
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Recognised:
    """`distance` is the number of bits, of 320, by which the picture differs from ours."""

    record: GenerationRecord
    index: int
    distance: int

    @property
    def share(self) -> float:
        """Of the bits that agree, from 0 to 1."""
        return 1 - self.distance / (64 * HASHES)


class Recognition:
    """Holds the prints of all pictures once somebody has asked for one."""

    def __init__(self, *, fingerprints: Fingerprints, generations: GenerationLog, storage: Storage) -> None:
        self._fingerprints = fingerprints
        self._generations = generations
        self._storage = storage
        self._known = Likenesses()
        self._newest = 0
        self._turn = asyncio.Lock()

    # -------------------------------------------------------------------------------------------------- looking

    async def find(self, actor: Actor, file: bytes) -> tuple[Recognised, ...]:
        """Generations that the picture may show: one's own, and those of this server; removed ones for moderators.

        Raises InvalidOption for what is no picture.
        """
        if len(file) > MAX_FILE_BYTES:
            raise InvalidOption("picture", "too_large", {"bytes": len(file), "limit": MAX_FILE_BYTES})
        try:
            asked = await in_turn(looked_for, file)
        except UnreadablePicture as error:
            raise InvalidOption("picture", "unreadable_picture") from error
        found: dict[int, Recognised] = {}
        for likeness in await self._alike(asked):
            generation_id, index = likeness.key
            record = None if generation_id in found else await self._generations.get(generation_id)
            if record is not None and may_know(actor, record):
                found[generation_id] = Recognised(record, index, likeness.distance)
        return tuple(found.values())[:MOST]

    async def _alike(self, asked: Prints) -> list[Likeness]:
        async with self._turn:
            await self._refresh()
            return await asyncio.to_thread(self._known.find, asked, 10 * MOST)

    async def _refresh(self) -> None:
        """Take up what is new, of other processes, too, and forget what is gone."""
        async for keys, prints in self._new():
            await asyncio.to_thread(self._known.add, keys, prints)
        if await self._fingerprints.count() == len(self._known):
            return
        there = await self._fingerprints.keys()
        await asyncio.to_thread(self._known.keep, there)
        if late := there - self._known.keys():  # of a transaction that began before others and ended after them
            records = await self._fingerprints.of(late)
            self._known.add([one.key for one in records], [from_bytes(one.prints) for one in records])

    async def _new(self) -> AsyncIterator[tuple[list[Key], list[Prints]]]:
        while batch := await self._fingerprints.newer(self._newest):
            self._newest = batch[-1].id
            yield [one.key for one in batch], [from_bytes(one.prints) for one in batch]

    # --------------------------------------------------------------------------------------------- taking note

    async def take_note(self, generation_id: int) -> None:
        """Keep what a generation's pictures look like."""
        record = await self._generations.get(generation_id)
        if record is not None:
            await self._hash(record.images)

    async def fill(self) -> AsyncIterator[int]:
        """Do so for all pictures that have a file and were left out so far; yields how many are done."""
        after, done = (-1, -1), 0
        while images := await self._fingerprints.missing(after):
            done += await self._hash(images)
            after = (images[-1].generation_id, images[-1].index)
            yield done

    async def _hash(self, images: Sequence[ImageRecord]) -> int:
        prints: dict[int, dict[int, bytes]] = {}
        for image in images:
            try:
                file = await self._storage.get(image.key)
                prints.setdefault(image.generation_id, {})[image.index] = await asyncio.to_thread(prints_of, file)
            except (NotFound, UnreadablePicture) as error:
                log.warning("picture.not_hashed", key=image.key, problem=str(error))
        for generation_id, of_it in prints.items():
            await self._fingerprints.put(generation_id, of_it)
        return sum(map(len, prints.values()))


class NoteTaker:
    """Takes note of what was drawn, one after another, behind the deliveries.  What is left at the end is left out.

    `notes` are what is done with each, whatever became of the others.
    """

    def __init__(self, *notes: Callable[[int], Awaitable[None]]) -> None:
        self._notes = notes
        self._drawn: asyncio.Queue[int] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._work(), name="fingerprints")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def drawn(self, generation_id: int) -> None:
        self._drawn.put_nowait(generation_id)

    async def idle(self) -> None:
        """Until note is taken of all that was drawn."""
        await self._drawn.join()

    async def _work(self) -> None:
        while True:
            generation_id = await self._drawn.get()
            try:
                for note in self._notes:
                    await self._take(note, generation_id)
            finally:
                self._drawn.task_done()

    async def _take(self, note: Callable[[int], Awaitable[None]], generation_id: int) -> None:
        try:
            await note(generation_id)
        except NotSaved:
            log.warning("note.not_taken", generation=generation_id)
        except Exception:
            log.exception("note.not_taken", generation=generation_id)


def may_know(actor: Actor, record: GenerationRecord) -> bool:
    return actor.sees(record) or actor.moderates(record.order.requester.guild_id)
