"""Measuring how each thing is best asked of a model: by its name, by another of its words, or with a style.

In: a model, the concepts and their renderings. Out: `phrasings.json`, of the names whose pictures are not like any
rendering of the thing the phrasing whose pictures are. Every picture is noted in a file, and drawn once only.

Two pictures of each name are drawn, of other seeds than those of the evaluation; things that white hides are drawn
before blue, as the engine has them drawn to cut them out. Where they differ from the renderings,
other words and two styles are tried with one picture, and what is better with another; the best of them is taken if it
is better by `GAIN`. Where the time is short, the rest of the names stay as they are.
`python -m inference.training.evaluation.phrasings [--model NAME] --out FILE`
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from inference.checkpoints.load import load_model
from inference.checkpoints.weights import CheckpointError
from inference.contract import PLAIN_EVERY
from inference.engine.dalle import DalleCodeModel
from inference.models.text_encoder import SentenceEncoder
from inference.native.precision import Processor, choose_precision
from inference.pictures import Pixels
from inference.text.compositions import IN_THE_DARK
from inference.text.nouns import indefinite
from inference.text.reader import PHRASINGS, Reader
from inference.training.data.icons import STYLES as ICON_STYLES
from inference.training.data.icons import Concept, IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import Placed, Scene, render
from inference.training.evaluation.drawing import draw
from inference.training.loop import use_threads

SEEDS = tuple(PLAIN_EVERY * seed for seed in (100_001, 100_002))
STYLES = ("3d", "flat illustration")
GOOD, GAIN = 26.0, 2.0
"""Decibels of PSNR beside the nearest rendering: from there on a picture needs no other words, and what those gain at
least."""
_OTHER_WORDS, _STYLED_WORDS = 3, 2
_EXACT = 1e-6
"""A mean squared error that nobody sees."""
_BATCH = 48
_TOGETHER = 2 * _BATCH
"""Names that are asked for together."""
_UNSAID = frozenset({"gypsy cab", "handgun"})
"""Words that no table of ours is to have, whatever they draw."""
Order = tuple[str, int, int]
"""A text, a seed, and the row of the concept that is meant."""


@dataclass
class Record:
    """How like the nearest rendering of its concept the picture of a phrasing and a seed is, in decibels. Kept in a
    file, a line each."""

    path: Path
    likeness: dict[Order, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.is_file():
            for row in map(json.loads, self.path.read_text("utf-8").splitlines()):
                self.likeness[row["phrasing"], row["seed"], row["concept"]] = row["likeness"]

    def add(self, order: Order, likeness: float) -> None:
        """One more picture."""
        self.likeness[order] = likeness
        row = dict(zip(("phrasing", "seed", "concept"), order, strict=True)) | {"likeness": round(likeness, 2)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def mean(self, text: str, concept: int) -> float:
        """Over the pictures of a text that were drawn, of which there is one."""
        orders = [(text, seed, concept) for seed in SEEDS]
        return fmean(self.likeness[order] for order in orders if order in self.likeness)


class Measurer:
    """Has phrasings drawn, and notes how like their things they are."""

    def __init__(
        self, look: Callable[[Sequence[Order]], Sequence[float]], record: Record,
        is_pale: Callable[[int], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        """`look` says of each order's picture how like a rendering of its concept it is, `is_pale` which concepts are
        drawn before blue."""
        self._look, self.record, self._is_pale = look, record, is_pale

    def draw(self, phrasings: Iterable[tuple[str, int]], seeds: Sequence[int]) -> None:
        """A picture of each phrasing, with its concept, and seed that is not yet on record."""
        wanted = [(self._text(one, row), seed, row) for seed in seeds for one, row in dict.fromkeys(phrasings)]
        orders = [order for order in wanted if order not in self.record.likeness]
        for start in range(0, len(orders), _BATCH):
            some = orders[start : start + _BATCH]
            for order, likeness in zip(some, self._look(some), strict=True):
                self.record.add(order, likeness)

    def phrasings(
        self, concepts: Sequence[Concept], is_over: Callable[[], bool] = lambda: False
    ) -> tuple[dict[str, str], int]:
        """Of each name that is not drawn well the phrasing that is, and how many names were asked for until it
        `is_over`: a few together, what people ask for most before all else."""
        order = sorted(range(len(concepts)), key=lambda row: not concepts[row].is_popular)
        found, done = dict[str, str](), 0
        while done < len(order) and not is_over():
            some = order[done : done + _TOGETHER]
            found |= self._best({row: concepts[row] for row in some})
            done += len(some)
            sys.stderr.write(f"{done} of {len(order)} names, {len(found)} better asked otherwise\n")
        return found, done

    def _best(self, concepts: Mapping[int, Concept]) -> dict[str, str]:
        def mean(phrasing: str, row: int) -> float:
            return self.record.mean(self._text(phrasing, row), row)

        self.draw([(one.name, row) for row, one in concepts.items()], SEEDS)
        named = {row: mean(one.name, row) for row, one in concepts.items()}
        tried = {row: others(concepts[row]) for row, likeness in named.items() if likeness < GOOD}
        self.draw([(one, row) for row, some in tried.items() for one in some], SEEDS[:1])
        hopeful = {row: [one for one in some if mean(one, row) >= named[row] + GAIN] for row, some in tried.items()}
        self.draw([(one, row) for row, some in hopeful.items() for one in some], SEEDS[1:])
        best = {row: max(some, key=lambda one: mean(one, row)) for row, some in hopeful.items() if some}
        return {concepts[row].name: one for row, one in best.items() if mean(one, row) >= named[row] + GAIN}

    def _text(self, phrasing: str, concept: int) -> str:
        return said(phrasing, IN_THE_DARK if self._is_pale(concept) else "")


def others(concept: Concept) -> list[str]:
    """Other ways to ask for a thing, the least different first: its styles, its other words, and those in one."""
    words = [one for one in dict.fromkeys((*concept.names[1:], *concept.synonyms)) if one not in _UNSAID][:_OTHER_WORDS]
    named = [f"{concept.name}, {style}" for style in STYLES]
    return [*named, *words, *(f"{word}, {STYLES[0]}" for word in words[:_STYLED_WORDS])]


def likeness_to(icons: IconSet) -> Callable[[Pixels, int], float]:
    """What says how like the nearest rendering of a concept, large before white, or blue where that hides it, a picture
    is: PSNR in decibels."""

    def likeness(picture: Pixels, concept: int) -> float:
        behind = "blue" if icons.is_pale(concept) else "white"
        scenes = (Scene((Placed(concept, "large", 1, 1),), behind, style) for style in ICON_STYLES)
        apart = (render(scene, icons, detailed=True).astype(np.float32) - picture for scene in scenes)
        return float(-10 * np.log10(max(min(np.square(one / 255).mean() for one in apart), _EXACT)))

    return likeness


def said(phrasing: str, where: str = "") -> str:
    """With an article, as captions say it, and perhaps where it is."""
    name, comma, style = phrasing.partition(",")
    return indefinite(name) + where + comma + style


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a model and write its table."""
    parser = argparse.ArgumentParser(
        prog="easel train phrasings", description="Find out how each thing is best asked of a model."
    )
    parser.add_argument("--model", default="builtin", help="a model's name, or its folder (builtin)")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--out", type=Path, default=Path("runs") / PHRASINGS, help="the file to write")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop about then; again goes on (no limit)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the model; 0 is one for each core")
    options = parser.parse_args(arguments)
    use_threads(options.threads)
    try:
        checkpoint = load_model(options.model)
    except CheckpointError as error:
        parser.error(str(error))
    if not isinstance(checkpoint.text, SentenceEncoder):
        parser.error(f"{options.model}: only a model that reads prompts through tables has phrasings")
    checkpoint.text.reader = Reader()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    record = Record(options.out.with_suffix(".jsonl"))
    precision = choose_precision("auto", torch.device("cpu"), Processor.here())
    model = DalleCodeModel(checkpoint, slots=2 * _BATCH, precision=precision)
    icons = IconSet.load(options.cache.expanduser())
    likeness = likeness_to(icons)

    def look(some: Sequence[Order]) -> list[float]:
        pictures = draw(model, [(text, seed) for text, seed, _ in some])
        return [likeness(picture, row) for picture, (_, _, row) in zip(pictures, some, strict=True)]

    measurer = Measurer(look, record, icons.is_pale)
    concepts, end = icons.concepts, time.monotonic() + 60 * options.minutes
    found, done = measurer.phrasings(concepts, lambda: time.monotonic() > end)
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in sorted(found.items()))
    options.out.write_text(f"{{\n{rows}\n}}\n", "utf-8")
    sys.stdout.write(f"Wrote {options.out}: of {done} of {len(concepts)} names {len(found)} have a better phrasing\n")


if __name__ == "__main__":
    main()
