"""Ways of drawing that are done to a finished picture: black and white, pixel art, oil, watercolour, pencil, …

In: a picture, and names of filters.  Out: the picture in those ways, as large as it was, the same each time.  It knows
no model and no prompts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from inference.pictures import Pixels

_CELLS: Final = 48
"""Large pixels a side of pixel art."""
_PALETTE: Final = 24
_PATCHES: Final = 22
"""Corners a side of a low-poly picture's triangles."""
_SEPIA: Final = ((255, 246, 224), (58, 34, 14))
"""What white and black become."""
_SMOOTH, _FLAT = 2.5, 8
"""Pixels of noise that no corner of a triangle is to lie on, and levels up to which a patch has no edge."""
_GRAIN, _STROKE = 20, 12
"""The seed of paper and canvas, which are the same in every picture, and the length of a stroke in pixels."""

Floats = NDArray[np.floating[Any]]


def filtered(picture: Pixels, names: Sequence[str]) -> Pixels:
    """`picture` (H, W, 3) in the ways of those names of `FILTERS`, one after another."""
    for name in names:
        picture = FILTERS[name](picture)
    return picture


def _black_and_white(picture: Pixels) -> Pixels:
    return _pixels(Image.fromarray(picture).convert("L").convert("RGB"))


def _sepia(picture: Pixels) -> Pixels:
    light, dark = (np.array(tone, np.float32) for tone in _SEPIA)
    share = _luminance(picture)[..., None]
    return _rounded(dark + share * (light - dark))


def _pixel_art(picture: Pixels) -> Pixels:
    """Few large pixels of few colours; without dithering, which would make flat grounds restless."""
    image = Image.fromarray(picture)
    small = image.resize((_CELLS, _CELLS), Image.Resampling.BOX)
    few = small.quantize(_PALETTE, Image.Quantize.MAXCOVERAGE, kmeans=_PALETTE, dither=Image.Dither.NONE)
    return _pixels(few.convert("RGB").resize(image.size, Image.Resampling.NEAREST))


def _oil(picture: Pixels) -> Pixels:
    """Strokes of one colour each, on the grain of a canvas."""
    reach = max(2, picture.shape[0] // 64)
    flat = _calmest(_calmest(picture.astype(np.float32), reach), reach)
    return _rounded(flat + 9 * _strokes(picture.shape[:2])[..., None])


def _watercolour(picture: Pixels) -> Pixels:
    """Thin colour with darker rims, uneven, on paper."""
    side = picture.shape[0]
    wet = Image.fromarray(picture).filter(ImageFilter.MedianFilter(5))
    pale = 255 - (255 - np.asarray(wet, np.float32)) * 0.8
    blurred = np.asarray(wet.filter(ImageFilter.GaussianBlur(side / 60)), np.float32)
    rim = np.clip(np.abs(np.asarray(wet, np.float32) - blurred).max(-1) / 90, 0, 1)[..., None]
    uneven = 1 + 0.16 * _cloud(picture.shape[:2], side / 14)[..., None]
    paper = 3 * _cloud(picture.shape[:2], 1.0)[..., None]
    return _rounded(255 - (255 - pale) * uneven * (1 + 0.35 * rim) + paper)


def _sketch(picture: Pixels) -> Pixels:
    """Pencil: what differs from its surroundings is drawn, what is dark is hatched, in grey on paper."""
    image = Image.fromarray(picture)
    around = np.asarray(image.filter(ImageFilter.GaussianBlur(picture.shape[0] / 55)), np.float32)
    lines = 255 * np.clip(picture / np.maximum(around, 1), 0, 1).min(-1)
    dark = 1 - _luminance(picture)
    drawn = lines * (1 - 0.3 * dark) + 16 * _strokes(picture.shape[:2]) * dark
    return _rounded(np.repeat(drawn[..., None], 3, -1))


def _low_poly(picture: Pixels) -> Pixels:
    """Triangles of one colour each, whose corners lie where the picture changes most."""
    image = Image.fromarray(picture)
    smooth = image.filter(ImageFilter.GaussianBlur(_SMOOTH))
    colours, corners = np.asarray(smooth), _corners(image)
    pen = ImageDraw.Draw(smooth)
    for row, column in np.ndindex(_PATCHES + 1, _PATCHES + 1):
        first, *ring = (corners[row + down, column + right] for down, right in ((0, 0), (0, 1), (1, 1), (1, 0)))
        for second, third in itertools.pairwise(ring):
            triangle = np.stack([first, second, third])
            x, y = triangle.mean(0).astype(int)
            pen.polygon(triangle.ravel().tolist(), fill=tuple(colours[y, x].tolist()))
    return _pixels(smooth)


def _corners(image: Image.Image) -> NDArray[np.intp]:
    """(_PATCHES + 2, _PATCHES + 2, 2) as x and y: one in each patch of a net, where it changes most, and the rim's."""
    blurred = image.convert("L").filter(ImageFilter.GaussianBlur(_SMOOTH))
    change: Floats = np.asarray(blurred.filter(ImageFilter.FIND_EDGES), np.float32)
    change = change + _noise(change.shape) * _FLAT
    edges = [np.linspace(0, side, _PATCHES + 1).astype(int) for side in image.size]
    corners = np.zeros((_PATCHES + 2, _PATCHES + 2, 2), np.intp)
    for row, column in np.ndindex(_PATCHES, _PATCHES):
        left, top = edges[0][column], edges[1][row]
        part = change[top : edges[1][row + 1], left : edges[0][column + 1]]
        y, x = np.unravel_index(part.argmax(), part.shape)
        corners[row + 1, column + 1] = left + x, top + y
    corners[[0, -1], :, 0], corners[:, [0, -1], 1] = corners[[1, -2], :, 0], corners[:, [1, -2], 1]
    corners[:, -1, 0], corners[-1, :, 1] = image.size[0] - 1, image.size[1] - 1
    return corners


FILTERS: Final[Mapping[str, Callable[[Pixels], Pixels]]] = {
    "black and white": _black_and_white,
    "sepia": _sepia,
    "pixel art": _pixel_art,
    "oil painting": _oil,
    "watercolour": _watercolour,
    "sketch": _sketch,
    "low poly": _low_poly,
}
"""By the names that people read."""


def _calmest(picture: Floats, reach: int) -> Floats:
    """Each pixel as the mean of the calmest of the four squares that it is a corner of (Kuwahara 1976)."""
    height, width, _ = picture.shape
    padded = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    mean = _box(padded, reach + 1)
    spread = _box((padded**2).sum(-1, keepdims=True), reach + 1)[..., 0] - (mean**2).sum(-1)
    squares = [(slice(down, down + height), slice(right, right + width)) for down in (0, reach) for right in (0, reach)]
    best = np.stack([spread[square] for square in squares]).argmin(0)
    calmest: Floats = np.take_along_axis(np.stack([mean[square] for square in squares]), best[None, ..., None], 0)[0]
    return calmest


def _box(picture: Floats, size: int) -> Floats:
    """The means of all whole squares of `size` × `size` pixels, (H - size + 1, W - size + 1, C)."""
    sums = np.pad(picture.astype(np.float64), ((1, 0), (1, 0), (0, 0))).cumsum(0).cumsum(1)
    total = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    means: Floats = (total / size**2).astype(np.float32)
    return means


@cache
def _strokes(shape: tuple[int, int]) -> Floats:
    """Grain that runs from lower left to upper right, -1 to 1 around 0."""
    noise = np.random.default_rng(_GRAIN).standard_normal(shape, np.float32)
    run = np.sum([np.roll(noise, (-step, step), (0, 1)) for step in range(_STROKE)], 0)
    strokes: Floats = np.clip(run / np.sqrt(_STROKE) / 2, -1, 1).astype(np.float32)
    return strokes


def _noise(shape: tuple[int, int]) -> Floats:
    """0 to 1, the same each time."""
    return np.random.default_rng(_GRAIN).random(shape, np.float32)


@cache
def _cloud(shape: tuple[int, int], size: float) -> Floats:
    """Soft noise in patches of about `size` pixels, -1 to 1 around 0."""
    noise = Image.fromarray((_noise(shape) * 255).astype(np.uint8))
    soft = np.asarray(noise.filter(ImageFilter.GaussianBlur(size)), np.float32)
    soft -= soft.mean()
    cloud: Floats = np.clip(soft / max(1e-6, float(np.abs(soft).max())), -1, 1)
    return cloud


def _luminance(picture: Pixels) -> Floats:
    """0 to 1."""
    return np.asarray(Image.fromarray(picture).convert("L"), np.float32) / 255


def _rounded(values: Floats) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image)
