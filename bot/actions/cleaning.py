"""Files that nothing names any more: of a crash between file and row, or of rows that are gone.

In: the storage and the rows' keys.  Out: the orphans.  Only what lies where Easel puts pictures is looked at, and only
what is a day old: a picture's file is there before its row says so.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.database.files import FileKeys
from bot.generation.thumbnail import thumbnail_key
from bot.storage.folder import Storage, StoredFile

OURS: Final = re.compile(r"generations/(\d{1,18})/[^/]+")
YOUNG: Final = timedelta(days=1)
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Cleaner:
    storage: Storage
    keys: FileKeys

    async def orphans(self, now: datetime) -> AsyncIterator[StoredFile]:
        batch: list[StoredFile] = []
        async for file in self.storage.files():
            if OURS.fullmatch(file.key) and file.written_at < now - YOUNG:
                batch.append(file)
            if len(batch) == AT_ONCE:
                for orphan in await self._unnamed(batch):
                    yield orphan
                batch = []
        for orphan in await self._unnamed(batch):
            yield orphan

    async def _unnamed(self, files: list[StoredFile]) -> list[StoredFile]:
        ids = {int(found[1]) for file in files if (found := OURS.fullmatch(file.key))}
        named = await self.keys.of(ids)
        named |= {thumbnail_key(key) for key in named}
        return [file for file in files if file.key not in named]
