"""A people and what prejudice says of it, next to each other: lazy Ruritanians, a dirty Ruritanian.

In: the words of a text (lexicon.py).  Out: matches of the kind DOUBTFUL, for hatred: of so few words the classifier is
believed only where something is listed in them.

The people must be what is called so, as a person or people, or as the end of it: "a dirty Ruritanian kitchen" is dirty.
"""

import re
from collections.abc import Iterator
from typing import Final

from inference.safety.lexicon import Kind, Match, Words

_PEOPLES: Final = (
    "afghan albanian algerian american angolan arab argentinian armenian australian austrian bangladeshi belgian "
    "bolivian bosnian brazilian british bulgarian burmese cambodian cameroonian canadian chadian chilean chinese "
    "colombian congolese croatian cuban czech danish dutch ecuadorian egyptian english eritrean estonian "
    "ethiopian filipino finnish french georgian german ghanaian greek guatemalan haitian honduran hungarian "
    "indian indonesian iranian iraqi irish israeli italian ivorian jamaican japanese jordanian kazakh kenyan "
    "korean kurdish kuwaiti latvian lebanese liberian libyan lithuanian malaysian malian mauritian mexican "
    "moldovan mongolian moroccan nepalese nepali nicaraguan nigerian norwegian pakistani palestinian panamanian "
    "peruvian portuguese puerto_rican romanian russian rwandan saudi senegalese serbian singaporean slovak "
    "slovenian somali spanish sri_lankan sudanese swedish swiss syrian taiwanese tanzanian thai tibetan tunisian "
    "turkish ugandan ukrainian uzbek venezuelan vietnamese welsh yemeni zambian zimbabwean african asian european "
    "hispanic latino latina roma romani gypsy jewish muslim hindu sikh christian catholic "
    "arabic jew immigrant migrant refugee turk kurd spaniard filipina"
)
_TRAITS: Final = (
    "dirty unclean filthy smelly stinking unwashed savage subhuman inferior aggressive violent lazy stupid dumb "
    "criminal greedy stingy uncivilised uncivilized primitive backward barbaric dishonest thieving untrustworthy "
    "treacherous sneaky submissive promiscuous ugly disgusting diseased ignorant uneducated illiterate brutish "
    "bloodthirsty"
)
_PERSON: Final = (
    "people|persons?|folks?|man|men|woman|women|guys?|girls?|boys?|family|families|kids?|child|children|workers?"
)
_WITH_PEOPLE: Final = "black|polish|aboriginal|indigenous"
"""What is said of other things, too, or does something: nail polish, aboriginal art."""
_NAMES: Final = "|".join(_PEOPLES.split()).replace("_", " ")
_PEOPLE: Final = (
    f"(?:(?:{_WITH_PEOPLE}) (?:{_PERSON})|blacks|aboriginals|poles|swedes|danes|finns"
    f"|(?:{_NAMES})(?:s| (?:{_PERSON}))?)"
)
_TRAIT: Final = f"(?:{'|'.join(_TRAITS.split())})"
_SMEARED: Final = re.compile(
    rf"(?<= )(?:{_TRAIT} {_PEOPLE}|{_PEOPLE} (?:(?:are|is|being|looking) (?:all |so |very )?)?{_TRAIT})(?= )"
)


def smears(words: Words) -> Iterator[Match]:
    """At the end of a phrase."""
    for found in _SMEARED.finditer(words.flat):
        first, last = words.span(found)
        ends = last + 1 == len(words.words) or words.pieces[last + 1] != words.pieces[last]
        if ends and words.pieces[first] == words.pieces[last]:
            yield Match(Kind.DOUBTFUL, "hate_harassment", found[0].strip(), first, last, found.start(), found.end())
