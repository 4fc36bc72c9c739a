"""What a picture looks like, in bits: what is left of it after re-encoding, shrinking, cropping and framing.

In: an encoded picture.  Out: `Prints` of a picture of ours, to be kept, or of a stranger's, to be looked for.
Hashing takes some milliseconds: call it in a thread.

A print is five hashes of 64 bits (the low frequencies of the brightness, its rises to the right and downwards, and
where the two colour differences lie above their means: phash, dhash and average_hash of imagehash, which a test
compares them with), and 24 levels of 8 bits: the brightness of four by four fields, each colour difference of two by
two.  The hashes find a picture whatever became of it; the levels tell it from others of the same shape.

Of ours, prints are kept of the whole picture, of nine windows of nine tenths of its sides, and of what is inside an
even border of its own; a stranger's picture is looked at as it is and inside its border, and, where it has the shape of
a grid, at the grid's first picture.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.generation.upload import shrunk
from inference.contract import MAX_IMAGES, grid_columns

Prints = NDArray[np.uint64]
"""(number, WORDS): one row a print."""

HASHES: Final = 5  # the first so many words of a print
BRIGHTNESS: Final = 3  # the first so many of them; the rest are of colours
WORDS: Final = HASHES + 3
BRIGHTNESS_LEVELS: Final = 16  # of the 24 behind the hashes; the rest are of colours

MAX_PIXELS: Final = 4096 * 4096  # of a stranger's picture: the largest of ours; a telephone's screenshot has 4 million
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")

_READ_SIDE: Final = 512
_KEPT_SIDE: Final = 64  # what all windows are cut from
_SIDE: Final = 32
_HASH_SIDE: Final = 8
_PLAIN: Final = 16  # levels between the darkest and the brightest of a surface
_EVEN: Final = 24  # levels by which an even border may differ from itself
_NOISE: Final = 0.02  # the share of a border's row or column that may be something else
_SMALLEST: Final = 16  # pixels a side that something inside a border must have
_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)
_ALL: Final = (0.0, 1.0)
_SPANS: Final = ((0.0, 0.9), (0.05, 0.95), (0.1, 1.0))
_WINDOWS: Final = tuple((across, down) for down in _SPANS for across in _SPANS)
_MORE: Final = 0.5  # levels by which something must exceed something else to be more than rounding
_SHAPES: Final = sorted({(grid_columns(n), -(-n // grid_columns(n))) for n in range(2, MAX_IMAGES + 1)})
_OFF_SHAPE: Final = 0.06  # by which a grid's shape may be off, for its gaps and a crop

Box = tuple[float, float, float, float]
Span = tuple[float, float]
Floats = NDArray[np.float32]


class UnreadablePicture(ValueError):
    """A file that is no picture, or too large a one."""


def prints_of(png: bytes) -> bytes:
    """What is kept of a picture of ours.  Raises UnreadablePicture."""
    return prints_in(_read(png)).tobytes()


def prints_in(picture: Image.Image) -> Prints:
    """The same of a picture that is read already: RGB, of at most 512 pixels a side."""
    found = [_prints(_shrunk(picture, _WHOLE), ((_ALL, _ALL), *_WINDOWS))]
    if (inner := _inside_border(picture)) is not None:
        found.append(_prints(_shrunk(picture, inner)))
    return np.concatenate(found)


def looked_for(data: bytes) -> Prints:
    """What may be ours in a stranger's picture.  Raises UnreadablePicture."""
    picture = _read(data)
    boxes = [_WHOLE, *_first_of_grid(picture, _WHOLE)]
    if (inner := _inside_border(picture)) is not None:
        boxes += [inner, *_first_of_grid(picture, inner)]
    return np.concatenate([_prints(_shrunk(picture, box)) for box in boxes])


def from_bytes(kept: bytes) -> Prints:
    return np.frombuffer(kept, np.uint64).reshape(-1, WORDS)


def _read(data: bytes) -> Image.Image:
    """Transparency becomes white; what is large is shrunk at once."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height <= MAX_PIXELS:
                shown = shrunk(picture, _READ_SIDE, Image.Resampling.BOX)
    except Exception as error:  # damaged files have led Pillow to a dozen kinds
        raise UnreadablePicture(f"the picture cannot be read; {', '.join(FORMATS)} are taken") from error
    if width * height > MAX_PIXELS:
        raise UnreadablePicture(f"the picture has {width} × {height} pixels; at most {MAX_PIXELS} are taken")
    paper = Image.new("RGBA", shown.size, "white")
    paper.alpha_composite(shown.convert("RGBA"))
    return paper.convert("RGB")


def _shrunk(picture: Image.Image, box: Box) -> Floats:
    """(3, 64, 64): brightness and the two colour differences of what is in the box."""
    left, top, right, bottom = (min(share, 1.0) * size for share, size in zip(box, picture.size * 2, strict=True))
    side = (_KEPT_SIDE, _KEPT_SIDE)
    small = picture.resize(side, Image.Resampling.LANCZOS, box=(left, top, right, bottom))
    return np.asarray(small.convert("YCbCr"), np.float32).transpose(2, 0, 1)


def _prints(picture: Floats, windows: Sequence[tuple[Span, Span]] = ((_ALL, _ALL),)) -> Prints:
    """One a window (its span across, its span downwards).  Of an even surface there is none: it is like every other."""
    if np.ptp(picture, axis=(1, 2)).max() < _PLAIN:
        return np.empty((0, WORDS), np.uint64)
    brightness, *colours = picture
    across, down = ([_axis(span) for span in spans] for spans in zip(*windows, strict=True))
    axes = list(zip(across, down, strict=True))
    low = np.array([y.waves @ brightness @ x.waves.T for x, y in axes])  # (windows, 8, 8)
    right = np.array([y.eight @ brightness @ x.nine.T for x, y in axes])  # (windows, 8, 9)
    below = np.array([y.nine @ brightness @ x.eight.T for x, y in axes])  # (windows, 9, 8)
    fields = [np.array([y.eight @ colour @ x.eight.T for x, y in axes]) for colour in colours]
    hashes = [
        low > np.median(low, axis=(1, 2), keepdims=True), np.diff(right, axis=2) > _MORE,
        np.diff(below, axis=1) > _MORE, *(one > one.mean(axis=(1, 2), keepdims=True) + _MORE for one in fields),
    ]  # fmt: skip
    levels = [np.array([y.four @ brightness @ x.four.T for x, y in axes])]
    levels += [np.array([y.two @ colour @ x.two.T for x, y in axes]) for colour in colours]
    bits = [np.packbits(one.reshape(len(axes), 64), axis=1) for one in hashes]
    eights = [one.reshape(len(axes), -1).round().clip(0, 255).astype(np.uint8) for one in levels]
    return np.concatenate([*bits, *eights], axis=1).view(np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """What makes rows or columns of a span, from 64 of the whole: the eight lowest frequencies (DCT-II), and so many
    fields."""

    waves: Floats
    nine: Floats
    eight: Floats
    four: Floats
    two: Floats


@cache
def _axis(span: Span) -> _Axis:
    start, end = (share * _KEPT_SIDE for share in span)
    cut = _resampling(_KEPT_SIDE, _SIDE, Image.Resampling.LANCZOS, (start, end))
    order, place = np.arange(_HASH_SIDE)[:, None], np.arange(_SIDE)[None, :]
    waves = np.cos(np.pi / _SIDE * (place + 0.5) * order).astype(np.float32)
    hashed = (_resampling(_SIDE, side, Image.Resampling.LANCZOS) for side in (_HASH_SIDE + 1, _HASH_SIDE))
    fields = (_resampling(_SIDE, side, Image.Resampling.BOX) for side in (4, 2))
    return _Axis(*(one @ cut for one in (waves, *hashed, *fields)))


def _resampling(source: int, side: int, kind: Image.Resampling, span: Span | None = None) -> Floats:
    """(side, source): what Pillow's filter makes of each row."""
    start, end = span or (0.0, float(source))
    rows = Image.fromarray(np.eye(source, dtype=np.float32))
    return np.asarray(rows.resize((source, side), kind, box=(0, start, source, end)))


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
    edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    colour = np.median(np.concatenate(edges), axis=0).astype(np.int16)
    low, high = (np.clip(colour + off, 0, 255).astype(np.uint8) for off in (-_EVEN, _EVEN))
    if all(_other(edge, low, high).mean() > _NOISE for edge in edges):
        return None
    other = _other(pixels, low, high)  # (H, W)
    rows, columns = (np.flatnonzero(other.mean(axis=axis) > _NOISE) for axis in (1, 0))
    if len(rows) < _SMALLEST or len(columns) < _SMALLEST:
        return None
    height, width = other.shape
    box = (columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height)
    return None if box == _WHOLE else box


def _other(pixels: NDArray[np.uint8], low: NDArray[np.uint8], high: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of the pixels (..., 3) lie outside of the two colours."""
    outside: NDArray[np.bool_] = np.any((pixels < low) | (pixels > high), axis=-1)
    return outside
