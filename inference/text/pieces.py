"""Pieces of a prompt in another language: what each stretch of it means in English, and all of them as a phrase.

In: pieces in English order. Out: an English phrase. It knows no tables and no other language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inference.text.counts import NUMBERS
from inference.text.nouns import article, plural

_NUMBERS = frozenset({*NUMBERS, "many"})
_ARTICLES = frozenset({"a", "the", "my", "his", "in a", "in the", "on a", "on the", "at the", "to the"})
_STOOD_ON = frozenset("beach moon hill meadow mars street island".split())
_WORN = frozenset("glasses sunglasses hat crown".split())
_BARE = frozenset({"mars", "space"})
_PLACED = re.compile(
    r"(?<!looking )\b(in|on|at)( the| an?|) (beach|forest|jungle|desert|snow|sea|city|street|moon|mars|space|sky"
    r"|mountains|rain|hill|meadow|field|garden|park|library|kitchen|room|cave|island)\b"
)
"""Which of "in" and "on" goes with a place is another thing in each language."""


_VESSELS = frozenset({"cup", "glass", "bottle", "bowl", "cup of coffee", "glass of milk"})
"""What is said to hold the thing behind it."""
_FURNITURE = re.compile(r"\bin\b(?= (?:the|an?) (?:\w+ )?(?:couch|sofa|table|chair|roof|floor|bridge)\b)")
"""What nobody is in; Spanish and Portuguese have one word for both."""


class Kind(StrEnum):
    """The tables of a language; where a form is in two of them, the later one counts."""

    NOUNS = "nouns"
    PLACES = "places"
    ADJECTIVES = "adjectives"
    WORDS = "words"


@dataclass(frozen=True)
class Piece:
    """A stretch of a prompt: what it means in English, what kind of word that is, and its form in the prompt."""

    english: str
    kind: Kind = Kind.WORDS
    form: str = ""
    is_plural: bool = False
    is_known: bool = True
    is_compound: bool = False

    @property
    def is_thing(self) -> bool:
        """Whether it can have an article."""
        return self.kind in {Kind.NOUNS, Kind.PLACES}

    @property
    def is_number(self) -> bool:
        """Whether more than one is said."""
        return self.kind is Kind.WORDS and self.english in _NUMBERS

    @property
    def is_determiner(self) -> bool:
        """Whether it is an article, alone or with what stands before it, or a number."""
        return self.kind is Kind.WORDS and (self.english in _ARTICLES or self.is_number)

    @property
    def is_activity(self) -> bool:
        """Whether it is what somebody does."""
        return self.kind is Kind.WORDS and self.english.partition(" ")[0].endswith("ing") and self.is_known


def said(pieces: Sequence[Piece]) -> str:
    """The pieces as an English phrase: plurals after numbers, articles that fit, "on a blue background"."""
    words, adjectives = list[str](), list[str]()
    before: Piece | None = None
    for at, piece in enumerate(pieces):
        if not piece.english or (piece.english == "of" and not _joins(before, pieces[at + 1 :])):
            continue
        if piece.kind is Kind.ADJECTIVES:
            adjectives.append(piece.english)
            continue
        if piece.is_thing and before is not None and before.english in _VESSELS and before.form and not adjectives:
            vessel = before.english.partition(" of ")[0]  # German says "a cup coffee"
            words[-1] = words[-1].replace(before.english, f"{vessel} of {piece.english}")
        elif piece.is_thing or piece.english == "background":
            words.append(_noun(piece, adjectives, before))
        else:
            is_worn = piece.english == "of" and any(one.english in _WORN for one in pieces[at + 1 : at + 3])
            words += [*adjectives, "with" if is_worn else piece.english]
        adjectives, before = [], piece
    text = re.sub(r" (?=[,.!?])", "", " ".join([*words, *adjectives]))
    text = re.sub(r"\ban? (?=([a-z]+))", lambda found: article(found[1]).partition(" ")[0] + " ", text)
    text = text.replace("flying on ", "flying above ")
    text = _FURNITURE.sub("on", text)
    return _PLACED.sub(lambda found: f"{'on' if found[3] in _STOOD_ON else 'in'}{found[2]} {found[3]}", text)


def _joins(before: Piece | None, after: Sequence[Piece]) -> bool:
    """Whether "of" stands between two things."""
    return before is not None and before.is_thing and any(one.is_thing for one in after[:3])


def _noun(piece: Piece, adjectives: Sequence[str], before: Piece | None) -> str:
    name = piece.english
    adjectives = [one for one in adjectives if one != name.partition(" ")[0]]  # a black "black bird"
    if piece.is_plural or (before is not None and before.is_number):
        return " ".join([*adjectives, plural(name)])
    phrase = " ".join([*adjectives, name])
    if name in _BARE or (before is not None and (before.is_determiner or before.english == "of")):
        return phrase
    if piece.kind is Kind.PLACES and before is not None and before.english in {"in", "on", "at"}:
        return f"the {phrase}"
    return article(phrase)
