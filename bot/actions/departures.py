"""What becomes of a server's data once the bot is not in it any more: it is kept for a while, then erased.

In: which servers there are.  Out: files and rows that are gone.  Knows no Discord.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.actions.disposal import Disposal
from bot.database.departures import DepartureLog
from bot.database.session import utc_now
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

BATCH: Final = 50


class Departures:
    """`keep` is how long; whoever takes the bot back before finds everything."""

    def __init__(
        self, *, departures: DepartureLog, storage: Storage, keep: timedelta, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._departures = departures
        self._storage = storage
        self._keep = keep
        self._now = now

    async def left(self, guild_id: int) -> None:
        await self._departures.left(guild_id)
        log.info("server.left", guild=guild_id, erased_in_days=self._keep.days)

    async def back(self, guild_id: int) -> None:
        await self._departures.back(guild_id)

    async def compare(self, present: Collection[int]) -> None:
        """At the start: the bot may have been removed, or taken back, while it was not there to hear of it."""
        for guild_id in await self._departures.compare(present):
            log.info("server.left", guild=guild_id, erased_in_days=self._keep.days)

    async def purge(self) -> int:
        """Erase the servers whose time is over: files first, then rows; returns how many servers.

        One with a file that cannot be deleted now keeps that generation until the next time; all do while the storage
        is away.
        """
        erased, before, disposal = 0, self._now() - self._keep, Disposal(self._storage)
        for guild_id in await self._departures.due(before):
            last = 0
            while not disposal.is_over and (records := await self._departures.generations(guild_id, BATCH, after=last)):
                await self._departures.delete(await disposal.without_files(records))
                last = records[-1].id
            if await self._departures.forget(guild_id, before):
                log.info("server.erased", guild=guild_id)
                erased += 1
        return erased
