"""Small copies of pictures, for pages that show many.

In: an encoded picture.  Out: a signed WebP at most `SIDE` pixels wide and high, and the key where it is kept.
"""

from typing import Final

from bot.generation import grid
from bot.generation.provenance import Seal

SIDE: Final = 320


def thumbnail_key(key: str) -> str:
    """Beside the picture, so that what erases the one erases the other."""
    return f"{key.rpartition('.')[0]}.small.webp"


def shrink(png: bytes, seal: Seal) -> bytes:
    """Takes some ten milliseconds: call it in a thread."""
    return seal.on(grid.shrink(png, SIDE), "webp")
