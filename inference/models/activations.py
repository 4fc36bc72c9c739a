"""Activations by the names that configurations give them. In and out: tensors of any shape."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def smelu(x: Tensor) -> Tensor:
    """The original's smooth ReLU (https://arxiv.org/abs/2202.06499), which has 1/4 below -1 instead of 0."""
    return torch.where(x >= 1, x, torch.where(x <= -1, 0.0, x).add(1).square() / 4)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,  # the exact one, by erf
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "silu": F.silu,
    "smelu": smelu,
    "swish": F.silu,
}
