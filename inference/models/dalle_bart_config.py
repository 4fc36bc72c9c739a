"""What a DalleBart's config.json may say: sizes, variants of its layers, and which of the original's are supported.

In: the JSON of a checkpoint. Out: a `DalleBartConfig`, or a `ConfigError` that names what is not supported. It knows no
weights.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from inference.models.activations import ACTIVATIONS
from inference.models.config import ConfigError, read_config, require_choice


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
