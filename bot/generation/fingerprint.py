"""What a picture looks like, in bits: what is left of it after re-encoding, shrinking, cropping and framing.

In: an encoded picture.  Out: `Prints` of a picture of ours, to be kept, or of a stranger's, to be looked for.
Hashing takes some milliseconds: call it in a thread.

A print is five hashes of 64 bits: the low frequencies of the brightness, its rises to the right and downwards, and
where the two colour differences lie above their means.  Of ours, prints are kept of the whole picture, of nine
windows of nine tenths of its sides, and of what is inside an even border of its own; a stranger's picture is looked
at as it is and inside its border, and, where it has the shape of a grid, at the grid's first picture.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Final

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.contract import MAX_IMAGES, grid_columns

Prints = NDArray[np.uint64]
"""(number, KINDS): one row a print."""

KINDS: Final = 5
BRIGHTNESS: Final = 3  # the first so many of them; the rest are of colours

MAX_PIXELS: Final = 40_000_000  # of a stranger's picture; a telephone's screenshot has 4 million
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")

_READ_SIDE: Final = 512
_KEPT_SIDE: Final = 64  # what all windows are cut from
_SIDE: Final = 32
_PLAIN: Final = 16  # levels between the darkest and the brightest of a surface
_EVEN: Final = 24  # levels by which an even border may differ from itself
_NOISE: Final = 0.02  # the share of a border's row or column that may be something else
_SMALLEST: Final = 16  # pixels a side that something inside a border must have
_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)
_WINDOWS: Final = tuple((x, y, x + 0.9, y + 0.9) for y in (0.0, 0.05, 0.1) for x in (0.0, 0.05, 0.1))
_SHAPES: Final = sorted({(grid_columns(n), -(-n // grid_columns(n))) for n in range(2, MAX_IMAGES + 1)})
_OFF_SHAPE: Final = 0.06  # by which a grid's shape may be off, for its gaps and a crop

Box = tuple[float, float, float, float]


class UnreadablePicture(ValueError):
    """A file that is no picture, or too large a one."""


def prints_of(png: bytes) -> bytes:
    """What is kept of a picture of ours.  Raises UnreadablePicture."""
    picture = _read(png)
    boxes: list[Box] = [_WHOLE, *_WINDOWS]
    if (inner := _inside_border(picture)) is not None:
        boxes.append(inner)
    whole = _shrunk(picture, _KEPT_SIDE, _WHOLE)  # ten cuts of the large one would take ten times as long
    return _prints(_shrunk(whole, _SIDE, box) for box in boxes).tobytes()


def looked_for(data: bytes) -> Prints:
    """What may be ours in a stranger's picture.  Raises UnreadablePicture."""
    picture = _read(data)
    boxes = [_WHOLE, *_first_of_grid(picture, _WHOLE)]
    if (inner := _inside_border(picture)) is not None:
        boxes += [inner, *_first_of_grid(picture, inner)]
    # In two steps as well, so that a cut-out and the window of ours that it shows are blurred alike.
    return _prints(_shrunk(_shrunk(picture, _KEPT_SIDE, box), _SIDE, _WHOLE) for box in boxes)


def from_bytes(kept: bytes) -> Prints:
    return np.frombuffer(kept, np.uint64).reshape(-1, KINDS)


def _read(data: bytes) -> Image.Image:
    """Transparency becomes white; what is large is shrunk at once."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height <= MAX_PIXELS:
                picture.draft("RGB", (_READ_SIDE, _READ_SIDE))
                shown = picture.convert("RGBA" if "transparency" in picture.info or "A" in picture.mode else "RGB")
    except Exception as error:  # damaged files have led Pillow to a dozen kinds
        raise UnreadablePicture(f"the picture cannot be read; {', '.join(FORMATS)} are taken") from error
    if width * height > MAX_PIXELS:
        raise UnreadablePicture(f"the picture has {width} × {height} pixels; at most {MAX_PIXELS} are taken")
    shown.thumbnail((_READ_SIDE, _READ_SIDE), Image.Resampling.BOX)
    if shown.mode == "RGBA":
        paper = Image.new("RGBA", shown.size, "white")
        paper.alpha_composite(shown)
        shown = paper
    return shown.convert("RGB")


def _shrunk(picture: Image.Image, side: int, box: Box) -> Image.Image:
    left, top, right, bottom = (min(share, 1.0) * size for share, size in zip(box, picture.size * 2, strict=True))
    return picture.resize((side, side), Image.Resampling.LANCZOS, box=(left, top, right, bottom))


def _prints(pictures: Iterable[Image.Image]) -> Prints:
    """Of an even surface there is none: it would be like every other."""
    uneven = (one for one in pictures if np.ptp(np.asarray(one), axis=(0, 1)).max() >= _PLAIN)
    return np.array([_print(one) for one in uneven], np.uint64).reshape(-1, KINDS)


def _print(picture: Image.Image) -> list[np.uint64]:
    brightness, blue, red = picture.convert("YCbCr").split()
    hashes = (
        imagehash.phash(brightness), imagehash.dhash(brightness), imagehash.dhash_vertical(brightness),
        imagehash.average_hash(blue), imagehash.average_hash(red),
    )  # fmt: skip
    return [np.packbits(one.hash.ravel()).view(np.uint64)[0] for one in hashes]


def _first_of_grid(picture: Image.Image, box: Box) -> Iterator[Box]:
    """Where the first picture of a grid would stand, whose pictures are square."""
    left, top, right, bottom = box
    shape = (right - left) * picture.width / ((bottom - top) * picture.height)
    for columns, rows in _SHAPES:
        if abs(shape * rows / columns - 1) < _OFF_SHAPE:
            yield left, top, left + (right - left) / columns * 0.993, top + (bottom - top) / rows * 0.993


def _inside_border(picture: Image.Image) -> Box | None:
    """What is left without the rows and columns of one colour around it; None where nothing goes, or nearly all."""
    pixels = np.asarray(picture)  # (H, W, 3)
    edge = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]), axis=0).astype(np.int16)
    low, high = (np.clip(edge + off, 0, 255).astype(np.uint8) for off in (-_EVEN, _EVEN))
    other = ((pixels < low) | (pixels > high)).any(axis=-1)  # (H, W)
    rows, columns = (np.flatnonzero(other.mean(axis=axis) > _NOISE) for axis in (1, 0))
    if len(rows) < _SMALLEST or len(columns) < _SMALLEST:
        return None
    height, width = other.shape
    box = (columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height)
    return None if box == _WHOLE else box
