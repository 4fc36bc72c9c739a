"""Whether the pictures of a grid differ: how far apart they are, and how many grids show the same twice.

In: grids of pictures, each of one prompt. Out: mean distance in the judge's first features (colours, and edges of eight
directions, by cells), and the share of grids with two near-identical pictures. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.models.judge import picture_tensor
from inference.pictures import Pixels
from inference.ranking.detector import CELLS, EDGE, Detector, cut_out

ALIKE, SAME_COLOURS = 0.02, 0.03
"""Cosine distance, and mean difference of pixels (0..1), below which two pictures are near-identical. What the codec
does to a picture moves it by 0.009 and 0.009 (by less than 0.017 and 0.013 in 95 % of all cases), another style by 0.03
and 0.035, a beige background instead of a white one by 0.035 and 0.10 (medians of 64 things)."""


def diversity(detector: Detector, grids: Sequence[Sequence[Pixels]]) -> dict[str, float]:
    """The two numbers of some grids, by their names in an evaluation."""
    seen = [distances(detector, grid) for grid in grids]
    return {
        "diversity": sum(mean for mean, _ in seen) / len(seen),
        "near_identical": sum(alike for _, alike in seen) / len(seen),
    }


@torch.no_grad()
def distances(detector: Detector, grid: Sequence[Pixels]) -> tuple[float, bool]:
    """The mean distance between two pictures of a grid, and whether two of them are near-identical."""
    pixels = picture_tensor(grid, EDGE)
    whole = torch.tensor([[CELLS / 2, CELLS / 2, CELLS]]).expand(len(pixels), 3)
    edges = detector.namer.edges(cut_out(pixels, torch.arange(len(pixels)), whole) * 2 - 1).flatten(1)
    coarse = F.avg_pool2d(pixels, EDGE // CELLS).flatten(1)
    pairs = [(_cosine_distance(edges[a], edges[b]), float((coarse[a] - coarse[b]).abs().mean()))
             for a, b in combinations(range(len(pixels)), 2)]  # fmt: skip
    mean = sum(apart for apart, _ in pairs) / len(pairs)
    return mean, any(apart < ALIKE and colours < SAME_COLOURS for apart, colours in pairs)


def _cosine_distance(a: Tensor, b: Tensor) -> float:
    return 1 - float(F.cosine_similarity(a, b, dim=0))
