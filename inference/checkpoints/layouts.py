"""The layouts in which networks are published: which files there are, what they describe, and where the numbers are.

In: a folder. Out: a network without memory, and its parameters, none of them read yet. It knows nothing of prompts, of
whole models, or of where folders come from.

A network's folder has one of these:

    config.json and model.safetensors, under our names or the original's with dots
    config.json and flax_model.msgpack, the original's own
    either of them in several files: model.safetensors.index.json or flax_model.msgpack.index.json says which
    encoder.pt and decoder.pt, or detoker.pt: min-dalle's
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from inference.checkpoints.flax import Arrays, dalle_bart_weights, vqgan_weights
from inference.checkpoints.flax_file import read_flax
from inference.checkpoints.min_dalle import (
    DECODER,
    DETOKENIZER,
    ENCODER,
    min_dalle_config,
    min_dalle_vqgan_config,
    min_dalle_vqgan_weights,
    min_dalle_weights,
)
from inference.checkpoints.weights import (
    INDEX_SUFFIX,
    WEIGHTS,
    CheckpointError,
    Matched,
    Skeleton,
    fill,
    read_json,
    read_weights,
)
from inference.models.config import ConfigError
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGAN, VQGANConfig

FLAX = "flax_model.msgpack"
VQGAN_FOLDERS = ("vqgan", "vqgan_imagenet_f16_16384")

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Part(Generic[Network]):
    """A network as a `Skeleton`, and the parameters that belong into it."""

    network: Network
    weights: Matched

    def load(self, dtype: torch.dtype) -> Network:
        """The network, ready for inference in `dtype`. Raises `CheckpointError`."""
        fill(self.network, self.weights, self.weights.source, dtype)
        return self.network


def dalle_bart_part(folder: Path) -> Part[DalleBart]:
    """The DalleBart in `folder`. Raises `CheckpointError`."""
    if (folder / ENCODER).is_file() and (folder / DECODER).is_file():
        network = new_dalle_bart(min_dalle_config(folder), folder)
        return Part(network, Matched(network, min_dalle_weights(folder, network), folder))
    values, path = read_json(folder / "config.json"), weights_path(folder)
    network = new_dalle_bart(values, folder / "config.json")
    weights = _weights(path, lambda arrays: dalle_bart_weights(arrays, network.config, path))
    return Part(network, Matched(network, weights, path))


def vqgan_part(folder: Path) -> Part[VQGAN]:
    """The VQGAN in `folder`. Raises `CheckpointError`."""
    path = folder / DETOKENIZER
    if path.is_file():
        network = new_vqgan(min_dalle_vqgan_config(folder), folder)
        return Part(network, Matched(network, min_dalle_vqgan_weights(path), path))
    values, path = read_json(folder / "config.json"), weights_path(folder)
    network = new_vqgan(values, folder / "config.json")
    weights = _weights(path, lambda arrays: vqgan_weights(arrays, network, path))
    return Part(network, Matched(network, weights, path))


def vqgan_folder(folder: Path) -> Path:
    """Where the VQGAN of the model in `folder` lies: in it, or beside it. Raises `CheckpointError`."""
    if (folder / DETOKENIZER).is_file():
        return folder
    for parent in (folder, folder.resolve().parent):
        for name in VQGAN_FOLDERS:
            if (parent / name).is_dir():
                return parent / name
    raise CheckpointError(f"{folder / 'vqgan'}: the folder with the VQGAN is missing")


def weights_path(folder: Path) -> Path:
    """The file with the weights in a network's folder, or its index; ours first. Raises `CheckpointError`."""
    for name in (WEIGHTS, WEIGHTS + INDEX_SUFFIX, FLAX, FLAX + INDEX_SUFFIX):
        if (folder / name).is_file():
            return folder / name
    raise CheckpointError(f"{folder}: neither {WEIGHTS} nor {FLAX} is there, nor an index of either")


def new_dalle_bart(values: dict[str, Any], source: Path) -> DalleBart:
    """A DalleBart without weights, as a `Skeleton`, from the configuration read from `source`."""
    try:
        config = DalleBartConfig.from_dict(values)
    except ConfigError as error:
        raise CheckpointError(f"{source}: {error}") from error
    with Skeleton():
        return DalleBart(config)


def new_vqgan(values: dict[str, Any], source: Path) -> VQGAN:
    """A VQGAN without weights, as a `Skeleton`, from the configuration read from `source`."""
    try:
        config = VQGANConfig.from_dict(values)
    except ConfigError as error:
        raise CheckpointError(f"{source}: {error}") from error
    with Skeleton():
        return VQGAN(config)


def _weights(path: Path, renamed: Callable[[Arrays], Mapping[str, Tensor]]) -> Mapping[str, Tensor]:
    """What lies at `path` under our names; safetensors that came from Flax have kernels, ours have none."""
    if path.name.startswith(FLAX):
        return renamed(read_flax(path))
    tensors = read_weights(path)
    if any(name.endswith(".kernel") for name in tensors):
        return renamed({name.replace(".", "/"): tensor for name, tensor in tensors.items()})
    return tensors
