"""Pictures as a codec and a model that errs would leave them: softened, or with cells of another picture.

In and out: float pictures (B, 3, H, W) in 0..1, and a random generator. It knows no model.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_CELLS = 12


def softened(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """What a codec does to pictures, roughly: most are blurred once or twice, and there is a little noise."""
    blurred = pixels.clone()
    for share in (0.7, 0.4):
        chosen = torch.from_numpy(rng.random(len(pixels)) < share)
        some = F.pad(blurred[chosen], (1, 1, 1, 1), mode="replicate")
        some = (some[..., 2:] + 2 * some[..., 1:-1] + some[..., :-2]) / 4
        blurred[chosen] = (some[..., 2:, :] + 2 * some[..., 1:-1, :] + some[..., :-2, :]) / 4
    noise = torch.from_numpy(rng.standard_normal(pixels.shape, np.float32)) * float(rng.uniform(0, 0.04))
    return (blurred + noise).clamp_(0, 1)


def spoiled(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """Each picture with a rectangle of cells, and a few single ones, from the picture behind it in the batch."""
    masks = rng.random((len(pixels), _CELLS, _CELLS)) < 0.08
    for mask in masks:
        height, width = rng.integers(3, 8, 2)
        top, left = rng.integers(1, _CELLS - height), rng.integers(1, _CELLS - width)
        mask[top : top + height, left : left + width] = True
    cell = pixels.shape[-1] // _CELLS
    mask = torch.from_numpy(masks.repeat(cell, 1).repeat(cell, 2))[:, None]
    return torch.where(mask, pixels.roll(1, 0), pixels)
