"""How good a model is, in numbers: it draws fixed lists of prompts, and a judge that it has never met looks at them.

In: a model, and `assets/evaluation` (questions, the judge, its ceilings, held-out scenes). Out: one number a measure,
as a table, JSON, or a page of sample grids. Nothing else is needed: no icons, no network.

`python -m inference.training.evaluation.evaluate [--quick] [--json] [--html FILE] [--model NAME]`
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from inference.checkpoints.load import load_model
from inference.checkpoints.weights import CheckpointError, read_json
from inference.contract import PLAIN_EVERY
from inference.engine.code_model import CodeModel
from inference.engine.dalle import DalleCodeModel
from inference.engine.generation import AS_ASKED
from inference.engine.loading import ranker_of
from inference.models.vqgan import VQGAN
from inference.native.precision import Precision
from inference.pictures import Pixels
from inference.ranking import Ranker
from inference.ranking.detector import Detector, find, load_detector
from inference.training.evaluation.diversity import diversity
from inference.training.evaluation.drawing import draw, draw_with_likelihoods
from inference.training.evaluation.page import page
from inference.training.evaluation.questions import (
    DERIVED,
    EVALUATION_FOLDER,
    MEASURES,
    Question,
    read_questions,
    spread,
)
from inference.training.evaluation.result import Answer, Evaluation, results
from inference.training.evaluation.scoring import answers
from inference.training.loop import use_threads
from inference.training.stages.vqgan import measure, to_pixels

KEYS = {"concept": "concept_top1", "synonyms": "synonyms_top5", "languages": "languages_top1"}
"""Names of measures in the JSON, where they are not the measure's own."""
FEW = 4
"""Pictures of a grid that a person is shown at least."""
GRID = 9
_BEST_OF = {True: 8, False: 160}
"""Prompts of the best-of-nine measure, quick and not."""
_BEST_OF_MEASURES = ("concept", "colour", "pairs", "synonyms")
"""What they are taken from: of the other measures a model soon draws all nine right, and there is nothing to choose."""


class Examiner:
    """Asks a model the questions, and has the judge look at the answers."""

    def __init__(self, model: CodeModel, detector: Detector, drawn: Callable[[int], None] | None = None) -> None:
        self._model = model
        self._detector = detector
        self._drawn = drawn

    def ask(self, questions: Sequence[Question], seed: int) -> list[Answer]:
        """One picture a question, of the prompt as it is; the k-th has seed `PLAIN_EVERY` * (`seed` + k)."""
        orders = [(question.prompt, PLAIN_EVERY * (seed + index)) for index, question in enumerate(questions)]
        pictures = draw(self._model, orders, self._drawn)
        return judged(self._detector, questions, pictures)

    def again(self, answered: Sequence[Answer], measure: str) -> list[Answer]:
        """What another measure says of the same pictures."""
        questions = [replace(answer.question, measure=measure) for answer in answered]
        return judged(self._detector, questions, [answer.pixels for answer in answered])

    def diversity(self, questions: Sequence[Question], seed: int) -> dict[str, float | None]:
        """How much the pictures of grids of four differ, and how many are right of those that say more than the prompt.

        A grid is drawn with the seeds that its first picture, of the prompt as it is, has in `ask`, and those after it.
        """
        orders = _grids(questions, seed, FEW)
        pictures = draw(self._model, orders, self._drawn)
        grids = [pictures[start : start + FEW] for start in range(0, len(pictures), FEW)]
        asked = [question for question in questions for _ in range(FEW)]
        other = [index for index, order in enumerate(orders) if self._model.interpret(*order).filled]
        answered = judged(self._detector, [asked[index] for index in other], [pictures[index] for index in other])
        share, _ = share_right(answered)
        return {**diversity(self._detector, grids), "interpretations": share}

    def best_of_nine(self, questions: Sequence[Question], ranker: Ranker, seed: int) -> dict[str, float | None]:
        """Share of right pictures among all of nine a question, and among those that come first, as the engine ranks.

        Also what a ranker that is never wrong would reach, and the same two of the `mixed` questions alone, which have
        right and wrong pictures among their nine; None where there are none.
        """
        nine = [question for question in questions for _ in range(GRID)]
        orders = _grids(questions, seed, GRID)
        pictures, likelihoods = draw_with_likelihoods(self._model, orders, self._drawn)
        answered = judged(self._detector, nine, pictures)
        right = np.array([bool(answer.is_right) for answer in answered]).reshape(-1, GRID)
        grids = (slice(start, start + GRID) for start in range(0, len(nine), GRID))
        less = np.array([AS_ASKED if self._model.interpret(*order).filled else 0.0 for order in orders])
        first = [
            int(np.argmax(np.array(ranker.scores(question.prompt, pictures[grid], likelihoods[grid])) - less[grid]))
            for question, grid in zip(questions, grids, strict=True)
        ]
        chosen, mixed = right[np.arange(len(first)), first], right.any(1) & ~right.all(1)
        mean, best = float(right.mean()), float(chosen.mean())
        return {
            "best_of_9_mean": mean, "best_of_9_first": best, "best_of_9_gain": best - mean,
            "best_of_9_possible": float(right.any(1).mean()),
            "best_of_9_mixed_mean": float(right[mixed].mean()) if mixed.any() else None,
            "best_of_9_mixed_first": float(chosen[mixed].mean()) if mixed.any() else None,
        }  # fmt: skip


def _grids(questions: Sequence[Question], seed: int, size: int) -> list[tuple[str, int]]:
    """Orders of a grid for each question, whose first picture is one of the prompt as it is."""
    apart = PLAIN_EVERY * -(-size // PLAIN_EVERY)
    return [
        (question.prompt, apart * (seed + index) + k) for index, question in enumerate(questions) for k in range(size)
    ]


def judged(detector: Detector, questions: Sequence[Question], pictures: Sequence[Pixels]) -> list[Answer]:
    """What the judge says of a picture a question."""
    found = find(detector, pictures)
    return [
        Answer(question, picture, answers(question, things, picture))
        for question, picture, things in zip(questions, pictures, found, strict=True)
    ]


def share_right(answered: Sequence[Answer]) -> tuple[float | None, int]:
    """Share of the answers that are right, among so many of which it could be said."""
    marks = [answer.is_right for answer in answered if answer.is_right is not None]
    return (sum(marks) / len(marks) if marks else None), len(marks)


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


def evaluate(
    model: str, *, quick: bool = False, seed: int = 0, batch: int = 48, precision: Precision = Precision.FLOAT32,
    folder: Path = EVALUATION_FOLDER, progress: Callable[[int, int], None],
) -> Evaluation:  # fmt: skip
    """Measure a model; `progress` hears how many of how many pictures are drawn.

    Raises `CheckpointError` when the model, or the judge, cannot be loaded.
    """
    checkpoint = load_model(model, precision.dtype)
    lists, detector = read_questions(folder / "questions.json"), load_detector(folder)
    asked = {name: lists.of(name, quick=quick) for name in MEASURES}
    best = spread([asked[name] for name in _BEST_OF_MEASURES], _BEST_OF[quick])
    diverse = lists.diverse(quick=quick)
    total, done = sum(len(some) for some in asked.values()) + FEW * len(diverse) + GRID * len(best), 0

    loaded = DalleCodeModel(checkpoint, slots=2 * batch, precision=precision)
    numbers: dict[str, float | None] = {}
    counts: dict[str, int] = {}
    answered: dict[str, list[Answer]] = {}
    examiner = Examiner(loaded, detector, lambda count: progress(done + count, total))
    for name, questions in asked.items():
        answered[name] = examiner.ask(questions, seed)
        key = KEYS.get(name, name)
        numbers[key], counts[key] = share_right(answered[name])
        done += len(questions)
    for name, source in DERIVED.items():
        answered[name] = examiner.again(answered[source], name)
        numbers[name], counts[name] = share_right(answered[name])
    numbers |= examiner.diversity(diverse, seed)
    counts["diversity"] = counts["near_identical"] = len(diverse)
    counts["interpretations"] = (FEW - 1) * len(diverse)  # at most
    done += FEW * len(diverse)
    numbers["best_of_9_gain"] = None
    ranker = ranker_of(checkpoint)
    if ranker is not None:
        numbers |= examiner.best_of_nine(best, ranker, seed)
        counts["best_of_9_gain"] = len(best)
    numbers["psnr"], numbers["ssim"], counts["psnr"] = reconstruction(checkpoint.vqgan, folder)
    counts["ssim"] = counts["psnr"]
    return Evaluation(checkpoint.name, numbers, counts, read_ceilings(folder), answered)


def read_ceilings(folder: Path) -> dict[str, float]:
    """How much of each measure the judge gets right on real renderings, as recorded when it was exported."""
    return {name: float(value) for name, value in read_json(folder / "ceilings.json").items()}


def _table(evaluation: Evaluation) -> Table:
    table = Table("measure", "result", "judge's ceiling", "goal", "reached", "n", title=evaluation.model)
    for name, shown, ceiling, goal, reached in results(evaluation):
        mark = {True: "yes", False: "no", None: ""}[reached]
        table.add_row(name, shown, ceiling, goal, mark, str(evaluation.counts.get(name, "")))
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a model and print the numbers."""
    parser = argparse.ArgumentParser(
        prog="easel train evaluate", description="Measure a model with a judge that it has never met."
    )
    parser.add_argument("--model", default="builtin", help="a model's name, or its folder (builtin)")
    parser.add_argument("--quick", action="store_true", help="a fixed part of the questions: minutes, not an hour")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of sample grids, not chosen by hand")
    parser.add_argument("--seed", type=int, default=0, help="picture k of a measure has four times this + k (0)")
    parser.add_argument("--batch", type=int, default=48, help="pictures drawn together (48)")
    parser.add_argument(
        "--precision", type=Precision, choices=(Precision.FLOAT32, Precision.INT8), default="float32",
        help="what the model draws in (float32)",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=0, help="threads of the model; 0 is one for each core")
    options = parser.parse_args(arguments)
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
                options.model, quick=options.quick, seed=options.seed, batch=options.batch, precision=options.precision,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
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
