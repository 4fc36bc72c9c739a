"""Pipelines from the hub: which files are taken, and that what was stored can be drawn with."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from inference.checkpoints.card import ModelCard
from inference.checkpoints.hub import Hub
from inference.checkpoints.load import verify_model
from inference.checkpoints.pipelines import KNOWN, choose_files, pull_repository
from inference.checkpoints.store import ModelStore, check_hashes
from inference.checkpoints.weights import CheckpointError
from inference.server.upscaling import Upscaler
from tests.bot_fakes import tile
from tests.published import REVISION, serving
from tests.tiny_pipelines import swin2sr_folder

INDEX = {"_class_name": "X", "unet": ["diffusers", "UNet"], "vae": ["diffusers", "VAE"], "safety_checker": [None, None]}


def repository(root: Path, name: str = "tiny/painter") -> Path:
    """With a pickle beside each file of weights, half precision, another copy of weights, and a script."""
    from safetensors.numpy import save_file

    folder = root / name
    for part in ("unet", "vae"):
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text("{}")
        for file in ("diffusion_model.safetensors", "diffusion_model.fp16.safetensors"):
            import numpy as np

            save_file({"w": np.ones(7, np.float16 if "fp16" in file else np.float32)}, folder / part / file)
        (folder / part / "diffusion_model.bin").write_bytes(b"pickle")
    (folder / "unet" / "diffusion_model.non_ema.safetensors").write_bytes(b"x")
    (folder / "run.py").write_text("print()")
    (folder / "all-in-one.safetensors").write_bytes(b"x")
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    return folder


@pytest.mark.parametrize("half", [False, True])
def test_what_is_needed_is_stored_and_pinned(tmp_path: Path, *, half: bool) -> None:
    """Safetensors and texts of the parts that the index names, at the commit that was found, each file verified."""
    repository(tmp_path / "hub")
    store = ModelStore(tmp_path / "models")
    with serving(tmp_path / "hub") as server:
        model = pull_repository("tiny/painter", store, Hub(server.url, tmp_path / "cache", quiet=True), half=half)
        fetched = {line.split(" ")[1] for line in server.asked if line.startswith("GET") and "." in line}
    files = {str(path.relative_to(model.folder)) for path in model.folder.rglob("*") if path.is_file()}
    weights = {f"{part}/diffusion_model.safetensors" for part in ("unet", "vae")}
    assert files == {"model_index.json", "easel.json", "source.json", "unet/config.json", "vae/config.json", *weights}
    assert (model.kind, model.parameters, model.origins) == ("diffusers", 14, (f"tiny/painter@{REVISION}",))
    assert {("fp16" in name) for name in fetched if name.endswith(".safetensors")} == {half}
    assert not any(name.endswith((".bin", ".py")) for name in fetched)
    check_hashes(store.get("tiny/painter"))
    assert ModelCard.read(model.folder) == ModelCard()


def test_a_repository_that_is_none_is_said(tmp_path: Path) -> None:
    """Nothing there, or no pipeline."""
    (repository(tmp_path / "hub") / "model_index.json").unlink()
    with serving(tmp_path / "hub") as server:
        hub, store = Hub(server.url, tmp_path / "cache", quiet=True), ModelStore(tmp_path / "models")
        with pytest.raises(CheckpointError, match=r"no model_index\.json, so it is no pipeline"):
            pull_repository("tiny/painter", store, hub)
        with pytest.raises(CheckpointError, match="no such repository"):
            pull_repository("tiny/nothing", store, hub)
    assert store.models() == []


@pytest.mark.parametrize("published_as", ["model.safetensors", "pytorch_model.bin"])
def test_an_upscaler_is_stored_pinned_and_found(tmp_path: Path, published_as: str) -> None:
    """A Swin2SR, whose weights are published as safetensors or as a pickle, of which the tensors alone are read; a
    server that names none takes it, and one that wants none does not."""
    original = swin2sr_folder(tmp_path / "hub" / "tiny" / "larger")
    if published_as == "pytorch_model.bin":
        torch.save(load_file(original / "model.safetensors"), original / published_as)
        (original / "model.safetensors").unlink()
    store = ModelStore(tmp_path / "models")
    assert Upscaler.find("", store.folder) is None
    with serving(tmp_path / "hub") as server:
        model = pull_repository("tiny/larger", store, Hub(server.url, tmp_path / "cache", quiet=True))
    assert (model.kind, model.origins) == ("swin2sr", (f"tiny/larger@{REVISION}",))
    assert {path.name for path in model.folder.iterdir()} == {"config.json", "model.safetensors", "source.json"}
    check_hashes(store.get("tiny/larger"))
    assert verify_model("tiny/larger", store).endswith("enlarges pictures")
    upscaler = Upscaler.find("", store.folder)
    assert upscaler is not None
    assert upscaler.enlarge(tile(1, 16))[:4] == b"\x89PNG"
    assert Upscaler.find("none", store.folder) is None


def test_a_network_of_another_kind_is_refused(tmp_path: Path) -> None:
    """With what could be pulled instead."""
    (tmp_path / "hub" / "tiny" / "other").mkdir(parents=True)
    (tmp_path / "hub" / "tiny" / "other" / "config.json").write_text('{"model_type": "bert"}')
    with serving(tmp_path / "hub") as server:
        hub, store = Hub(server.url, tmp_path / "cache", quiet=True), ModelStore(tmp_path / "models")
        with pytest.raises(CheckpointError, match="neither a pipeline of diffusers nor a Swin2SR"):
            pull_repository("tiny/other", store, hub)


def test_pickles_are_not_fetched() -> None:
    """A part that is published in no other form is named."""
    sizes = {"unet/config.json": 2, "unet/diffusion_model.bin": 9, "vae/config.json": 2, "vae/v.safetensors": 9}
    with pytest.raises(CheckpointError, match="x/y: unet is not published as plain safetensors"):
        choose_files("x/y", INDEX, sizes, half=False)


def test_half_precision_is_taken_where_it_is_all_there_is() -> None:
    """Under the names that are loaded; shards keep theirs, for their index names them."""
    sizes = {"unet/u.fp16.safetensors": 1, "vae/v-00001-of-00002.safetensors": 1, "vae/v.safetensors.index.json": 1,
             "vae/v.fp16-00001-of-00002.safetensors": 1}  # fmt: skip
    assert choose_files("x/y", INDEX, sizes, half=True) == {
        "unet/u.fp16.safetensors": "unet/u.safetensors",
        "vae/v-00001-of-00002.safetensors": "vae/v-00001-of-00002.safetensors",
        "vae/v.safetensors.index.json": "vae/v.safetensors.index.json",
    }


def test_known_pipelines_have_cards_that_can_be_read(tmp_path: Path) -> None:
    """What pull writes is what is read."""
    for known in KNOWN.values():
        known.card.write(tmp_path)
        assert ModelCard.read(tmp_path) == known.card
