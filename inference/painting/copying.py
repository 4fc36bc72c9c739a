"""Copies of a drawn thing: cut out of its plain background, made smaller, and put down as often as it is asked for.

In: a picture, and how many. Out: the picture with so many of its thing. It knows no model and no words.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from inference.painting.painter import box_of, thing
from inference.pictures import Pixels

_PLACES = {
    2: ((1 / 4, 1 / 2), (3 / 4, 1 / 2)),
    3: ((1 / 4, 1 / 4), (3 / 4, 1 / 4), (1 / 2, 3 / 4)),
    4: ((1 / 4, 1 / 4), (3 / 4, 1 / 4), (1 / 4, 3 / 4), (3 / 4, 3 / 4)),
    5: ((1 / 6, 1 / 6), (5 / 6, 1 / 6), (1 / 2, 1 / 2), (1 / 6, 5 / 6), (5 / 6, 5 / 6)),
}
"""Of each number the middles of copies, across and down, as shares of the picture; as the built-in scenes have them."""
_SPAN = {2: 0.44, 3: 0.42, 4: 0.42, 5: 0.3}
"""How long a copy's longer edge is, as a share of the picture's."""


def copied(picture: Pixels, count: int) -> Pixels:
    """`picture` (H, W, 3) with `count` of its thing, from two to five; as it is for one, and without a plain
    background."""
    share = thing(picture) if count in _PLACES else None
    if share is None:
        return picture
    height, width = picture.shape[:2]
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    ground = np.median(edge, axis=0)
    box = box_of(share > 0)
    alpha = np.rint(255 * share[box]).astype(np.uint8)
    cut = Image.fromarray(np.dstack([picture[box], alpha]), "RGBA")
    scale = _SPAN[count] * min(height, width) / max(cut.size)
    size = (max(1, round(scale * cut.width)), max(1, round(scale * cut.height)))
    small = cut.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGB", (width, height), tuple(int(level) for level in np.rint(ground)))
    for across, down in _PLACES[count]:
        canvas.paste(small, (round(across * width - size[0] / 2), round(down * height - size[1] / 2)), small)
    return np.asarray(canvas)
