"""How many generations a person and a server may ask for.

In: the settings' wording, such as "10/minute".  Out: nothing, or LimitReached with the time from when it works again.
Counts live in this process's memory.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.errors import LimitReached
from bot.orders.order import Requester


class Limits:
    """Each of `per_person` and `per_server` is one or more limits, or "off".  Windows move, they do not reset."""

    def __init__(self, per_person: str, per_server: str) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_person = _parsed(per_person)
        self._per_server = _parsed(per_server)

    async def check(self, requester: Requester) -> None:
        """Raises LimitReached where one more is too many.  Counts nothing."""
        for whose, item, key in self._counters(requester):
            if not await self._limiter.test(item, *key):
                window = await self._limiter.get_window_stats(item, *key)
                raise LimitReached(whose, str(item), datetime.fromtimestamp(window.reset_time, UTC))

    async def count(self, requester: Requester) -> None:
        """Count one generation, after `check` let it pass."""
        for _, item, key in self._counters(requester):
            await self._limiter.hit(item, *key)

    def _counters(self, requester: Requester) -> Iterator[tuple[str, RateLimitItem, tuple[str, str]]]:
        for item in self._per_person:
            yield "Your", item, ("person", str(requester.user_id))
        if requester.guild_id is not None:
            for item in self._per_server:
                yield "This server's", item, ("server", str(requester.guild_id))


def _parsed(text: str) -> list[RateLimitItem]:
    return [] if text.lower() == "off" else parse_many(text)
