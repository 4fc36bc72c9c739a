"""A C file as a shared library in the user's cache folder: built once, whole or not at all, not trusted blindly.

In: a C file, a compiler, flags.  Out: the path of a library whose bytes are those that were built.
The library's last 32 bytes are the SHA-256 of those before, which the loader does not mind: a file that was cut off or
damaged would otherwise end the process that loads it, and the next one, without a word.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
import torch

from inference.native.cache import user_cache

log = structlog.get_logger(__name__)

BUILD_SECONDS: Final = 120
DIGEST_BYTES: Final = 32


def built_library(source: Path, compiler: str, flags: tuple[str, ...]) -> Path:
    """The library's path, built first where it is not there or not as it was built.

    Raises OSError and subprocess.SubprocessError.
    """
    openmp = sorted((Path(torch.__file__).parent / "lib").glob("libgomp*"))  # one pool of threads, not two
    made_from = source.read_bytes() + repr((flags, compiler, openmp)).encode()
    folder = user_cache()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"kernels-{hashlib.sha256(made_from).hexdigest()[:16]}.so"
    _forget_what_crashed(path)
    if path.is_file() and not _is_whole(path.read_bytes()):
        log.warning("native kernels built anew", reason=f"{path} was damaged")
        path.unlink()
    if not path.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            built, unlinked = Path(scratch) / "kernels.so", Path(scratch) / "kernels.o"
            link = [str(openmp[0])] if openmp else ["-fopenmp"]
            for command in (
                [compiler, *flags, "-c", "-o", str(unlinked), str(source)],
                [compiler, "-shared", "-o", str(built), str(unlinked), *link],
            ):
                subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
            _seal(built)
            built.replace(path)
    return path


@contextmanager
def being_loaded(path: Path) -> Iterator[None]:
    """While it lasts, a file says that this process loads the library: where the process dies of it, the file stays."""
    marker = path.with_name(f"{path.stem}.{os.getpid()}.loading")
    marker.touch()
    try:
        yield
    finally:
        marker.unlink(missing_ok=True)
        path.with_suffix(".again").unlink(missing_ok=True)


def _forget_what_crashed(path: Path) -> None:
    """Drop a library that ended the process that loaded it.  Raises OSError where one was built anew and did so again.

    Then this process does without, and the next one tries once more.
    """
    again = path.with_suffix(".again")
    for marker in path.parent.glob(f"{path.stem}.*.loading"):
        if _is_alive(int(marker.name.split(".")[-2])):
            continue
        marker.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        if again.exists():
            again.unlink()
            raise OSError(f"{path}, built anew, ended the process that loaded it")
        again.touch()
        log.warning("native kernels built anew", reason=f"the process that loaded {path} last ended while it did")


def _seal(built: Path) -> None:
    """Write the digest behind the bytes, and all of it to the disk, before the file gets its name."""
    with built.open("r+b") as file:
        digest = hashlib.sha256(file.read()).digest()
        file.write(digest)
        file.flush()
        os.fsync(file.fileno())


def _is_whole(library: bytes) -> bool:
    return hashlib.sha256(library[:-DIGEST_BYTES]).digest() == library[-DIGEST_BYTES:]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
