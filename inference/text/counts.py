"""How many: numbers of more things than a picture has room for are read as that many.

In: an English prompt, and whether a noun names something that can be drawn. Out: the prompt with numbers up to nine,
and those that are not met; what a thing has several of is put beside it. It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from inference.text.nouns import article, singulars

NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9,
}  # fmt: skip
"""How many copies of a thing can be asked for, as people write it."""
_MOST, _SOME, _FEW = "nine", "seven", "three"
_LARGER = (
    r"(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|(?:a |one )?(?:dozen|hundred|thousand|million)|[1-9]\d{1,6})(?: (?:hundred|thousand|million))?"
)
_MANY = r"(?:(?:so |very |too )?many|lots of|plenty of|countless|dozens of|hundreds of|thousands of|millions of)"
_COUNTED = re.compile(
    rf"\b(?:(?P<larger>{_LARGER})|(?P<many>{_MANY})|several) (?P<what>(?:[\w'’-]+ ){{0,2}}?"
    r"(?P<head>[\w'’-]+s|sheep|fish|deer|people|men|women|children|mice|geese|wolves))\b",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"(?:^|[,;:.!?]|\b(?:\w+ing|an?|the|my|our|his|her|its|their|are|has|have|and|or|with|of|in|on|by|from|to|for|over|under"
    r"|above|below|behind|beside|near|between|around)) *$",
    re.IGNORECASE,
)
"""Before a number that counts: it is part of a name behind all else ("apollo 11")."""
_PARTS = frozenset(
    "arms claws ears eyes faces feet fingers hands heads horns legs mouths noses paws petals sides spikes tails teeth"
    " tentacles toes wheels windows wings doors".split()
)
"""What a thing is not without, and not one by one."""
_HAVING = re.compile(
    r"(?P<who>(?:(?:an?|the|my|one) )?(?:[\w'’-]+ ){0,3}?[\w'’-]+) with (?P<what>(?P<number>"
    rf"{'|'.join(NUMBERS)}) (?:[\w'’-]+ ){{0,2}}?(?P<head>[\w'’-]+))"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under|before|against)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
"""One thing that has several others."""
_SEVERAL = re.compile(rf"\b(?:and|or|in|on|at|with|[1-9]|{'|'.join(NUMBERS)})\b", re.IGNORECASE)


def read_counts(text: str, is_thing: Callable[[str], bool]) -> tuple[str, tuple[str, ...]]:
    """`text` with at most nine of each thing, and the numbers that were larger."""
    missed: list[str] = []

    def counted(found: re.Match[str]) -> str:
        head = found["head"].lower()
        is_count = found["larger"] is None or _LEADING.search(text[: found.start()]) is not None
        if not is_count or head in _PARTS or not any(is_thing(one) for one in (head, *singulars(head))):
            return found.group()
        if found["larger"]:
            missed.append(found["larger"])
        number = _MOST if found["larger"] else _SOME if found["many"] else _FEW
        return f"{number} {found['what']}"

    return _beside(_COUNTED.sub(counted, text), is_thing), tuple(missed)


def _beside(text: str, is_thing: Callable[[str], bool]) -> str:
    """What a thing has several of beside it, or upon a cake; else there would be several of the thing."""
    found = _HAVING.fullmatch(text.strip(" .!?"))
    if found is None or _SEVERAL.search(found["who"]) is not None:
        return text
    head, who = found["head"].lower(), found["who"].lower().rpartition(" ")[2]
    if head in _PARTS or not is_thing(who) or not any(map(is_thing, singulars(head))):
        return text
    rest = found["rest"] or ""
    if who == "cake":
        cake = found["who"] if re.match(r"(?:an?|the|my|one) ", found["who"], re.IGNORECASE) else article(found["who"])
        if "birthday" in cake.lower() and re.fullmatch("(?:3|three) candles", found["what"], re.IGNORECASE):
            return f"{cake}{rest}"  # it is drawn with them
        return f"{found['what']} on {cake}{rest}"
    return f"{found['who']} and {found['what']}{rest}"
