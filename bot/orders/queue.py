"""Who is next: the fair, bounded queue of generations.

In: tickets, a clock, measured durations.  Out: the next ticket, true positions and expected waits.
Pure and synchronous: no I/O, no asyncio, no Discord.

Fairness: inside a priority class people take turns, one generation each, in the order in which they joined; so a
person's first generation waits behind at most one of anybody else's.  A lower class number goes first.
A ticket is reserved (counted, being checked), then waits in the order, then runs, then is gone.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.errors import QueueFull

REMEMBERED_DURATIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Ticket:
    """A generation's place; `priority` 0 goes before 1."""

    generation_id: int
    user_id: int
    images: int
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """`position` counts from 1; `eta_seconds` is until its pictures are ready, None before anything was measured."""

    position: int
    eta_seconds: float | None


@dataclass(slots=True)
class _Class:
    """One priority class: the people who wait, in turn, each with their own tickets in order."""

    turns: deque[int] = field(default_factory=deque)
    tickets: dict[int, deque[Ticket]] = field(default_factory=dict)

    def in_order(self) -> Iterator[Ticket]:
        """The tickets as `FairQueue.next` will hand them out."""
        longest = max(map(len, self.tickets.values()), default=0)
        for turn in range(longest):
            for user_id in self.turns:
                if turn < len(self.tickets[user_id]):
                    yield self.tickets[user_id][turn]


class FairQueue:
    """`size` bounds all tickets that are not finished, `size_per_person` each person's.  `clock` is in seconds."""

    def __init__(self, *, size: int, size_per_person: int, clock: Callable[[], float]) -> None:
        self._size = size
        self._size_per_person = size_per_person
        self._clock = clock
        self._reserved: dict[int, Ticket] = {}
        self._waiting: dict[int, Ticket] = {}
        self._running: dict[int, tuple[Ticket, float]] = {}
        self._classes: dict[int, _Class] = {}
        self._seconds_per_picture: deque[float] = deque(maxlen=REMEMBERED_DURATIONS)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def running(self) -> int:
        return len(self._running)

    def __len__(self) -> int:
        """All that is not finished: reserved, waiting and running."""
        return len(self._reserved) + len(self._waiting) + len(self._running)

    def check_room(self, user_id: int) -> None:
        """Raises QueueFull where one more of this person's would not fit."""
        mine = sum(ticket.user_id == user_id for ticket in self._all())
        if mine >= self._size_per_person:
            raise QueueFull(f"You have {mine} generations under way; at most {self._size_per_person} are allowed.")
        if len(self) >= self._size:
            raise QueueFull(f"The queue is full: {len(self)} generations are under way. Please try again later.")

    def reserve(self, ticket: Ticket) -> None:
        """Count the ticket without giving it a place yet, whether there is room (`check_room`) or not."""
        self._reserved[ticket.generation_id] = ticket

    def enter(self, generation_id: int) -> None:
        """Put a reserved ticket in the order, behind its person's others."""
        ticket = self._reserved.pop(generation_id)
        self._waiting[generation_id] = ticket
        group = self._classes.setdefault(ticket.priority, _Class())
        if ticket.user_id not in group.tickets:
            group.tickets[ticket.user_id] = deque()
            group.turns.append(ticket.user_id)
        group.tickets[ticket.user_id].append(ticket)

    def next(self) -> Ticket | None:
        """Take the next ticket out of the order; it runs until `finish`.  None where nobody waits."""
        for priority in sorted(self._classes):
            group = self._classes[priority]
            if not group.turns:
                continue
            user_id = group.turns.popleft()
            ticket = group.tickets[user_id].popleft()
            if group.tickets[user_id]:
                group.turns.append(user_id)
            else:
                del group.tickets[user_id]
            del self._waiting[ticket.generation_id]
            self._running[ticket.generation_id] = (ticket, self._clock())
            return ticket
        return None

    def finish(self, generation_id: int, *, succeeded: bool) -> None:
        """A running ticket ended; how long it took is remembered where it `succeeded`."""
        ticket, started = self._running.pop(generation_id)
        if succeeded:
            self._seconds_per_picture.append((self._clock() - started) / ticket.images)

    def cancel(self, generation_id: int) -> bool:
        """Take a ticket out wherever it is; False where there is none."""
        if self._reserved.pop(generation_id, None) or self._running.pop(generation_id, None):
            return True
        ticket = self._waiting.pop(generation_id, None)
        if ticket is None:
            return False
        group = self._classes[ticket.priority]
        group.tickets[ticket.user_id].remove(ticket)
        if not group.tickets[ticket.user_id]:
            del group.tickets[ticket.user_id]
            group.turns.remove(ticket.user_id)
        return True

    def order(self) -> list[Ticket]:
        """Everybody who waits, in the order in which they will start if nobody joins or leaves."""
        return [ticket for priority in sorted(self._classes) for ticket in self._classes[priority].in_order()]

    def places(self, capacity: int) -> dict[int, Place]:
        """The place of each waiting generation, where `capacity` of them run at a time."""
        order = self.order()
        if not self._seconds_per_picture:
            return {ticket.generation_id: Place(index, None) for index, ticket in enumerate(order, start=1)}
        pace = sum(self._seconds_per_picture) / len(self._seconds_per_picture)
        now = self._clock()
        free_at = [max(0.0, started + ticket.images * pace - now) for ticket, started in self._running.values()]
        free_at += [0.0] * (max(1, capacity) - len(free_at))
        heapq.heapify(free_at)
        places = {}
        for position, ticket in enumerate(order, start=1):
            ready = heapq.heappop(free_at) + ticket.images * pace
            heapq.heappush(free_at, ready)
            places[ticket.generation_id] = Place(position, ready)
        return places

    def _all(self) -> Iterator[Ticket]:
        yield from self._reserved.values()
        yield from self._waiting.values()
        yield from (ticket for ticket, _ in self._running.values())
