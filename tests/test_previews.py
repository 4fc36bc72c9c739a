"""What previews show and what they may cost."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from inference.previews import LARGEST_BURST, SHARE, PreviewBudget, continue_codes, draw_partial
from tests.fakes import FakeBackend


def test_the_first_picture_teaches_the_price() -> None:
    """Before that, one; afterwards the server's first guest gets what is left of a whole grid."""
    budget = PreviewBudget()
    assert budget.affordable == 1
    budget.spend(1, 0.1)
    assert budget.affordable == LARGEST_BURST - 1


def test_decoding_earns_its_share() -> None:
    """A hundred seconds of decoding pay for five of previews, at the price that was measured."""
    budget = PreviewBudget()
    budget.spend(1, 10.0)
    budget.spend(8, 80.0)
    assert budget.affordable == 0
    budget.earn(20 / SHARE)
    assert budget.affordable == 2


def test_savings_are_bounded() -> None:
    """A day without previews does not pay for an hour with nothing else."""
    budget = PreviewBudget()
    budget.spend(1, 0.1)
    budget.earn(86_400)
    assert budget.affordable == LARGEST_BURST


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.001, 5)), max_size=50))
def test_spending_never_exceeds_what_was_earned(history: list[tuple[float, float]]) -> None:
    """But for the first grid, and for what the last one took longer than expected."""
    budget = PreviewBudget()
    earned = spent = dearest = first = 0.0
    for decode_seconds, price in history:
        budget.earn(decode_seconds)
        earned += SHARE * decode_seconds
        count = budget.affordable
        if count:
            first = first or price
            dearest = max(dearest, count * price)
            spent += count * price
            budget.spend(count, count * price)
    assert spent <= earned + LARGEST_BURST * first + dearest + 1e-6


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


def test_partial_pictures_have_the_models_size() -> None:
    """One picture for each row of codes."""
    backend = FakeBackend()
    pictures = draw_partial(backend.detokenize, torch.ones(3, 16, dtype=torch.long), [1, 7, 16], 4)
    assert [picture.shape for picture in pictures] == [(16, 16, 3)] * 3
