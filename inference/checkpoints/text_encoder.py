"""The files of the text encoder that ships: MiniLM and its tokenizer.

In: folders. Out: a `SentenceEncoder`, and the other way round. It knows nothing of pictures.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from inference.checkpoints.tokenizer_files import load_tokenizer
from inference.checkpoints.weights import (
    CheckpointError,
    Skeleton,
    fill,
    read_json,
    read_weights,
    write_json,
    write_weights,
)
from inference.models.config import ConfigError
from inference.models.text_encoder import MiniLM, MiniLMConfig, SentenceEncoder, from_sentence_transformers
from inference.text.reader import Reader

ASSETS = Path(__file__).parent.parent / "assets"
TEXT_ENCODER_FOLDER = ASSETS / "text_encoder"


def load_sentence_encoder(
    folder: Path = TEXT_ENCODER_FOLDER, *, upper: Path | None = None, reader: Reader | None = None
) -> SentenceEncoder:
    """MiniLM with its tokenizer, from a folder that `save_sentence_encoder` wrote. Raises `CheckpointError`.

    Parameters in `upper`, a file that `write_upper_layers` wrote, take the place of the published ones; texts are read
    through `reader`.
    """
    try:
        config = MiniLMConfig.from_dict(read_json(folder / "config.json"))
    except ConfigError as error:
        raise CheckpointError(f"{folder / 'config.json'}: {error}") from error
    with Skeleton():
        network = MiniLM(config)
    weights, source = read_weights(folder / "model.safetensors"), folder / "model.safetensors"
    if upper is not None:
        weights, source = weights | read_weights(upper), upper
    fill(network, weights, source, torch.float32)
    return SentenceEncoder(network, load_tokenizer(folder / "tokenizer.json"), reader)


def common_words(folder: Path = TEXT_ENCODER_FOLDER) -> list[str]:
    """Words that the tokenizer has whole, the most frequent first, as the lists of BERT are sorted."""
    entries = load_tokenizer(folder / "tokenizer.json").get_vocab()
    return sorted((word for word in entries if word.isalpha()), key=entries.__getitem__)


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


def write_upper_layers(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Writes some of MiniLM's parameters, stored as `save_sentence_encoder` stores them all."""
    write_weights(path, weights, dtype=torch.float32, int8=True)
