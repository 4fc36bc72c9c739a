"""Right or wrong: what the judge saw in a picture against what the question asked for.

In: a `Question`, the things found in a picture, its pixels. Out: whether it answers the question; None where it cannot
be said (a relation between things of which one is not to be seen). It knows no model and draws nothing.

Colour: the object is what differs from the background inside the found square; its colour is, of the sixteen, the one
nearest (in CIELAB, https://en.wikipedia.org/wiki/CIELAB_color_space) to the object's median, because recolouring sets
an icon's middle brightness to the named colour. Background: the outermost ring of cells, where no single thing stands,
must look more like the asked colour or place than like any other of the twenty-eight.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.pictures import Pixels
from inference.training.data.places import COLOURS, EDGE, PLACES, background
from inference.training.evaluation.detector import CELLS, Found
from inference.training.evaluation.questions import Question

_CELL = EDGE // CELLS
_DIFFERENT = 40
"""Levels of one channel by which a pixel must differ from the background to belong to the object."""
_LEAST_SHARE = 0.02
_DARKEST, _LIGHTEST = 24, 238
"""Recoloured icons keep some shading: their middle is never darker or lighter than that."""


def answers(question: Question, found: Sequence[Found], pixels: Pixels) -> bool | None:
    """Whether a picture is what the question asks for; `found` is not empty, the surest first."""
    seen = [thing.concept for thing in found]
    match question.measure:
        case "concept":
            return seen[0] in question.concepts
        case "colour":
            return dominant_colour(pixels, found[0], question.background) == question.colour
        case "background":
            return nearest_background(pixels) == question.background
        case "pairs":
            return set(question.concepts) <= set(seen)
        case "relation":
            return _is_related(question, found) if set(question.concepts) <= set(seen) else None
        case "count":
            return len(found) == question.count
        case "synonyms":
            return any(concept in question.concepts for concept in found[0].concepts)
    raise ValueError(f"no measure is called {question.measure!r}")


def _is_related(question: Question, found: Sequence[Found]) -> bool:
    first, second = (next(thing for thing in found if thing.concept == wanted) for wanted in question.concepts)
    across, down = second.column - first.column, second.row - first.row
    ahead = {"left": across, "right": -across, "above": down, "below": -down}[question.relation or ""]
    return ahead > 0 and ahead >= max(abs(across), abs(down))


def dominant_colour(pixels: Pixels, thing: Found, back: str) -> str:
    """Which of the sixteen colours a thing before the background `back` has; the background's where nothing differs."""
    picture = sized(pixels)
    differs = np.abs(picture.astype(np.int16) - background(back)).max(-1) > _DIFFERENT
    mask = np.zeros_like(differs)
    top, left = (max(0, round((at - thing.span / 2) * _CELL)) for at in (thing.row, thing.column))
    mask[top : top + thing.span * _CELL, left : left + thing.span * _CELL] = True
    inside = picture[differs & mask]
    if len(inside) < _LEAST_SHARE * mask.sum():
        return back
    names, table = _object_colours()
    distances = np.linalg.norm(table - _lab(np.median(inside, axis=0)), axis=-1)
    return names[int(distances.argmin())]


def nearest_background(pixels: Pixels) -> str:
    """The colour or place whose outermost ring of cells looks most like the picture's: least mean difference."""
    names, rings = _rings()
    return names[int(np.abs(rings - _ring(sized(pixels))).mean((1, 2)).argmin())]


def sized(pixels: Pixels) -> Pixels:
    """A picture of any size at 192 pixels a side."""
    if pixels.shape[:2] == (EDGE, EDGE):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((EDGE, EDGE), Image.Resampling.BOX))


def _ring(picture: Pixels) -> NDArray[np.float32]:
    """(44, 3): the mean colours of the cells at the edge, which forgive soft edges and small shifts."""
    cells = picture.reshape(CELLS, _CELL, CELLS, _CELL, 3).mean((1, 3), dtype=np.float32)
    at_edge = np.ones((CELLS, CELLS), bool)
    at_edge[1:-1, 1:-1] = False
    ring: NDArray[np.float32] = cells[at_edge]
    return ring


@cache
def _rings() -> tuple[tuple[str, ...], NDArray[np.float32]]:
    names = (*COLOURS, *PLACES)
    return names, np.stack([_ring(background(name)) for name in names])


@cache
def _object_colours() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    table = np.clip(np.array(list(COLOURS.values()), np.float64), _DARKEST, _LIGHTEST)
    return tuple(COLOURS), np.stack([_lab(row) for row in table])


def _lab(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB (3,) in 0..255 to CIELAB (L*, a*, b*) under D65."""
    linear = colour / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(matrix @ linear / np.array([0.9505, 1.0, 1.089]), 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
