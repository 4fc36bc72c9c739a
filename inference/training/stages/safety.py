"""Training of the safety filter's classifier: which prompts ask for what should not be drawn.

In: rows with labels, and made-up prompts (data/prompts.py).  Out: the files of inference/safety/weights.  Two looks at
a prompt learn apart from each other, and their logits are added: the encoder knows what words mean, the table of
n-grams remembers how people write.

A share of the rows, in clusters of like texts, is held out.  On them the thresholds are fixed, where so many of real
users' prompts are refused, and the report is made: the weights have not seen them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER, load_sentence_encoder
from inference.checkpoints.weights import write_json, write_weights
from inference.safety.classifier import LOWER, WEIGHTS, Classifier
from inference.safety.lexicon import Kind
from inference.safety.ngrams import count_ngrams
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

REFUSALS: Mapping[str, float] = {"open": 0.005, "relaxed": 0.01, "standard": 0.02, "strict": 0.05}
"""Of real users' prompts, by level; `open` is one step below the most relaxed."""
FLAGGED = 2.0
"""So many times as many are flagged or refused together."""
TABLE_SHARE = 0.5
CATEGORY_SHARE = 0.5


@dataclass(frozen=True)
class SafetyConfig:
    """Settings of one training; `run` gets the weights' files."""

    data: Path = Path("prompts.jsonl")
    run: Path = WEIGHTS
    seed: int = 1
    batch: int = 32
    epochs: int = 3
    learning_rate: float = 1e-4
    phrases: int = 3000
    restyle: float = 0.25
    misspell: float = 0.05
    hold_out: float = 0.17
    precision: str = "auto"
    threads: int = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, export, and say how right the exported classifier is on what was held out."""
    config, _ = read_options(SafetyConfig, arguments, __doc__ or "", "safety")
    torch.set_num_threads(config.threads or torch.get_num_threads())
    rows = read_rows(config.data)
    held = held_out(rows, config)
    learn(config, [row for row, out in zip(rows, held, strict=True) if not out])
    report = calibrate(config.run, [row for row, out in zip(rows, held, strict=True) if out])
    print(json.dumps(report, indent=2))


def held_out(rows: Sequence[Example], config: SafetyConfig) -> list[bool]:
    """Of each row, whether it is kept from the learners."""
    vectors = sentence_vectors([row.text for row in rows])
    folds: list[int] = folds_of(vectors, round(1 / config.hold_out), config.seed).tolist()
    return [fold == 0 for fold in folds]


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
    reader, encoder = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json")), load_sentence_encoder()
    examples = examples_for(rows, config, reader)
    texts = [reader.read(example.text).reading.text for example in examples]
    wanted, weights = targets(examples), torch.tensor([example.weight for example in examples])
    print(f"{len(rows)} rows, {len(examples)} examples", flush=True)
    table = train_ngrams([count_ngrams(text) for text in texts], wanted, weights)
    dtype = training_dtype(config.precision, torch.device("cpu"))
    head_config = HeadConfig(config.seed, config.batch, config.epochs, config.learning_rate, dtype)
    states = LowerStates(texts, encoder, dtype)
    net = train_head(states, wanted, weights, np.arange(len(texts)), encoder, head_config)
    write_classifier(config.run, net, table)


def examples_for(rows: Sequence[Example], config: SafetyConfig, reader: Reader) -> list[Example]:
    """The rows, made-up prompts, and some of both again: in users' dress, and with slips of the keyboard."""
    rng = random.Random(config.seed)
    made = Phrasebook().make(config.phrases, rng)
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
    write_json(folder / "config.json", _settings(0.0, 1.0, {level: {"flag": 0.0, "block": 0.0} for level in REFUSALS}))


def _settings(offset: float, slope: float, thresholds: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    return {
        "categories": list(CATEGORIES),
        "table_share": TABLE_SHARE,
        "category_share": CATEGORY_SHARE,
        "slope": slope,
        "offset": offset,
        "thresholds": thresholds,
    }


# -------------------------------------------------------------------------------------------------- thresholds


def calibrate(folder: Path, rows: Sequence[Example]) -> dict[str, Any]:
    """Set the thresholds by the shipped classifier's logits of rows that it has not seen, and report on them."""
    classifier = Classifier.load(folder)
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    logits = torch.tensor([classifier.logit(reader.read(row.text).reading.text) for row in rows])
    slope, offset = _scale(logits, torch.tensor([float(row.category is not None) for row in rows]))
    users = logits[torch.tensor([row.kind == "benign_user" for row in rows])]
    thresholds = {
        level: {
            "flag": round(_probability(slope, offset, users.quantile(1 - FLAGGED * share)), 4),
            "block": round(_probability(slope, offset, users.quantile(1 - share)), 4),
        }
        for level, share in REFUSALS.items()
    }
    write_json(folder / "config.json", _settings(offset, slope, thresholds))
    limit = users.quantile(1 - REFUSALS["standard"])
    kinds = sorted({(row.category is not None, row.kind) for row in rows})
    report: dict[str, Any] = {"unsafe": {}, "safe": {}}
    for unsafe, kind in kinds:
        of_kind = torch.tensor([(row.category is not None, row.kind) == (unsafe, kind) for row in rows])
        share = float((logits[of_kind] > limit).float().mean())
        report["unsafe" if unsafe else "safe"][kind] = {"prompts": int(of_kind.sum()), "refused": round(share, 3)}
    return report


def _scale(logits: Tensor, unsafe: Tensor) -> tuple[float, float]:
    """Platt's scaling: slope and offset that make the logits probabilities of these rows."""
    scale = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([scale], max_iter=50)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(scale[0] * logits + scale[1], unsafe)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    slope, offset = scale.tolist()
    return round(slope, 4), round(offset, 4)


def _probability(slope: float, offset: float, logit: Tensor) -> float:
    return float(torch.sigmoid(slope * logit + offset))
