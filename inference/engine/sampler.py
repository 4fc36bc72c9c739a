"""From logits to the next code of every running picture: guidance, temperature, top-k, top-p, and the draw.

In: logits of P rows, each with its own parameters and its own random generator. Out: one code a row. It knows no model
and no cache. What a row gets depends on its logits, parameters and generator alone, never on the rows beside it.

The order of the steps, and what each keeps, are those of the original (DALL·E mini on transformers 4.25.1). The draw is
`argmax(filtered logits + Gumbel noise)`, which samples from their softmax (Gumbel 1954; the "Gumbel-max trick").
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from inference.models.sampling import SamplingParams


@dataclass(frozen=True)
class SamplingRows:
    """The parameters of P rows as tensors (P, 1), made once for as long as the rows stay the same.

    `top_k` and `top_p` hold what means "keep all" where they are off: the vocabulary size, infinity.
    `widths` are the values of `top_k`, `widest` is the largest: no code of a lower rank can be drawn.
    """

    guidance_scale: Tensor
    temperature: Tensor
    top_k: Tensor
    top_p: Tensor
    widths: tuple[int, ...]
    widest: int
    has_top_p: bool

    @classmethod
    def of(cls, params: Sequence[SamplingParams], vocab_size: int, device: torch.device | str = "cpu") -> Self:
        """From one `SamplingParams` a row; `vocab_size` is the number of logits."""
        widths = [min(row.top_k or vocab_size, vocab_size) for row in params]

        def column(values: list[float]) -> Tensor:
            return torch.tensor(values, dtype=torch.float32, device=device)[:, None]

        return cls(
            guidance_scale=column([row.guidance_scale for row in params]),
            temperature=column([row.temperature for row in params]),
            top_k=torch.tensor(widths, device=device)[:, None],
            top_p=column([row.top_p if row.top_p < 1 else math.inf for row in params]),
            widths=tuple(widths),
            widest=max(widths, default=0),
            has_top_p=any(row.top_p < 1 for row in params),
        )


def guide(conditional: Tensor, unconditional: Tensor, scale: Tensor) -> Tensor:
    """Classifier-free guidance on raw logits (P, V), `scale` (P, 1): away from what no text would give."""
    return unconditional + scale * (conditional - unconditional)


def sample(logits: Tensor, rows: SamplingRows, noise: Tensor) -> Tensor:
    """Guided logits (P, V) in float32 and Gumbel noise (P, V) -> codes (P,)."""
    values, codes = _keep(logits, rows)  # (P, widest) each, best first
    choice = (values + noise.gather(-1, codes)).argmax(-1, keepdim=True)  # (P, 1)
    return codes.gather(-1, choice).squeeze(-1)


def draw_codes(logits: Tensor, rows: SamplingRows, generators: Sequence[torch.Generator]) -> Tensor:
    """As `sample`, with noise from each row's own generator -> codes (P,)."""
    kept = _keep(logits, rows)
    return _choose(*kept, draw_noise(rows.widths, generators, logits.device))


def draw_noise(widths: Sequence[int], generators: Sequence[torch.Generator], device: torch.device) -> Tensor:
    """(P, widest) of Gumbel noise, each row from its own generator: the CPU's on every device, so that a seed means the
    same noise everywhere; then it goes to `device`.

    It is for the codes that can be drawn at all, best first: for fifty of 16384, that is a tenth of a step.
    """
    # from pinned memory a GPU fetches it by itself: nobody waits until the GPU has done what it was told before
    noise = torch.zeros(len(generators), max(widths, default=0), pin_memory=device.type == "cuda")
    for row, width, generator in zip(noise, widths, generators, strict=True):
        row[:width].exponential_(generator=generator).log_()  # a logarithm of all rows would be taken by all threads
    return noise.neg_().to(device, non_blocking=True)


def next_codes(
    logits: Tensor, guided: Tensor, rows: SamplingRows, branches: Tensor, noise: Tensor, given: Tensor
) -> Tensor:
    """What P pictures on B branches go on with -> codes (P,): those `given` (P,) beforehand, or drawn ones where that
    is -1.

    `logits` (R, V) are the B texts' and behind them those without a text of the `guided` (R - B,) branches, in their
    order; `rows` are the branches', `branches` (P,) tell which is whose; `noise` is from `draw_noise`. No shape and no
    path depends on what is in a tensor, so that no GPU is waited for.
    """
    count = len(logits) - len(guided)
    conditional, unconditional = logits[:count], logits[count:]  # (B, V), (R - B, V)
    if len(guided) == count:
        conditional = guide(conditional, unconditional, rows.guidance_scale)
    elif len(guided):
        pulled = guide(conditional[guided], unconditional, rows.guidance_scale[guided])
        conditional = conditional.index_copy(0, guided, pulled)
    values, codes = _keep(conditional, rows)  # (B, widest) each
    return torch.where(given < 0, _choose(values[branches], codes[branches], noise), given)


def _choose(values: Tensor, codes: Tensor, noise: Tensor) -> Tensor:
    """What can be drawn, best first, its logits, and noise (P, widest) -> codes (P,)."""
    choice = (values + noise).argmax(-1, keepdim=True)  # (P, 1)
    return codes.gather(-1, choice).squeeze(-1)


def log_likelihood(logits: Tensor, codes: Tensor, branches: Tensor) -> Tensor:
    """Logits (B, V), and of each picture a code and its branch (P,) -> the logarithms of the codes' probabilities (P,),
    in nats."""
    return logits.log_softmax(-1)[branches, codes]


def filter_logits(logits: Tensor, rows: SamplingRows) -> Tensor:
    """Guided logits (P, V) -> after temperature, top-k and top-p, -inf for what cannot be drawn."""
    values, codes = _keep(logits, rows)
    return torch.full_like(logits, -math.inf).scatter_(-1, codes, values)


def gumbel_noise(generators: Sequence[torch.Generator], vocab_size: int) -> Tensor:
    """(P, vocab_size) of noise, each row from its own generator (on the CPU), which moves on by one draw."""
    noise = torch.empty(len(generators), vocab_size)
    for row, generator in zip(noise, generators, strict=True):
        row.exponential_(generator=generator)
    return noise.log_().neg_()  # minus the logarithm of an exponential variable is a Gumbel variable


def _keep(logits: Tensor, rows: SamplingRows) -> tuple[Tensor, Tensor]:
    """(P, V) -> the `widest` best logits, after temperature, and their codes, best first; -inf where filtered out."""
    logits = logits / rows.temperature
    codes = _ranking_keys(logits).topk(rows.widest).indices  # (P, widest)
    values = logits.gather(-1, codes)
    if any(width < rows.widest for width in rows.widths):
        rank = torch.arange(rows.widest, device=logits.device)
        values = values.masked_fill(rank >= rows.top_k, -math.inf)
    if not rows.has_top_p:
        return values, codes
    # a code stays as long as those before it do not reach top_p: the one that crosses the limit is kept
    before = values.softmax(-1).cumsum(-1).roll(1, -1)
    before[:, 0] = -math.inf
    return values.masked_fill(before >= rows.top_p, -math.inf), codes


def _ranking_keys(logits: Tensor) -> Tensor:
    """Whole numbers in the order of the logits, the lower code first where two are equal (as in the original).

    Without this, which of two equal logits is the k-th would depend on the widest row of the batch.
    """
    bits = logits.float().view(torch.int32)
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # IEEE 754: as integers, negative floats would be in reverse
    return (ordered.long() << 32) | torch.arange(logits.shape[-1] - 1, -1, -1, device=logits.device)
