"""A drawn thing in another colour: found before its plain background, its main colour becomes the one that is asked.

In: a picture, one of the sixteen colours. Out: the picture with that colour. It knows no model and no words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.painting.recolouring import Paint, recolour
from inference.pictures import Pixels
from inference.text.colours import COLOURS

_SAME, _CLEAR = 6, 40
"""Levels of one channel: up to there a pixel may be background, from there on it is nothing but the thing."""
_LEAST_PLAIN = 0.5
"""Of the picture's edge so much must be of one colour."""
_STEP = 4
"""Pixels a side of the squares that the background is followed over: no gap in an outline is as wide."""
_RIM = 2
"""Squares beside the background in which a pixel like it is painted less: a thing may have a rim of its own noise."""


def painted(picture: Pixels, colour: str) -> Pixels:
    """`picture` (H, W, 3) with its thing, or its things, in `colour`; as it is for "", where they have that colour
    anyway, and where there is no plain background.
    """
    if not colour:
        return picture
    share = thing(picture)
    if share is None:
        return picture
    solid = np.where(share > 0, 255, 0).astype(np.uint8)
    icon = np.dstack([picture, solid])
    paint = Paint.of(np.dstack([picture, np.where(share > 0.5, solid, 0)])[::2, ::2])
    if colour in paint.names:
        return picture
    other = recolour(icon, COLOURS[colour], paint)[..., :3]
    mixed: Pixels = np.rint(picture + share[..., None] * (other.astype(np.float32) - picture)).astype(np.uint8)
    return mixed


def thing(picture: Pixels) -> NDArray[np.float32] | None:
    """How much of each pixel (H, W) is no background, 0..1; None without a plain background, or where there is nothing.

    What has the background's colour but is closed in (the white of an eye) is part of the thing.
    """
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    ground = np.median(edge, axis=0)
    if (np.abs(edge - ground).max(-1) <= _CLEAR).mean() < _LEAST_PLAIN:
        return None
    apart = np.abs(picture.astype(np.float32) - ground.astype(np.float32))
    differs = np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])  # ten times as fast as .max(-1)
    outside = _outside(differs <= _SAME)
    share = np.where(outside, np.clip((differs - _SAME) / (_CLEAR - _SAME), 0, 1), 1).astype(np.float32)
    return share if share.any() else None


def _outside(alike: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of pixels (H, W) that are `alike` the background those that hang together with the picture's edge, and those
    near them, where outlines lie."""
    height, width = (-(-side // _STEP) * _STEP for side in alike.shape)
    whole = np.pad(alike, ((0, height - alike.shape[0]), (0, width - alike.shape[1])), constant_values=True)
    rows = whole.reshape(height // _STEP, _STEP, width).all(1)  # long rows first: both at once is ten times as slow
    free = np.asarray(rows.reshape(height // _STEP, width // _STEP, _STEP).all(2))
    reached = np.zeros_like(free)
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
    wide = np.pad(cells, 1)
    return wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
