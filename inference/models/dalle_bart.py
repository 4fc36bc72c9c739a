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

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.config import ConfigError, read_config, require_choice

EPSILON = 1e-5


def smelu(x: Tensor) -> Tensor:
    """The original's smooth ReLU (https://arxiv.org/abs/2202.06499), which has 1/4 below -1 instead of 0."""
    return torch.where(x >= 1, x, torch.where(x <= -1, 0.0, x).add(1).square() / 4)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,  # the exact one, by erf
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "silu": F.silu,
    "smelu": smelu,
    "swish": F.silu,
}


@dataclass(frozen=True)
class NormPlaces:
    """Where a layer has its norms."""

    before_encoder_attention: bool = True
    before_decoder_attention: bool = True
    inside_self_attention: bool = False  # in front of its last projection
    after_attention: bool = False
    before_feed_forward: bool = True
    inside_feed_forward: bool = False
    after_feed_forward: bool = False
    every_sixth_layer: bool = False  # at its end, but for the last layer


NORM_PLACES = {  # by ln_positions
    "normformer": NormPlaces(after_attention=True, inside_feed_forward=True),
    "cogview": NormPlaces(after_attention=True, after_feed_forward=True),
    "preln": NormPlaces(),
    "subln": NormPlaces(before_decoder_attention=False, inside_self_attention=True, inside_feed_forward=True),
    "swinv2": NormPlaces(
        before_encoder_attention=False,
        before_decoder_attention=False,
        after_attention=True,
        before_feed_forward=False,
        after_feed_forward=True,
        every_sixth_layer=True,
    ),
}

OTHER_VARIANTS: dict[str, Any] = {
    "tie_word_embeddings": False,
    "use_swin_position_embeddings": False,
    "use_alibi": False,
    "forced_bos_token_id": None,
    "forced_eos_token_id": None,
    "num_beams": 1,
}
"""What the original's configuration can name as well, and only with these values here.  With others its own code cannot
draw (nor with ln_positions "postln" or "deepnet"), but for beams and forced tokens, which it never used."""

TRAINING_ONLY = frozenset(
    {"dropout", "attention_dropout", "activation_dropout", "encoder_layerdrop", "decoder_layerdrop", "init_std"}
    | {"gradient_checkpointing", "use_subln_init", "use_scan", "temperature", "top_k", "top_p"}
)
"""Settings that change no weight and no logit: initialisation, dropout, layout in memory, defaults of sampling."""


@dataclass(frozen=True)
class DalleBartConfig:
    """Sizes and variants. The defaults are those of the original code's configuration class.

    `text_encoder` is "bart" for a model with its own encoder, or the name of the one whose states it was trained on.
    `encoder_dim` is the width of the states that cross-attention reads; None means `d_model`.
    `decoder_start_token_id` defaults to `image_vocab_size`, as in the original.
    """

    normalize_text: bool = False
    encoder_vocab_size: int = 50264
    image_vocab_size: int = 16384
    image_length: int = 256
    max_text_length: int = 64
    d_model: int = 1024
    encoder_layers: int = 12
    encoder_attention_heads: int = 16
    encoder_ffn_dim: int = 4096
    decoder_layers: int = 12
    decoder_attention_heads: int = 16
    decoder_ffn_dim: int = 4096
    activation_function: str = "gelu"
    decoder_start_token_id: int | None = None
    scale_embedding: bool = False
    use_absolute_position_embeddings: bool = True
    use_bias: bool = False
    use_glu: bool = True
    use_head_scale: bool = False
    use_cosine_attention: bool = False
    tau_init: float = 0.05
    use_deepnet_scaling: bool = False
    sinkhorn_iters: int = 1
    ln_type: str = "layernorm"
    ln_positions: str = "normformer"
    force_ln_scale: bool = False
    use_final_ln_encoder: bool = True
    use_final_ln_decoder: bool = True
    text_encoder: str = "bart"
    encoder_dim: int | None = None
    use_null_state: bool = False

    def __post_init__(self) -> None:
        require_choice("DalleBartConfig", "text_encoder", self.text_encoder, ("bart", "minilm"))
        require_choice("DalleBartConfig", "activation_function", self.activation_function, tuple(ACTIVATIONS))
        require_choice("DalleBartConfig", "ln_type", self.ln_type, ("layernorm", "rmsnorm"))
        require_choice("DalleBartConfig", "ln_positions", self.ln_positions, tuple(NORM_PLACES))
        for name in (
            *("image_vocab_size", "image_length", "max_text_length", "d_model", "decoder_ffn_dim"),
            "sinkhorn_iters",
        ):
            if getattr(self, name) < 1:
                raise ConfigError(f"DalleBartConfig: {name}={getattr(self, name)} must be at least 1")
        for name in ("encoder_attention_heads", "decoder_attention_heads"):
            heads = getattr(self, name)
            if heads < 1 or self.d_model % heads:
                raise ConfigError(f"DalleBartConfig: {name}={heads} must divide d_model={self.d_model}")
        for name in ("encoder_layers", "decoder_layers"):
            if getattr(self, name) > 256:
                raise ConfigError(f"DalleBartConfig: {name}={getattr(self, name)} must be at most 256")
        if self.use_cosine_attention and not self.tau_init > 0:
            raise ConfigError(f"DalleBartConfig: tau_init={self.tau_init} must be above 0")
        if self.has_encoder and self.state_width != self.d_model:
            raise ConfigError(f"DalleBartConfig: encoder_dim={self.encoder_dim} is not d_model={self.d_model}")
        if self.start_token >= self.vocab_size:
            raise ConfigError(f"DalleBartConfig: decoder_start_token_id={self.start_token} must be < {self.vocab_size}")

    @property
    def has_encoder(self) -> bool:
        """Whether the model encodes text by itself."""
        return self.text_encoder == "bart"

    @property
    def vocab_size(self) -> int:
        """Rows of the image token table: the codes and at least one more, to start from."""
        return self.image_vocab_size + 1

    @property
    def start_token(self) -> int:
        """The token before the first code."""
        return self.image_vocab_size if self.decoder_start_token_id is None else self.decoder_start_token_id

    @property
    def state_width(self) -> int:
        """Width of the encoder states that cross-attention reads."""
        return self.d_model if self.encoder_dim is None else self.encoder_dim

    @property
    def plain(self) -> bool:
        """Whether all layers are of the kind that every published model has, or nearly: norms before everything, plain
        attention, plain sums.  What prepares weights for speed need know no others."""
        return (
            self.ln_positions in ("normformer", "cogview", "preln")
            and not self.use_cosine_attention
            and not self.use_deepnet_scaling
            and self.sinkhorn_iters == 1
        )

    @property
    def norms(self) -> NormPlaces:
        """Where each layer has its norms."""
        return NORM_PLACES[self.ln_positions]

    @property
    def encoder_gain(self) -> float:
        """What is added to is multiplied by this first (DeepNet, https://arxiv.org/abs/2203.00555)."""
        depth: float = self.encoder_layers**4 * self.decoder_layers
        return 0.81 * depth**0.0625 if self.use_deepnet_scaling else 1.0

    @property
    def decoder_gain(self) -> float:
        """The same in the decoder."""
        gain: float = (3 * self.decoder_layers) ** 0.25
        return gain if self.use_deepnet_scaling else 1.0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From a config.json; raises `ConfigError` for anything that is not supported."""
        return cls(**read_config(cls, values, fixed=OTHER_VARIANTS, ignored=TRAINING_ONLY))

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that `from_dict` reads."""
        return dataclasses.asdict(self)


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
        states, bias = self._with_null_state(states, mask)
        x = self.decoder(codes, states, bias)  # (B, L, D)
        logits: Tensor = self.lm_head(x)
        return logits

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
        states, bias = self._with_null_state(states, mask)  # (R, T, E), (R, 1, 1, T)
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

    def _with_null_state(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
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


class Attention(nn.Module):
    """Multi-head attention of d_model-wide queries to states of another width.

    Plain products and a softmax: the fused kernel's backward pass is slow on a CPU for short rows.
    """

    def __init__(
        self, config: DalleBartConfig, heads: int, state_width: int, *, inner_norm: bool = False, sinkhorn: int = 1
    ) -> None:
        super().__init__()
        width = config.d_model
        self.heads = heads
        self.cosine = config.use_cosine_attention
        self.scale = 1 / config.tau_init if self.cosine else (width // heads) ** -0.5
        self.sinkhorn = sinkhorn
        self.q_proj = nn.Linear(width, width, bias=config.use_bias)
        self.k_proj = nn.Linear(state_width, width, bias=config.use_bias)
        self.v_proj = nn.Linear(state_width, width, bias=config.use_bias)
        self.out_proj = nn.Linear(width, width, bias=config.use_bias)
        self.head_scale = nn.Parameter(torch.ones(1, heads, 1, 1)) if config.use_head_scale else None
        self.inner_norm = norm(config, width, there=inner_norm)

    def keys_and_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, E) -> keys and values (B, H, T, d)."""
        keys = self._heads(self.k_proj(states))
        return unit(keys) if self.cosine else keys, self._heads(self.v_proj(states))

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        """Queries from (B, L, D), keys and values (B, H, T, d), bias that broadcasts to (B, H, L, T) -> (B, L, D)."""
        q = self._heads(self.q_proj(x))  # (B, H, L, d)
        if self.cosine:
            q = unit(q)
        scores = q @ keys.transpose(-1, -2) * self.scale + bias.to(q.dtype)  # (B, H, L, T)
        weights = scores.softmax(-1) if self.sinkhorn == 1 else sinkhorn(scores, self.sinkhorn)
        heads = weights @ values  # (B, H, L, d)
        if self.head_scale is not None:
            heads = heads * self.head_scale
        out: Tensor = self.out_proj(self.inner_norm(heads.transpose(1, 2).flatten(2)))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)  # (B, T, D) -> (B, H, T, d)


class FeedForward(nn.Module):
    """(B, L, D) -> (B, L, D), gated where the config says so, with its norms inside."""

    def __init__(self, config: DalleBartConfig, inner: int) -> None:
        super().__init__()
        width = config.d_model
        places = config.norms
        self.activation = ACTIVATIONS[config.activation_function]
        self.norm = before_dense(config, width, there=places.before_feed_forward)
        self.gate_proj = nn.Linear(width, inner, bias=config.use_bias)
        self.up_proj = nn.Linear(width, inner, bias=config.use_bias) if config.use_glu else None
        self.inner_norm = before_dense(config, inner, there=places.inside_feed_forward)
        self.down_proj = nn.Linear(inner, width, bias=config.use_bias)
        self.out_norm = norm(config, width, there=places.after_feed_forward)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        h = self.activation(self.gate_proj(x))  # (B, L, inner)
        if self.up_proj is not None:
            h = h * self.up_proj(x)
        out: Tensor = self.out_norm(self.down_proj(self.inner_norm(h)))
        return out


class Norm(nn.Module):
    """Layer norm, or root-mean-square norm (which has no bias), over the last axis."""

    def __init__(self, config: DalleBartConfig, width: int, *, scale: bool = True) -> None:
        super().__init__()
        self.rms = config.ln_type == "rmsnorm"
        self.weight = nn.Parameter(torch.ones(width)) if scale else None
        self.bias = None if self.rms else nn.Parameter(torch.zeros(width))
        self.shape = (width,)

    def forward(self, x: Tensor) -> Tensor:
        if self.rms:
            return F.rms_norm(x, self.shape, self.weight, EPSILON)
        return F.layer_norm(x, self.shape, self.weight, self.bias, EPSILON)


def norm(config: DalleBartConfig, width: int, *, there: bool) -> nn.Module:
    """A norm, or nothing where the configuration has none there."""
    return Norm(config, width) if there else nn.Identity()


def before_dense(config: DalleBartConfig, width: int, *, there: bool) -> nn.Module:
    """A norm in front of a dense layer: the original leaves its scale out, for that layer can learn it."""
    return Norm(config, width, scale=config.force_ln_scale) if there else nn.Identity()


def ends_in_norm(config: DalleBartConfig, index: int, layers: int) -> bool:
    """Whether layer `index` of so many has a norm after everything else."""
    return config.norms.every_sixth_layer and (index + 1) % 6 == 0 and index + 1 < layers


def add(x: Tensor, change: Tensor, gain: float) -> Tensor:
    """A residual sum."""
    return x + change if gain == 1 else x * gain + change


def unit(x: Tensor) -> Tensor:
    """Vectors (..., d) -> of length 1."""
    length: Tensor = x.norm(dim=-1, keepdim=True)
    return x / (length + 1e-8)


def sinkhorn(scores: Tensor, iterations: int) -> Tensor:
    """Scores (..., L, T), -inf where masked -> weights, normalised by rows and columns in turn, rows first.

    (Sander et al. 2022, https://arxiv.org/abs/2110.11773.) One iteration would be the softmax.
    """
    masked = scores == -math.inf
    for iteration in range(iterations):
        scores = scores - scores.logsumexp(-1 - iteration % 2, keepdim=True)
        scores = scores.masked_fill(masked, -math.inf)  # a column of nothing but masked scores has become NaN
    return scores.exp()


def mask_bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """True or 1 where attended -> what to add to the scores: 0 there and -inf elsewhere, of the same shape."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(mask == 0, -math.inf)
