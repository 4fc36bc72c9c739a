"""How close a picture comes to the one it should be: the codec's loss, and what its quality is told in.

In: two batches of pictures (B, 3, H, W). Out: one number. It knows no model.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def reconstruction_loss(output: Tensor, target: Tensor, levels: int = 3) -> Tensor:
    """L1 + RMSE of the pictures, and L1 of values and gradients on a pyramid of `levels` halvings."""
    difference = output - target
    loss = difference.abs().mean() + (difference.square().mean() + 1e-8).sqrt()
    for level in range(levels):
        if level:
            difference = F.avg_pool2d(difference, 2)
            loss = loss + difference.abs().mean()
        across, down = difference[..., 1:] - difference[..., :-1], difference[..., 1:, :] - difference[..., :-1, :]
        loss = loss + across.abs().mean() + down.abs().mean()
    return loss


def psnr(output: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in 0..1, averaged over the batch."""
    error = (output.clamp(0, 1) - target).square().mean(dim=(1, 2, 3)).clamp_min(1e-10)
    return float((-10 * error.log10()).mean())


def ssim(output: Tensor, target: Tensor) -> float:
    """Structural similarity (Wang et al. 2004) of pictures in 0..1: 11 × 11 Gaussian window of sigma 1.5."""
    offsets = torch.arange(11, dtype=target.dtype) - 5
    line = torch.exp(-offsets.square() / (2 * 1.5**2))
    window = torch.outer(line, line) / line.sum() ** 2
    kernel = window.expand(3, 1, 11, 11).contiguous()

    def blurred(x: Tensor) -> Tensor:
        return F.conv2d(x, kernel, groups=3)

    x, y = output.clamp(0, 1), target
    mean_x, mean_y = blurred(x), blurred(y)
    var_x, var_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
    cov = blurred(x * y) - mean_x * mean_y
    value = (2 * mean_x * mean_y + 0.01**2) * (2 * cov + 0.03**2)
    return float((value / ((mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2))).mean())
