"""Drawing codes: each row gets what it would get alone, and the draw follows the distribution."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inference.engine.sampler import SamplingRows, draw_codes, filter_logits, guide, gumbel_noise, sample
from inference.models.sampling import SamplingParams

VOCAB = 40


def random_logits(rows: int) -> Tensor:
    return 3 * torch.randn(rows, VOCAB, generator=torch.Generator().manual_seed(rows))


def kept(logits: list[float], **params: float) -> list[int]:
    """Which codes can still be drawn."""
    rows = SamplingRows.of([SamplingParams(**params)], len(logits))  # type: ignore[arg-type]
    return (~filter_logits(torch.tensor([logits]), rows).isinf()).nonzero()[:, 1].tolist()


def test_guidance_moves_away_from_no_text() -> None:
    """Scale 1 is the text's own logits, 0 those without a text, and 3 goes three times as far."""
    conditional, unconditional = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 1.0]])
    assert guide(conditional, unconditional, torch.tensor([[1.0]])).tolist() == [[2.0, -1.0]]
    assert guide(conditional, unconditional, torch.tensor([[0.0]])).tolist() == [[1.0, 1.0]]
    assert guide(conditional, unconditional, torch.tensor([[3.0]])).tolist() == [[4.0, -5.0]]


def test_top_k_keeps_the_best() -> None:
    """top_k keeps the k best, the lower codes of equal ones, and 0 keeps all."""
    assert kept([0.0, 3.0, 1.0, 2.0], top_k=2) == [1, 3]
    assert kept([1.0, 1.0, 1.0, 2.0], top_k=2) == [0, 3]
    assert kept([-1.0, -3.0, -2.0, -4.0], top_k=3) == [0, 1, 2]
    assert kept([0.0, 3.0, 1.0, 2.0], top_k=0) == [0, 1, 2, 3]
    assert kept([0.0, 3.0, 1.0, 2.0], top_k=99) == [0, 1, 2, 3]


def test_top_p_keeps_the_crossing_code() -> None:
    """top_p keeps codes until their sum reaches the limit, with the one that crosses it, and always one."""
    logits = [math.log(share) for share in (0.1, 0.5, 0.3, 0.1)]
    assert kept(logits, top_p=0.4) == [1]
    assert kept(logits, top_p=0.6) == [1, 2]
    assert kept(logits, top_p=0.01) == [1]
    assert kept(logits, top_p=1.0) == [0, 1, 2, 3]
    assert kept(logits, top_p=0.6, top_k=1) == [1]
    assert kept(logits, top_p=0.61, top_k=2) == [1]  # of what top-k left, the first is 0.625


def test_temperature_sharpens_before_top_p() -> None:
    """At a low temperature the best code alone reaches the limit."""
    logits = [math.log(share) for share in (0.1, 0.5, 0.3, 0.1)]
    assert kept(logits, top_p=0.9, temperature=1.0) == [0, 1, 2]
    assert kept(logits, top_p=0.9, temperature=0.1) == [1]


def test_draws_follow_the_distribution() -> None:
    """Over many draws each code comes as often as its share says, and filtered ones never."""
    shares = torch.tensor([0.5, 0.25, 0.15, 0.1])
    rows = SamplingRows.of([SamplingParams(top_k=3)] * 20_000, 4)
    noise = gumbel_noise([torch.Generator().manual_seed(7)], 4 * 20_000).view(20_000, 4)
    drawn = sample(shares.log().expand(20_000, 4), rows, noise)
    frequencies = torch.bincount(drawn, minlength=4) / 20_000
    torch.testing.assert_close(frequencies, torch.tensor([0.5, 0.25, 0.15, 0.0]) / 0.9, atol=0.01, rtol=0)


def test_noise_comes_from_each_row_s_own_generator() -> None:
    """A row's noise is the same whatever other rows there are, and differs from one step to the next."""
    alone, together = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    first = gumbel_noise([alone], VOCAB)
    assert torch.equal(first[0], gumbel_noise([torch.Generator().manual_seed(1), together], VOCAB)[1])
    second = gumbel_noise([alone], VOCAB)
    assert not torch.equal(first, second)
    assert torch.equal(second[0], gumbel_noise([together], VOCAB)[0])


row_params = st.builds(
    SamplingParams,
    temperature=st.floats(0.05, 4.0),
    top_k=st.integers(0, VOCAB + 5),
    top_p=st.floats(0.01, 1.0),
)


@settings(deadline=None, derandomize=True)
@given(st.lists(row_params, min_size=1, max_size=6), st.integers(0, 1000))
def test_a_row_gets_what_it_gets_alone(params: list[SamplingParams], seed: int) -> None:
    """Whatever shares the batch, a row's code and filtered logits are bit for bit those it gets by itself."""
    logits = random_logits(len(params)).round()  # whole numbers: many are equal
    noise = gumbel_noise([torch.Generator().manual_seed(seed + row) for row in range(len(params))], VOCAB)
    together = SamplingRows.of(params, VOCAB)
    codes, filtered = sample(logits, together, noise), filter_logits(logits, together)
    for row, own in enumerate(params):
        alone = SamplingRows.of([own], VOCAB)
        assert sample(logits[row : row + 1], alone, noise[row : row + 1]).item() == codes[row]
        assert torch.equal(filter_logits(logits[row : row + 1], alone)[0], filtered[row])
        assert filtered[row, codes[row]] > -math.inf


def test_own_generators_follow_it_too() -> None:
    """Drawn with its own generator, a row's codes come as often as the softmax of what is kept says."""
    logits = torch.tensor([[2.0, 1.0, 0.0, -9.0]])
    rows, generator = SamplingRows.of([SamplingParams(top_k=3)], 4), torch.Generator().manual_seed(7)
    counts = torch.bincount(torch.cat([draw_codes(logits, rows, [generator]) for _ in range(4000)]), minlength=4)
    expected = torch.tensor([2.0, 1.0, 0.0, -math.inf]).softmax(0)
    assert (counts / 4000 - expected).abs().max() < 0.03


@given(widths=st.lists(st.integers(0, VOCAB), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_draws_do_not_know_their_neighbours(widths: list[int]) -> None:
    """A row draws the same codes with the same generator, however many codes its neighbours may draw."""
    logits, params = random_logits(len(widths)), [SamplingParams(top_k=width) for width in widths]
    together = [torch.Generator().manual_seed(row) for row in range(len(widths))]
    rows = SamplingRows.of(params, VOCAB)
    drawn = torch.stack([draw_codes(logits, rows, together) for _ in range(3)], 1)
    for row, own in enumerate(params):
        alone, generator = SamplingRows.of([own], VOCAB), torch.Generator().manual_seed(row)
        assert drawn[row].tolist() == [int(draw_codes(logits[row : row + 1], alone, [generator])) for _ in range(3)]
