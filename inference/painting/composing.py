"""Putting things together that were drawn by themselves: each is cut out of its plain background, made as large as it
is to be, and put down where it belongs, before that background or a place.

In: a picture a draft that is no prop, and how they are composed. Out: one picture. It knows no model and no words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageOps

from inference.painting.cutting import cut_out
from inference.painting.painter import edge_colour, painted
from inference.painting.props import prop
from inference.painting.scenery import background
from inference.painting.takes import Put, retaken, taken
from inference.pictures import Pixels
from inference.text.colours import COLOURS
from inference.text.compositions import Composition
from inference.text.drafts import Draft

_THIRDS = tuple(tuple((across / 6, down / 6) for across in (1, 3, 5)) for down in (1, 3, 5))
_PLACES = {
    1: ((1 / 2, 1 / 2),),
    2: ((1 / 4, 1 / 2), (3 / 4, 1 / 2)),
    3: ((1 / 4, 1 / 4), (3 / 4, 1 / 4), (1 / 2, 3 / 4)),
    4: ((1 / 4, 1 / 4), (3 / 4, 1 / 4), (1 / 4, 3 / 4), (3 / 4, 3 / 4)),
    5: ((1 / 6, 1 / 6), (5 / 6, 1 / 6), (1 / 2, 1 / 2), (1 / 6, 5 / 6), (5 / 6, 5 / 6)),
    6: tuple((across / 6, down / 4) for down in (1, 3) for across in (1, 3, 5)),
    7: (*((1 / 4 + at / 2, 1 / 6) for at in range(2)), *_THIRDS[1], *((1 / 4 + at / 2, 5 / 6) for at in range(2))),
    8: (*_THIRDS[0], (1 / 4, 1 / 2), (3 / 4, 1 / 2), *_THIRDS[2]),
    9: (*_THIRDS[0], *_THIRDS[1], *_THIRDS[2]),
}
"""Of each number the middles of things, across and down, as shares of the picture; as the built-in scenes have them."""
_SPAN = {1: 0.8, 2: 0.46, 3: 0.44, 4: 0.44, 5: 0.3, 6: 0.3, 7: 0.29, 8: 0.29, 9: 0.29}
"""How long a thing's longer edge is, as a share of the picture's."""
_ROWS = {
    3: ((1 / 6, 0.94), (1 / 2, 0.94), (5 / 6, 0.94)),
    4: ((0.38, 0.83), (0.8, 0.83), (0.2, 0.96), (0.62, 0.96)),
    5: ((0.34, 0.84), (0.68, 0.84), (0.17, 0.96), (0.51, 0.96), (0.85, 0.96)),
    6: ((0.26, 0.83), (0.57, 0.83), (0.88, 0.83), (0.13, 0.97), (0.44, 0.97), (0.75, 0.97)),
    7: (*((0.25 + 0.25 * at, 0.82) for at in range(3)), *((0.125 + 0.25 * at, 0.97) for at in range(4))),
    8: (*((0.18 + 0.235 * at, 0.82) for at in range(4)), *((0.11 + 0.235 * at, 0.97) for at in range(4))),
    9: (
        *((0.24 + 0.26 * at, 0.78) for at in range(3)),
        *((0.15 + 0.26 * at, 0.88) for at in range(3)),
        *((0.24 + 0.26 * at, 0.98) for at in range(3)),
    ),
}
"""Where the feet of so many are that stand in a place, those behind first; things in the sky would float."""
_ROW_SPAN = {3: 0.31, 4: 0.35, 5: 0.3, 6: 0.28, 7: 0.24, 8: 0.23, 9: 0.24}
_SPOTS = {"left": (0.26, 0.5), "right": (0.74, 0.5), "top": (0.5, 0.26), "bottom": (0.5, 0.74)}
_AT_SPOT = 0.46
_FLOOR = 0.94
"""How far down things stand that are in a place."""
_FREE = frozenset({"alone", "beside"})
"""Layouts in which things stand to each other in no other way."""
_SIDED = _FREE | {"left", "right"}
"""Those in which it counts what stands on which side."""
_AFLOAT = frozenset({"space", "sea", *COLOURS})
"""Backgrounds without a floor."""


@dataclass(frozen=True)
class _Joined:
    """How a first thing stands to a second: their spans, how much of its height it shares with the second from that
    one's top on, and whether it is in front."""

    spans: tuple[float, float]
    shared: float
    first_in_front: bool = True


_JOINED = {
    "above": _Joined((0.48, 0.48), 0.04),
    "riding": _Joined((0.46, 0.6), 0.3),
    "within": _Joined((0.5, 0.6), 0.4, first_in_front=False),
    "dressed": _Joined((0.44, 0.54), 0.14),
}
_GATHERED = {"above": (0.66, 0.92, 0.15), "before": (0.84, 0.92, 1.0), "within": (0.76, 0.6, 0.45)}
"""Of several that stand to a last thing: how large that is, how wide a row they make, both as shares of the picture,
and how far down the last thing their feet are, as a share of it."""
_WEARER, _HEAD = 0.68, 0.3
"""How large who wears something is, as a share of the picture, and from its top on the share of it that is its head."""
_WIDTHS = {"wearing": 0.6, "eyed": 0.72, "tied": 0.5}
"""How wide a hat, glasses and what is below the chin are, as a share of the head."""
_WORN = frozenset(_WIDTHS)
_SHARED, _CROWN = 0.3, 0.15
"""How much of a hat hides the head, and how far from its middle, as shares of it, it lies on that."""
_EYES, _CHIN = 0.47, 0.96
"""How far down a face its eyes are, and its chin."""
_HELD = 0.42
"""How large what somebody has is, as a share of the picture."""


def composed(pictures: Sequence[Pixels], composition: Composition) -> Pixels:
    """One picture of all drafts, from those (H, W, 3) of `Composition.drawn`; where none has a plain background, the
    first as it is."""
    drafts, drawn, edge = composition.drafts, iter(pictures), max(pictures[0].shape)
    pictures = [prop(draft.prop, edge) if draft.prop else next(drawn) for draft in drafts]
    if composition.is_in_place:
        return taken(_painted(pictures[0], drafts[0]), composition)
    height, width = pictures[0].shape[:2]
    cuts = [
        _cut(picture.tobytes(), picture.shape, draft.colour, draft.is_hollow)
        for picture, draft in zip(pictures, drafts, strict=True)
    ]
    pairs = zip(cuts, drafts, strict=True)
    things = [(cut, draft.size) for cut, draft in pairs if cut is not None for _ in range(draft.count)]
    if not things:
        return taken(_painted(pictures[0], drafts[0]), composition)
    foot = 0.5
    layout = composition.layout if len(things) == sum(draft.count for draft in drafts) else "beside"
    puts = _laid_out(things, layout, min(height, width))
    if composition.place:
        canvas = Image.fromarray(background(composition.place, max(height, width))[:height, :width])
        if composition.place not in _AFLOAT and layout != "top":
            puts = _in_rows(things, height) if layout in _FREE and len(things) in _ROWS else _on_floor(puts, height)
            foot = _FLOOR
    else:
        ground = next(edge_colour(one) for one, cut in zip(pictures, cuts, strict=True) if cut is not None)
        canvas = Image.new("RGB", (width, height), tuple(int(level) for level in np.rint(ground)))
    for put in retaken(puts, composition, layout in _SIDED, (width, foot * height)):
        canvas.paste(put.thing, (round(put.left), round(put.top)), put.thing)
    return np.array(canvas)


def _painted(picture: Pixels, draft: Draft) -> Pixels:
    return painted(picture, draft.colour, is_hollow=draft.is_hollow)


@lru_cache(maxsize=8)
def _cut(pixels: bytes, shape: tuple[int, ...], colour: str, is_hollow: bool) -> Image.Image | None:
    """A painted thing, cut out; kept, for the pictures of a grid are often put together from the same drawing."""
    picture = np.frombuffer(pixels, np.uint8).reshape(shape)
    return cut_out(picture, painted(picture, colour, is_hollow=is_hollow), is_hollow=is_hollow)


def _laid_out(things: Sequence[tuple[Image.Image, float]], layout: str, edge: int) -> list[Put]:
    """Where each thing, with its size, comes to stand in a picture of so many pixels; what is in front comes last."""
    if layout in _GATHERED and len(things) > 2:
        return _gathered(things, layout, edge)
    if layout in _JOINED:
        return _joined(things, _JOINED[layout], edge)
    if layout == "winged":
        return _winged(things, edge)
    if _WORN.issuperset(layout.split("+")):
        return _worn(things, layout.split("+"), edge)
    if layout == "with":
        return _had(things, edge)
    if layout == "before":
        (small, size), (large, span) = things
        puts = [_put(large, 0.84 * span * edge, (0.5, 0.5), edge), _put(small, 0.48 * size * edge, (0.5, 0.7), edge)]
        return [puts[0], puts[1].moved(puts[0].bottom - puts[1].bottom)]
    if layout in _SPOTS:
        return [_put(cut, _AT_SPOT * size * edge, _SPOTS[layout], edge) for cut, size in things]
    places, span = _PLACES[len(things)], _SPAN[len(things)] * edge
    puts = [_put(cut, span * size, at, edge) for (cut, size), at in zip(things, places, strict=True)]
    if len(puts) != 2:
        return puts
    foot = max(put.bottom for put in puts)
    return [put.moved(foot - put.bottom) for put in puts]  # side by side on the same ground


def _put(cut: Image.Image, span: float, middle: tuple[float, float], edge: int) -> Put:
    """A thing with its longer edge of `span` pixels, around a point that is given in shares of the picture."""
    scale = span / max(cut.size)
    size = (max(1, round(scale * cut.width)), max(1, round(scale * cut.height)))
    small = cut.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    return Put(small, middle[0] * edge - size[0] / 2, middle[1] * edge - size[1] / 2)


def _joined(things: Sequence[tuple[Image.Image, float]], how: _Joined, edge: int) -> list[Put]:
    """One upon, or in, the other, both together in the middle."""
    (first, first_size), (second, second_size) = things
    under = _put(second, how.spans[1] * second_size * edge, (0.5, 0.5), edge)
    over = _put(first, how.spans[0] * first_size * edge, (0.5, 0.5), edge)
    over = over.moved(under.top + how.shared * over.thing.height - over.bottom)
    down = edge / 2 - (over.top + under.bottom) / 2
    order = [under, over] if how.first_in_front else [over, under]
    return [put.moved(down) for put in order]


def _gathered(things: Sequence[tuple[Image.Image, float]], layout: str, edge: int) -> list[Put]:
    """All but the last side by side: upon it, in it, or before its foot."""
    *small, (large, size) = things
    span, wide, depth = _GATHERED[layout]
    last = _put(large, span * size * edge, (0.5, 0.5), edge)
    room = wide / len(small)
    row = [
        _put(cut, min(0.4, room) * one * edge, (0.5 - wide / 2 + room * (at + 0.5), 0.5), edge)
        for at, (cut, one) in enumerate(small)
    ]
    foot = last.top + depth * last.thing.height
    row = [put.moved(foot - put.bottom) for put in row]
    puts = [*row, last] if layout == "within" else [last, *row]
    down = edge / 2 - (min(put.top for put in puts) + max(put.bottom for put in puts)) / 2
    return [put.moved(down) for put in puts]


def _worn(things: Sequence[tuple[Image.Image, float]], ways: Sequence[str], edge: int) -> list[Put]:
    """What the first has on its head, before its eyes, or below its chin, all in the middle together."""
    (who, size), *others = things
    wearer = _put(who, _WEARER * size * edge, (0.5, 0.5), edge)
    left, right = _head(wearer.thing)
    tall = min(wearer.thing.height, right - left)
    puts = [wearer]
    for (what, worn_size), way in zip(others, ways, strict=True):
        width = _WIDTHS[way] * worn_size * (right - left)
        worn = _put(what, width * max(what.size) / what.width, ((wearer.left + (left + right) / 2) / edge, 0.5), edge)
        middle = wearer.top + (_EYES if way == "eyed" else _CHIN) * tall
        puts.append(
            worn.moved(wearer.top + _crown(wearer.thing, left, right) + _SHARED * worn.thing.height - worn.bottom)
            if way == "wearing"
            else worn.moved(middle - (worn.top + worn.bottom) / 2)
        )
    down = edge / 2 - (min(put.top for put in puts) + max(put.bottom for put in puts)) / 2
    return [put.moved(down) for put in puts]


def _crown(thing: Image.Image, left: float, right: float) -> int:
    """How far down a head begins in its middle: between ears."""
    middle, near = (left + right) / 2, _CROWN * (right - left)
    columns = np.asarray(thing.getchannel("A"))[:, max(0, round(middle - near)) : round(middle + near) + 1] > 127
    return int(np.median(columns.argmax(0)))


def _winged(things: Sequence[tuple[Image.Image, float]], edge: int) -> list[Put]:
    """The first with the second behind its back, on both sides."""
    (who, size), (wing, wing_size) = things
    owner = _put(who, 0.62 * size * edge, (0.5, 0.56), edge)
    right = _put(wing, 0.44 * wing_size * size * edge, (0.74, 0.5), edge)
    right = right.moved(owner.top + 0.42 * owner.thing.height - right.bottom + 0.2 * right.thing.height)
    left = Put(ImageOps.mirror(right.thing), edge - right.left - right.thing.width, right.top)
    return [left, right, owner]


def _head(thing: Image.Image) -> tuple[float, float]:
    """From where to where, across, the upper part of a thing reaches that has most of it."""
    upper = np.asarray(thing.getchannel("A"))[: max(1, round(_HEAD * thing.height))] > 127
    filled = upper.sum(0)
    edges = np.flatnonzero(np.diff(np.pad(filled > 0, 1).astype(int)))
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    if not runs:
        return 0.0, float(thing.width)
    left, right = max(runs, key=lambda run: int(filled[run[0] : run[1]].sum()))
    return float(left), float(right)


def _had(things: Sequence[tuple[Image.Image, float]], edge: int) -> list[Put]:
    """The first with the second in front of it, at its lower right."""
    (who, size), (what, what_size) = things
    owner = _put(who, 0.74 * size * edge, (0.42, 0.5), edge)
    held = _put(what, _HELD * what_size * edge, (0.76, 0.5), edge)
    return [owner, held.moved(owner.bottom + 0.02 * edge - held.bottom)]


def _in_rows(things: Sequence[tuple[Image.Image, float]], edge: int) -> list[Put]:
    """Three and more on a floor, whose size is a share of what a row has room for."""
    span, feet = _ROW_SPAN[len(things)] * edge, _ROWS[len(things)]
    puts = [_put(cut, span * size, (across, 0.5), edge) for (cut, size), (across, _) in zip(things, feet, strict=True)]
    return [put.moved(foot * edge - put.bottom) for put, (_, foot) in zip(puts, feet, strict=True)]


def _on_floor(puts: Sequence[Put], edge: int) -> list[Put]:
    """All moved down, or up, together, so that the lowest stands on the floor."""
    down = _FLOOR * edge - max(put.bottom for put in puts)
    return [put.moved(down) for put in puts]
