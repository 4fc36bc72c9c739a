"""Several pictures in one message, together below what Discord takes.

In: pictures.  Out: their files, signed; None for one whose file is gone or cannot be read.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from bot.database.records import ImageRecord
from bot.errors import NotFound
from bot.generation.grid import PictureFile, fit
from bot.generation.provenance import Seal
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

MESSAGE_BYTES: Final = 9 * 2**20  # of all pictures of a message, below Discord's limit


async def together(storage: Storage, seal: Seal, images: Sequence[ImageRecord]) -> list[PictureFile | None]:
    """One each, in order; each may take the same share of the message."""
    found: list[PictureFile | None] = []
    for image in images:
        try:
            data = await storage.get(image.key)
            found.append(await asyncio.to_thread(fit, data, seal, MESSAGE_BYTES // len(images)))
        except (NotFound, ValueError):
            log.warning("picture.file_missing", generation=image.generation_id, image=image.index)
            found.append(None)
    return found
