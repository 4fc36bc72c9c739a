"""Finite scalar quantisation: codes by rounding (Mentzer et al. 2023, https://arxiv.org/abs/2309.15505).

In: what a patch encoder computes. Out: values on a grid whose points are the codebook, and a whitening that keeps all
of the grid in use while it is trained. It knows no decoder and no training loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from inference.models.vqgan import VQGAN, PatchEncoder

LEVELS = (7, 5, 5, 5, 5)
SPREAD = 0.9


def grid_table(levels: Sequence[int]) -> Tensor:
    """The codebook of finite scalar quantisation: (product of levels, len(levels)) in -1..1, last digit fastest."""
    axes = [torch.linspace(-1, 1, count) for count in levels]
    return torch.cartesian_prod(*axes).reshape(-1, len(levels))


def rounded(z: Tensor, levels: Sequence[int]) -> Tensor:
    """(B, d, h, w) in -1..1 to the nearest grid value; the gradient passes straight through."""
    half = torch.tensor([(count - 1) / 2 for count in levels], dtype=z.dtype, device=z.device)[None, :, None, None]
    # Axes of an even number of levels have no zero: shift by half a step, round, shift back.
    shift = half - half.floor()
    nearest = (torch.round(z * half - shift) + shift).clamp(-half, half) / half
    return z + (nearest - z).detach()


class Spread(nn.Module):
    """Whitens what goes into the encoder's tanh, so that every axis uses all its levels and none repeats another.

    Without it the tanh saturates within a few hundred steps and a hundred codes remain. A standard deviation of 0.9
    makes the tanh of a bell curve nearly uniform in -1..1. It is an affine map, so a layer can take it over later.
    `varied` (B, h, w) chooses the patches that count: plain ones repeat too often.
    """

    mean: Tensor
    covariance: Tensor

    def __init__(self, width: int, momentum: float = 0.02) -> None:
        super().__init__()
        self.momentum = momentum
        self.varied: Tensor | None = None
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("covariance", torch.eye(width))

    def forward(self, x: Tensor) -> Tensor:
        """(B, h, w, d) to the same shape; uses this batch's statistics where `varied` is set, else the running ones."""
        if self.varied is None or self.varied.sum() < 32:
            return (x - self.mean) @ _whitening(self.covariance).T
        chosen = x[self.varied]
        mean = chosen.mean(0)
        covariance = (chosen - mean).T @ (chosen - mean) / len(chosen)
        with torch.no_grad():
            self.mean.lerp_(mean, self.momentum)
            self.covariance.lerp_(covariance, self.momentum)
        return (x - mean) @ _whitening(covariance).T

    def folded_into(self, layer: nn.Module) -> nn.Linear:
        """The one linear layer that computes `self(layer(x))` with the running statistics."""
        if not isinstance(layer, nn.Linear):
            raise TypeError(f"only a linear layer can take the spread over, not {type(layer).__name__}")
        out = nn.Linear(layer.in_features, layer.out_features)
        with torch.no_grad():
            matrix = _whitening(self.covariance)
            out.weight.copy_(matrix @ layer.weight)
            out.bias.copy_(matrix @ (layer.bias - self.mean))
        return out


def attach_spread(model: VQGAN) -> Spread:
    """Put a Spread between a patch encoder's last layer and its tanh. Raises TypeError for another encoder."""
    if not isinstance(model.encoder, PatchEncoder):
        raise TypeError(f"only a patch encoder ends in a tanh, not {type(model.encoder).__name__}")
    spread = Spread(model.config.embed_dim)
    model.encoder.set_submodule("out", nn.Sequential(model.encoder.out, spread))
    return spread


def detach_spread(model: VQGAN, spread: Spread) -> None:
    """Undo `attach_spread`: one linear layer does what the two did."""
    model.encoder.set_submodule("out", spread.folded_into(model.encoder.get_submodule("out.0")))


def _whitening(covariance: Tensor) -> Tensor:
    """(d, d): the lower triangular matrix that gives data of this covariance unit covariance, times SPREAD."""
    d = len(covariance)
    covariance = covariance + torch.eye(d) * (1e-4 + 1e-3 * covariance.detach().diagonal().mean())
    lower = torch.linalg.cholesky(covariance)
    inverse: Tensor = torch.linalg.solve_triangular(lower, torch.eye(d), upper=False)
    return SPREAD * inverse
