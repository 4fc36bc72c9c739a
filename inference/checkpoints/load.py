"""Finding and loading models: by name, built-in or in the store, or by folder.

In: names and folders. Out: networks ready for inference. It knows nothing of engines, servers or the bot.

A folder is of one of two kinds: the built-in layout (inference/checkpoints/builtin.py), or DALL·E mini as it was
published:

    its network           in one of the layouts of inference/checkpoints/layouts.py
    tokenizer.json, or vocab.json and merges.txt
    enwiki-words-frequency.txt    the words that hashtags are split into; hashtags stay whole without it
    vqgan/                the VQGAN, in one of those layouts; or a folder of that name beside the model's own
    clip/                 a CLIP as `transformers` stores it, to rank pictures with; not needed
"""

import dataclasses
from pathlib import Path

import torch

from inference.checkpoints.builtin import is_builtin_kind, load_builtin
from inference.checkpoints.checkpoint import Checkpoint, check_fit
from inference.checkpoints.hub import PUBLISHED
from inference.checkpoints.layouts import dalle_bart_part, vqgan_folder, vqgan_part
from inference.checkpoints.store import BUILTIN, PIPELINE, ModelStore, is_name
from inference.checkpoints.tokenizer_files import load_prompt_tokenizer
from inference.checkpoints.upscalers import is_upscaler
from inference.checkpoints.weights import CheckpointError, count_values
from inference.models.dalle_bart import DalleBart
from inference.models.sampling import SamplingParams
from inference.models.vqgan import VQGAN

ORIGINAL_SAMPLING = SamplingParams(guidance_scale=10.0, temperature=1.0, top_k=50, top_p=1.0)
"""The original's notebook leaves top-k to its library, which means 50."""


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


def clip_folder(name: str, store: ModelStore | None = None) -> Path | None:
    """The CLIP that came with a model; None where none did, or there is no such model."""
    folder = (store or ModelStore()).find(name) or Path(name)
    return folder / "clip" if (folder / "clip").is_dir() else None


def load_folder(folder: Path, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """The model in a folder of either kind. Raises `CheckpointError`, and `OSError` where that may not be read."""
    if is_builtin_kind(folder):
        return load_builtin(folder, dtype)
    return load_original(folder, dtype)


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


def verify_model(name: str, store: ModelStore | None = None) -> str:
    """Loads a model and says in one line what it is. Raises `CheckpointError` naming what is wrong with it."""
    folder = (store or ModelStore()).find(name) or Path(name)
    kind = "a pipeline of diffusers" if (folder / PIPELINE).is_file() else ""
    if not kind and (folder / "config.json").is_file() and is_upscaler(folder):
        kind = "enlarges pictures"
    if kind:
        millions = sum(map(count_values, folder.rglob("*.safetensors"))) / 1e6
        return f"{name}: {millions:,.1f} M parameters, {kind}"
    checkpoint = load_model(name, store=store)
    dalle, vqgan = checkpoint.dalle.config, checkpoint.vqgan.config
    millions = (
        sum(weight.numel() for part in (checkpoint.dalle, checkpoint.vqgan) for weight in part.parameters()) / 1e6
    )
    return f"{checkpoint.name}: {millions:.1f} M parameters, {dalle.image_length} of {vqgan.n_embed} codes a picture"


def _unknown(name: str, store: ModelStore) -> str:
    if name in PUBLISHED:
        return f"{name} is not here yet: run `easel models pull {name}`"
    known = ", ".join((BUILTIN, *(model.name for model in store.models())))
    cure = (
        f"`easel models pull {name}` fetches it" if "/" in name and is_name(name) else "`easel models list` tells more"
    )
    return f"unknown model {name[:200]!r}: it is neither a folder nor one of the models here ({known}); {cure}"
