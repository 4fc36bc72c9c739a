"""Pictures taken once more: mirrored, and smaller.

In: a picture of one thing, or things that are laid out. Out: the same, as a composition says. It knows no model and no
words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from inference.painting.painter import edge_colour, is_plain
from inference.pictures import Pixels
from inference.text.compositions import Composition


@dataclass(frozen=True)
class Put:
    """A thing as large as it is to be, and its upper left corner in pixels."""

    thing: Image.Image
    left: float
    top: float

    @property
    def bottom(self) -> float:
        return self.top + self.thing.height

    def moved(self, down: float) -> Put:
        return Put(self.thing, self.left, self.top + down)


def taken(picture: Pixels, composition: Composition) -> Pixels:
    """A picture of one thing mirrored, and as large as it is to be, which it can be before a plain background."""
    if composition.is_mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if composition.scale == 1 or not is_plain(picture):
        return picture
    canvas = Image.new("RGB", picture.shape[1::-1], tuple(int(level) for level in np.rint(edge_colour(picture))))
    size = (round(composition.scale * canvas.width), round(composition.scale * canvas.height))
    small = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
    canvas.paste(small, ((canvas.width - size[0]) // 2, (canvas.height - size[1]) // 2))
    return np.array(canvas)


def retaken(puts: Sequence[Put], composition: Composition, is_sided: bool, around: tuple[int, float]) -> list[Put]:
    """The same mirrored, each where it is where sides count, and all as large as they are to be, `around` the middle of
    so wide a picture, so far down."""
    width, middle = around
    if composition.is_mirrored:
        puts = [
            Put(ImageOps.mirror(put.thing), put.left if is_sided else width - put.left - put.thing.width, put.top)
            for put in puts
        ]
    if composition.scale == 1:
        return list(puts)
    scale = composition.scale
    return [
        Put(
            ImageOps.scale(put.thing.convert("RGBa"), scale, Image.Resampling.LANCZOS).convert("RGBA"),
            width / 2 + scale * (put.left - width / 2), middle + scale * (put.top - middle),
        )
        for put in puts
    ]  # fmt: skip
