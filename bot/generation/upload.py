"""A picture that somebody hands in, made into one that can be drawn from.

In: a stranger's file.  Out: a PNG of a known size without anything but its pixels: no camera, no place, no name.
What it is, is told by its content, and its size is known before anything is decoded.  Takes tens of milliseconds of
processor time: call it through `asyncio.to_thread`.
"""

import io
from typing import Final

from PIL import Image, ImageOps

from bot.errors import InvalidOption
from inference.contract import MAX_INIT_IMAGE_BYTES

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MAX_PIXELS: Final = 25_000_000  # what today's telephones take, and no bomb
MIN_SIDE: Final = 16
SIDE: Final = 1024  # pixels of the longer side that is kept: more than any model here reads


def cleaned(data: bytes) -> bytes:
    """Raises InvalidOption for what is no such picture, is too large, or is too small to tell anything."""
    if len(data) > MAX_INIT_IMAGE_BYTES:
        raise InvalidOption("init_image", "too_large", {"bytes": len(data), "limit": MAX_INIT_IMAGE_BYTES})
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(*opened.size)
            opened.draft("RGB", (SIDE, SIDE))  # a JPEG can be decoded at a fraction of its size
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except InvalidOption:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's own limit
        raise InvalidOption("init_image", "too_many_pixels", {"limit": MAX_PIXELS // 10**6}) from error
    except Exception as error:  # damaged files alone have led Pillow to a dozen kinds; all mean the same
        raise InvalidOption("init_image", "unreadable_picture") from error
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    buffer = io.BytesIO()
    paper.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _check_size(width: int, height: int) -> None:
    """By the file's header, before anything of it is decoded."""
    if width * height > MAX_PIXELS:
        raise InvalidOption("init_image", "too_many_pixels", {"limit": MAX_PIXELS // 10**6})
    if min(width, height) < MIN_SIDE:
        raise InvalidOption("init_image", "too_small_picture", {"width": width, "height": height, "limit": MIN_SIDE})
