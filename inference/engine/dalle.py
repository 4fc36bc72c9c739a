"""DALL·E mini and the built-in model, as the engine sees them.

In: a `Checkpoint`. Out: a `CodeModel`. It keeps the caches, and knows how each kind of model reads text; it knows no
guidance, no sampling and no order of pictures.
"""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints.checkpoint import Checkpoint
from inference.engine.code_model import EncodedTexts
from inference.models.packed.decoder import PackedDecoder
from inference.models.packed.encoder import PackedEncoder
from inference.models.packed.graphed import GraphedDecoder
from inference.models.packed.linear import Packer
from inference.models.packed.unpacked import UnpackedDecoder, UnpackedEncoder
from inference.models.packed.vqgan import ChannelsLast, PackedDetokenizer
from inference.models.text_encoder import MAX_TOKENS, SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.native.kernels import Kernels, load_kernels
from inference.native.precision import Precision
from inference.text.reader import Reading
from inference.text.tokenizer import PromptTokenizer

DEFAULT_SLOTS = 36
"""Eighteen pictures with guidance at once: two people's full grids."""

FINE_WIDTH = 512
"""Up to this width products read 16 bits (docs/engine.md): in wider models, whose time they are, that took 1.6 times as
long for nine pictures."""


class DalleCodeModel:
    """One loaded model with room for `slots` rows. It computes in `precision`; logits are float32.

    What is prepared for inference stands beside the checkpoint's networks, whose weights are not kept.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        slots: int = DEFAULT_SLOTS,
        device: torch.device | str = "cpu",
        precision: Precision = Precision.FLOAT32,
    ) -> None:
        config = checkpoint.dalle.config
        self.name = checkpoint.name
        self.recommended = checkpoint.sampling
        self.slots = slots
        self.precision = precision
        self.device = torch.device(device)
        self.image_length = config.image_length
        self.grid_side = math.isqrt(config.image_length)
        codec = checkpoint.vqgan.config
        self.picture_side = self.grid_side * codec.downscale
        self.drawn_side = self.grid_side * codec.output_side // codec.grid_side
        self.reads_pictures = codec.encoder != "none"
        self.few_words = isinstance(checkpoint.text, SentenceEncoder) and checkpoint.text.reader.has_vocabulary
        self.start_token = config.start_token
        # the table can have more rows than there are codes (start, padding): those can never be drawn
        self.vocab_size = codec.n_embed
        self._text = checkpoint.text
        text_length = config.max_text_length if isinstance(self._text, PromptTokenizer) else MAX_TOKENS
        kernels = load_kernels() if precision is Precision.INT8 else None
        dalle = checkpoint.dalle.to(self.device, precision.dtype)
        room = {"slots": slots, "text_length": text_length, "codes": self.vocab_size}
        self._encoder: PackedEncoder | UnpackedEncoder | None = None
        self._decoder: PackedDecoder | UnpackedDecoder
        if config.plain:
            pack = Packer(precision, kernels, fine=config.d_model <= FINE_WIDTH)
            self._encoder = None if dalle.encoder is None else PackedEncoder(dalle.encoder, pack)
            kind = PackedDecoder if self.device.type == "cpu" else GraphedDecoder
            self._decoder = kind(dalle, pack, **room)
        else:
            self._encoder = None if dalle.encoder is None else UnpackedEncoder(dalle)
            self._decoder = UnpackedDecoder(dalle, **room)
        self._vqgan = checkpoint.vqgan.to(self.device, precision.dtype)
        self._detokenizer = _detokenizer(self._vqgan, kernels)

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        """See CodeModel; a model with a tokenizer of its own reads every prompt as it is."""
        if isinstance(self._text, PromptTokenizer):
            return Reading(prompt)
        return self._text.reader.interpret(prompt, seed, varied)

    def encode_texts(self, texts: Sequence[str | None]) -> EncodedTexts:
        """B texts -> their states, padded to one length; None is the unconditional text."""
        if isinstance(self._text, PromptTokenizer):
            if self._encoder is None:
                raise ValueError(f"{self.name}: the checkpoint has a tokenizer but no text encoder")
            input_ids, mask = (tensor.to(self.device) for tensor in self._text(texts))
            return EncodedTexts(*self._encoder(input_ids, mask))
        rows = [row for row, text in enumerate(texts) if text is not None]
        read, attended = self._text.states([text for text in texts if text is not None])
        # without a text nothing but the model's null state is attended
        states, mask = read.new_zeros(len(texts), *read.shape[1:]), attended.new_zeros(len(texts), attended.shape[1])
        states[rows], mask[rows] = read, attended
        return EncodedTexts(states.to(self.device, self.precision.dtype), mask.to(self.device))

    def prefill(self, slots: Tensor, texts: EncodedTexts) -> None:
        """Fills the slots (R,) from R texts."""
        self._decoder.prefill(slots, texts.states, texts.mask)

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        """See CodeModel."""
        self._decoder.copy(sources, targets, length)

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """(R,) each, on the CPU -> logits (R, vocab_size) in float32, on `device`, which nobody has waited for."""
        return self._decoder.decode_one_token(slots, tokens, positions).float()

    @torch.no_grad()
    def detokenize(self, codes: Tensor) -> Tensor:
        """Codes (B, L) -> uint8 (B, H, W, 3) on the CPU; truncated to whole levels, as the original does."""
        pixels = self._detokenizer(codes.to(self.device)).float().clamp_(0, 1)  # (B, 3, H, W)
        return pixels.mul_(255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu()

    @torch.no_grad()
    def encode_image(self, pixels: Tensor) -> Tensor:
        """uint8 (B, H, W, 3) of any size -> codes (B, L) on the CPU; stretched to `picture_side` where need be."""
        x = pixels.to(self.device).permute(0, 3, 1, 2).float() / 255  # (B, 3, H, W)
        side = self.picture_side
        if x.shape[-2:] != (side, side):
            x = F.interpolate(x, size=(side, side), mode="bicubic", antialias=True).clamp_(0, 1)
        return self._vqgan.encode(x.to(self.precision.dtype)).cpu()


def _detokenizer(vqgan: VQGAN, kernels: Kernels | None) -> Callable[[Tensor], Tensor]:
    """Codes (B, L) -> pixels (B, 3, H, W), by our kernels where they can."""
    if kernels is None or not PackedDetokenizer.fits(vqgan):
        return ChannelsLast(vqgan)
    return PackedDetokenizer(vqgan, kernels)
