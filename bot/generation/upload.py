"""A picture that somebody hands in, made into one that can be drawn from.

In: a stranger's file.  Out: a PNG of a known size without anything but its pixels: no camera, no place, no name.
What it is, is told by its content, and its size is known before anything is decoded.  A few kilobytes can hold a
picture that takes a second of processor time and 180 MB: read it `in_turn`, behind whatever refuses its person.
"""

import asyncio
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

from PIL import Image, ImageOps

from bot.errors import InvalidOption
from inference.contract import MAX_INIT_IMAGE_BYTES

T = TypeVar("T")

MAX_PIXELS: Final = {  # of each kind that is taken
    "JPEG": 25_000_000,  # what today's telephones take; most of it is never decoded
    "PNG": 4096 * 4096,  # a screen of any kind, and the largest that Easel makes
    "WEBP": 10_000_000,  # decoding takes three copies
}
MAX_SCANS: Final = 50  # of a JPEG, each of which goes over all pixels; cameras and programs make up to a dozen
MARKER: Final = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # of a JPEG; what lies between scans is their codes
MIN_SIDE: Final = 16
SIDE: Final = 1024  # pixels of the longer side that is kept: more than any model here reads


def cleaned(data: bytes) -> bytes:
    """Raises InvalidOption for what is no such picture, is too large, or is too small to tell anything."""
    if len(data) > MAX_INIT_IMAGE_BYTES:
        raise InvalidOption("init_image", "too_large", {"bytes": len(data), "limit": MAX_INIT_IMAGE_BYTES})
    try:
        with Image.open(io.BytesIO(data), formats=tuple(MAX_PIXELS)) as opened:
            _check_work(data, opened)
            picture = ImageOps.exif_transpose(shrunk(opened, SIDE, Image.Resampling.LANCZOS)).convert("RGBA")
    except InvalidOption:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's own limit
        raise InvalidOption("init_image", "too_many_pixels", _millions(max(MAX_PIXELS.values()))) from error
    except Exception as error:  # damaged files alone have led Pillow to a dozen kinds; all mean the same
        raise InvalidOption("init_image", "unreadable_picture") from error
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    buffer = io.BytesIO()
    paper.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def shrunk(opened: Image.Image, side: int, by: Image.Resampling) -> Image.Image:
    """An opened file with the longer side at most so long, in a mode without a palette.

    Nothing of the file's own size is made wider than it must be: two colours do not take four bytes a pixel.
    """
    opened.draft("RGB", (side, side))  # a JPEG can be decoded at a fraction of its size
    modes = {"1": "L", "L": "L", "I;16": "L", "LA": "LA", "P": "RGB", "RGB": "RGB"}
    mode = "RGBA" if "transparency" in opened.info else modes.get(opened.mode, "RGBA")
    picture = opened if opened.mode == mode else opened.convert(mode)
    picture.thumbnail((side, side), by)
    picture.load()  # the file may be closed behind this
    return picture


async def in_turn(read: Callable[[bytes], T], file: bytes) -> T:
    """What `read` makes of a stranger's file.  Raises as it does."""
    return await asyncio.get_running_loop().run_in_executor(_reader(), read, file)


@cache
def _reader() -> ThreadPoolExecutor:
    """One file at a time, whoever sends how many; never in asyncio's own threads, for which the storage would wait."""
    return ThreadPoolExecutor(1, thread_name_prefix="upload")


def _check_work(data: bytes, opened: Image.Image) -> None:
    """By the file's headers, before anything of it is decoded."""
    kind = "JPEG" if opened.format == "MPO" else opened.format or ""  # several pictures, as telephones write them
    (width, height), most = opened.size, MAX_PIXELS[kind]
    if width * height > most:
        raise InvalidOption("init_image", "too_many_pixels", _millions(most))
    if min(width, height) < MIN_SIDE:
        raise InvalidOption("init_image", "too_small_picture", {"width": width, "height": height, "limit": MIN_SIDE})
    if kind == "JPEG" and _scans(data) > MAX_SCANS:
        raise InvalidOption("init_image", "unreadable_picture")


def _scans(jpeg: bytes) -> int:
    """How many there are before its end; what is hidden behind that is never decoded (ITU-T T.81, B.1.1)."""
    at = scans = 0
    while (found := MARKER.search(jpeg, at)) and found[1] != b"\xd9":
        scans += found[1] == b"\xda"
        at = found.end()
        if found[1] not in (b"\x01", b"\xd8"):  # these have no length
            at += max(2, int.from_bytes(jpeg[at : at + 2]))
    return scans


def _millions(pixels: int) -> dict[str, int]:
    return {"limit": pixels // 10**6}
