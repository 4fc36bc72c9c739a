"""Making of the tables that prompts are read through: nouns that no caption has, other languages, and all known words.

In: the concepts of the icons, WordNet, CLDR's names, MiniLM as published. Out: `thesaurus.json`, `languages.json` and
`vocabulary.json`. It knows no pictures.

A noun is looked up by its definition, as a person would do: MiniLM reads "a heifer, young cow" and says which of the
nouns that captions have means the same, or nearly. Which noun is a kind of which is not asked, so the nouns that
`evaluate` asks for are found as all others are.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.models.text_encoder import SentenceEncoder
from inference.safety.lexicon import Kind, Lexicon
from inference.text.nouns import article
from inference.text.reader import LANGUAGES as LANGUAGES_FILE
from inference.text.reader import THESAURUS, VOCABULARY
from inference.text.thesaurus import Thesaurus
from inference.training.data.captions import caption
from inference.training.data.icons import Concept, IconSet
from inference.training.data.labels import LANGUAGES, nouns, read_names, read_phrases, read_readings, with_everyday
from inference.training.data.packages import DEFAULT_CACHE, WORDNET, fetch_package
from inference.training.data.scenes import SceneMaker
from inference.training.data.wordnet import Synset, WordNet

_CAPTIONS = 20_000
_BATCH = 256
LEAST_LIKENESS = 0.52
"""Cosine below which a noun is left to the text encoder: it is like nothing that can be drawn."""


def caption_words(icons: IconSet, seed: int = 0) -> set[str]:
    """The words of all names, and of so many captions that hardly another one comes up."""
    rng, maker = np.random.default_rng(seed), SceneMaker(icons)
    texts = [caption(maker.draw(rng), icons, rng) for _ in range(_CAPTIONS)]
    texts += [noun for concept in icons.concepts for noun in (*concept.names, *concept.synonyms)]
    return {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}


def look_up(
    things: Mapping[str, Synset], named: Mapping[str, Concept], encoder: SentenceEncoder
) -> dict[str, tuple[str, float]]:
    """For each of `things` the name that its definition is most like, and their cosine.

    Asked are all nouns that captions may have for the `named` concepts, if a thing of that kind can be one of its emoji
    group.
    """
    known = [(name, noun) for name, concept in named.items() for noun in (*concept.names, *concept.synonyms)]
    bank = _vectors(encoder, [article(noun) for _, noun in known])  # (K, D)
    groups = [named[name].group for name, _ in known]
    found: dict[str, tuple[str, float]] = {}
    nouns = sorted(things, key=lambda noun: len(things[noun].definition))  # little padding in each batch
    for start in range(0, len(nouns), _BATCH):
        some = nouns[start : start + _BATCH]
        said = _vectors(encoder, [f"{article(noun)}, {things[noun].definition}" for noun in some])
        fit = torch.tensor([[things[noun].is_fit(group) for group in groups] for noun in some])
        likeness, best = (said @ bank.T).masked_fill(~fit, -1.0).max(1)
        for noun, index, cosine in zip(some, best.tolist(), likeness.tolist(), strict=True):
            found[noun] = known[index][0], cosine
    return found


def _vectors(encoder: SentenceEncoder, texts: Sequence[str]) -> Tensor:
    return torch.cat([encoder.vectors(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)])


def write_thesaurus(path: Path, names: Iterable[str], found: Mapping[str, tuple[str, float]]) -> None:
    """One name a line, in order, with the nouns that are like it; names without any stay, for they are nouns, too.

    Left out is what the safety filter lists: it shall not be read as something harmless. Nothing is read as a child.
    """
    lists: dict[str, list[str]] = {name: [] for name in names}
    for noun in sorted(found):
        name, likeness = found[noun]
        if (
            likeness >= LEAST_LIKENESS
            and not Lexicon.load().lists(noun, Kind.SEVERE, Kind.DOUBTFUL)
            and not Lexicon.load().lists(name, Kind.MINORS)
        ):
            lists[name].append(noun)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(nouns)}" for name, nouns in lists.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{{\n{lines}\n}}\n", "utf-8")


def write_languages(path: Path, icons: IconSet, cache: Path) -> int:
    """One meaning a line, with its forms, for every language; returns how many forms there are."""
    phrases, lines, count = read_phrases(), list[str](), 0
    for language in LANGUAGES:
        labels = read_names(cache, language)
        everyday = phrases[language].get("nouns", {})
        named = with_everyday(nouns(icons.concepts, labels), everyday, labels, language)
        parts = phrases[language] | {"nouns": named}
        tables = []
        for name, forms in parts.items():
            rows = ",\n".join(
                f"{json.dumps(key)}: {json.dumps(some, ensure_ascii=False)}" for key, some in forms.items()
            )
            tables.append(f'"{name}": {{\n{rows}\n}}')
            count += sum(map(len, forms.values()))
        lines.append(f'"{language}": {{{", ".join(tables)}}}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return count


def write_vocabulary(path: Path, drawn: Iterable[str], silent: Iterable[str]) -> None:
    """All known words: those of captions, and those that tell nothing to be seen."""
    lists = {"drawn": sorted(drawn), "silent": sorted(set(silent) - set(drawn))}
    path.write_text(json.dumps(lists, indent=0) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a thesaurus for the concepts of the icon cache."""
    parser = argparse.ArgumentParser(prog="easel train thesaurus", description="Find what other nouns are most like.")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--out", type=Path, default=Path("runs") / THESAURUS, help="the file to write")
    options = parser.parse_args(arguments)
    cache = options.cache.expanduser()
    icons = IconSet.load(cache)
    words = caption_words(icons)
    wordnet = WordNet.load(fetch_package(WORDNET, cache) / "dict")
    new = {noun: meant for noun, meant in wordnet.things().items() if noun not in words}
    # "book" for "closed book"; nothing for "person getting haircut", which a noun cannot be read as
    named = {name: one for one in icons.concepts for name in list(filter(wordnet.is_noun, one.names))[:1]}
    found = look_up(new, named, load_sentence_encoder())
    found |= {noun: (name, 1.0) for noun, name in read_readings().items()}
    names = dict.fromkeys(name for one in icons.concepts for name in one.names)
    names |= dict.fromkeys(name for name, _ in found.values())
    write_thesaurus(options.out, names, found)
    kept = sum(map(len, Thesaurus.load(options.out).nouns.values()))
    sys.stdout.write(f"Wrote {options.out}: {kept} of {len(found)} nouns are like one that can be drawn\n")
    forms = write_languages(options.out.with_name(LANGUAGES_FILE), icons, cache)
    write_vocabulary(options.out.with_name(VOCABULARY), words, wordnet.silent_words())
    sys.stdout.write(f"Wrote {LANGUAGES_FILE}, {forms} forms in {len(LANGUAGES)} languages, and {VOCABULARY}\n")


if __name__ == "__main__":
    main()
