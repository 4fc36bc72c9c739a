"""The capacity model of docs/scaling.md: what its formulas say is what happens around the real queue."""

import math

import pytest

from benchmarks.simulation import PLACES, drained_after, duration, mean_wait, simulate


@pytest.mark.parametrize(("machines", "load"), [(1, 0.7), (1, 0.9), (3, 0.9)])
def test_the_mean_wait_is_as_the_formula_says(machines: int, load: float) -> None:
    """Within a third, which is what is left to chance over some thousand orders."""
    places = machines * PLACES
    rate = load * places / duration()
    outcome = simulate(1_000, rate, places, lasts=15_000 / rate)
    assert outcome.mean == pytest.approx(mean_wait(places, rate, duration()), rel=1 / 3)


def test_more_than_is_drawn_waits_for_ever() -> None:
    """The formula says so instead of a number without meaning."""
    assert mean_wait(8, 8 / duration(), duration()) == math.inf


def test_a_burst_is_drawn_when_the_formula_says() -> None:
    """Three times what is drawn, for five minutes."""
    rate = 3 * 72 / duration()
    outcome = simulate(10_000, rate, 72, lasts=300)
    assert outcome.last_turn - 300 == pytest.approx(drained_after(72, rate, duration(), 300), rel=0.1)
    assert len(outcome.waits) == pytest.approx(300 * rate, rel=0.1)


def test_nobody_waits_where_there_is_room() -> None:
    """A few people at one machine."""
    assert max(simulate(10, 0.01, PLACES).waits) < duration()
