"""Prompts that are safe or not, for the safety filter's trainer: rows of a file, and made-up ones.

In: a JSON-lines file (`text`, `label`, `category`), and the patterns of configs/safety_phrases.toml.  Out: examples,
and folds for cross-validation in which prompts that say nearly the same are together.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

CATEGORIES = ("sexual", "violence_gore", "hate_harassment", "self_harm", "illegal", "privacy_deepfake", "shocking")
"""What is told apart; any other category of an unsafe row is one whose text is innocent, and is left out."""
PHRASES = Path(__file__).parent.parent / "configs" / "safety_phrases.toml"
CLUSTERS = 600


@dataclass(frozen=True)
class Example:
    """`category` None is safe; `kind` is the file's category, for the report; `made` is no row of the file."""

    text: str
    category: str | None
    kind: str
    source: str = ""
    weight: float = 1.0
    made: bool = False


def read_rows(path: Path) -> list[Example]:
    """The file's rows, without those whose unsafety is not in their text.  Raises `ValueError`."""
    examples = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            text, label, kind = row["text"], row["label"], row["category"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: a row needs text, label and category: {error}") from error
        if label == "unsafe" and kind not in CATEGORIES:
            continue
        examples.append(Example(text, kind if label == "unsafe" else None, kind, row.get("source", "")))
    return examples


def folds_of(vectors: Tensor, count: int, seed: int = 0) -> Tensor:
    """The fold of each text, from unit vectors (N, D): clusters of like texts stay whole.  K-means, a few rounds."""
    generator = torch.Generator().manual_seed(seed)
    clusters = min(CLUSTERS, len(vectors))
    centres = vectors[torch.randperm(len(vectors), generator=generator)[:clusters]].clone()
    own = torch.zeros(len(vectors), dtype=torch.long)
    for _ in range(6):
        own = (vectors @ centres.T).argmax(1)
        centres = torch.nn.functional.normalize(torch.zeros_like(centres).index_add_(0, own, vectors), dim=1)
    return (torch.randperm(clusters, generator=generator) % count)[own]


class Phrasebook:
    """Fills the patterns' slots at random."""

    def __init__(self, book: Mapping[str, Any]) -> None:
        """`book` has `slots`, and by category the patterns of `unsafe` and `safe`."""
        self._slots: Mapping[str, Sequence[str]] = book["slots"]
        self._unsafe: Mapping[str, Sequence[str]] = book["unsafe"]
        self._safe: Mapping[str, Sequence[str]] = book["safe"]

    @classmethod
    def english(cls) -> Phrasebook:
        """The patterns of configs/safety_phrases.toml."""
        with PHRASES.open("rb") as file:
            book = tomllib.load(file)
        return cls({**book, "slots": {name: words.split(", ") for name, words in book["slots"].items()}})

    def make(self, count: int, rng: random.Random, safe_share: float = 0.5) -> list[Example]:
        """So many different examples, of each category of the safe and of the unsafe ones alike."""
        found: dict[str, Example] = {}
        for _ in range(count * 3):
            unsafe = rng.random() >= safe_share
            patterns = self._unsafe if unsafe else self._safe
            category = rng.choice(sorted(patterns))
            text = self._fill(rng.choice(patterns[category]), rng)
            kind = category if unsafe else f"made_{category}"
            found.setdefault(text, Example(text, category if unsafe else None, kind, "made", made=True))
            if len(found) == count:
                break
        return list(found.values())

    def _fill(self, pattern: str, rng: random.Random) -> str:
        while slots := re.findall(r"\{(\w+)\}", pattern):
            pattern = pattern.replace(f"{{{slots[0]}}}", rng.choice(self._slots[slots[0]]), 1)
        return pattern


def style_words(examples: Sequence[Example], harmless: Callable[[str], bool]) -> list[str]:
    """What real users write after the first comma: "trending on artstation", "by …".  Of safe rows only."""
    found = {
        part.strip()
        for example in examples
        if example.kind == "benign_user"
        for part in example.text.split(",")[1:]
        if 2 < len(part.strip()) < 40
    }
    return sorted(part for part in found if harmless(part))


def restyled(examples: Sequence[Example], styles: Sequence[str], share: float, rng: random.Random) -> list[Example]:
    """A share of the short examples again, in the dress that users give their prompts: it must decide nothing.

    Some unsafe ones are hidden behind a safe one instead.
    """
    safe = [example.text for example in examples if example.category is None and len(example.text) < 90]
    made = []
    for example in examples:
        if len(example.text) > 160 or rng.random() > share:
            continue
        if example.category is not None and rng.random() < 0.2:
            text = f"{rng.choice(safe).rstrip('.')}. {example.text}"
        else:
            text = ", ".join([example.text.rstrip("."), *rng.sample(styles, rng.randint(1, 6))])
        made.append(replace(example, text=text, made=True, weight=0.5))
    return made


def misspelt(examples: Sequence[Example], share: float, rng: random.Random) -> list[Example]:
    """A share of the examples again with slips of the keyboard, which must change nothing either."""
    made = []
    for example in examples:
        if rng.random() < share:
            words = [
                _slip(word, rng) if len(word) > 3 and rng.random() < 0.5 else word for word in example.text.split()
            ]
            made.append(replace(example, text=" ".join(words), made=True, weight=0.5))
    return made


def _slip(word: str, rng: random.Random) -> str:
    """Two letters swapped, one left out, or one twice."""
    at = rng.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
