"""What the ranking judge learns from: pictures, the sentence vectors of their captions, and pictures that are wrong.

In: captioned pictures, wrong drawings, a codec and a text encoder. Out: batches, the same for a seed and step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inference.checkpoints import load_sentence_encoder
from inference.models.clip import picture_tensor
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.pictures import Pixels
from inference.training.drawn import DrawnPairs
from inference.training.folder import CaptionedSource
from inference.training.vqgan import from_pixels, load_codec, redrawn, to_pixels

_CHUNKS = 4
_DRAWN_SHARE = 4


@dataclass(frozen=True)
class PairBatch:
    """`pixels` (B, 3, edge, edge) in 0..1, the sentence vectors (B, E) of their captions, and pictures that are wrong.

    Of the `wrong` ones there is at most one a picture.
    """

    pixels: Tensor
    vectors: Tensor
    wrong: Tensor

    def with_drawn(self, drawn: DrawnPairs, rng: np.random.Generator) -> PairBatch:
        """The same with wrong drawings in the place of its last quarter."""
        vectors, right, wrong = drawn.some(len(self.pixels) // _DRAWN_SHARE, rng)
        kept = len(self.pixels) - len(right)
        return PairBatch(
            torch.cat([self.pixels[:kept], right]),
            torch.cat([self.vectors[:kept], vectors]),
            torch.cat([self.wrong[:kept], wrong]),
        )


@dataclass
class PairSource:
    """PairBatches, each picture in about `repeats` of them: reading captions costs more than training on pictures."""

    pictures: CaptionedSource
    size: int
    edge: int
    repeats: int
    codec: Path | None = None
    text: Path | None = None
    _text: SentenceEncoder | None = field(default=None, repr=False)
    _codec: VQGAN | None = field(default=None, repr=False)
    _chunks: dict[int, PairBatch] = field(default_factory=dict, repr=False)

    def batch(self, step: int) -> PairBatch:
        """The batch of `step`: some pairs of each of four chunks, the oldest of which is left behind now and then."""
        first = step // self.repeats
        self._chunks = {number: self._chunk(number) for number in range(first, first + _CHUNKS)}
        rng = np.random.default_rng([self.pictures.seed, step, 3])
        chunks = list(self._chunks.values())
        pixels, vectors = torch.cat([one.pixels for one in chunks]), torch.cat([one.vectors for one in chunks])
        wrong = torch.cat([one.wrong for one in chunks])
        chosen = torch.from_numpy(rng.permutation(len(pixels))[: self.size])
        return PairBatch(pixels[chosen], vectors[chosen], wrong[chosen] if len(wrong) else wrong)

    def _chunk(self, number: int) -> PairBatch:
        if number in self._chunks:
            return self._chunks[number]
        if self._text is None:
            torch.set_num_threads(1)
            self._text = load_sentence_encoder(upper=self.text)
            self._codec = None if self.codec is None else load_codec(self.codec)
        scenes = self.pictures.batch(number)
        wrong = scenes.pixels[:0] if scenes.altered is None else scenes.altered
        return PairBatch(self._seen(scenes.pixels), self._text.vectors(scenes.captions), self._seen(wrong))

    def _seen(self, pixels: Pixels) -> Tensor:
        """Pictures uint8 (B, H, W, 3) at the judge's size, drawn from their codes where there is a codec."""
        if not len(pixels):
            return torch.empty(0, 3, self.edge, self.edge)
        drawn = list(pixels) if self._codec is None else from_pixels(redrawn(self._codec, to_pixels(pixels)))
        return picture_tensor(drawn, self.edge)
