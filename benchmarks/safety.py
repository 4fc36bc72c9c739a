"""The prompt filter beside what other bots use, on prompts that none of them has seen.

Cross-validates on a labelled file: in each fold the classifier is trained on the other folds (clusters of like prompts
stay whole), the thresholds are fixed by the fold's prompts of real users, and the fold is judged: by Easel at its three
levels, by the lists and rules alone, by sentence vectors with logistic regression, and by better-profanity and
alt-profanity-check where they are installed.  The same judges see prompts of our own (benchmarks/prompts.toml), and the
last fold's filter sees refused prompts in every disguise (benchmarks/disguises.py).  Prints tables in Markdown.

    python -m benchmarks.safety --data dev.jsonl [--rows 4000] [--folds 3] [--epochs 3]

With `--rows` a random part of the file is taken, so that it ends in minutes; less data to learn from means less recall.
`--shipped` trains nothing: it measures the filter that ships on our own prompts and in disguise.
"""

import argparse
import importlib
import random
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.disguises import DISGUISES, MORE
from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER, load_sentence_encoder
from inference.checkpoints.weights import read_json
from inference.contract import Level, Policy
from inference.safety.classifier import Classifier
from inference.safety.filter import PromptFilter
from inference.safety.lexicon import Kind
from inference.safety.policy import Thresholds
from inference.safety.reading import Reader
from inference.training.data.prompts import CATEGORIES, Example, folds_of, read_rows
from inference.training.stages.safety import REFUSALS, SafetyConfig, calibrate, learn, sentence_vectors

Judge = Callable[[str], bool]
PROMPTS = Path(__file__).parent / "prompts.toml"
LEVELS: tuple[Level, ...] = ("relaxed", "standard", "strict")


@dataclass
class Score:
    """Of one judge: how many prompts of each kind it saw and refused, and how long it took for each."""

    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: list[float] = field(default_factory=list)

    def add(self, judge: Judge, text: str, kinds: Sequence[str]) -> None:
        started = time.thread_time()
        refused = judge(text)
        self.seconds.append(time.thread_time() - started)
        for kind in kinds:
            self.seen[kind] += 1
            self.refused[kind] += refused

    def share(self, kind: str) -> str:
        return f"{100 * self.refused[kind] / self.seen[kind]:.1f}" if self.seen[kind] else ""

    def milliseconds(self, share: float) -> str:
        return f"{1000 * sorted(self.seconds)[int(share * (len(self.seconds) - 1))]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="JSON lines: text, label, category; for all but --shipped")
    parser.add_argument("--rows", type=int, help="so many of the rows, at random")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--shipped", action="store_true", help="train nothing")
    given = parser.parse_args()
    if given.data is None and not given.shipped:
        parser.error("--data FILE is needed, or --shipped")
    torch.set_num_threads(1)
    if given.shipped:
        easel = PromptFilter.load()
        scores = {f"easel, {level}": Score() for level in LEVELS}
        for level in LEVELS:
            judge_own(partial(blocks, easel, Policy(level)), scores[f"easel, {level}"])
        print_shares(scores)
        print_disguises(easel, [text for kind, text in own_prompts() if kind.startswith("ours, harmful")])
        return
    cross_validate(SafetyConfig(data=given.data, epochs=given.epochs), given.rows, given.folds)


def cross_validate(config: SafetyConfig, count: int | None, folds: int) -> None:
    """All folds, and the tables."""
    rows = read_rows(config.data)
    if count is not None and count < len(rows):
        config = replace(config, phrases=config.phrases * count // len(rows))
        rows = random.Random(config.seed).sample(rows, count)
    vectors = sentence_vectors([row.text for row in rows])
    fold_of = folds_of(vectors, folds, config.seed)
    scores: dict[str, Score] = defaultdict(Score)
    for fold in range(folds):
        held = fold_of == fold
        known, unknown = ([row for row, out in zip(rows, held, strict=True) if out == side] for side in (False, True))
        with tempfile.TemporaryDirectory() as folder:
            here = replace(config, run=Path(folder))
            learn(here, known)
            calibrate(here.run, unknown)
            easel = trained_filter(here.run)
            regression = Regression(vectors[~held], known, vectors[held], unknown)
            for name, judge in judges(easel, regression):
                for row in unknown:
                    scores[name].add(judge, row.text, kinds_of(row))
                judge_own(judge, scores[name])
                print(f"fold {fold + 1} of {folds}: {name}", flush=True)
    print(f"\n{len(rows)} prompts in {folds} folds, {config.epochs} epochs; refused, %:\n")
    print_shares(scores)
    print_disguises(easel, [row.text for row in unknown if row.category is not None and len(row.text) < 160])


def kinds_of(row: Example) -> list[str]:
    """The lines of the table in which a row counts."""
    if row.category is not None:
        return ["unsafe", row.category]
    return [row.kind, *(["benign, pooled"] if row.kind.startswith("benign") else [])]


# ------------------------------------------------------------------------------------------------------ the judges


def trained_filter(folder: Path) -> PromptFilter:
    """The filter with weights of its own."""
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    return PromptFilter(
        reader, Classifier.load(folder), Thresholds.from_json(read_json(folder / "config.json")["thresholds"])
    )


def judges(easel: PromptFilter, regression: Judge) -> Iterator[tuple[str, Judge]]:
    """Everything that can be compared here."""
    for level in LEVELS:
        yield f"easel, {level}", partial(blocks, easel, Policy(level))
    yield "lists and rules alone", partial(listed, Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json")))
    yield "vectors, regression", regression
    for module, name in (("better_profanity", "better-profanity"), ("profanity_check", "alt-profanity-check")):
        try:
            library = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        if module == "better_profanity":
            library.profanity.load_censor_words()
            yield name, library.profanity.contains_profanity
        else:
            yield name, partial(predicted, library.predict)


def blocks(easel: PromptFilter, policy: Policy, text: str) -> bool:
    return easel.check(text, None, policy).action == "block"


def predicted(predict: Callable[[list[str]], Sequence[int]], text: str) -> bool:
    return bool(predict([text])[0])


def listed(reader: Reader, text: str) -> bool:
    evidence = reader.read(text)
    broken = evidence.finding is not None and evidence.finding.certain
    return broken or any(match.kind is Kind.SEVERE for match in evidence.matches)


class Regression:
    """Logistic regression on sentence vectors, refusing as many of real users' prompts as the standard level."""

    def __init__(self, known: Tensor, rows: Sequence[Example], unknown: Tensor, others: Sequence[Example]) -> None:
        wanted = torch.tensor([float(row.category is not None) for row in rows])
        weight = torch.zeros(known.shape[1] + 1, requires_grad=True)
        optimizer = torch.optim.LBFGS([weight], max_iter=200)

        def closure() -> Tensor:
            optimizer.zero_grad()
            logits = 10 * known @ weight[:-1] + weight[-1]
            loss = F.binary_cross_entropy_with_logits(logits, wanted) + 1e-3 * weight[:-1].square().sum()
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        optimizer.step(closure)  # type: ignore[no-untyped-call]
        self._weight = weight.detach()[:-1]
        users = unknown[torch.tensor([row.kind == "benign_user" for row in others])]
        self._limit = float((users @ self._weight).quantile(1 - REFUSALS["standard"]))
        self._encoder = load_sentence_encoder()

    def __call__(self, text: str) -> bool:
        return float(self._encoder.vectors([text])[0] @ self._weight) > self._limit


# ------------------------------------------------------------------------------------------------------ our prompts


def own_prompts() -> Iterator[tuple[str, str]]:
    """Kind and text of each."""
    with PROMPTS.open("rb") as file:
        book: Mapping[str, Mapping[str, Any]] = tomllib.load(file)
    for name, texts in book["harmless"].items():
        yield from ((f"ours, harmless: {name}", text) for text in texts.strip().splitlines())
    for texts in book["harmful"].values():
        yield from (("ours, harmful", text) for text in texts.strip().splitlines())
    for languages in book["translated"].values():
        for kind, texts in languages.items():
            yield from ((f"ours, {kind}, 14 languages", text) for text in texts.strip().splitlines())


def judge_own(judge: Judge, score: Score) -> None:
    for kind, text in own_prompts():
        score.add(judge, text, [kind])


# ------------------------------------------------------------------------------------------------------ the tables


def print_shares(scores: Mapping[str, Score]) -> None:
    """A line a kind of prompt, a column a judge."""
    order = ["unsafe", *CATEGORIES]
    kinds = sorted({kind for score in scores.values() for kind in score.seen})
    kinds = [*(kind for kind in order if kind in kinds), *(kind for kind in kinds if kind not in order)]
    count = next(iter(scores.values())).seen
    print(f"| | prompts | {' | '.join(scores)} |\n|{' --- |' * (len(scores) + 2)}")
    for kind in kinds:
        print(f"| {kind} | {count[kind]} | {' | '.join(score.share(kind) for score in scores.values())} |")
    for name, share in (("ms, median", 0.5), ("ms, 95 %", 0.95)):
        print(f"| {name} | | {' | '.join(score.milliseconds(share) for score in scores.values())} |")
    rates = (f"{len(score.seconds) / max(1e-9, sum(score.seconds)):.0f}" for score in scores.values())
    print(f"| prompts a second | | {' | '.join(rates)} |")


def print_disguises(easel: PromptFilter, texts: Sequence[str]) -> None:
    """Of prompts that are refused plainly, how many are in each disguise; and of our harmless ones."""
    standard = partial(blocks, easel, Policy())
    refused = [text for text in texts[:120] if text.isascii() and standard(text)][:80]
    harmless = [text for kind, text in own_prompts() if kind.startswith("ours, harmless:") and not standard(text)][::3]
    print(f"\nIn disguise, of {len(refused)} refused prompts and {len(harmless)} harmless ones, refused, %:\n")
    print("| disguise | refused | harmless |\n| --- | --- | --- |")
    for name, change in {**DISGUISES, **MORE}.items():
        shares = (
            100 * sum(standard(change(text)) for text in part) / max(1, len(part)) for part in (refused, harmless)
        )
        print(f"| {name} | {' | '.join(f'{share:.1f}' for share in shares)} |", flush=True)


if __name__ == "__main__":
    main()
