"""The lanes of the queue: models that the very same servers draw with share one.

In: what the servers offer, tickets, and which models run.  Out: the next ticket that a server has a place for.
Pure and synchronous.

So nobody waits for a server that cannot draw what they ordered, and their place is true: it counts those who wait for
the same servers.  Lanes whose servers have a place take turns.  With one server, or with several that are alike, there
is one lane.  A server that is away keeps its lane: what waits in it waits for that server.  Models that no server has
share a lane of one place, so that whoever ordered one hears so from the pool, and holds up nobody.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bot.orders.classes import Classes
from bot.orders.ticket import Ticket
from bot.pool.offer import Offer

Lane = frozenset[int]  # its servers, by their numbers among the offers


class Lanes:
    """All tickets that wait in the order.  `running` counts the generations of each model that run."""

    def __init__(self) -> None:
        self._offers: tuple[Offer, ...] = ()
        self._in_all = 0
        self._of_model: dict[str | None, Lane] = {}
        self._orders: dict[Lane, Classes] = {}  # the one whose turn was longest ago first

    def __len__(self) -> int:
        return sum(map(len, self._orders.values()))

    def __iter__(self) -> Iterator[Ticket]:
        """Lane by lane, each as it will be drawn."""
        for order in self._orders.values():
            yield from order

    def serve(self, offers: Sequence[Offer]) -> None:
        """Take these offers from now on; where a model's servers are others than before, its tickets change lanes."""
        if tuple(offers) == self._offers:
            return
        models = self._of_model
        self._offers, self._of_model = tuple(offers), {}
        self._in_all = sum(offer.places for offer in offers)
        if any(self.lane(model) != lane for model, lane in models.items()):
            tickets, self._orders = list(self), {}
            for ticket in tickets:
                self.join(ticket)

    def lane(self, model: str | None) -> Lane:
        if model not in self._of_model:
            self._of_model[model] = frozenset(
                number for number, offer in enumerate(self._offers) if offer.serves(model)
            )
        return self._of_model[model]

    def order(self, model: str | None) -> Classes:
        """All that wait for the same servers as this model."""
        return self._orders.setdefault(self.lane(model), Classes())

    def orders(self) -> list[Classes]:
        return list(self._orders.values())

    def places(self, model: str | None) -> int:
        """How many generations can run at a time on the servers that draw with it."""
        return self._places(self.lane(model))

    def within(self, model: str | None, other: str | None) -> bool:
        """Whether a generation with `other` takes a place from those with `model`, on whichever server it runs."""
        return _is_within(self.lane(other), self.lane(model))

    # ------------------------------------------------------------------------------------------------- tickets

    def join(self, ticket: Ticket) -> None:
        self.order(ticket.model).join(ticket)

    def pop(self, running: Mapping[str | None, int]) -> Ticket | None:
        """Whoever is next and has a place, out of the order; `count` says that it really had its turn."""
        for lane, order in self._orders.items():
            if order and self._has_place(lane, running):
                return order.pop()
        return None

    def count(self, ticket: Ticket) -> None:
        """The ticket that `pop` gave had its turn, and so its lane."""
        lane = self.lane(ticket.model)
        order = self._orders.pop(lane)
        order.count(ticket)
        self._orders[lane] = order

    def remove(self, ticket: Ticket) -> None:
        self.order(ticket.model).remove(ticket)

    def take_all(self, ticket: Ticket) -> list[Ticket]:
        """Take out what else of this ticket's person waits in its lane and class."""
        return self.order(ticket.model).take_all(ticket)

    # ------------------------------------------------------------------------------------------------- private

    def _has_place(self, lane: Lane, running: Mapping[str | None, int]) -> bool:
        """What can run elsewhere, too, takes no place here for certain; so all together are counted as well."""
        here, elsewhere = 0, Counter[Lane]()
        for model, count in running.items():
            other = self.lane(model)
            if _is_within(other, lane):
                here += count
            elif other:
                elsewhere[other] += count
        # no more than have places: what a server ran that is away takes none of the others'
        beside = sum(min(count, self._places(other)) for other, count in elsewhere.items())
        return here < self._places(lane) and (not lane or here + beside < self._in_all)

    def _places(self, lane: Lane) -> int:
        return sum(self._offers[number].places for number in lane) if lane else min(1, self._in_all)


def _is_within(other: Lane, lane: Lane) -> bool:
    """Whether a generation of the other lane takes one of this lane's places, on whichever server it runs."""
    return other <= lane if other else not lane
