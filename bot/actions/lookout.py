"""Looks out for people who reword what was blocked until it passes.

In: a generation that was drawn.  Out: its person in the review queue, with the blocked request that it is like.
The texts are compared by meaning, by an inference server, behind the delivery.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.database.generations import GenerationLog
from bot.database.records import GenerationFilter
from bot.database.reviews import NewReview, Reviews
from bot.database.session import utc_now
from bot.errors import NoEndpoint
from bot.pool.drawing_pool import DrawingPool

log = structlog.get_logger(__name__)

SPAN: Final = timedelta(hours=24)
COMPARED: Final = 20  # of a person's newest blocked prompts
# The cosine of two prompts' vectors.  Of seven rewordings of one sentence five are above, down to 0.70; of nine other
# sentences with its things in them the nearest is at 0.57.
LIKE: Final = 0.8


class Lookout:
    def __init__(
        self, *, generations: GenerationLog, reviews: Reviews, pool: DrawingPool,
        now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._generations = generations
        self._reviews = reviews
        self._pool = pool
        self._now = now

    async def look(self, generation_id: int) -> None:
        """Raise the person's entry where the prompt is much like one of theirs that was blocked here lately."""
        record = await self._generations.get(generation_id)
        if record is None:
            return
        since, asked = self._now() - SPAN, record.order.requester
        theirs = GenerationFilter(
            user_id=asked.user_id, guild_id=asked.guild_id, direct=asked.guild_id is None, status="blocked", since=since
        )
        blocked = (await self._generations.page(theirs, limit=COMPARED)).records
        if not blocked:
            return
        try:
            drawn, *others = await self._pool.embed([record.order.prompt, *(one.order.prompt for one in blocked)])
        except NoEndpoint:
            log.warning("lookout.not_compared", generation=generation_id)
            return
        alike = [sum(a * b for a, b in zip(drawn, other, strict=True)) for other in others]
        best = max(range(len(alike)), key=alike.__getitem__)
        if alike[best] >= LIKE:
            reason = f"like:{blocked[best].id}:{round(100 * alike[best])}"
            new = NewReview("misuse", asked.guild_id, generation_id, asked.user_id, 0, reason)
            if await self._reviews.open_once(new, since):
                log.info("lookout.reworded", generation=generation_id, blocked=blocked[best].id)
