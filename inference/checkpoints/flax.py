"""Checkpoints of the original code: its arrays in, parameters under the names of our networks out.

In: arrays by their names, in a Flax file or as tensors. Out: mappings that turn an array into our parameter when it is
asked for, so that converting a model takes no more memory than its largest parameter. Names and shapes are checked
before anything is read. It knows nothing of how files are laid out.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from inference.checkpoints.flax_file import FlaxArray
from inference.checkpoints.weights import CheckpointError
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.transformer import ends_in_norm
from inference.models.vqgan import VQGAN

Arrays = Mapping[str, FlaxArray] | Mapping[str, Tensor]


def dalle_bart_weights(arrays: Arrays, config: DalleBartConfig, source: Path) -> Mapping[str, Tensor]:
    """The arrays of a DALL·E mini checkpoint under the names of `DalleBart`, stacked layers taken apart.

    Whether layers are stacked is seen from the names, as the configuration of older files does not say it. Raises
    `CheckpointError` naming `source` and an array that is missing, superfluous or stacked to the wrong height.
    """
    weights = _Renamed(arrays, source)
    for part, ours in (("encoder", "encoder"), ("decoder", "decoder")):
        theirs = f"model/{part}"
        weights.take(f"{theirs}/embed_tokens/embedding", f"{ours}.embed_tokens.weight")
        if config.use_absolute_position_embeddings:
            weights.take(f"{theirs}/embed_positions/embedding", f"{ours}.embed_positions.weight")
        weights.take_norm(f"{theirs}/layernorm_embedding", f"{ours}.layernorm_embedding", config, scale=True)
        if getattr(config, f"use_final_ln_{part}"):
            weights.take_norm(f"{theirs}/final_ln", f"{ours}.final_norm", config, scale=config.force_ln_scale)
    _take_layers(weights, "encoder", config.encoder_layers, config)
    _take_layers(weights, "decoder", config.decoder_layers, config)
    weights.take("lm_head/kernel", "lm_head.weight", transpose=True)
    return weights.all_taken()


def vqgan_weights(arrays: Arrays, network: VQGAN, source: Path) -> Mapping[str, Tensor]:
    """The arrays of a VQGAN checkpoint under the names of `network`. Raises `CheckpointError`."""
    weights = _Renamed(arrays, source)
    weights.take("quantize/embedding/embedding", "codebook.weight")
    for name, module in network.named_modules():
        theirs = re.sub(r"\b(down|up|block|attn)\.(\d)", r"\1_\2", name)
        theirs = re.sub(r"(down_\d+)\.resample", r"\1.downsample", theirs)
        theirs = re.sub(r"(up_\d+)\.resample", r"\1.upsample", theirs).replace(".", "/")
        if isinstance(module, nn.Conv2d):
            weights.take(f"{theirs}/kernel", f"{name}.weight", permute=(3, 2, 0, 1))  # from (kh, kw, in, out)
            weights.take(f"{theirs}/bias", f"{name}.bias")
        elif isinstance(module, nn.GroupNorm):
            weights.take(f"{theirs}/scale", f"{name}.weight")
            weights.take(f"{theirs}/bias", f"{name}.bias")
    return weights.all_taken()


def _take_layers(weights: "_Renamed", part: str, layers: int, config: DalleBartConfig) -> None:
    kind = part.capitalize()
    stacked = f"model/{part}/layers/FlaxBart{kind}Layers"
    is_stacked = any(name.startswith(f"{stacked}/") for name in weights.arrays)
    for layer in range(layers):
        theirs = stacked if is_stacked else f"model/{part}/layers/FlaxBart{kind}Layer_{layer}"
        weights.layer = (layer, layers) if is_stacked else None
        _take_layer(
            weights,
            theirs,
            f"{part}.layers.{layer}",
            config,
            decoder=part == "decoder",
            out_norm=ends_in_norm(config, layer, layers),
        )
    weights.layer = None


def _take_layer(
    weights: "_Renamed", theirs: str, ours: str, config: DalleBartConfig, *, decoder: bool, out_norm: bool
) -> None:
    """Flax numbers the modules of a layer in the order of their use, not counting what the configuration leaves out."""
    places = config.norms
    norm_kind = "RMSNorm" if config.ln_type == "rmsnorm" else "LayerNorm"
    numbers = itertools.count()

    def take_norm(name: str, *, scale: bool) -> None:
        weights.take_norm(f"{theirs}/{norm_kind}_{next(numbers)}", f"{ours}.{name}", config, scale=scale)

    for index, name in enumerate(("self_attention", "cross_attention")[: 1 + decoder]):
        if places.before_decoder_attention if decoder else places.before_encoder_attention:
            take_norm(f"{name}_norm", scale=config.force_ln_scale)
        _take_attention(weights, f"{theirs}/FlaxBartAttention_{index}", f"{ours}.{name}", config)
        if places.inside_self_attention and name == "self_attention":
            weights.take_norm(
                f"{theirs}/FlaxBartAttention_{index}/mid_layernorm", f"{ours}.{name}.inner_norm", config, scale=True
            )
        if places.after_attention:
            take_norm(f"{name}_out_norm", scale=True)
    _take_feed_forward(weights, f"{theirs}/{'GLU' if config.use_glu else 'FFN'}_0", f"{ours}.feed_forward", config)
    if out_norm:
        take_norm("out_norm", scale=True)


def _take_attention(weights: "_Renamed", theirs: str, ours: str, config: DalleBartConfig) -> None:
    for projection in ("q_proj", "k_proj", "v_proj", "out_proj"):
        weights.take_dense(f"{theirs}/{projection}", f"{ours}.{projection}", config)
    if config.use_head_scale:
        weights.take(f"{theirs}/head_scale", f"{ours}.head_scale", permute=(0, 2, 1, 3))


def _take_feed_forward(weights: "_Renamed", theirs: str, ours: str, config: DalleBartConfig) -> None:
    places = config.norms
    norm_kind = "RMSNorm" if config.ln_type == "rmsnorm" else "LayerNorm"
    norms = [
        ("norm", places.before_feed_forward, config.force_ln_scale),
        ("inner_norm", places.inside_feed_forward, config.force_ln_scale),
        ("out_norm", places.after_feed_forward, True),
    ]
    for index, (name, _, scale) in enumerate(norm for norm in norms if norm[1]):
        weights.take_norm(f"{theirs}/{norm_kind}_{index}", f"{ours}.{name}", config, scale=scale)
    dense = ("gate_proj", "up_proj", "down_proj") if config.use_glu else ("gate_proj", "down_proj")
    for index, name in enumerate(dense):
        weights.take_dense(f"{theirs}/Dense_{index}", f"{ours}.{name}", config)


@dataclass(frozen=True)
class _Origin:
    """Where one parameter comes from: an array, or one layer of a stack of them, and the order of its axes."""

    name: str
    layer: int | None
    permute: tuple[int, ...]


class _Renamed(Mapping[str, Tensor]):
    """Our parameters by name; each is read when it is asked for."""

    def __init__(self, arrays: Arrays, source: Path) -> None:
        self.arrays = arrays
        self.source = source
        self.layer: tuple[int, int] | None = None
        """(index, count) while what is taken are layers of stacks."""
        self.origins: dict[str, _Origin] = {}

    def __getitem__(self, ours: str) -> Tensor:
        origin = self.origins[ours]
        array = self.arrays[origin.name]
        if origin.layer is not None:
            array = array[origin.layer]
        tensor = array if isinstance(array, Tensor) else array.tensor()
        return tensor.permute(origin.permute) if origin.permute else tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.origins)

    def __len__(self) -> int:
        return len(self.origins)

    def take(self, theirs: str, ours: str, *, transpose: bool = False, permute: tuple[int, ...] = ()) -> None:
        """Decide that `ours` comes from `theirs`. Raises `CheckpointError` where that cannot be."""
        if theirs not in self.arrays:
            raise CheckpointError(f"{self.source}: {theirs} is missing")
        shape = tuple(self.arrays[theirs].shape)
        if self.layer is not None:
            index, count = self.layer
            if shape[:1] != (count,):
                raise CheckpointError(f"{self.source}: {theirs} has shape {shape}, {count} layers expected")
        if transpose:
            permute = (1, 0)
        axes = len(shape) - (self.layer is not None)
        if permute and axes != len(permute):
            raise CheckpointError(f"{self.source}: {theirs} has shape {shape}, {len(permute)} dimensions are expected")
        self.origins[ours] = _Origin(theirs, None if self.layer is None else index, permute)

    def take_dense(self, theirs: str, ours: str, config: DalleBartConfig) -> None:
        """The weight, and the bias where the configuration has biases."""
        self.take(f"{theirs}/kernel", f"{ours}.weight", transpose=True)
        if config.use_bias:
            self.take(f"{theirs}/bias", f"{ours}.bias")

    def take_norm(self, theirs: str, ours: str, config: DalleBartConfig, *, scale: bool) -> None:
        """The scale where there is one, and the bias where that kind of norm has one."""
        if scale:
            self.take(f"{theirs}/scale", f"{ours}.weight")
        if config.ln_type != "rmsnorm":
            self.take(f"{theirs}/bias", f"{ours}.bias")

    def all_taken(self) -> "_Renamed":
        """Itself, when no array is left over. Raises `CheckpointError`."""
        used = {origin.name for origin in self.origins.values()}
        for name in self.arrays:
            if name not in used:
                raise CheckpointError(f"{self.source}: {name} belongs to nothing that the configuration describes")
        return self
