"""Training of the safety filter's classifier: which prompts ask for what should not be drawn.

In: rows with labels, and made-up prompts (data/prompts.py).  Out: the files of inference/safety/weights.  Two looks at
a prompt learn apart from each other, and their logits are added: the encoder knows what words mean, the table of
n-grams remembers how people write.

The rows are parted into folds, clusters of like texts whole.  In each turn one fold is kept from the learners, and the
classifier that they make (RUN/fold-0, …) judges it.  On these scores of unseen prompts the thresholds are fixed, where
so many of real users' prompts are refused, and the report is made.  What ships then learns from all rows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER, load_sentence_encoder
from inference.checkpoints.weights import read_json, read_weights, write_json, write_weights
from inference.models.text_encoder import SentenceEncoder
from inference.safety.classifier import LOWER, Classifier
from inference.safety.lexicon import Kind
from inference.safety.ngrams import count_ngrams
from inference.safety.policy import surer_by
from inference.safety.reading import Reader
from inference.training.data.prompts import (
    CATEGORIES,
    Example,
    Phrasebook,
    folds_of,
    misspelt,
    read_rows,
    restyled,
    style_words,
)
from inference.training.data.short_prompts import foreign_prompts, short_prompts
from inference.training.loop import training_dtype
from inference.training.options import read_options
from inference.training.stages.safety_heads import (
    HeadConfig,
    LowerStates,
    NgramTable,
    SafetyHead,
    targets,
    train_head,
    train_ngrams,
)
from inference.training.stages.safety_thresholds import (
    REFUSALS,
    Suspicions,
    chosen_offsets,
    levels,
    refused_elsewhere,
    scale,
)

TABLE_SHARE = 0.5
CATEGORY_SHARE = 0.5


@dataclass(frozen=True)
class SafetyConfig:
    """Settings of one training; `run` gets the weights' files."""

    data: Path = Path("prompts.jsonl")
    run: Path = Path("runs/safety")
    seed: int = 1
    batch: int = 32
    epochs: int = 3
    learning_rate: float = 1e-4
    phrases: int = 10000
    short: int = 2400
    foreign: int = 6000
    restyle: float = 0.1
    misspell: float = 0.05
    folds: int = 5
    turns: int = 1
    start: Path | None = None
    precision: str = "auto"
    threads: int = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, export, and say how right the classifiers are on what they have not seen."""
    config, resume = read_options(SafetyConfig, arguments, __doc__ or "", "safety")
    torch.set_num_threads(config.threads or torch.get_num_threads())
    rows = read_rows(config.data)
    judged = taken_turns(rows, config, resume=resume)
    if not (resume and (config.run / "head.safetensors").exists()):
        learn(config, rows)
    print(json.dumps(calibrate(config.run, judged), indent=2))


def taken_turns(
    rows: Sequence[Example], config: SafetyConfig, *, resume: bool = True
) -> list[tuple[Path, list[Example]]]:
    """The folders of classifiers, each with the rows that it has not seen; `resume` trains only what is missing."""
    fold_of = parted(rows, config)
    turns = []
    for turn in range(config.turns):
        folder = config.run / f"fold-{turn}"
        if not (resume and (folder / "config.json").exists()):
            learn(
                replace(config, run=folder, start=_start_of(config, turn)),
                [row for row, own in zip(rows, fold_of, strict=True) if own != turn],
            )
        turns.append((folder, [row for row, own in zip(rows, fold_of, strict=True) if own == turn]))
    return turns


def _start_of(config: SafetyConfig, turn: int) -> Path | None:
    """That fold's own earlier classifier: any other one has seen what this one is to be judged by."""
    earlier = config.start / f"fold-{turn}" if config.start else None
    return earlier if earlier and earlier.exists() else None


def parted(rows: Sequence[Example], config: SafetyConfig) -> list[int]:
    """The fold of each row; kept in the run's folder, so that whoever measures it there has the same."""
    file = config.run / "folds.json"
    asked = [len(rows), config.folds, config.seed]
    if file.exists():
        kept = read_json(file)
        if kept["asked"] == asked:
            return list(kept["folds"])
    vectors = sentence_vectors([row.text for row in rows])
    folds: list[int] = folds_of(vectors, config.folds, config.seed).tolist()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"asked": asked, "folds": folds}) + "\n", encoding="utf-8")
    return folds


def sentence_vectors(texts: Sequence[str]) -> Tensor:
    """(N, D), of length one."""
    encoder = load_sentence_encoder()
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))  # like lengths together: less padding
    vectors = torch.zeros(len(texts), encoder.width)
    for at in range(0, len(texts), 64):
        part = order[at : at + 64]
        vectors[part] = encoder.vectors([texts[index] for index in part])
    return vectors


def learn(config: SafetyConfig, rows: Sequence[Example]) -> None:
    """Train on the rows and what is made of them, and write the weights to `config.run`."""
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    encoder, head = begin(config.start)
    examples = examples_for(rows, config, reader)
    texts = [reader.read(example.text).reading.text for example in examples]
    wanted, weights = targets(examples), torch.tensor([example.weight for example in examples])
    print(f"{len(rows)} rows, {len(examples)} examples", flush=True)
    table = train_ngrams(count_ngrams(texts), wanted, weights)
    dtype = training_dtype(config.precision, torch.device("cpu"))
    head_config = HeadConfig(config.seed, config.batch, config.epochs, config.learning_rate, dtype)
    states = LowerStates(texts, encoder, dtype)
    net = train_head(states, wanted, weights, np.arange(len(texts)), encoder, head_config, head)
    write_classifier(config.run, net, table)


def begin(start: Path | None) -> tuple[SentenceEncoder, dict[str, Tensor] | None]:
    """The encoder and the head to begin from: as published, or as an earlier training in `start` left them."""
    if start is None:
        return load_sentence_encoder(), None
    return load_sentence_encoder(upper=start / "encoder.safetensors"), read_weights(start / "head.safetensors")


def examples_for(rows: Sequence[Example], config: SafetyConfig, reader: Reader) -> list[Example]:
    """The rows, made-up prompts, and some of both again: in users' dress, and with slips of the keyboard."""
    rng = random.Random(config.seed)
    made = [
        *Phrasebook.english().make(config.phrases, rng),
        *short_prompts(rows, config.short, reader, rng),
        *foreign_prompts(config.foreign, rng),
    ]
    listed = (Kind.SEVERE, Kind.DOUBTFUL, Kind.NUDITY, Kind.SUGGESTIVE)
    styles = style_words(rows, lambda part: not any(m.kind in listed for m in reader.read(part).matches))
    both = [*rows, *made]
    return [*both, *restyled(both, styles, config.restyle, rng), *misspelt(both, config.misspell, rng)]


def write_classifier(folder: Path, net: SafetyHead, table: NgramTable) -> None:
    """The files that `Classifier.load` reads; every prompt is over the thresholds until `calibrate` sets them."""
    folder.mkdir(parents=True, exist_ok=True)
    upper = {
        f"layers.{LOWER + int(number)}.{rest}": tensor
        for name, tensor in net.layers.state_dict().items()
        for number, rest in [name.split(".", 1)]
    }
    write_weights(folder / "encoder.safetensors", upper, dtype=torch.float32, int8=True)
    head = {"weight": net.head.weight, "bias": net.head.bias}
    write_weights(folder / "head.safetensors", head, dtype=torch.float32)
    ngrams = {
        "weight": table.weight.t().contiguous(),
        "bias": table.bias,
        "rarity": torch.tensor(list(table.rarity), dtype=torch.float16),
    }
    write_weights(folder / "ngrams.safetensors", ngrams, dtype=torch.float16, int8=True)
    write_json(
        folder / "config.json", _settings(0.0, 1.0, {level: {"flag": 0.0, "block": 0.0} for level in REFUSALS}, {})
    )


def _settings(
    offset: float, slope: float, thresholds: Mapping[str, Mapping[str, float]], lower: Mapping[str, float]
) -> dict[str, Any]:
    return {
        "categories": list(CATEGORIES),
        "table_share": TABLE_SHARE,
        "category_share": CATEGORY_SHARE,
        "slope": slope,
        "offset": offset,
        "thresholds": thresholds,
        "lower": lower,
    }


# -------------------------------------------------------------------------------------------------- thresholds


def calibrate(folder: Path, judged: Sequence[tuple[Path, Sequence[Example]]]) -> dict[str, Any]:
    """Set the thresholds of `folder` by what classifiers think of rows that they have not seen, and report on them.

    `judged` are the classifiers' folders, which get the same thresholds, each with its rows; `folder` may have no
    classifier yet.
    """
    raw = suspicions(judged)
    slope, offset = scale(raw.logits, raw.unsafe)
    seen = raw.demanding(slope)
    offsets = chosen_offsets(seen)
    lower = {name: round(slope * by, 2) for name, by in zip(CATEGORIES, offsets.tolist(), strict=True)}
    settings = _settings(offset, slope, levels(seen, offsets, slope, offset), lower)
    for judge in {folder, *(fold for fold, _ in judged)}:
        write_json(judge / "config.json", settings)
    Classifier.load.cache_clear()  # they were loaded with other settings
    return report(seen, offsets, [turn for turn, (_, unseen) in enumerate(judged) for _ in unseen])


def suspicions(judged: Sequence[tuple[Path, Sequence[Example]]]) -> Suspicions:
    """What each classifier thinks of its rows."""
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    logits, likeliest, surer = [], [], []
    for fold, unseen in judged:
        classifier = Classifier.load(fold)
        for row in unseen:
            evidence = reader.read(row.text)
            logit, category, likelihood = classifier.suspicion(evidence.reading.text)
            logits.append(logit)
            likeliest.append(CATEGORIES.index(category))
            surer.append(surer_by(evidence, category, likelihood)[1])
    rows = [row for _, own in judged for row in own]
    return Suspicions(torch.tensor(logits), torch.tensor(likeliest), rows, torch.tensor(surer))


def report(seen: Suspicions, offsets: Tensor, turn_of: Sequence[int]) -> dict[str, Any]:
    """Shares that the standard level refuses, by kind; and those with thresholds that the other turns' rows fixed."""
    refused = seen.lowered(offsets) > seen.limit(offsets, REFUSALS["standard"])
    told: dict[str, Any] = {"unsafe": {}, "safe": {}}
    for unsafe, kind in sorted({(row.category is not None, row.kind) for row in seen.rows}):
        of_kind = seen.are(kind) & (seen.unsafe == unsafe)
        share = round(float(refused[of_kind].float().mean()), 3)
        told["unsafe" if unsafe else "safe"][kind] = {"prompts": int(of_kind.sum()), "refused": share}
    if len(set(turn_of)) > 1:
        told["thresholds_of_other_turns"] = refused_elsewhere(seen, turn_of)
    return told
