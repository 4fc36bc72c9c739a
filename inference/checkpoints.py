"""Models on disk: which files make one, loading them, and writing our own layout.

In: folders. Out: networks ready for inference. It knows nothing of engines, servers or the bot.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from inference.models.text_encoder import MiniLM, MiniLMConfig, SentenceEncoder, from_sentence_transformers
from inference.weights import CheckpointError, fill, read_json, read_weights, write_json, write_weights

ASSETS = Path(__file__).parent / "assets"
TEXT_ENCODER_FOLDER = ASSETS / "text_encoder"


def load_sentence_encoder(folder: Path = TEXT_ENCODER_FOLDER) -> SentenceEncoder:
    """MiniLM with its tokenizer, from a folder that `save_sentence_encoder` wrote. Raises `CheckpointError`."""
    config = MiniLMConfig.from_dict(read_json(folder / "config.json"))
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
