"""Bringing models into the store: fetched or from a folder, in any layout, converted once to what loads fast.

In: a published model's name, or a folder. Out: a model in the store, in our own layout: safetensors under our names,
which are mapped when it is loaded and not read. It knows nothing of engines or the command line.

    config.json, model.safetensors, tokenizer.json …    the network that draws codes, and how it reads text
    vqgan/                                              config.json, model.safetensors
    clip/                                               a CLIP as `transformers` stores it
    source.json                                         where it came from, and what its files must hash to
"""

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from inference.checkpoints.builtin import is_builtin_kind
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.hub import Hub, PublishedModel
from inference.checkpoints.layouts import Part, dalle_bart_part, vqgan_folder, vqgan_part
from inference.checkpoints.load import load_folder
from inference.checkpoints.min_dalle import read_pt
from inference.checkpoints.store import PIPELINE, ModelStore, StoredModel, check_name, check_room, write_source
from inference.checkpoints.tokenizer_files import TOKENIZER_FILES
from inference.checkpoints.weights import WEIGHTS, CheckpointError, write_json, write_shards

CLIP_WEIGHTS = "pytorch_model.bin"
BUILTIN_KIND = ("*.json", "*.safetensors", "README*", "LICENSE*", "NOTICE*")
"""What is copied of a model that `save_builtin` wrote."""

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Sources:
    """Where the parts of a DALL·E mini lie: folders of its networks, and files by the names they will have."""

    dalle: Path
    vqgan: Path
    files: Mapping[str, Path]
    clip: Mapping[str, Path] = field(default_factory=dict)


def pull(
    published: PublishedModel,
    store: ModelStore,
    hub: Hub,
    dtype: torch.dtype | None = None,
    report: Report | None = None,
) -> StoredModel:
    """Fetches a published model and stores it under its name, its numbers in `dtype` or as published.

    `report` hears bytes converted, and of how many. Raises `CheckpointError`.
    """
    dalle, words, vqgan, clip = (hub.fetch(repository) for repository in published.repositories)
    sources = Sources(
        dalle=dalle["config.json"].parent,
        vqgan=vqgan["config.json"].parent,
        files={name: path for name, path in (dalle | words).items() if name in TOKENIZER_FILES},
        clip=clip,
    )
    origins = tuple(f"{part.name}@{part.revision}" for part in dict.fromkeys(published.repositories))
    return _store(sources, published.name, store, tuple(dict.fromkeys(origins)), dtype, report)


def import_folder(
    folder: Path, name: str, store: ModelStore, dtype: torch.dtype | None = None, report: Report | None = None
) -> StoredModel:
    """Stores the model in a folder, of any kind, under a name; as `pull`. Raises `CheckpointError`."""
    check_name(name)
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: is no folder")
    origins = (str(folder.resolve()),)
    if (folder / PIPELINE).is_file():
        use = f"which is used where it lies, as INFERENCE_MODEL={folder.resolve()}"
        raise CheckpointError(f"{folder}: holds a pipeline of diffusers, {use}")
    if is_builtin_kind(folder):
        return _copy(folder, name, store, origins)
    files = {file: folder / file for file in TOKENIZER_FILES if (folder / file).is_file()}
    clip = {path.name: path for path in sorted((folder / "clip").glob("*")) if path.is_file()}
    return _store(Sources(folder, vqgan_folder(folder), files, clip), name, store, origins, dtype, report)


def _store(
    sources: Sources,
    name: str,
    store: ModelStore,
    origins: tuple[str, ...],
    dtype: torch.dtype | None,
    report: Report | None,
) -> StoredModel:
    dalle, vqgan = dalle_bart_part(sources.dalle), vqgan_part(sources.vqgan)
    total = sum(_bytes(part, dtype) for part in (dalle, vqgan))
    written = 0

    def progress(size: int) -> None:
        nonlocal written
        written += size
        if report is not None:
            report(written, total)

    try:
        with store.adding(name) as new:
            check_room(store.folder, total + sum(path.stat().st_size for path in sources.clip.values()))
            for part, folder in ((dalle, new), (vqgan, new / "vqgan")):
                folder.mkdir(exist_ok=True)
                write_json(folder / "config.json", part.network.config.to_dict())
                write_shards(folder, part.weights, dtype=dtype, progress=progress)
            for file, path in sources.files.items():
                shutil.copyfile(path, new / file)
            if sources.clip:
                _store_clip(sources.clip, new / "clip")
            write_source(new, name, "dalle-mini", _parameters(load_folder(new)), origins)
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be stored in {store.folder}: {error.strerror or error}") from error
    return store.get(name)


def _copy(folder: Path, name: str, store: ModelStore, origins: tuple[str, ...]) -> StoredModel:
    """Stores a model that is in our built-in layout already, once it has proved to load."""
    files = {path for pattern in BUILTIN_KIND for path in folder.glob(pattern) if path.is_file()}
    try:
        with store.adding(name) as new:
            check_room(store.folder, sum(path.stat().st_size for path in files))
            for path in files:
                shutil.copyfile(path, new / path.name)
            write_source(new, name, "builtin", _parameters(load_folder(new)), origins)
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be stored in {store.folder}: {error.strerror or error}") from error
    return store.get(name)


def _store_clip(files: Mapping[str, Path], folder: Path) -> None:
    """Copies a CLIP; its weights as safetensors, without the constants that older files hold among them."""
    folder.mkdir()
    for name, path in files.items():
        if name != CLIP_WEIGHTS:
            shutil.copyfile(path, folder / name)
    if WEIGHTS in files or CLIP_WEIGHTS not in files:
        return
    tensors = read_pt(files[CLIP_WEIGHTS])
    weights = {name: tensor.contiguous() for name, tensor in tensors.items() if tensor.is_floating_point()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def _bytes(part: Part[Any], dtype: torch.dtype | None) -> int:
    values = sum(math.prod(shape) for shape in part.weights.shapes.values())
    return values * (dtype or torch.float32).itemsize


def _parameters(checkpoint: Checkpoint) -> int:
    return sum(weight.numel() for part in (checkpoint.dalle, checkpoint.vqgan) for weight in part.parameters())
