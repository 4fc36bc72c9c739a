"""How many: numbers of more things than a picture has room for are read as that many.

In: an English prompt, and whether a noun names something that can be drawn. Out: the prompt with numbers up to nine,
and those that are not met. It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from inference.text.nouns import singulars

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


def read_counts(text: str, is_thing: Callable[[str], bool]) -> tuple[str, tuple[str, ...]]:
    """`text` with at most nine of each thing, and the numbers that were larger."""
    missed: list[str] = []

    def counted(found: re.Match[str]) -> str:
        head = found["head"].lower()
        if not any(is_thing(one) for one in (head, *singulars(head))):
            return found.group()
        if found["larger"]:
            missed.append(found["larger"])
        number = _MOST if found["larger"] else _SOME if found["many"] else _FEW
        return f"{number} {found['what']}"

    return _COUNTED.sub(counted, text), tuple(missed)
