"""Sockets to listen on, opened so that whoever is already there is neither robbed nor joined.

In: a path, or a host and a port.  Out: a listening socket, or ListenError, which names the place and the cause.
"""

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from typing import Final

BACKLOG: Final = 128
LONGEST_PATH: Final = 107
"""Bytes of a unix socket's path that Linux takes (sun_path of unix(7), without its closing zero)."""


class ListenError(Exception):
    """The place to listen on is taken or cannot be had."""


def listen_unix(path: Path) -> socket.socket:
    """A unix socket that only its owner may connect to.  The file of a dead server is replaced, a live one is not."""
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        raise ListenError(f"the unix socket's path {path} has {length} bytes; at most {LONGEST_PATH} are possible")
    try:
        _remove_dead(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The mode comes with the file, by the umask: with a chmod afterwards, there would be a moment for a stranger.
        before = os.umask(0o177)
        try:
            listener.bind(os.fspath(path))
        except OSError:
            listener.close()
            raise
        finally:
            os.umask(before)
        listener.listen(BACKLOG)
    except FileNotFoundError as error:
        raise ListenError(f"cannot listen on unix socket {path}: its folder is not there; make it first") from error
    except OSError as error:
        raise ListenError(f"cannot listen on unix socket {path}: {error.strerror or error}") from error
    return listener


def listen_tcp(host: str, port: int) -> socket.socket:
    """A TCP socket on the first address that `host` stands for."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(f"port {port} on {host} is taken: another program listens there") from error
        raise ListenError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error


def remove_unix(path: Path) -> None:
    """Remove the file of a unix socket that was closed, unless another server has taken its place meanwhile."""
    with contextlib.suppress(OSError, ListenError):
        _remove_dead(path)


def _remove_dead(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenError(f"{path} exists and is not a socket; choose another path or move it away")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        else:
            raise ListenError(f"a server is already listening on unix socket {path}")
