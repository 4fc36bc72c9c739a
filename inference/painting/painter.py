"""A drawn thing in another colour: found before its plain background, its main colour becomes the one that is asked.

In: a picture, one of the sixteen colours. Out: the picture with that colour. It knows no model and no words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.painting.recolouring import Paint, from_lab, recolour
from inference.pictures import Pixels
from inference.text.colours import COLOURS

_SAME, _CLEAR = 6, 40
"""Levels of one channel: up to there a pixel may be background, from there on it is nothing but the thing."""
_BLANK = 16
"""Levels of each channel within which a whole picture is of one colour: an empty one has 4, the palest thing 90."""
_LEAST_PLAIN = 0.5
"""Of the picture's edge so much must be of one colour."""
_SPARSE = 4
"""Of the picture's rows and columns one in so many tells its main colour."""
_LEAST_OWN = 0.3
"""What is closed in and like the background is the thing's own colour from this share of it on (a sheep's wool)."""
_NEAR, _NOISE = 48, 20
"""Levels by which a main colour differs from the background that are little, so that noise beside an outline, which
has so many, would be painted, too."""
_LOWER_BITS = 2
"""Of each channel so many tell no colours apart when they are painted."""
_WHOLE = 128
"""So many parts are a whole share: times the largest change they fit into 16 bits."""
_STEP = 4
"""Pixels a side of the squares that the background is followed over: no gap in an outline is as wide."""
_RIM = 2
"""Squares beside the background in which a pixel like it is painted less: a thing may have a rim of its own noise."""


def painted(picture: Pixels, colour: str, *, is_hollow: bool = False) -> Pixels:
    """`picture` (H, W, 3) with its thing, or its things, in `colour`; as it is for "", where they have that colour
    anyway, and where there is no plain background. Through what `is_hollow` (a bicycle) that is seen, which is not its
    own colour, however large its wheels are.
    """
    if not colour:
        return picture
    share = thing(picture)
    if share is None:
        return picture
    few = np.s_[::_SPARSE, ::_SPARSE]
    solid = share[few] > 0.5
    closed = solid & (_levels_apart(picture[few], edge_colour(picture)) <= _SAME)
    if is_hollow or closed.sum() < _LEAST_OWN * solid.sum():  # within a dragon's loop one sees what is behind it
        solid &= ~closed
    paint = Paint.of(np.dstack([picture[few], np.where(solid, 255, 0).astype(np.uint8)]))
    if colour in paint.names:
        return picture
    if np.abs(from_lab(paint.centre[None])[0] - edge_colour(picture)).max() < _NEAR:
        share = thing(picture, _NOISE)
        if share is None:
            return picture
    box = box_of(share > 0)
    part = np.rint(_WHOLE * share[box]).astype(np.int16)[..., None]
    mixed = picture.copy()
    mixed[box] = np.clip(picture[box] + _changes(picture[box], colour, paint) * part // _WHOLE, 0, 255)
    return mixed


def box_of(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns in which any pixel (H, W) is."""
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _changes(pixels: Pixels, colour: str, paint: Paint) -> NDArray[np.int16]:
    """What is to be added to pixels (H, W, 3) where they are painted whole, of the same shape.

    A new colour goes by the old one alone, and smoothly: it is found once for pixels that agree in their upper bits.
    """
    bits = 8 - _LOWER_BITS
    red, green, blue = ((pixels[..., channel] >> _LOWER_BITS).astype(np.int32) for channel in range(3))
    keys = (red << 2 * bits) | (green << bits) | blue
    is_used = np.zeros(1 << 3 * bits, bool)
    is_used[keys] = True
    used = np.flatnonzero(is_used)
    places = np.zeros(len(is_used), np.int32)
    places[used] = np.arange(len(used))
    levels = np.stack([used >> 2 * bits, used >> bits, used], 1) & ((1 << bits) - 1)
    middles = ((levels << _LOWER_BITS) + (1 << _LOWER_BITS >> 1)).astype(np.uint8)
    icon = np.dstack([middles[None], np.full((1, len(middles)), 255, np.uint8)])
    change = recolour(icon, COLOURS[colour], paint)[0, :, :3].astype(np.int16) - middles
    return change.take(places.take(keys), axis=0)


def thing(picture: Pixels, same: int = _SAME) -> NDArray[np.float32] | None:
    """How much of each pixel (H, W) is no background, 0..1; None without a plain background, or where there is nothing.
    Up to `same` levels may be background.

    What has the background's colour but is closed in (the white of an eye) is part of the thing.
    """
    if not is_plain(picture):
        return None
    differs, outside = apart(picture, same)
    shares = np.clip((np.arange(256, dtype=np.float32) - same) / (_CLEAR - same), 0, 1)
    share = np.where(outside, shares[differs], np.float32(1))
    return share if share.any() else None


def edge_colour(picture: Pixels) -> NDArray[np.float64]:
    """The colour (3,) that most of the edge of a picture (H, W, 3) has about."""
    middle: NDArray[np.float64] = np.median(_edge(picture), axis=0)
    return middle


def is_blank(picture: Pixels) -> bool:
    """Whether a picture shows nothing at all: it is of one colour."""
    return bool((picture.max((0, 1)) - picture.min((0, 1))).max() <= _BLANK)


def is_plain(picture: Pixels) -> bool:
    """Whether most of a picture's edge is of one colour."""
    return bool((np.abs(_edge(picture) - edge_colour(picture)).max(-1) <= _CLEAR).mean() >= _LEAST_PLAIN)


def apart(
    picture: Pixels, same: int = _SAME, *, everywhere: bool = False
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """By how many levels each pixel (H, W) differs from the background, and whether it may be that, as up to `same`
    levels it may, or an outline: what hangs together with the picture's edge, or any that is wide enough."""
    differs = _levels_apart(picture, edge_colour(picture))
    return differs, outside(differs <= same, everywhere=everywhere)


def _levels_apart(picture: Pixels, colour: NDArray[np.float64]) -> NDArray[np.int16]:
    """By how many levels of one channel each pixel (H, W) differs from a colour (3,) at most."""
    levels = np.abs(picture.astype(np.int16) - colour.astype(np.int16))
    return np.maximum(np.maximum(levels[..., 0], levels[..., 1]), levels[..., 2])  # ten times as fast as .max(-1)


def _edge(picture: Pixels) -> Pixels:
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def outside(alike: NDArray[np.bool_], *, everywhere: bool = False) -> NDArray[np.bool_]:
    """Of pixels (H, W) that are `alike` the background those that hang together with the picture's edge, or whole
    squares of them `everywhere`, and those near them, where outlines lie."""
    height, width = (-(-side // _STEP) * _STEP for side in alike.shape)
    whole = np.pad(alike, ((0, height - alike.shape[0]), (0, width - alike.shape[1])), constant_values=True)
    rows = whole.reshape(height // _STEP, _STEP, width).all(1)  # long rows first: both at once is ten times as slow
    free = np.asarray(rows.reshape(height // _STEP, width // _STEP, _STEP).all(2))
    reached = free.copy() if everywhere else np.zeros_like(free)
    reached[[0, -1]], reached[:, [0, -1]] = free[[0, -1]], free[:, [0, -1]]
    while True:
        grown = _spread(reached) & free
        if np.array_equal(grown, reached):
            break
        reached = grown
    for _ in range(_RIM):
        reached = _spread(reached)
    return reached.repeat(_STEP, 0).repeat(_STEP, 1)[: alike.shape[0], : alike.shape[1]]


def _spread(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells and those beside, above and below them."""
    wide = cells.copy()
    wide[1:] |= cells[:-1]
    wide[:-1] |= cells[1:]
    wide[:, 1:] |= cells[:, :-1]
    wide[:, :-1] |= cells[:, 1:]
    return wide
