"""The queue where servers draw with different models: nobody waits for a server that is not theirs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.orders.queue import FairQueue
from bot.orders.ticket import FIRST, LATER, Place, Ticket
from bot.pool.offer import Offer
from tests.test_queue import Clock, a_queue, join, start_all

MODELS = ("fast", "large", "far")

# Up to four servers of one place to three, with some of the models.
servers = st.lists(st.builds(Offer, st.integers(1, 3), st.frozensets(st.sampled_from(MODELS))), min_size=1, max_size=4)
rows = st.tuples(
    st.integers(1, 4), st.integers(1, 9), st.integers(FIRST, LATER), st.none(), st.sampled_from([None, *MODELS])
)
tickets = st.lists(rows, max_size=30).map(lambda rows: [Ticket(number, *row) for number, row in enumerate(rows)])


def serving(*offers: Offer, clock: Clock | None = None, **bounds: int) -> FairQueue:
    queue = a_queue(clock, **bounds)
    queue.serve(offers)
    return queue


def can_run(models: Sequence[str | None], offers: Sequence[Offer]) -> bool:
    """The rule itself, slow and plain: whether there is a place for each of them beside the others."""
    if not models:
        return True
    first, *others = models
    return any(
        can_run(others, [*offers[:number], replace(offer, places=offer.places - 1), *offers[number + 1 :]])
        for number, offer in enumerate(offers)
        if offer.places and offer.serves(first)
    )


def test_a_busy_model_holds_up_no_other() -> None:
    """Nine orders for the large model, which one server of two draws, one at a time: the fast one's start at once."""
    queue = serving(Offer(8, frozenset({"fast"})), Offer(1, frozenset({"large"})))
    join(queue, *(Ticket(number, number, 1, model="large") for number in range(9)))
    assert start_all(queue) == [0]
    join(queue, *(Ticket(number, 1, 1, model="fast") for number in range(10, 22)))
    assert start_all(queue) == list(range(10, 18))
    assert [queue.place(number) for number in (1, 8, 18)] == [Place(1, None), Place(8, None), Place(1, None)]
    assert queue.places() == {number: queue.place(number) for number in [*range(1, 9), *range(18, 22)]}
    queue.finish(0, succeeded=False)
    assert start_all(queue) == [1]


@given(servers, tickets)
def test_whoever_waits_has_no_place(served: list[Offer], joined: list[Ticket]) -> None:
    """As many start as fit, and of each model no more than its servers take."""
    queue = serving(*served)
    join(queue, *joined)
    of = {ticket.generation_id: ticket.model for ticket in joined}
    running = [of[number] for number in start_all(queue)]
    known = [model for model in running if any(offer.serves(model) for offer in served)]
    assert len(known) <= sum(offer.places for offer in served)
    for model in set(known):
        assert known.count(model) <= sum(offer.places for offer in served if offer.serves(model))
    assert len(running) - len(known) <= 1, "of models that nobody has, one finds out"
    for ticket in queue.order():
        if any(offer.serves(ticket.model) for offer in served):
            assert not can_run([*known, ticket.model], served)


@given(servers, tickets, st.data())
def test_each_lane_is_a_fair_queue_of_its_own(served: list[Offer], joined: list[Ticket], data: st.DataObject) -> None:
    """Those who wait for the same servers start as if nobody else were there, and the places told them are true."""
    queue = serving(*served)
    join(queue, *joined)
    gone = data.draw(st.sets(st.sampled_from(range(len(joined))))) if joined else set()
    for number in gone:
        queue.cancel(number)
    places = queue.places()
    started: list[int] = []
    while more := start_all(queue):
        started += more
        for number in more:
            queue.finish(number, succeeded=True)
    lanes = {ticket.generation_id: [offer.serves(ticket.model) for offer in served] for ticket in joined}
    for lane in lanes.values():
        alone = serving(Offer(1000, frozenset(MODELS)))
        join(alone, *(ticket for ticket in joined if lanes[ticket.generation_id] == lane))
        for number in gone:
            alone.cancel(number)
        expected = start_all(alone)
        assert [number for number in started if lanes[number] == lane] == expected
        assert [places[number].position for number in expected] == list(range(1, len(expected) + 1))
    assert sorted(started) == sorted(set(lanes) - gone)


@given(st.lists(servers, min_size=1, max_size=6), tickets, st.data())
def test_servers_that_come_and_go_lose_nobody(
    changes: list[list[Offer]], joined: list[Ticket], data: st.DataObject
) -> None:
    """Whatever is served meanwhile, by whom, and whom a bound holds back: all are drawn in the end, each once."""
    queue = serving(*changes[0], running_per_person=2)
    waiting, running, started = list(joined), list[int](), list[int]()
    for served in [*changes, [Offer(1)] * 30]:
        joining = data.draw(st.integers(0, len(waiting))) if served is not changes[-1] else len(waiting)
        join(queue, *waiting[:joining])
        waiting = waiting[joining:]
        queue.serve([replace(offer, places=data.draw(st.integers(0, 3))) for offer in served])
        running += start_all(queue)
        ended = data.draw(st.integers(0, len(running)))
        started += running[:ended]
        for number in running[:ended]:
            queue.finish(number, succeeded=True)
        running = running[ended:]
        assert sorted(ticket.generation_id for ticket in queue.order()) == sorted(queue.places())
    join(queue, *waiting)
    queue.serve([Offer(3, frozenset(MODELS))])
    while running or queue.waiting:
        running += start_all(queue)
        started.append(running.pop(0))
        queue.finish(started[-1], succeeded=True)
    assert sorted(started) == [ticket.generation_id for ticket in joined]
    assert len(queue) == 0


def test_lanes_that_share_a_server_take_turns_there() -> None:
    """However many wait in one of them."""
    queue = serving(Offer(0, frozenset({"fast"})), Offer(1, frozenset({"fast", "large"})))
    join(queue, *(Ticket(number, number, 1, model="fast") for number in range(6)))
    join(queue, *(Ticket(number, number, 1, model="large") for number in range(10, 12)))
    started = []
    while more := start_all(queue):
        started += more
        queue.finish(more[0], succeeded=True)
    assert started == [0, 10, 1, 11, 2, 3, 4, 5]


def test_what_a_server_runs_that_went_away_takes_no_place_of_others() -> None:
    """Its generation counts as running until it is given up; the other server stands idle and takes the next."""
    here, gone = Offer(1, frozenset({"fast"})), Offer(1, frozenset({"large"}))
    queue = serving(here, gone)
    join(queue, Ticket(0, 1, 1, model="large"))
    assert start_all(queue) == [0]
    queue.serve((here, replace(gone, places=0)))
    join(queue, Ticket(1, 2, 1, model="fast"))
    assert start_all(queue) == [1]


def test_a_server_that_is_away_keeps_its_lane() -> None:
    """Its orders wait for it, in their order; what runs on the others is not theirs to wait for."""
    here, away = Offer(2, frozenset({"fast"})), Offer(0, frozenset({"large"}))
    queue = serving(here, away)
    join(queue, Ticket(1, 1, 1, model="large"), Ticket(2, 1, 1, model="large"), Ticket(3, 2, 1, model="large"))
    join(queue, Ticket(4, 1, 1, model="fast"))
    assert start_all(queue) == [4]
    assert [queue.place(number) for number in (1, 3, 2)] == [Place(number, None) for number in (1, 2, 3)]
    queue.serve((here, replace(away, places=2)))
    assert start_all(queue) == [1, 3]


def test_of_a_model_that_nobody_has_one_finds_out_at_a_time() -> None:
    """Its turn takes no place from others; and where no server is there at all, everybody waits."""
    queue = serving(Offer(1, frozenset({"fast"})))
    join(queue, *(Ticket(number, number, 1, model="gone") for number in (1, 2)), Ticket(3, 3, 1, model="fast"))
    assert sorted(start_all(queue)) == [1, 3]
    queue.finish(1, succeeded=False)
    queue.serve([Offer(0, frozenset({"fast"}))])
    assert start_all(queue) == []
    queue.serve([Offer(1, frozenset({"fast"}))])
    assert start_all(queue) == [2]


def test_waits_are_those_of_ones_own_servers_and_model() -> None:
    """A second a picture with the fast model, ten with the large one; neither waits behind the other."""
    clock = Clock()
    queue = serving(Offer(1, frozenset({"fast"})), Offer(1, frozenset({"large"})), clock=clock)
    join(queue, Ticket(1, 1, 1, model="fast"), Ticket(2, 2, 1, model="large"))
    assert sorted(start_all(queue)) == [1, 2]
    for number, now in ((1, 1.0), (2, 10.0)):
        clock.now = now
        queue.finish(number, succeeded=True)
    for model, first in (("fast", 10), ("large", 20)):
        join(queue, *(Ticket(first + number, number, 1, model=model) for number in range(3)))
    assert sorted(start_all(queue)) == [10, 20]
    clock.now = 10.5
    expected = {11: 1.5, 12: 2.5, 21: 19.5, 22: 29.5}
    assert {number: place.eta_seconds for number, place in queue.places().items()} == expected
    assert {number: place.eta_seconds for number in expected if (place := queue.place(number))} == expected


def test_servers_that_are_alike_are_one_queue() -> None:
    """Whichever of their models is ordered, people take turns: somebody's many do not delay another's first."""
    queue = serving(*[Offer(1, frozenset(MODELS))] * 2)
    join(queue, *(Ticket(number, 1, 1, model=MODELS[number % 3]) for number in range(9)), Ticket(20, 2, 1))
    assert start_all(queue) == [0, 20]
    assert Counter(place.position for place in queue.places().values()) == Counter(range(1, 9))


@pytest.mark.parametrize("model", [None, "fast"])
def test_waits_behind_another_model_count_its_pace(model: str | None) -> None:
    """In a lane of several models each takes as long as it lately took, or where that is not known, as the others."""
    clock = Clock()
    queue = serving(Offer(1, frozenset(MODELS)), clock=clock)
    join(queue, Ticket(1, 1, 2, model="large"))
    queue.next()
    clock.now = 8.0
    queue.finish(1, succeeded=True)
    join(queue, Ticket(2, 1, 1, model="large"), Ticket(3, 2, 2, model=model))
    assert [place.eta_seconds for place in queue.places().values()] == [4.0, 12.0]
