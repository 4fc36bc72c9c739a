"""The prompt filter beside what other bots use, on prompts that none of them has seen.

Trains the classifier on a part of a labelled file (some minutes), and judges the rest: with the lists and rules alone,
with sentence vectors and logistic regression, with better-profanity and alt-profanity-check where they are installed.
Prints one JSON object: the shares refused of unsafe prompts, of real users' prompts and of harmless ones that look
unsafe, in per cent, and ms a prompt.

    python -m benchmarks.safety --data dev.jsonl [--run FOLDER]
"""

import argparse
import importlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER, load_sentence_encoder
from inference.checkpoints.weights import read_json
from inference.safety.classifier import Classifier
from inference.safety.filter import PromptFilter
from inference.safety.lexicon import Kind
from inference.safety.policy import Thresholds
from inference.safety.reading import Reader
from inference.training.data.prompts import Example, read_rows
from inference.training.stages.safety import REFUSALS, SafetyConfig, calibrate, held_out, learn

Judge = Callable[[str], bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="keep the trained weights here")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config = SafetyConfig(data=given.data, run=given.run or Path(folder))
        rows = read_rows(config.data)
        held = held_out(rows, config)
        known = [row for row, out in zip(rows, held, strict=True) if not out]
        unknown = [row for row, out in zip(rows, held, strict=True) if out]
        learn(config, known)
        calibrate(config.run, unknown)
        print(json.dumps({name: measure(judge, unknown) for name, judge in judges(config, known, unknown)}, indent=2))


def judges(config: SafetyConfig, known: Sequence[Example], unknown: Sequence[Example]) -> list[tuple[str, Judge]]:
    """Everything that can be compared here."""
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    thresholds = Thresholds.from_json(read_json(config.run / "config.json")["thresholds"])
    easel = PromptFilter(reader, Classifier.load(config.run), thresholds)
    found: list[tuple[str, Judge]] = [
        ("easel", lambda text: easel.check(text).action == "block"),
        ("lists and rules alone", lambda text: listed(reader, text)),
        ("sentence vectors and logistic regression", regression(known, unknown)),
    ]
    for module, name in (("better_profanity", "better-profanity"), ("profanity_check", "alt-profanity-check")):
        try:
            library = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        if module == "better_profanity":
            library.profanity.load_censor_words()
            found.append((name, library.profanity.contains_profanity))
        else:
            found.append((name, predicted(library.predict)))
    return found


def predicted(predict: Callable[[list[str]], Sequence[int]]) -> Judge:
    return lambda text: bool(predict([text])[0])


def listed(reader: Reader, text: str) -> bool:
    evidence = reader.read(text)
    broken = evidence.finding is not None and evidence.finding.certain
    return broken or any(match.kind is Kind.SEVERE for match in evidence.matches)


def regression(known: Sequence[Example], unknown: Sequence[Example]) -> Judge:
    """Logistic regression on sentence vectors, refusing as many of real users' prompts as the standard level."""
    encoder = load_sentence_encoder()
    vectors = torch.cat([encoder.vectors([row.text]) for row in known])
    wanted = torch.tensor([float(row.category is not None) for row in known])
    weight = torch.zeros(vectors.shape[1] + 1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight], max_iter=200)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = 10 * vectors @ weight[:-1] + weight[-1]
        loss = F.binary_cross_entropy_with_logits(logits, wanted) + 1e-3 * weight[:-1].square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    final = weight.detach()
    users = torch.cat([encoder.vectors([row.text]) for row in unknown if row.kind == "benign_user"])
    limit = float((users @ final[:-1]).quantile(1 - REFUSALS["standard"]))
    return lambda text: float(encoder.vectors([text])[0] @ final[:-1]) > limit


def measure(judge: Judge, rows: Sequence[Example]) -> dict[str, Any]:
    """Shares refused, in per cent, and the time."""
    kinds = {
        "unsafe": [row.text for row in rows if row.category is not None],
        "real users": [row.text for row in rows if row.kind == "benign_user"],
        "looks unsafe": [row.text for row in rows if row.kind in ("hard_safe", "paired_safe")],
    }
    started = time.thread_time()
    shares = {name: round(100 * sum(map(judge, texts)) / max(1, len(texts)), 1) for name, texts in kinds.items()}
    return {**shares, "ms": round(1000 * (time.thread_time() - started) / sum(map(len, kinds.values())), 2)}


if __name__ == "__main__":
    main()
