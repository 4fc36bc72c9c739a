"""Groups of people who are called animals.

In: the words of a text (lexicon.py).  Out: matches of the kind SEVERE, for hatred.

The animal must be said of the group: "are", "as", "look like", or nothing at all between the two.  People beside
animals, who feed them, and who like them, are none; nor are people in general, who may be drawn as animals.
"""

import re
from collections.abc import Iterator
from typing import Final

from inference.safety.lexicon import Kind, Match, Words


def comparisons(words: Words) -> Iterator[Match]:
    """What calls a group of people animals."""
    for found in _COMPARED.finditer(words.flat):
        first, last = words.span(found)
        alone = last + 1 == len(words.words) or words.pieces[last + 1] != words.pieces[last]
        if words.pieces[first] == words.pieces[last] and (found["link"] or alone):
            yield Match(Kind.SEVERE, "hate_harassment", found[0].strip(), first, last, found.start() + 1, found.end())


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
