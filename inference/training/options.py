"""A training stage's settings from a TOML file and the command line.

In: a frozen dataclass with defaults, and arguments. Out: an instance of it. It knows no stage.
"""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

ConfigT = TypeVar("ConfigT")

MEANINGS: Mapping[str, str] = {
    "average": "decay of the moving average of the weights, which is what ships",
    "batch": "pictures in one step",
    "cache": "folder for packages and icon renderings",
    "codebook_scenes": "pictures from which the codebook is made",
    "codec": "checkpoint of the trained codec",
    "compiled": "compile the model first: a minute of waiting, then faster steps",
    "crop": "share of training in which windows of pictures are seen, of two thirds of the edge",
    "data": "file of labelled prompts, a JSON object a line",
    "device": "auto, cpu or cuda; auto takes a GPU where there is one",
    "drop": "share of captions left out, so that guidance has something to compare with",
    "epochs": "how often each example is seen",
    "flat": "share of scenes in the flat style",
    "folds": "how many parts the rows have, of which one is kept from the learners in each turn",
    "hold": "share of the training after which the learning rate falls",
    "layers": "how many of the text encoder's layers learn, counted from its end",
    "learning_rate": "peak learning rate",
    "minutes": "how long to train in all, over all resumptions",
    "misspell": "share of the prompts that are seen again with slips of the keyboard",
    "naming": "how much it counts that a noun is taken for its concept and for no other",
    "noise": "how far, at most, a caption's states are disturbed, in shares of their size",
    "phrases": "how many made-up prompts are learned from, too",
    "pictures": "train on the pictures with captions in this folder, instead of the built-in scenes",
    "plain": "how many codes are patches of one colour",
    "popular": "how often popular things are shown, compared with others",
    "precision": "what products are computed in: auto, bfloat16 or float32; auto is bfloat16 where it is fast",
    "rendered": "scenes rendered ahead by `easel train render`; without it they are made while the model learns",
    "repeats": "in how many batches each picture appears",
    "restyle": "share of the prompts that are seen again in users' dress",
    "run": "folder for checkpoints, loss curve and samples",
    "sample_seconds": "seconds between two looks at the model: measures and samples",
    "seed": "the same seed, steps and threads make the same model",
    "start": "folder of an exported model of the same kind to begin from",
    "steps": "how many steps to train in all; with it, minutes do not count",
    "text": "upper layers of the text encoder, as `easel train text` writes them; without it the published ones",
    "threads": "threads of PyTorch; 0 is one for each core",
    "turns": "how many of the folds are judged by a classifier that has not seen them, for thresholds and report",
    "warmup": "steps until the learning rate is at its peak",
    "weight_decay": "how strongly weights are drawn to zero",
}
"""What a setting means, wherever it is a field: the help of every stage."""


_METAVARS: Mapping[type, str] = {Path: "PATH", int: "N", float: "X", str: "NAME"}


def read_options(
    kind: type[ConfigT], arguments: Sequence[str] | None, about: str, stage: str = "STAGE"
) -> tuple[ConfigT, bool]:
    """Settings and whether `--resume` was given. The command line wins over `--config FILE`, which wins over defaults.

    Every field of `kind` is an option of the same name. Exits with a message when one is unknown or malformed.
    """
    hints = get_type_hints(kind)
    types = {field.name: _plain(hints[field.name]) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    parser = _parser(kind, types, about, stage)
    given = vars(parser.parse_args(arguments))
    file: Path | None = given.pop("config")
    resume: bool = given.pop("resume")
    values: dict[str, Any] = {}
    if file is not None:
        values = tomllib.loads(file.read_text("utf-8"))
    if "compiled" not in types:
        for source in (given, values):
            source.pop("compiled", None)
    if values:
        unknown = sorted(set(values) - set(types))
        if unknown:
            parser.error(f"{file}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(types))}")
    values |= {name: value for name, value in given.items() if value is not None}
    values = {name: types[name](value) if types[name] is Path else value for name, value in values.items()}
    values = {name: value.expanduser() if isinstance(value, Path) else value for name, value in values.items()}
    return kind(**values), resume


def _parser(kind: type[Any], types: Mapping[str, Any], about: str, stage: str) -> argparse.ArgumentParser:
    """An option for each field; `--compiled` for every stage, so that one command line does for all of them."""
    parser = argparse.ArgumentParser(prog=f"easel train {stage}", description=about)
    parser.add_argument("--config", type=Path, help="TOML file with settings of these names")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint of the run")
    usual = {field.name: field.default for field in dataclasses.fields(kind)}
    for name, plain in types.items():
        option, meaning = f"--{name.replace('_', '-')}", MEANINGS.get(name, name.replace("_", " "))
        about_it = meaning if usual[name] is None else f"{meaning} ({usual[name]})"
        if plain is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=about_it)
        else:
            parser.add_argument(option, type=plain, default=None, help=about_it, metavar=_METAVARS[plain])
    if "compiled" not in types:
        parser.add_argument("--compiled", action=argparse.BooleanOptionalAction, help="nothing is compiled here")
    return parser


def _plain(hint: Any) -> Any:
    """The type behind an optional one."""
    return next((part for part in get_args(hint) if part is not NoneType), hint)
