"""Repositories of the hub that hold no DALL·E mini: which of their files are needed, and bringing them into the store.

In: a repository's name and, if wanted, a commit. Out: a model in the store, a pipeline of diffusers or an upscaler, its
commit pinned in source.json, every large file compared with the SHA-256 that the hub names. Of a pipeline, only
safetensors and text are fetched: no pickle, no code. It knows no engine.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inference.checkpoints.card import CARD, ModelCard
from inference.checkpoints.hub import Hub, HubFile, HubRepository
from inference.checkpoints.store import PIPELINE, ModelStore, StoredModel, check_room, write_source
from inference.checkpoints.upscalers import store_upscaler
from inference.checkpoints.weights import CheckpointError, count_values

TEXTS: Final = (".json", ".txt", ".model")
WEIGHTS: Final = ".safetensors"
HALF: Final = ".fp16"
"""Before the suffix of weights that are published in half precision, too."""


@dataclass(frozen=True)
class KnownPipeline:
    """What people who choose should know; `memory` is that of a GPU, in GB, with half precision."""

    card: ModelCard
    licence: str
    memory: int


KNOWN: Final[Mapping[str, KnownPipeline]] = {
    "stabilityai/sd-turbo": KnownPipeline(
        ModelCard("photographs and paintings in a second", 2, 0.0, ("512x512",)), "Stability AI Community License", 4
    ),
    "stabilityai/sdxl-turbo": KnownPipeline(
        ModelCard("fine pictures in a second", 2, 0.0, ("512x512",)), "Stability AI Community License", 8
    ),
    "stable-diffusion-v1-5/stable-diffusion-v1-5": KnownPipeline(
        ModelCard("the classic, small and fast", 30), "CreativeML Open RAIL-M", 4
    ),
    "stabilityai/stable-diffusion-xl-base-1.0": KnownPipeline(
        ModelCard("large, detailed pictures", 30), "CreativeML Open RAIL++-M", 10
    ),
    "black-forest-labs/FLUX.1-schnell": KnownPipeline(
        ModelCard("today's realism, and text in pictures", 4, 0.0), "Apache-2.0", 33
    ),
}
"""Those that docs/models.md tells of; any other repository with a model_index.json can be pulled as well."""


def pull_repository(
    name: str, store: ModelStore, hub: Hub, *, revision: str | None = None, half: bool = False
) -> StoredModel:
    """Fetches what a repository holds and stores it under its name; with `half` a pipeline's weights in half precision,
    where they are published so.  Raises `CheckpointError`."""
    sizes, commit, licence = hub.listing(name, revision)
    if PIPELINE not in sizes and "config.json" in sizes:
        return store_upscaler(name, store, hub, sizes, commit, licence)
    index = _index(name, commit, hub)
    chosen = choose_files(name, index, sizes, half=half)
    total = sum(sizes[theirs] for theirs in chosen)
    repository = HubRepository(name, commit, licence, total, tuple(map(HubFile, chosen)))
    files = hub.fetch(repository)
    try:
        with store.adding(name) as new:
            check_room(store.folder, repository.size)
            for theirs, ours in chosen.items():
                (new / ours).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(files[theirs], new / ours)
            if not (new / CARD).is_file():
                (KNOWN[name].card if name in KNOWN else ModelCard()).write(new)
            parameters = sum(count_values(path) for path in new.rglob(f"*{WEIGHTS}"))
            write_source(new, name, "diffusers", parameters, (f"{name}@{commit}",))
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be stored in {store.folder}: {error.strerror or error}") from error
    return store.get(name)


def choose_files(name: str, index: Mapping[str, Any], sizes: Mapping[str, int], *, half: bool) -> dict[str, str]:
    """The files that the parts of a pipeline need, each with its name in the store.  Raises `CheckpointError`."""
    chosen = {file: file for file in (PIPELINE, CARD) if file in sizes}
    for part, library in index.items():
        if part.startswith("_") or not isinstance(library, list) or not all(library):
            continue
        here = [file for file in sizes if file.startswith(f"{part}/")]
        chosen |= {file: file for file in here if file.endswith(TEXTS) and not file.endswith(".index.fp16.json")}
        weights = [file for file in here if file.endswith(WEIGHTS) and "non_ema" not in file]
        plain = [file for file in weights if HALF not in file]
        halves = {file: file.replace(HALF, "") for file in weights if HALF in file}
        sharded = any("-of-" in file for file in halves)  # their index names them as they are called there
        if halves and not sharded and (half or not plain):
            chosen |= halves
        elif plain:
            chosen |= {file: file for file in plain}
        elif any(file.endswith((".bin", ".ckpt", ".msgpack", ".fp16.safetensors")) for file in here):
            raise CheckpointError(f"{name}: {part} is not published as plain safetensors, and nothing else is loaded")
    return chosen


def _index(name: str, commit: str, hub: Hub) -> dict[str, Any]:
    file = hub.fetch(HubRepository(name, commit, "", 0, (HubFile(PIPELINE, optional=True),))).get(PIPELINE)
    if file is None:
        raise CheckpointError(f"{name}: has no {PIPELINE}, so it is no pipeline of diffusers")
    try:
        index = json.loads(Path(file).read_bytes())
    except ValueError as error:
        raise CheckpointError(f"{name}/{PIPELINE}: no valid JSON: {error}") from error
    if not isinstance(index, dict):
        raise CheckpointError(f"{name}/{PIPELINE}: holds no JSON object")
    return index
