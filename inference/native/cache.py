"""The folder for what can be made or fetched again: compiled kernels, and the models unless MODELS_DIR says otherwise.

In: XDG_CACHE_HOME and the user's home.  Out: a folder of this user's.
"""

import os
import stat
import tempfile
from pathlib import Path


def user_cache() -> Path:
    """`easel` in the user's cache; for a user without a home that takes files, a private temporary folder.

    Containers run as users that no list knows (`docker run --user 12345`).  Raises PermissionError.
    """
    given = os.environ.get("XDG_CACHE_HOME")
    try:
        cache = Path(given) if given else Path.home() / ".cache"
    except RuntimeError:  # no HOME, and no entry in the list of users
        return _private_folder()
    existing = next(place for place in (cache / "easel", cache, *cache.parents) if place.exists())
    return cache / "easel" if os.access(existing, os.W_OK | os.X_OK) else _private_folder()


def _private_folder() -> Path:
    """Compiled code is loaded from here, so a folder that somebody else could write to is refused."""
    folder = Path(tempfile.gettempdir()) / f"easel-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(
            f"{folder} is not this user's alone: remove it, or set XDG_CACHE_HOME to a folder of yours"
        )
    return folder
