"""More like this, by what pictures look like: their prints are compared bit by bit, whatever their prompts say.

In: a shared picture.  Out: shared pictures, the likest first.  Knows no Discord.
"""

from typing import Final

import numpy as np

from bot.database.looks import Looks
from bot.database.records import ShareRecord
from bot.database.shares import Shares
from bot.generation.fingerprint import HASHES

PRINT_BYTES: Final = 8 * HASHES
LOOKED_AT: Final = 2000  # the server's newest
MOST_BITS: Final = 112  # of 320 that may differ; of two pictures that have nothing in common, half do


class Look:
    def __init__(self, *, looks: Looks, shares: Shares) -> None:
        self._looks = looks
        self._shares = shares

    async def like(self, share: ShareRecord, limit: int) -> tuple[ShareRecord, ...]:
        """Other pictures of this gallery that look alike; none of the same generation, which would all do."""
        mine = await self._looks.of(share.generation.id, share.image.index, PRINT_BYTES)
        if mine is None or len(mine) < PRINT_BYTES:
            return ()
        newest = await self._looks.newest(share.guild_id, PRINT_BYTES, LOOKED_AT)
        others = [(share_id, prints) for share_id, prints in newest if len(prints) == PRINT_BYTES]
        if not others:
            return ()
        prints = np.frombuffer(b"".join(one for _, one in others), np.uint64).reshape(-1, HASHES)
        away = np.bitwise_count(prints ^ np.frombuffer(mine, np.uint64)).sum(axis=1)
        near = [int(place) for place in np.argsort(away, kind="stable") if away[place] <= MOST_BITS]
        shown = await self._shares.by_ids(share.guild_id, [others[place][0] for place in near[: 3 * limit]])
        return tuple(one for one in shown if one.generation.id != share.generation.id)[:limit]
