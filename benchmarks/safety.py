"""The prompt filter beside what other bots use, on prompts that none of them has seen.

In each turn a classifier is trained on all folds but one (clusters of like prompts stay whole), the thresholds are
fixed by the unseen prompts of real users, and the unseen fold is judged: by Easel at its three levels, by the lists and
rules alone, by sentence vectors with logistic regression, and by better-profanity and alt-profanity-check where they
are installed.  The same judges see prompts of our own (benchmarks/prompts.toml), and the last fold's filter sees
refused prompts in every disguise (benchmarks/disguises.py, evasions.py and unseen.py).  Prints tables in Markdown.

    python -m benchmarks.safety --data dev.jsonl --run runs/safety    # after `easel train safety --data dev.jsonl`
    python -m benchmarks.safety --data dev.jsonl --rows 4000 --folds 3 --epochs 2

Folds that `easel train safety` has trained are taken from its folder.  With `--rows` a random part of the file is
taken, so that it ends in minutes; less data to learn from means less recall.  `--alone` leaves out the other judges.
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

from benchmarks.disguises import DISGUISES, MORE
from benchmarks.evasions import MENDED_BY
from benchmarks.unseen import UNSEEN
from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER, load_sentence_encoder
from inference.checkpoints.weights import read_json
from inference.contract import Level, Policy
from inference.safety.classifier import Classifier
from inference.safety.filter import PromptFilter
from inference.safety.lexicon import Kind
from inference.safety.policy import Thresholds
from inference.safety.reading import Reader
from inference.training.data.prompts import CATEGORIES, Example, read_rows
from inference.training.stages.safety import REFUSALS, SafetyConfig, calibrate, sentence_vectors, taken_turns

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
    parser.add_argument("--run", type=Path, help="folder with trained folds; those that it lacks are trained there")
    parser.add_argument("--folds", type=int, default=SafetyConfig.folds)
    parser.add_argument("--turns", type=int, default=SafetyConfig.turns, help="so many of the folds are judged")
    parser.add_argument("--epochs", type=int, default=SafetyConfig.epochs)
    parser.add_argument("--alone", action="store_true", help="no other judges than Easel")
    parser.add_argument("--shipped", action="store_true", help="train nothing")
    given = parser.parse_args()
    if given.data is None and not given.shipped:
        parser.error("--data FILE is needed, or --shipped")
    torch.set_num_threads(1)
    if given.shipped:
        measure_shipped()
        return
    config = SafetyConfig(data=given.data, folds=given.folds, turns=given.turns, epochs=given.epochs)
    with tempfile.TemporaryDirectory() as folder:
        cross_validate(replace(config, run=given.run or Path(folder)), given.rows, alone=given.alone)


def measure_shipped() -> None:
    """The tables that need no training."""
    easel = PromptFilter.load()
    scores = {f"easel, {level}": Score() for level in LEVELS}
    for level in LEVELS:
        judge_own(partial(blocks, easel, Policy(level)), scores[f"easel, {level}"])
    print_shares(scores)
    print_disguises(easel, [text for kind, text in own_prompts() if kind.startswith("ours, harmful")])


def cross_validate(config: SafetyConfig, count: int | None, *, alone: bool) -> None:
    """All turns, and the tables."""
    rows = read_rows(config.data)
    if count is not None and count < len(rows):
        config = replace(config, phrases=config.phrases * count // len(rows))
        rows = random.Random(config.seed).sample(rows, count)
    scores: dict[str, Score] = defaultdict(Score)
    judged = taken_turns(rows, config)
    calibrate(config.run, judged)
    for fold, unseen in judged:
        easel = trained_filter(fold)
        texts = {row.text for row in unseen}
        others = [] if alone else other_judges([row for row in rows if row.text not in texts], unseen)
        for name, judge in [*easel_judges(easel), *others]:
            for row in unseen:
                scores[name].add(judge, row.text, kinds_of(row))
            judge_own(judge, scores[name])
            print(f"{fold.name}: {name}", flush=True)
    print(f"\n{len(rows)} prompts, {len(judged)} of {config.folds} folds, {config.epochs} epochs; refused, %:\n")
    print_shares(scores)
    print_disguises(easel, [row.text for row in unseen if row.category is not None and len(row.text) < 160])


def kinds_of(row: Example) -> list[str]:
    """The lines of the table in which a row counts."""
    if row.category is not None:
        return ["unsafe", row.category]
    return [row.kind, *(["benign, pooled"] if row.kind.startswith("benign") else [])]


# ------------------------------------------------------------------------------------------------------ the judges


def trained_filter(folder: Path) -> PromptFilter:
    """The filter with weights of its own."""
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    return PromptFilter(reader, Classifier.load(folder), Thresholds.from_json(read_json(folder / "config.json")))


def easel_judges(easel: PromptFilter) -> Iterator[tuple[str, Judge]]:
    """The filter at each level, and what of it is lists."""
    for level in LEVELS:
        yield f"easel, {level}", partial(blocks, easel, Policy(level))
    yield "lists and rules alone", partial(listed, Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json")))


def other_judges(seen: Sequence[Example], unseen: Sequence[Example]) -> Iterator[tuple[str, Judge]]:
    """Everything that can be compared here."""
    yield "vectors, regression", Regression(seen, unseen)
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

    def __init__(self, rows: Sequence[Example], others: Sequence[Example]) -> None:
        known, unknown = (sentence_vectors([row.text for row in part]) for part in (rows, others))
        wanted = torch.tensor([float(row.category is not None) for row in rows])
        weight = torch.zeros(known.shape[1] + 1, requires_grad=True)
        optimizer = torch.optim.LBFGS([weight], max_iter=200)

        def closure() -> torch.Tensor:
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
    for kind, texts in book["short"].items():
        yield from ((f"ours, short: {kind}", text) for text in texts.strip().splitlines())
    for language, texts in book["chatted"].items():
        yield from ((f"ours, chatted: {language}", text) for text in texts.strip().splitlines())
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
    kinds = {"known": DISGUISES, "rarer": MORE, "later": MENDED_BY, "unseen": UNSEEN}
    for kind, disguises in kinds.items():
        found = []
        for name, change in disguises.items():
            found.append(
                [sum(standard(change(text)) for text in part) / max(1, len(part)) for part in (refused, harmless)]
            )
            print(f"| {name} | {' | '.join(f'{100 * share:.1f}' for share in found[-1])} |", flush=True)
        means = (100 * sum(column) / len(column) for column in zip(*found, strict=True))
        print(f"| **{kind}, mean of {len(found)}** | {' | '.join(f'{mean:.1f}' for mean in means)} |")


if __name__ == "__main__":
    main()
