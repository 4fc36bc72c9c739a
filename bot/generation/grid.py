"""Puts pictures together and enlarges them.

In: encoded pictures.  Out: encoded pictures.  Everything here takes tens of milliseconds of processor time: call it
through `asyncio.to_thread`.  Pillow lets go of the interpreter lock while it encodes and resamples.
"""

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, PngImagePlugin

from bot.generation.provenance import Seal
from inference.contract import grid_columns

GAP: Final = 4  # pixels between the pictures of a grid
BACKGROUND: Final = (24, 25, 28)
EMPTY: Final = (49, 51, 56)  # the cell of a picture that is not to be seen
MAX_FILE_BYTES: Final = 9 * 2**20 + 2**19  # Discord takes 10 MiB; the rest of the message needs some of it
_XMP: Final = "XML:com.adobe.xmp"
_MARKS: Final = ("Software", "Comment", _XMP)  # the provenance that the inference server writes into every picture
MAX_PIXELS: Final = 4096 * 4096  # of an upscaled picture


@dataclass(frozen=True, slots=True)
class PictureFile:
    """An encoded picture; `suffix` is "png" or "webp"."""

    data: bytes
    suffix: str


def compose(pngs: Sequence[bytes | None]) -> bytes:
    """The grid of 1–9 cells as one PNG, row by row; cells take the largest picture's size.

    None leaves a blank tile, so that the others stay where menus and descriptions say they are.
    Raises ValueError for no pictures at all or one that cannot be read.
    """
    cells = [None if png is None else _read(png) for png in pngs]
    pictures = [picture for picture in cells if picture is not None]
    if not pictures:
        raise ValueError("a grid of 0 pictures cannot be composed; at least 1 is needed")
    width, height = max(picture.width for picture in pictures), max(picture.height for picture in pictures)
    columns = grid_columns(len(cells))
    rows = -(-len(cells) // columns)
    size = (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    grid = Image.new("RGB", size, BACKGROUND)
    for index, cell in enumerate(cells):
        row, column = divmod(index, columns)
        corner = (column * (width + GAP), row * (height + GAP))
        grid.paste(Image.new("RGB", (width, height), EMPTY) if cell is None else cell, corner)
    return _encode(grid, "PNG", marks=_marks(pictures[0]))


def upscale(png: bytes, factor: int = 4, finer: bytes | None = None) -> bytes:
    """The picture enlarged with Lanczos' filter as PNG; the factor shrinks so that the result has ≤ MAX_PIXELS.

    `finer` is the same picture as a network has enlarged it, if one has: then only what is missing is resampled.
    Raises ValueError for a picture that cannot be read.
    """
    picture = _read(png)
    source = picture if finer is None else _read(finer)
    most = (MAX_PIXELS / (picture.width * picture.height)) ** 0.5
    scale = max(1.0, min(float(factor), most))
    size = (round(picture.width * scale), round(picture.height * scale))
    return _encode(source.resize(size, Image.Resampling.LANCZOS), "PNG", marks=_marks(picture))


def fit(png: bytes, seal: Seal, limit: int = MAX_FILE_BYTES) -> PictureFile:
    """The picture, signed, as it is where it has at most `limit` bytes then, else the best WebP that does.

    Raises ValueError where even a small WebP does not fit.
    """
    room = limit - seal.room
    if len(png) <= room:
        return PictureFile(seal.on(png, "png"), "png")
    picture = _read(png)
    marks = _marks(picture)
    while min(picture.size) >= 16:
        for quality in (95, 85, 70, 50):
            data = _encode(picture, "WEBP", marks=marks, quality=quality)
            if len(data) <= room:
                return PictureFile(seal.on(data, "webp"), "webp")
        picture = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    raise ValueError(f"a picture of {len(png)} bytes cannot be brought under {limit} bytes")


def reencode(png: bytes, kind: str) -> bytes:
    """The picture in one of Pillow's formats, such as "WEBP"; as it is for "PNG".  Raises ValueError, OSError."""
    if kind == "PNG":
        return png
    picture = _read(png)
    return _encode(picture, kind, marks=_marks(picture))


def shrink(png: bytes, side: int) -> bytes:
    """The picture at most so many pixels wide and high, as WebP.  Raises ValueError."""
    picture = _read(png)
    marks = _marks(picture)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encode(picture, "WEBP", marks=marks, quality=80, method=4)


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the file's header.  Raises ValueError."""
    try:
        with Image.open(io.BytesIO(png)) as picture:
            return picture.size
    except OSError as error:
        raise ValueError(f"not a picture: {png[:16]!r}…") from error


def _read(png: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(png)) as picture:
            return picture.convert("RGB")
    except OSError as error:
        raise ValueError(f"not a picture: {png[:16]!r}…") from error


def _marks(picture: Image.Image) -> dict[str, str]:
    """What a picture says of its own origin; whatever is made from it must say so too."""
    return {name: text for name in _MARKS if isinstance(text := picture.info.get(name), str)}


def _encode(picture: Image.Image, kind: str, *, marks: Mapping[str, str], **options: int) -> bytes:
    more: dict[str, Any] = dict(options)
    if kind == "PNG":
        # as the pictures themselves (inference/pictures.py): a third of the usual time, and a little smaller
        more["compress_type"] = zlib.Z_RLE
        more["pnginfo"] = PngImagePlugin.PngInfo()
        for name, text in marks.items():
            more["pnginfo"].add_itxt(name, text)
    elif _XMP in marks:
        more["xmp"] = marks[_XMP].encode()
    buffer = io.BytesIO()
    picture.save(buffer, kind, **more)
    return buffer.getvalue()
