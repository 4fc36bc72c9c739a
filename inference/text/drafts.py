"""Drafts: a thing is drawn by itself, large and in the colours in which its shape was learned best; then it is painted,
made as small as it is to be, and put down as often as it is asked for.

In: the words for one thing, in those of captions. Out: what is drawn, and what is done to it ("two blue apples" are
drawn as "an apple", which is painted blue and put down twice). It knows the sixteen colours, and no model.

Measured with the eighth version, sixty questions for a thing in a colour: both right 47 % as the model draws the
colour itself, 75 % when its draft is painted; the way was chosen on sixty others. By eye, of eight things five of
each as the model draws them are none of them what they should be; as copies all eight are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from inference.text.colours import COLOURS
from inference.text.counts import NUMBERS
from inference.text.nouns import article, plural, singulars

ANY_COLOUR = "|".join(sorted((*COLOURS, "grey"), key=len, reverse=True))
_SIZES = {"small": 0.6, "little": 0.6, "tiny": 0.4, "big": 1.0, "large": 1.0, "huge": 1.0, "giant": 1.0}
"""Shares of the room that there is for a thing."""
PROPS = frozenset({"box", "fence", "table"})
"""What `inference.painting.props` draws by hand, as it does places: others stand on it, in it or behind it."""
_OTHER_KINDS = frozenset(
    "billiard foosball juke letter mail music periodic phone pong pool post snooker telephone tennis".split()
)
"""Words that make something else of a prop's name: a periodic table is no furniture."""
_ARTICLES = frozenset({"a", "an", "one", "1"})
_MOST_SEEN = 5
"""So many of a thing captions have; larger numbers are as often parts of names ("7 up", "a nine tailed fox")."""
_START = rf"(?:(?P<number>an?|the|one|my|1|{'|'.join(NUMBERS)}) )?(?:(?P<size>{'|'.join(_SIZES)}) )?"
_NAME = r"(?P<name>(?:[\w'’-]+ ){0,3}?[\w'’-]+)"
_COLOURED = re.compile(rf"{_START}(?P<before>(?:[\w'’-]+ ){{0,4}}?)(?P<colour>{ANY_COLOUR}) {_NAME}", re.IGNORECASE)
_BARE = re.compile(rf"{_START}(?P<before>)(?P<colour>){_NAME}", re.IGNORECASE)
_NOT_ALONE = re.compile(
    rf"\b(?:and|or|vs|versus|with|without|within|to|from|as|like|in|on|at|by|before|beside|behind|between|above|below"
    rf"|beneath|under|over|against|across|around|through|next|near|into|for|of the|who|that|is|are|it|its|no|not|never"
    rf"|but|nothing|background|many|several|dozen|ten|eleven|twelve|\d+|{ANY_COLOUR}|{'|'.join(NUMBERS)})\b"
    r"|\w \w+ing\b",
    re.IGNORECASE,
)
"""Where more than one thing is meant, or somebody does something, there is more to draw than one thing."""


@dataclass(frozen=True)
class Names:
    """What is known of the words of captions: whether they are a thing's name; whether a word may name a thing, as all
    words of captions may, and whether it surely does; whether a name's outline is so pale that white hides it,
    and whether one sees through it."""

    is_name: Callable[[str], bool]
    is_word: Callable[[str], bool]
    is_thing: Callable[[str], bool]
    is_pale: Callable[[str], bool]
    is_hollow: Callable[[str], bool]


@dataclass(frozen=True)
class Draft:
    """`text` is drawn; its main colour becomes `colour`, unless that is "", and there are `count` of it, each in `size`
    of the room that it has. `is_pale`: not to be drawn before white. `is_hollow`: what is like its background
    is background within it, too. `prop`: which of `PROPS` it is, "" for what is to be drawn."""

    text: str
    colour: str = ""
    count: int = 1
    size: float = 1.0
    is_pale: bool = False
    is_hollow: bool = False
    prop: str = ""


def read_draft(text: str, names: Names, *, is_alone: bool = True) -> Draft | None:
    """The draft of one thing, or of copies of one; None for all else. A colour, a number or a size that is part of a
    name ("black cat") stays where it is. A thing that is not alone must surely be one: "cute" beside a cat is none."""
    bare = without_article(text)
    if names.is_name(bare):
        is_pale, is_hollow = names.is_pale(bare), names.is_hollow(bare)
        return Draft(text.strip(), is_pale=is_pale, is_hollow=is_hollow, prop=_prop(bare, names))
    tried = (pattern.fullmatch(text.strip()) for pattern in (_COLOURED, _BARE))
    is_thing = names.is_word if is_alone else names.is_thing
    return next((draft for found in tried if found and (draft := _draft(found, names, is_thing))), None)


def without_article(text: str) -> str:
    """A thing's words as its name would have them."""
    return re.sub(r"^(?:an?|the|my|one) ", "", text.strip().lower())


def _draft(found: re.Match[str], names: Names, is_thing: Callable[[str], bool]) -> Draft | None:
    number, size, colour = ((found[group] or "").lower() for group in ("number", "size", "colour"))
    colour, before, name = colour.replace("grey", "gray"), found["before"], found["name"]
    is_whole = names.is_name(name.lower())
    if _NOT_ALONE.search(before) or (not is_whole and _NOT_ALONE.search(name)):
        return None
    if colour and names.is_name(f"{colour} {name}".lower()):
        colour, name = "", f"{found['colour']} {name}"
    if size and names.is_name(f"{size} {before}{name}".lower()):
        size, before = "", f"{found['size']} {before}"
    share, count = _SIZES.get(size, 1.0), NUMBERS.get(number, 1)
    one = name if is_whole and count == 1 else _one(name, is_thing)
    if one is None or (count > _MOST_SEEN and not _is_plural(name, one, names)):
        return None
    called = (name.lower(), one.lower(), one.rpartition(" ")[2].lower())
    is_pale, is_hollow = (any(map(is_so, called)) for is_so in (names.is_pale, names.is_hollow))
    if count > 1 and not names.is_name(f"{number} {name}".lower()):
        what = f"{before}{one}"
        return Draft(article(what), colour, count, share, is_pale, is_hollow, _prop(what, names))
    what = f"{before}{name}"
    said = article(what) if number in _ARTICLES else f"{found['number'] or ''} {what}".strip()
    return Draft(said, colour, 1, share, is_pale, is_hollow, _prop(what, names))


def _prop(what: str, names: Names) -> str:
    """The prop that a thing is: "a wooden table" is one, "a bento box" has a name of its own."""
    words = what.lower().split()
    if words[-1] not in PROPS or not _OTHER_KINDS.isdisjoint(words):
        return ""
    known = next(name for at in range(len(words)) if names.is_name(name := " ".join(words[at:])) or name in PROPS)
    return known if known in PROPS else ""


def _is_plural(name: str, one: str, names: Names) -> bool:
    """Whether `name` means several of `one`, which surely can be drawn: nine lives are no things."""
    last = one.lower().rpartition(" ")[2]
    return (one != name or plural(last) == last) and (names.is_name(one.lower()) or names.is_thing(last))


def _one(what: str, is_thing: Callable[[str], bool]) -> str | None:
    """What several are copies of; None where the last word names no thing."""
    start, _, last = what.rpartition(" ")
    for word in (*singulars(last.lower()), last):
        if is_thing(word.lower()):
            return f"{start} {word}".strip()
    return None
