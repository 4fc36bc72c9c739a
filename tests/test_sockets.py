"""Where a server listens: nobody is robbed, nobody slips in, and errors name the place."""

import os
import socket
import stat
from pathlib import Path

import pytest

from inference.server.sockets import ListenError, listen_tcp, listen_unix, remove_unix


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short path: pytest's own folders can be longer than a socket's path may be."""
    monkeypatch.chdir(tmp_path)
    return Path("easel.sock")


def test_only_the_owner_may_connect(path: Path) -> None:
    """The file has mode 0600 from the first moment on, whatever the umask of the process."""
    before = os.umask(0)
    try:
        with listen_unix(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert os.umask(0) == 0  # and the process keeps its own umask
    finally:
        os.umask(before)


def test_the_socket_listens(path: Path) -> None:
    """A client gets through."""
    with listen_unix(path) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        listener.accept()[0].close()


def test_a_dead_servers_file_is_replaced(path: Path) -> None:
    """What kill -9 left behind does not need a person."""
    listen_unix(path).close()
    assert path.exists()
    with listen_unix(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_live_server_is_not_robbed(path: Path) -> None:
    """The second one learns that the place is taken; the first one goes on."""
    with listen_unix(path):
        with pytest.raises(ListenError, match=r"already listening on unix socket easel\.sock"):
            listen_unix(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_other_files_are_left_alone(path: Path) -> None:
    """A wrong path must not cost anyone a file."""
    path.write_text("precious")
    with pytest.raises(ListenError, match="not a socket"):
        listen_unix(path)
    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_named(tmp_path: Path) -> None:
    """With its length and the limit."""
    with pytest.raises(ListenError, match="at most 107"):
        listen_unix(tmp_path / ("x" * 120))


def test_a_missing_folder_is_named(path: Path) -> None:
    """The message says where and why."""
    with pytest.raises(ListenError, match=r"nowhere/easel\.sock: its folder is not there"):
        listen_unix(Path("nowhere") / path)


def test_removing_spares_a_successor(path: Path) -> None:
    """A server that stops late must not take away the file of the one that follows it."""
    listen_unix(path).close()
    with listen_unix(path):
        remove_unix(path)
        assert path.exists()
    remove_unix(path)
    assert not path.exists()
    remove_unix(path)  # and once more does no harm


def test_a_taken_port_is_named() -> None:
    """With its host."""
    with listen_tcp("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError, match=rf"port {port} on 127\.0\.0\.1 is taken"):
            listen_tcp("127.0.0.1", port)


def test_an_address_of_another_machine_is_named() -> None:
    """192.0.2.1 is kept for documentation, so nobody has it (RFC 5737)."""
    with pytest.raises(ListenError, match=r"192\.0\.2\.1, port 80"):
        listen_tcp("192.0.2.1", 80)
