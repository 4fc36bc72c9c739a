"""What the scripts that take this folder's pictures of pages share: the browser, and files that stay small.

In: a screenshot's bytes.  Out: a WebP file of at most `MAX_BYTES`.
"""

import io
import os
import shutil
from pathlib import Path
from typing import Final

from PIL import Image

CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MAX_BYTES: Final = 100_000


def save(png: bytes, file: Path) -> None:
    """As good as fits.  Raises RuntimeError where nothing fits."""
    with Image.open(io.BytesIO(png)) as shot:
        for quality in (90, 80, 70, 60, 50):
            shot.convert("RGB").save(file, "WEBP", quality=quality, method=6)
            if file.stat().st_size <= MAX_BYTES:
                return
    raise RuntimeError(f"{file.name} has {file.stat().st_size} bytes; at most {MAX_BYTES} are wanted")
