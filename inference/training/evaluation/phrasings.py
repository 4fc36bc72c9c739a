"""Measuring how each thing is best asked of a model: by its name, by another of its words, with a style, or small.

In: a model, the concepts, and the judge. Out: `phrasings.json`, of the names whose pictures the judge does not know for
what they are the phrasing whose pictures it does. Every picture is noted in a file, and drawn once only.

Two pictures of each name are drawn, of other seeds than those of the evaluation. Where not both show the thing, its
other words, two styles and a small one are tried with one picture, and what that shows with three; a phrasing is taken
that is right twice at least, and more often than the name. Where the time is short, the rest of the names stay as they
are.
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

import torch

from inference.checkpoints.load import load_model
from inference.checkpoints.weights import CheckpointError
from inference.contract import PLAIN_EVERY
from inference.engine.dalle import DalleCodeModel
from inference.models.text_encoder import SentenceEncoder
from inference.native.precision import Processor, choose_precision
from inference.ranking.detector import find, load_detector
from inference.text.nouns import indefinite
from inference.text.reader import PHRASINGS, Reader
from inference.training.data.icons import Concept, IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.evaluation.drawing import draw
from inference.training.evaluation.questions import EVALUATION_FOLDER
from inference.training.loop import use_threads

SEEDS = tuple(PLAIN_EVERY * seed for seed in (100_001, 100_002, 100_003))
STYLES = ("3d", "flat illustration")
_OTHER_WORDS = 3
_LEAST_RIGHT = 2
_BATCH = 48
_TOGETHER = 2 * _BATCH
"""Names that are asked for together."""


@dataclass
class Record:
    """What was seen in the picture of a phrasing and a seed: the row of a concept. Kept in a file, a line each."""

    path: Path
    seen: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.is_file():
            for row in map(json.loads, self.path.read_text("utf-8").splitlines()):
                self.seen[row["phrasing"], row["seed"]] = row["seen"]

    def add(self, phrasing: str, seed: int, seen: int) -> None:
        """One more picture."""
        self.seen[phrasing, seed] = seen
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"phrasing": phrasing, "seed": seed, "seen": seen}) + "\n")

    def right(self, phrasing: str, concept: int) -> int:
        """How many of its pictures show the concept."""
        return sum(self.seen.get((said(phrasing), seed)) == concept for seed in SEEDS)


class Measurer:
    """Has phrasings drawn, and notes what is seen."""

    def __init__(self, look: Callable[[Sequence[tuple[str, int]]], Sequence[int]], record: Record) -> None:
        """`look` says for each text and seed which concept its picture shows."""
        self._look, self.record = look, record

    def draw(self, phrasings: Iterable[str], seeds: Sequence[int]) -> None:
        """A picture of each phrasing and seed that is not yet on record."""
        wanted = [(said(one), seed) for seed in seeds for one in dict.fromkeys(phrasings)]
        orders = [order for order in wanted if order not in self.record.seen]
        for start in range(0, len(orders), _BATCH):
            some = orders[start : start + _BATCH]
            for (phrasing, seed), seen in zip(some, self._look(some), strict=True):
                self.record.add(phrasing, seed, seen)

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
        right = self.record.right
        self.draw((one.name for one in concepts.values()), SEEDS[:1])
        self.draw((one.name for row, one in concepts.items() if right(one.name, row)), SEEDS[1:2])
        bad = {row: one for row, one in concepts.items() if right(one.name, row) < 2}
        tried = {row: others(concept) for row, concept in bad.items()}
        self.draw((one for some in tried.values() for one in some), SEEDS[:1])
        hopeful = {row: [one for one in some if right(one, row)] for row, some in tried.items()}
        self.draw((one for some in hopeful.values() for one in some), SEEDS[1:])
        self.draw((one.name for row, one in bad.items() if hopeful[row]), SEEDS[1:])
        best = {row: max(some, key=lambda one: right(one, row)) for row, some in hopeful.items() if some}
        return {
            bad[row].name: one
            for row, one in best.items()
            if right(one, row) >= max(_LEAST_RIGHT, right(bad[row].name, row) + 1)
        }


def others(concept: Concept) -> list[str]:
    """Other ways to ask for a thing, the least different first: its styles, its other words, and a small one."""
    words = dict.fromkeys((*concept.names[1:], *concept.synonyms))
    return [*(f"{concept.name}, {style}" for style in STYLES), *list(words)[:_OTHER_WORDS], f"small {concept.name}"]


def said(phrasing: str) -> str:
    """With an article, as captions say it."""
    name, comma, style = phrasing.partition(",")
    return indefinite(name) + comma + style


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
    judge = load_detector(EVALUATION_FOLDER)
    measurer = Measurer(lambda some: [things[0].concept for things in find(judge, draw(model, some))], record)
    concepts, end = IconSet.load(options.cache.expanduser()).concepts, time.monotonic() + 60 * options.minutes
    found, done = measurer.phrasings(concepts, lambda: time.monotonic() > end)
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in sorted(found.items()))
    options.out.write_text(f"{{\n{rows}\n}}\n", "utf-8")
    sys.stdout.write(f"Wrote {options.out}: of {done} of {len(concepts)} names {len(found)} have a better phrasing\n")


if __name__ == "__main__":
    main()
