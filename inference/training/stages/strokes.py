"""What a code is, seen as a stroke: a mask, and the two colours on its sides.

In: the codes' patches. Out: features by which codes share what is learned of them: those of one mask in whatever
colours, and those of one pair of colours in whatever shape. So a heart's edge is learned once, whatever colour the
heart has. It knows no model but the codec whose codes these are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.models.vqgan import VQGAN, PatchEncoder
from inference.painting.recolouring import to_lab
from inference.training.stages.codebook import assign, k_means

SHAPES, COLOUR_PAIRS, LIGHT_PAIRS, HUE_PAIRS = 256, 128, 32, 64
_ROUNDS = 8
_PLAIN = 0.02
"""Patches whose two colours differ by less have no shape."""


@dataclass(frozen=True)
class Strokes:
    """`masks` (K, pixels) in 0..1, at most half of each near 1; `colours` (K, 6): OKLab where it is 0, and where 1."""

    masks: Tensor
    colours: Tensor

    @classmethod
    def of(cls, patches: Tensor) -> Strokes:
        """Fit each of the patches (K, 3, pixels), RGB in 0..1, by two colours along the axis of its greatest spread."""
        values = patches.mT  # (K, pixels, 3)
        middle = values.mean(1, keepdim=True)
        axis = torch.linalg.eigh((values - middle).mT @ (values - middle)).eigenvectors[..., -1:]  # (K, 3, 1)
        along = ((values - middle) @ axis).squeeze(-1)  # (K, pixels)
        low, high = along.amin(1, keepdim=True), along.amax(1, keepdim=True)
        for _ in range(_ROUNDS):  # two means on a line
            upper = (along > (low + high) / 2).float()
            low, high = _mean(along, 1 - upper), _mean(along, upper)
        upper = (along > (low + high) / 2).float()
        mask = ((along - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
        mask = torch.where(upper.mean(1, keepdim=True) > 0.5, 1 - mask, mask)
        mask = mask * (high - low > _PLAIN)
        ground, stroke = 1 - mask.round(), mask.round()
        sides = [(values * side[..., None]).sum(1) / side.sum(1).clamp_min(1)[:, None] for side in (ground, stroke)]
        sides[1] = torch.where(stroke.sum(1, keepdim=True) > 0, sides[1], sides[0])
        rgb = (torch.stack(sides, 1).clamp(0, 1) * 255).round().byte().numpy().reshape(-1, 3)
        return cls(mask, torch.from_numpy(np.ascontiguousarray(to_lab(rgb))).reshape(-1, 6))

    def features(self, seed: int = 0) -> Tensor:
        """(K, features): which of the shapes, pairs of colours, of lightness and of hue a code has; its colours."""
        light, hue = self.colours[:, [0, 3]], self.colours[:, [1, 2, 4, 5]]
        grouped = (
            (self.masks, SHAPES), (self.colours, COLOUR_PAIRS), (light, LIGHT_PAIRS), (hue, HUE_PAIRS),
        )  # fmt: skip
        return torch.cat([*(_groups(points, count, seed) for points, count in grouped), 4 * self.colours], 1)


def code_patches(codec: VQGAN) -> Tensor:
    """The patch that each code of a patch-local codec stands for: (K, 3, pixels), RGB in 0..1.

    Raises TypeError for a codec whose codes are no patches.
    """
    if not isinstance(codec.encoder, PatchEncoder):
        raise TypeError(f"the codes of a {type(codec.encoder).__name__} are no patches")
    project = codec.encoder.project
    patches = (codec.codebook.weight - project.bias) @ project.weight
    return patches.detach().view(len(patches), 3, -1).clamp(0, 1)


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1e-6)


def _groups(points: Tensor, count: int, seed: int) -> Tensor:
    """Which of at most `count` groups each of the points (K, D) is in, as (K, count) zeros and ones."""
    count = min(count, len(points))
    group, _ = assign(points, k_means(points, count, points[:0], seed))
    return F.one_hot(group, count).float()
