"""Small copies of pictures, for pages that show many.

In: an encoded picture.  Out: a WebP at most `SIDE` pixels wide and high, and the key where it is kept.
"""

import io
from typing import Final

from PIL import Image

SIDE: Final = 320


def thumbnail_key(key: str) -> str:
    """Beside the picture, so that what erases the one erases the other."""
    return f"{key.rpartition('.')[0]}.small.webp"


def shrink(png: bytes) -> bytes:
    """Takes some ten milliseconds: call it in a thread."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=80, method=4)
    return buffer.getvalue()
