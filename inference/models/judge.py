"""The built-in model's own judge: how well a picture fits a text, to put the best picture of a grid first.

In: pictures, and sentence vectors of texts. Out: unit vectors of one space; a cosine is a score.
It is CLIP (Radford et al. 2021, https://arxiv.org/abs/2103.00020) at the size of the model it serves: a convolutional
tower for pictures, and one matrix on the sentence vectors of the text encoder that ships.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.config import ConfigError, read_config
from inference.pictures import Pixels


@dataclass(frozen=True)
class JudgeConfig:
    """Sizes: pixels a side, channels at edge / 4, / 8, / 16 and / 32, of the common space, and of sentence vectors."""

    edge: int = 96
    widths: tuple[int, int, int, int] = (40, 72, 144, 192)
    embed_dim: int = 128
    text_dim: int = 384

    def __post_init__(self) -> None:
        if len(self.widths) != 4 or any(width < 8 or width % 8 for width in self.widths):
            raise ConfigError(f"JudgeConfig: widths={self.widths!r} must be four multiples of 8")
        if not 32 <= self.edge <= 512 or self.edge % 32:
            raise ConfigError(f"JudgeConfig: edge={self.edge} must be a multiple of 32, at most 512")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From its JSON form; raises `ConfigError` for anything that is not supported."""
        return cls(**read_config(cls, values, fixed={}, ignored=frozenset()))

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that `from_dict` reads."""
        return dataclasses.asdict(self)


class Residual(nn.Module):
    """A convolution beside a shortcut: (B, C, H, W) to the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + F.gelu(self.conv(self.norm(x)))
        return out


class PictureJudge(nn.Module):
    """Pictures and sentence vectors to unit vectors of one space, where those that belong together lie close."""

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config = config
        fine, middle, coarse, last = config.widths
        self.stem = nn.Conv2d(3, fine, 6, stride=4, padding=1)
        self.to_middle = nn.Conv2d(fine, middle, 3, stride=2, padding=1)
        self.middle = Residual(middle)
        self.to_coarse = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        self.coarse = Residual(coarse)
        self.to_last = nn.Conv2d(coarse, last, 3, stride=2, padding=1)
        # the last cells are kept apart: "left of" is a matter of place
        self.picture_out = nn.Linear(last * (config.edge // 32) ** 2, config.embed_dim)
        self.text_out = nn.Linear(config.text_dim, config.embed_dim)
        self.log_scale = nn.Parameter(torch.tensor(2.5))

    def embed_pictures(self, pixels: Tensor) -> Tensor:
        """(B, 3, edge, edge) in 0..1 to unit vectors (B, embed_dim)."""
        x = F.gelu(self.stem(pixels * 2 - 1))
        x = self.middle(F.gelu(self.to_middle(x)))
        x = self.coarse(F.gelu(self.to_coarse(x)))
        x = F.gelu(self.to_last(x)).flatten(1)
        return F.normalize(self.picture_out(x), dim=-1)

    def embed_texts(self, vectors: Tensor) -> Tensor:
        """Sentence vectors (B, text_dim) to unit vectors (B, embed_dim)."""
        return F.normalize(self.text_out(vectors), dim=-1)


def picture_tensor(pictures: Sequence[Pixels], edge: int) -> Tensor:
    """Pictures uint8 (H, W, 3), of one size, to (B, 3, edge, edge) in 0..1, averaged down."""
    array = np.stack(list(pictures))
    pixels = torch.from_numpy(array).permute(0, 3, 1, 2).contiguous().float().div_(255)
    if array.shape[1] % edge == 0 and array.shape[1] == array.shape[2]:
        return pooled(pixels, array.shape[1] // edge)
    return F.interpolate(pixels, size=(edge, edge), mode="area")


def pooled(x: Tensor, factor: int) -> Tensor:
    """(…, H, W) to (…, H / factor, W / factor), averaged; several times as fast on a CPU as PyTorch's own pooling."""
    narrow = x.reshape(*x.shape[:-1], -1, factor).mean(-1)
    return narrow.reshape(*x.shape[:-2], -1, factor, narrow.shape[-1]).mean(-2)
