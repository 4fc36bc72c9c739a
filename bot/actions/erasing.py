"""Deletes the picture files of what was removed: at once what its owner deleted, after a time what a moderator removed.

In: `Erasures`, which know what is due.  Out: files that are gone, and rows that say so.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.actions.disposal import Disposal
from bot.database.erasures import Erasures
from bot.database.records import Erasure
from bot.database.session import utc_now
from bot.errors import NotFound
from bot.generation.thumbnail import thumbnail_key
from bot.storage.folder import Storage
from bot.storage.naming import digest_in

log = structlog.get_logger(__name__)


class Eraser:
    """`review` is how long the files of what a moderator removed are kept."""

    def __init__(
        self, *, erasures: Erasures, storage: Storage, review: timedelta, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._erasures = erasures
        self._storage = storage
        self._review = review
        self._now = now

    async def erase_now(self, generation_id: int) -> bool:
        """Delete the files of one generation, without time for review; False where some cannot be deleted just now."""
        due = await self._erasures.due(self._now() + timedelta(seconds=1), generation_id)
        disposal = Disposal(self._storage)
        return all([await self._erase(erasure, disposal) for erasure in due])

    async def erase(self, generation_id: int | None = None) -> int:
        """Delete all files that are due, or those of one generation; returns of how many generations.

        What cannot be deleted now is due again the next time; all is while the storage is away.
        """
        removed_before, disposal = self._now() - self._review, Disposal(self._storage)
        erased = last = 0
        while due := await self._erasures.due(removed_before, generation_id, after=last):
            for erasure in due:
                erased += await self._erase(erasure, disposal)
                if disposal.is_over:
                    return erased
            last = due[-1].generation_id
        return erased

    async def _erase(self, erasure: Erasure, disposal: Disposal) -> bool:
        try:
            await self._delete(erasure)
        except Exception as error:
            log.exception("pictures.not_erased", generation=erasure.generation_id)
            await disposal.failed(error)
            return False
        disposal.went_well()
        log.info("pictures.erased", generation=erasure.generation_id, pictures=len(erasure.image_indexes))
        return True

    async def _delete(self, erasure: Erasure) -> None:
        """The pictures, the grid that shows them, and the copies from which variations began."""
        copies = []
        for row_id, key in await self._erasures.copies(erasure.generation_id):
            if await self._hash(key) in erasure.image_hashes:
                await self._storage.delete(key)
                copies.append(row_id)
        for key in erasure.keys:
            await self._storage.delete(key)
            await self._storage.delete(thumbnail_key(key))
        await self._erasures.done(erasure, copies)

    async def _hash(self, key: str) -> str | None:
        if (digest := digest_in(key)) is not None:
            return digest
        try:
            return hashlib.sha256(await self._storage.get(key)).hexdigest()
        except NotFound:
            return None
