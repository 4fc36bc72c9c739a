"""What somebody wears: where each piece belongs, and several pieces of one wearer.

In: a prompt, and whether a noun names something that can be drawn. Out: the prompt in words that `compositions` puts
together ("a cat wearing a hat and sunglasses" as "a cat wearing a hat seeing through sunglasses"). It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from inference.text.nouns import article, singulars

GLASSES = frozenset("glasses sunglasses goggles spectacles shades monocle".split())
JOINTS: Mapping[str, frozenset[str]] = {
    "wearing": frozenset("crown hat cap helmet tiara beret bonnet halo wig sombrero".split()),
    "seeing through": GLASSES,
    "tied with": frozenset("bowtie tie ribbon scarf necklace medal collar bandana".split()),
    "clad in": frozenset(
        "dress suit coat shirt t-shirt jacket kimono sari skirt costume uniform robe armor armour cape sweater hoodie"
        " jumper tuxedo".split()
    ),
}
"""How a wearer stands to each piece, in words that captions do not have, but for hats, which scenes put on heads."""
WINGED = "winged with"
_JOINING = r"(?:,| and| with| wearing| in)"
_PART = r"(?!(?:and|with|wearing|in)\b)[\w'’-]+"
_PIECE = rf"(?:{_PART} ){{0,3}}{_PART}"
_SEVERAL = re.compile(
    r"(?P<who>.+?) (?:(?:is|who is|that is) )?(?:wearing|with|in|dressed in) "
    rf"(?P<pieces>{_PIECE}(?:{_JOINING}+ {_PIECE})+?)"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under|before|against|from|over)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
_NEXT = re.compile(rf"{_JOINING}+ (?=\w)", re.IGNORECASE)
_WINGS = re.compile(r"\b(?:with|having|growing) (?:a pair of )?(?:[\w'’-]+ ){0,2}?wings\b", re.IGNORECASE)
_WINGED = re.compile(r"^(?P<article>an?|the) winged (?P<who>(?:[\w'’-]+ )?[\w'’-]+)", re.IGNORECASE)


def read_worn(text: str, is_thing: Callable[[str], bool]) -> str:
    """`text` with each of several pieces in its place, and with wings on a back; all else stays as it is."""
    text = _WINGS.sub(f"{WINGED} a wing", text)
    text = _WINGED.sub(lambda found: f"{article(found['who'])} {WINGED} a wing", text)
    found = _SEVERAL.fullmatch(text)
    if found is None:
        return text
    pieces = [re.sub(r"^(?:an?|the|his|her|its|their|some|one) ", "", one) for one in _NEXT.split(found["pieces"])]
    joints = [joint_of(piece.rpartition(" ")[2].lower()) for piece in pieces]
    if None in joints or len(set(joints)) < len(joints) or "clad in" in joints or not all(_is_any(pieces, is_thing)):
        return text
    worn = (f" {joint} {_indefinite(piece)}" for joint, piece in zip(joints, pieces, strict=True))
    return f"{found['who']}{''.join(worn)}{found['rest'] or ''}"


def joint_of(piece: str) -> str | None:
    """How a wearer stands to a piece, by its last word; None for what nobody wears."""
    return next((joint for joint, words in JOINTS.items() if piece in words), None)


def _is_any(pieces: list[str], is_thing: Callable[[str], bool]) -> list[bool]:
    heads = (piece.rpartition(" ")[2].lower() for piece in pieces)
    return [is_thing(head) or any(map(is_thing, singulars(head))) for head in heads]


def _indefinite(piece: str) -> str:
    return piece if piece.endswith("s") else article(piece)
