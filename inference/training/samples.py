"""Pictures from a model in training: a plain sampler, apart from the engine, and sheets of fixed prompts.

In: a DalleBart, a codec, a text encoder and prompts. Out: uint8 pictures. It knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from inference.models.dalle_bart import DalleBart
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.sampler import SamplingRows, guide, gumbel_noise, sample
from inference.sequence import SamplingParams
from inference.training.data import contact_sheet

PROMPTS = (
    "a red heart on a blue background", "a cat", "two cats", "a castle at night", "a purple horse",
    "a robot on the moon", "a robot in space", "a dog", "a green dragon", "a wizard", "a ghost on a black background",
    "three apples", "a guitar", "a tiger in a forest", "a whale in the sea", "a cactus in the desert",
    "a rocket in space", "a penguin in the snow", "a cat to the left of a dog", "a crown above a frog",
    "a bear wearing a top hat", "a monkey riding a horse", "a flat illustration of a fox",
    "a yellow star on a purple background", "a pizza", "a rose", "a unicorn at sunset", "a skull on a red background",
    "a car in the city", "an astronaut on the moon", "five blue birds", "four balloons",
)  # fmt: skip


@torch.no_grad()
def sample_codes(
    model: DalleBart, encoder: SentenceEncoder, prompts: Sequence[str], seed: int = 0, guidance_scale: float = 1.75,
    temperature: float = 0.75, top_k: int = 64,
) -> Tensor:  # fmt: skip
    """Codes (B, L) of one picture a prompt; picture k draws from its own generator, seeded `seed` + k."""
    count, config = len(prompts), model.config
    states, mask = encoder.states(prompts)
    cache = model.new_cache(2 * count, states.shape[1])
    slots = torch.arange(2 * count)
    model.prefill(cache, slots, torch.cat([states, states]), torch.cat([mask, torch.zeros_like(mask)]))
    params = [SamplingParams(guidance_scale=guidance_scale, temperature=temperature, top_k=top_k)] * count
    rows = SamplingRows.of(params, config.image_vocab_size)
    generators = [torch.Generator().manual_seed(seed + index) for index in range(count)]
    tokens, codes = torch.full((count,), config.start_token), []
    for position in range(config.image_length):
        logits = model.decode_one_token(cache, slots, tokens.repeat(2), torch.full((2 * count,), position))
        logits = logits[:, : config.image_vocab_size].float()
        guided = guide(logits[:count], logits[count:], rows.guidance_scale)
        tokens = sample(guided, rows, gumbel_noise(generators, config.image_vocab_size))
        codes.append(tokens)
    return torch.stack(codes, 1)


@torch.no_grad()
def pictures(codec: VQGAN, codes: Tensor) -> list[NDArray[np.uint8]]:
    """Codes (B, L) to uint8 pictures (H, W, 3)."""
    pixels = torch.cat([codec.detokenize(part) for part in torch.split(codes, 8)]).clamp(0, 1)
    return list((pixels * 255).round().byte().permute(0, 2, 3, 1).numpy())


def sample_sheet(
    model: DalleBart, codec: VQGAN, encoder: SentenceEncoder, prompts: Sequence[str], seed: int = 0
) -> Image.Image:
    """A sheet with one picture a prompt, its prompt underneath."""
    return contact_sheet(pictures(codec, sample_codes(model, encoder, prompts, seed)), prompts)
