"""DalleBart: from text to a distribution over the next image code.

In: token ids of a text, or the states of another text encoder, and the image codes so far. Out: logits over the image
vocabulary. It knows nothing of prompts, guidance, sampling, files or pixels.

The network is that of DALL·E mini (Dayma et al. 2021, https://doi.org/10.5281/zenodo.5146400): a BART encoder-decoder
with the norms of NormFormer (Shleifer et al. 2021, https://arxiv.org/abs/2110.09456) and gated feed-forward layers
(Shazeer 2020, https://arxiv.org/abs/2002.05202). Two settings are additions for the built-in model: cross-attention can
read states of any width (`encoder_dim`) in place of the model's own encoder, and a learned null state can stand in
front of every text (`use_null_state`), so that no text at all is something to attend to.

There are two ways through the decoder, equal up to rounding: `forward` takes all codes of a picture at once (training);
`prefill` and `decode_one_token` take one code a row and keep keys and values in a `DecoderCache` (inference), where
rows of different pictures at different positions share each step.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.transformer import Attention, FeedForward, Norm, add, before_dense, ends_in_norm, mask_bias, norm


@dataclass(frozen=True)
class DecoderCache:
    """Keys and values of every layer, preallocated for `slots` pictures. S slots, H heads, d head width.

    `self_keys`, `self_values`: (S, H, image_length, d) a layer, filled by `decode_one_token`.
    `cross_keys`, `cross_values`: (S, H, T, d) a layer, filled by `prefill`; T counts the null state, if there is one.
    `cross_bias`: (S, 1, 1, T), 0 where the text is attended and -inf elsewhere.
    """

    self_keys: tuple[Tensor, ...]
    self_values: tuple[Tensor, ...]
    cross_keys: tuple[Tensor, ...]
    cross_values: tuple[Tensor, ...]
    cross_bias: Tensor

    @property
    def slots(self) -> int:
        """How many pictures have room."""
        return self.cross_bias.shape[0]


class DalleBart(nn.Module):
    """Text encoder (where the config has one), decoder, and the head over the image vocabulary."""

    def __init__(self, config: DalleBartConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = TextEncoder(config) if config.has_encoder else None
        self.decoder = ImageDecoder(config)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.null_state = nn.Parameter(torch.zeros(1, config.state_width)) if config.use_null_state else None

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Token ids (B, T) and mask (B, T) -> states (B, T, D). Raises `ValueError` if the model has no encoder."""
        if self.encoder is None:
            raise ValueError(f"this model has no encoder, it reads the states of {self.config.text_encoder!r}")
        states: Tensor = self.encoder(input_ids, attention_mask)
        return states

    def forward(self, codes: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """Teacher-forced logits (B, L, V): `logits[:, t]` predicts the code that follows `codes[:, t]`.

        `codes` (B, L) begin with the start token; `states` (B, T, E) and `mask` (B, T) are the text's.
        """
        states, bias = self.with_null_state(states, mask)
        x = self.decoder(codes, states, bias)  # (B, L, D)
        logits: Tensor = self.lm_head(x)
        return logits

    def before(self, codes: Tensor) -> Tensor:
        """What `forward` reads to predict `codes` (B, L): the start token, and all of them but the last."""
        return torch.cat([torch.full_like(codes[:, :1], self.config.start_token), codes[:, :-1]], 1)

    def new_cache(self, slots: int, text_length: int) -> DecoderCache:
        """Room for `slots` pictures with texts of up to `text_length` tokens, of the device and type of the weights."""
        config, like = self.config, self.lm_head.weight
        heads = config.decoder_attention_heads
        width = config.d_model // heads
        text_length += config.use_null_state

        def room(length: int) -> tuple[Tensor, ...]:
            return tuple(like.new_zeros(slots, heads, length, width) for _ in range(config.decoder_layers))

        return DecoderCache(
            self_keys=room(config.image_length),
            self_values=room(config.image_length),
            cross_keys=room(text_length),
            cross_values=room(text_length),
            cross_bias=like.new_zeros(slots, 1, 1, text_length),
        )

    @torch.no_grad()
    def prefill(self, cache: DecoderCache, slots: Tensor, states: Tensor, mask: Tensor) -> None:
        """Computes the cross-attention keys and values of R texts into their slots; a slot needs no clearing before.

        `slots` (R,), `states` (R, T, E), `mask` (R, T); T at most the `text_length` of the cache, else `ValueError`.
        """
        states, bias = self.with_null_state(states, mask)  # (R, T, E), (R, 1, 1, T)
        room, length = cache.cross_bias.shape[-1], states.shape[1]
        if length > room:
            raise ValueError(f"a text of {length} states does not fit into a cache made for {room}")
        cache.cross_bias[slots] = -math.inf
        cache.cross_bias[slots, :, :, :length] = bias
        for index, layer in enumerate(self.decoder.layers):
            keys, values = layer.cross_attention.keys_and_values(states)  # (R, H, T, d) each
            cache.cross_keys[index][slots, :, :length] = keys
            cache.cross_values[index][slots, :, :length] = values

    @torch.no_grad()
    def decode_one_token(self, cache: DecoderCache, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """One step of R rows, each in its slot at its own position -> logits (R, V) over the following code.

        `slots`, `tokens`, `positions` are (R,); slots must differ. Position 0 takes the start token. Rows must have
        gone through the positions before: what a slot held of an earlier picture is masked out.
        """
        x = self.decoder.decode_one_token(cache, slots, tokens, positions)  # (R, D)
        logits: Tensor = self.lm_head(x)
        return logits

    def with_null_state(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """States (B, T, E), mask (B, T) -> states with the null state in front, and the bias (B, 1, 1, T)."""
        if self.null_state is not None:
            null = self.null_state.to(states.dtype).expand(states.shape[0], 1, -1)  # (B, 1, E)
            states = torch.cat([null, states], dim=1)
            mask = F.pad(mask, (1, 0), value=1)
        return states, mask_bias(mask, self.lm_head.weight.dtype)[:, None, None]


class TextEncoder(nn.Module):
    """Token ids (B, T) -> states (B, T, D); every token reads every token that the mask leaves."""

    def __init__(self, config: DalleBartConfig) -> None:
        super().__init__()
        width = config.d_model
        self.embed_tokens = nn.Embedding(config.encoder_vocab_size, width)
        self.embed_positions = (
            nn.Embedding(config.max_text_length, width) if config.use_absolute_position_embeddings else None
        )
        self.layernorm_embedding = Norm(config, width)
        self.layers = nn.ModuleList(EncoderLayer(config, index) for index in range(config.encoder_layers))
        self.final_norm = before_dense(config, width, there=config.use_final_ln_encoder)
        self.scale = math.sqrt(width) if config.scale_embedding else 1.0

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        x = self.embed_tokens(input_ids) * self.scale  # (B, T, D)
        if self.embed_positions is not None:
            x = x + self.embed_positions.weight[: input_ids.shape[1]]
        x = self.layernorm_embedding(x)
        bias = mask_bias(attention_mask, x.dtype)[:, None, None]  # (B, 1, 1, T)
        for layer in self.layers:
            x = layer(x, bias)
        out: Tensor = self.final_norm(x)
        return out


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward, each added to what came in."""

    def __init__(self, config: DalleBartConfig, index: int) -> None:
        super().__init__()
        width, places = config.d_model, config.norms
        self.gain = config.encoder_gain
        self.self_attention_norm = before_dense(config, width, there=places.before_encoder_attention)
        self.self_attention = Attention(
            config,
            config.encoder_attention_heads,
            width,
            inner_norm=places.inside_self_attention,
            sinkhorn=config.sinkhorn_iters,
        )
        self.self_attention_out_norm = norm(config, width, there=places.after_attention)
        self.feed_forward = FeedForward(config, config.encoder_ffn_dim)
        self.out_norm = norm(config, width, there=ends_in_norm(config, index, config.encoder_layers))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        h = self.self_attention_norm(x)
        keys, values = self.self_attention.keys_and_values(h)
        x = add(x, self.self_attention_out_norm(self.self_attention(h, keys, values, bias)), self.gain)
        out: Tensor = self.out_norm(add(x, self.feed_forward(x), self.gain))
        return out


class ImageDecoder(nn.Module):
    """Image codes (B, L) and text states (B, T, E) -> (B, L, D), causal."""

    def __init__(self, config: DalleBartConfig) -> None:
        super().__init__()
        width = config.d_model
        self.embed_tokens = nn.Embedding(config.vocab_size, width)
        self.embed_positions = (
            nn.Embedding(config.image_length, width) if config.use_absolute_position_embeddings else None
        )
        self.layernorm_embedding = Norm(config, width)
        layers = nn.ModuleList(DecoderLayer(config, index) for index in range(config.decoder_layers))
        self.layers = cast("Sequence[DecoderLayer]", layers)  # to the type checker a ModuleList holds bare modules
        self.final_norm = before_dense(config, width, there=config.use_final_ln_decoder)
        self.scale = math.sqrt(width) if config.scale_embedding else 1.0

    def forward(self, codes: Tensor, states: Tensor, text_bias: Tensor) -> Tensor:
        length = codes.shape[1]
        x = self.embed_tokens(codes) * self.scale  # (B, L, D)
        if self.embed_positions is not None:
            x = x + self.embed_positions.weight[:length]
        x = self.layernorm_embedding(x)
        causal = torch.ones(length, length, dtype=torch.bool, device=codes.device).tril()  # (L, L)
        bias = mask_bias(causal, x.dtype)
        for layer in self.layers:
            x = layer(x, bias, states, text_bias)
        out: Tensor = self.final_norm(x)
        return out

    def decode_one_token(self, cache: DecoderCache, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """(R,) slots, tokens and positions -> (R, D); writes this position's keys and values into the cache."""
        x = self.embed_tokens(tokens) * self.scale  # (R, D)
        if self.embed_positions is not None:
            x = x + self.embed_positions(positions)
        x = self.layernorm_embedding(x).unsqueeze(1)  # (R, 1, D)
        # the one wait for the device in a step: nothing beyond the furthest row's position need be read
        length = int(positions.max()) + 1
        seen = torch.arange(length, device=positions.device) <= positions[:, None]  # (R, length)
        self_bias = mask_bias(seen, x.dtype)[:, None, None]  # (R, 1, 1, length)
        step = DecodeStep(slots, positions, length, self_bias, cache.cross_bias.index_select(0, slots))
        for index, layer in enumerate(self.layers):
            x = layer.decode_one_token(x, cache, index, step)
        out: Tensor = self.final_norm(x.squeeze(1))
        return out


@dataclass(frozen=True)
class DecodeStep:
    """What all layers share in one step of R rows: where to write, how far to read, what to mask."""

    slots: Tensor  # (R,)
    positions: Tensor  # (R,)
    length: int
    self_bias: Tensor  # (R, 1, 1, length)
    cross_bias: Tensor  # (R, 1, 1, T)


class DecoderLayer(nn.Module):
    """Causal self-attention, cross-attention to the text, feed-forward, each added to what came in."""

    def __init__(self, config: DalleBartConfig, index: int) -> None:
        super().__init__()
        heads, width, places = config.decoder_attention_heads, config.d_model, config.norms
        self.gain = config.decoder_gain
        self.self_attention_norm = before_dense(config, width, there=places.before_decoder_attention)
        self.self_attention = Attention(config, heads, width, inner_norm=places.inside_self_attention)
        self.self_attention_out_norm = norm(config, width, there=places.after_attention)
        self.cross_attention_norm = before_dense(config, width, there=places.before_decoder_attention)
        self.cross_attention = Attention(config, heads, config.state_width)
        self.cross_attention_out_norm = norm(config, width, there=places.after_attention)
        self.feed_forward = FeedForward(config, config.decoder_ffn_dim)
        self.out_norm = norm(config, width, there=ends_in_norm(config, index, config.decoder_layers))

    def forward(self, x: Tensor, bias: Tensor, states: Tensor, text_bias: Tensor) -> Tensor:
        h = self.self_attention_norm(x)
        keys, values = self.self_attention.keys_and_values(h)
        x = add(x, self.self_attention_out_norm(self.self_attention(h, keys, values, bias)), self.gain)
        h = self.cross_attention_norm(x)
        keys, values = self.cross_attention.keys_and_values(states)
        x = add(x, self.cross_attention_out_norm(self.cross_attention(h, keys, values, text_bias)), self.gain)
        out: Tensor = self.out_norm(add(x, self.feed_forward(x), self.gain))
        return out

    def decode_one_token(self, x: Tensor, cache: DecoderCache, index: int, step: DecodeStep) -> Tensor:
        """(R, 1, D) -> (R, 1, D), through the keys and values that layer `index` has in the cache."""
        h = self.self_attention_norm(x)
        key, value = self.self_attention.keys_and_values(h)  # (R, H, 1, d) each
        cache.self_keys[index][step.slots, :, step.positions] = key[:, :, 0]
        cache.self_values[index][step.slots, :, step.positions] = value[:, :, 0]
        keys = cache.self_keys[index][:, :, : step.length].index_select(0, step.slots)  # (R, H, length, d)
        values = cache.self_values[index][:, :, : step.length].index_select(0, step.slots)
        x = add(x, self.self_attention_out_norm(self.self_attention(h, keys, values, step.self_bias)), self.gain)
        h = self.cross_attention_norm(x)
        keys = cache.cross_keys[index].index_select(0, step.slots)  # (R, H, T, d)
        values = cache.cross_values[index].index_select(0, step.slots)
        x = add(x, self.cross_attention_out_norm(self.cross_attention(h, keys, values, step.cross_bias)), self.gain)
        out: Tensor = self.out_norm(add(x, self.feed_forward(x), self.gain))
        return out
