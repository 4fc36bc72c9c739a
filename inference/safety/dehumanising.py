"""Groups of people who are called animals.

In: the words of a text (lexicon.py).  Out: matches of the kind SEVERE, for hatred.

The animal must be said of the group: "are", "as", "look like", or nothing at all between the two.  People beside
animals, who feed them, and who like them, are none; nor are people in general, who may be drawn as animals.

English is here, fifteen other languages are in words/dehumanising.toml.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Final

import ahocorasick

from inference.safety.lexicon import FOLDER, Kind, Match, Words, flat, split_terms
from inference.safety.scripts import is_unspaced


def comparisons(words: Words) -> Iterator[Match]:
    """What calls a group of people animals."""
    for found in _COMPARED.finditer(words.flat):
        first, last = words.span(found)
        alone = last + 1 == len(words.words) or words.pieces[last + 1] != words.pieces[last]
        if words.pieces[first] == words.pieces[last] and (found["link"] or alone):
            yield _hatred(found, first, last)
    groups, patterns = _elsewhere()
    for language in {language for _, languages in groups.iter(words.flat) for language in languages}:
        for found in patterns[language].finditer(words.flat):
            first, last = words.span(found)
            if words.pieces[first] == words.pieces[last]:
                yield _hatred(found, first, last)


def companions(words: Words) -> Iterator[Match]:
    """What a group of people is told by, where they have to do with animals: it says nothing of them there."""
    for found in _BESIDE.finditer(words.flat):
        first, last = words.span(found)
        if words.pieces[first] == words.pieces[last]:
            yield Match(Kind.DOUBTFUL, "hate_harassment", words.words[first], first, first)


def _hatred(found: re.Match[str], first: int, last: int) -> Match:
    return Match(Kind.SEVERE, "hate_harassment", found[0].strip(), first, last, found.start(), found.end())


@cache
def _elsewhere() -> tuple[ahocorasick.Automaton, dict[str, re.Pattern[str]]]:
    """Groups with their languages, and how a language says that they are animals."""
    with (FOLDER / "dehumanising.toml").open("rb") as file:
        book = tomllib.load(file)
    groups = ahocorasick.Automaton()
    for language, lists in book.items():
        for group in map(flat, split_terms(lists["groups"])):
            groups.add_word(group, (*groups.get(group, ()), language))
    groups.make_automaton()
    return groups, {language: _said(**lists) for language, lists in book.items()}


def _said(groups: str, are: str, animals: str) -> re.Pattern[str]:
    """Who is called what; a script without spaces needs none around, and none between."""
    group, animal = _either(groups), _either(animals)
    if is_unspaced(flat(groups)[0]):
        return re.compile(rf"{group} ?{_either(are)} ?{animal}")
    links = "|".join(f"{flat(link)} " if link != "-" else "" for link in split_terms(are))
    return re.compile(rf"(?<= ){group} (?:{links}){animal}(?= )")


def _either(terms: str) -> str:
    """Longer ones first; `*` stands for any ending."""
    found = sorted(split_terms(terms), key=len, reverse=True)
    return "(?:" + "|".join(flat(term.rstrip("*")) + r"\w*" * term.endswith("*") for term in found) + ")"


_OF: Final = (
    "black|brown|dark skinned|coloured|colored|african|arab|arabic|asian|jewish|muslim|hindu|indian|mexican|latino|"
    "hispanic|gay|lesbian|trans|transgender|queer|disabled|roma|romani|gypsy|indigenous|aboriginal|immigrant|migrant|"
    "refugee|pakistani|palestinian|somali|nigerian|haitian|turkish|polish"
)
_GROUP: Final = (
    f"(?:{_OF}) (?:people|persons|folks?|men|women|kids|children|guys|families|americans|immigrants|refugees)"
    "|blacks|africans|arabs|asians|jews|muslims|hindus|indians|mexicans|latinos|hispanics|gays|lesbians|homosexuals"
    "|gypsies|immigrants|migrants|refugees|asylum seekers|pakistanis|palestinians|israelis|somalis|nigerians|haitians"
    "|aboriginals"
)
_LINK: Final = (
    "(?:are|were|being|as|(?:look|looks|looking|behave|behaving|act|acting) like|(?:drawn|shown|depicted|portrayed"
    "|painted|caricatured|represented) (?:as|like)|turned into|turning into|compared to)"
    "(?: (?:all|just|only|nothing but|really|basically|literally|like|a bunch of|filthy|dirty|the|hairy|wild))*"
)
_VILE: Final = "monkeys|apes|gorillas|baboons|chimps|chimpanzees|orangutans|rats|vermin|cockroaches|parasites|subhumans"
_LOW: Final = f"{_VILE}|pigs|swine|dogs|roaches|leeches|lice|maggots|insects|pests|animals|beasts|savages"
_COMPARED: Final = re.compile(rf"(?<= )(?:{_GROUP}) (?:(?P<link>{_LINK}) (?:{_LOW})|(?:{_VILE}))(?= )")
_DOING: Final = (
    "feeding|feed|petting|walking|riding|holding|carrying|hugging|watching|photographing|filming|raising|keeping|herding"
    "|milking|training|washing|rescuing|saving|catching|selling|buying|playing with"
)
_COUNTED: Final = "(?:(?:a|an|the|some|his|her|their|two|three|many|wild|baby|small|pet|cute|of) ){0,3}"
_ONE: Final = "monkey|ape|gorilla|chimp|rat|pig|dog|goats?|donkeys?|camels?|elephants?|chickens?"
_BESIDE: Final = re.compile(rf"(?<= )(?:{_GROUP}) (?:{_DOING}) {_COUNTED}(?:{_LOW}|{_ONE})(?= )")
