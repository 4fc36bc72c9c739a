"""What a person may do with their own data, and what time does with everybody's: look, take away, erase, purge.

In: a person.  Out: counts, a zip file, what is gone.  Knows no Discord; see `Posts`.
"""

import asyncio
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from bot.actions.actor import Actor
from bot.actions.exports import described
from bot.actions.moderation import UnderWay
from bot.actions.parts import Parts
from bot.actions.removals import Removals
from bot.database.generations import GenerationLog
from bot.database.personal import Kept, PersonalData
from bot.database.records import GenerationFilter, GenerationRecord
from bot.database.session import utc_now
from bot.errors import NotFound
from bot.generation.thumbnail import thumbnail_key
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

BATCH: Final = 50
EXPORTS: Final = 2  # at a time; each reads all pictures of a person


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
        self, *, personal: PersonalData, generations: GenerationLog, removals: Removals, under_way: UnderWay,
        storage: Storage, now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._personal = personal
        self._generations = generations
        self._removals = removals
        self._under_way = under_way
        self._storage = storage
        self._now = now
        self._exporting = asyncio.Semaphore(EXPORTS)

    async def kept(self, user_id: int) -> Kept:
        """How much of a person's there is, in all servers."""
        return await self._personal.kept(user_id)

    async def export(self, user_id: int, folder: Path, limit: int | None = None) -> Export:
        """Write everything of a person's into zips of at most `limit` bytes: the pictures, and last `data.json`."""
        async with self._exporting:
            parts = Parts(folder, limit)
            generations = []
            try:
                async for record in self._generations.stream(GenerationFilter(user_id=user_id), BATCH):
                    generations.append(described(record))
                    if record.removal is None:
                        await self._add_pictures(parts, record)
                document = {"user_id": str(user_id), "exported_at": self._now().isoformat(), "generations": generations}
                document |= await self._personal.listed(user_id)
                text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
                await asyncio.to_thread(parts.add, "data.json", text.encode(), zipfile.ZIP_DEFLATED)
            finally:
                await asyncio.to_thread(parts.close)
            return Export(tuple(parts.files), parts.left_out)

    async def _add_pictures(self, parts: Parts, record: GenerationRecord) -> None:
        """Names are made from numbers: nothing that somebody wrote becomes a path."""
        for image in record.images:
            if image.removal is None:
                try:
                    png = await self._storage.get(image.key)
                except NotFound:
                    continue
                await asyncio.to_thread(parts.add, f"pictures/{record.id}/{image.index + 1}.png", png)

    async def erase(self, user_id: int) -> Erased:
        """Erase everything of a person's: messages, files, rows; what moderation still needs stays without a name."""
        self._under_way.cancel_all(user_id, None, user_id)
        mine = GenerationFilter(user_id=user_id)
        total = kept = 0
        before = None
        while True:
            page = await self._generations.page(mine, before, BATCH)
            ids = [record.id for record in page.records]
            needed = await self._personal.undecided(ids)
            for record in page.records:
                if record.id in needed:  # its files stay with it, out of the person's and everybody's sight
                    await self._removals.take_down(record)
                else:
                    await self._removals.erase(Actor(user_id, record.order.requester.guild_id), record)
            await self._personal.forget(user_id, ids, needed)
            total, kept = total + len(ids), kept + len(needed)
            before = page.next_before
            if before is None:
                break
        free = await self._personal.forget_person(user_id)
        log.info("privacy.erased", generations=total, kept=kept)
        return Erased(total, kept, sanctioned=not free)

    async def purge(self) -> int:
        """Delete what is older than its server keeps it, and what was erased but for a decision that has been made.

        Sanctions that have ended, too, and what the audit log says of them, where their person erased their data.
        Files go first.  Returns how many generations.
        """
        await self._personal.forget_ended_sanctions()
        purged = 0
        while records := await self._personal.outlived(BATCH):
            for record in records:
                for key in keys_of(record):
                    await self._storage.delete(key)
            await self._personal.delete([record.id for record in records])
            purged += len(records)
        if purged:
            log.info("privacy.purged", generations=purged)
        return purged


def keys_of(record: GenerationRecord) -> list[str]:
    """Every file of a generation."""
    keys = [key for image in record.images for key in (image.key, thumbnail_key(image.key))]
    return keys + [key for key in (record.grid_key, record.init_image_key) if key is not None]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
