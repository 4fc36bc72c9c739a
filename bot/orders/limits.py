"""How many generations a person, a server, and all together may ask for.

In: the settings' wording, such as "10/minute".  Out: nothing, or LimitReached with the time from when it works again.
Where they are counted: counts.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from limits import RateLimitItem, WindowStats, parse_many

from bot.errors import LimitReached
from bot.orders.counts import Counts
from bot.orders.entitlement import OFF, Entitlement
from bot.orders.order import Requester

LOOKS: Final = 5  # pictures of a grid, one by one, and ideas, for each order

Whose = Literal["person", "here", "role", "server", "all"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a limit, `amount` each `every` `unit`s.  `next_at`: when some comes back; None if it has.

    `whose`: a person's everywhere, a person's in this server ("here", or by their "role"), the server's, everybody's.
    """

    whose: Whose
    amount: int
    every: int
    unit: str
    left: int
    next_at: datetime | None


class Limits:
    """The operator's, each one or more limits, or "off"; and what the place asks beside them.  Windows move."""

    def __init__(self, per_person: str, per_server: str, counts: Counts | None = None, *, in_all: str = OFF) -> None:
        self._counts = counts or Counts()
        self._per_person = _parsed(per_person)
        self._per_server = _parsed(per_server)
        self._in_all = _parsed(in_all)

    async def check(self, requester: Requester, here: Entitlement | None = None) -> None:
        """Raises LimitReached where one more is too many.  Counts nothing."""
        for whose, item, key in self._counters(requester, here):
            _refuse(whose, item, await self._counts.window(item, key))

    async def count(self, requester: Requester, here: Entitlement | None = None) -> None:
        """Count one generation, after `check` let it pass."""
        for _, item, key in self._counters(requester, here):
            await self._counts.hit(item, key)

    async def count_look(self, requester: Requester) -> None:
        """Count one look at what was drawn.  Raises LimitReached: `LOOKS` times as many as orders are too many."""
        counters = [(_times(item, LOOKS), ("looks", str(requester.user_id))) for item in self._per_person]
        for item, key in counters:
            _refuse("person", item, await self._counts.window(item, key))
        for item, key in counters:
            await self._counts.hit(item, key)

    async def standings(self, requester: Requester, here: Entitlement | None = None) -> tuple[Standing, ...]:
        """What is left of each limit."""
        found = []
        for whose, item, key in self._counters(requester, here):
            window = await self._counts.window(item, key)
            free_at = datetime.fromtimestamp(window.reset_time, UTC)
            coming = free_at if window.remaining < item.amount and free_at > datetime.now(UTC) else None
            found.append(Standing(whose, item.amount, item.multiples, item.GRANULARITY.name, window.remaining, coming))
        return tuple(found)

    def _counters(
        self, requester: Requester, here: Entitlement | None
    ) -> Iterator[tuple[Whose, RateLimitItem, tuple[str, ...]]]:
        for item in self._per_person:
            yield "person", item, ("person", str(requester.user_id))
        if here is not None and here.limit is not None:
            for item in _parsed(here.limit):
                yield here.whose, item, ("person", str(requester.user_id), str(requester.guild_id))
        if requester.guild_id is not None:
            for item in self._per_server:
                yield "server", item, ("server", str(requester.guild_id))
        for item in self._in_all:
            yield "all", item, ("all",)


def _refuse(whose: Whose, item: RateLimitItem, window: WindowStats) -> None:
    """Raises LimitReached where nothing is left of the limit."""
    if window.remaining < 1:
        free_at = datetime.fromtimestamp(window.reset_time, UTC)
        raise LimitReached(whose, item.amount, item.multiples, item.GRANULARITY.name, free_at)


def _times(item: RateLimitItem, factor: int) -> RateLimitItem:
    return type(item)(item.amount * factor, item.multiples)


def _parsed(text: str) -> list[RateLimitItem]:
    return [] if text.lower() == OFF else parse_many(text)
