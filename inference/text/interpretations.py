"""Interpretations: what a prompt leaves open, filled in, so that the pictures of a grid offer a choice.

In: a prompt in the words of captions, and a picture's seed. Out: what that picture is drawn from, and the words that
were filled in. Every fourth seed (`PLAIN_EVERY`) takes the prompt as it is; what a prompt says itself always stays.
It knows the backgrounds, spots, times and styles of the built-in scenes, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inference.contract import PLAIN_EVERY

GROUNDS = ("beige", "light green", "cyan", "pink")
"""Backgrounds before which most things are seen well."""
TIMES = ("at sunset", "at night", "in the rain")
_WHERE = re.compile(
    r",? \b(?:against|among|amongst|at|by|during|in|indoors|inside|near|on|outdoors|over|surrounded|through|under"
    r"|underwater|with an? (?:\w+ ){0,2}background)\b.*$|,(?: [\w-]+){1,3} background\b.*$",
    re.IGNORECASE,
)
"""Where something is said to be, to the end of the prompt."""
_NO_PLACE = re.compile(
    r"\b(?:on top of|(?:riding|sitting|standing) on|on (?:its|his|her|their) \w+"
    r"|clad in|person in|seeing through|in front of(?= an? (?!sunset)))\b",
    re.IGNORECASE,
)
_OUTDOORS = re.compile(
    r"\b(?:beach|sand|forest|woods|trees|jungle|desert|dunes|snow|snowy|winter|field|meadow|grass|park|hill|city|town"
    r"|street|skyscrapers|mountains?|alps)$", re.IGNORECASE,
)  # fmt: skip
_ALONE = re.compile(r"(?:an?|the)(?: [\w'’-]+){1,4}", re.IGNORECASE)
_NOT_ALONE = re.compile(
    r"\b(?:and|or|vs|of|with|within|without|to|from|as|like|beside|behind|between|above|below|before|front|clad|next|\w+ing|\w*[^s]s"
    r"|small|little|tiny|big|large|huge|giant|left|right|top|bottom|middle)\b",
    re.IGNORECASE,
)
_STYLED = re.compile(
    r"\b(?:3d|flat|render|illustration|icon|emoji|pixel|art|style|black and white|photo)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Filling:
    """What one picture shows of what is open; what is empty stays open."""

    size: str = ""
    spot: str = ""
    where: str = ""
    style: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.size, self.spot, self.where, self.style) if part)


def interpretation(prompt: str, seed: int) -> tuple[str, str]:
    """What the picture of `seed` is drawn from, and what of that was filled in, "" where it is the prompt itself."""
    turn, place = divmod(seed, PLAIN_EVERY)
    fillings = _fillings(prompt)
    index = (PLAIN_EVERY - 1) * turn + place - 1
    filling = fillings[index % len(fillings)] if place and fillings else Filling()
    return _filled(prompt, filling), str(filling)


def _fillings(prompt: str) -> Sequence[Filling]:
    """Ways to draw it that differ; a grid of four shows three of them, one of nine six."""
    what, where = what_and_where(prompt)
    alone = _ALONE.fullmatch(what) is not None and _NOT_ALONE.search(what) is None
    if not where:
        grounds = [f"on a {ground} background" for ground in GROUNDS if ground not in prompt.lower()]
        if not alone:
            return [Filling(where=ground) for ground in grounds]
        one, two, three = (grounds * 3)[:3]
        return [
            Filling(where=one), Filling(spot="on the left", where=two), Filling(where=three),
            Filling(where=two), Filling(size="small", where=one), Filling(spot="on the right", where=three),
        ]  # fmt: skip
    moved = [Filling(spot="on the left"), Filling(size="small"), Filling(spot="on the right")] if alone else []
    times = [Filling(where=time) for time in TIMES] if _OUTDOORS.search(where) else []
    if moved or times:
        return [*times[:1], *moved[:1], *times[1:2], *moved[1:], *times[2:]]
    return [] if is_styled(prompt) else [Filling(style="flat illustration"), Filling()]


def is_styled(prompt: str) -> bool:
    """Whether a prompt says how it is to be drawn."""
    return _STYLED.search(prompt) is not None


def what_and_where(prompt: str) -> tuple[str, str]:
    """What is to be seen, and where it is said to be."""
    masked = _NO_PLACE.sub(lambda found: "_" * len(found.group()), prompt)
    found = _WHERE.search(masked)
    at = found.start() if found is not None else 0 if "background" in masked else len(prompt)
    return prompt[:at], prompt[at:]


def _filled(prompt: str, filling: Filling) -> str:
    what, where = what_and_where(prompt)
    if filling.size:
        article, _, thing = what.partition(" ")
        what = f"{'the' if article.lower() == 'the' else 'a'} {filling.size} {thing}"
    spot = f" {filling.spot}" if filling.spot else ""
    added = f"{',' if ',' in what else ''} {filling.where}" if filling.where else ""
    return f"{what}{spot}{where}{added}{', ' if filling.style else ''}{filling.style}"
