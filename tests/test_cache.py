"""Where compiled kernels and models go, also for a user whom no list knows."""

import os
from pathlib import Path

import pytest

from inference.checkpoints.store import ModelStore
from inference.native.cache import user_cache


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As in `docker run --user 12345`: no HOME, no entry in the list of users.  The user's temporary folder."""

    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"easel-{os.getuid()}"


def test_a_home_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME before it; nothing is made by asking."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert user_cache() == tmp_path / ".cache" / "easel"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert user_cache() == tmp_path / "x" / "easel"
    assert ModelStore().folder == tmp_path / "x" / "easel" / "models"
    assert list(tmp_path.iterdir()) == []


def test_without_a_home_it_is_a_private_temporary_folder(homeless: Path) -> None:
    """For this user alone, because code is loaded from there."""
    assert user_cache() == homeless
    assert homeless.stat().st_mode & 0o077 == 0
    assert user_cache() == homeless


def test_a_home_that_takes_no_files_is_none(homeless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As HOME=/ of a container."""
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    monkeypatch.setattr("os.access", lambda *_: False)
    assert user_cache() == homeless


def test_a_folder_that_others_can_write_to_is_refused(homeless: Path) -> None:
    """Somebody else may have made it first."""
    homeless.mkdir()
    homeless.chmod(0o777)
    with pytest.raises(PermissionError, match="set XDG_CACHE_HOME"):
        user_cache()
    homeless.rmdir()
    homeless.symlink_to(homeless.parent)
    with pytest.raises(PermissionError, match="set XDG_CACHE_HOME"):
        user_cache()
