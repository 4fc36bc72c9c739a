"""The pictures of one generation, on their way from the inference server into files and back.

In: the contract's images, or a row of the log.  Out: pictures with their sizes, their grid, and their records.
Decoding, composing and hashing happen in a thread.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.database.records import GenerationRecord, ImageRecord
from bot.errors import NotFound
from bot.generation import grid
from bot.generation.grid import PictureFile
from bot.storage.folder import Storage
from inference import contract

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """One finished picture: `png` is the file, `width` × `height` pixels, `index` its place in the grid."""

    index: int
    seed: int
    score: float | None
    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Album:
    """A generation's pictures, the best first, and the grid that shows them all.

    `index` counts from 0 by this order, in the log and under the buttons too; which picture of the order it was, only
    its seed still says.
    """

    pictures: tuple[Picture, ...]
    grid: PictureFile

    @classmethod
    async def of(cls, images: Sequence[contract.Image]) -> "Album":
        """Raises ValueError for an image that cannot be read."""
        return await asyncio.to_thread(_arrange, images)

    async def store(self, storage: Storage, generation_id: int) -> tuple[tuple[ImageRecord, ...], str]:
        """Write every file; returns what the log keeps of the pictures, and the grid's key.  Raises NotSaved."""
        records = await asyncio.to_thread(_describe, generation_id, self.pictures)
        grid_key = f"generations/{generation_id}/grid.{self.grid.suffix}"
        files = [(record.key, picture.png) for record, picture in zip(records, self.pictures, strict=True)]
        await asyncio.gather(*(storage.put(key, data) for key, data in [*files, (grid_key, self.grid.data)]))
        return records, grid_key

    @classmethod
    async def load(cls, storage: Storage, record: GenerationRecord) -> "Album":
        """The album as it was stored.  Raises NotFound."""
        images = [
            contract.Image(image.index, image.seed, image.score, await storage.get(image.key))
            for image in record.images
        ]
        return await cls.of(images)


async def shown_grid(storage: Storage, record: GenerationRecord) -> PictureFile | None:
    """The grid as delivered, or, where a picture of it was removed, of the others; None where no picture is left."""
    shown = [image for image in record.images if image.removal is None]
    try:
        if record.grid_key is not None and len(shown) == len(record.images):
            return PictureFile(await storage.get(record.grid_key), record.grid_key.rpartition(".")[2])
        pngs = [await storage.get(image.key) for image in shown]
    except NotFound:
        log.warning("album.file_missing", generation=record.id)
        return None
    return await asyncio.to_thread(lambda: grid.fit(grid.compose(pngs))) if pngs else None


def _arrange(images: Sequence[contract.Image]) -> Album:
    pictures = tuple(
        Picture(place, image.seed, image.score, image.png, *grid.size_of(image.png))
        for place, image in enumerate(contract.best_first(images))
    )
    return Album(pictures, grid.fit(grid.compose([picture.png for picture in pictures])))


def _describe(generation_id: int, pictures: Sequence[Picture]) -> tuple[ImageRecord, ...]:
    return tuple(
        ImageRecord(
            generation_id=generation_id,
            index=picture.index,
            key=f"generations/{generation_id}/{picture.index}.png",
            sha256=hashlib.sha256(picture.png).hexdigest(),
            seed=picture.seed,
            score=picture.score,
            width=picture.width,
            height=picture.height,
        )
        for picture in pictures
    )
