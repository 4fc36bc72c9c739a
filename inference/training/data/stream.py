"""Training data: a stream of captioned scenes, made by one process beside the one that trains.

In: the cache folder with the icon renderings, a seed and a step number. Out: batches of pixels and captions, always
the same for the same seed and step, so that a resumed training sees what it would have seen. It knows no model.

`easel train data --cache FOLDER` fetches the packages, renders the icons and writes a contact sheet.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import queue
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.training.data.captions import caption
from inference.training.data.icons import IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import Scene, SceneMaker, render

BatchT = TypeVar("BatchT")
BatchT_co = TypeVar("BatchT_co", covariant=True)
VALIDATION_SEED = 900_001
"""Scenes of this seed are never trained on."""
_STALLED_SECONDS = 300.0


class LoaderError(RuntimeError):
    """The process that makes batches has died or stalled."""


@dataclass(frozen=True)
class SceneBatch:
    """`pixels` is uint8 (B, 192, 192, 3); `captions` and `scenes` have B entries.

    Where a source was asked for them: `detailed`, the pictures at twice the edge, and `altered`, like `pixels`, but
    with one thing wrong in each.
    """

    pixels: NDArray[np.uint8]
    captions: tuple[str, ...]
    scenes: tuple[Scene, ...]
    detailed: NDArray[np.uint8] | None = None
    altered: NDArray[np.uint8] | None = None


class BatchSource(Protocol[BatchT_co]):
    """Something picklable that makes the batch of a step."""

    def batch(self, step: int) -> BatchT_co:
        """The batch of `step`, always the same."""
        ...


@dataclass
class SceneSource:
    """Captioned scenes over the icons of a cache folder."""

    cache: Path
    seed: int
    size: int
    flat: float = 0.2
    popular: float = 5.0
    detailed: bool = False
    altered: bool = False
    _opened: tuple[IconSet, SceneMaker] | None = field(default=None, repr=False)

    def batch(self, step: int) -> SceneBatch:
        """The `size` scenes of `step`."""
        if self._opened is None:
            icons = IconSet.load(self.cache)
            self._opened = icons, SceneMaker(icons, self.flat, self.popular)
        icons, maker = self._opened
        rng = np.random.default_rng([self.seed, step])
        scenes = tuple(maker.draw(rng) for _ in range(self.size))
        captions = tuple(caption(scene, icons, rng) for scene in scenes)
        pixels = np.stack([render(scene, icons) for scene in scenes])
        detailed = np.stack([render(scene, icons, detailed=True) for scene in scenes]) if self.detailed else None
        wrong = np.stack([render(maker.altered(scene, rng), icons) for scene in scenes]) if self.altered else None
        return SceneBatch(pixels, captions, scenes, detailed, wrong)


class Loader(Generic[BatchT]):
    """Makes the batches of consecutive steps in another process, a few ahead of the one that asks."""

    def __init__(self, source: BatchSource[BatchT], first_step: int, ahead: int = 6) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: multiprocessing.Queue[BatchT | LoaderError] = context.Queue(ahead)
        self._process = context.Process(target=_produce, args=(source, first_step, self._queue), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def next(self) -> BatchT:
        """The next step's batch. Raises LoaderError when its maker is gone or gives nothing for five minutes."""
        waited = 0.0
        while waited < _STALLED_SECONDS:
            try:
                batch = self._queue.get(timeout=5)
                if isinstance(batch, LoaderError):
                    raise batch
                return batch
            except queue.Empty:
                waited += 5
                if not self._process.is_alive():
                    raise LoaderError(f"the data process ended with exit code {self._process.exitcode}") from None
        raise LoaderError(f"the data process gave no batch for {_STALLED_SECONDS:.0f} seconds")


def _produce(
    source: BatchSource[BatchT], first_step: int, batches: multiprocessing.Queue[BatchT | LoaderError]
) -> None:
    parent = multiprocessing.parent_process()
    for step in itertools.count(first_step):
        batch: BatchT | LoaderError
        try:
            batch = source.batch(step)
        except (OSError, ValueError) as error:  # a person's folder has changed; the trainer says so, and saves
            batch = LoaderError(str(error))
        while True:
            try:
                batches.put(batch, timeout=5)
                break
            except queue.Full:
                # A trainer that was killed cannot stop its loader: the loader looks after itself.
                if parent is not None and not parent.is_alive():
                    batches.cancel_join_thread()
                    return


def contact_sheet(
    pictures: Sequence[NDArray[np.uint8]], labels: Sequence[str] = (), columns: int = 8, edge: int = 160
) -> Image.Image:
    """Pictures in rows of `columns`, each `edge` pixels wide, with its label (cut to the width) underneath."""
    line = 24 if labels else 0
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (edge + 4), rows * (edge + line + 4)), "white")
    draw = ImageDraw.Draw(sheet)
    for index, picture in enumerate(pictures):
        x, y = index % columns * (edge + 4), index // columns * (edge + line + 4)
        sheet.paste(Image.fromarray(picture).resize((edge, edge), Image.Resampling.LANCZOS), (x, y))
        if labels:
            words, width = labels[index], edge // 6
            draw.text((x + 1, y + edge), "\n".join((words[:width], words[width : 2 * width])), fill="black", spacing=0)
    return sheet


def check_picture_file(file: Path) -> None:
    """Raises ValueError where no picture can be written, before minutes of work."""
    if file.is_dir():
        raise ValueError(f"--out {file} is a folder; name a picture's file in it, such as {file / 'scenes.png'}")
    if not file.parent.is_dir():
        raise ValueError(f"--out {file}: there is no folder {file.parent}")
    if Image.registered_extensions().get(file.suffix.lower()) not in Image.SAVE:
        raise ValueError(f"--out {file} has no ending of a picture's file that can be written, such as .png")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepare the data and write `scenes.png`."""
    parser = argparse.ArgumentParser(
        prog="easel train data", description="Fetch and render the training icons; write a sheet of scenes."
    )
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--out", type=Path, default=Path("scenes.png"), help="where the contact sheet goes")
    parser.add_argument("--seed", type=int, default=0, help="which scenes are drawn (0)")
    options = parser.parse_args(arguments)
    check_picture_file(options.out)
    batch = SceneSource(options.cache.expanduser(), options.seed, 64).batch(0)
    contact_sheet(list(batch.pixels), batch.captions).save(options.out)
    sys.stdout.write(f"Wrote {options.out}\n")


if __name__ == "__main__":
    main()
