"""Backgrounds: sixteen named colours, drawn places, and some of those at night, at sunset and in the rain.

In: a background's name. Out: uint8 RGB pixels, (192, 192, 3) or as large as asked, always the same for a name, so that
a small model can learn a background as a fact. It knows nothing of the objects in front of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.text.colours import COLOURS
from inference.text.scenery import TIMED

EDGE = 192
_FINE = 3  # drawn this many times larger, then reduced, for smooth edges


@cache
def background(name: str, edge: int = EDGE) -> NDArray[np.uint8]:
    """Pixels of a colour, a place, or a place at a time, uint8 (edge, edge, 3). Raises KeyError for another name."""
    pixels = np.full((edge, edge, 3), COLOURS[name], np.uint8) if name in COLOURS else _place(name, edge)
    pixels.setflags(write=False)
    return pixels


def _place(name: str, edge: int) -> NDArray[np.uint8]:
    canvas = Image.new("RGB", (EDGE * _FINE, EDGE * _FINE))
    place, time = TIMED.get(name, (name, None))
    _DRAWN[place](_Brush(canvas, time))
    return np.asarray(canvas.resize((edge, edge), Image.Resampling.BOX)).copy()


@dataclass(frozen=True)
class _Light:
    """What a time does to a place: the sky's two colours, and how much of which colour lies over the ground."""

    top: tuple[int, int, int]
    bottom: tuple[int, int, int]
    over: tuple[int, int, int]
    share: float


_LIGHTS = {
    "night": _Light((14, 18, 60), (44, 52, 120), (12, 16, 48), 0.62),
    "sunset": _Light((110, 60, 140), (255, 160, 60), (96, 44, 84), 0.45),
    "rain": _Light((96, 108, 124), (150, 160, 172), (84, 92, 108), 0.45),
}


class _Brush:
    """Draws in units of 1/192 of the edge, whatever the size of the canvas; at a time, in its light."""

    def __init__(self, canvas: Image.Image, time: str | None = None) -> None:
        self._canvas = canvas
        self._draw = ImageDraw.Draw(canvas)
        self._time = time

    @property
    def is_day(self) -> bool:
        return self._time is None

    def sky(self, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
        """The gradient of a place by day, or that of its time, with what is to be seen there."""
        if self._time is None:
            self.gradient(top, bottom)
            return
        light, time = _LIGHTS[self._time], self._time
        self._time = None  # what stands in the sky is in no other light
        self.gradient(light.top, light.bottom)
        if time == "night":
            self.stars()
            self.disc(168, 24, 14, (250, 240, 190))
        elif time == "sunset":
            self.disc(152, 104, 22, (255, 220, 90))
        else:
            for x in range(8, 192, 32):
                for y in range(8, 128, 32):
                    left = x + y // 32 % 2 * 16
                    self.shape([(left, y), (left + 2.4, y), (left - 1.6, y + 12), (left - 4, y + 12)], (214, 224, 236))
        self._time = time

    def _lit(self, fill: tuple[int, int, int]) -> tuple[int, int, int]:
        if self._time is None:
            return fill
        light = _LIGHTS[self._time]
        red, green, blue = (
            round(a + (b - a) * light.share) for a, b in zip(fill, light.over, strict=True)
        )  # fmt: skip
        return red, green, blue

    def gradient(self, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
        steps = np.repeat(np.linspace(0, 1, EDGE // 16), 16 * _FINE)[:, None, None]
        rows = np.asarray(top) * (1 - steps) + np.asarray(bottom) * steps
        pixels = np.broadcast_to(rows, (EDGE * _FINE, EDGE * _FINE, 3))
        self._canvas.paste(Image.fromarray(pixels.astype(np.uint8)))

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: tuple[int, int, int]) -> None:
        self._draw.rectangle([v * _FINE for v in (x0, y0, x1 - 1 / _FINE, y1 - 1 / _FINE)], self._lit(fill))

    def disc(self, x: float, y: float, radius: float, fill: tuple[int, int, int], flat: float = 1.0) -> None:
        box = (x - radius, y - radius * flat, x + radius, y + radius * flat)
        self._draw.ellipse([v * _FINE for v in box], self._lit(fill))

    def shape(self, points: list[tuple[float, float]], fill: tuple[int, int, int]) -> None:
        self._draw.polygon([(x * _FINE, y * _FINE) for x, y in points], self._lit(fill))

    def stars(self) -> None:
        for x, y in (
            (10, 22), (40, 8), (72, 30), (104, 10), (136, 26), (168, 8), (184, 52), (8, 72), (184, 96), (6, 120),
        ):  # fmt: skip
            self.disc(x, y, 1.6, (255, 250, 220))


def _night(brush: _Brush) -> None:
    brush.gradient((14, 18, 60), (44, 52, 120))
    brush.stars()
    brush.disc(168, 24, 14, (250, 240, 190))
    brush.box(0, 160, 192, 192, (18, 40, 44))


def _sunset(brush: _Brush) -> None:
    brush.gradient((110, 60, 140), (255, 160, 60))
    brush.disc(96, 152, 40, (255, 220, 90))
    brush.box(0, 160, 192, 192, (80, 40, 80))


def _beach(brush: _Brush) -> None:
    brush.sky((120, 205, 250), (190, 235, 255))
    if brush.is_day:
        brush.disc(168, 24, 14, (255, 230, 80))
    brush.box(0, 112, 192, 144, (30, 140, 210))
    brush.box(0, 144, 192, 192, (245, 220, 160))


def _space(brush: _Brush) -> None:
    brush.gradient((8, 6, 24), (40, 16, 66))
    brush.stars()
    for x, y in ((24, 168), (60, 184), (120, 180), (152, 168), (180, 150), (30, 140)):
        brush.disc(x, y, 1.6, (200, 220, 255))
    brush.disc(16, 24, 10, (210, 120, 70))
    brush.disc(16, 24, 16, (240, 200, 140), 0.2)


def _moon(brush: _Brush) -> None:
    brush.gradient((6, 6, 16), (24, 24, 44))
    brush.stars()
    brush.disc(168, 24, 13, (60, 120, 220))
    brush.disc(172, 22, 6, (70, 170, 90))
    brush.box(0, 136, 192, 192, (170, 170, 176))
    for x, y, radius in ((24, 152, 12), (96, 176, 16), (168, 152, 12), (40, 184, 8), (152, 182, 8)):
        brush.disc(x, y, radius, (130, 130, 138), 0.45)


def _forest(brush: _Brush) -> None:
    brush.sky((150, 210, 190), (100, 170, 130))
    for left in range(0, 192, 48):
        brush.box(left + 20, 112, left + 28, 144, (92, 62, 40))
        for top, half in ((16, 14), (48, 19), (80, 24)):
            middle, foot = left + 24, top + 36
            brush.shape([(middle, top - 12), (middle - half, foot), (middle + half, foot)], (22, 104, 62))
    brush.box(0, 144, 192, 192, (70, 130, 60))


def _desert(brush: _Brush) -> None:
    brush.sky((120, 190, 250), (250, 225, 170))
    if brush.is_day:
        brush.disc(24, 24, 14, (255, 235, 120))
    brush.shape([(0, 136), (48, 112), (112, 136), (152, 120), (192, 136), (192, 192), (0, 192)], (225, 170, 95))
    brush.shape([(0, 168), (64, 152), (192, 172), (192, 192), (0, 192)], (205, 145, 75))


def _snow(brush: _Brush) -> None:
    brush.sky((150, 185, 220), (205, 225, 245))
    if brush.is_day:
        for x in range(8, 192, 32):
            for y in range(8, 128, 32):
                brush.disc(x + (y // 32 % 2) * 16, y, 3, (255, 255, 255))
    brush.shape([(0, 144), (64, 132), (128, 144), (192, 134), (192, 192), (0, 192)], (245, 250, 255))


def _fire(brush: _Brush) -> None:
    brush.gradient((70, 8, 8), (190, 30, 10))
    for left in range(0, 192, 32):
        brush.shape([(left - 6, 192), (left + 16, 100 + left % 64), (left + 38, 192)], (250, 110, 20))
        brush.shape([(left + 4, 192), (left + 16, 144 + left % 64 // 2), (left + 28, 192)], (255, 215, 60))


def _sea(brush: _Brush) -> None:
    brush.gradient((60, 180, 225), (10, 60, 130))
    for x, y, radius in ((16, 40, 5), (176, 24, 4), (184, 88, 5), (10, 104, 4), (172, 144, 4), (24, 152, 3)):
        brush.disc(x, y, radius, (190, 235, 250))
    brush.box(0, 176, 192, 192, (190, 170, 110))


def _field(brush: _Brush) -> None:
    brush.sky((110, 190, 250), (200, 235, 255))
    if brush.is_day:
        for x, y in ((32, 24), (144, 20)):
            for shift in (-12, 0, 12):
                brush.disc(x + shift, y, 9, (255, 255, 255))
    brush.shape([(0, 136), (96, 120), (192, 136), (192, 192), (0, 192)], (96, 190, 80))


def _city(brush: _Brush) -> None:
    brush.sky((160, 200, 235), (225, 235, 245))
    for left, top in ((0, 64), (32, 32), (64, 80), (96, 48), (128, 16), (160, 72)):
        brush.box(left + 2, top, left + 30, 160, (110, 120, 150))
        for y in range(top + 8, 152, 16):
            brush.box(left + 8, y, left + 13, y + 7, (250, 230, 150))
            brush.box(left + 19, y, left + 24, y + 7, (250, 230, 150))
    brush.box(0, 160, 192, 192, (80, 84, 92))


def _mars(brush: _Brush) -> None:
    brush.gradient((90, 40, 30), (225, 140, 90))
    brush.disc(24, 24, 8, (250, 235, 210))
    brush.shape([(0, 144), (64, 128), (128, 144), (192, 132), (192, 192), (0, 192)], (190, 84, 46))
    for x, y, radius in ((24, 160, 12), (112, 176, 16), (168, 156, 11)):
        brush.disc(x, y, radius, (150, 62, 34), 0.4)


def _mountains(brush: _Brush) -> None:
    brush.sky((110, 190, 250), (200, 235, 255))
    for middle, top in ((32, 64), (96, 32), (160, 64)):
        foot = 144
        half = (foot - top) * 0.6
        brush.shape([(middle, top), (middle - half, foot), (middle + half, foot)], (112, 118, 140))
        brush.shape(
            [(middle, top), (middle - 17, top + 28), (middle, top + 20), (middle + 17, top + 28)], (245, 250, 255)
        )
    brush.box(0, 144, 192, 192, (96, 160, 90))


def _room(brush: _Brush) -> None:
    brush.gradient((240, 224, 190), (240, 224, 190))
    for left in (16, 144):
        brush.box(left, 16, left + 32, 64, (255, 255, 255))
        brush.box(left + 3, 19, left + 29, 61, (120, 190, 250))
    brush.box(0, 144, 192, 148, (250, 250, 250))
    brush.box(0, 148, 192, 192, (160, 104, 60))


def _library(brush: _Brush) -> None:
    brush.gradient((92, 62, 40), (92, 62, 40))
    spines = ((222, 38, 42), (40, 96, 220), (44, 160, 60), (250, 140, 30), (240, 224, 190), (130, 60, 180))
    for top in range(0, 160, 32):
        for place, left in enumerate(range(0, 192, 8)):  # every sixth book is the same: three cells
            brush.box(left + 1, top + 6 + place % 3 * 3, left + 8, top + 28, spines[place % 6])
        brush.box(0, top + 28, 192, top + 32, (130, 82, 46))
    brush.box(0, 160, 192, 192, (160, 104, 60))


def _cave(brush: _Brush) -> None:
    brush.gradient((40, 36, 44), (70, 62, 70))
    for left, length in ((0, 44), (32, 26), (64, 44), (96, 26), (128, 44), (160, 26)):
        brush.shape([(left, 0), (left + 16, length), (left + 32, 0)], (24, 22, 30))
    brush.box(0, 160, 192, 192, (24, 22, 30))
    for x in (8, 184):
        brush.disc(x, 152, 7, (70, 170, 90))


_DRAWN: Mapping[str, Callable[[_Brush], None]] = {
    "night": _night, "sunset": _sunset, "beach": _beach, "space": _space, "moon": _moon, "forest": _forest,
    "desert": _desert, "snow": _snow, "fire": _fire, "sea": _sea, "field": _field, "city": _city,
    "mars": _mars, "mountains": _mountains, "room": _room, "library": _library, "cave": _cave,
}  # fmt: skip
