"""The folder of the local inference server's socket."""

import stat
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.pool.runtime import MAX_SOCKET_PATH, SOCKET_NAME, make_private, runtime_folder


@pytest.fixture
def parent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The place for such folders, with a short path."""
    monkeypatch.setattr("bot.pool.runtime.MAX_SOCKET_PATH", len(str(tmp_path)) + MAX_SOCKET_PATH)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_it_is_private_and_gone_afterwards(parent: Path) -> None:
    """Only this user may enter it."""
    with runtime_folder("data") as folder:
        assert folder.parent == parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_what_a_killed_bot_left_is_used_again(parent: Path) -> None:
    """One folder an owner, however often its bot is killed."""
    with runtime_folder("data") as folder:
        pass
    folder.mkdir(mode=0o700)
    (folder / SOCKET_NAME).touch()
    with runtime_folder("data") as again, runtime_folder("other data") as other:
        assert again == folder != other
    assert list(parent.iterdir()) == []


def test_a_long_path_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The kernel would refuse the socket."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    with runtime_folder(str(tmp_path)) as folder:
        assert len(str(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH
        assert folder.parent != long


def test_a_folder_that_is_open_to_others_is_not_used(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever made it could put another socket there; a link could lead anywhere."""
    open_to_all = parent / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(PermissionError, match="open to others"):
        make_private(open_to_all)
    (parent / "link").symlink_to(parent)
    with pytest.raises(OSError, match="link"):
        make_private(parent / "link")
    monkeypatch.setattr("bot.pool.runtime.make_private", _refuse)
    with pytest.raises(ConfigurationError, match="XDG_RUNTIME_DIR"), runtime_folder("data"):
        pass


def _refuse(folder: Path) -> None:
    raise PermissionError(folder)
