"""Takes: pictures of the same words that are the same for a reader, and not for an eye.

In: how a prompt is composed, and a seed. Out: the same things, in the same order and places, mirrored, smaller, or
asked for in another way of drawing. It knows the ways of the built-in scenes, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from inference.contract import PLAIN_EVERY, PLAIN_TAKES
from inference.text.compositions import Composition
from inference.text.drafts import Draft
from inference.text.interpretations import is_styled

_SIDED = re.compile(
    r"\b(?:left|right|text|letters?|words?|numbers?|signs?|clocks?|watch(?:es)?|books?|newspapers?|maps?|globe|keyboards?"
    r"|calendars?|tickets?|banknotes?|dollars?|money|cards?|flags?|points?|pointing|notes?|music|memo|logo|america|europe"
    r"|africa|asia|japan)\b",
    re.IGNORECASE,
)
"""What is wrong, or cannot be read, in a mirror."""
_SIZED = re.compile(
    r"\b(?:small|little|tiny|big|large|huge|giant|enormous|gigantic|left|right|top|bottom|middle|cent(?:re|er)"
    r"|close-?up|portrait)\b",
    re.IGNORECASE,
)
"""Where a prompt says itself how large a thing is, or where."""


@dataclass(frozen=True)
class Take:
    """Whether it is mirrored; the share of its usual size that a thing has, of which several lose less each; and the
    way of drawing that each is asked for where it is asked for in none."""

    is_mirrored: bool = False
    size: float = 1.0
    style: str = ""


PLAIN = (Take(), Take(is_mirrored=True, size=0.82), Take(size=0.66))
"""Those of a prompt as it is, by turns: the three of a grid of nine. None is flat: of four hearts one has a notch then,
and of four cats one two heads."""
VARIED = (
    Take(is_mirrored=True), Take(size=0.75, style="3d"),
    Take(is_mirrored=True, size=0.66, style="3d"), Take(size=0.9, style="flat illustration"),
)  # fmt: skip
"""Those of a picture that is to be varied, which was itself perhaps as it is."""


def take_of(seed: int, *, is_variation: bool) -> Take:
    """How the picture of a seed shows what it shows."""
    if is_variation:
        return VARIED[seed % len(VARIED)]
    turn, place = divmod(seed, PLAIN_EVERY)
    return Take() if place else PLAIN[turn % PLAIN_TAKES]


def taken(
    text: str, composition: Composition | None, take: Take, is_at_best: Callable[[str], bool]
) -> Composition | None:
    """The composition of `text` in a take; only what `is_at_best` as it is called is asked for in a way of drawing."""
    if take == Take():
        return composition
    whole = composition or Composition((Draft(text),))
    drafts = tuple(
        replace(draft, text=f"{draft.text}, {take.style}")
        if take.style and not is_styled(text) and not is_styled(draft.text) and is_at_best(draft.text)
        else draft
        for draft in whole.drafts
    )
    many = sum(draft.count for draft in whole.drafts)
    size = 1.0 if _SIZED.search(text) else 1 - (1 - take.size) / many
    return replace(whole, drafts=drafts, is_mirrored=take.is_mirrored and not _SIDED.search(text), scale=size)
