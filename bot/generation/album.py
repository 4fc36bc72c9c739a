"""The pictures of one generation, on their way from the inference server into files and back.

In: the contract's images, or a row of the log.  Out: pictures with their sizes, their grid, and their records.
Decoding, composing and hashing happen in a thread.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.database.records import REFUSED, GenerationRecord, ImageRecord, Removal
from bot.errors import NotFound
from bot.generation import grid
from bot.generation.grid import PictureFile
from bot.generation.provenance import Seal
from bot.nobody import FILTER_ID
from bot.storage.folder import Storage
from bot.storage.naming import key_of
from inference import contract
from inference.contract import Verdict

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """One finished picture: `png` is the file, `width` × `height` pixels, `index` its place in the grid, `filled` what
    the model put in where the prompt left it open."""

    index: int
    seed: int
    score: float | None
    png: bytes
    width: int
    height: int
    verdict: Verdict | None = None
    filled: str = ""

    @property
    def is_shown(self) -> bool:
        """Whether the picture check lets it be seen before moderators have looked at it."""
        return _passed(self.verdict)


@dataclass(frozen=True, slots=True)
class Album:
    """A generation's pictures, the best first, and the grid of those that may be shown, each at its place; None where
    none may.

    `index` counts from 0 by this order, in the log and under the buttons too; which picture of the order it was, only
    its seed still says.
    """

    pictures: tuple[Picture, ...]
    grid: PictureFile | None

    @classmethod
    async def of(cls, images: Sequence[contract.Image], seal: Seal) -> "Album":
        """Raises ValueError for an image that cannot be read."""
        return await asyncio.to_thread(_arrange, images, seal)

    @property
    def shown(self) -> tuple[Picture, ...]:
        return tuple(picture for picture in self.pictures if picture.is_shown)

    async def store(
        self, storage: Storage, generation_id: int, at: datetime
    ) -> tuple[tuple[ImageRecord, ...], str | None]:
        """Write every file; returns what the log keeps of the pictures, and the grid's key.  Raises NotSaved.

        What is not to be shown counts as removed by the filter, so that moderators find it, and may restore it.
        """
        records = await asyncio.to_thread(_describe, generation_id, self.pictures, at)
        files = [(record.key, picture.png) for record, picture in zip(records, self.pictures, strict=True)]
        grid_key = None
        if self.grid is not None:
            grid_key = key_of(generation_id, self.grid.data, self.grid.suffix)
            files.append((grid_key, self.grid.data))
        await asyncio.gather(*(storage.put(key, data) for key, data in files))
        return records, grid_key

    @classmethod
    async def load(cls, storage: Storage, record: GenerationRecord, seal: Seal) -> "Album":
        """The album as it was stored.  Raises NotFound."""
        shown = [(image, await storage.get(image.key)) for image in record.images if image.removal is None]
        if not shown:
            raise NotFound("generation", record.id)
        return await asyncio.to_thread(_reopened, shown, len(record.images), seal)


async def discard(storage: Storage, records: Sequence[ImageRecord], grid_key: str | None) -> None:
    """Delete what `store` wrote."""
    for key in {*(record.key for record in records), grid_key} - {None}:
        await storage.delete(str(key))


async def shown_grid(storage: Storage, record: GenerationRecord, seal: Seal) -> PictureFile | None:
    """The grid as delivered, or with an empty cell for each picture that was removed; None where no picture is left.

    A delivered grid lacks what the picture check held back: once that is restored, the grid is composed anew.
    """
    delivered = all(image.removal is None and _passed(image.verdict) for image in record.images)
    try:
        if record.grid_key is not None and delivered:
            return PictureFile(await storage.get(record.grid_key), record.grid_key.rpartition(".")[2])
        cells = [None if image.removal else await storage.get(image.key) for image in record.images]
    except NotFound:
        log.warning("album.file_missing", generation=record.id)
        return None
    return await asyncio.to_thread(lambda: grid.fit(grid.compose(cells), seal)) if any(cells) else None


def _arrange(images: Sequence[contract.Image], seal: Seal) -> Album:
    pictures = (
        Picture(
            place, image.seed, image.score, seal.on(image.png, "png"), *grid.size_of(image.png), image.verdict,
            image.filled,
        )
        for place, image in enumerate(contract.best_first(images))
    )  # fmt: skip
    return _album(pictures, len(images), seal)


def _reopened(images: Sequence[tuple[ImageRecord, bytes]], places: int, seal: Seal) -> Album:
    pictures = (
        Picture(record.index, record.seed, record.score, png, record.width, record.height) for record, png in images
    )
    return _album(pictures, places, seal)


def _album(pictures: Iterable[Picture], places: int, seal: Seal) -> Album:
    pictures = tuple(pictures)
    shown = {picture.index: picture.png for picture in pictures if picture.is_shown}
    cells = [shown.get(index) for index in range(places)]
    return Album(pictures, grid.fit(grid.compose(cells), seal) if shown else None)


def _passed(verdict: Verdict | None) -> bool:
    return verdict is None or verdict.action not in REFUSED


def _describe(generation_id: int, pictures: Sequence[Picture], at: datetime) -> tuple[ImageRecord, ...]:
    return tuple(
        ImageRecord(
            generation_id=generation_id,
            index=picture.index,
            key=key_of(generation_id, picture.png, "png"),
            sha256=hashlib.sha256(picture.png).hexdigest(),
            seed=picture.seed,
            score=picture.score,
            width=picture.width,
            height=picture.height,
            removal=None if picture.is_shown else Removal(at, FILTER_ID, f"picture_check: {_category(picture)}"),
            verdict=picture.verdict,
            filled=picture.filled,
        )
        for picture in pictures
    )


def _category(picture: Picture) -> str:
    return (picture.verdict and picture.verdict.category) or "other"
