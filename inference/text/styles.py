"""Ways of drawing that a prompt asks for, and what of them a model can do.

In: a prompt in lower or upper case. Out: the prompt with known ways for those that mean nearly the same, without those
that the model has no notion of, and the words that were left out. It knows the ways of the built-in scenes alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_MEANT: Mapping[str, str] = {
    "pixel art": (
        "pixel art|pixelart|pixelated|8[- ]?bit(?: art)?|16[- ]?bit(?: art)?|voxel(?: art)?|minecraft style|lego|mosaic"
    ),
    "black and white": (
        "black and white|black & white|monochrome|greyscale|grayscale"
    ),
    "flat illustration": (
        "flat illustration|flat design|vector art|vector illustration|vector|minimalist|clip ?art|cartoon|comic"
        "|sticker|logo"
    ),
    "3d render": (
        "3d render(?:ing)?|3d model|cgi|blender|octane render|unreal engine|low[- ]?poly|claymation|clay|plasticine"
        "|pixar"
    ),
}  # fmt: skip
"""What a style is read as: honest neighbours, no more."""
_NOT_KNOWN = (
    "(?:pencil |charcoal |ink )?sketch|pencil drawing|charcoal drawing|ink drawing|line art|woodcut|engraving"
    "|oil painting|oil on canvas|water ?colou?rs?(?: painting)?|acrylic painting|gouache|fresco|impressionist|pastel"
    "|digital art|digital painting|concept art|anime|manga|studio ghibli|ukiyo[- ]e"
    "|photo[- ]?realistic|hyper[- ]?realistic"
    "|realistic|cinematic(?: lighting)?|highly detailed|ultra detailed|intricate|trending on artstation|artstation"
    "|steampunk|cyberpunk|vaporwave|synthwave|art deco|art nouveau|surrealist|cubist|baroque|renaissance|gothic"
    "|graffiti"
    "|stained glass|tapestry|origami|(?:4|8)k|hdr|masterpiece|best quality|painting"
)
_BY_SOMEBODY = re.compile(r"[, ]+(?:in the style of|by) ((?:van|von|de|da)? ?[\w]+(?: [A-Z]\w+)*)\s*$")
_OF = r"(?:an? |the )?(?:{}) of "
_AFTER = r"(?:\s*,\s*|\s+)(?:as |in |in the style of |like )?(?:an? )?(?:{})(?: style| art)?(?=\s*(?:,|$))"
_BEFORE = r"^(?:{}) (?=\w)"


def read_styles(text: str) -> tuple[str, tuple[str, ...]]:
    """A prompt in ways of drawing that are known, and those that were left out."""
    dropped: list[str] = []
    for name, words in _MEANT.items():
        text, found = _cut(text, words)
        if found:
            return _said(text, name), tuple(dropped)
    while True:
        text, found = _cut(text, _NOT_KNOWN)
        if not found:
            break
        dropped.append(found)
    by = _BY_SOMEBODY.search(text)
    if by is not None and "style of" in by.group(0):
        text = text[: by.start()]
        dropped.append(by.group(1).strip())
    return text, tuple(dropped)


def _names_more(rest: str) -> bool:
    """Whether more than an article is left."""
    return rest.strip(" ,").lower() not in {"", "a", "an", "the"}


def _said(text: str, name: str) -> str:
    return f"{text} in black and white" if name == "black and white" else f"{text}, {name}"


def _cut(text: str, words: str) -> tuple[str, str]:
    """`text` without the first of some words that stand where a way of drawing does, and that one."""
    for pattern in (_OF, _AFTER, _BEFORE):
        found = re.search(pattern.format(words), text, re.IGNORECASE)
        if found is not None and _names_more(text.replace(found.group(0), "")):
            name = re.search(words, found.group(0), re.IGNORECASE)
            joint = " " if found.start() and text[found.end() : found.end() + 1] not in {"", ","} else ""
            rest = text[: found.start()] + joint + text[found.end() :]
            return rest.strip(" ,"), name.group(0).lower() if name else found.group(0)
    return text, ""
