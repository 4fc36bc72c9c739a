"""Pictures as a model draws them, where they went wrong: what the judge that ranks its grids must learn to put last.

In: a model, and captioned pictures. Out: pairs of the picture that a caption should have and the one that it got. A
drawing that came out nearly as it should is left out: it is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from inference.backends.dalle import DalleBackend
from inference.checkpoints import Checkpoint
from inference.models.clip import picture_tensor
from inference.models.text_encoder import SentenceEncoder
from inference.pictures import Pixels
from inference.training.drawing import draw
from inference.training.folder import CaptionedSource
from inference.training.vqgan import from_pixels, redrawn, to_pixels

_CELLS = 12
_SEEN, _DIFFERENT = 0.03, 0.05
"""Mean differences of a cell, of 1: from the picture's corner where it shows more than background; between pictures."""
_WRONG = 0.4
_HELD_SHARE = 10


@dataclass(frozen=True)
class DrawnPairs:
    """N captions: vectors (N, E), their pictures as the codec draws them, and wrong drawings, uint8 (N, 3, H, W)."""

    vectors: Tensor
    right: Tensor
    wrong: Tensor

    @classmethod
    def draw(
        cls, model: Checkpoint, text: SentenceEncoder, pictures: CaptionedSource, count: int, edge: int,
        told: Callable[[int], None],
    ) -> Self:  # fmt: skip
        """`count` pairs with pictures of `edge` pixels a side; `told` hears how many there are."""
        backend = DalleBackend(model, slots=192)
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        done = step = 0
        while done < count:
            scenes = pictures.batch(step)
            orders = [(caption, step * len(scenes.captions) + row) for row, caption in enumerate(scenes.captions)]
            wrong = _bytes(draw(backend, orders), edge)
            right = _bytes(from_pixels(redrawn(model.vqgan, to_pixels(scenes.pixels))), edge)
            kept = share_wrong(right, wrong) > _WRONG
            found.append((text.vectors(scenes.captions)[kept], right[kept], wrong[kept]))
            done, step = done + int(kept.sum()), step + 1
            told(min(done, count))
        return cls(*(torch.cat(parts)[:count] for parts in zip(*found, strict=True)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        return cls(**torch.load(path, map_location="cpu", weights_only=True))

    def save(self, path: Path) -> None:
        """Write the pairs, or nothing if that is broken off."""
        partial = path.with_suffix(".partial")
        torch.save(vars(self), partial)
        partial.replace(path)

    def __len__(self) -> int:
        return len(self.vectors)

    def some(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors, right and wrong pictures in 0..1 of random pairs, at most `count`, none of them held out."""
        held = self._held
        return self._rows(torch.from_numpy(held + rng.permutation(len(self) - held)[:count]))

    def held_out(self) -> tuple[Tensor, Tensor, Tensor]:
        """The same of those pairs that are kept for measuring."""
        return self._rows(torch.arange(self._held))

    @property
    def _held(self) -> int:
        return -(-len(self) // _HELD_SHARE)

    def _rows(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.vectors[chosen], self.right[chosen].float() / 255, self.wrong[chosen].float() / 255


def share_wrong(right: Tensor, drawn: Tensor) -> Tensor:
    """Share (N,) of the cells with more than background in which two pictures, uint8 (N, 3, H, W), differ."""
    expected, found = _cells(right), _cells(drawn)
    seen = (expected - expected[:, :1, :1]).abs().mean(3) > _SEEN
    differs = (expected - found).abs().mean(3) > _DIFFERENT
    return (seen & differs).flatten(1).sum(1) / seen.flatten(1).sum(1).clamp(min=1)


def _cells(pixels: Tensor) -> Tensor:
    """(N, 3, H, W) bytes to (N, cells, cells, values) in 0..1."""
    count, channels, height, width = pixels.shape
    parts = pixels.float().div(255).view(count, channels, _CELLS, height // _CELLS, _CELLS, width // _CELLS)
    return parts.permute(0, 2, 4, 1, 3, 5).flatten(3)


def _bytes(pictures: list[Pixels] | Pixels, edge: int) -> Tensor:
    return picture_tensor(list(pictures), edge).mul(255).round().to(torch.uint8)
