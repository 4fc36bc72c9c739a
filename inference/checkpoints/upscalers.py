"""Networks that enlarge pictures, from the hub into the store: Swin2SR, as `transformers` has it.

In: what a repository holds. Out: a model in the store, its commit pinned in source.json, its weights as safetensors:
where they are published as a pickle, its tensors alone are read. It knows no server.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safetensors.torch import save_file

from inference.checkpoints.hub import Hub, HubFile, HubRepository
from inference.checkpoints.min_dalle import read_pt
from inference.checkpoints.store import ModelStore, StoredModel, check_room, write_source
from inference.checkpoints.weights import WEIGHTS, CheckpointError, count_values, read_json

UPSCALER: Final = "swin2sr"
"""The kind in source.json, and `model_type` in the network's own config.json."""

SUGGESTED: Final = "caidas/swin2SR-classical-sr-x2-64"
PICKLE: Final = "pytorch_model.bin"


def is_upscaler(folder: Path) -> bool:
    """Whether a folder holds a Swin2SR.  Raises `CheckpointError` where its config.json cannot be read."""
    return read_json(folder / "config.json").get("model_type") == UPSCALER


def stored_upscaler(store: ModelStore) -> Path | None:
    """The folder of the first one in the store."""
    return next((model.folder for model in store.models() if model.kind == UPSCALER), None)


def store_upscaler(
    name: str, store: ModelStore, hub: Hub, sizes: Mapping[str, int], commit: str, licence: str
) -> StoredModel:
    """Fetches one by the repository's files with their sizes.  Raises `CheckpointError`, also where it is none."""
    config = _fetched(name, hub, sizes, commit, licence, "config.json")
    if not is_upscaler(config.parent):
        raise CheckpointError(f"{name}: is neither a pipeline of diffusers nor a Swin2SR, which enlarges pictures")
    weights = next((file for file in (WEIGHTS, PICKLE) if file in sizes), None)
    if weights is None:
        raise CheckpointError(f"{name}: has neither {WEIGHTS} nor {PICKLE}")
    file = _fetched(name, hub, sizes, commit, licence, weights)
    try:
        with store.adding(name) as new:
            check_room(store.folder, sizes[weights])
            shutil.copyfile(config, new / "config.json")
            if weights == WEIGHTS:
                shutil.copyfile(file, new / WEIGHTS)
            else:
                tensors = {key: tensor.contiguous() for key, tensor in read_pt(file).items()}
                save_file(tensors, new / WEIGHTS, metadata={"format": "pt"})
            write_source(new, name, UPSCALER, count_values(new / WEIGHTS), (f"{name}@{commit}",))
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be stored in {store.folder}: {error.strerror or error}") from error
    return store.get(name)


def _fetched(name: str, hub: Hub, sizes: Mapping[str, int], commit: str, licence: str, file: str) -> Path:
    return hub.fetch(HubRepository(name, commit, licence, sizes[file], (HubFile(file),)))[file]
