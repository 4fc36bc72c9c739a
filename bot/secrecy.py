"""Folders and files that only the user who runs Easel may read: prompts, pictures and ids lie there.

In: a path.  Out: it is there, or a remark.  What is there already keeps its mode: it is the operator's, who may have
chosen one (a container's group, a backup's reader).
"""

import os
import stat
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make it and what is missing above it, each 0700.  Raises OSError."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(file: Path) -> None:
    """Make it empty and 0600, before others write it.  Raises OSError.

    One that is there is not even opened: to close it would give up the locks that this process has on a database.
    """
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def read_by_others(file: Path) -> bool:
    """Whether everybody on this machine can: by the modes of the file and of its folder."""
    if not file.exists():
        return False
    return bool(file.stat().st_mode & stat.S_IROTH and file.parent.stat().st_mode & stat.S_IXOTH)
