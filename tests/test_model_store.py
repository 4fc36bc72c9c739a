"""The store of models: whole or not at all, found by name, and what was stored can be checked."""

from pathlib import Path

import pytest

from inference.checkpoints.store import ModelStore, check_hashes, is_name, write_source
from inference.checkpoints.weights import CheckpointError


def add(store: ModelStore, name: str, text: str = "x") -> None:
    with store.adding(name) as folder:
        (folder / "weights").write_text(text, encoding="utf-8")
        write_source(folder, name, "dalle-mini", 5, ("here",))


def test_a_model_is_found_by_its_name(tmp_path: Path) -> None:
    """What was added is listed by name with what is known of it, also a name with a slash."""
    store = ModelStore(tmp_path / "models")
    assert store.models() == []
    add(store, "dalle-mini/dalle-mini")
    add(store, "mine")
    assert [model.name for model in store.models()] == ["dalle-mini/dalle-mini", "mine"]
    model = store.get("mine")
    assert (model.kind, model.parameters, model.origins) == ("dalle-mini", 5, ("here",))
    assert model.size == 1 + (model.folder / "source.json").stat().st_size
    assert store.find("other") is None
    assert store.find("../models/mine") is None


def test_the_cache_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless told otherwise, models are kept under XDG_CACHE_HOME, or ~/.cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ModelStore().folder == tmp_path / "easel" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert ModelStore().folder == Path.home() / ".cache" / "easel" / "models"
    assert ModelStore(Path("~/m")).folder == Path.home() / "m"


def test_what_fails_leaves_the_old_model(tmp_path: Path) -> None:
    """While a model is written, and when that fails, the one that was there stays; nothing half-done remains."""
    store = ModelStore(tmp_path)
    add(store, "mine", "old")

    def fail() -> None:
        with store.adding("mine") as folder:
            (folder / "weights").write_text("half", encoding="utf-8")
            assert (store.get("mine").folder / "weights").read_text(encoding="utf-8") == "old"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (store.get("mine").folder / "weights").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "mine"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    """A rest is no model, and goes with the next addition, which replaces the model in its place."""
    store = ModelStore(tmp_path)
    add(store, "mine", "old")
    (tmp_path / ".unfinished-abc").mkdir()
    (tmp_path / ".unfinished-abc" / "weights").write_text("half", encoding="utf-8")
    assert [model.name for model in store.models()] == ["mine"]
    add(store, "mine", "new")
    assert (store.get("mine").folder / "weights").read_text(encoding="utf-8") == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "mine"]


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second command does not disturb the first."""
    with (
        ModelStore(tmp_path).adding("mine"),
        pytest.raises(CheckpointError, match="another command is changing the models"),
        ModelStore(tmp_path).adding("other"),
    ):
        pass


def test_removing(tmp_path: Path) -> None:
    """A removed model is gone; what is not there, and what ships with Easel, cannot be removed."""
    store = ModelStore(tmp_path)
    add(store, "mine")
    assert store.remove("mine").name == "mine"
    assert store.models() == []
    with pytest.raises(CheckpointError, match=f"'mine' is no model in {tmp_path}"):
        store.remove("mine")
    with pytest.raises(CheckpointError, match="builtin is part of Easel"):
        store.remove("builtin")


def test_changed_files_are_noticed(tmp_path: Path) -> None:
    """A file that is missing or holds something else is named."""
    store = ModelStore(tmp_path)
    add(store, "mine")
    check_hashes(store.get("mine"))
    weights = tmp_path / "mine" / "weights"
    weights.write_text("y", encoding="utf-8")
    with pytest.raises(CheckpointError, match=f"{weights}: has SHA-256"):
        check_hashes(store.get("mine"))
    weights.unlink()
    with pytest.raises(CheckpointError, match=f"{weights}: the file is missing"):
        check_hashes(store.get("mine"))


@pytest.mark.parametrize("text", ["{", "{}", '{"name": "mine", "kind": "x", "parameters": "many"}', "[]"])
def test_a_damaged_source_is_an_error(tmp_path: Path, text: str) -> None:
    """The list leaves such a model out; asking for it names the file."""
    store = ModelStore(tmp_path)
    add(store, "mine")
    (tmp_path / "mine" / "source.json").write_text(text, encoding="utf-8")
    assert store.models() == []
    with pytest.raises(CheckpointError, match=r"source\.json"):
        store.get("mine")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("a", True), ("dalle-mini/dalle-mega", True), ("My_model.2", True), ("builtin", False), ("", False),
        (".hidden", False), ("a/b/c", False), ("a--b", False), ("a/../b", False), ("a b", False), ("x" * 97, False),
    ],
)  # fmt: skip
def test_names(tmp_path: Path, name: str, good: bool) -> None:
    """A name is like the hub's; others are refused with the rule."""
    assert is_name(name) is good
    if not good:
        with pytest.raises(CheckpointError, match="cannot be a model's name"), ModelStore(tmp_path).adding(name):
            pass
