"""Who is next: the fair, bounded queue of generations.

In: tickets, what the servers offer, a clock, measured durations.  Out: the next ticket, true positions and waits.
Pure and synchronous: no I/O, no asyncio, no Discord.

Fairness: inside a priority class people take turns, one generation each, in the order in which they joined; so a
person's first generation waits behind at most one of anybody else's.  The classes take turns, too, by their weights.
All this holds among those who wait for the same servers, in each of the lanes (lanes.py).
A ticket is reserved (counted, being checked), then waits in the order, then runs, then is gone.  Whose person or server
runs as many as it may is held back, out of the order, until one of those ends.
"""

import heapq
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.errors import QueueFull
from bot.orders.holding import Holding
from bot.orders.lanes import Lanes
from bot.orders.ticket import Place, Ticket
from bot.pool.offer import Offer

K = TypeVar("K")

REMEMBERED_DURATIONS: Final = 20
# Waits of the first so many are computed one by one, those behind by the mean of what is before them.
FORESEEN: Final = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many tickets there may be in all that are not finished, of a person and of a server; 0 is no bound.

    The `running_` bounds hold tickets back, the others refuse them.
    """

    in_all: int
    per_person: int
    per_server: int = 0
    running_per_person: int = 0
    running_per_server: int = 0


class FairQueue:
    """`clock` is in seconds.  Each method takes O(log n) steps, but for `order` and `places`, which go through all."""

    def __init__(self, bounds: Bounds, *, clock: Callable[[], float]) -> None:
        self._bounds = bounds
        self._clock = clock
        self._reserved: dict[int, Ticket] = {}
        self._waiting: dict[int, Ticket] = {}
        self._running: dict[int, tuple[Ticket, float]] = {}
        self._order = Lanes()
        self._held = Holding()
        self._of_person: Counter[int] = Counter()
        self._of_server: Counter[int | None] = Counter()
        self._runs_of_person: Counter[int] = Counter()
        self._runs_of_server: Counter[int | None] = Counter()
        self._runs_of_model: Counter[str | None] = Counter()
        self._measured: dict[str | None, deque[float]] = {}
        self._paces: dict[str | None, float] = {}

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def running(self) -> int:
        return len(self._running)

    def __len__(self) -> int:
        """All that is not finished: reserved, waiting and running."""
        return len(self._reserved) + len(self._waiting) + len(self._running)

    def serve(self, offers: Sequence[Offer]) -> None:
        """What the servers take from now on, and which models they draw with."""
        self._order.serve(offers)

    # ------------------------------------------------------------------------------------------------- tickets

    def check_room(self, user_id: int, guild_id: int | None = None) -> None:
        """Raises QueueFull where one more of this person's, or from this server, would not fit."""
        bounds, mine, theirs = self._bounds, self._of_person[user_id], self._of_server[guild_id]
        if bounds.per_person and mine >= bounds.per_person:
            ends = self._first_end(lambda ticket: ticket.user_id == user_id)
            raise QueueFull("person", mine, bounds.per_person, ends)
        if guild_id is not None and bounds.per_server and theirs >= bounds.per_server:
            ends = self._first_end(lambda ticket: ticket.guild_id == guild_id)
            raise QueueFull("server", theirs, bounds.per_server, ends)
        if bounds.in_all and len(self) >= bounds.in_all:
            raise QueueFull("all", len(self), bounds.in_all, self._first_end(lambda _: True))

    def reserve(self, ticket: Ticket) -> None:
        """Count the ticket without giving it a place yet; whether there is room is asked before, by `check_room`."""
        self._reserved[ticket.generation_id] = ticket
        self._of_person[ticket.user_id] += 1
        self._of_server[ticket.guild_id] += 1

    def enter(self, generation_id: int) -> None:
        """Put a reserved ticket in the order, behind its person's others."""
        ticket = self._reserved.pop(generation_id)
        self._waiting[generation_id] = ticket
        self._join(ticket)

    def next(self) -> Ticket | None:
        """Take the next ticket out of the order; it runs until `finish`.  None where nobody waits who may start, or no
        server has a place for them."""
        while (ticket := self._order.pop(self._runs_of_model)) is not None:
            if self._is_held_back(ticket):
                continue
            self._order.count(ticket)
            del self._waiting[ticket.generation_id]
            self._running[ticket.generation_id] = (ticket, self._clock())
            self._runs_of_person[ticket.user_id] += 1
            self._runs_of_server[ticket.guild_id] += 1
            self._runs_of_model[ticket.model] += 1
            return ticket
        return None

    def finish(self, generation_id: int, *, succeeded: bool) -> None:
        """A running ticket ended; how long it took is remembered where it `succeeded`."""
        ticket, started = self._running.pop(generation_id)
        if succeeded:
            self._measure(ticket, self._clock() - started)
        self._forget(ticket, ran=True)

    def cancel(self, generation_id: int) -> bool:
        """Take a ticket out wherever it is; False where there is none."""
        if (reserved := self._reserved.pop(generation_id, None)) is not None:
            self._forget(reserved, ran=False)
        elif (run := self._running.pop(generation_id, None)) is not None:
            self._forget(run[0], ran=True)
        elif (ticket := self._waiting.pop(generation_id, None)) is not None:
            (self._held if ticket in self._held else self._order).remove(ticket)
            self._forget(ticket, ran=False)
        else:
            return False
        return True

    # -------------------------------------------------------------------------------------------------- places

    def order(self) -> list[Ticket]:
        """Everybody who waits, lane by lane as they will start if nobody joins or leaves; held ones last."""
        return [*self._order, *self._held]

    def place(self, generation_id: int) -> Place | None:
        """One waiting generation's place among those who wait for the same servers; None where it does not wait."""
        ticket = self._waiting.get(generation_id)
        if ticket is None:
            return None
        order = self._order.order(ticket.model)
        if ticket in self._held:
            return Place(len(order) + 1, None)
        position = 1 + order.place(ticket)
        return Place(position, self._eta(ticket, position))

    def front(self, count: int) -> dict[int, Place]:
        """The places of the first so many of each lane."""
        fronts = (self._places(order.first(count)) for order in self._order.orders())
        return {generation_id: place for places in fronts for generation_id, place in places.items()}

    def places(self) -> dict[int, Place]:
        """The place of each waiting generation."""
        held = {ticket.generation_id: Place(len(self._order.order(ticket.model)) + 1, None) for ticket in self._held}
        return self.front(len(self._order)) | held

    def _places(self, order: list[Ticket]) -> dict[int, Place]:
        return {
            ticket.generation_id: Place(position, eta)
            for position, (ticket, eta) in enumerate(zip(order, self._etas(order), strict=True), start=1)
        }

    def _eta(self, ticket: Ticket, position: int) -> float | None:
        """The wait of the ticket in this position: exact near the front, by the mean of what waits further behind."""
        if not self._paces:
            return None
        order = self._order.order(ticket.model)
        front = order.first(min(position, FORESEEN))
        if position <= FORESEEN:
            return self._etas(front)[-1]
        images, pace = order.images / len(order), self._pace(ticket.model)
        free_at = self._free_at(ticket.model)
        for one in front:
            self._run(one, free_at)
        between = (position - 1 - FORESEEN) * images * pace / len(free_at)
        return sum(free_at) / len(free_at) + between + ticket.images * pace

    def _etas(self, order: list[Ticket]) -> list[float | None]:
        """Of the first of a lane."""
        if not self._paces or not order:
            return [None] * len(order)
        free_at = self._free_at(order[0].model)
        return [self._run(ticket, free_at) for ticket in order]

    def _run(self, ticket: Ticket, free_at: list[float]) -> float:
        """In how many seconds it is done, in the place that is free first: there it is until then."""
        ready = free_at[0] + ticket.images * self._pace(ticket.model)
        heapq.heapreplace(free_at, ready)
        return ready

    def _free_at(self, model: str | None) -> list[float]:
        """In how many seconds each of the places to run in is free, of the servers that draw with it: a heap."""
        runs = (run for run in self._running.values() if self._order.within(model, run[0].model))
        free_at = [self._rest(*run) for run in runs]
        free_at += [0.0] * (max(1, self._order.places(model)) - len(free_at))
        heapq.heapify(free_at)
        return free_at

    def _rest(self, ticket: Ticket, started: float) -> float:
        """In how many seconds one that runs is expected to end."""
        return max(0.0, started + ticket.images * self._pace(ticket.model) - self._clock())

    def _first_end(self, counts: Callable[[Ticket], bool]) -> float | None:
        """In how many seconds the first of those that run and `counts` is expected to end."""
        if not self._paces:
            return None
        return min((self._rest(*run) for run in self._running.values() if counts(run[0])), default=None)

    def _measure(self, ticket: Ticket, seconds: float) -> None:
        known = self._measured.setdefault(ticket.model, deque(maxlen=REMEMBERED_DURATIONS))
        known.append(seconds / ticket.images)
        self._paces[ticket.model] = sum(known) / len(known)

    def _pace(self, model: str | None) -> float:
        """Seconds a picture, as lately measured with this model; with the others, where it was not yet."""
        known = self._paces.get(model)
        return sum(self._paces.values()) / len(self._paces) if known is None else known

    # ------------------------------------------------------------------------------------------------- private

    def _join(self, ticket: Ticket) -> None:
        if self._held.holds_person_of(ticket):
            self._held.add([ticket], None)
        else:
            self._order.join(ticket)

    def _is_held_back(self, ticket: Ticket) -> bool:
        """Whether its person or its server runs as many as it may; then all of its person's wait out of the order."""
        bounds, server = self._bounds, ticket.guild_id
        if bounds.running_per_person and self._runs_of_person[ticket.user_id] >= bounds.running_per_person:
            self._held.add([ticket, *self._order.take_all(ticket)], None)
            self._join_all(self._held.let_go_of_server(server))  # whoever waits for what this one leaves free
            return True
        if server is None or not bounds.running_per_server:
            return False
        if self._runs_of_server[server] < bounds.running_per_server:
            return False
        self._held.add([ticket, *self._order.take_all(ticket)], server)
        return True

    def _join_all(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            self._join(ticket)

    def _forget(self, ticket: Ticket, *, ran: bool) -> None:
        _decrease(self._of_person, ticket.user_id)
        _decrease(self._of_server, ticket.guild_id)
        if ran:
            _decrease(self._runs_of_person, ticket.user_id)
            _decrease(self._runs_of_server, ticket.guild_id)
            _decrease(self._runs_of_model, ticket.model)
            self._join_all(self._held.let_go_of_person(ticket.user_id))
            self._join_all(self._held.let_go_of_server(ticket.guild_id))


def _decrease(counter: Counter[K], key: K) -> None:
    """Once less, and nothing kept of those who have none."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
