"""Models into the store: pulled or imported, from every layout, the numbers unchanged and mapped when they load."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from inference.checkpoints.builtin import save_builtin
from inference.checkpoints.convert import import_folder, pull
from inference.checkpoints.hub import Hub, HubFile
from inference.checkpoints.load import load_model, verify_model
from inference.checkpoints.store import ModelStore, check_hashes
from inference.checkpoints.weights import CheckpointError
from tests.published import REVISION, clip_folder, original_folder, repositories, serving, tiny
from tests.test_checkpoints import assert_same_weights, builtin_like
from tests.test_min_dalle_checkpoint import min_dalle_folder


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def test_pulling_a_published_model(tmp_path: Path, store: ModelStore) -> None:
    """All its parts arrive under its name, converted, with where they came from; the second time without a network."""
    steps: list[tuple[int, int]] = []
    with serving(repositories(tmp_path / "root")) as server:
        hub = Hub(server.url, tmp_path / "cache", quiet=True)
        model = pull(tiny(), store, hub, report=lambda done, total: steps.append((done, total)))
    assert model.origins == (f"tiny/mini@{REVISION}", f"tiny/vqgan@{REVISION}", f"tiny/clip@{REVISION}")
    assert sorted(path.relative_to(model.folder).as_posix() for path in model.folder.rglob("*") if path.is_file()) == [
        "clip/config.json", "clip/merges.txt", "clip/model.safetensors", "clip/preprocessor_config.json",
        "clip/vocab.json", "config.json", "enwiki-words-frequency.txt", "model.safetensors", "source.json",
        "tokenizer.json", "vqgan/config.json", "vqgan/model.safetensors",
    ]  # fmt: skip
    assert steps[-1][0] == steps[-1][1] == 4 * model.parameters
    checkpoint = load_model("tiny/mini", store=store)
    original = load_model(str(original_folder(tmp_path / "original")))
    assert checkpoint.name == "tiny/mini"
    assert checkpoint.clip == model.folder / "clip"
    assert_same_weights(checkpoint.dalle, original.dalle)
    assert_same_weights(checkpoint.vqgan, original.vqgan)
    assert checkpoint.text(["a #throwbackthursday"])[0].tolist() == original.text(["a #throwbackthursday"])[0].tolist()  # type: ignore[operator]
    assert list(load_file(model.folder / "clip" / "model.safetensors")) == ["logit_scale"]
    assert pull(tiny(), store, hub).hashes == model.hashes


def test_a_pull_that_fails_leaves_nothing(tmp_path: Path, store: ModelStore) -> None:
    """Weights that do not belong to their config.json are refused, and no half model is there."""
    root = repositories(tmp_path / "root")
    path = root / "tiny" / "mini" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"d_model": 64}), encoding="utf-8")
    with serving(root) as server, pytest.raises(CheckpointError, match=r"has shape .*, \(.* is expected"):
        pull(tiny(), store, Hub(server.url, tmp_path / "cache", quiet=True))
    assert store.models() == []
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_without_its_list_of_words(tmp_path: Path, store: ModelStore) -> None:
    """A model whose words are not there is a model nevertheless."""
    root = repositories(tmp_path / "root")
    (root / "tiny" / "mini" / "enwiki-words-frequency.txt").unlink()
    with serving(root) as server:
        pull(tiny((HubFile("config.json"), HubFile("flax_model.msgpack"))), store, Hub(server.url, tmp_path / "cache"))
    assert load_model("tiny/mini", store=store).name == "tiny/mini"


def test_importing_a_folder(tmp_path: Path, store: ModelStore) -> None:
    """A folder as it was published becomes a model of the name that was asked for, its CLIP with it."""
    folder = original_folder(tmp_path / "original")
    clip_folder(folder / "clip")
    model = import_folder(folder, "mine", store)
    assert model.origins == (str(folder),)
    assert_same_weights(load_model("mine", store=store).dalle, load_model(str(folder)).dalle)
    assert (model.folder / "clip" / "model.safetensors").is_file()
    check_hashes(model)
    assert verify_model("mine", store).startswith("mine: 0.")


def test_importing_min_dalle(tmp_path: Path, store: ModelStore) -> None:
    """Its PyTorch files become safetensors."""
    folder = min_dalle_folder(tmp_path / "pretrained")
    model = import_folder(folder, "min", store)
    assert not list(model.folder.rglob("*.pt"))
    assert_same_weights(load_model("min", store=store).dalle, load_model(str(folder)).dalle)
    assert_same_weights(load_model("min", store=store).vqgan, load_model(str(folder)).vqgan)


def test_importing_a_model_of_our_own(tmp_path: Path, store: ModelStore) -> None:
    """What `easel train` exported is copied, with the sampling that it recommends."""
    save_builtin(tmp_path / "trained", *builtin_like())
    import_folder(tmp_path / "trained", "trained", store)
    assert_same_weights(load_model("trained", store=store).dalle, load_model(str(tmp_path / "trained")).dalle)


def test_stored_numbers_are_mapped(tmp_path: Path, store: ModelStore) -> None:
    """Computed with in the type that they are stored in, weights stay in the file; others are copies."""
    model = import_folder(original_folder(tmp_path / "original"), "half", store, dtype=torch.float16)
    mapped = load_file(model.folder / "model.safetensors")["lm_head.weight"]
    loaded = load_model("half", torch.float16, store).dalle.lm_head.weight
    assert mapped.dtype is torch.float16
    assert torch.equal(loaded, mapped)
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert any(
            low <= loaded.data_ptr() < high and file.endswith("model.safetensors")
            for low, high, file in mappings(maps.read_text(encoding="utf-8"))
        )
    assert load_model("half", torch.float32, store).dalle.lm_head.weight.dtype is torch.float32


def mappings(text: str) -> list[tuple[int, int, str]]:
    parts = [line.split(maxsplit=5) for line in text.splitlines()]
    ranges = [(part[0].split("-"), part[5]) for part in parts if len(part) == 6]
    return [(int(low, 16), int(high, 16), file) for (low, high), file in ranges]


def test_too_little_room(tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is written, the disk must have room for it."""
    monkeypatch.setattr(
        "inference.checkpoints.convert.shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000})
    )
    with pytest.raises(CheckpointError, match=r"GB are needed there, 0\.0 GB are free"):
        import_folder(original_folder(tmp_path / "original"), "mine", store)


@pytest.mark.parametrize("name", ["builtin", "a--b", "../x"])
def test_names_that_will_not_do(tmp_path: Path, store: ModelStore, name: str) -> None:
    """A name that cannot be is refused before any work."""
    with pytest.raises(CheckpointError, match="cannot be a model's name"):
        import_folder(tmp_path / "missing", name, store)


def test_no_folder(tmp_path: Path, store: ModelStore) -> None:
    """What is no folder is named."""
    with pytest.raises(CheckpointError, match="missing: is no folder"):
        import_folder(tmp_path / "missing", "mine", store)


def test_a_published_model_that_is_not_here(store: ModelStore) -> None:
    """The error names the command that brings it."""
    with pytest.raises(CheckpointError, match="is not here yet: run `easel models pull dalle-mini/dalle-mini`"):
        load_model("dalle-mini/dalle-mini", store=store)
