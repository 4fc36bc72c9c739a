"""Scenes as the text → codes model reads them: states of the caption, and codes of the picture.

In: scenes, a frozen codec, the text encoder that ships. Out: batches of tensors, the same for a seed and step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.training.data.folder import CaptionedSource
from inference.training.stages.vqgan import load_codec

_REMEMBERED = 200_000


@dataclass(frozen=True)
class CodedBatch:
    """`codes` (B, L) int64, `states` (B, T, E) float32, `mask` (B, T); a dropped caption's mask is all zero."""

    codes: Tensor
    states: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> CodedBatch:
        """The same on a device."""
        return CodedBatch(self.codes.to(device), self.states.to(device), self.mask.to(device))


class PatchCoder:
    """Encodes pictures patch by patch and remembers what it has seen: backgrounds and objects repeat all the time."""

    def __init__(self, codec: VQGAN) -> None:
        if codec.config.encoder != "patch":
            raise ValueError(f"only a patch-local encoder can be remembered, not {codec.config.encoder!r}")
        self._codec = codec
        self._patch = codec.config.encoder_patch
        self._known: dict[bytes, int] = {}

    def codes(self, pixels: NDArray[np.uint8]) -> Tensor:
        """uint8 (B, H, W, 3) to codes (B, H/p * W/p), row by row, int64."""
        count, height, width, _ = pixels.shape
        p = self._patch
        patches = pixels.reshape(count, height // p, p, width // p, p, 3).swapaxes(2, 3).reshape(-1, p * p * 3)
        keys = [patch.tobytes() for patch in patches]
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        new = list(dict.fromkeys(key for key in keys if key not in self._known))
        if new:
            self._known.update(zip(new, self._encode(new), strict=True))
        return torch.tensor([self._known[key] for key in keys]).view(count, -1)

    @torch.no_grad()
    def _encode(self, patches: list[bytes]) -> list[int]:
        p = self._patch
        array = np.frombuffer(b"".join(patches), np.uint8).reshape(-1, p, p, 3)
        pixels = torch.from_numpy(array.copy()).permute(0, 3, 1, 2).float().div_(255)
        codes: list[int] = self._codec.encode(pixels).flatten().tolist()
        return codes


@dataclass
class CodedSource:
    """CodedBatches from scenes, with captions dropped at random so that the model also learns pictures without text.

    `text` is a file with upper layers of the text encoder, where the published ones are not to be used.
    Captions are read in numbers of type `dtype`. Each one's states are then disturbed, by up to `noise` times their
    size: a word that no caption has lies near one that some have.
    """

    scenes: CaptionedSource
    codec: Path
    drop: float = 0.1
    noise: float = 0.0
    dtype: torch.dtype = torch.float32
    text: Path | None = None
    _opened: tuple[PatchCoder, SentenceEncoder] | None = field(default=None, repr=False)

    def batch(self, step: int) -> CodedBatch:
        """The batch of `step`."""
        if self._opened is None:
            torch.set_num_threads(1)
            self._opened = PatchCoder(load_codec(self.codec)), load_sentence_encoder(upper=self.text)
            self._opened[1].model.to(self.dtype)
        coder, encoder = self._opened
        scenes = self.scenes.batch(step)
        codes, rng = coder.codes(scenes.pixels), np.random.default_rng([self.scenes.seed, step, 1])
        return read_captions(encoder, codes, scenes.captions, rng, self.drop, self.noise)


def read_captions(
    encoder: SentenceEncoder,
    codes: Tensor,
    captions: Sequence[str],
    rng: np.random.Generator,
    drop: float,
    noise: float,
) -> CodedBatch:
    """Codes (B, L) with the states of their captions, on the encoder's device; see `CodedSource` for what is done."""
    states, mask = encoder.states(captions)
    strength = noise * torch.from_numpy(rng.random((len(states), 1, 1), np.float32)).to(states.device)
    # drawn where the states are: a GPU has many of them
    chance = torch.Generator(states.device).manual_seed(int(rng.integers(1 << 62)))
    disturbance = torch.randn(states.shape, generator=chance, device=states.device)
    states = states + strength * states.std() * disturbance
    kept = torch.from_numpy(rng.random(len(captions)) >= drop).to(states.device)
    # lengths in eights, so that a compiled model meets few shapes
    extra = -states.shape[1] % 8
    return CodedBatch(codes.to(states.device), F.pad(states, (0, 0, 0, extra)), F.pad(mask * kept[:, None], (0, extra)))
