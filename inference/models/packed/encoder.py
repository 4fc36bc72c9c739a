"""The text encoder of a DalleBart prepared for inference: the same states as `DalleBart.encode`, sooner.

In: a `TextEncoder`. Out: a function from token ids and mask to states. It knows no prompts.

What it does differently: see decoder.py. Padding takes part in no product, for nothing reads its states.
"""

import copy
from typing import cast

import torch
from torch import Tensor

from inference.models.dalle_bart import EncoderLayer, TextEncoder
from inference.models.packed.linear import Packer, scaled_heads
from inference.models.packed.slots import plain_attention
from inference.models.transformer import mask_bias


class PackedEncoder:
    """Of the network only the embeddings and norms are kept."""

    def __init__(self, encoder: TextEncoder, pack: Packer) -> None:
        # copies, so that the file with all the weights need not stay in memory for these
        kept = (encoder.embed_tokens, encoder.embed_positions, encoder.layernorm_embedding)
        self._embed_tokens, self._embed_positions, self._embedding_norm = copy.deepcopy(kept)
        self._scale = encoder.scale
        self._layers = [PackedEncoderLayer(cast("EncoderLayer", layer), pack) for layer in encoder.layers]
        self._final_norm = copy.deepcopy(encoder.final_norm)

    @torch.no_grad()
    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Ids and mask (B, T), padding at the end -> states (B, t, D) and mask (B, t), t the longest text's length."""
        longest = int(attention_mask.sum(1).max())
        input_ids, attention_mask = input_ids[:, :longest], attention_mask[:, :longest]
        x = self._embed_tokens(input_ids) * self._scale  # (B, t, D)
        if self._embed_positions is not None:
            x = x + self._embed_positions.weight[:longest]
        attended = attention_mask != 0
        states, x = torch.zeros_like(x), self._embedding_norm(x)[attended]  # (B, t, D), (N, D)
        bias = mask_bias(attention_mask, x.dtype)[:, None, None]  # (B, 1, 1, t)
        for layer in self._layers:
            x = layer(x, attended, bias)
        states[attended] = self._final_norm(x)
        return states, attention_mask


class PackedEncoderLayer:
    """(N, D) -> (N, D), the attended tokens of B texts of up to T; `attended` (B, T) says which they are."""

    def __init__(self, layer: EncoderLayer, pack: Packer) -> None:
        own, feed = layer.self_attention, layer.feed_forward
        self._heads = own.heads
        self._qkv = pack(own.q_proj, own.k_proj, own.v_proj, before=layer.self_attention_norm)
        self._out = pack(scaled_heads(own.out_proj, own.head_scale), after=layer.self_attention_out_norm)
        self._gate_up, self._down = pack.feed_forward(feed)

    def __call__(self, x: Tensor, attended: Tensor, bias: Tensor) -> Tensor:
        width = x.shape[1]
        padded = x.new_zeros(*attended.shape, 3 * width)
        padded[attended] = self._qkv(x)
        split = padded.view(*attended.shape, 3, self._heads, width // self._heads)
        q, keys, values = split.permute(2, 0, 3, 1, 4)  # (B, H, T, d) each
        heads = plain_attention(q, keys, values, bias)
        x = self._out(heads.transpose(1, 2)[attended].flatten(1), x)
        return self._down(self._gate_up(x), x)
