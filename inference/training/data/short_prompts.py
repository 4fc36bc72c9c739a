"""Prompts of a few words, and in other languages, for the safety filter's trainer: harmless and harmful.

In: nouns of the built-in model (its thesaurus is WordNet's, its languages are CLDR's), the filter's listed terms, and
the patterns of configs/safety_languages.toml.  Out: examples.  Public data has sentences in English only; who learns
from nothing else thinks anything of a word or of another language.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from inference.checkpoints.builtin import BUILTIN_FOLDER
from inference.checkpoints.weights import read_json
from inference.safety.lexicon import Kind, Lexicon, split_terms
from inference.safety.reading import Reader
from inference.text.reader import LANGUAGES, THESAURUS, VOCABULARY
from inference.training.data.prompts import CATEGORIES, Example, Phrasebook

LANGUAGE_PHRASES = Path(__file__).parent.parent / "configs" / "safety_languages.toml"
LISTED = Path(__file__).parent.parent.parent / "safety" / "words"
_HARMLESS_SHARE = 1 / 3
"""Of the rows that have a word so many may be unsafe, and it still counts as harmless by itself."""
_COMPANY = ("a {} {}", "{} {}", "{}, {}", "{} and {}")
_DOUBTED = (Kind.SEVERE, Kind.DOUBTFUL, Kind.NUDITY, Kind.SUGGESTIVE, Kind.VIOLENCE, Kind.MINORS_ALONE)


def short_prompts(rows: Sequence[Example], count: int, reader: Reader, rng: random.Random) -> list[Example]:
    """About so many different ones in English, three in four harmless."""
    nouns, others = harmless_words(rows)
    harmless = set(rng.sample(nouns, min(len(nouns), count // 4)))
    harmless |= set(rng.sample(others, min(len(others), count // 8)))
    while len(harmless) < 3 * count // 4:
        first = rng.choice(rng.choice((nouns, others)))
        harmless.add(rng.choice(_COMPANY).format(first, rng.choice(nouns)))
    spans = sorted(set(telling_spans(rows, reader)))
    terms = [(term, category) for category, found in listed_terms("en").items() for term in found]
    harmful = rng.sample(spans, min(len(spans), count // 8)) + rng.sample(terms, min(len(terms), count // 8))
    return [
        *(Example(text, None, "made_short", "made", made=True) for text in sorted(harmless)),
        *(Example(text, category, category, "made", made=True) for text, category in harmful),
    ]


def harmless_words(rows: Sequence[Example]) -> tuple[list[str], list[str]]:
    """Nouns for what can be seen, and other words: all that no list doubts and the rows mostly have in safe ones."""
    seen, unsafe = Counter[str](), Counter[str]()
    for row in rows:
        words = set(re.findall(r"[^\W\d_]+", row.text.lower()))
        seen.update(words)
        if row.category is not None:
            unsafe.update(words)

    def fit(word: str) -> bool:
        return unsafe[word] <= _HARMLESS_SHARE * seen[word] and not Lexicon.load().lists(word, *_DOUBTED)

    thesaurus: Mapping[str, Sequence[str]] = read_json(BUILTIN_FOLDER / THESAURUS)
    nouns = {noun for concept, others in thesaurus.items() for noun in (concept, *others)}
    silent = {word for word in read_json(BUILTIN_FOLDER / VOCABULARY)["silent"] if len(word) > 3 and seen[word]}
    return sorted(filter(fit, nouns)), sorted(filter(fit, silent - nouns))


def telling_spans(rows: Sequence[Example], reader: Reader) -> Iterator[tuple[str, str]]:
    """Of unsafe rows the listed terms with the words beside them."""
    for row in rows:
        if row.category is None or len(row.text) > 160:
            continue
        evidence = reader.read(row.text)
        for match in evidence.matches:
            if match.kind is Kind.SEVERE and match.category == row.category:
                yield " ".join(evidence.words.words[max(0, match.first - 1) : match.last + 2]), row.category


@cache
def listed_terms(language: str) -> Mapping[str, Sequence[str]]:
    """The severe terms by category; of those that stand for any ending the stem."""
    with (LISTED / ("en.toml" if language == "en" else "languages.toml")).open("rb") as file:
        book: Mapping[str, Any] = tomllib.load(file)
    lists: Mapping[str, str] = (book if language == "en" else book.get(language, {})).get("severe", {})
    return {
        category: [term.rstrip("*") for term in split_terms(terms)]
        for category, terms in lists.items()
        if category in CATEGORIES
    }


def foreign_prompts(count: int, rng: random.Random) -> list[Example]:
    """About so many different ones, the languages alike, two in three harmless."""
    languages = [language for language in _language_phrases() if language != "patterns"]
    found: dict[str, Example] = {}
    for language in languages:
        phrases = _phrasebook(language)
        found |= {example.text: example for example in phrases.make(count // len(languages), rng, safe_share=2 / 3)}
    return list(found.values())


@cache
def _language_phrases() -> Mapping[str, Any]:
    with LANGUAGE_PHRASES.open("rb") as file:
        return tomllib.load(file)


@cache
def _phrasebook(language: str) -> Phrasebook:
    """Of one language: its slots, the nouns of the built-in model, and the terms that are listed."""
    book = _language_phrases()
    common: Mapping[str, Any] = book["patterns"]
    patterns = {kind: texts for kind, texts in {**common, **common.get(language, {})}.items() if kind not in book}
    slots = {name: words.split(", ") for name, words in book[language]["slots"].items()}
    nouns: Mapping[str, Sequence[str]] = read_json(BUILTIN_FOLDER / LANGUAGES)[language]["nouns"]
    lexicon = Lexicon.load()
    slots["noun"] = sorted(
        {noun for forms in nouns.values() for noun in forms if "," not in noun and not lexicon.lists(noun, *_DOUBTED)}
    )
    for category, terms in listed_terms(language).items():
        slots[f"listed_{category}"] = list(terms)
        patterns[category] = [*patterns[category], f"{{listed_{category}}}"]
    safe = {"languages": patterns.pop("safe")}
    return Phrasebook({"slots": slots, "safe": safe, "unsafe": patterns})
