"""How good a model is, in numbers: it draws fixed lists of prompts, and a judge that it has never met looks at them.

In: a model, and `assets/evaluation` (questions, the judge, its ceilings, held-out scenes). Out: one number a measure,
as a table, JSON, or a page of sample grids. Nothing else is needed: no icons, no network.

`python -m inference.training.evaluation.evaluate [--quick] [--only MEASURE] [--json] [--html FILE] [--model NAME]`
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from inference.checkpoints.load import load_model
from inference.checkpoints.weights import CheckpointError, read_json
from inference.engine.dalle import DalleCodeModel
from inference.engine.loading import ranker_of
from inference.models.vqgan import VQGAN
from inference.native.precision import Precision
from inference.ranking.detector import load_detector
from inference.training.evaluation.examiner import FEW, GRID, Examiner, again, share_right
from inference.training.evaluation.page import page
from inference.training.evaluation.questions import (
    DERIVED,
    EVALUATION_FOLDER,
    MEASURES,
    Question,
    Questions,
    evenly,
    read_questions,
    spread,
)
from inference.training.evaluation.result import Answer, Evaluation, results
from inference.training.loop import use_threads
from inference.training.stages.vqgan import measure, to_pixels

KEYS = {"concept": "concept_top1", "synonyms": "synonyms_top5", "languages": "languages_top1"}
"""Names of measures in the JSON, where they are not the measure's own."""
_GRIDS, _BEST, _CODEC = "diversity", "best_of_9", "reconstruction"
PARTS = (*MEASURES, _GRIDS, _BEST, _CODEC)
"""What may be measured by itself; `DERIVED` ones come with their source."""
_ALL = 1_000_000
_BEST_OF = {True: 8, False: 160}
"""Prompts of the best-of-nine measure, quick and not."""
_BEST_OF_MEASURES = ("concept", "colour", "pairs", "synonyms")
"""What they are taken from: of the other measures a model soon draws all nine right, and there is nothing to choose."""


def reconstruction(codec: VQGAN, folder: Path) -> tuple[float, float, int]:
    """PSNR in dB and SSIM of held-out scenes through the codec, at the size that it reads, and how many they were."""
    pixels = to_pixels(read_sheet(folder / "scenes.webp", codec.config.resolution))
    quality, similarity, _ = measure(codec, pixels)
    return quality, similarity, len(pixels)


def read_sheet(path: Path, edge: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The square pictures of a sheet, row by row: uint8 (B, edge, edge, 3)."""
    with Image.open(path) as sheet:
        array = np.asarray(sheet.convert("RGB"))
    rows, columns = array.shape[0] // edge, array.shape[1] // edge
    return array.reshape(rows, edge, columns, edge, 3).swapaxes(1, 2).reshape(-1, edge, edge, 3).copy()


@dataclass
class _Numbers:
    """Numbers by name, how many pictures or prompts each rests on, and who hears each of them at once."""

    heard: Callable[[str, float | None, int], None]
    values: dict[str, float | None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, value: float | None, count: int) -> None:
        self.values[name], self.counts[name] = value, count
        self.heard(name, value, count)


@dataclass(frozen=True)
class _Asked:
    """Questions by measure, the prompts whose grids are compared, and those whose first of nine is."""

    by_measure: dict[str, list[Question]]
    diverse: list[Question]
    best: list[Question]

    @classmethod
    def of(cls, lists: Questions, only: Collection[str], most: int, *, quick: bool) -> Self:
        """Of each of the `only` measures that are wanted at most so many questions, evenly from all."""
        every = {name: evenly(lists.of(name, quick=quick), most) for name in MEASURES}
        best = spread([every[name] for name in _BEST_OF_MEASURES], min(_BEST_OF[quick], most))
        asked = {name: questions for name, questions in every.items() if name in only}
        diverse = evenly(lists.diverse(quick=quick), most)
        return cls(asked, diverse if _GRIDS in only else [], best if _BEST in only else [])

    @property
    def pictures(self) -> int:
        """How many are to be drawn."""
        return sum(map(len, self.by_measure.values())) + FEW * len(self.diverse) + GRID * len(self.best)


def evaluate(
    model: str, *, quick: bool = False, most: int = _ALL, only: Collection[str] = PARTS, seed: int = 0, batch: int = 48,
    precision: Precision = Precision.FLOAT32, folder: Path = EVALUATION_FOLDER, progress: Callable[[int, int], None],
    measured: Callable[[str, float | None, int], None],
) -> Evaluation:  # fmt: skip
    """Measure a model: `only` some `PARTS`, with at `most` so many questions each; `progress` hears how many of how
    many pictures are drawn, `measured` each number, and what it rests on, as soon as it is known.

    Raises `CheckpointError` when the model, or the judge, cannot be loaded.
    """
    checkpoint = load_model(model, precision.dtype)
    detector = load_detector(folder)
    asked, done = _Asked.of(read_questions(folder / "questions.json"), only, most, quick=quick), 0
    loaded = DalleCodeModel(checkpoint, slots=2 * batch, precision=precision)
    numbers, answered = _Numbers(measured), dict[str, list[Answer]]()
    examiner = Examiner(loaded, detector, lambda count: progress(done + count, asked.pictures))
    for name, questions in asked.by_measure.items():
        answered[name] = examiner.ask(questions, seed)
        numbers.add(KEYS.get(name, name), *share_right(answered[name]))
        done += len(questions)
        for other in (other for other, source in DERIVED.items() if source == name):
            answered[other] = again(answered[name], other)
            numbers.add(other, *share_right(answered[other]))
    grids, ranker = len(asked.diverse), ranker_of(checkpoint)
    for name, value in (examiner.diversity(asked.diverse, seed) if grids else {}).items():
        numbers.add(name, value, (FEW - 1) * grids if name == "interpretations" else grids)  # at most
    done += FEW * grids
    for name, value in (examiner.best_of_nine(asked.best, ranker, seed) if asked.best and ranker else {}).items():
        numbers.add(name, value, len(asked.best))
    if _CODEC in only:
        quality, similarity, count = reconstruction(checkpoint.vqgan, folder)
        numbers.add("psnr", quality, count)
        numbers.add("ssim", similarity, count)
    return Evaluation(checkpoint.name, numbers.values, numbers.counts, read_ceilings(folder), answered)


def read_ceilings(folder: Path) -> dict[str, float]:
    """How much of each measure the judge gets right on real renderings, as recorded when it was exported."""
    return {name: float(value) for name, value in read_json(folder / "ceilings.json").items()}


def _table(evaluation: Evaluation) -> Table:
    table = Table("measure", "result", "judge's ceiling", "goal", "reached", "n", title=evaluation.model)
    for name, shown, ceiling, goal, reached in results(evaluation):
        mark = {True: "yes", False: "no", None: ""}[reached]
        table.add_row(name, shown, ceiling, goal, mark, str(evaluation.counts.get(name, "")))
    return table


def _line(name: str, value: float | None, count: int) -> str:
    """A number as it is told while others are still measured: who stops then keeps it."""
    return f"{name} {'not measured' if value is None else f'{value:.3f}'} of {count}"


def _options(arguments: Sequence[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(
        prog="easel train evaluate", description="Measure a model with a judge that it has never met."
    )
    parser.add_argument("--model", default="builtin", help="a model's name, or its folder (builtin)")
    parser.add_argument("--quick", action="store_true", help="a fixed part of the questions: minutes, not an hour")
    parser.add_argument("--most", type=int, default=_ALL, metavar="N", help="ask at most N questions a measure (all)")
    parser.add_argument(
        "--only", choices=PARTS, action="append", metavar="MEASURE",
        help=f"measure this alone; may be given several times: {', '.join(PARTS)}",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of sample grids, not chosen by hand")
    parser.add_argument("--seed", type=int, default=0, help="picture k of a measure has twelve times this + k (0)")
    parser.add_argument("--batch", type=int, default=48, help="pictures drawn together (48)")
    parser.add_argument(
        "--precision", type=Precision, choices=(Precision.FLOAT32, Precision.INT8), default="float32",
        help="what the model draws in (float32)",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=0, help="threads of the model; 0 is one for each core")
    options = parser.parse_args(arguments)
    if options.most < 1:
        parser.error(f"--most must be at least 1: {options.most}")
    return parser, options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a model and print the numbers."""
    parser, options = _options(arguments)
    use_threads(options.threads)
    columns = (
        TextColumn("drawing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("drawing", total=None)
        try:
            evaluation = evaluate(
                options.model, quick=options.quick, most=options.most, only=options.only or PARTS, seed=options.seed,
                batch=options.batch, precision=options.precision,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
                measured=lambda name, value, count: console.print(_line(name, value, count), highlight=False),
            )  # fmt: skip
        except CheckpointError as error:
            parser.error(str(error))
    if options.html is not None:
        options.html.write_text(page(evaluation), "utf-8")
    if options.json:
        sys.stdout.write(json.dumps(evaluation.to_json()) + "\n")
    else:
        Console().print(_table(evaluation))


if __name__ == "__main__":
    main()
