"""A zip archive in as many files as a limit on their size takes.

In: names and contents.  Out: files, each a whole archive of its own.
"""

import zipfile
from pathlib import Path
from typing import Final

OVERHEAD: Final = 1024  # what an entry takes besides its content, generously
END: Final = 4096


class Parts:
    """`limit` is in bytes; None makes one file.  To be closed."""

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self._folder = folder
        self._limit = limit
        self._archive: zipfile.ZipFile | None = None
        self._size = 0
        self.files: list[Path] = []
        self.left_out = 0

    def add(self, name: str, content: bytes) -> None:
        """Put it into the file that is open, or, where it has no room, into the next; what fits nowhere is left out."""
        size = len(content) + OVERHEAD
        if self._limit is not None and size + END > self._limit:
            self.left_out += 1
            return
        self._open_for(size).writestr(name, content)

    def add_file(self, name: str, file: Path) -> None:
        """The same of a file that becomes much smaller by being compressed; it is never left out."""
        self._open_for(file.stat().st_size + OVERHEAD).write(file, name, zipfile.ZIP_DEFLATED)

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def _open_for(self, size: int) -> zipfile.ZipFile:
        if self._archive is None or (self._limit is not None and self._size + size + END > self._limit):
            self.close()
            self._size = 0
            self.files.append(self._folder / f"easel-my-data-{len(self.files) + 1}.zip")
            self._archive = zipfile.ZipFile(self.files[-1], "w", zipfile.ZIP_STORED)
        self._size += size
        return self._archive
