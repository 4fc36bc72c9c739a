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
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inference.text.colours import COLOURS
from inference.text.drafts import ANY_COLOUR, PROPS, Draft, Names, read_draft, without_article
from inference.text.nouns import article
from inference.text.scenery import split_place
from inference.text.sizes import relative_sizes

MOST = 9
"""Things that a picture has room for, beside what they stand on or before."""
_MOST_DRAFTS = 5
"""Of so many kinds."""
LAYOUTS = {
    "beside": r"and|next to|beside|near|to the left of|vs\.?|versus",
    "right": r"to the right of",
    "above": r"above|over|on top of",
    "below": r"below|under|beneath",
    "riding": r"riding(?: on)?",
    "wearing": r"wearing",
    "eyed": r"seeing through",
    "tied": r"tied with",
    "winged": r"winged with",
    "dressed": r"clad in",
    "with": r"along with",
    "within": r"within",
    "before": r"in front of",
    "behind": r"behind",
}
"""How one thing stands to another, and how captions, or `activities`, say it."""
_TURNED = {"right": "beside", "below": "above", "behind": "before"}
"""Layouts that are others seen from the second thing."""
_WORN = frozenset({"wearing", "eyed", "tied", "dressed"})
"""Layouts that want a picture of the first thing's face."""
_TOGETHER = frozenset({"wearing", "eyed", "tied"})
"""Those of which one thing may have several, each once."""
_MANY = 4
"""So many things are so small that animals are told apart by their faces only."""
_HEADS = frozenset("man woman boy girl person child baby guy lady king queen prince princess".split())
"""Who is shown as a head, or little more, and so is too large for what it rides."""
_RIDER = 0.65
_GATHERED = frozenset({"above", "before", "within"})
"""Layouts that several things, side by side, may have to the last."""
_STYLE = re.compile(r",? (?:3d|3d render|flat|flat style|flat illustration|pixel art)$", re.IGNORECASE)
_GROUND = re.compile(
    rf",? (?:(?:(?:on|against|with|before|in front of) (?:(?:an?|the) )?)?(?:{ANY_COLOUR}) background"
    rf"|on (?:{ANY_COLOUR}))$",
    re.IGNORECASE,
)
_SPOT = re.compile(
    r",? (?:on the (?P<side>left|right)(?: side)?|at the (?P<end>top|bottom)|in the (?P<middle>middle|cent(?:re|er)))$",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r" (?:(?:is|are) )?(?:playing|dancing|running|walking|sitting|standing|sleeping|flying|swimming|jumping|smiling"
    r"|floating|resting|relaxing|waiting|hiding|fighting|eating|drinking|talking|chatting|laughing|arguing|kissing|hugging"
    r"|having (?:an? )?(?:\w+ )?(?:breakfast|lunch|dinner|meal|fun|picnic|party)|casting (?:an? )?spells?)"
    r"(?: together| around)?$",
    re.IGNORECASE,
)
"""What somebody does alone, which no picture shows."""
_DOING = re.compile(r"(?<=\w) (?:(?:is|are) )?\w{2,}ing$", re.IGNORECASE)
"""Any other verb."""
_POSED = re.compile(
    rf"{_IDLE.pattern.removesuffix('$')}"
    r"(?= (?:above|over|below|under|beneath|beside|near|next to|behind|in front of) )",
    re.IGNORECASE,
)
"""The same, before it is said where."""
_SIDES = re.compile(
    r"(?P<first>.+?) on the (?P<side>left|right)(?: side)?,? (?:and|with) "
    r"(?P<second>.+?) on the (?!(?P=side))(?:left|right)(?: side)?",
    re.IGNORECASE,
)
_JOINT = re.compile(rf",? (?:{'|'.join(f'(?P<{name}>{words})' for name, words in LAYOUTS.items())}) |, ", re.IGNORECASE)
IN_THE_DARK = " on a blue background"
"""What pale things are drawn before, to be cut out."""
_UNNAMED = frozenset({"white", "beige", "cyan", "pink"})
"""Colours that an unnamed background may have."""
_GROUNDS = ("white", "cyan", "light green", "blue", "black")
"""What stands behind things in those, the first that none of them is in."""
_COMPOUND = re.compile(r"an? (?P<before>(?:[\w-]+ )??)(?P<kind>[\w-]+) (?P<head>[\w-]+)", re.IGNORECASE)
_NO_KINDS = frozenset(" ".join((*COLOURS, "grey")).split())
_EATEN = frozenset(
    "apple avocado banana bread burger cake cheese cookie donut egg hamburger pancake pineapple pizza pumpkin"
    " strawberry sushi taco watermelon".split()
)
_LONGEST = 200
"""Letters of prompts that are taken apart: longer ones tell a story."""
_AROUND = ' .!?"“”'
_AND = re.compile(r"\s*[&+]\s*")


@dataclass(frozen=True)
class Composition:
    """`layout` is one of `LAYOUTS`, or where a single thing stands: "alone", "left", "right", "top", "bottom"; several
    of `LAYOUTS`, joined by "+", are one each for what the first thing wears. `place` is a place of
    `inference.text.scenery`, or a colour; "" for the background that the drafts have. `is_mirrored`: what stands on the
    left of something stays there. All things are as large as `scale` says, a share."""

    drafts: tuple[Draft, ...]
    layout: str = "alone"
    place: str = ""
    is_mirrored: bool = False
    scale: float = 1.0

    @property
    def is_in_place(self) -> bool:
        """Whether it is one thing, which stays as large and where it is drawn."""
        first = self.drafts[0]
        return (len(self.drafts), first.count, first.size, self.layout, self.place) == (1, 1, 1, "alone", "")

    @property
    def drawn(self) -> tuple[str, ...]:
        """The texts that codes are drawn from: those of all drafts but props, of the first where there is no other."""
        return tuple(draft.text for draft in self.drafts if not draft.prop) or (self.drafts[0].text,)

    @property
    def is_as_drawn(self) -> bool:
        """Whether it is one thing in its own colour, at most mirrored, or smaller."""
        return self.is_in_place and not (self.drafts[0].colour or self.drafts[0].prop)


def read_composition(text: str, names: Names) -> Composition | None:
    """What a prompt is put together from; None where a part of it is no such thing, and where it is one thing with
    nothing to be done to it."""
    text = _AND.sub(" and ", text.strip(_AROUND))
    if len(text) > _LONGEST or (names.is_name(without_article(text)) and without_article(text) not in PROPS):
        return None
    rest, style = _split(_STYLE, text)
    whole, place = split_place(rest)
    if not place:
        whole, ground = _split(_GROUND, whole)
        place = _colour_of(ground)
    what, spot = _split(_SPOT, _in_order(_resting(whole, names)))
    drafts, layout = _things(what, names, is_alone=not spot)
    count = sum(draft.count for draft in drafts) - (len(drafts) > 1 and layout in _GATHERED)
    if not 1 <= count <= MOST or (spot and count > 1):
        return None
    if spot:
        layout = _spot(spot)
    if len(drafts) == 1 and not (place or spot) and _is_drawn_so(drafts[0]) and _headed(what, names) == what:
        return None
    colours = [draft.colour for draft in drafts if draft.colour]
    if place in colours:
        return None
    if not place:
        place = _ground(colours, is_pale=any(draft.is_pale for draft in drafts))
    behind = [IN_THE_DARK if place and draft.is_pale else "" for draft in drafts]
    placed = (replace(draft, text=f"{draft.text}{one}{style}") for draft, one in zip(drafts, behind, strict=True))
    return Composition(tuple(placed), layout, place)


def _things(what: str, names: Names, *, is_alone: bool) -> tuple[tuple[Draft, ...], str]:
    """The drafts of all things that are named, and how they stand; nothing where one of them is no such thing."""
    drafts, joints = _apart(_headed(_unposed(what, names), names, is_alone=is_alone), names)
    layout = joints[-1] if joints else "alone"
    if len(set(joints)) == len(joints) > 1 and _TOGETHER.issuperset(joints) and all(one.count == 1 for one in drafts):
        return (_faced(drafts[0], names), *drafts[1:]), "+".join(joints)
    is_gathered = layout in _GATHERED and set(joints[:-1]) <= {"beside"} and drafts[-1].count == 1
    if not is_gathered and (len(joints) > 1 or (joints and any(draft.count > 1 for draft in drafts))):
        layout = "beside"  # no more than two stand to each other
    if layout in _WORN:
        drafts = (_faced(drafts[0], names), *drafts[1:])
    elif len(drafts) > 1 and sum(draft.count for draft in drafts) >= _MANY:
        drafts = tuple(_faced(draft, names) for draft in drafts)
    if layout == "riding" and _HEADS.intersection(drafts[0].text.split()):
        drafts = (replace(drafts[0], size=_RIDER * drafts[0].size), *drafts[1:])
    if layout not in _WORN:
        sizes = relative_sizes([draft.text for draft in drafts], what)
        drafts = tuple(replace(draft, size=draft.size * size) for draft, size in zip(drafts, sizes, strict=True))
    return (drafts[::-1] if layout in _TURNED else drafts), _TURNED.get(layout, layout)


def _headed(what: str, names: Names, *, is_alone: bool = False) -> str:
    """One thing without the other that says of what kind it is, which confuses its shape ("a skeleton king"); what is
    written in two words is one ("a sun flower"), and what is eaten is put beside what is alone."""
    found = _COMPOUND.fullmatch(what)
    if found is None or names.is_name(without_article(what)):
        return what
    before, kind, head = (found[part].lower() for part in ("before", "kind", "head"))
    if names.is_name(f"{kind} {head}") or kind in _NO_KINDS or not (names.is_thing(kind) and names.is_thing(head)):
        return what
    if names.is_thing(kind + head):
        return article(before + kind + head)
    one = article(before + head)
    return f"{one} along with {article(kind)}" if is_alone and kind in _EATEN else one


def _faced(draft: Draft, names: Names) -> Draft:
    """An animal's face, where there are pictures of it: what is worn belongs there."""
    colour, _, rest = without_article(draft.text).partition(" ")
    if colour in COLOURS and names.is_name(f"{rest} face"):  # "a black cat"
        return replace(draft, text=article(f"{rest} face"), colour=colour)
    face = f"{draft.text.lower().rpartition(' ')[2]} face"  # "a grumpy cat" has no face of its own
    return replace(draft, text=article(face)) if names.is_name(face) else draft


def _resting(text: str, names: Names) -> str:
    """Things without what they do alone; "a woman dancing" is a name, and a king does nothing."""
    last = [text, *(text[joint.end() :] for joint in _JOINT.finditer(text))][-1]
    if names.is_name(without_article(text)) or names.is_name(without_article(last)):
        return text
    rest, did = _split(_IDLE, text)
    return rest if did or names.is_thing(text.rpartition(" ")[2].lower()) else _DOING.sub("", text)


def _unposed(what: str, names: Names) -> str:
    """What is named first without what it does before it is said where, unless there is a picture of that."""
    found = _POSED.search(what)
    if found is None or names.is_name(without_article(what[: found.end()].rpartition(" and ")[2])):
        return what
    return _POSED.sub("", what)


def _in_order(text: str) -> str:
    """Two things of which one is said to be on the left and the other on the right, one before the other."""
    found = _SIDES.fullmatch(text)
    if found is None:
        return text
    joint = "and" if found["side"].lower() == "left" else "to the right of"
    return f"{found['first']} {joint} {found['second']}"


def _apart(what: str, names: Names, room: int = _MOST_DRAFTS) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """The drafts of the things that are named one after the other, and what joins them; a name may have a joint."""
    whole = read_draft(_headed(what, names), names, is_alone=room == _MOST_DRAFTS)
    if whole is not None or room == 1:
        return (() if whole is None else (whole,)), ()
    for joint in _JOINT.finditer(what):
        first = read_draft(_headed(what[: joint.start()], names), names, is_alone=False)
        if first is not None:
            others, joints = _apart(what[joint.end() :], names, room - 1)
            if others:
                return (first, *others), (joint.lastgroup or "beside", *joints)
    return (), ()


def _is_drawn_so(draft: Draft) -> bool:
    """Whether nothing is left to be done when a draft is drawn."""
    return not (draft.colour or draft.prop) and draft.count == 1 and draft.size == 1


def _ground(colours: Sequence[str], *, is_pale: bool) -> str:
    """The colour behind things in these colours, where none is named; "" where they stay before what they are drawn."""
    if _UNNAMED.isdisjoint(colours):
        return "white" if is_pale else ""
    return next(ground for ground in _GROUNDS if ground not in colours and not (is_pale and ground == "white"))


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
