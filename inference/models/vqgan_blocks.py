"""What the two halves of a VQGAN are built of: residual blocks, attention, and changes of size.

In: feature maps (B, C, H, W). Out: feature maps. It knows no configuration.
"""

import torch.nn.functional as F
from torch import Tensor, nn

GROUPS = 32
EPSILON = 1e-6


class Level(nn.Module):
    """Residual blocks at one size, with attention after each where asked for, then a change of size."""

    def __init__(
        self,
        width_in: int,
        width: int,
        *,
        blocks: int,
        attention: bool,
        resample: "Downsample | Upsample | None",
    ) -> None:
        super().__init__()
        self.block = nn.ModuleList(ResnetBlock(width_in if index == 0 else width, width) for index in range(blocks))
        self.attn = nn.ModuleList(AttnBlock(width) for _ in range(blocks if attention else 0))
        self.resample = resample

    def forward(self, x: Tensor) -> Tensor:
        for index, block in enumerate(self.block):
            x = block(x)
            if self.attn:
                x = self.attn[index](x)
        out: Tensor = x if self.resample is None else self.resample(x)
        return out


class MidBlock(nn.Module):
    """Residual, attention, residual at the lowest size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.block_1 = ResnetBlock(width, width)
        self.attn_1 = AttnBlock(width)
        self.block_2 = ResnetBlock(width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return out


class ResnetBlock(nn.Module):
    """(B, width_in, H, W) -> (B, width, H, W)."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.norm1 = group_norm(width_in)
        self.conv1 = nn.Conv2d(width_in, width, 3, padding=1)
        self.norm2 = group_norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(width_in, width, 1) if width_in != width else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        out: Tensor = h + (x if self.nin_shortcut is None else self.nin_shortcut(x))
        return out


class AttnBlock(nn.Module):
    """Self-attention over all places of a feature map, one head as wide as the map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = group_norm(width)
        self.q = nn.Conv2d(width, width, 1)
        self.k = nn.Conv2d(width, width, 1)
        self.v = nn.Conv2d(width, width, 1)
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        q = self.q(h).flatten(2).transpose(1, 2)  # (B, H*W, C)
        k = self.k(h).flatten(2)  # (B, C, H*W)
        v = self.v(h).flatten(2).transpose(1, 2)  # (B, H*W, C)
        weights: Tensor = (q @ k * q.shape[-1] ** -0.5).softmax(-1)  # (B, H*W, H*W)
        h = (weights @ v).transpose(1, 2).reshape(x.shape)  # (B, C, H, W)
        out: Tensor = x + self.proj_out(h)
        return out


class Downsample(nn.Module):
    """Halves the side; the original pads one row and one column, at the bottom and at the right only."""

    def __init__(self, width: int, *, with_conv: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2) if with_conv else None

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = F.avg_pool2d(x, 2) if self.conv is None else self.conv(F.pad(x, (0, 1, 0, 1)))
        return out


class Upsample(nn.Module):
    """Doubles the side."""

    def __init__(self, width: int, *, with_conv: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1) if with_conv else None

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        out: Tensor = x if self.conv is None else self.conv(x)
        return out


def group_norm(width: int) -> nn.GroupNorm:
    """Every norm of a VQGAN."""
    return nn.GroupNorm(GROUPS, width, eps=EPSILON)
