"""One round of deleting the files of generations: of what has one that cannot be deleted, nothing else waits for it.

In: generations.  Out: those that have no files any more.  Where the storage is away, each would wait for it in turn,
and fail in the same way: then the round is over, and everything is due again the next time.
"""

from collections.abc import Iterable
from typing import Final

import structlog

from bot.database.records import GenerationRecord
from bot.generation.thumbnail import thumbnail_key
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

IN_A_ROW: Final = 5
"""Failures of one kind, before the storage is asked whether it takes anything."""
TRIAL: Final = "trial"
"""The key of a file that is kept for a moment."""


class Disposal:
    """`is_over` says that the storage is away: nothing more is to be tried in this round."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kind: type[Exception] | None = None
        self._in_a_row = 0
        self.is_over = False

    async def without_files(self, records: Iterable[GenerationRecord]) -> list[int]:
        """Delete the files of these generations; returns the ids of those that have none any more."""
        gone: list[int] = []
        for record in records:
            if self.is_over:
                break
            try:
                for key in keys_of(record):
                    await self._storage.delete(key)
            except Exception as error:
                log.exception("pictures.not_purged", generation=record.id)
                await self.failed(error)
            else:
                self.went_well()
                gone.append(record.id)
        return gone

    def went_well(self) -> None:
        """Of one generation, all could be deleted."""
        self._kind = None

    async def failed(self, error: Exception) -> None:
        """Of one, something could not.  A few files that nobody can delete must not be taken for a storage away."""
        self._in_a_row = self._in_a_row + 1 if type(error) is self._kind else 1
        self._kind = type(error)
        if self._in_a_row >= IN_A_ROW:
            self._kind = None
            self.is_over = not await self._takes_files()

    async def _takes_files(self) -> bool:
        try:
            await self._storage.put(TRIAL, b"easel")
            await self._storage.delete(TRIAL)
        except Exception as error:  # noqa: BLE001  # every storage has its own
            log.warning("storage.away", problem=str(error) or type(error).__name__)
            return False
        return True


def keys_of(record: GenerationRecord) -> list[str]:
    """Every file of a generation."""
    keys = [key for image in record.images for key in (image.key, thumbnail_key(image.key))]
    return keys + [key for key in (record.grid_key, record.init_image_key) if key is not None]
