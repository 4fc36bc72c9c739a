"""Models on disk: which files make one, loading them, and writing our own layout.

In: folders. Out: networks ready for inference. It knows nothing of engines, servers or the bot.

A model is a folder of one of two kinds.

The built-in kind, written by `save_builtin`:

    config.json           {"dalle": DalleBartConfig, "vqgan": VQGANConfig, "sampling": SamplingParams}, as JSON objects,
                          and "judge": JudgeConfig where the model has one
    dalle.safetensors     parameters of `DalleBart` under their own names
    vqgan.safetensors     parameters of `VQGAN` under their own names
    judge.safetensors     parameters of `PictureJudge` under their own names; it ranks pictures, and may be missing
    and the text encoder is the one that ships in assets/text_encoder

The kind that the original DALL·E mini was published in:

    config.json, flax_model.msgpack (or model.safetensors, under our names)
    tokenizer.json, or vocab.json and merges.txt
    enwiki-words-frequency.txt    the words that hashtags are split into; hashtags stay whole without it
    vqgan/                        config.json and flax_model.msgpack (or model.safetensors); or a folder of that name
                                  beside the model's own
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from inference.contract import GenerationRequest, InvalidRequest
from inference.flax_checkpoint import dalle_bart_weights, read_flax, vqgan_weights
from inference.models.clip import JudgeConfig, PictureJudge
from inference.models.config import ConfigError
from inference.models.dalle_bart import DalleBart, DalleBartConfig
from inference.models.text_encoder import MiniLM, MiniLMConfig, SentenceEncoder, from_sentence_transformers
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.sequence import SamplingParams
from inference.text import PromptTokenizer, TextNormalizer, byte_level_bpe
from inference.weights import CheckpointError, Skeleton, fill, read_json, read_weights, write_json, write_weights

ASSETS = Path(__file__).parent / "assets"
BUILTIN_FOLDER = ASSETS / "builtin"
TEXT_ENCODER_FOLDER = ASSETS / "text_encoder"
FLAX = "flax_model.msgpack"
OURS = "model.safetensors"
WORDS = "enwiki-words-frequency.txt"

BUILTIN_SAMPLING = SamplingParams(guidance_scale=1.75, temperature=0.75, top_k=64, top_p=1.0)
"""Chosen by looking at samples of the shipped model: shapes break up from a guidance of about 2.5 on."""
ORIGINAL_SAMPLING = SamplingParams(guidance_scale=10.0, temperature=1.0, top_k=50, top_p=1.0)
"""The original's notebook leaves top-k to its library, which means 50."""


@dataclass(frozen=True)
class Checkpoint:
    """All parts of one model; `text` is MiniLM where it reads those states, a tokenizer where it has an encoder."""

    name: str
    dalle: DalleBart
    vqgan: VQGAN
    text: SentenceEncoder | PromptTokenizer
    sampling: SamplingParams
    judge: PictureJudge | None = None


def load_model(name: str, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """A model by its name, or by the path of its folder (either kind). Raises `CheckpointError`."""
    if name == "builtin":
        return load_builtin(dtype=dtype)
    folder = Path(name)
    try:
        if not folder.is_dir():
            known = "it is neither a folder nor one of the known models (builtin)"
            raise CheckpointError(f"unknown model {name[:200]!r}: {known}")
        if "dalle" in read_json(folder / "config.json"):
            return load_builtin(folder, dtype)
        return load_original(folder, dtype)
    except OSError as error:  # a folder that only its owner may read, a name longer than a path may be
        raise CheckpointError(f"{name[:200]}: cannot be read: {error.strerror}") from error


def verify_model(name: str) -> str:
    """Loads a model and says in one line what it is. Raises `CheckpointError` naming what is wrong with it."""
    checkpoint = load_model(name)
    dalle, vqgan = checkpoint.dalle.config, checkpoint.vqgan.config
    millions = (
        sum(weight.numel() for part in (checkpoint.dalle, checkpoint.vqgan) for weight in part.parameters()) / 1e6
    )
    return f"{checkpoint.name}: {millions:.1f} M parameters, {dalle.image_length} of {vqgan.n_embed} codes a picture"


def load_builtin(folder: Path = BUILTIN_FOLDER, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """A model that `save_builtin` wrote. Raises `CheckpointError`."""
    path = folder / "config.json"
    parts = read_json(path)
    for part in ("dalle", "vqgan", "sampling", *(("judge",) if "judge" in parts else ())):
        if not isinstance(parts.get(part), dict):
            raise CheckpointError(f"{path}: {part!r} must be an object, it is {parts.get(part)!r}")
    dalle = new_dalle_bart(parts["dalle"], path)
    vqgan = new_vqgan(parts["vqgan"], path)
    fill(dalle, read_weights(folder / "dalle.safetensors"), folder / "dalle.safetensors", dtype)
    fill(vqgan, read_weights(folder / "vqgan.safetensors"), folder / "vqgan.safetensors", dtype)
    if dalle.config.has_encoder:
        raise CheckpointError(f"{path}: text_encoder={dalle.config.text_encoder!r}, minilm is expected here")
    text = load_sentence_encoder()
    if text.width != dalle.config.state_width:
        raise CheckpointError(f"{path}: encoder_dim={dalle.config.state_width}, the text encoder has {text.width}")
    name = "builtin" if folder == BUILTIN_FOLDER else folder.resolve().name
    judge = load_judge(folder, parts["judge"], text) if "judge" in parts else None
    return _checked(Checkpoint(name, dalle, vqgan, text, _sampling(parts["sampling"], path), judge), path)


def load_judge(folder: Path, values: dict[str, Any], text: SentenceEncoder) -> PictureJudge:
    """The judge of a built-in model, in float32: it is small. Raises `CheckpointError`."""
    path = folder / "judge.safetensors"
    try:
        config = JudgeConfig.from_dict(values)
    except ConfigError as error:
        raise CheckpointError(f"{folder / 'config.json'}: {error}") from error
    if config.text_dim != text.width:
        raise CheckpointError(
            f"{folder / 'config.json'}: text_dim={config.text_dim}, the text encoder has {text.width}"
        )
    with Skeleton():
        judge = PictureJudge(config)
    fill(judge, read_weights(path), path, torch.float32)
    return judge


def save_builtin(
    folder: Path,
    dalle: DalleBart,
    vqgan: VQGAN,
    sampling: SamplingParams = BUILTIN_SAMPLING,
    dtype: torch.dtype = torch.float16,
    judge: PictureJudge | None = None,
) -> None:
    """Writes a model in the built-in layout, its numbers stored in `dtype`; what `load_builtin(folder)` reads.

    Parameters must be plain: parametrizations folded into the `weight` they make, averages of weights put in their
    place. Raises `CheckpointError` if they are not, or if a value does not fit into `dtype`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, network, plain in (
        ("dalle", dalle, new_dalle_bart(dalle.config.to_dict(), folder)),
        ("vqgan", vqgan, new_vqgan(vqgan.config.to_dict(), folder)),
    ):
        weights = network.state_dict()
        strange = weights.keys() ^ plain.state_dict().keys()
        if strange:
            raise CheckpointError(f"{name}: {min(strange)} is missing, or no plain parameter of the network")
        write_weights(folder / f"{name}.safetensors", weights, dtype=dtype)
    configs = {"dalle": dalle.config.to_dict(), "vqgan": vqgan.config.to_dict()}
    if judge is not None:
        write_weights(folder / "judge.safetensors", judge.state_dict(), dtype=dtype)
        configs["judge"] = judge.config.to_dict()
    write_json(folder / "config.json", {**configs, "sampling": dataclasses.asdict(sampling)})


def load_original(folder: Path, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """A DALL·E mini in the layout of its publication, with its VQGAN. Raises `CheckpointError`."""
    dalle = load_dalle_bart(folder, dtype)
    if not dalle.config.has_encoder:
        raise CheckpointError(f"{folder}: text_encoder={dalle.config.text_encoder!r}, the original encodes text itself")
    vqgan_folder = next((path for path in (folder / "vqgan", folder.resolve().parent / "vqgan") if path.is_dir()), None)
    if vqgan_folder is None:
        raise CheckpointError(f"{folder / 'vqgan'}: the folder with the VQGAN is missing")
    text = load_prompt_tokenizer(folder, dalle.config)
    checkpoint = Checkpoint(folder.resolve().name, dalle, load_vqgan(vqgan_folder, dtype), text, ORIGINAL_SAMPLING)
    return _checked(checkpoint, folder)


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


def load_sentence_encoder(folder: Path = TEXT_ENCODER_FOLDER) -> SentenceEncoder:
    """MiniLM with its tokenizer, from a folder that `save_sentence_encoder` wrote. Raises `CheckpointError`."""
    try:
        config = MiniLMConfig.from_dict(read_json(folder / "config.json"))
    except ConfigError as error:
        raise CheckpointError(f"{folder / 'config.json'}: {error}") from error
    with Skeleton():
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


def load_prompt_tokenizer(folder: Path, config: DalleBartConfig) -> PromptTokenizer:
    """Normaliser and tokenizer of a DALL·E mini folder. Raises `CheckpointError`."""
    words: list[str] = []
    if (folder / WORDS).is_file():
        lines = (folder / WORDS).read_text(encoding="utf-8", errors="replace").splitlines()
        words = [line.split()[0] for line in lines if line.strip()]
    try:
        return PromptTokenizer(
            load_tokenizer(folder / "tokenizer.json")
            if (folder / "tokenizer.json").is_file()
            else load_byte_level_bpe(folder),
            length=config.max_text_length,
            vocab_size=config.encoder_vocab_size,
            normalizer=TextNormalizer(words) if config.normalize_text else None,
        )
    except ValueError as error:
        raise CheckpointError(f"{folder}: {error}") from error


def load_byte_level_bpe(folder: Path) -> Tokenizer:
    """A tokenizer from vocab.json and merges.txt. Raises `CheckpointError`, and `ValueError` for a missing token."""
    vocab, path = read_json(folder / "vocab.json"), folder / "merges.txt"
    if not all(isinstance(row, int) and 0 <= row < 1 << 31 for row in vocab.values()):
        raise CheckpointError(f"{folder / 'vocab.json'}: must map tokens to whole numbers")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    merges = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("#version") or not line:
            continue
        left, _, right = line.partition(" ")
        if not left or not right or " " in right:
            raise CheckpointError(f"{path}: line {number} must be two tokens, it is {line[:80]!r}")
        merges.append((left, right))
    try:
        return byte_level_bpe(vocab, merges)
    except ValueError:
        raise
    except Exception as error:  # the library raises bare exceptions for tables that do not fit together
        raise CheckpointError(f"{path}: {error}") from error


def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer.json. Raises `CheckpointError`."""
    if not path.is_file():
        raise CheckpointError(f"{path}: the file is missing")
    try:
        return Tokenizer.from_buffer(path.read_bytes())
    except Exception as error:  # the library raises bare exceptions for anything it cannot parse
        raise CheckpointError(f"{path}: no valid tokenizer: {error}") from error


def _sampling(values: dict[str, Any], path: Path) -> SamplingParams:
    """The model's own defaults, inside the limits of the contract."""
    names = [field.name for field in dataclasses.fields(SamplingParams)]
    if values.keys() != set(names):
        raise CheckpointError(f"{path}: 'sampling' must give {', '.join(sorted(names))}: {json.dumps(values)}")
    try:
        GenerationRequest.from_json({"prompt": "", **values})
    except InvalidRequest as error:
        raise CheckpointError(f"{path}: 'sampling': {error}") from error
    return SamplingParams(**values)


def _checked(checkpoint: Checkpoint, source: Path) -> Checkpoint:
    """The parts must fit together: the decoder draws as many codes as make a square, and knows every code."""
    dalle, vqgan = checkpoint.dalle.config, checkpoint.vqgan.config
    side = int(dalle.image_length**0.5)
    if side * side != dalle.image_length:
        raise CheckpointError(f"{source}: image_length={dalle.image_length} codes make no square picture")
    if vqgan.n_embed > dalle.vocab_size:
        raise CheckpointError(f"{source}: the VQGAN has {vqgan.n_embed} codes, the decoder knows {dalle.vocab_size}")
    return checkpoint
