"""Details: what a code looks like among its neighbours.

In: the codes of pictures. Out: what is to be added to the pixels that a decoder makes of them. It knows no decoder.

A code is the mean of all patches that are like it, so that what they differ in is lost. Which of them is meant, the
codes around it mostly tell. This is vector quantisation of finitely many states (Foster, Gray and Dunham 1985,
https://doi.org/10.1109/TIT.1985.1057035), with eight neighbours as the state: of the places where a code is known to
stand, that is looked up whose neighbours are most alike, and what its patch differs in from what the decoder draws is
added, the less, the less alike they are. A code among neighbours like none that are known is drawn as the decoder does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

WEIGHTS = (0.5, 1.0, 0.5, 1.0, 0.0, 1.0, 0.5, 1.0, 0.5)
"""Of the nine codes of a neighbourhood, row by row; the middle one is the same everywhere that is looked up."""
_MOST = 4.0
"""Squared distance of two codes from which they are no more alike than any other two."""
_FADE = 8.0
"""Sum of such distances at which a difference is added with a weight of 1/e."""
_SHARE = 0.5
"""Difference of two such sums at which the better place counts e times as much."""
_DIMENSIONS = 24
"""Of the codes' vectors, whose first ones tell most, so many measure how alike two codes are."""
_TOGETHER = 50_000
"""Places that are compared at once."""


@dataclass(frozen=True)
class Details:
    """Known places of codes, and what patches there differ in from what the decoder draws.

    `grids` (G, L) are codes of square pictures; `known` (G, L) bool, which of their N places have a row in `parts`
    (N, K) int8: times `scale` (K,), so much of each of the `axes` (K, 3 * edge²), a patch's values as `pixel_unshuffle`
    orders them.
    """

    grids: Tensor
    known: Tensor
    parts: Tensor
    scale: Tensor
    axes: Tensor

    @classmethod
    def of(cls, grids: Tensor, known: Tensor, differences: Tensor, width: int) -> Self:
        """From codes (G, L), which of their N places are known, (G, L), and what patches there differ in, (N, P):
        `width` numbers for each."""
        square = torch.zeros(differences.shape[1], differences.shape[1])
        for some in torch.split(differences, _TOGETHER // 8):
            square += some.float().T @ some.float()
        axes = torch.linalg.eigh(square).eigenvectors[:, -width:].flip(1).T.contiguous()
        parts = torch.cat([some.float() @ axes.T for some in torch.split(differences, _TOGETHER // 8)])
        scale = parts.abs().kthvalue(max(1, round(0.999 * len(parts))), 0).values.clamp_min(1e-6) / 127
        rounded = (parts / scale).round().clamp(-127, 127).to(torch.int8)
        return cls(grids.to(torch.int32), known, rounded, scale, axes)

    def to_tensors(self) -> dict[str, Tensor]:
        """What a file holds; parts as bytes, for int8 would be read as rows with a scale."""
        bytes_ = {"known": self.known.to(torch.uint8), "parts": self.parts.view(torch.uint8)}
        return {"grids": self.grids, **bytes_, "scale": self.scale.half(), "axes": self.axes.half()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """The inverse of `to_tensors`. Raises ValueError where they do not belong together."""
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        try:
            grids, known = tensors["grids"].to(torch.int32), tensors["known"].bool()
            parts = tensors["parts"].view(torch.int8)
            details = cls(grids, known, parts, tensors["scale"].float(), tensors["axes"].float())
            fits = known.shape == grids.shape and details.parts.shape == (int(known.sum()), len(details.scale))
        except KeyError as error:
            raise ValueError(f"details have no {error}, only {', '.join(shapes)}") from error
        if not fits or len(details.axes) != len(details.scale):
            raise ValueError(f"details of shapes {shapes} do not belong together")
        return details

    def add(self, pixels: Tensor, codes: Tensor, codebook: Tensor) -> Tensor:
        """Pixels (B, 3, H, W) of codes (B, L), whose vectors are `codebook` (C, D), with their details."""
        vectors = F.pad(codebook[:, :_DIMENSIONS].float().cpu(), (0, 0, 0, 1))  # the last row: beyond the edge
        return torch.cat([self._add(*one, vectors) for one in zip(torch.split(pixels, 1), codes.cpu(), strict=True)])

    def _add(self, pixels: Tensor, codes: Tensor, vectors: Tensor) -> Tensor:
        """Each picture by itself, so that no sum depends on the others."""
        side = math.isqrt(len(codes))
        found = self._looked_up(codes, vectors)  # (L, K)
        patches = (found @ self.axes).view(side, side, 3, -1)  # (h, w, 3, edge²)
        edge = math.isqrt(patches.shape[-1])
        spread = patches.view(side, side, 3, edge, edge).permute(2, 0, 3, 1, 4).to(pixels)  # (3, h, edge, w, edge)
        return (pixels.view(3, side, edge, side, edge) + spread).view_as(pixels)

    def _looked_up(self, codes: Tensor, vectors: Tensor) -> Tensor:
        """What to take of each axis for each code of a picture (L,): (L, K)."""
        wanted = neighbourhoods(codes[None])[0].to(torch.int32)  # (L, 9)
        last_known = len(self._index.starts) - 2
        varied = (wanted != wanted[:, 4:5]).any(1) & (codes <= last_known)  # what is plain has no details
        first, last = (self._index.starts[codes.clamp_max(last_known) + end] for end in (0, 1))
        last = torch.where(varied, last, first)
        found = torch.zeros(len(codes), len(self.scale))
        cells = torch.repeat_interleave(torch.arange(len(codes)), last - first)
        places = torch.arange(len(cells)) - torch.repeat_interleave((last - first).cumsum(0) - last, last - first)
        if not len(cells):
            return found
        distance = torch.cat([
            self._distances(wanted[some], where, vectors)
            for some, where in zip(*(torch.split(of, _TOGETHER) for of in (cells, places)), strict=True)
        ])  # fmt: skip
        least = torch.full((len(codes),), torch.inf).scatter_reduce_(0, cells, distance, "amin")
        behind = distance - least[cells]
        near = behind < 8 * _SHARE
        cells, share = cells[near], torch.exp(-behind[near] / _SHARE)
        found.index_add_(0, cells, share[:, None] * self.parts[self._index.order[places[near]]].float())
        total = torch.zeros(len(codes)).index_add_(0, cells, share).clamp_min(1e-6)
        return found * (torch.exp(-least / _FADE) / total)[:, None] * self.scale

    def _distances(self, wanted: Tensor, places: Tensor, vectors: Tensor) -> Tensor:
        """How unlike neighbourhoods (R, 9) those of so many known places (R,) are: (R,)."""
        theirs = self._index.around[places]
        rows, columns = (wanted != theirs).nonzero(as_tuple=True)  # most are the same
        one, other = (codes[rows, columns].long() for codes in (wanted, theirs))
        apart = (vectors[one] - vectors[other]).square().sum(1).clamp_max(_MOST)
        weights = torch.tensor(WEIGHTS)[columns]
        return torch.zeros(len(wanted)).index_add_(0, rows, weights * apart)

    @cached_property
    def _index(self) -> _Index:
        around = neighbourhoods(self.grids)[self.known]
        middle = around[:, 4].contiguous()
        order = middle.argsort(stable=True)
        counts = torch.bincount(middle, minlength=int(self.grids.max()) + 1)
        return _Index(around[order], order, F.pad(counts.cumsum(0), (1, 0)))


@dataclass(frozen=True)
class _Index:
    """Known places in the order of their codes: `around` (N, 9), each one's row in `parts` (N,), and where each code's
    `starts`."""

    around: Tensor
    order: Tensor
    starts: Tensor


def neighbourhoods(codes: Tensor) -> Tensor:
    """Codes (B, L) of square pictures to the nine around each, row by row: (B, L, 9), -1 beyond the edge."""
    side = math.isqrt(codes.shape[1])
    padded = F.pad(codes.view(-1, side, side), (1, 1, 1, 1), value=-1)
    return padded.unfold(1, 3, 1).unfold(2, 3, 1).reshape(len(codes), side * side, 9)
