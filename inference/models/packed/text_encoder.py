"""MiniLM prepared for inference, one text at a time: the same states as `MiniLM`, sooner, in a quarter of the memory.

In: the network, and whoever packs its products. Out: a function from token ids to states, part by part: several heads
read the states of the same lower layers. It knows no tokenizer.

The table of word vectors is kept in 8 bits, as it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.models.packed.linear import Packer
from inference.models.text_encoder import MiniLM, MiniLMLayer

_LEVELS = 127.0


class PackedMiniLM:
    """Of the network only norms and positions are kept as they are."""

    def __init__(self, network: MiniLM, pack: Packer) -> None:
        table = network.word_embeddings.weight.detach().float()
        self._scale = table.abs().amax(1, keepdim=True).clamp_min(1e-12) / _LEVELS
        self._table = (table / self._scale).round().to(torch.int8)
        self._positions = network.position_embeddings.weight.detach().float().clone()
        self._norm = network.embedding_norm
        self.layers = pack_layers(list(network.layers), pack)

    @torch.no_grad()
    def embed(self, ids: Sequence[int]) -> Tensor:
        """T token ids -> (T, D), what the first layer reads."""
        index = torch.tensor(ids)
        x = self._table[index].float() * self._scale[index] + self._positions[: len(index)]
        states: Tensor = self._norm(x)
        return states

    @torch.no_grad()
    def __call__(self, x: Tensor, layers: Sequence[PackedMiniLMLayer]) -> Tensor:
        """(T, D) through some layers -> (T, D)."""
        for layer in layers:
            x = layer(x)
        return x


class PackedMiniLMLayer:
    """(T, D) -> (T, D), all of one text."""

    def __init__(self, layer: MiniLMLayer, pack: Packer) -> None:
        self._heads = layer.heads
        self._qkv = pack(layer.query, layer.key, layer.value)
        self._out, self._out_norm = pack(layer.attention_out), layer.attention_norm
        self._up, self._down = pack(layer.feed_forward_in), pack(layer.feed_forward_out)
        self._down_norm = layer.feed_forward_norm

    def __call__(self, x: Tensor) -> Tensor:
        length, width = x.shape
        q, k, v = self._qkv(x).view(length, 3, self._heads, width // self._heads).permute(1, 2, 0, 3)  # (H, T, d) each
        heads = F.scaled_dot_product_attention(q, k, v).transpose(0, 1).reshape(length, width)
        x = self._out_norm(self._out(heads, x))
        out: Tensor = self._down_norm(self._down(F.gelu(self._up(x)), x))
        return out


def pack_layers(layers: Sequence[object], pack: Packer) -> list[PackedMiniLMLayer]:
    """Layers of MiniLM, packed."""
    return [PackedMiniLMLayer(layer, pack) for layer in layers if isinstance(layer, MiniLMLayer)]
