"""Many pictures at once from a model, for measuring it: no queue, no previews, only wide batches.

In: a `CodeModel`, prompts and seeds. Out: pictures, in the order of the prompts, as the engine would draw them for the
same seeds. It knows nothing of what the pictures are for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from inference.engine.code_model import CodeModel
from inference.engine.sampler import SamplingRows, draw_codes, guide, log_likelihood
from inference.painting.finishing import finished
from inference.pictures import Pixels

_PIXELS_TOGETHER = 16


def draw(
    model: CodeModel, orders: Sequence[tuple[str, int]], drawn: Callable[[int], None] | None = None
) -> list[Pixels]:
    """One picture for each prompt and seed, with the model's own settings; `drawn` hears how many are done."""
    return draw_with_likelihoods(model, orders, drawn)[0]


def draw_with_likelihoods(
    model: CodeModel, orders: Sequence[tuple[str, int]], drawn: Callable[[int], None] | None = None
) -> tuple[list[Pixels], list[float]]:
    """The same, and how likely the model found them, as rankers read it."""
    pictures: list[Pixels] = []
    every: list[float] = []
    together = model.slots // 2  # a picture takes two slots: with its text, and without
    for start in range(0, len(orders), together):
        codes, likelihoods = codes_for(model, orders[start : start + together])
        every += likelihoods.tolist()
        for part in torch.split(codes, _PIXELS_TOGETHER):
            readings = [model.interpret(*order) for order in orders[len(pictures) :][: len(part)]]
            pictures += [finished(*one)[1] for one in zip(model.detokenize(part).numpy(), readings, strict=True)]
        if drawn is not None:
            drawn(len(pictures))
    return pictures, every


def codes_for(model: CodeModel, orders: Sequence[tuple[str, int]]) -> tuple[Tensor, Tensor]:
    """Codes (B, L) and mean log-likelihoods (B,) of one picture for each of B prompts and seeds, at most half as many
    as the model has slots."""
    count = len(orders)
    slots = torch.arange(2 * count)
    for index, (prompt, seed) in enumerate(orders):  # each text on its own: beside others it may round otherwise
        text = model.interpret(prompt, seed).drawn
        model.prefill(slots[[index, count + index]], model.encode_texts([text, None]))
    rows = SamplingRows.of([model.recommended] * count, model.vocab_size, model.device)
    generators = [torch.Generator().manual_seed(seed) for _, seed in orders]
    tokens, codes, likelihood = torch.full((count,), model.start_token), [], torch.zeros(count)
    for position in range(model.image_length):
        logits = model.decode_one_token(slots, tokens.repeat(2), torch.full((2 * count,), position))
        conditional, unconditional = logits.chunk(2)
        drawn = draw_codes(guide(conditional, unconditional, rows.guidance_scale), rows, generators)
        likelihood += log_likelihood(conditional, drawn).cpu()
        tokens = drawn.cpu()
        codes.append(tokens)
    return torch.stack(codes, 1), likelihood / model.image_length
