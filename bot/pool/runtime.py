"""The folder of the local inference server's socket: short in path, this user's alone, and the same at every start.

In: what it belongs to.  Out: the folder, made anew as often as something cleans it away; gone when the bot ends, and
where it was killed, used again by the next one.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.config import Settings
from bot.errors import ConfigurationError

MAX_SOCKET_PATH: Final = 100  # the kernel takes 107 bytes
SOCKET_NAME: Final = "inference.sock"


def socket_owner(settings: Settings) -> str:
    """What a bot's folder belongs to: its data, and of several processes over them, its shards."""
    return f"{settings.data_dir.absolute()} {settings.partition}"


def runtime_place(owner: str) -> Path:
    """Where the folder is, or would be made.  Raises ConfigurationError where no place takes one."""
    return _choose(owner, _see_private)


@contextmanager
def runtime_folder(owner: str) -> Iterator[Path]:
    """The folder for this `owner`.  Raises ConfigurationError where no place takes one."""
    folder = _choose(owner, make_private)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_private(folder: Path) -> None:
    """Make the folder, or see that it is ours alone.  Raises OSError, also where somebody else made it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    _see_private(folder)


def _see_private(folder: Path) -> None:
    if not folder.is_symlink() and not folder.exists():
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is somebody else's, or open to others: {stat.filemode(found.st_mode)}")


def _choose(owner: str, take: Callable[[Path], None]) -> Path:
    name = f"easel-{hashlib.sha256(f'{os.geteuid()} {owner}'.encode()).hexdigest()[:12]}"
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  # see make_private
        if parent is None or not os.access(parent, os.W_OK):
            continue
        folder = Path(parent) / name
        if len(os.fsencode(folder / SOCKET_NAME)) > MAX_SOCKET_PATH:
            continue
        try:
            take(folder)
        except OSError:
            continue
        return folder
    raise ConfigurationError(
        "XDG_RUNTIME_DIR",
        os.environ.get("XDG_RUNTIME_DIR", ""),
        "neither it nor TMPDIR nor /tmp takes the inference server's socket",
        f"Set it to a writable folder of your own whose path has at most {MAX_SOCKET_PATH - 34} characters.",
    )
