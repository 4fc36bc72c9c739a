"""The priority classes of the queue: whose turn it is among them, so that none is starved.

In: tickets.  Out: the next one, and any one's place, each in as many steps as its line takes.  Pure and synchronous.

Where all classes wait, of seven turns four go to the first class, two to the ordinary one and one to the later one.
Each class has a time at which its next turn is due, its turns are `STRIDES` apart, and whichever is due first has the
turn.  A class in which nobody waited is due one stride after the last turn that was given, so it saves nothing up.
Between two turns of a class in which somebody waits there are so at most eight of others.  `FIRST`, what a restart
interrupted, goes before all: there is only so much of it, and nobody joins it.
"""

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Final

from bot.orders.line import Line
from bot.orders.ticket import FIRST, LATER, NORMAL, PREFERRED, Ticket

STRIDES: Final = {PREFERRED: 1, NORMAL: 2, LATER: 4}


class Classes:
    """All tickets that wait in the order."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._due: dict[int, int] = {}
        self._now = 0  # when the last turn was due

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    @property
    def images(self) -> int:
        """Pictures that all of them ask for."""
        return sum(line.images for line in self._lines.values())

    def join(self, ticket: Ticket) -> None:
        """Put it in its class's line."""
        line = self._lines.get(ticket.priority)
        if line is None:
            line = self._lines[ticket.priority] = Line()
            self._due[ticket.priority] = self._now + _stride(ticket.priority)
        line.join(ticket)

    def pop(self) -> Ticket | None:
        """Whoever is next, out of the order; `count` says that it really had its turn.  None where nobody waits."""
        if not self._lines:
            return None
        priority = min(self._lines, key=self._rank)
        ticket = self._lines[priority].pop()
        self._drop_empty(priority)
        return ticket

    def count(self, ticket: Ticket) -> None:
        """The ticket that `pop` gave had its turn."""
        if ticket.priority != FIRST:
            self._now = self._due[ticket.priority]
            self._due[ticket.priority] += _stride(ticket.priority)

    def remove(self, ticket: Ticket) -> None:
        self._lines[ticket.priority].remove(ticket)
        self._drop_empty(ticket.priority)

    def take_all(self, ticket: Ticket) -> list[Ticket]:
        """Take out what else of this ticket's person waits in its class."""
        line = self._lines.get(ticket.priority)
        taken = [] if line is None else line.take_all(ticket.user_id)
        self._drop_empty(ticket.priority)
        return taken

    def place(self, ticket: Ticket) -> int:
        """How many start before it, if nobody joins or leaves."""
        before = self._lines[ticket.priority].place(ticket)
        if ticket.priority == FIRST:
            return before
        due = self._due[ticket.priority] + before * _stride(ticket.priority)
        others = ((priority, line) for priority, line in self._lines.items() if priority != ticket.priority)
        return before + sum(min(len(line), self._turns_until(priority, due, ticket)) for priority, line in others)

    def __iter__(self) -> Iterator[Ticket]:
        """The tickets as `pop` will hand them out."""
        yield from self._lines.get(FIRST, ())
        classes = [priority for priority in self._lines if priority != FIRST]
        if len(classes) == 1:
            yield from self._lines[classes[0]]
            return
        lines = map(self._dated, classes)
        for _, _, ticket in heapq.merge(*lines, key=lambda one: one[:2]):
            yield ticket

    def first(self, count: int) -> list[Ticket]:
        return list(islice(self, count))

    # ------------------------------------------------------------------------------------------------ private

    def _rank(self, priority: int) -> tuple[bool, int, int]:
        return priority != FIRST, self._due[priority], priority

    def _dated(self, priority: int) -> Iterator[tuple[int, int, Ticket]]:
        due = self._due[priority]
        for ticket in self._lines[priority]:
            yield due, priority, ticket
            due += _stride(priority)

    def _turns_until(self, priority: int, due: int, ticket: Ticket) -> int:
        """How many turns another class has before the one of `ticket`, which is due then; at the same time, the lower
        number goes first."""
        if priority == FIRST:
            return len(self._lines[FIRST])
        time = due - self._due[priority] + (0 if priority < ticket.priority else -1)
        return 0 if time < 0 else time // _stride(priority) + 1

    def _drop_empty(self, priority: int) -> None:
        if priority in self._lines and not self._lines[priority]:
            del self._lines[priority]


def _stride(priority: int) -> int:
    """Of a class that is none of ours, as the last one's."""
    return STRIDES.get(priority, STRIDES[LATER])
