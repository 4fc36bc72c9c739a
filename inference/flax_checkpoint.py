"""Checkpoints of the original code: Flax msgpack files in, parameters under the names of our networks out.

The format is that of `flax.serialization` (https://github.com/google/flax): nested maps whose leaves are arrays, packed
as msgpack extension 1 = (shape, type name, bytes); arrays above a gigabyte come as a map of chunks. Files are not
trusted: nothing in them is executed, lengths are bounded by the file's size, and damage of any kind is a
`CheckpointError`.
"""

import math
import mmap
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # publishes none
import torch
from torch import Tensor, nn

from inference.models.dalle_bart import NORM_PLACES, DalleBartConfig
from inference.models.vqgan import VQGAN
from inference.weights import CheckpointError

ARRAY = 1
CHUNKED = "__msgpack_chunked_array__"
TYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "V2": torch.bfloat16,  # what NumPy calls it
    "float64": torch.float64,
}
LONGEST_LIST = 4096  # msgpack allocates lists before it reads their items; no checkpoint has long ones
LONGEST_NAME = 4096
DEEPEST = 32


def read_flax(path: Path) -> dict[str, Tensor]:
    """All arrays of a file by their path, like `model/encoder/final_ln/bias`. Raises `CheckpointError`."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if not size:
                raise CheckpointError(f"{path}: the file is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                tree = _unpack(data, size)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise CheckpointError(f"{path}: damaged, or no Flax checkpoint: {error}") from error
    try:
        weights = dict(_arrays(tree, (), 0))
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}") from error
    if not weights:
        raise CheckpointError(f"{path}: holds no arrays")
    return weights


def dalle_bart_weights(arrays: Mapping[str, Tensor], config: DalleBartConfig, source: Path) -> dict[str, Tensor]:
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


def vqgan_weights(arrays: Mapping[str, Tensor], network: VQGAN, source: Path) -> dict[str, Tensor]:
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
        _take_layer(weights, theirs, f"{part}.layers.{layer}", config, cross_attention=part == "decoder")
    weights.layer = None


def _take_layer(weights: "_Renamed", theirs: str, ours: str, config: DalleBartConfig, *, cross_attention: bool) -> None:
    """Flax numbers the modules of a layer in the order of their use, not counting what the configuration leaves out."""
    after_attention, inner_norm, out_norm = NORM_PLACES[config.ln_positions]
    norm_kind = "RMSNorm" if config.ln_type == "rmsnorm" else "LayerNorm"
    norms = 0
    for index, name in enumerate(("self_attention", "cross_attention")[: 1 + cross_attention]):
        weights.take_norm(f"{theirs}/{norm_kind}_{norms}", f"{ours}.{name}_norm", config, scale=config.force_ln_scale)
        norms += 1
        for projection in ("q_proj", "k_proj", "v_proj", "out_proj"):
            weights.take_dense(
                f"{theirs}/FlaxBartAttention_{index}/{projection}", f"{ours}.{name}.{projection}", config
            )
        if config.use_head_scale:
            weights.take(
                f"{theirs}/FlaxBartAttention_{index}/head_scale", f"{ours}.{name}.head_scale", permute=(0, 2, 1, 3)
            )
        if after_attention:
            weights.take_norm(f"{theirs}/{norm_kind}_{norms}", f"{ours}.{name}_out_norm", config, scale=True)
            norms += 1
    theirs, ours = f"{theirs}/{'GLU' if config.use_glu else 'FFN'}_0", f"{ours}.feed_forward"
    for index, name in enumerate(["norm"] + ["inner_norm"] * inner_norm + ["out_norm"] * out_norm):
        scale = config.force_ln_scale or name == "out_norm"
        weights.take_norm(f"{theirs}/{norm_kind}_{index}", f"{ours}.{name}", config, scale=scale)
    dense = ("gate_proj", "up_proj", "down_proj") if config.use_glu else ("gate_proj", "down_proj")
    for index, name in enumerate(dense):
        weights.take_dense(f"{theirs}/Dense_{index}", f"{ours}.{name}", config)


class _Renamed:
    """Takes arrays one by one from under their names; `layer` is (index, count) while they are slices of a stack."""

    def __init__(self, arrays: Mapping[str, Tensor], source: Path) -> None:
        self.arrays = arrays
        self.source = source
        self.layer: tuple[int, int] | None = None
        self.taken: dict[str, Tensor] = {}
        self.used: set[str] = set()

    def take(self, theirs: str, ours: str, *, transpose: bool = False, permute: tuple[int, ...] = ()) -> None:
        if theirs not in self.arrays:
            raise CheckpointError(f"{self.source}: {theirs} is missing")
        self.used.add(theirs)
        array = self.arrays[theirs]
        if self.layer is not None:
            index, count = self.layer
            if array.shape[:1] != (count,):
                raise CheckpointError(
                    f"{self.source}: {theirs} has shape {tuple(array.shape)}, {count} layers expected"
                )
            array = array[index]
        if transpose:
            permute = (1, 0)
        if permute and array.ndim != len(permute):
            raise CheckpointError(
                f"{self.source}: {theirs} has shape {tuple(array.shape)}, {len(permute)} dimensions are expected"
            )
        self.taken[ours] = array.permute(permute) if permute else array

    def take_dense(self, theirs: str, ours: str, config: DalleBartConfig) -> None:
        self.take(f"{theirs}/kernel", f"{ours}.weight", transpose=True)
        if config.use_bias:
            self.take(f"{theirs}/bias", f"{ours}.bias")

    def take_norm(self, theirs: str, ours: str, config: DalleBartConfig, *, scale: bool) -> None:
        if scale:
            self.take(f"{theirs}/scale", f"{ours}.weight")
        if config.ln_type != "rmsnorm":
            self.take(f"{theirs}/bias", f"{ours}.bias")

    def all_taken(self) -> dict[str, Tensor]:
        for name in self.arrays:
            if name not in self.used:
                raise CheckpointError(f"{self.source}: {name} belongs to nothing that the configuration describes")
        return self.taken


def _unpack(data: Any, size: int) -> Any:
    return msgpack.unpackb(
        data,
        ext_hook=_array,
        max_str_len=LONGEST_NAME,
        max_bin_len=size,
        max_ext_len=size,
        max_array_len=LONGEST_LIST,
        max_map_len=size,
    )


def _array(code: int, data: bytes) -> Tensor:
    if code != ARRAY:
        raise ValueError(f"msgpack extension {code} is no array")
    shape, name, values = _unpack(data, len(data))
    if name not in TYPES:
        raise ValueError(f"arrays of type {name!r} are not supported, only {', '.join(TYPES)}")
    _check_shape(shape)
    kind = TYPES[name]
    if not isinstance(values, bytes) or len(values) != math.prod(shape) * kind.itemsize:
        raise ValueError(f"an array of shape {shape} and type {name} has {len(values)} bytes")
    if not values:
        return torch.empty(shape, dtype=kind)
    return torch.frombuffer(bytearray(values), dtype=kind).reshape(shape)


def _check_shape(shape: Any) -> None:
    if not isinstance(shape, list) or len(shape) > 8:
        raise ValueError(f"{shape!r} is no array shape")
    if not all(isinstance(side, int) and not isinstance(side, bool) and 0 <= side < 1 << 40 for side in shape):
        raise ValueError(f"{shape!r} is no array shape")


def _arrays(tree: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, Tensor]]:
    name = "/".join(path)
    if isinstance(tree, Tensor):
        yield name, tree
    elif not isinstance(tree, dict):
        raise ValueError(f"{name or 'the top level'} is a {type(tree).__name__}, an array or a map is expected")  # noqa: TRY004 - the file is wrong, not the caller
    elif depth > DEEPEST:
        raise ValueError(f"{name[:80]}… is nested more than {DEEPEST} deep")
    elif CHUNKED in tree:
        yield name, _joined(name, tree)
    else:
        for key, value in tree.items():
            if not isinstance(key, str) or "/" in key:
                raise ValueError(f"{key!r} in {name or 'the top level'} is no name")
            yield from _arrays(value, (*path, key), depth + 1)


def _joined(name: str, tree: dict[str, Any]) -> Tensor:
    """One array from its chunks; flax writes the sequences `shape` and `chunks` as maps from "0", "1", …"""
    shape, chunks = (_sequence(tree.get(key)) for key in ("shape", "chunks"))
    if shape is None or not chunks or not all(isinstance(chunk, Tensor) and chunk.ndim == 1 for chunk in chunks):
        raise ValueError(f"{name} is a damaged chunked array")
    _check_shape(shape)
    if math.prod(shape) != sum(chunk.numel() for chunk in chunks) or len({chunk.dtype for chunk in chunks}) != 1:
        raise ValueError(f"{name} is a chunked array of shape {shape} whose chunks do not make that up")
    return torch.cat(chunks).reshape(shape)


def _sequence(value: Any) -> list[Any] | None:
    if isinstance(value, dict) and set(value) == {str(index) for index in range(len(value))}:
        return [value[str(index)] for index in range(len(value))]
    return value if isinstance(value, list) else None
