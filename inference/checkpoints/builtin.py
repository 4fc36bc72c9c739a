"""The built-in layout: the files of a model that was trained here, read and written.

In: folders. Out: networks ready for inference, and the other way round. A folder holds

    config.json           {"dalle": DalleBartConfig, "vqgan": VQGANConfig, "sampling": SamplingParams}, as JSON objects,
                          and "judge": JudgeConfig where the model has one
    dalle.safetensors     parameters of `DalleBart` under their own names
    vqgan.safetensors     parameters of `VQGAN` under their own names
    details.safetensors   what its codes look like among their neighbours (`Details`); it may be missing
    judge.safetensors     parameters of `PictureJudge` under their own names; it ranks pictures, and may be missing
    text.safetensors      the upper layers of MiniLM, where the model has its own; it may be missing
    thesaurus.json, languages.json, vocabulary.json, phrasings.json     what its `Reader` reads prompts by, if any
    and the rest of the text encoder is the one that ships in assets/text_encoder
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inference.checkpoints.checkpoint import Checkpoint, check_fit
from inference.checkpoints.layouts import new_dalle_bart, new_vqgan
from inference.checkpoints.min_dalle import ENCODER
from inference.checkpoints.store import BUILTIN, StoredModel
from inference.checkpoints.text_encoder import ASSETS, common_words, load_sentence_encoder, write_upper_layers
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
from inference.models.details import Details
from inference.models.judge import JudgeConfig, PictureJudge
from inference.models.sampling import SamplingParams
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.text.reader import Reader

BUILTIN_FOLDER = ASSETS / "builtin"
UPPER_LAYERS = "text.safetensors"
DETAILS = "details.safetensors"
BUILTIN_SAMPLING = SamplingParams(guidance_scale=2.0, temperature=0.4, top_k=64, top_p=1.0)
"""Chosen by the evaluation's quick questions: more guidance breaks shapes up, more temperature mixes things."""


def is_builtin_kind(folder: Path) -> bool:
    """Whether the model in `folder` was written by `save_builtin`. Raises `CheckpointError` for a bad config.json."""
    return not (folder / ENCODER).is_file() and "dalle" in read_json(folder / "config.json")


def builtin_model() -> StoredModel:
    """The model that ships with Easel, as the store describes its own. Raises `CheckpointError`."""
    parameters = sum(count_values(BUILTIN_FOLDER / f"{part}.safetensors") for part in ("dalle", "vqgan"))
    return StoredModel(BUILTIN, BUILTIN_FOLDER, "builtin", parameters, origins=(), hashes={})


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
    vqgan.details = _details(folder)
    if dalle.config.has_encoder:
        raise CheckpointError(f"{path}: text_encoder={dalle.config.text_encoder!r}, minilm is expected here")
    text = _text_encoder(folder)
    if text.width != dalle.config.state_width:
        raise CheckpointError(f"{path}: encoder_dim={dalle.config.state_width}, the text encoder has {text.width}")
    check_fit(dalle.config, vqgan.config, path)
    name = BUILTIN if folder == BUILTIN_FOLDER else folder.resolve().name
    judge = load_judge(folder, parts["judge"], text) if "judge" in parts else None
    return Checkpoint(name, dalle, vqgan, text, _sampling(parts["sampling"], path), judge)


def load_judge_and_text(folder: Path = BUILTIN_FOLDER) -> tuple[PictureJudge, SentenceEncoder]:
    """What tells whether a picture fits a text, without the model that draws. Raises `CheckpointError`."""
    parts = read_json(folder / "config.json")
    if not isinstance(parts.get("judge"), dict):
        raise CheckpointError(f"{folder / 'config.json'}: 'judge' must be an object, it is {parts.get('judge')!r}")
    text = _text_encoder(folder)
    return load_judge(folder, parts["judge"], text), text


def _text_encoder(folder: Path) -> SentenceEncoder:
    upper = folder / UPPER_LAYERS
    return load_sentence_encoder(upper=upper if upper.is_file() else None, reader=Reader.load(folder, common_words()))


def _details(folder: Path) -> Details | None:
    path = folder / DETAILS
    if not path.is_file():
        return None
    try:
        return Details.from_tensors(read_weights(path))
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}") from error


def write_details(folder: Path, details: Details | None) -> None:
    """Give a model's folder its codec's details, or take those away that belong to other codes."""
    if details is None:
        (folder / DETAILS).unlink(missing_ok=True)
    else:
        write_weights(folder / DETAILS, details.to_tensors(), dtype=None)


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
    write_details(folder, vqgan.details)
    configs = {"dalle": dalle.config.to_dict(), "vqgan": vqgan.config.to_dict()}
    if judge is not None:
        write_weights(folder / "judge.safetensors", judge.state_dict(), dtype=dtype)
        configs["judge"] = judge.config.to_dict()
    if upper is not None:
        write_upper_layers(folder / UPPER_LAYERS, upper)
    write_json(folder / "config.json", {**configs, "sampling": dataclasses.asdict(sampling)})


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
