"""What is called sexy and is a thing: a sexy sports car in red.

In: the words of a text (lexicon.py).  Out: matches that count for nothing.

The thing must be what is meant, at the end of its phrase or before where it is: "a sexy car wash" is none.  Nor is
anything excused where the text has people.
"""

import re
from collections.abc import Iterator
from typing import Final

from inference.safety.lexicon import Kind, Match, Words

_THINGS: Final = (
    "cars?|trucks?|vans?|motorbikes?|motorcycles?|bikes?|scooters?|yachts?|boats?|ships?|jets?|planes?|airplanes?"
    "|trains?|tractors?|convertibles?|roadsters?|coupes?|suvs?|supercars?|pumpkins?|pizzas?|burgers?|cakes?|cupcakes?"
    "|tomato|tomatoes|potato|potatoes|carrots?|avocados?|steaks?|cocktails?|lamps?|sofas?|couch|chairs?|tables?|desks?"
    "|houses?|kitchens?|buildings?|laptops?|computers?|keyboards?|phones?|watch|watches|cameras?|guitars?|pianos?"
    "|saxophones?|logos?|fonts?|websites?|engines?|toasters?|spaceships?|rockets?|bottles?|cactus|trees?"
)
_BETWEEN: Final = r"(?!(?:in|on|with|and|at|by|from|near|of|for|or|the|a|an|her|his|my) )\w+ "
_SEXY: Final = re.compile(
    rf"(?<= )(?:sexy|seductive|sensual|sultry|provocative|voluptuous) (?:{_BETWEEN}){{0,2}}(?:{_THINGS})"
    r"(?= (?:$|in |on |at |from |with |under |near |by |of |and |for |is |parked |driving |against |beside |next ))"
)
_PEOPLE: Final = re.compile(
    r" (?:\w*wom[ae]n|\w*m[ae]n|lad(?:y|ies)|\w*girls?|\w*boys?|guys?|people|persons?|models?|babes?|chicks?"
    r"|wi(?:fe|ves)|actress(?:es)?|she|he|her|his|him|me|blondes?|brunettes?|redheads?|teens?|teenagers?"
    r"|child|children|kids?|nurses?|waifus?|elf|elves|milfs?|dolls?|driver|someone|body"
    r"|legs|pose|posing|lying|bikini|lingerie) "
)


def things(words: Words) -> Iterator[Match]:
    """What is said of things alone."""
    if _PEOPLE.search(words.flat):
        return
    for found in _SEXY.finditer(words.flat):
        first, last = words.span(found)
        if words.pieces[first] == words.pieces[last]:
            yield Match(Kind.DOUBTFUL, "sexual", words.words[first], first, first)
