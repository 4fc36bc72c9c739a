"""Emoji in prompts: the names that Unicode gives them, as a person would say them.

In: a prompt ("🐱🐱 in space"). Out: the prompt in words ("two cat faces in space"). It knows no model.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from inference.text.nouns import article

_RUN = re.compile("(?:[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff\\s]*)+")
_LOOK = re.compile(r"\b(?:BLACK|WHITE|HEAVY|MEDIUM|SYMBOL|SIGN)\b ?")
"""How a font draws it, which is not what it shows: ❤ is HEAVY BLACK HEART."""
_SAID = {
    "❤": "red heart",
    "☀": "sun",
    "🍕": "pizza",
    "🏠": "house",
    "👽": "alien",
    "🚗": "car",
    "🌳": "tree",
    "⛄": "snowman",
}
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")


def read_emoji(text: str) -> str:
    """The text with its emoji in words; joined ones (👩‍🚀) in those of their parts, skin tones left out."""
    return " ".join(_RUN.sub(_told, text).split()) if _RUN.search(text) else text


def _told(found: re.Match[str]) -> str:
    begun = found.string[: found.start()].rstrip().lower()
    names = [name for one in found[0] if (name := _name(one))]
    said = [_counted(name, len(list(same))) for name, same in groupby(names)]
    if said and re.search(r"\b(?:an?|the|one|two|three|four|five)$", begun):
        said[0] = said[0].partition(" ")[2]
    return f" {' and '.join(said)} "


def _counted(name: str, count: int) -> str:
    return article(name) if count == 1 else f"{_NUMBERS[min(count, len(_NUMBERS) + 1) - 2]} {name}s"


def _name(one: str) -> str:
    """The name of a sign; nothing for one that has none of its own (a joiner, a skin tone)."""
    if one in _SAID:
        return _SAID[one]
    name = unicodedata.name(one, "") if unicodedata.category(one) == "So" else ""
    return _LOOK.sub("", name).strip().lower()
