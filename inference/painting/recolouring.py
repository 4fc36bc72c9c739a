"""Recolouring as a painter does it: a thing's main colour becomes another one, and its eyes, roofs and leaves stay.

In: an RGBA picture of a thing. Out: its `Paint` (what its main colour is, and how far that reaches), and the picture in
another colour. It knows the sixteen colours by their values, and nothing of things.

All of it happens in OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/), where brightness and hue can be
changed one without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from inference.text.colours import COLOURS

DARKEST, LIGHTEST = 24, 238
"""No main colour is made darker or lighter than that: some shading must stay visible."""

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_TO_CONES = np.array(
    [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.68069955, 0.10739696], [0.08830246, 0.28171884, 0.62997870]],
    np.float32,
).T
_TO_LAB = np.array(
    [
        [0.21045426, 0.79361779, -0.00407205],
        [1.9779985, -2.42859221, 0.45059371],
        [0.02590404, 0.78277177, -0.80867577],
    ],
    np.float32,
).T
_FROM_LAB, _FROM_CONES = np.linalg.inv(_TO_LAB), np.linalg.inv(_TO_CONES)
_LEVELS = 4096
_WEIGHTS = np.array([0.35, 1, 1], np.float32)
"""How much brightness, and the two axes of colour, count in a distance: shading is not another colour."""
_BIN = 0.05
_LEAST_REACH, _LEAST_SHARE = 0.07, 0.6
"""The main colour reaches at least so far, and over so much of a thing."""
_RIM = 0.06
_HUES, _HUE_RIM = 46.0, 12.0
"""In degrees: shading of a bright colour may lean so far to its neighbours."""
_GREY = 0.08
"""A main colour of less chroma has no hue to speak of."""
_NATURAL, _AS_GOOD = 0.09, 0.03


@dataclass(frozen=True)
class Paint:
    """A thing's main colour: `centre` in OKLab (3,), the distance that it reaches, and which names it may be called."""

    centre: Floats
    reach: float
    names: tuple[str, ...]

    @classmethod
    def of(cls, icon: Picture) -> Paint:
        """The paint of an RGBA picture: where most of its area lies in the space of colours."""
        solid = icon[..., 3] > 128
        if not solid.any():
            return cls(to_lab(np.full((1, 3), 128, np.uint8))[0], _LEAST_REACH, ())
        lab = to_lab(icon[..., :3][solid])
        place = np.floor(lab * _WEIGHTS / _BIN).astype(np.int32)
        place -= place.min(0) - 1  # an empty bin all around
        counts = np.zeros(place.max(0) + 2, np.float32)
        np.add.at(counts, tuple(place.T), 1)
        for axis in range(3):
            counts = counts + np.roll(counts, 1, axis) + np.roll(counts, -1, axis)
        fullest = np.array(np.unravel_index(counts.argmax(), counts.shape))
        centre = np.median(lab[(np.abs(place - fullest) <= 1).all(1)], 0)
        reach = max(_LEAST_REACH, float(np.quantile(_distance(lab, centre), _LEAST_SHARE)))
        centre = np.median(lab[_distance(lab, centre) <= reach], 0)
        return cls(centre, reach, colour_names(centre))

    def share(self, lab: Floats) -> Floats:
        """How much of each pixel (N, 3) is painted, (N, 1) in 0..1; soft at the rim of the main colour."""
        share = np.clip(1 - (_distance(lab, self.centre) - self.reach) / _RIM, 0, 1)
        if np.hypot(*self.centre[1:]) > _GREY:
            turn = np.arctan2(lab[:, 2], lab[:, 1]) - np.arctan2(self.centre[2], self.centre[1])
            degrees = np.abs((turn + np.pi) % (2 * np.pi) - np.pi) * (180 / np.pi)
            bright = np.clip((_chroma(lab) - 0.06) / 0.04, 0, 1)
            share = np.maximum(share, np.clip((_HUES + _HUE_RIM - degrees) / _HUE_RIM, 0, 1) * bright)
        return cast("Floats", share[:, None])


def colour_names(lab: Floats) -> tuple[str, ...]:
    """What a colour (3,) may be called, of the sixteen: the nearest names, none where all are far."""
    distances = np.linalg.norm((_named() - lab) * np.array([0.7, 1, 1], np.float32), axis=1)
    good = distances <= min(_NATURAL, float(distances.min()) + _AS_GOOD)
    return tuple(name for name, is_good in zip(COLOURS, good, strict=True) if is_good)


def recolour(icon: Picture, colour: tuple[int, int, int], paint: Paint) -> Picture:
    """An RGBA picture whose main colour has become `colour`: its shading stays, and so do all other colours."""
    solid = icon[..., 3] > 8
    lab = to_lab(icon[..., :3][solid])
    target = to_lab(np.clip(np.array([colour]), DARKEST, LIGHTEST).astype(np.uint8))[0]
    light = np.clip(target[0] + 0.9 * (lab[:, 0] - paint.centre[0]), 0.12, 0.985)
    usual = float(np.hypot(*paint.centre[1:]))
    faded = np.clip(_chroma(lab) / usual, 0.5, 1.25) if usual > 0.05 else np.ones(len(lab), np.float32)
    painted = np.concatenate([light[:, None], target[1:] * faded[:, None]], 1)
    share = paint.share(lab)
    result = icon.copy()
    result[..., :3][solid] = from_lab(share * painted + (1 - share) * lab)
    return result


def to_lab(rgb: Picture) -> Floats:
    """sRGB (N, 3) to OKLab (N, 3)."""
    levels = np.arange(256, dtype=np.float32) / 255
    linear = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92).astype(np.float32)
    return cast("Floats", np.cbrt(linear[rgb] @ _TO_CONES) @ _TO_LAB)


def from_lab(lab: Floats) -> Picture:
    """OKLab (N, 3) to sRGB (N, 3), the nearest that a screen can show."""
    linear = np.clip((lab @ _FROM_LAB) ** 3 @ _FROM_CONES, 0, 1)
    levels = np.arange(_LEVELS + 1, dtype=np.float32) / _LEVELS
    curve = np.where(levels > 0.0031308, 1.055 * levels ** (1 / 2.4) - 0.055, 12.92 * levels)
    return cast("Picture", np.rint(curve * 255).astype(np.uint8)[(linear * _LEVELS).astype(np.int32)])


def _distance(lab: Floats, centre: Floats) -> Floats:
    apart = (lab - centre) * _WEIGHTS
    return cast("Floats", np.sqrt(np.einsum("ij,ij->i", apart, apart)))


def _chroma(lab: Floats) -> Floats:
    return cast("Floats", np.hypot(lab[:, 1], lab[:, 2]))


def _named() -> Floats:
    return to_lab(np.array(list(COLOURS.values()), np.uint8))
