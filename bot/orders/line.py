"""One priority class of the queue: people take turns, a ticket each, in the order in which they joined.

In: tickets.  Out: the next one, and any one's place, each in O(log n) steps and as many more as its person has tickets.
Pure and synchronous.

People stand in one row, with a pointer to whoever is next.  A turn moves the pointer on; whoever joins is put just
before it, behind all others.  Nobody ever changes places, so a person's k-th ticket is drawn when the pointer comes by
for the k-th time, and the place of a ticket is a sum of counts: everybody's in the rounds before, and in its own round
those who stand before its person.  Each round keeps who has a ticket in it, sorted by where they stand (their label).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from sortedcontainers import SortedList

from bot.orders.ticket import Ticket

GAP: Final = 1 << 64  # between two neighbours' labels, so that many fit in between before all get new ones
STEP: Final = 1 << 10  # the part of a gap that a newcomer takes


@dataclass(slots=True)
class _Person:
    """`first` is the round of the oldest of the `tickets`; one more each round."""

    label: int
    first: int
    tickets: deque[Ticket] = field(default_factory=deque)


class Line:
    """A class's tickets that wait."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}
        self._by_label: dict[int, int] = {}
        self._labels: SortedList[int] = SortedList()
        self._rounds: dict[int, SortedList[int]] = {}
        self._round = 0
        self._size = 0
        self._images = 0

    def __len__(self) -> int:
        return self._size

    @property
    def images(self) -> int:
        """Pictures that all of them ask for."""
        return self._images

    def join(self, ticket: Ticket) -> None:
        """Put it behind its person's others, or its person behind all others."""
        person = self._people.get(ticket.user_id)
        if person is None:
            # What is left of this round comes first; then the new person, then everybody's next.
            person = self._people[ticket.user_id] = _Person(self._new_label(), self._round + 1)
            self._labels.add(person.label)
            self._by_label[person.label] = ticket.user_id
        self._in_round(person.first + len(person.tickets)).add(person.label)
        person.tickets.append(ticket)
        self._size += 1
        self._images += ticket.images

    def pop(self) -> Ticket | None:
        """The next ticket, which then waits no longer; None where nobody waits."""
        if not self._size:
            return None
        while not self._rounds.get(self._round):
            self._rounds.pop(self._round, None)
            self._round += 1
        label = self._rounds[self._round].pop(0)
        user_id = self._by_label[label]
        person = self._people[user_id]
        person.first += 1
        ticket = person.tickets.popleft()
        self._left(user_id, person, ticket)
        return ticket

    def remove(self, ticket: Ticket) -> None:
        """Take it out, wherever it stands; its person's later ones move up.  Raises ValueError where it is not here."""
        person = self._people[ticket.user_id]
        person.tickets.remove(ticket)
        self._rounds[person.first + len(person.tickets)].remove(person.label)
        self._left(ticket.user_id, person, ticket)

    def take_all(self, user_id: int) -> list[Ticket]:
        """Take a person's tickets out, in their order."""
        taken = list(self._people[user_id].tickets) if user_id in self._people else []
        for ticket in reversed(taken):
            self.remove(ticket)
        return taken

    def place(self, ticket: Ticket) -> int:
        """How many start before it, if nobody joins or leaves."""
        person = self._people[ticket.user_id]
        number = person.first + person.tickets.index(ticket)
        before = sum(len(self._rounds.get(earlier, ())) for earlier in range(self._round, number))
        return before + int(self._rounds[number].bisect_left(person.label))

    def __iter__(self) -> Iterator[Ticket]:
        """The tickets as `pop` will hand them out."""
        for number in sorted(self._rounds):
            for label in self._rounds[number]:
                person = self._people[self._by_label[label]]
                yield person.tickets[number - person.first]

    def first(self, count: int) -> list[Ticket]:
        return list(islice(self, count))

    # ------------------------------------------------------------------------------------------------ private

    def _left(self, user_id: int, person: _Person, ticket: Ticket) -> None:
        self._size -= 1
        self._images -= ticket.images
        if not person.tickets:
            self._labels.remove(person.label)
            del self._people[user_id], self._by_label[person.label]

    def _in_round(self, number: int) -> "SortedList[int]":
        return self._rounds.setdefault(number, SortedList())

    def _new_label(self) -> int:
        """One just before the pointer: behind those whose turn was in this round, before those whose is yet to come."""
        rest = self._rounds.get(self._round)
        if not rest:
            return int(self._labels[-1]) + GAP if self._labels else 0
        before = int(self._labels.bisect_left(rest[0]))
        if not before:
            return int(rest[0]) - GAP
        gap = int(rest[0]) - int(self._labels[before - 1])
        if gap < 2:
            self._relabel()
            return self._new_label()
        return int(self._labels[before - 1]) + max(1, gap // STEP)

    def _relabel(self) -> None:
        """Give everybody a label with room around it; once in thousands of newcomers."""
        new = {old: place * GAP for place, old in enumerate(self._labels)}
        self._by_label = {new[old]: user_id for old, user_id in self._by_label.items()}
        self._labels = SortedList(new.values())
        self._rounds = {number: SortedList(map(new.__getitem__, labels)) for number, labels in self._rounds.items()}
        for person in self._people.values():
            person.label = new[person.label]
