"""Prompts that measure the filter and teach it nothing: our own (prompts.toml), odd ones (odd.toml), untaught nouns.

In: the files beside this one, and for the nouns what the trainer would make.  Out: pairs of a kind and a text.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.safety.reading import Reader
from inference.training.data.prompts import Example, Phrasebook
from inference.training.data.short_prompts import harmless_words, short_prompts
from inference.training.stages.safety import SafetyConfig

FOLDER = Path(__file__).parent
NOUNS = 500


def own_prompts() -> Iterator[tuple[str, str]]:
    """Of prompts.toml and odd.toml; what is said for harmless there has a kind that says so."""
    book = _book("prompts.toml")
    for name, texts in book["harmless"].items():
        yield from _lines(f"ours, harmless: {name}", texts)
    for texts in book["harmful"].values():
        yield from _lines("ours, harmful", texts)
    for kind, texts in book["short"].items():
        yield from _lines(f"ours, short: {kind}", texts)
    for language, texts in book["chatted"].items():
        yield from _lines(f"ours, chatted: {language}", texts)
    for language, kinds in book["spoken"].items():
        for kind, texts in kinds.items():
            where = "English" if language == "en" else "14 languages"
            yield from _lines(f"ours, spoken, {where}: {kind}", texts)
    for languages in book["translated"].values():
        for kind, texts in languages.items():
            yield from _lines(f"ours, {kind}, 14 languages", texts)
    for texts in _book("odd.toml").values():
        yield from _lines("ours, odd", texts)


def untaught_nouns(rows: Sequence[Example], config: SafetyConfig, reader: Reader) -> Iterator[tuple[str, str]]:
    """Nouns of the thesaurus that the trainer did not make prompts of, and pairs of them, drawn by lot."""
    rng = random.Random(config.seed)
    made = [*Phrasebook.english().make(config.phrases, rng), *short_prompts(rows, config.short, reader, rng)]
    taught = {word for example in made for word in re.findall(r"\w+", example.text.lower())}
    nouns = [noun for noun in harmless_words(rows)[0] if not taught.intersection(re.findall(r"\w+", noun.lower()))]
    for _ in range(min(NOUNS, len(nouns))):
        yield "nouns, untaught", rng.choice(nouns)
        yield "nouns, untaught, in pairs", " and ".join(rng.sample(nouns, 2))


def _lines(kind: str, texts: str) -> Iterator[tuple[str, str]]:
    yield from ((kind, text) for text in texts.strip().splitlines())


def _book(name: str) -> Mapping[str, Any]:
    with (FOLDER / name).open("rb") as file:
        return tomllib.load(file)
