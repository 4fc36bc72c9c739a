"""Where picture files live: a folder.

In: keys (see `naming`) and bytes.  Out: the bytes again.  Files appear whole or not at all.
Reading and writing happen in threads, never on the event loop.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

import structlog

from bot.errors import ConfigurationError, NotFound, NotSaved
from bot.secrecy import private_folder
from bot.storage.naming import is_damaged

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`size` is in bytes."""

    key: str
    size: int
    written_at: datetime


class Storage(Protocol):
    """What keeps picture files."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, in place of what was there.  Raises NotSaved."""

    async def get(self, key: str) -> bytes:
        """Raises NotFound, also where the file is not what was put."""

    async def delete(self, key: str) -> None:
        """Forget it; nothing happens where there is none."""

    def files(self) -> AsyncIterator[StoredFile]:
        """All there are."""


class FolderStorage:
    """Files under `folder`, which `open` makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder.  Raises ConfigurationError where it cannot be written."""
        try:
            private_folder(self._folder)
            with tempfile.TemporaryFile(dir=self._folder) as trial:
                trial.write(b"easel")
        except OSError as error:
            raise ConfigurationError(
                "DATA_DIR",
                str(self._folder),
                f"files cannot be written there ({error.strerror})",
                "Point DATA_DIR at a folder that can be written and has space.",
            ) from error

    async def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            await asyncio.to_thread(_write_whole, path, data)
        except OSError as error:
            log.error("storage.not_saved", path=str(path), bytes=len(data), problem=str(error))  # noqa: TRY400  # a line
            raise NotSaved("picture") from error

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(_read_checked, key, self._path(key))
        except FileNotFoundError as error:
            raise NotFound("file") from error

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def files(self) -> AsyncIterator[StoredFile]:
        """What a crash left half written is among them."""
        folders = await asyncio.to_thread(lambda: [Path(name) for name, _, _ in os.walk(self._folder)])
        for folder in folders:
            for file in await asyncio.to_thread(self._in, folder):
                yield file

    def _in(self, folder: Path) -> list[StoredFile]:
        """Those that lie right in a folder."""
        found = []
        for path in folder.iterdir() if folder.exists() else ():
            if path.is_file():
                about = path.stat()
                at = datetime.fromtimestamp(about.st_mtime, UTC)
                found.append(StoredFile(path.relative_to(self._folder).as_posix(), about.st_size, at))
        return found

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or PurePosixPath(key).is_absolute() or ".." in parts:
            raise ValueError(f"key {key!r} leads out of the storage")
        return self._folder.joinpath(*parts)


def _read_checked(key: str, path: Path) -> bytes:
    data = path.read_bytes()
    if is_damaged(key, data):
        log.error("storage.damaged", key=key, bytes=len(data))
        raise NotFound("file")
    return data


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside the place, then move: a crash leaves the old file or the new one."""
    private_folder(path.parent)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
