"""A JSON object that is written piece by piece, so that however long its lists are, nobody holds them.

In: values, and entries of lists, one list after another.  Out: a file.  Its methods wait for the disk: call them in a
thread.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any


class Document:
    """Begins with `values`.  To be closed, and not to be read before."""

    def __init__(self, file: Path, values: dict[str, str]) -> None:
        self._file = file.open("w", encoding="utf-8")
        self._file.write("{" + ", ".join(f"{_json(name)}: {_json(value)}" for name, value in values.items()))
        self._list: str | None = None
        self._is_empty = True

    def extend(self, name: str, entries: Iterable[Any]) -> None:
        """Add to this list, which is the one of before or a new one."""
        if name != self._list:
            self._end_list()
            self._file.write(f",\n{_json(name)}: [")
            self._list, self._is_empty = name, True
        for entry in entries:
            self._file.write(f"{'' if self._is_empty else ','}\n{_json(entry)}")
            self._is_empty = False

    def close(self) -> None:
        self._end_list()
        self._file.write("}\n")
        self._file.close()

    def _end_list(self) -> None:
        if self._list is not None:
            self._file.write("]")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
