"""Cutting a drawn thing out of its plain background, so that its soft edges keep nothing of the background's colour.

In: a picture, and the same one painted. Out: the thing with its transparency. It knows no model and no words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from inference.painting.painter import apart, box_of, edge_colour, is_plain
from inference.pictures import Pixels

_SAME = 20
"""Levels of one channel by which a pixel may differ from the background and be nothing else: so much ripples beside an
outline that a codec draws; with 12 gaps between towers were closed, with 28 sheep were bitten."""
_SOLID, _CLEAR = 0.85, 180
"""A pixel of an outline is nothing but the thing where it differs by this share of what its neighbours differ by at
most, or by so many levels."""
_FAINTEST = 30
"""Levels by which a pixel differs at least that is nothing but the thing: what a codec leaves of noise differs less."""
_REACHES = (1, 2, 4, 8)
"""Steps of pixels, together as far as from the background to where any outline ends."""
_STEPS, _KEPT = 2.0, 0.6
"""By how many pixels an outline is smoothed, and how much of the softness that comes of it is left."""
_VIVID = 80
"""A background is vivid that has so many levels of one channel more than of the others."""
_TINGED, _DYED = 0.4, 0.9
"""Up to this share of what a vivid background has more of one channel, a pixel is a thing's own shade; from there on
it is background."""
_SPILL_REACH = 8
"""So many pixels further than an outline such a colour spreads; a scarf in it has more."""
_FAINT = 0.1
"""A pixel with less of the thing than this does not tell its colour."""


def cut_out(picture: Pixels, painted: Pixels, *, is_hollow: bool = False) -> Image.Image | None:
    """The thing of `picture` (H, W, 3) in the colours of `painted`, cut to its box, as RGBA; None without a plain
    background, or where there is nothing. What it closes in that is like the background is its own (the white of an
    eye), or seen through where it `is_hollow`."""
    if not is_plain(picture):
        return None
    behind = edge_colour(picture)
    differs, outside = apart(picture, _SAME, everywhere=is_hollow)
    solid = np.clip(_SOLID * _most_near(differs), _FAINTEST, _CLEAR)
    share = np.where(outside, np.clip((differs - _SAME) / (solid - _SAME), 0, 1), 1)
    clean = np.where(_spread(outside, _SPILL_REACH), 1 - _spilt(picture, behind), np.float32(1))
    share = _smooth(np.minimum(share, clean))
    if not share.any():
        return None
    box = box_of(share > 0)
    colours = behind + (painted[box] - behind) / np.maximum(np.minimum(share, clean)[box], _FAINT)[..., None]
    pixels = np.dstack([np.clip(colours, 0, 255), 255 * share[box]])
    return Image.fromarray(np.rint(pixels).astype(np.uint8), "RGBA")


def _spilt(picture: Pixels, behind: NDArray[np.float64]) -> NDArray[np.float32]:
    """How much of each pixel (H, W) has the colour of a vivid background, 0..1: that of a blue one spreads into what is
    pale and drawn before it. Of no other background anything does."""
    first, *others = np.argsort(behind)[::-1]
    vivid = behind[first] - behind[others[0]]
    if vivid < _VIVID:
        return np.zeros(picture.shape[:2], np.float32)
    levels = picture.astype(np.float32)
    excess = (levels[..., first] - levels[..., others].max(-1)) / vivid
    spilt: NDArray[np.float32] = np.clip((excess - _TINGED) / (_DYED - _TINGED), 0, 1)
    return spilt


def _spread(inside: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """The same (H, W) and what is so many pixels around it."""
    wide = np.asarray(Image.fromarray(inside).convert("L").filter(ImageFilter.MaxFilter(2 * by + 1)))
    return wide > 0


def _smooth(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same without the steps of the squares by which the background was followed; an outline stays as soft."""
    blurred = Image.fromarray(np.rint(255 * share).astype(np.uint8)).filter(ImageFilter.GaussianBlur(_STEPS))
    kept: NDArray[np.float32] = np.asarray(blurred, np.float32) / (255 * _KEPT) - (1 / _KEPT - 1) / 2
    return kept.clip(0, 1)


def _most_near(levels: NDArray[np.int16]) -> NDArray[np.int16]:
    """Of each pixel (H, W) the highest level in the square around it."""
    for axis in (0, 1):
        for reach in _REACHES:
            levels = np.maximum(levels, np.maximum(_moved(levels, reach, axis), _moved(levels, -reach, axis)))
    return levels


def _moved(levels: NDArray[np.int16], by: int, axis: int) -> NDArray[np.int16]:
    """Moved along an axis; what comes in from outside is 0."""
    moved = np.zeros_like(levels)
    take, put = (slice(None, -by), slice(by, None)) if by > 0 else (slice(-by, None), slice(None, by))
    index = (slice(None),) * axis
    moved[(*index, put)] = levels[(*index, take)]
    return moved
