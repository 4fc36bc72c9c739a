"""Who gets the slots: examples of fairness, and any order of events that hypothesis can think of."""

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inference.engine.scheduler import Scheduler
from inference.engine.sequence import Sequence, SequenceStatus
from inference.models.sampling import SamplingParams

LENGTH = 4


def pictures(generation_id: str, count: int, *, guided: bool = False) -> list[Sequence]:
    params = SamplingParams(guidance_scale=2.0 if guided else 1.0)
    return [Sequence(generation_id, index, 0, index, params, LENGTH, torch.Generator()) for index in range(count)]


def admitted(scheduler: Scheduler) -> Counter[str]:
    return Counter(sequence.generation_id for sequence in scheduler.admit())


def test_a_narrow_request_gets_its_slot_beside_a_wide_one() -> None:
    """Of two that arrive together, nine pictures leave room for one."""
    scheduler = Scheduler(4)
    scheduler.add("wide", pictures("wide", 9))
    scheduler.add("narrow", pictures("narrow", 1))
    assert admitted(scheduler) == {"wide": 3, "narrow": 1}


def test_the_first_free_slot_goes_to_who_has_none() -> None:
    """A single picture that comes when nine hold all slots starts as soon as one of those ends."""
    scheduler = Scheduler(4)
    scheduler.add("wide", pictures("wide", 9))
    scheduler.admit()
    scheduler.add("narrow", pictures("narrow", 1))
    assert not scheduler.admit()
    scheduler.finish(scheduler.running[:1])
    assert admitted(scheduler) == {"narrow": 1}


def test_requests_share_evenly() -> None:
    """Three wide requests get a third of the slots each."""
    scheduler = Scheduler(9)
    for name in "abc":
        scheduler.add(name, pictures(name, 9))
    assert admitted(scheduler) == {"a": 3, "b": 3, "c": 3}


def test_a_wide_request_takes_turns_where_there_is_room_for_one() -> None:
    """It came first, but when its first picture ends, the next slots are another's."""
    scheduler = Scheduler(2)
    scheduler.add("wide", pictures("wide", 9, guided=True))
    scheduler.add("narrow", pictures("narrow", 1, guided=True))
    turns = []
    for _ in range(4):
        turns += scheduler.admit()
        scheduler.finish(list(scheduler.running))
    assert [sequence.generation_id for sequence in turns] == ["wide", "narrow", "wide", "wide"]


def test_nobody_overtakes_who_waits_for_two_slots() -> None:
    """A stream of unguided pictures cannot keep a guided one waiting for ever."""
    scheduler = Scheduler(2)
    scheduler.add("running", pictures("running", 1))
    scheduler.admit()
    scheduler.add("guided", pictures("guided", 1, guided=True))
    scheduler.add("late", pictures("late", 1))
    assert not scheduler.admit()
    scheduler.finish(list(scheduler.running))
    assert admitted(scheduler) == {"guided": 1}


def test_guided_sequences_hold_two_slots_each() -> None:
    """And give both back."""
    scheduler = Scheduler(5)
    scheduler.add("a", pictures("a", 4, guided=True))
    assert [len(sequence.slots) for sequence in scheduler.admit()] == [2, 2]
    assert scheduler.free_slots == 1
    scheduler.finish(list(scheduler.running))
    assert scheduler.free_slots == 5


def test_cancelling_frees_slots_at_once() -> None:
    """Running and waiting pictures leave together."""
    scheduler = Scheduler(2)
    scheduler.add("a", pictures("a", 5))
    scheduler.admit()
    left = scheduler.cancel("a")
    assert {sequence.status for sequence in left} == {SequenceStatus.CANCELLED}
    assert (len(left), scheduler.free_slots, scheduler.running, scheduler.waiting) == (5, 2, [], 0)


def test_cancelling_an_unknown_generation_changes_nothing() -> None:
    """It may have ended a moment ago."""
    scheduler = Scheduler(2)
    assert scheduler.cancel("gone") == []


def test_an_id_waits_once() -> None:
    """Two generations of one name could not be told apart."""
    scheduler = Scheduler(2)
    scheduler.add("a", pictures("a", 3))
    with pytest.raises(ValueError, match="a is already waiting"):
        scheduler.add("a", pictures("a", 3))


def test_one_slot_is_too_few() -> None:
    """A guided sequence could never start."""
    with pytest.raises(ValueError, match="1 slots"):
        Scheduler(1)


@given(st.integers(2, 8), st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=8))
def test_everything_added_is_drawn_in_the_end(slots: int, orders: list[tuple[int, bool]]) -> None:
    """Whatever the widths, and guided or not, all sequences run, and none twice."""
    scheduler = Scheduler(slots)
    for number, (count, guided) in enumerate(orders):
        scheduler.add(str(number), pictures(str(number), count, guided=guided))
    seen: list[Sequence] = []
    while scheduler.running or scheduler.waiting:
        started = scheduler.admit()
        seen += started
        assert scheduler.running  # something always runs while anything waits
        scheduler.finish(list(scheduler.running))
    assert len(seen) == len(set(map(id, seen))) == sum(count for count, _ in orders)


@given(st.integers(2, 8), st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=4), st.booleans())
def test_wide_requests_cannot_starve_a_narrow_one(slots: int, before: list[tuple[int, bool]], guided: bool) -> None:
    """However many come before it and after it, one picture starts after a picture's time for each order before it."""
    scheduler = Scheduler(slots)
    for number, (count, wide_guided) in enumerate(before):
        scheduler.add(str(number), pictures(str(number), count, guided=wide_guided))
    (narrow,) = mine = pictures("narrow", 1, guided=guided)
    step = 0
    while narrow.status is SequenceStatus.WAITING:
        assert step <= LENGTH * (len(before) + 1)
        scheduler.admit()
        for sequence in scheduler.running:
            sequence.position += 1
        scheduler.finish([sequence for sequence in scheduler.running if sequence.position == LENGTH])
        if step == 0:
            scheduler.add("narrow", mine)
        scheduler.add(f"later {step}", pictures(f"later {step}", 9, guided=step % 2 == 0))
        step += 1


class SchedulerMachine(RuleBasedStateMachine):
    """Orders come, draw, end and are cancelled in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler(2)
        self.orders: dict[str, list[Sequence]] = {}
        self.count = 0

    @initialize(slots=st.integers(2, 10))
    def start(self, slots: int) -> None:
        self.scheduler = Scheduler(slots)

    @rule(count=st.integers(1, 9), guided=st.booleans())
    def add(self, count: int, guided: bool) -> None:
        name = f"{self.count:06}"
        self.count += 1
        self.orders[name] = pictures(name, count, guided=guided)
        self.scheduler.add(name, self.orders[name])

    @rule()
    def step(self) -> None:
        """As the engine does: admit, draw, let go who is done."""
        waits_with_nothing = {
            name for name, sequences in self.orders.items() if {s.status for s in sequences} == {SequenceStatus.WAITING}
        }
        started = {sequence.generation_id for sequence in self.scheduler.admit()}
        for name in waits_with_nothing - started:
            assert max(started, default="") < name, "a younger generation overtook one that had no turn yet"
        for sequence in self.scheduler.running:
            sequence.position += 1
        self.scheduler.finish([sequence for sequence in self.scheduler.running if sequence.position == LENGTH])

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.orders)))
        self.scheduler.cancel(name)
        assert {s.status for s in self.orders.pop(name)} <= {SequenceStatus.CANCELLED, SequenceStatus.FINISHED}

    @invariant()
    def no_slot_leaks(self) -> None:
        held = [slot for sequence in self.scheduler.running for slot in sequence.slots]
        assert len(held) == len(set(held))
        assert self.scheduler.free_slots + len(held) == self.scheduler.slots

    @invariant()
    def status_says_who_holds_slots(self) -> None:
        for sequence in self._all():
            assert bool(sequence.slots) == (sequence.status is SequenceStatus.RUNNING)

    def teardown(self) -> None:
        """No order starves: without new ones, all end in a bounded number of steps."""
        for _ in range(LENGTH * len(self._all())):
            self.step()
        assert (self.scheduler.running, self.scheduler.waiting) == ([], 0)
        assert self.scheduler.free_slots == self.scheduler.slots
        assert all(sequence.status is SequenceStatus.FINISHED for sequence in self._all())

    def _all(self) -> list[Sequence]:
        return [sequence for sequences in self.orders.values() for sequence in sequences]


TestSchedulerMachine = SchedulerMachine.TestCase
