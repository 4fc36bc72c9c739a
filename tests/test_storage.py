"""The folder of pictures."""

import os
import tempfile
from pathlib import Path

import pytest

from bot.errors import ConfigurationError, NotFound, NotSaved
from bot.storage.folder import FolderStorage
from bot.storage.naming import key_of

KEY = "generations/7/0.png"


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    opened = FolderStorage(tmp_path / "pictures")
    opened.open()
    return opened


async def test_what_was_put_is_there_until_deleted(storage: FolderStorage) -> None:
    """Put, replace, get, delete, and delete again."""
    await storage.put(KEY, b"one")
    await storage.put(KEY, b"two")
    assert await storage.get(KEY) == b"two"
    await storage.delete(KEY)
    with pytest.raises(NotFound):
        await storage.get(KEY)
    await storage.delete(KEY)


async def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    storage: FolderStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up in the middle, the person is told and no half file stays."""
    await storage.put(KEY, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotSaved):
        await storage.put(KEY, b"new")
    assert await storage.get(KEY) == b"old"
    assert [path.name for path in (tmp_path / "pictures/generations/7").iterdir()] == ["0.png"]


async def test_a_file_is_what_its_name_says_or_not_there(storage: FolderStorage, tmp_path: Path) -> None:
    """Half a file after a power cut, a wrong byte of a failing disk; names of earlier versions say nothing."""
    picture = b"a picture"
    for key in (key_of(7, picture, "png"), key_of(7, picture, "png", start=True)):
        await storage.put(key, picture)
        assert await storage.get(key) == picture
        (tmp_path / "pictures" / key).write_bytes(b"a pictur")
        with pytest.raises(NotFound):
            await storage.get(key)
        await storage.put(key, picture)
        assert await storage.get(key) == picture
    await storage.put(KEY, b"whatever")
    assert await storage.get(KEY) == b"whatever"


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../../x", ""])
async def test_keys_stay_inside(storage: FolderStorage, key: str) -> None:
    """No key leads out of the folder."""
    with pytest.raises(ValueError, match="leads out"):
        await storage.put(key, b"")


def test_a_folder_that_cannot_be_made_names_path_and_cure(tmp_path: Path) -> None:
    """A file in the way is named, with DATA_DIR as what to change."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"DATA_DIR=.*data/pictures.*cannot be written") as caught:
        FolderStorage(tmp_path / "data" / "pictures").open()
    assert "Point DATA_DIR at" in caught.value.cure


def test_a_folder_that_takes_no_files_is_found_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the first picture: a trial file is written when the storage opens."""

    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(ConfigurationError, match="Read-only file system"):
        FolderStorage(tmp_path / "pictures").open()
