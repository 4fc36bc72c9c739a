"""Drafts: a thing in a colour that is named is drawn in its own, which is how its shape was learned best, then painted.

In: a prompt in the words of captions. Out: the prompt without the colour, and the colour ("a blue apple" is drawn as
"an apple", and that is painted blue). It knows the sixteen colours, and no model.

Measured with the eighth version, sixty questions for a thing in a colour: both right 47 % as the model draws the
colour itself, 75 % when its draft is painted; the way was chosen on sixty others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from inference.text.colours import COLOURS
from inference.text.nouns import article

_COLOUR = "|".join(sorted((*COLOURS, "grey"), key=len, reverse=True))
_PATTERN = re.compile(
    rf"(?P<before>(?:[\w'’-]+ ){{0,4}}?)(?P<colour>{_COLOUR}) (?P<thing>(?:[\w'’-]+ ){{0,3}}?[\w'’-]+)"
    r"(?P<spot>,? (?:on the (?:left|right)(?: side)?|at the (?:top|bottom)|in the (?:middle|cent(?:re|er))))?"
    rf"(?P<ground>,? (?:(?:on|against|with|before|in front of) an? )?(?:{_COLOUR}) background|,? on (?:{_COLOUR}))?"
    r"(?P<style>,? (?:3d|3d render|flat|flat style|flat illustration|pixel art))?",
    re.IGNORECASE,
)
_NOT_ALONE = re.compile(
    rf"\b(?:and|or|vs|with|without|to|from|as|like|in|on|at|by|beside|behind|between|above|below|under|over|next|near"
    rf"|into|for|who|that|is|are|background|{_COLOUR})\b|\w \w+ing\b",
    re.IGNORECASE,
)
"""Where more than one thing is meant, or somebody does something, there is more to paint than one colour."""
_GROUNDS = {"white": "cyan", "beige": "white", "cyan": "white", "pink": "white"}
"""What stands behind things in colours that an unnamed background may have itself."""


@dataclass(frozen=True)
class Draft:
    """`text` is drawn first; then its main colour becomes `colour`."""

    text: str
    colour: str


def read_draft(text: str, is_name: Callable[[str], bool], is_thing: Callable[[str], bool]) -> Draft | None:
    """The draft of a thing, or copies of one, in a colour that is named, before no background or one of one colour.

    None for all else, and where thing and colour are one name ("black cat"), which is drawn as such.
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        return None
    colour, what = found["colour"].lower().replace("grey", "gray"), found["thing"]
    ground = (found["ground"] or "").lower().replace("grey", "gray")
    if (
        _NOT_ALONE.search(found["before"])
        or _NOT_ALONE.search(what)
        or is_name(f"{colour} {what.lower()}")
        or re.search(rf"\b(?<!navy )(?<!light ){colour}\b", ground)
        or not is_thing(what.rpartition(" ")[2].lower())
    ):
        return None
    before = found["before"]
    if before.lower() in {"a ", "an "}:
        before, what = "", article(what)
    behind = found["ground"] or (f" on a {_GROUNDS[colour]} background" if colour in _GROUNDS else "")
    return Draft(f"{before}{what}{found['spot'] or ''}{behind}{found['style'] or ''}", colour)
