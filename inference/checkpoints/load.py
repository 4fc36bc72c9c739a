"""Models on disk: which folders make one, loading them, and writing the built-in layout.

In: names and folders. Out: networks ready for inference. It knows nothing of engines, servers or the bot.

A model is a folder of one of two kinds.

The built-in kind, written by `save_builtin`:

    config.json           {"dalle": DalleBartConfig, "vqgan": VQGANConfig, "sampling": SamplingParams}, as JSON objects,
                          and "judge": JudgeConfig where the model has one
    dalle.safetensors     parameters of `DalleBart` under their own names
    vqgan.safetensors     parameters of `VQGAN` under their own names
    judge.safetensors     parameters of `PictureJudge` under their own names; it ranks pictures, and may be missing
    text.safetensors      the upper layers of MiniLM, where the model has its own; it may be missing
    thesaurus.json        a `Thesaurus`: nouns that the model never learned, by the names they are read as; it, too
    and the rest of the text encoder is the one that ships in assets/text_encoder

The original kind, DALL·E mini as it was published:

    its network           in one of the layouts of inference/checkpoints/layouts.py
    tokenizer.json, or vocab.json and merges.txt
    enwiki-words-frequency.txt    the words that hashtags are split into; hashtags stay whole without it
    vqgan/                the VQGAN, in one of those layouts; or a folder of that name beside the model's own
    clip/                 a CLIP as `transformers` stores it, to rank pictures with; not needed
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inference.checkpoints.hub import PUBLISHED
from inference.checkpoints.layouts import dalle_bart_part, new_dalle_bart, new_vqgan, vqgan_folder, vqgan_part
from inference.checkpoints.min_dalle import ENCODER
from inference.checkpoints.store import BUILTIN, ModelStore, StoredModel
from inference.checkpoints.tokenizer_files import load_prompt_tokenizer, load_tokenizer
from inference.checkpoints.weights import (
    CheckpointError,
    Skeleton,
    count_values,
    fill,
    read_json,
    read_weights,
    write_json,
    write_weights,
)
from inference.contract import GenerationRequest, InvalidRequest
from inference.models.config import ConfigError
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.judge import JudgeConfig, PictureJudge
from inference.models.sampling import SamplingParams
from inference.models.text_encoder import MiniLM, MiniLMConfig, SentenceEncoder, from_sentence_transformers
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.text.thesaurus import Thesaurus
from inference.text.tokenizer import PromptTokenizer

ASSETS = Path(__file__).parent.parent / "assets"
BUILTIN_FOLDER = ASSETS / "builtin"
TEXT_ENCODER_FOLDER = ASSETS / "text_encoder"
UPPER_LAYERS = "text.safetensors"
THESAURUS = "thesaurus.json"

BUILTIN_SAMPLING = SamplingParams(guidance_scale=1.5, temperature=0.4, top_k=64, top_p=1.0)
"""Chosen by the evaluation's quick questions: more guidance breaks shapes up, more temperature mixes things."""
ORIGINAL_SAMPLING = SamplingParams(guidance_scale=10.0, temperature=1.0, top_k=50, top_p=1.0)
"""The original's notebook leaves top-k to its library, which means 50."""


@dataclass(frozen=True)
class Checkpoint:
    """All parts of one model; `text` is MiniLM where it reads those states, a tokenizer where it has an encoder.

    `clip` is a folder that `transformers` can load a CLIPModel from, where the model came with one.
    """

    name: str
    dalle: DalleBart
    vqgan: VQGAN
    text: SentenceEncoder | PromptTokenizer
    sampling: SamplingParams
    judge: PictureJudge | None = None
    clip: Path | None = None


def load_model(name: str, dtype: torch.dtype = torch.float32, store: ModelStore | None = None) -> Checkpoint:
    """A model by its name, built-in or in `store`, or by the path of its folder. Raises `CheckpointError`."""
    if name == BUILTIN:
        return load_builtin(dtype=dtype)
    store = store or ModelStore()
    try:
        stored = store.find(name)
        if stored is not None:
            return dataclasses.replace(load_folder(stored, dtype), name=name)
        if not Path(name).is_dir():
            raise CheckpointError(_unknown(name, store))
        return load_folder(Path(name), dtype)
    except OSError as error:  # a folder that only its owner may read, a name longer than a path may be
        raise CheckpointError(f"{name[:200]}: cannot be read: {error.strerror}") from error


def load_folder(folder: Path, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """The model in a folder of either kind. Raises `CheckpointError`, and `OSError` where that may not be read."""
    if is_builtin_kind(folder):
        return load_builtin(folder, dtype)
    return load_original(folder, dtype)


def is_builtin_kind(folder: Path) -> bool:
    """Whether the model in `folder` was written by `save_builtin`. Raises `CheckpointError` for a bad config.json."""
    return not (folder / ENCODER).is_file() and "dalle" in read_json(folder / "config.json")


def _unknown(name: str, store: ModelStore) -> str:
    if name in PUBLISHED:
        return f"{name} is not here yet: run `easel models pull {name}`"
    known = ", ".join((BUILTIN, *(model.name for model in store.models())))
    return f"unknown model {name[:200]!r}: it is neither a folder nor one of the models here ({known})"


def verify_model(name: str, store: ModelStore | None = None) -> str:
    """Loads a model and says in one line what it is. Raises `CheckpointError` naming what is wrong with it."""
    checkpoint = load_model(name, store=store)
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
    upper, thesaurus = folder / UPPER_LAYERS, folder / THESAURUS
    text = load_sentence_encoder(
        upper=upper if upper.is_file() else None, thesaurus=thesaurus if thesaurus.is_file() else None
    )
    if text.width != dalle.config.state_width:
        raise CheckpointError(f"{path}: encoder_dim={dalle.config.state_width}, the text encoder has {text.width}")
    check_fit(dalle.config, vqgan.config, path)
    name = BUILTIN if folder == BUILTIN_FOLDER else folder.resolve().name
    judge = load_judge(folder, parts["judge"], text) if "judge" in parts else None
    return Checkpoint(name, dalle, vqgan, text, _sampling(parts["sampling"], path), judge)


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


def builtin_model() -> StoredModel:
    """The model that ships with Easel, as the store describes its own. Raises `CheckpointError`."""
    parameters = sum(count_values(BUILTIN_FOLDER / f"{part}.safetensors") for part in ("dalle", "vqgan"))
    return StoredModel(BUILTIN, BUILTIN_FOLDER, "builtin", parameters, origins=(), hashes={})


def save_builtin(
    folder: Path,
    dalle: DalleBart,
    vqgan: VQGAN,
    sampling: SamplingParams = BUILTIN_SAMPLING,
    dtype: torch.dtype = torch.float16,
    judge: PictureJudge | None = None,
    upper: Mapping[str, Tensor] | None = None,
) -> None:
    """Writes a model in the built-in layout, its numbers stored in `dtype`; what `load_builtin(folder)` reads.

    `upper` are parameters of MiniLM that the model has of its own; without them, a file that is there stays.
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
    if upper is not None:
        write_upper_layers(folder / UPPER_LAYERS, upper)
    write_json(folder / "config.json", {**configs, "sampling": dataclasses.asdict(sampling)})


def load_original(folder: Path, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """A DALL·E mini in any of its layouts, with its VQGAN. Raises `CheckpointError`."""
    dalle, vqgan = dalle_bart_part(folder), vqgan_part(vqgan_folder(folder))
    config = dalle.network.config
    if not config.has_encoder:
        raise CheckpointError(f"{folder}: text_encoder={config.text_encoder!r}, the original encodes text itself")
    check_fit(config, vqgan.network.config, folder)
    text = load_prompt_tokenizer(folder, config)
    clip = folder / "clip" if (folder / "clip").is_dir() else None
    name = folder.resolve().name
    return Checkpoint(name, dalle.load(dtype), vqgan.load(dtype), text, ORIGINAL_SAMPLING, clip=clip)


def load_dalle_bart(folder: Path, dtype: torch.dtype = torch.float32) -> DalleBart:
    """The DalleBart in `folder`, in any layout, to be computed with in `dtype`. Raises `CheckpointError`."""
    return dalle_bart_part(folder).load(dtype)


def load_vqgan(folder: Path, dtype: torch.dtype = torch.float32) -> VQGAN:
    """The VQGAN in `folder`, in any layout, to be computed with in `dtype`. Raises `CheckpointError`."""
    return vqgan_part(folder).load(dtype)


def load_sentence_encoder(
    folder: Path = TEXT_ENCODER_FOLDER, *, upper: Path | None = None, thesaurus: Path | None = None
) -> SentenceEncoder:
    """MiniLM with its tokenizer, from a folder that `save_sentence_encoder` wrote. Raises `CheckpointError`.

    Parameters in `upper`, a file that `write_upper_layers` wrote, take the place of the published ones; texts are read
    through `thesaurus`, a file for `Thesaurus.load`.
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
    words = None if thesaurus is None else Thesaurus.load(thesaurus)
    return SentenceEncoder(network, load_tokenizer(folder / "tokenizer.json"), words)


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


def _sampling(values: dict[str, Any], path: Path) -> SamplingParams:
    """The model's own defaults, inside the limits of the contract."""
    names = [field.name for field in dataclasses.fields(SamplingParams)]
    if values.keys() != set(names):
        raise CheckpointError(f"{path}: 'sampling' must give {', '.join(sorted(names))}: {json.dumps(values)}")
    try:
        GenerationRequest.from_json({"prompt": "any", **values})
    except InvalidRequest as error:
        raise CheckpointError(f"{path}: 'sampling': {error}") from error
    return SamplingParams(**values)


def check_fit(dalle: DalleBartConfig, vqgan: VQGANConfig, source: Path) -> None:
    """The parts must fit together: the decoder draws as many codes as make a square, and knows every code."""
    side = int(dalle.image_length**0.5)
    if side * side != dalle.image_length:
        raise CheckpointError(f"{source}: image_length={dalle.image_length} codes make no square picture")
    if vqgan.n_embed > dalle.vocab_size:
        raise CheckpointError(f"{source}: the VQGAN has {vqgan.n_embed} codes, the decoder knows {dalle.vocab_size}")
