"""Compositions: how the things of a prompt stand to each other, and where, when each is drawn by itself.

In: a prompt in the words of captions. Out: its drafts, their layout, and the place behind them ("a cat and a dog on
the beach" is "a cat" and "a dog", beside each other, before a beach). It knows places and colours by their names, and
no model.

Measured with the ninth version: of 120 pairs both things are found in 78 % as the model draws them in one picture, in
90 % when each is drawn by itself; of 96 things in places 72 and 77 % are right. By eye the difference is larger, for
what is drawn large has details.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from inference.text.drafts import ANY_COLOUR, Draft, Names, read_draft
from inference.text.scenery import split_place

MOST = 5
"""Things that a picture has room for."""
LAYOUTS = {
    "beside": r"and|next to|beside|near|to the left of|vs\.?|versus",
    "right": r"to the right of",
    "above": r"above|over|on top of",
    "below": r"below|under|beneath",
    "riding": r"riding(?: on)?",
    "wearing": r"wearing",
    "with": r"along with",
    "within": r"within",
    "before": r"in front of",
}
"""How one thing stands to another, and how captions, or `activities`, say it."""
_TURNED = {"right": "beside", "below": "above"}
"""Layouts that are others seen from the second thing."""
_STYLE = re.compile(r",? (?:3d|3d render|flat|flat style|flat illustration|pixel art)$", re.IGNORECASE)
_GROUND = re.compile(
    rf",? (?:(?:(?:on|against|with|before|in front of) an? )?(?:{ANY_COLOUR}) background|on (?:{ANY_COLOUR}))$",
    re.IGNORECASE,
)
_SPOT = re.compile(
    r",? (?:on the (?P<side>left|right)(?: side)?|at the (?P<end>top|bottom)|in the (?P<middle>middle|cent(?:re|er)))$",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r" (?:(?:is|are) )?(?:playing|dancing|running|walking|sitting|standing|sleeping|flying|swimming|jumping|smiling"
    r"|floating|resting|relaxing|waiting|hiding|fighting)(?: together| around)?$",
    re.IGNORECASE,
)
"""What somebody does alone, which no picture shows."""
_SIDES = re.compile(
    r"(?P<first>.+?) on the (?P<side>left|right)(?: side)?,? (?:and|with) "
    r"(?P<second>.+?) on the (?!(?P=side))(?:left|right)(?: side)?",
    re.IGNORECASE,
)
_JOINT = re.compile(rf",? (?:{'|'.join(f'(?P<{name}>{words})' for name, words in LAYOUTS.items())}) |, ", re.IGNORECASE)
_DARK = " on a blue background"
"""What pale things are drawn before, to be cut out."""
_GROUNDS = {"white": "cyan", "beige": "white", "cyan": "white", "pink": "white"}
"""What stands behind things in colours that an unnamed background may have itself."""


@dataclass(frozen=True)
class Composition:
    """`layout` is one of `LAYOUTS`, or where a single thing stands: "alone", "left", "right", "top", "bottom". `place`
    is a place of `inference.text.scenery`, or a colour; "" for the background that the drafts have."""

    drafts: tuple[Draft, ...]
    layout: str = "alone"
    place: str = ""


def read_composition(text: str, names: Names) -> Composition | None:
    """What a prompt is put together from; None where a part of it is no such thing, and where it is one thing with
    nothing to be done to it."""
    if names.is_name(text.strip().lower()):
        return None
    rest, style = _split(_STYLE, text.strip())
    whole, place = split_place(rest)
    whole, ground = _split(_GROUND, whole) if not place else (whole, "")
    what, spot = _split(_SPOT, _side_by_side(_split(_IDLE, whole)[0]))
    drafts, layout = _things(what, names)
    if not drafts or sum(draft.count for draft in drafts) > MOST or (spot and len(drafts) > 1):
        return None
    if spot:
        layout = _spot(spot)
    if len(drafts) == 1 and not (place or spot) and _is_drawn_so(drafts[0], ground):
        return None
    colours = [draft.colour for draft in drafts if draft.colour]
    if _colour_of(ground) in colours:
        return None
    if not ground and not place:
        ground = next((f" on a {_GROUNDS[colour]} background" for colour in colours if colour in _GROUNDS), "")
        place = "" if ground or not any(draft.is_pale for draft in drafts) else "white"
    grounds = [_DARK if place and draft.is_pale else ground for draft in drafts]
    texts = [f"{draft.text}{behind}{style}" for draft, behind in zip(drafts, grounds, strict=True)]
    pairs = zip(drafts, texts, strict=True)
    return Composition(tuple(replace(draft, text=text) for draft, text in pairs), layout, place)


def _things(what: str, names: Names) -> tuple[tuple[Draft, ...], str]:
    """The drafts of all things that are named, and how they stand; nothing where one of them is no such thing."""
    drafts, joints = _apart(what, names)
    layout = joints[0] if joints else "alone"
    if len(joints) > 1 or (joints and any(draft.count > 1 for draft in drafts)):
        layout = "beside"  # no more than two stand to each other
    return (drafts[::-1] if layout in _TURNED else drafts), _TURNED.get(layout, layout)


def _side_by_side(text: str) -> str:
    """Two things of which one is said to be on the left and the other on the right, one before the other."""
    found = _SIDES.fullmatch(text)
    if found is None:
        return text
    joint = "and" if found["side"].lower() == "left" else "to the right of"
    return f"{found['first']} {joint} {found['second']}"


def _apart(what: str, names: Names) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """The drafts of the things that are named one after the other, and what joins them; a name may have a joint."""
    whole = read_draft(what, names)
    if whole is not None:
        return (whole,), ()
    for joint in _JOINT.finditer(what):
        first = read_draft(what[: joint.start()], names)
        if first is not None:
            others, joints = _apart(what[joint.end() :], names)
            if others:
                return (first, *others), (joint.lastgroup or "beside", *joints)
    return (), ()


def _is_drawn_so(draft: Draft, ground: str) -> bool:
    """Whether nothing is left to be done when a draft is drawn; smaller ones are learned before no named background."""
    return not draft.colour and draft.count == 1 and (draft.size == 1 or not ground)


def _colour_of(ground: str) -> str:
    """The colour in the words for a background."""
    found = re.search(rf"\b(?:{ANY_COLOUR})\b", ground, re.IGNORECASE)
    return "" if found is None else found.group().lower().replace("grey", "gray")


def _spot(text: str) -> str:
    """The layout of a single thing by the words for its spot."""
    found = _SPOT.fullmatch(text)
    return "alone" if found is None or found["middle"] else (found["side"] or found["end"]).lower()


def _split(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """What stands before the pattern at the end of a text, and what it found."""
    found = pattern.search(text)
    return (text, "") if found is None else (text[: found.start()], found.group())
