"""A second pair of eyes: which things a picture shows, where, and how many.

In: pictures, uint8, square, of any size. Out: `Found` things, each with its concepts, its place and its size.
It evaluates models and describes pictures: of another shape, seed and aim than the judge that ranks pictures.

It looks twice. A finder sees the whole picture, small, and says at which of 12 × 12 cells the centres of things lie
(things as points: Zhou et al. 2019, https://arxiv.org/abs/1904.07850) and how large they are. A namer sees each thing
cut out and brought to one size, so that what it learned of a thing holds wherever and however large it stands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.checkpoints.weights import fill, read_json, read_weights, write_json, write_weights
from inference.models.config import read_config
from inference.models.judge import picture_tensor, pooled
from inference.pictures import Pixels

CELLS = 12
SPANS = (4, 6, 10)
"""How many cells a thing may span: the sizes of scenes."""
EDGE = 96
"""Pixels a side of what is judged."""
CUT = 48
"""Pixels a side of a thing cut out."""
_PEAK_REACH = 5
"""A peak is the highest of so many cells across: scenes keep centres at least three cells apart."""


@dataclass(frozen=True)
class DetectorConfig:
    """Sizes: concepts, and channels of the finder (fine, coarse) and of the namer (narrow, wide, hidden)."""

    concepts: int = 1151
    finder: tuple[int, int] = (32, 64)
    namer: tuple[int, int, int] = (48, 64, 512)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From its JSON form. Raises `ConfigError`."""
        return cls(**read_config(cls, values, fixed={}, ignored=frozenset()))

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that `from_dict` reads."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Found:
    """One thing: its concepts, best first; its centre in cells from the upper left; cells spanned; how sure it is."""

    concepts: tuple[int, ...]
    column: int
    row: int
    span: int
    confidence: float
    shares: tuple[float, ...] = ()
    """How likely each of its concepts is, beside all others."""

    @property
    def concept(self) -> int:
        """What it most likely is."""
        return self.concepts[0]


class Block(nn.Module):
    """Two convolutions beside a shortcut: (B, C, H, W) to the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.first(self.norm(x)))
        out: Tensor = x + self.second(h)
        return out


class Finder(nn.Module):
    """Pictures (B, 3, 48, 48) in -1..1 to logits (B, 1 + spans, 12, 12): is a centre there, and of what span?"""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, fine, 4, stride=4)
        self.fine = Block(fine)
        self.narrow = nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
        self.coarse = Block(coarse)
        self.whole = nn.Linear(coarse, coarse)
        self.mix = nn.Conv2d(coarse + fine, coarse, 1)
        self.out = nn.Conv2d(coarse, 1 + len(SPANS), 3, padding=1)
        nn.init.constant_(self.out.bias, -3.0)  # type: ignore[arg-type]  # few cells are centres

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(F.relu(self.stem(x)))  # (B, fine, 12, 12)
        x = self.coarse(F.relu(self.narrow(fine)))  # (B, coarse, 6, 6)
        x = x + self.whole(x.mean((2, 3)))[..., None, None]
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        out: Tensor = self.out(F.relu(self.mix(torch.cat([x, fine], 1))))
        return out


class Namer(nn.Module):
    """Things (N, 3, 48, 48) in -1..1 to logits (N, concepts), from how much edge of each direction lies where.

    The first layer is fixed: brightness and two colour differences, and the edges of each in eight directions, pooled
    in cells of four pixels (after Dalal and Triggs 2005, "Histograms of oriented gradients for human detection").
    """

    opponents: Tensor
    slopes: Tensor

    def __init__(self, narrow: int, wide: int, hidden: int, concepts: int) -> None:
        super().__init__()
        self.register_buffer("opponents", _opponents(), persistent=False)
        self.register_buffer("slopes", _slopes(), persistent=False)
        maps = 3 + 3 * len(_slopes())
        self.norm_in = nn.GroupNorm(1, maps)
        self.mix = nn.Conv2d(maps, narrow, 1)
        self.wide = nn.Conv2d(narrow, wide, 3, stride=2, padding=1)
        self.hidden = nn.Linear(36 * wide, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, concepts)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.mix(self.norm_in(self.edges(x))))  # (N, narrow, 12, 12)
        x = F.relu(self.wide(x)).flatten(1)  # (N, wide * 6 * 6)
        logits: Tensor = self.out(F.relu(self.norm(self.hidden(x))))
        return logits

    @torch.no_grad()
    def edges(self, x: Tensor) -> Tensor:
        """(N, 3, 48, 48) to (N, 27, 12, 12): three means and three times eight edges a cell."""
        x = F.conv2d(x, self.opponents)
        steps = F.conv2d(x.reshape(-1, 1, CUT, CUT), self.slopes, stride=2, padding=1).relu()  # (N * 3, 8, 24, 24)
        strength = pooled(steps, 2).sqrt().reshape(len(x), -1, 12, 12)
        return torch.cat([pooled(x, 4), strength], 1)


def _opponents() -> Tensor:
    """(3, 3, 1, 1): brightness, red against green, yellow against blue."""
    return torch.tensor([[0.3, 0.6, 0.1], [0.5, -0.5, 0.0], [0.25, 0.25, -0.5]])[:, :, None, None]


def _slopes() -> Tensor:
    """(8, 1, 3, 3): derivatives in eight directions, smoothed across (Sobel)."""
    across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8
    angles = torch.arange(8) * (torch.pi / 4)
    return torch.stack([a.cos() * across + a.sin() * across.T for a in angles])[:, None]


class Detector(nn.Module):
    """Finder and namer; both read pictures (B, 3, 96, 96) in 0..1."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        self.finder = Finder(*config.finder)
        self.namer = Namer(*config.namer, config.concepts)

    def locate(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures to centre logits (B, 12, 12) and span logits (B, spans, 12, 12)."""
        maps = self.finder(pooled(pixels, 2) * 2 - 1)
        return maps[:, 0], maps[:, 1:]

    def name(self, pixels: Tensor, picture: Tensor, boxes: Tensor) -> Tensor:
        """Concept logits (N, concepts) of things: `picture` (N,) says in which they are, `boxes` see `cut_out`."""
        logits: Tensor = self.namer(cut_out(pixels, picture, boxes) * 2 - 1)
        return logits


def cut_out(pixels: Tensor, picture: Tensor, boxes: Tensor) -> Tensor:
    """(B, 3, H, W) to (N, 3, 48, 48): squares given as centre column, centre row and span in cells, (N, 3)."""
    middle, half = boxes[:, :2] * (2 / CELLS) - 1, boxes[:, 2] / CELLS
    theta = torch.zeros(len(boxes), 2, 3, device=pixels.device)
    theta[:, 0, 0] = theta[:, 1, 1] = half
    theta[:, :, 2] = middle
    grid = F.affine_grid(theta, [len(boxes), 3, CUT, CUT], align_corners=False)
    return F.grid_sample(pixels[picture], grid, padding_mode="border", align_corners=False)


@torch.no_grad()
def find(detector: Detector, pictures: Sequence[Pixels], threshold: float = 0.5, best: int = 5) -> list[list[Found]]:
    """The things in each picture, surest first; the surest is always given, others where `threshold` is passed."""
    found: list[list[Found]] = []
    for start in range(0, len(pictures), 32):
        pixels = picture_tensor(pictures[start : start + 32], EDGE)
        centre, spans = detector.locate(pixels)
        sure = centre.sigmoid()  # (B, 12, 12)
        highest = F.max_pool2d(sure[:, None], _PEAK_REACH, 1, _PEAK_REACH // 2)[:, 0]
        surest = sure == sure.flatten(1).amax(1)[:, None, None]
        peaks = ((sure == highest) & (sure > threshold)) | surest
        picture, row, column = peaks.nonzero(as_tuple=True)
        span = torch.tensor(SPANS)[spans[picture, :, row, column].argmax(1)]
        named = detector.name(pixels, picture, torch.stack([column, row, span], 1).float()).softmax(-1).topk(best)
        things: list[list[Found]] = [[] for _ in range(len(pixels))]
        places = zip(picture.tolist(), column.tolist(), row.tolist(), span.tolist(), strict=True)
        names = zip(named.indices.tolist(), named.values.tolist(), strict=True)
        for (at, x, y, width), (concepts, shares) in zip(places, names, strict=True):
            things[at].append(Found(tuple(concepts), x, y, width, float(sure[at, y, x]), tuple(shares)))
        found += [sorted(some, key=lambda thing: -thing.confidence) for some in things]
    return found


def load_detector(folder: Path) -> Detector:
    """The detector that `save_detector` wrote. Raises `CheckpointError`."""
    # not as a Skeleton: the namer's fixed first layer is in no file
    detector = Detector(DetectorConfig.from_dict(read_json(folder / "config.json")))
    fill(detector, read_weights(folder / "detector.safetensors"), folder / "detector.safetensors", torch.float32)
    return detector


def save_detector(folder: Path, detector: Detector) -> None:
    """Write weights, as float16, and configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", detector.config.to_dict())
    write_weights(folder / "detector.safetensors", detector.state_dict(), dtype=torch.float16)
