"""Tickets that wait out of the order, because their person or their server runs as many as it may.

In: a person's tickets, and whose bound holds them.  Out: those that the end of a run lets go.
Each step takes as long as the person has tickets, however many are held.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from bot.orders.ticket import Ticket

Key = tuple[int, int]  # priority class, person


class Holding:
    """A person's tickets of one class are held together, in their order."""

    def __init__(self) -> None:
        self._tickets: dict[Key, deque[Ticket]] = {}
        self._of_person: dict[int, dict[Key, None]] = {}
        self._of_server: dict[int, dict[Key, None]] = {}
        self._held_by: dict[Key, tuple[dict[int, dict[Key, None]], int]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, ticket: Ticket) -> bool:
        return ticket in self._tickets.get(_key(ticket), ())

    def __iter__(self) -> Iterator[Ticket]:
        for tickets in self._tickets.values():
            yield from tickets

    def holds_person_of(self, ticket: Ticket) -> bool:
        """Whether its person's others of that class are held, so that it has to stand behind them."""
        return _key(ticket) in self._tickets

    def add(self, tickets: Sequence[Ticket], server: int | None) -> None:
        """Hold a person's tickets, all there are of one class; `server` is the one whose bound does, None the person's.

        Without either, they are added to those that are held.
        """
        key = _key(tickets[0])
        if key not in self._tickets:
            waits, owner = (self._of_person, key[1]) if server is None else (self._of_server, server)
            waits.setdefault(owner, {})[key] = None
            self._held_by[key] = waits, owner
        self._tickets.setdefault(key, deque()).extend(tickets)
        self._size += len(tickets)

    def remove(self, ticket: Ticket) -> None:
        key = _key(ticket)
        self._tickets[key].remove(ticket)
        self._size -= 1
        if not self._tickets[key]:
            self._take(key)

    def let_go_of_person(self, user_id: int) -> list[Ticket]:
        """All that the person's own bound held."""
        return [ticket for key in tuple(self._of_person.get(user_id, ())) for ticket in self._take(key)]

    def let_go_of_server(self, guild_id: int | None) -> list[Ticket]:
        """Those of the person whom the server's bound has held for longest: one run ended, one may start."""
        first = next(iter(self._of_server.get(guild_id, ())), None) if guild_id is not None else None
        return [] if first is None else list(self._take(first))

    def _take(self, key: Key) -> deque[Ticket]:
        tickets = self._tickets.pop(key)
        self._size -= len(tickets)
        waits, owner = self._held_by.pop(key)
        del waits[owner][key]
        if not waits[owner]:
            del waits[owner]
        return tickets


def _key(ticket: Ticket) -> Key:
    return ticket.priority, ticket.user_id
