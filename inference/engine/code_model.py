"""A model that draws pictures as rows of codes, as the engine sees it.

In: texts, codes, pixels.  Out: logits, codes, pixels.  It knows no guidance, no sampling and no order of pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from inference.models.sampling import SamplingParams
from inference.text.reader import Reading


@dataclass(frozen=True)
class EncodedTexts:
    """What a decoder reads of B texts. T is the same for all, padded; what it means is the model's own affair."""

    states: Tensor  # (B, T, E)
    mask: Tensor  # (B, T), 1 where there is text

    def __len__(self) -> int:
        return self.states.shape[0]

    def __getitem__(self, rows: slice | Tensor) -> "EncodedTexts":
        """Some of the texts, in the order of `rows`."""
        return EncodedTexts(self.states[rows], self.mask[rows])


class CodeModel(Protocol):
    """A model as the engine sees it. A call may raise anything: the generations concerned fail, the engine lives on."""

    @property
    def name(self) -> str: ...
    @property
    def device(self) -> torch.device:
        """Where logits are computed, and codes drawn from them."""

    @property
    def image_length(self) -> int:
        """Codes a picture, L = grid_side²."""

    @property
    def grid_side(self) -> int: ...
    @property
    def picture_side(self) -> int:
        """Pixels a side that `encode_image` takes."""

    @property
    def drawn_side(self) -> int:
        """Pixels a side that `detokenize` returns."""

    @property
    def reads_pictures(self) -> bool:
        """Whether the model can encode pictures; min-dalle's files have no encoder."""

    @property
    def start_token(self) -> int: ...
    @property
    def vocab_size(self) -> int:
        """V, logits a row."""

    @property
    def slots(self) -> int:
        """Rows that have room in the caches."""

    @property
    def recommended(self) -> SamplingParams: ...

    @property
    def few_words(self) -> bool:
        """Whether the model learned some words only, and `interpret` tells the others."""

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        """The text that the picture of `seed` is drawn from, with what the model does not know or fills in. As a
        variation of the picture of the seed `varied`, it shows the same."""

    def encode_texts(self, texts: Sequence[str | None]) -> EncodedTexts:
        """None is the unconditional text."""

    def prefill(self, slots: Tensor, texts: EncodedTexts) -> None:
        """Fill the text part of the slots (R,) from R texts; whatever the slots held before is forgotten."""

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        """Give the slots `targets` (R,) what `sources` (R,) hold, none of which is a target: the text, and what up to
        `length` codes have left."""

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """(R,) each, on the CPU -> logits (R, V) float32 over the code at `positions`, on `device`, which may still be
        computing them; `tokens` are the codes before it."""

    def detokenize(self, codes: Tensor) -> Tensor:
        """(B, L) -> uint8 (B, H, W, 3) on the CPU."""

    def encode_image(self, pixels: Tensor) -> Tensor:
        """uint8 (B, picture_side, picture_side, 3) -> codes (B, L)."""
