"""The prompt filter beside what other bots use, on prompts that none of them has seen.

In each turn a classifier is trained on all folds but one (clusters of like prompts stay whole), the thresholds are
fixed by the unseen prompts of real users, and the unseen fold is judged: by Easel at its three levels, by its
classifier and by its lists and rules alone, by sentence vectors with logistic regression, and by better-profanity and
alt-profanity-check where they are installed.  The same judges see prompts of our own (benchmarks/prompts.py), and the
last fold's filter sees refused prompts in every disguise (disguises.py, evasions.py, chats.py and unseen.py), and
pictures of drawn shapes, for the time that a look takes.  Refused is what is blocked or held; in brackets with what is
flagged.  Prints tables in Markdown.

    python -m benchmarks.safety --data dev.jsonl --run runs/safety    # after `easel train safety --data dev.jsonl`
    python -m benchmarks.safety --data dev.jsonl --rows 4000 --folds 3 --epochs 2

Folds that `easel train safety` has trained are taken from its folder.  With `--rows` a random part of the file is
taken, so that it ends in minutes; less data to learn from means less recall.  `--alone` leaves out the other judges,
`--disguised 0` the disguises.  `--shipped` trains nothing: it measures the filter that ships on our own prompts and in
disguise.
"""

import argparse
import io
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from benchmarks.chats import CHATS
from benchmarks.disguises import DISGUISES, MORE
from benchmarks.evasions import MENDED_BY
from benchmarks.judges import STANDARD, Easel, Judge, other_judges
from benchmarks.prompts import own_prompts, untaught_nouns
from benchmarks.unseen import LATER, UNSEEN
from inference.contract import Policy
from inference.contract.verdicts import Action
from inference.safety.classifier import WEIGHTS
from inference.safety.images import PictureCheck
from inference.training.data.prompts import CATEGORIES, Example, read_rows
from inference.training.stages.safety import SafetyConfig, calibrate, taken_turns

REFUSED = ("hold", "block")
FEW_WORDS = 3


@dataclass
class Score:
    """Of one judge: how many prompts of each kind it saw, refused and flagged, and how long it took for each."""

    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    flagged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: list[float] = field(default_factory=list)

    def add(self, action: Action, kinds: Sequence[str], seconds: float) -> None:
        self.seconds.append(seconds)
        for kind in kinds:
            self.seen[kind] += 1
            self.refused[kind] += action in REFUSED
            self.flagged[kind] += action == "flag"

    def share(self, kind: str) -> str:
        if not self.seen[kind]:
            return ""
        refused, flagged = (100 * count / self.seen[kind] for count in (self.refused[kind], self.flagged[kind]))
        return f"{refused:.1f}" + (f" ({refused + flagged:.1f})" if any(self.flagged.values()) else "")

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
    parser.add_argument("--disguised", type=int, default=80, help="so many refused prompts are disguised")
    parser.add_argument("--shipped", action="store_true", help="train nothing")
    given = parser.parse_args()
    if given.data is None and not given.shipped:
        parser.error("--data FILE is needed, or --shipped")
    torch.set_num_threads(1)
    if given.shipped:
        measure_shipped(given.disguised)
        return
    config = SafetyConfig(data=given.data, folds=given.folds, turns=given.turns, epochs=given.epochs)
    with tempfile.TemporaryDirectory() as folder:
        config = replace(config, run=given.run or Path(folder))
        cross_validate(config, given.rows, alone=given.alone, disguised=given.disguised)


def measure_shipped(disguised: int) -> None:
    """The tables that need no training."""
    easel, scores = Easel(WEIGHTS), dict[str, Score]()
    for kind, text in own_prompts():
        score(easel, text, [kind], scores)
    print_shares(scores)
    print_disguises(easel, [text for kind, text in own_prompts() if kind.startswith("ours, harmful")], disguised)
    print_pictures()


def cross_validate(config: SafetyConfig, count: int | None, *, alone: bool, disguised: int) -> None:
    """All turns, and the tables."""
    rows = read_rows(config.data)
    if count is not None and count < len(rows):
        config = replace(config, phrases=config.phrases * count // len(rows))
        rows = random.Random(config.seed).sample(rows, count)
    scores = dict[str, Score]()
    judged = taken_turns(rows, config)
    calibrate(config.run, judged)
    for fold, unseen in judged:
        easel = Easel(fold)
        texts = {row.text for row in unseen}
        seen = [row for row in rows if row.text not in texts]
        ours = [*own_prompts(), *untaught_nouns(seen, config, easel.reader)]
        for judge in (easel, easel.lists_alone, *(() if alone else other_judges(seen, unseen, easel.classifier))):
            for row in unseen:
                score(judge, row.text, kinds_of(row), scores)
            for kind, text in ours:
                score(judge, text, [kind], scores)
            print(f"{fold.name}: {', '.join(scores)}", flush=True)
    print(f"\n{len(rows)} prompts, {len(judged)} of {config.folds} folds, {config.epochs} epochs; refused, %:\n")
    print_shares(scores)
    print_disguises(easel, [row.text for row in unseen if row.category is not None and len(row.text) < 160], disguised)
    print_pictures()


def score(judge: Judge, text: str, kinds: Sequence[str], scores: dict[str, Score]) -> None:
    """The time counts for each column that a judge has."""
    started = time.thread_time()
    actions = judge(text)
    seconds = time.thread_time() - started
    for name, action in actions.items():
        scores.setdefault(name, Score()).add(action, kinds, seconds)


def kinds_of(row: Example) -> list[str]:
    """The lines of the table in which a row counts."""
    unsafe = row.category is not None
    kinds = ["unsafe", str(row.category)] if unsafe else [row.kind]
    if row.kind.startswith("benign"):
        kinds.append("benign, pooled")
    if len(row.text.split()) <= FEW_WORDS:
        kinds.append(f"few words, {'unsafe' if unsafe else 'safe'}")
    return kinds


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


def print_disguises(easel: Easel, texts: Sequence[str], count: int) -> None:
    """Of prompts that are refused plainly, how many are in each disguise; and of our harmless ones."""

    def refuses(text: str) -> bool:
        return easel(text)[STANDARD] in REFUSED

    refused = [text for text in texts[: 2 * count] if text.isascii() and refuses(text)][:count]
    ours = [text for kind, text in own_prompts() if kind.startswith("ours, harmless:")][::3]
    harmless = [text for text in ours[: 2 * count] if not refuses(text)]
    if not refused:
        return
    print(f"\nIn disguise, of {len(refused)} refused prompts and {len(harmless)} harmless ones, refused, %:\n")
    print("| disguise | refused | harmless |\n| --- | --- | --- |")
    kinds = {"known": DISGUISES, "rarer": MORE, "later": MENDED_BY, "chats": CHATS, "unseen": UNSEEN, "last": LATER}
    for kind, disguises in kinds.items():
        found = []
        for name, change in disguises.items():
            found.append(
                [sum(refuses(change(text)) for text in part) / max(1, len(part)) for part in (refused, harmless)]
            )
            print(f"| {name} | {' | '.join(f'{100 * share:.1f}' for share in found[-1])} |", flush=True)
        means = (100 * sum(column) / len(column) for column in zip(*found, strict=True))
        print(f"| **{kind}, mean of {len(found)}** | {' | '.join(f'{mean:.1f}' for mean in means)} |")


def print_pictures(count: int = 20) -> None:
    """How long a look at a picture takes: drawn shapes of 512 × 512 pixels, as PNG."""
    check = PictureCheck.load()
    if check is None:
        return
    looks = Score()
    for seed in range(count + 1):
        rng = random.Random(seed)
        picture = Image.effect_noise((512, 512), 30).convert("RGB")
        box = [rng.randrange(100), rng.randrange(100), rng.randrange(200, 500), rng.randrange(200, 500)]
        ImageDraw.Draw(picture).ellipse(box, fill=(222, 184, 152))
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        started = time.thread_time()
        verdict = check.check(buffer.getvalue(), Policy())
        if seed:  # the first look of a network takes longer
            looks.add(verdict.action, ["shapes"], time.thread_time() - started)
    print(f"\n{count} pictures, looked at by {' and '.join(check.names)}, ms of processor time each:", end=" ")
    print(
        f"{looks.milliseconds(0.5)} in the middle, {looks.milliseconds(1)} at most; refused, %: {looks.share('shapes')}"
    )


if __name__ == "__main__":
    main()
