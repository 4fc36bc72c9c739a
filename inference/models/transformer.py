"""The parts of a DalleBart's layers: attention, gated feed-forward, norms, and how they are put together.

In and out: states (B, L, D). They know the configuration, but neither text nor pictures.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.activations import ACTIVATIONS
from inference.models.dalle_bart_config import DalleBartConfig

EPSILON = 1e-5


class Attention(nn.Module):
    """Multi-head attention of d_model-wide queries to states of another width.

    Plain products and a softmax: the fused kernel's backward pass is slow on a CPU for short rows.
    """

    def __init__(
        self, config: DalleBartConfig, heads: int, state_width: int, *, inner_norm: bool = False, sinkhorn: int = 1
    ) -> None:
        super().__init__()
        width = config.d_model
        self.heads = heads
        self.cosine = config.use_cosine_attention
        self.scale = 1 / config.tau_init if self.cosine else (width // heads) ** -0.5
        self.sinkhorn = sinkhorn
        self.q_proj = nn.Linear(width, width, bias=config.use_bias)
        self.k_proj = nn.Linear(state_width, width, bias=config.use_bias)
        self.v_proj = nn.Linear(state_width, width, bias=config.use_bias)
        self.out_proj = nn.Linear(width, width, bias=config.use_bias)
        self.head_scale = nn.Parameter(torch.ones(1, heads, 1, 1)) if config.use_head_scale else None
        self.inner_norm = norm(config, width, there=inner_norm)

    def keys_and_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, E) -> keys and values (B, H, T, d)."""
        keys = self._heads(self.k_proj(states))
        return unit(keys) if self.cosine else keys, self._heads(self.v_proj(states))

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        """Queries from (B, L, D), keys and values (B, H, T, d), bias that broadcasts to (B, H, L, T) -> (B, L, D)."""
        q = self._heads(self.q_proj(x))  # (B, H, L, d)
        if self.cosine:
            q = unit(q)
        scores = q @ keys.transpose(-1, -2) * self.scale + bias.to(q.dtype)  # (B, H, L, T)
        weights = scores.softmax(-1) if self.sinkhorn == 1 else sinkhorn(scores, self.sinkhorn)
        heads = weights @ values  # (B, H, L, d)
        if self.head_scale is not None:
            heads = heads * self.head_scale
        out: Tensor = self.out_proj(self.inner_norm(heads.transpose(1, 2).flatten(2)))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)  # (B, T, D) -> (B, H, T, d)


class FeedForward(nn.Module):
    """(B, L, D) -> (B, L, D), gated where the config says so, with its norms inside."""

    def __init__(self, config: DalleBartConfig, inner: int) -> None:
        super().__init__()
        width = config.d_model
        places = config.norms
        self.activation = ACTIVATIONS[config.activation_function]
        self.norm = before_dense(config, width, there=places.before_feed_forward)
        self.gate_proj = nn.Linear(width, inner, bias=config.use_bias)
        self.up_proj = nn.Linear(width, inner, bias=config.use_bias) if config.use_glu else None
        self.inner_norm = before_dense(config, inner, there=places.inside_feed_forward)
        self.down_proj = nn.Linear(inner, width, bias=config.use_bias)
        self.out_norm = norm(config, width, there=places.after_feed_forward)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        h = self.activation(self.gate_proj(x))  # (B, L, inner)
        if self.up_proj is not None:
            h = h * self.up_proj(x)
        out: Tensor = self.out_norm(self.down_proj(self.inner_norm(h)))
        return out


class Norm(nn.Module):
    """Layer norm, or root-mean-square norm (which has no bias), over the last axis."""

    def __init__(self, config: DalleBartConfig, width: int, *, scale: bool = True) -> None:
        super().__init__()
        self.rms = config.ln_type == "rmsnorm"
        self.weight = nn.Parameter(torch.ones(width)) if scale else None
        self.bias = None if self.rms else nn.Parameter(torch.zeros(width))
        self.shape = (width,)

    def forward(self, x: Tensor) -> Tensor:
        if self.rms:
            return F.rms_norm(x, self.shape, self.weight, EPSILON)
        return F.layer_norm(x, self.shape, self.weight, self.bias, EPSILON)


def norm(config: DalleBartConfig, width: int, *, there: bool) -> nn.Module:
    """A norm, or nothing where the configuration has none there."""
    return Norm(config, width) if there else nn.Identity()


def before_dense(config: DalleBartConfig, width: int, *, there: bool) -> nn.Module:
    """A norm in front of a dense layer: the original leaves its scale out, for that layer can learn it."""
    return Norm(config, width, scale=config.force_ln_scale) if there else nn.Identity()


def ends_in_norm(config: DalleBartConfig, index: int, layers: int) -> bool:
    """Whether layer `index` of so many has a norm after everything else."""
    return config.norms.every_sixth_layer and (index + 1) % 6 == 0 and index + 1 < layers


def add(x: Tensor, change: Tensor, gain: float) -> Tensor:
    """A residual sum."""
    return x + change if gain == 1 else x * gain + change


def unit(x: Tensor) -> Tensor:
    """Vectors (..., d) -> of length 1."""
    length: Tensor = x.norm(dim=-1, keepdim=True)
    return x / (length + 1e-8)


def sinkhorn(scores: Tensor, iterations: int) -> Tensor:
    """Scores (..., L, T), -inf where masked -> weights, normalised by rows and columns in turn, rows first.

    (Sander et al. 2022, https://arxiv.org/abs/2110.11773.) One iteration would be the softmax.
    """
    masked = scores == -math.inf
    for iteration in range(iterations):
        scores = scores - scores.logsumexp(-1 - iteration % 2, keepdim=True)
        scores = scores.masked_fill(masked, -math.inf)  # a column of nothing but masked scores has become NaN
    return scores.exp()


def mask_bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """True or 1 where attended -> what to add to the scores: 0 there and -inf elsewhere, of the same shape."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(mask == 0, -math.inf)
