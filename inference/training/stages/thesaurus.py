"""Making of the tables that prompts are read through: nouns that no caption has, other languages, and all known words.

In: the concepts of the icons, WordNet, CLDR's names, MiniLM as published. Out: `thesaurus.json`, `languages.json` and
`vocabulary.json`. It knows no pictures.

A noun is looked up as a person would do, by what it is a kind of and by its definition: WordNet says how near a heifer
is to each concept, MiniLM reads "a heifer, young cow" and says how alike that is to the nouns that captions have. Of
all concepts and of the noun's frequent meanings those are taken for which both together say most.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.checkpoints.text_encoder import common_words, load_sentence_encoder
from inference.models.text_encoder import SentenceEncoder
from inference.safety.lexicon import Kind, Lexicon
from inference.text.nouns import article, singulars
from inference.text.reader import LANGUAGES as LANGUAGES_FILE
from inference.text.reader import THESAURUS, VOCABULARY
from inference.text.thesaurus import Thesaurus
from inference.training.data.captions import caption
from inference.training.data.icons import Concept, IconSet
from inference.training.data.kinds import Kinds, anchors, is_fit
from inference.training.data.labels import LANGUAGES, nouns, read_names, read_phrases, read_readings, with_everyday
from inference.training.data.packages import DEFAULT_CACHE, WORDNET, fetch_package
from inference.training.data.scenes import SceneMaker
from inference.training.data.wordnet import Meaning, WordNet

_CAPTIONS = 20_000
_BATCH = 256
_UNSEEN = frozenset({"army", "band", "class", "family", "friends", "group", "plate", "table"})
"""Words of captions that stand only in names of something else ("table tennis"): nobody learned what one is."""
_CHILDREN = frozenset({"baby", "child", "boy", "girl"})
NEARNESS, KIND, RARITY = 0.6, 0.2, 0.4
"""What nearness in the tree counts beside a cosine, what it counts that a noun is a kind of a concept, and what is
taken off for a meaning that is none of a noun's uses. Chosen, with the next, of two thousand settings, as those for
which most of the evaluation's synonyms and of the first list of benchmarks/everyday.toml are read rightly, and fewest
wrongly."""
LEAST_LIKENESS = 0.98
"""Sum below which a noun is left to the text encoder: it is like nothing that can be drawn."""


def caption_words(icons: IconSet, seed: int = 0) -> set[str]:
    """The words of all names, and of so many captions that hardly another one comes up."""
    rng, maker = np.random.default_rng(seed), SceneMaker(icons)
    texts = [caption(maker.draw(rng), icons, rng) for _ in range(_CAPTIONS)]
    texts += [noun for concept in icons.concepts for noun in (*concept.names, *concept.synonyms)]
    return {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}


def taken_words(icons: IconSet) -> set[str]:
    """The nouns that captions have, and the words around them ("background"); not those that only stand in longer
    names: nobody learned from "pickup truck" what a truck is."""
    nameless = replace(icons, concepts=tuple(replace(one, names=("",), synonyms=()) for one in icons.concepts))
    nouns = {noun for concept in icons.concepts for noun in (*concept.names, *concept.synonyms)}
    return nouns | caption_words(nameless)


def look_up(
    things: Mapping[str, Sequence[Meaning]],
    wordnet: WordNet,
    concepts: Sequence[Concept],
    kinds: Kinds,
    encoder: SentenceEncoder,
) -> dict[str, tuple[str, float]]:
    """For each of `things` the name of the concept that it is most like, of those that it can be, and how much."""
    known = [(row, noun) for row, concept in enumerate(concepts) for noun in (*concept.names, *concept.synonyms)]
    bank = _vectors(encoder, [article(noun) for _, noun in known])  # (K, D)
    owners = torch.tensor([row for row, _ in known])  # (K)
    fit = {field: _fit(concepts, field) for field in {one.field for one in wordnet.synsets.values()}}
    found: dict[str, tuple[str, float]] = {}
    meant = [(noun, one, wordnet.synsets[one.offset]) for noun, several in things.items() for one in several]
    meant.sort(key=lambda row: len(row[2].definition))  # little padding in each batch
    for start in range(0, len(meant), _BATCH):
        some = meant[start : start + _BATCH]
        said = _vectors(encoder, [f"{article(noun)}, {synset.definition}" for noun, _, synset in some])
        cosines = torch.full((len(some), len(concepts)), -1.0)
        cosines.scatter_reduce_(1, owners.expand(len(some), -1), said @ bank.T, "amax")
        for (noun, one, synset), cosine in zip(some, cosines.numpy(), strict=True):
            near, is_kind = kinds.near(one.offset)
            likeness = cosine + NEARNESS * near + KIND * is_kind - RARITY * (1 - one.share)
            likeness[~fit[synset.field]] = -1.0
            row = int(likeness.argmax())
            if likeness[row] > found.get(noun, ("", -1.0))[1]:
                found[noun] = concepts[row].name, float(likeness[row])
    return found


def _fit(concepts: Sequence[Concept], field: str) -> NDArray[np.bool_]:
    return np.array([is_fit(concept, field) for concept in concepts])


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
            and name not in _CHILDREN
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


def write_vocabulary(
    path: Path, drawn: Iterable[str], silent: Iterable[str], nouns: Iterable[str], icons: IconSet
) -> None:
    """All known words: those of captions, those that tell nothing to be seen, and English nouns that cannot be read;
    and the names of things that are hardly seen before white, and of those that one sees through."""
    said = {"drawn": sorted(drawn), "silent": sorted(set(silent) - set(drawn)), "nouns": sorted(nouns)}
    lists = said | {"pale": _names_of(icons, icons.is_pale), "hollow": _names_of(icons, icons.is_hollow)}
    path.write_text(json.dumps(lists, indent=0) + "\n", "utf-8")


def _names_of(icons: IconSet, are: Callable[[int], bool]) -> list[str]:
    return sorted({name for row, one in enumerate(icons.concepts) if are(row) for name in one.names})


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a thesaurus for the concepts of the icon cache."""
    parser = argparse.ArgumentParser(prog="easel train thesaurus", description="Find what other nouns are most like.")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--out", type=Path, default=Path("runs") / THESAURUS, help="the file to write")
    options = parser.parse_args(arguments)
    cache = options.cache.expanduser()
    icons = IconSet.load(cache)
    readings, wordnet = read_readings(), WordNet.load(fetch_package(WORDNET, cache) / "dict")
    taken = taken_words(icons) | set(readings)
    things = wordnet.things()
    known = taken | set(things)  # "clocks" are no dandelion seeds
    new = {noun: meant for noun, meant in things.items() if noun not in taken and known.isdisjoint(singulars(noun))}
    kinds = Kinds(wordnet, tuple(anchors(wordnet, icons.concepts, readings)), len(icons.concepts))
    found = look_up(new, wordnet, icons.concepts, kinds, load_sentence_encoder())
    found |= {noun: (name, LEAST_LIKENESS) for noun, name in readings.items() if name}
    names = dict.fromkeys(name for one in icons.concepts for name in one.names)
    names |= dict.fromkeys(name for name, _ in found.values())
    write_thesaurus(options.out, names, found)
    read = Thesaurus.load(options.out).words
    sys.stdout.write(f"Wrote {options.out}: {len(read)} of {len(found)} nouns are like one that can be drawn\n")
    forms = write_languages(options.out.with_name(LANGUAGES_FILE), icons, cache)
    unread = set(common_words()) & set(new) - read
    drawn, silent = caption_words(icons) - _UNSEEN, wordnet.silent_words() - _UNSEEN
    write_vocabulary(options.out.with_name(VOCABULARY), drawn, silent, unread | _UNSEEN, icons)
    sys.stdout.write(f"Wrote {LANGUAGES_FILE}, {forms} forms in {len(LANGUAGES)} languages, and {VOCABULARY}\n")


if __name__ == "__main__":
    main()
