"""Props: what others stand on, in or behind and the built-in model has not learned, drawn by hand as the places are.

In: a prop's name. Out: it before white, uint8 RGB pixels, as a model would have drawn it. It knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from inference.pictures import Pixels

_FINE = 3
"""Drawn so many times larger, then reduced, for smooth edges."""
_RGB = tuple[int, int, int]
_WOOD, _DARK_WOOD, _TAN = (196, 132, 78), (134, 82, 46), (226, 176, 116)


@cache
def prop(name: str, edge: int) -> Pixels:
    """A prop in the middle of a white picture (edge, edge, 3). Raises KeyError for another name."""
    pencil = _Pencil(edge * _FINE)
    _DRAWN[name](pencil)
    pixels = np.asarray(pencil.canvas.resize((edge, edge), Image.Resampling.BOX)).copy()
    pixels.setflags(write=False)
    return pixels


class _Pencil:
    """Draws in hundredths of the edge, in a colour, or one that turns into a second from top to bottom."""

    def __init__(self, side: int) -> None:
        self.canvas = Image.new("RGB", (side, side), "white")
        self._unit = side / 100

    def shape(self, points: Sequence[tuple[float, float]], top: _RGB, bottom: _RGB | None = None) -> None:
        mask = self._mask()
        ImageDraw.Draw(mask).polygon([(x * self._unit, y * self._unit) for x, y in points], 255)
        self._fill(mask, top, bottom or top)

    def disc(self, x: float, y: float, across: float, down: float, top: _RGB, bottom: _RGB | None = None) -> None:
        mask = self._mask()
        box = [v * self._unit for v in (x - across, y - down, x + across, y + down)]
        ImageDraw.Draw(mask).ellipse(box, 255)
        self._fill(mask, top, bottom or top)

    def slab(self, x0: float, y0: float, x1: float, y1: float, top: _RGB, bottom: _RGB | None = None) -> None:
        mask = self._mask()
        box = [v * self._unit for v in (x0, y0, x1, y1)]
        ImageDraw.Draw(mask).rounded_rectangle(box, 1.5 * self._unit, 255)
        self._fill(mask, top, bottom or top)

    def _mask(self) -> Image.Image:
        return Image.new("L", self.canvas.size)

    def _fill(self, mask: Image.Image, top: _RGB, bottom: _RGB) -> None:
        box = mask.getbbox()
        if box is None:
            return
        steps = np.linspace(0, 1, box[3] - box[1])[:, None, None]
        rows = np.asarray(top) * (1 - steps) + np.asarray(bottom) * steps
        filled = np.broadcast_to(rows, (box[3] - box[1], box[2] - box[0], 3)).astype(np.uint8)
        self.canvas.paste(Image.fromarray(filled), box[:2], mask.crop(box))


def _box(pencil: _Pencil) -> None:
    pencil.shape([(18, 42), (26, 34), (74, 34), (82, 42)], (120, 76, 40))
    pencil.shape([(18, 42), (6, 50), (14, 56), (24, 46)], (214, 160, 100), _TAN)
    pencil.shape([(82, 42), (94, 50), (86, 56), (76, 46)], (214, 160, 100), _TAN)
    pencil.slab(18, 42, 82, 90, (232, 184, 124), (198, 144, 88))
    pencil.slab(45, 42, 55, 60, (246, 214, 160), (232, 196, 140))


def _fence(pencil: _Pencil) -> None:
    for top in (46, 66):
        pencil.slab(6, top, 94, top + 8, _DARK_WOOD)
    for left in (10, 27, 44, 61, 78):
        pencil.shape(
            [(left, 36), (left + 6, 27), (left + 12, 36), (left + 12, 88), (left, 88)], (214, 152, 96), (180, 116, 66)
        )


def _table(pencil: _Pencil) -> None:
    for left in (16, 76):
        pencil.slab(left, 44, left + 8, 90, _DARK_WOOD, (104, 62, 34))
    pencil.slab(12, 42, 88, 52, _DARK_WOOD, (112, 68, 38))
    pencil.slab(6, 34, 94, 44, (216, 152, 94), _WOOD)


_DRAWN: Mapping[str, Callable[[_Pencil], None]] = {"box": _box, "fence": _fence, "table": _table}
