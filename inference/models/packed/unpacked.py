"""The rarer kinds of DalleBart, drawn by the network itself: slowly, but by the same calls as the prepared ones.

In: a `DalleBart` whose layers decoder.py does not know (`config.plain` is False). Out: what `PackedDecoder` and
`PackedEncoder` give. No published model is of these kinds.
"""

import torch
from torch import Tensor

from inference.models.dalle_bart import DalleBart


class UnpackedDecoder:
    """As `PackedDecoder`."""

    def __init__(self, network: DalleBart, *, slots: int, text_length: int, codes: int) -> None:
        self._network, self._codes = network, codes
        self._cache = network.new_cache(slots, text_length)
        self._device = network.lm_head.weight.device

    def prefill(self, slots: Tensor, states: Tensor, mask: Tensor) -> None:
        """As `DalleBart.prefill`; `slots` on the CPU."""
        self._network.prefill(self._cache, slots.to(self._device), states, mask)

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        """As `PackedDecoder.copy`."""
        cache = self._cache
        for part in (*cache.self_keys, *cache.self_values):
            part[targets, :, :length] = part[sources, :, :length]
        for part in (*cache.cross_keys, *cache.cross_values, cache.cross_bias):
            part[targets] = part[sources]

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """(R,) each, on the CPU -> logits (R, codes)."""
        slots, tokens, positions = (tensor.to(self._device) for tensor in (slots, tokens, positions))
        return self._network.decode_one_token(self._cache, slots, tokens, positions)[:, : self._codes]


class UnpackedEncoder:
    """As `PackedEncoder`, but that texts keep their padding, which some kinds read."""

    def __init__(self, network: DalleBart) -> None:
        self._network = network

    @torch.no_grad()
    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Ids and mask (B, T) -> states (B, T, D) and the mask."""
        return self._network.encode(input_ids, attention_mask), attention_mask
