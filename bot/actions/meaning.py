"""Search by meaning: which shared prompts are about what somebody writes, or like another prompt.

In: words, or a shared picture.  Out: shared pictures, the likest first.  Knows no Discord.

Every prompt of a server, or the newest of a very large one, is compared, with one product of a matrix and a vector:
exact, and quicker than the network around it (100,000 prompts: see docs/community.md).  Each server's matrix is read
when somebody first searches there.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.actions.actor import Actor
from bot.database.meanings import MeaningLog, Vectors
from bot.database.records import ShareRecord
from bot.database.shares import Shares
from bot.errors import InvalidOption, NoEndpoint, NoGallery
from bot.pool.drawing_pool import DrawingPool

log = structlog.get_logger(__name__)

BATCH: Final = 32  # prompts that are read at a time; an inference server takes 64
LOADED_AT_ONCE: Final = 5000
MOST_IN_MEMORY: Final = 200_000  # vectors of all servers together: 300 MB
SURPLUS: Final = 1.1  # of one server's, before its oldest are let go
LEAST: Final = 0.25  # of the cosine; below it, texts have nothing to do with each other
LEAST_ALIKE: Final = 0.3  # of two prompts: any two short ones are a little alike, "a pizza" and "a car in the city"
BESIDE_THE_BEST: Final = 0.6  # of the best one's: what is so much further away is no answer beside it
LOOKED_AT: Final = 2  # shares a result, for what does not show
PATIENCE_SECONDS: Final = 5.0
RELOAD_SECONDS: Final = 600.0
OVERLAP: Final = 1000  # shares that are looked at again: one may have been written before another and come after it


@dataclass(slots=True)
class _Server:
    """What is known of a server's prompts; `vectors` has room for more than there are."""

    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))
    count: int = 0
    oldest: int = 0  # places in the log, of what is there and what is looked for behind it
    newest: int = 0
    loaded_at: float = 0.0

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        wanted = self.count + len(ids)
        if wanted > len(self.ids):
            room = max(wanted, 2 * self.count)
            grown = np.empty((room, vectors.shape[1]), np.float32), np.empty(room, np.int64)
            if self.count:
                grown[0][: self.count], grown[1][: self.count] = self.vectors[: self.count], self.ids[: self.count]
            self.vectors, self.ids = grown
        self.vectors[self.count : wanted], self.ids[self.count : wanted] = vectors, ids
        self.count = wanted

    def like(self, vector: NDArray[np.float32], most: int, without: int | None = None) -> list[int]:
        """Generations, the likest first; `without` is one that they are to be like."""
        if not self.count:
            return []
        scores = self.vectors[: self.count] @ vector
        least = LEAST
        if without is not None:
            scores[self.ids[: self.count] == without] = -1.0
            least = LEAST_ALIKE
        best = np.argpartition(scores, -min(most, self.count))[-most:]
        best = best[np.argsort(-scores[best], kind="stable")]
        least = max(least, BESIDE_THE_BEST * float(scores[best[0]]))
        return [int(self.ids[place]) for place in best if scores[place] >= least]


class Meaning:
    """Reads prompts behind the shares (`read`), and finds them again."""

    def __init__(self, *, meanings: MeaningLog, shares: Shares, pool: DrawingPool) -> None:
        self._meanings = meanings
        self._shares = shares
        self._pool = pool
        self._servers: OrderedDict[int, _Server] = OrderedDict()
        self._turn = asyncio.Lock()
        self._read_up_to = 0

    # -------------------------------------------------------------------------------------------------- looking

    async def search(self, actor: Actor, words: str, limit: int) -> tuple[ShareRecord, ...]:
        """What is shared here and means the like.  Raises NoEndpoint where nobody can read the words now."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                (vector,) = await self._pool.embed([words])
        except TimeoutError as error:
            raise NoEndpoint("read", PATIENCE_SECONDS) from error
        here = _here(actor)
        return await self._shown(here, await self.nearest(here, vector, LOOKED_AT * limit), limit)

    async def like(self, actor: Actor, share: ShareRecord, limit: int) -> tuple[ShareRecord, ...]:
        """Other pictures whose prompts mean the like."""
        here = _here(actor)
        async with self._turn:
            server = await self._refreshed(here)
            places = np.flatnonzero(server.ids[: server.count] == share.generation.id)
            if not len(places):  # it was shared a moment ago
                return ()
            mine = server.vectors[places[0]]
            ids = await asyncio.to_thread(server.like, mine, LOOKED_AT * limit, share.generation.id)
        return await self._shown(here, ids, limit)

    async def nearest(self, guild_id: int, vector: Sequence[float], most: int) -> list[int]:
        """Generations of a server, shown or not, the likest first."""
        async with self._turn:
            server = await self._refreshed(guild_id)
            return await asyncio.to_thread(server.like, np.asarray(vector, np.float32), most)

    async def _shown(self, guild_id: int, ids: Sequence[int], limit: int) -> tuple[ShareRecord, ...]:
        """One picture of each generation."""
        shown = await self._shares.of_generations(guild_id, ids) if ids else ()
        first: dict[int, ShareRecord] = {}
        for share in shown:
            first.setdefault(share.generation.id, share)
        return tuple(first[one] for one in ids if one in first)[:limit]

    async def _refreshed(self, guild_id: int) -> _Server:
        """With what was read since the last time, here or in another process; anew where something is gone."""
        server = self._servers.pop(guild_id, None) or await self._begun(guild_id)
        if server.count and time.monotonic() - server.loaded_at > RELOAD_SECONDS:
            server.loaded_at = time.monotonic()
            if await self._meanings.count(guild_id, server.oldest) < server.count:
                server = await self._begun(guild_id)
        if server.count > MOST_IN_MEMORY * SURPLUS:
            server = await self._begun(guild_id)
        self._servers[guild_id] = server
        while len((batch := await self._meanings.of_server(guild_id, server.newest, LOADED_AT_ONCE)).generation_ids):
            server.add(batch.generation_ids, batch.vectors)
            server.newest = batch.newest
        while len(self._servers) > 1 and sum(one.count for one in self._servers.values()) > MOST_IN_MEMORY:
            self._servers.popitem(last=False)
        return server

    async def _begun(self, guild_id: int) -> _Server:
        """Nothing yet, from where the newest are as many as may be."""
        before = await self._meanings.before_newest(guild_id, MOST_IN_MEMORY)
        return _Server(oldest=before, newest=before, loaded_at=time.monotonic())

    # -------------------------------------------------------------------------------------------------- reading

    async def read(self) -> int:
        """Read what was shared and not read yet; returns how many prompts.  Raises NoEndpoint where nobody can now."""
        done, after = 0, max(0, self._read_up_to - OVERLAP)
        while unread := await self._meanings.unread(after, BATCH):
            try:
                vectors = await self._pool.embed([one.prompt for one in unread])
                await self._meanings.put(dict(zip(unread, vectors, strict=True)))
            except InvalidOption:  # one that the servers do not take must not keep the others waiting
                log.warning("prompts.not_read", shares=[one.share_id for one in unread])
            after = self._read_up_to = unread[-1].share_id
            done += len(unread)
        return done


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise NoGallery
    return actor.guild_id
