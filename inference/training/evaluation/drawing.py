"""Many pictures at once from a model, for measuring it: no queue, no previews, only wide batches.

In: a `CodeModel`, prompts and seeds. Out: pictures, in the order of the prompts, as the engine would draw them for the
same seeds, but in no take (`inference.text.takes`). It knows nothing of what the pictures are for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from statistics import fmean

import torch
from torch import Tensor

from inference.engine.code_model import CodeModel
from inference.engine.generation import generator_of
from inference.engine.sampler import SamplingRows, draw_codes, guide, log_likelihood
from inference.painting.finishing import finished
from inference.pictures import Pixels

_PIXELS_TOGETHER = 16


def draw(
    model: CodeModel, orders: Sequence[tuple[str, int]], drawn: Callable[[int], None] | None = None
) -> list[Pixels]:
    """One picture for each prompt and seed, with the model's own settings, neither mirrored nor smaller: a judge knows
    things as they were shown to it. `drawn` hears how many are done."""
    return draw_with_likelihoods(model, orders, drawn)[0]


def draw_with_likelihoods(
    model: CodeModel, orders: Sequence[tuple[str, int]], drawn: Callable[[int], None] | None = None
) -> tuple[list[Pixels], list[float]]:
    """The same, and how likely the model found them, as rankers read it."""
    readings = [model.interpret(*order).as_drawn for order in orders]
    parts = [
        (text, seed, part)
        for (_, seed), reading in zip(orders, readings, strict=True)
        for part, text in enumerate(reading.drawn)
    ]
    pixels: list[Pixels] = []
    every: list[float] = []
    together = model.slots // 2  # a part takes two slots: with its text, and without
    for start in range(0, len(parts), together):
        codes, likelihoods = codes_for(model, parts[start : start + together])
        every += likelihoods.tolist()
        for some in torch.split(codes, _PIXELS_TOGETHER):
            pixels += list(model.detokenize(some).numpy())
        if drawn is not None:
            drawn(len(orders) * len(pixels) // len(parts))
    drafts, sums = iter(pixels), iter(every)
    pictures = [finished(list(islice(drafts, len(reading.drawn))), reading)[1] for reading in readings]
    return pictures, [fmean(islice(sums, len(reading.drawn))) for reading in readings]


def codes_for(model: CodeModel, parts: Sequence[tuple[str, int, int]]) -> tuple[Tensor, Tensor]:
    """Codes (B, L) and mean log-likelihoods (B,) of B drafts, each by its text, its picture's seed and its place in
    that picture; at most half as many as the model has slots."""
    count = len(parts)
    slots = torch.arange(2 * count)
    for index, (text, _, _) in enumerate(parts):  # each text on its own: beside others it may round otherwise
        model.prefill(slots[[index, count + index]], model.encode_texts([text, None]))
    rows = SamplingRows.of([model.recommended] * count, model.vocab_size, model.device)
    generators = [generator_of(seed, part) for _, seed, part in parts]
    tokens, codes, likelihood = torch.full((count,), model.start_token), [], torch.zeros(count)
    for position in range(model.image_length):
        logits = model.decode_one_token(slots, tokens.repeat(2), torch.full((2 * count,), position))
        conditional, unconditional = logits.chunk(2)
        drawn = draw_codes(guide(conditional, unconditional, rows.guidance_scale), rows, generators)
        likelihood += log_likelihood(conditional, drawn, torch.arange(count, device=drawn.device)).cpu()
        tokens = drawn.cpu()
        codes.append(tokens)
    return torch.stack(codes, 1), likelihood / model.image_length
