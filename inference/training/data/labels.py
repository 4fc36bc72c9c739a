"""What things are called in other languages: the names that emojibase has from Unicode's CLDR.

In: the cache folder of the packages. Out: names and keywords by language and by a concept's code. It knows no pictures.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.safety.lexicon import Kind, Lexicon
from inference.text import inflections
from inference.training.data.icons import Concept
from inference.training.data.packages import EMOJIBASE, fetch_package

_LONGEST = 30
_LEAST_WORTH = 0.95
"""Of a word for a thing; below it are keywords that many things share ("animal")."""
PHRASES = Path(__file__).with_name("phrases.toml")
READINGS = Path(__file__).with_name("readings.toml")
LANGUAGES = ("de", "es", "fr", "it", "ja", "pt", "ru", "zh")


@dataclass(frozen=True)
class Label:
    """A thing's name, and words that people may look for it with; both in lower case."""

    name: str
    keywords: tuple[str, ...]


def read_names(cache: Path, language: str) -> dict[str, Label]:
    """Names by a concept's code, in one language. Raises OSError where emojibase has no such language."""
    path = fetch_package(EMOJIBASE, cache) / language / "data.json"
    rows: list[Mapping[str, Any]] = json.loads(path.read_text("utf-8"))
    return {_code(row): Label(_plain(row["label"]), tuple(map(_plain, row.get("tags", ())))) for row in rows}


def nouns(concepts: Sequence[Concept], labels: Mapping[str, Label]) -> dict[str, list[str]]:
    """To each concept, by the name that goes with a colour, the words of a language that mean it before all others.

    A word is a concept's own name, or a keyword: the more so if it is a part of the name, if few other concepts share
    it, and if people ask for the concept often.
    """
    shared = Counter(word for label in labels.values() for word in set(label.keywords))
    claims: dict[str, tuple[float, str]] = {}
    for concept in concepts:
        label = labels.get(concept.code)
        if label is None or concept.name.startswith("mahjong") or Lexicon.load().lists(concept.name, Kind.MINORS):
            continue
        for word in (label.name, *label.keywords):
            worth = _whole(word, label.name) + 1 / max(1, shared[word]) + 1.0 * concept.is_popular
            if len(word) > _LONGEST or word.count(" ") > 2 or Lexicon.load().lists(word, Kind.SEVERE, Kind.DOUBTFUL):
                continue
            if worth > max(_LEAST_WORTH, claims.get(word, (0.0, ""))[0]):
                claims[word] = worth, concept.name if word == label.name else bare_name(concept)
    found: dict[str, list[str]] = {}
    for word, (_, name) in sorted(claims.items()):
        found.setdefault(name, []).append(word)
    return found


def with_everyday(
    named: Mapping[str, Sequence[str]],
    everyday: Mapping[str, Sequence[str]],
    labels: Mapping[str, Label],
    language: str,
) -> dict[str, list[str]]:
    """The nouns of `nouns` behind everyday ones, which win; without keywords that are other things' plurals.

    "fiori" is a keyword of a suit of cards, but a plural of "fiore"; "骑马" one of racing, but "riding" and "horse".
    """
    taken = {form for forms in everyday.values() for form in forms}
    names = {label.name for label in labels.values()} - taken
    folded_taken, folded_names = ({inflections.folded(word) for word in words} for words in (taken, names))

    def is_kept(word: str) -> bool:
        singulars = {base for base, is_many in inflections.nouns(inflections.folded(word), language) if is_many}
        is_doing = language in {"ja", "zh"} and len(word) > 1 and word[1:] in taken
        is_other = word not in names and (bool(singulars & folded_names) or is_doing)
        return word not in taken and not is_other and not singulars & folded_taken

    kept = {name: list(filter(is_kept, forms)) for name, forms in named.items()}
    return kept | {name: [*forms, *kept.get(name, ())] for name, forms in everyday.items()}


def _whole(word: str, name: str) -> float:
    """How much of a name a word is: all of it counts most, then one of its words, then a part of a compound."""
    if word == name:
        return 4.0
    if word in re.split(r"[\s-]", name):
        return 2.0 * len(word) / len(name)
    return 1.2 * len(word) / len(name) if word in name else 0.0


def bare_name(concept: Concept) -> str:
    """The name that goes with a colour: "heart", not "red heart"."""
    return concept.names[-1] if concept.name.startswith("red ") and len(concept.names) > 1 else concept.name


def read_phrases() -> dict[str, dict[str, dict[str, list[str]]]]:
    """The words of each language by kind and meaning; numbers with each of the words that are counted by."""
    values: dict[str, dict[str, dict[str, str]]] = tomllib.loads(PHRASES.read_text("utf-8"))
    phrases = {
        language: {
            kind: {meaning: [form.replace("_", " ") for form in forms.split()] for meaning, forms in words.items()}
            for kind, words in kinds.items()
        }
        for language, kinds in values.items()
    }
    for kinds in phrases.values():
        numbers = kinds.pop("numbers", {})
        counters = numbers.pop("counters", [])
        for meaning, digits in numbers.items():
            counted = [digit + counter for digit in digits for counter in counters]
            linked = [form + "の" for form in counted] if "の" in kinds["words"].get("of", ()) else []
            kinds["words"][meaning] = [*counted, *linked, *kinds["words"].get(meaning, ())]
    return phrases


def read_readings() -> dict[str, str]:
    """The names as which some nouns are read, "" for none, by those nouns; in the file "_" joins the words of one."""
    values: dict[str, str] = tomllib.loads(READINGS.read_text("utf-8"))
    return {noun.replace("_", " "): name for name, nouns in values.items() for noun in nouns.split()}


def read_labels(cache: Path) -> dict[str, dict[str, str]]:
    """The names alone, of all languages."""
    return {
        language: {code: label.name for code, label in read_names(cache, language).items()} for language in LANGUAGES
    }


def _plain(word: str) -> str:
    """In lower case, and without endings in brackets ("Magier(in)")."""
    return re.sub(r"[（(].*?[)）]", "", word.lower().replace("’", "'")).strip()


def _code(row: Mapping[str, Any]) -> str:
    return str(row["hexcode"]).lower().replace("-fe0f", "")
