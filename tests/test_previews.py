"""What previews show and what they may cost."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.previews import BURST, SHARE, PreviewBudget, continue_codes


def test_the_first_picture_teaches_the_price() -> None:
    """Before that, one; afterwards as many as one round has time for, and nothing is owed for the lesson."""
    budget = PreviewBudget()
    assert budget.affordable == 1
    budget.spend(1, BURST / 9.5)
    assert budget.affordable == 9


def test_a_dear_picture_is_shown_alone() -> None:
    """Everyone's decoding waits for one round, so a round is short where it can be."""
    budget = PreviewBudget()
    budget.spend(1, 2 * BURST)
    assert budget.affordable == 1


def test_a_round_is_paid_off_by_decoding() -> None:
    """A second of previews needs twenty of decoding before the next."""
    budget = PreviewBudget()
    budget.spend(1, 1.0)
    budget.spend(1, 1.0)
    budget.earn(0.9 / SHARE)
    assert budget.affordable == 0
    budget.earn(0.2 / SHARE)
    assert budget.affordable == 1


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.001, 5)), max_size=50))
def test_spending_never_exceeds_what_was_earned(history: list[tuple[float, float]]) -> None:
    """But for the lesson, and for the round that is still being paid off."""
    budget = PreviewBudget()
    earned = spent = largest = 0.0
    for decode_seconds, price in history:
        budget.earn(decode_seconds)
        earned += SHARE * decode_seconds
        count = budget.affordable
        if count:
            largest = max(largest, count * price)
            spent += count * price
            budget.spend(count, count * price)
    assert spent <= earned + 2 * largest + 1e-6


def test_codes_go_on_downwards() -> None:
    """Each column goes on with its lowest known code; a column without one takes the last of the first row."""
    codes = torch.arange(1, 10).repeat(3, 1)
    continued = continue_codes(codes, torch.tensor([2, 5, 9]), 3)
    assert continued.tolist() == [
        [1, 2, 2, 1, 2, 2, 1, 2, 2],
        [1, 2, 3, 4, 5, 3, 4, 5, 3],
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]


@given(st.integers(2, 6), st.data())
def test_only_known_codes_reach_the_model(side: int, data: st.DataObject) -> None:
    """What stands in the table behind them is left over from someone else's picture, or no code at all."""
    drawn = data.draw(st.integers(1, side * side))
    codes = torch.full((1, side * side), 99)
    codes[0, :drawn] = torch.arange(drawn)
    continued = continue_codes(codes, torch.tensor([drawn]), side)
    assert continued.max() < drawn
    assert (continued[0, :drawn] == codes[0, :drawn]).all()
