"""Models on disk: which files make one, loading them, and writing our own layout.

In: folders. Out: networks ready for inference. It knows nothing of engines, servers or the bot.
"""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from inference.flax_checkpoint import dalle_bart_weights, read_flax, vqgan_weights
from inference.models.config import ConfigError
from inference.models.dalle_bart import DalleBart, DalleBartConfig
from inference.models.text_encoder import MiniLM, MiniLMConfig, SentenceEncoder, from_sentence_transformers
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.weights import CheckpointError, fill, read_json, read_weights, write_json, write_weights

ASSETS = Path(__file__).parent / "assets"
TEXT_ENCODER_FOLDER = ASSETS / "text_encoder"
FLAX = "flax_model.msgpack"
OURS = "model.safetensors"


def load_dalle_bart(folder: Path, dtype: torch.dtype = torch.float32) -> DalleBart:
    """A DalleBart from config.json and either `model.safetensors` (our names) or `flax_model.msgpack` (the original's).

    Weights are computed with in `dtype`, however they are stored. Raises `CheckpointError`.
    """
    values, path = read_json(folder / "config.json"), weights_path(folder)
    network = new_dalle_bart(values, folder / "config.json")
    weights = read_weights(path) if path.name == OURS else dalle_bart_weights(read_flax(path), network.config, path)
    fill(network, weights, path, dtype)
    return network


def load_vqgan(folder: Path, dtype: torch.dtype = torch.float32) -> VQGAN:
    """A VQGAN from config.json and either `model.safetensors` or `flax_model.msgpack`. Raises `CheckpointError`."""
    values, path = read_json(folder / "config.json"), weights_path(folder)
    network = new_vqgan(values, folder / "config.json")
    weights = read_weights(path) if path.name == OURS else vqgan_weights(read_flax(path), network, path)
    fill(network, weights, path, dtype)
    return network


def weights_path(folder: Path) -> Path:
    """The file with the weights in a model's folder, ours first. Raises `CheckpointError` where there is none."""
    for name in (OURS, FLAX):
        if (folder / name).is_file():
            return folder / name
    raise CheckpointError(f"{folder}: neither {OURS} nor {FLAX} is there")


def new_dalle_bart(values: dict[str, Any], source: Path) -> DalleBart:
    """A DalleBart without weights, on the meta device, from the configuration read from `source`."""
    try:
        config = DalleBartConfig.from_dict(values)
    except ConfigError as error:
        raise CheckpointError(f"{source}: {error}") from error
    with torch.device("meta"):
        return DalleBart(config)


def new_vqgan(values: dict[str, Any], source: Path) -> VQGAN:
    """A VQGAN without weights, on the meta device, from the configuration read from `source`."""
    try:
        config = VQGANConfig.from_dict(values)
    except ConfigError as error:
        raise CheckpointError(f"{source}: {error}") from error
    with torch.device("meta"):
        return VQGAN(config)


def load_sentence_encoder(folder: Path = TEXT_ENCODER_FOLDER) -> SentenceEncoder:
    """MiniLM with its tokenizer, from a folder that `save_sentence_encoder` wrote. Raises `CheckpointError`."""
    try:
        config = MiniLMConfig.from_dict(read_json(folder / "config.json"))
    except ConfigError as error:
        raise CheckpointError(f"{folder / 'config.json'}: {error}") from error
    with torch.device("meta"):
        network = MiniLM(config)
    fill(network, read_weights(folder / "model.safetensors"), folder / "model.safetensors", torch.float32)
    return SentenceEncoder(network, load_tokenizer(folder / "tokenizer.json"))


def save_sentence_encoder(source: Path, folder: Path) -> None:
    """Writes the copy of MiniLM that ships: big matrices as int8 with a scale a row, a quarter of the size.

    `source` is the folder of all-MiniLM-L6-v2 as published (config.json, model.safetensors, tokenizer.json).
    """
    config = MiniLMConfig.from_dict(read_json(source / "config.json"))
    folder.mkdir(parents=True, exist_ok=True)
    published = read_weights(source / "model.safetensors")
    try:
        weights = from_sentence_transformers(published)
    except KeyError as error:
        raise CheckpointError(f"{source / 'model.safetensors'}: {error.args[0]} is missing") from error
    write_weights(folder / "model.safetensors", weights, dtype=torch.float32, int8=True)
    write_json(folder / "config.json", config.to_dict())
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())


def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer.json. Raises `CheckpointError`."""
    if not path.is_file():
        raise CheckpointError(f"{path}: the file is missing")
    try:
        return Tokenizer.from_buffer(path.read_bytes())
    except Exception as error:  # the library raises bare exceptions for anything it cannot parse
        raise CheckpointError(f"{path}: no valid tokenizer: {error}") from error
