"""Ways of drawing that a prompt asks for, and what of them can be had.

In: a prompt in lower or upper case. Out: the prompt without them, the filters that the finished picture goes through,
and the words that nothing here can do; ways that the model learned stay, those that mean nearly the same become them.
It knows the ways of the built-in scenes and the filters of `inference.painting.filters` by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from inference.text.nouns import article

_FILTERS: Mapping[str, str] = {
    "pixel art": (
        "pixel[- ]?art|pixelated|pixel[- ]?kunst|8[- ]?bit(?: art)?|16[- ]?bit(?: art)?|voxel(?: art)?|minecraft style"
        "|lego|mosaic|pixel|arte pixel|ピクセルアート|ドット絵"
    ),
    "low poly": "low[- ]?poly|polygon art",
    "oil painting": (
        "oil painting|oil paints?|oil on canvas|oils|acrylic painting|acrylics?|impressionist(?: painting)?"
        "|(?:painting|gemälde)(?= (?:of|von) )|ölgemälde|ölfarben|peinture à l['’]huile"
        "|(?:pintura )?al? óleo|óleo|油絵"
    ),
    "watercolour": (
        "water[- ]?colou?rs?(?: painting)?|gouache|aquarelle?|wasserfarben|acuarela|aquarela|水彩画?"
    ),
    "sketch": (
        "(?:pencil |charcoal |ink )?sketch|(?:pencil|charcoal|ink|line) drawing|line art|engraving|etching"
        "|bleistiftzeichnung|bleistiftskizze|skizze|croquis|dessin au crayon|boceto|dibujo a lápiz|esboço"
        "|desenho a lápis|鉛筆画|スケッチ"
    ),
    "sepia": "sepia(?: tones?)?|sépia|セピア|daguerreotype|(?:old|vintage|antique) photo(?:graph)?",
    "black and white": (
        "black[- ]and[- ]white|black & white|b&w|monochrome|monochromatic|gr[ea]y[- ]?scale|film noir|noir(?= style)"
        r"|(?<!\w )noir|schwarz-?wei(?:ß|ss)|noir et blanc|blanco y negro|preto e branco|白黒|モノクロ"
    ),
}  # fmt: skip
"""What is done to the finished picture, in this order, by the filter's name."""
_LEARNED: Mapping[str, str] = {
    "flat illustration": (
        "flat illustration|flat design|vector art|vector illustration|vector|minimalist|clip ?art|cartoon|comic"
        "|sticker|logo"
    ),
    "3d render": (
        "3d render(?:ing)?|3d model|cgi|blender|octane render|unreal engine|claymation|clay|plasticine|pixar"
    ),
}  # fmt: skip
"""What a style is read as that the model has seen: honest neighbours, no more."""
_NOT_KNOWN = (
    "woodcut|fresco|pastels?|digital art|digital painting|concept art|anime|manga|studio ghibli|ukiyo[- ]e"
    "|photo[- ]?realistic|hyper[- ]?realistic"
    "|realistic|cinematic(?: lighting)?|highly detailed|ultra detailed|intricate|trending on artstation|artstation"
    "|steampunk|cyberpunk|vaporwave|synthwave|art deco|art nouveau|surrealist|cubist|baroque|renaissance|gothic"
    "|graffiti"
    "|stained glass|tapestry|origami|(?:4|8)k|hdr|masterpiece|best quality"
)
_ALONE = re.compile("|".join((*_FILTERS.values(), *_LEARNED.values(), _NOT_KNOWN)), re.IGNORECASE)
_BY_SOMEBODY = re.compile(r"[, ]+(?:in the style of|by) ((?:van|von|de|da)? ?[\w]+(?: [A-Z]\w+)*)\s*$")
_KIND = r"(?: (?:photo(?:graph)?|picture|image|drawing|illustration|art|version|portrait|film))?"
_OF = r"^(?:an? |the |eine? |une? |una? |uma? )?(?:{})" + _KIND + r"(?: (?:of|von|einer|eines|de) | d['’])"
_AFTER = (
    r"(?<!\bof)(?<!\ba)(?<!\ban)(?<!\bthe)(?<!\bon)(?<!\bwith)(?<!\band)(?<!\bfrom)"
    r"(?:\s*[,、]\s*|\s+)(?:(?:as|in|als|en|em|im|in the style of|like) )?(?:(?<=[,、] )an? |(?<=as )an? )?(?:{})"
    r"(?:[- ]style|[- ]stil| art| photo(?:graph)?)?(?=\s*(?:,|$))"
)
_BEFORE = r"^(?:{}) (?=\w)"
_WITH_ARTICLE = re.compile(
    r"^(?P<article>an?|the) (?P<style>pixel[- ]art|pixelated|8[- ]?bit|16[- ]?bit|voxel|low[- ]?poly"
    r"|water[- ]?colou?r|sepia|monochrome|gr[ea]y[- ]?scale) (?=[a-z])",
    re.IGNORECASE,
)
"""Words that before a thing are nothing but a way of drawing: a clay pot is made of clay, a black and white cat has two
colours."""


@dataclass(frozen=True)
class Styled:
    """A prompt without its ways of drawing; the names of `filters` to be done, in order; what cannot be."""

    text: str
    filters: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def read_styles(text: str) -> Styled:
    """A prompt, and what becomes of the ways of drawing in it."""
    if _ALONE.fullmatch(text.strip()):
        return Styled(text)
    found = _WITH_ARTICLE.match(text)
    if found is not None:
        style, thing = found["style"], text[found.end() :]
        text = f"{article(thing) if found['article'].lower() != 'the' else f'the {thing}'}, {style}"
    filters: list[str] = []
    for name, words in _FILTERS.items():
        text, cut = _cut_all(text, words)
        filters += [name] if cut else []
    for name, words in _LEARNED.items():
        text, cut = _cut_all(text, words)
        if cut:
            return Styled(f"{text}, {name}", tuple(filters))
    text, dropped = _cut_all(text, _NOT_KNOWN)
    by = _BY_SOMEBODY.search(text)
    if by is not None and "style of" in by.group(0):
        text = text[: by.start()]
        dropped.append(by.group(1).strip())
    return Styled(text, tuple(filters), tuple(dropped))


def _names_more(rest: str) -> bool:
    """Whether more than an article is left."""
    return rest.strip(" ,").lower() not in {"", "a", "an", "the"}


def _cut_all(text: str, words: str) -> tuple[str, list[str]]:
    """`text` without some words wherever they stand as a way of drawing does, and those that stood there."""
    cut: list[str] = []
    while True:
        text, found = _cut(text, words)
        if not found:
            return text, cut
        cut.append(found)


def _cut(text: str, words: str) -> tuple[str, str]:
    for pattern in (_OF, _AFTER, _BEFORE):
        found = re.search(pattern.format(words), text, re.IGNORECASE)
        if found is not None and _names_more(text.replace(found.group(0), "")):
            name = re.search(words, found.group(0), re.IGNORECASE)
            joint = " " if found.start() and text[found.end() : found.end() + 1] not in {"", ","} else ""
            rest = text[: found.start()] + joint + text[found.end() :]
            return rest.strip(" ,"), name.group(0).lower() if name else found.group(0)
    return text, ""
