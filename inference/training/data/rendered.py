"""Scenes rendered ahead: their codes and captions in one small file, for a GPU that learns faster than scenes are made.

In: captioned scenes and a codec (to write), or the file (to read). Out: batches of codes and captions, the same for a
seed and a step. Compressed, a scene takes some 125 bytes; 200,000 of them make 25 MB.

`python -m inference.training.data.rendered --codec CODEC --count 200000 --out scenes.npz`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.native.cores import usable_cores
from inference.training.data.coded import PatchCoder
from inference.training.data.folder import CaptionedSource, captioned_source
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.stages.vqgan import load_codec

_TOGETHER = 50
_SEED = 3


class RenderedError(ValueError):
    """A file is none that `render` has written, or it belongs to another codec."""


@dataclass(frozen=True)
class Rendered:
    """`codes` uint16 (N, L), `captions` N texts, `known` how many codes the codec has."""

    codes: NDArray[np.uint16]
    captions: tuple[str, ...]
    known: int

    def save(self, path: Path) -> None:
        """Write the file, compressed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = np.frombuffer("\n".join(self.captions).encode(), np.uint8)
        np.savez_compressed(path, codes=self.codes, captions=texts, known=self.known)

    @classmethod
    def load(cls, path: Path) -> Rendered:
        """Read what `save` wrote. Raises RenderedError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                captions = tuple(file["captions"].tobytes().decode().split("\n"))
                rendered = cls(file["codes"], captions, int(file["known"]))
        except (OSError, ValueError, KeyError) as error:
            raise RenderedError(f"{path}: no scenes rendered ahead: {error}") from error
        if rendered.codes.ndim != 2 or len(rendered.codes) != len(captions):
            raise RenderedError(f"{path}: {len(captions)} captions for codes of shape {rendered.codes.shape}")
        return rendered

    def held_out(self, count: int) -> tuple[Tensor, tuple[str, ...]]:
        """The first `count` scenes, which are for measuring: codes (B, L) int64 and captions."""
        return self.rows(np.arange(min(count, len(self.codes))))

    def rows(self, rows: NDArray[np.int64]) -> tuple[Tensor, tuple[str, ...]]:
        """Some of the scenes."""
        return torch.from_numpy(self.codes[rows].astype(np.int64)), tuple(self.captions[row] for row in rows)


@dataclass
class RenderedSource:
    """Random batches from a file that `Rendered.save` wrote, of all its scenes but the first, held-out ones."""

    path: Path
    seed: int
    size: int
    held_out: int = 0
    _opened: Rendered | None = field(default=None, repr=False)

    def batch(self, step: int) -> tuple[Tensor, tuple[str, ...]]:
        """The `size` scenes of `step`: codes (B, L) int64 and captions. Raises RenderedError."""
        if self._opened is None:
            self._opened = Rendered.load(self.path)
        scenes = len(self._opened.codes)
        if scenes <= self.held_out:
            raise RenderedError(f"{self.path}: {scenes} scenes, {self.held_out} of them held out, leave none to learn")
        rng = np.random.default_rng([self.seed, step])
        return self._opened.rows(rng.integers(self.held_out, scenes, size=self.size))


def render_ahead(cache: Path, pictures: Path | None, codec: Path, seed: int, count: int, workers: int) -> Rendered:
    """So many scenes, or pictures of a folder, made by so many processes; the same for the same seed."""
    steps = range(-(-count // _TOGETHER))
    scenes = captioned_source(cache, pictures, seed, _TOGETHER)
    makers = [_Maker(scenes, codec, steps[at::workers]) for at in range(workers)]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        parts = list(pool.map(_Maker.make, makers))
    made = [parts[step % workers][step // workers] for step in steps]
    codes = np.concatenate([some for some, _ in made])[:count]
    captions = tuple(caption for _, some in made for caption in some)[:count]
    return Rendered(codes, captions, load_codec(codec).config.n_embed)


@dataclass(frozen=True)
class _Maker:
    """What one process makes: the batches of some steps."""

    scenes: CaptionedSource
    codec: Path
    steps: range

    def make(self) -> list[tuple[NDArray[np.uint16], tuple[str, ...]]]:
        """Codes and captions of each step."""
        torch.set_num_threads(1)
        coder, made = PatchCoder(load_codec(self.codec)), []
        for step in self.steps:
            batch = self.scenes.batch(step)
            made.append((coder.codes(batch.pixels).numpy().astype(np.uint16), batch.captions))
        return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Render scenes ahead."""
    parser = argparse.ArgumentParser(prog="easel train render", description="Write scenes as codes and captions.")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--pictures", type=Path, help="render the pictures of this folder instead of scenes")
    parser.add_argument("--codec", type=Path, default=Path("runs/vqgan/checkpoint.pt"), help="checkpoint or folder")
    parser.add_argument("--count", type=int, default=200_000, help="how many scenes (200000)")
    parser.add_argument("--seed", type=int, default=_SEED, help="which scenes (3)")
    parser.add_argument("--workers", type=int, default=usable_cores(), help="processes; one for each core")
    parser.add_argument("--out", type=Path, default=Path("runs/scenes.npz"), help="the file (runs/scenes.npz)")
    options = parser.parse_args(arguments)
    rendered = render_ahead(
        options.cache.expanduser(), options.pictures, options.codec, options.seed, options.count, options.workers
    )
    rendered.save(options.out)
    size = options.out.stat().st_size / 1e6
    sys.stdout.write(f"Wrote {options.out}: {len(rendered.captions)} scenes, {size:.1f} MB\n")


if __name__ == "__main__":
    main()
