"""The fair queue: true positions, turns, bounds, expected waits."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.errors import QueueFull
from bot.orders.queue import FairQueue, Ticket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_queue(clock: Clock | None = None, size: int = 1000, size_per_person: int = 1000) -> FairQueue:
    return FairQueue(size=size, size_per_person=size_per_person, clock=clock or Clock())


def join(queue: FairQueue, *tickets: Ticket) -> None:
    for ticket in tickets:
        queue.reserve(ticket)
        queue.enter(ticket.generation_id)


def start_all(queue: FairQueue) -> list[int]:
    started = []
    while (ticket := queue.next()) is not None:
        started.append(ticket.generation_id)
    return started


tickets = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(0, 2)), max_size=40).map(
    lambda rows: [Ticket(index, user, images, priority) for index, (user, images, priority) in enumerate(rows)]
)


def test_one_persons_many_do_not_delay_anothers_first() -> None:
    """Twenty of Ada's wait; Bob's first starts second."""
    queue = a_queue()
    join(queue, *(Ticket(n, user_id=1, images=4) for n in range(20)), Ticket(100, user_id=2, images=4))
    assert start_all(queue)[:3] == [0, 100, 1]


def test_a_lower_class_number_goes_first() -> None:
    """Priority comes before turns."""
    queue = a_queue()
    join(queue, Ticket(1, 1, 1, priority=2), Ticket(2, 2, 1, priority=1), Ticket(3, 3, 1, priority=0))
    assert start_all(queue) == [3, 2, 1]


@given(tickets)
def test_positions_are_the_order_of_starting(joined: list[Ticket]) -> None:
    """What is predicted, by `order` and by `places`, is what happens."""
    queue = a_queue()
    join(queue, *joined)
    predicted = [ticket.generation_id for ticket in queue.order()]
    places = queue.places(capacity=3)
    assert sorted(predicted, key=lambda one: places[one].position) == predicted
    assert [places[one].position for one in predicted] == list(range(1, len(joined) + 1))
    assert start_all(queue) == predicted


@given(tickets, st.data())
def test_positions_stay_true_after_leaving(joined: list[Ticket], data: st.DataObject) -> None:
    """Whoever cancels, wherever they stood, the rest keep their order."""
    queue = a_queue()
    join(queue, *joined)
    gone = data.draw(st.sets(st.sampled_from([one.generation_id for one in joined]))) if joined else set()
    before = [ticket.generation_id for ticket in queue.order()]
    for generation_id in gone:
        assert queue.cancel(generation_id)
        assert not queue.cancel(generation_id)
    predicted = [ticket.generation_id for ticket in queue.order()]
    assert sorted(predicted) == sorted(set(before) - gone)
    assert start_all(queue) == predicted


@given(tickets)
def test_nobodys_first_waits_for_two_of_anybody(joined: list[Ticket]) -> None:
    """Before a person's first start in a class, nobody else of that class started twice."""
    queue = a_queue()
    join(queue, *joined)
    started: dict[int, Counter[int]] = defaultdict(Counter)
    while (ticket := queue.next()) is not None:
        counts = started[ticket.priority]
        if ticket.user_id not in counts:
            assert all(count <= 1 for count in counts.values())
        counts[ticket.user_id] += 1


@given(tickets)
def test_everybody_starts_exactly_once_and_in_their_own_order(joined: list[Ticket]) -> None:
    """Nothing is lost, nothing is doubled, and nobody's later order overtakes their earlier one."""
    queue = a_queue()
    join(queue, *joined)
    started = start_all(queue)
    assert sorted(started) == [ticket.generation_id for ticket in joined]
    for own in {(ticket.user_id, ticket.priority) for ticket in joined}:
        mine = [ticket.generation_id for ticket in joined if (ticket.user_id, ticket.priority) == own]
        assert [one for one in started if one in mine] == mine


class Traffic(RuleBasedStateMachine):
    """People come, leave, start and finish in any order; the bound and the counts hold throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = a_queue(size=6, size_per_person=3)
        self.people: dict[int, int] = {}
        self.reserved: list[int] = []
        self.waiting: list[int] = []
        self.running: list[int] = []
        self.number = 0

    @rule(user_id=st.integers(1, 4), images=st.sampled_from([1, 4, 9]))
    def reserve(self, user_id: int, images: int) -> None:
        self.number += 1
        mine = sum(owner == user_id for owner in self.people.values())
        full = len(self.people) >= 6 or mine >= 3
        try:
            self.queue.check_room(user_id)
        except QueueFull:
            assert full
        else:
            assert not full
            self.queue.reserve(Ticket(self.number, user_id, images))
            self.people[self.number] = user_id
            self.reserved.append(self.number)

    @precondition(lambda self: self.reserved)
    @rule(data=st.data())
    def enter(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.reserved))
        self.reserved.remove(number)
        self.queue.enter(number)
        self.waiting.append(number)

    @rule()
    def start(self) -> None:
        ticket = self.queue.next()
        if ticket is None:
            assert not self.waiting
        else:
            self.waiting.remove(ticket.generation_id)
            self.running.append(ticket.generation_id)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), succeeded=st.booleans())
    def finish(self, data: st.DataObject, succeeded: bool) -> None:
        number = data.draw(st.sampled_from(self.running))
        self.running.remove(number)
        del self.people[number]
        self.queue.finish(number, succeeded=succeeded)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.people)))
        assert self.queue.cancel(number)
        del self.people[number]
        for places in (self.reserved, self.waiting, self.running):
            if number in places:
                places.remove(number)

    @invariant()
    def counts_hold(self) -> None:
        assert len(self.queue) == len(self.people) <= 6
        assert self.queue.waiting == len(self.waiting)
        assert self.queue.running == len(self.running)
        assert sorted(ticket.generation_id for ticket in self.queue.order()) == sorted(self.waiting)
        assert set(self.queue.places(2)) == set(self.waiting)


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=30, stateful_step_count=30)


def test_the_bound_names_count_and_limit() -> None:
    """A person's own bound is told apart from everybody's."""
    queue = a_queue(size=3, size_per_person=2)
    join(queue, Ticket(1, 1, 1), Ticket(2, 1, 1))
    with pytest.raises(QueueFull, match="You have 2 generations under way; at most 2"):
        queue.check_room(1)
    join(queue, Ticket(4, 2, 1))
    with pytest.raises(QueueFull, match="queue is full: 3 generations"):
        queue.check_room(3)
    queue.reserve(Ticket(6, 3, 1))


def test_waits_are_unknown_before_anything_was_measured() -> None:
    """No number is better than an invented one."""
    queue = a_queue()
    join(queue, Ticket(1, 1, 4))
    assert queue.places(1)[1].eta_seconds is None


def test_expected_waits_follow_measured_durations() -> None:
    """Two seconds a picture: four pictures take eight, behind a running one that has four left."""
    clock = Clock()
    queue = a_queue(clock)
    join(queue, Ticket(1, 1, 4))
    queue.next()
    clock.now = 8.0
    queue.finish(1, succeeded=True)
    join(queue, Ticket(2, 1, 4), Ticket(3, 2, 4), Ticket(4, 3, 1))
    queue.next()
    clock.now = 12.0
    assert {number: place.eta_seconds for number, place in queue.places(1).items()} == {3: 12.0, 4: 14.0}
    assert {number: place.eta_seconds for number, place in queue.places(2).items()} == {3: 8.0, 4: 6.0}


def test_failures_do_not_count_as_durations() -> None:
    """A generation that failed at once says nothing of how long drawing takes."""
    clock = Clock()
    queue = a_queue(clock)
    join(queue, Ticket(1, 1, 1), Ticket(2, 1, 1))
    queue.next()
    queue.finish(1, succeeded=False)
    assert queue.places(1)[2].eta_seconds is None
