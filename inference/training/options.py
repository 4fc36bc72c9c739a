"""A training stage's settings from a TOML file and the command line.

In: a frozen dataclass with defaults, and arguments. Out: an instance of it. It knows no stage.
"""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

ConfigT = TypeVar("ConfigT")


def read_options(kind: type[ConfigT], arguments: Sequence[str] | None, about: str) -> tuple[ConfigT, bool]:
    """Settings and whether `--resume` was given. The command line wins over `--config FILE`, which wins over defaults.

    Every field of `kind` is an option of the same name. Exits with a message when one is unknown or malformed.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--config", type=Path, help="TOML file with settings of these names")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint of the run")
    hints = get_type_hints(kind)
    types = {field.name: _plain(hints[field.name]) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name, plain in types.items():
        option = f"--{name.replace('_', '-')}"
        if plain is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None)
        else:
            parser.add_argument(option, type=plain, default=None)
    given = vars(parser.parse_args(arguments))
    file: Path | None = given.pop("config")
    resume: bool = given.pop("resume")
    values: dict[str, Any] = {}
    if file is not None:
        values = tomllib.loads(file.read_text("utf-8"))
        unknown = sorted(set(values) - set(types))
        if unknown:
            parser.error(f"{file}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(types))}")
    values |= {name: value for name, value in given.items() if value is not None}
    values = {name: types[name](value) if types[name] is Path else value for name, value in values.items()}
    values = {name: value.expanduser() if isinstance(value, Path) else value for name, value in values.items()}
    return kind(**values), resume


def _plain(hint: Any) -> Any:
    """The type behind an optional one."""
    return next((part for part in get_args(hint) if part is not NoneType), hint)
