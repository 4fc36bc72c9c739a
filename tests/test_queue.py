"""The fair queue: true positions, turns, bounds, expected waits."""

import copy
import itertools
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.errors import QueueFull
from bot.orders.classes import STRIDES
from bot.orders.queue import Bounds, FairQueue
from bot.orders.ticket import FIRST, LATER, NORMAL, PREFERRED, Place, Ticket
from bot.pool.offer import Offer


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_queue(clock: Clock | None = None, size: int = 1000, size_per_person: int = 1000, **more: int) -> FairQueue:
    queue = FairQueue(Bounds(size, size_per_person, **more), clock=clock or Clock())
    queue.serve([Offer(1000)])
    return queue


def join(queue: FairQueue, *tickets: Ticket) -> None:
    for ticket in tickets:
        queue.reserve(ticket)
        queue.enter(ticket.generation_id)


def start_all(queue: FairQueue) -> list[int]:
    started = []
    while (ticket := queue.next()) is not None:
        started.append(ticket.generation_id)
    return started


tickets = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(FIRST, LATER)), max_size=40).map(
    lambda rows: [Ticket(index, user, images, priority) for index, (user, images, priority) in enumerate(rows)]
)


def test_one_persons_many_do_not_delay_anothers_first() -> None:
    """Twenty of Ada's wait; Bob's first starts second."""
    queue = a_queue()
    join(queue, *(Ticket(n, user_id=1, images=4) for n in range(20)), Ticket(100, user_id=2, images=4))
    assert start_all(queue)[:3] == [0, 100, 1]


def test_the_classes_take_turns_by_their_weights() -> None:
    """Where all wait, of seven turns four go to the first class, two to the ordinary one, one to the later one."""
    queue = a_queue()
    join(queue, *(Ticket(number, number, 1, priority=number % 3) for number in range(90)))
    turns = [number % 3 for number in start_all(queue)[:35]]
    assert Counter(turns) == {PREFERRED: 20, NORMAL: 10, LATER: 5}
    assert turns[:7] == [0, 0, 1, 0, 0, 1, 2]


def test_what_a_restart_interrupted_goes_before_all() -> None:
    """However many wait in the other classes, and without being counted as a turn of theirs."""
    queue = a_queue()
    join(queue, Ticket(1, 1, 1, LATER), Ticket(2, 2, 1, PREFERRED), Ticket(3, 3, 1, FIRST), Ticket(4, 4, 1, FIRST))
    assert [queue.place(number) for number in (1, 2, 3, 4)] == [Place(n, None) for n in (4, 3, 1, 2)]
    assert start_all(queue) == [3, 4, 2, 1]


crowds = st.lists(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(list(STRIDES))), max_size=4), max_size=60)


@given(crowds)
def test_no_class_is_ever_starved(crowds: list[list[tuple[int, int]]]) -> None:
    """Whoever joins before each turn: between two turns of a class that waits there are only so many of the others."""
    queue = a_queue()
    waiting: Counter[int] = Counter()
    since: Counter[int] = Counter()
    numbers = itertools.count()
    for crowd in [*crowds, *([[]] * 240)]:
        joined = [Ticket(next(numbers), user, 1, priority) for user, priority in crowd]
        join(queue, *joined)
        waiting.update(ticket.priority for ticket in joined)
        ticket = queue.next()
        if ticket is None:
            break
        waiting[ticket.priority] -= 1
        for priority, stride in STRIDES.items():
            others = sum(stride // other + 1 for one, other in STRIDES.items() if one != priority)
            since[priority] = 0 if priority == ticket.priority or not waiting[priority] else since[priority] + 1
            assert since[priority] <= others <= 8


@given(tickets)
def test_positions_are_the_order_of_starting(joined: list[Ticket]) -> None:
    """What is predicted, by `order` and by `places`, is what happens."""
    queue = a_queue()
    join(queue, *joined)
    predicted = [ticket.generation_id for ticket in queue.order()]
    places = queue.places()
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

    @rule(user_id=st.integers(1, 4), images=st.sampled_from([1, 4, 9]), priority=st.integers(FIRST, LATER))
    def reserve(self, user_id: int, images: int, priority: int) -> None:
        self.number += 1
        mine = sum(owner == user_id for owner in self.people.values())
        full = len(self.people) >= 6 or mine >= 3
        try:
            self.queue.check_room(user_id)
        except QueueFull:
            assert full
        else:
            assert not full
            self.queue.reserve(Ticket(self.number, user_id, images, priority))
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
        places = self.queue.places()
        assert set(places) == set(self.waiting)
        assert all(self.queue.place(number) == place for number, place in places.items())
        started = start_all(copy.deepcopy(self.queue))
        assert [places[number].position for number in started] == list(range(1, len(started) + 1))


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=30, stateful_step_count=30)


def test_the_bound_names_count_and_limit() -> None:
    """A person's own bound is told apart from everybody's."""
    queue = a_queue(size=3, size_per_person=2)
    join(queue, Ticket(1, 1, 1), Ticket(2, 1, 1))
    with pytest.raises(QueueFull, match="whose='person' under_way=2 limit=2"):
        queue.check_room(1)
    join(queue, Ticket(4, 2, 1))
    with pytest.raises(QueueFull, match="whose='all' under_way=3"):
        queue.check_room(3)
    queue.reserve(Ticket(6, 3, 1))


def test_a_full_queue_says_when_a_place_is_free() -> None:
    """By the first of those that count and run to end; nothing is said where none of them runs."""
    clock = Clock()
    queue = a_queue(clock, size=4, size_per_person=2, per_server=3)
    join(queue, Ticket(1, 1, 1, guild_id=7))
    queue.next()
    clock.now = 2.0
    queue.finish(1, succeeded=True)
    join(queue, Ticket(2, 1, 4, guild_id=7), Ticket(3, 1, 1, guild_id=7))
    with pytest.raises(QueueFull) as full:
        queue.check_room(1, 7)
    assert full.value.seconds is None
    queue.next()
    clock.now = 5.0
    join(queue, Ticket(4, 2, 1, guild_id=7))
    for user_id, guild_id, whose, seconds in ((1, 7, "person", 5.0), (2, 7, "server", 5.0)):
        with pytest.raises(QueueFull) as full:
            queue.check_room(user_id, guild_id)
        assert (full.value.whose, full.value.seconds) == (whose, seconds)
    join(queue, Ticket(5, 3, 1, guild_id=8))
    queue.next()
    with pytest.raises(QueueFull) as full:
        queue.check_room(4)
    assert (full.value.whose, full.value.seconds) == ("all", 2.0)


def test_waits_are_unknown_before_anything_was_measured() -> None:
    """No number is better than an invented one."""
    queue = a_queue()
    join(queue, Ticket(1, 1, 4))
    assert queue.places()[1].eta_seconds is None


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
    queue.serve([Offer(1)])
    assert {number: place.eta_seconds for number, place in queue.places().items()} == {3: 12.0, 4: 14.0}
    queue.serve([Offer(2)])
    assert {number: place.eta_seconds for number, place in queue.places().items()} == {3: 8.0, 4: 6.0}


def test_failures_do_not_count_as_durations() -> None:
    """A generation that failed at once says nothing of how long drawing takes."""
    clock = Clock()
    queue = a_queue(clock)
    join(queue, Ticket(1, 1, 1), Ticket(2, 1, 1))
    queue.next()
    queue.finish(1, succeeded=False)
    assert queue.places()[2].eta_seconds is None


class RoundRobin:
    """The rule itself, slow and plain: people in a row, whoever had a turn goes to its end."""

    def __init__(self) -> None:
        self.people: dict[int, list[int]] = {}

    def join(self, user_id: int, number: int) -> None:
        self.people.setdefault(user_id, []).append(number)

    def next(self) -> int | None:
        if not self.people:
            return None
        user_id = next(iter(self.people))
        number, *rest = self.people.pop(user_id)
        if rest:
            self.people[user_id] = rest
        return number

    def leave(self, number: int) -> None:
        user_id = next(user_id for user_id, mine in self.people.items() if number in mine)
        self.people[user_id].remove(number)
        if not self.people[user_id]:
            del self.people[user_id]


steps = st.lists(st.one_of(st.integers(1, 6), st.just("next"), st.just("leave")), max_size=80)


@given(steps, st.data())
def test_turns_are_those_of_a_plain_row(steps: list[int | str], data: st.DataObject) -> None:
    """Whoever joins, starts or leaves in between: the same order as the rule says, and each place told is true."""
    queue, rule = a_queue(), RoundRobin()
    waiting: list[int] = []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            join(queue, Ticket(number, step, 1))
            rule.join(step, number)
            waiting.append(number)
        elif step == "next":
            expected = queue.order()[0].generation_id if waiting else None
            ticket = queue.next()
            assert (ticket.generation_id if ticket else None) == rule.next() == expected
            if ticket:
                waiting.remove(ticket.generation_id)
        elif waiting:
            leaver = data.draw(st.sampled_from(waiting))
            queue.cancel(leaver)
            rule.leave(leaver)
            waiting.remove(leaver)
    places = {number: queue.place(number) for number in waiting}
    started = start_all(queue)
    assert started == list(iter(rule.next, None))
    positions = [place.position for number in started if (place := places[number]) is not None]
    assert positions == list(range(1, len(started) + 1))


def test_room_between_two_people_never_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many join at the same point: the labels are given anew, and the order stays."""
    monkeypatch.setattr("bot.orders.line.GAP", 4)
    queue, rule = a_queue(), RoundRobin()
    for number in range(200):
        user_id = 1000 if number < 3 else number
        join(queue, Ticket(number, user_id, 1))
        rule.join(user_id, number)
        if number % 7 == 3:
            ticket = queue.next()
            assert ticket is not None
            assert ticket.generation_id == rule.next()
    assert start_all(queue) == list(iter(rule.next, None))


def test_a_bound_on_what_runs_holds_a_person_back_not_the_others() -> None:
    """Ada may run two; her third waits out of the order, and Bob's start meanwhile."""
    queue = a_queue(running_per_person=2)
    join(queue, *(Ticket(number, 1, 1) for number in range(4)), Ticket(10, 2, 1))
    assert start_all(queue) == [0, 10, 1]
    assert queue.waiting == 2
    assert [queue.place(number) for number in (2, 3)] == [Place(1, None), Place(1, None)]
    join(queue, Ticket(4, 1, 1))
    queue.finish(0, succeeded=True)
    assert start_all(queue) == [2]
    assert queue.cancel(3)
    queue.finish(1, succeeded=True)
    assert start_all(queue) == [4]
    assert queue.waiting == 0


def test_a_bound_on_what_a_server_runs_lets_one_go_for_each_that_ends() -> None:
    """Three people of one server, one at a time; another server and direct messages are not held."""
    queue = a_queue(running_per_server=1)
    tickets = [Ticket(number, number, 1, guild_id=7) for number in (1, 2, 3)]
    join(queue, *tickets, Ticket(4, 4, 1, guild_id=8), Ticket(5, 5, 1), Ticket(6, 6, 1))
    assert start_all(queue) == [1, 4, 5, 6]
    queue.finish(1, succeeded=True)
    assert start_all(queue) == [2]
    queue.cancel(2)
    assert start_all(queue) == [3]


@given(tickets, st.data())
def test_bounds_on_what_runs_lose_nobody(joined: list[Ticket], data: st.DataObject) -> None:
    """Whoever is held back, by which bound whatsoever, starts once there is room."""
    queue = a_queue(running_per_person=1, running_per_server=2)
    placed = [replace(ticket, guild_id=data.draw(st.sampled_from([None, 7, 8]))) for ticket in joined]
    join(queue, *placed)
    running = start_all(queue)
    started = list(running)
    while running:
        ended = data.draw(st.sampled_from(running))
        running.remove(ended)
        queue.finish(ended, succeeded=True)
        more = start_all(queue)
        started += more
        running += more
        of = {ticket.generation_id: ticket for ticket in placed}
        assert max(Counter(of[one].user_id for one in running).values(), default=0) <= 1
        servers = Counter(of[one].guild_id for one in running if of[one].guild_id is not None)
        assert max(servers.values(), default=0) <= 2
    assert sorted(started) == sorted(ticket.generation_id for ticket in placed)
    assert len(queue) == 0


def test_a_servers_bound_is_told_apart() -> None:
    """And direct messages are no server."""
    queue = a_queue(per_server=1)
    join(queue, Ticket(1, 1, 1, guild_id=7), Ticket(2, 2, 1))
    with pytest.raises(QueueFull, match="whose='server' under_way=1 limit=1"):
        queue.check_room(3, 7)
    queue.check_room(3, None)


def test_the_waits_of_those_far_behind_are_close_to_what_happens() -> None:
    """The first are computed one by one, those behind by the mean: within a tenth, also with several at a time."""
    clock = Clock()
    queue = a_queue(clock, size=0)
    join(queue, Ticket(0, 0, 4))
    queue.next()
    clock.now = 4.0
    queue.finish(0, succeeded=True)
    join(queue, *(Ticket(number, number % 97, 1 + number % 9) for number in range(1, 500)))
    queue.serve([Offer(3)])
    everybody = queue.places()
    for number in range(1, 500):
        place, exact = queue.place(number), everybody[number]
        assert place is not None
        assert place.position == exact.position
        assert place.eta_seconds == pytest.approx(exact.eta_seconds, rel=0.1, abs=5)
