"""Right or wrong: what the judge saw in a picture against what the question asked for.

In: a `Question`, the things found in a picture, its pixels. Out: whether it answers the question; None where it cannot
be said (a relation between things of which one is not to be seen). It knows no model and draws nothing.

Colour: the object is what differs, inside the found square, from the colour around the picture's edge; its colour is,
of the sixteen, the one nearest (in CIELAB, https://en.wikipedia.org/wiki/CIELAB_color_space) to the object's median. A
thing in the colour that it has anyway may have others beside: there the colour of most of its area counts, by all names
that may be given to it. Background: the outermost ring of cells, where no single thing stands, must look more like the
asked colour or place than like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.painting.recolouring import DARKEST, LIGHTEST, Paint
from inference.painting.scenery import EDGE, background
from inference.pictures import Pixels
from inference.ranking.detector import CELLS, Found
from inference.text.colours import COLOURS
from inference.text.scenery import PLACES, TIMED
from inference.training.evaluation.questions import Question

_CELL = EDGE // CELLS
_DIFFERENT = 40
"""Levels of one channel by which a pixel must differ from the background to belong to the object."""
_LEAST_SHARE = 0.02


def answers(question: Question, found: Sequence[Found], pixels: Pixels) -> bool | None:
    """Whether a picture is what the question asks for; `found` is not empty, the surest first."""
    seen = [thing.concept for thing in found]
    match question.measure:
        case "concept" | "languages":
            return seen[0] in question.concepts
        case "colour":
            return dominant_colour(pixels, found[0]) == question.colour
        case "colour_and_thing":
            return seen[0] in question.concepts and dominant_colour(pixels, found[0]) == question.colour
        case "native_colour":
            return seen[0] in question.concepts and question.colour in main_colours(pixels, found[0])
        case "background" | "places":
            return nearest_background(pixels, timed=question.measure == "places") == question.background
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


def dominant_colour(pixels: Pixels, thing: Found) -> str:
    """Which of the sixteen colours a thing has, before one colour; that of the background where nothing differs."""
    picture = sized(pixels)
    ground, mask, inside = _object(picture, thing)
    colour = np.median(inside, axis=0) if len(inside) >= _LEAST_SHARE * mask.sum() else ground
    names, table = _object_colours()
    distances = np.linalg.norm(table - _lab(colour), axis=-1)
    return names[int(distances.argmin())]


def main_colours(pixels: Pixels, thing: Found) -> tuple[str, ...]:
    """What the colour of most of a thing's area may be called, before one colour; nothing where nothing differs."""
    picture = sized(pixels)
    _, mask, inside = _object(picture, thing)
    if len(inside) < _LEAST_SHARE * mask.sum():
        return ()
    return Paint.of(np.pad(inside, ((0, 0), (0, 1)), constant_values=255)[None]).names


def _object(picture: Pixels, thing: Found) -> tuple[NDArray[np.float64], NDArray[np.bool_], Pixels]:
    """The colour around the picture (3,), the found square (H, W), and those pixels (N, 3) in it that are another."""
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    ground = np.median(edge, axis=0)
    mask = np.zeros(picture.shape[:2], bool)
    top, left = (max(0, round((at - thing.span / 2) * _CELL)) for at in (thing.row, thing.column))
    mask[top : top + thing.span * _CELL, left : left + thing.span * _CELL] = True
    differs = np.abs(picture - ground).max(-1) > _DIFFERENT
    return ground, mask, picture[differs & mask]


def nearest_background(pixels: Pixels, *, timed: bool = False) -> str:
    """The colour or place whose outermost ring of cells looks most like the picture's: least mean difference.

    Places at a time are looked for where `timed`.
    """
    names, rings = _rings(timed)
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
def _rings(timed: bool) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    names = (*COLOURS, *PLACES, *(TIMED if timed else ()))
    return names, np.stack([_ring(background(name)) for name in names])


@cache
def _object_colours() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    table = np.clip(np.array(list(COLOURS.values()), np.float64), DARKEST, LIGHTEST)
    return tuple(COLOURS), np.stack([_lab(row) for row in table])


def _lab(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB (3,) in 0..255 to CIELAB (L*, a*, b*) under D65."""
    linear = colour / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(matrix @ linear / np.array([0.9505, 1.0, 1.089]), 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
