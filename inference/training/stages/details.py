"""Making of a codec's details: where each code stands in known pictures, and what is lost there.

In: an exported model, and things drawn large, as the engine has them drawn (or pictures of a folder). Out:
`details.safetensors` in the model's folder. Nothing is learned by gradients; it takes minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints.builtin import BUILTIN_FOLDER, DETAILS, load_builtin, write_details
from inference.models.details import Details
from inference.models.vqgan import VQGAN
from inference.painting.scenery import EDGE
from inference.training.data.folder import CaptionedPicture, check_folder, read_folder, read_picture
from inference.training.data.icons import DETAIL, STYLES, IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import Placed, Scene, render
from inference.training.loop import counted, use_threads
from inference.training.stages.strokes import code_patches
from inference.training.stages.vqgan import to_pixels

WIDTH = 96
"""Numbers for each place: of 24 drafts PSNR is 29.1 dB with 64, 29.9 with 96, 30.6 with 128; 25.4 without any."""
LEAST = 4e-4
"""Mean squared difference from which a place is worth remembering: two hundredths of the whole range."""
_PLAIN = 0.1
"""A code whose patch's values are no further apart stands for backgrounds, where a thing's last line only disturbs."""
_TOGETHER = 16


def find_details(codec: VQGAN, pictures: Iterator[tuple[Tensor, Tensor]], width: int = WIDTH) -> Details:
    """The details of `pictures`: batches (B, 3, H, W) in 0..1, each with what is to be drawn from its codes.

    Raises ValueError where the codec already draws them all as they are.
    """
    patches = code_patches(codec)  # (C, 3, pixels)
    varied = (patches.amax(2) - patches.amin(2)).amax(1) > _PLAIN
    grids, known, differences = [], [], []
    for pixels, target in pictures:
        codes = codec.encode(pixels)
        edge = target.shape[-1] // codec.config.grid_side
        lost = F.pixel_unshuffle(target - codec.detokenize(codes), edge).permute(0, 2, 3, 1).flatten(1, 2)
        is_large = (lost.square().mean(2) > LEAST) & varied[codes]
        grids.append(codes)
        known.append(is_large)
        differences.append(lost[is_large].half())  # gigabytes otherwise
    every = torch.cat(differences)
    if not len(every):
        raise ValueError(f"{len(grids)} batches of pictures have no details: the codec draws them as they are")
    return Details.of(torch.cat(grids), torch.cat(known), every, min(width, *every.shape))


def draft_scenes(icons: IconSet) -> list[Scene]:
    """Every thing in every style, large and alone, before white, and what white hides before blue, too."""
    return [
        Scene((Placed(concept, "large", 1, 1),), back, style)
        for style in STYLES
        for concept in range(len(icons.concepts))
        for back in (("white", "blue") if icons.is_pale(concept) else ("white",))
    ]


def rendered(scenes: Sequence[Scene], icons: IconSet) -> Iterator[tuple[Tensor, Tensor]]:
    """Scenes at the size that is read, and at that which is drawn."""
    for start in range(0, len(scenes), _TOGETHER):
        some = scenes[start : start + _TOGETHER]
        small, large = (np.stack([render(one, icons, detailed=detailed) for one in some]) for detailed in (False, True))
        yield to_pixels(small), to_pixels(large)


def from_folder(pictures: Sequence[CaptionedPicture]) -> Iterator[tuple[Tensor, Tensor]]:
    """Every one of a folder's pictures."""
    for start in range(0, len(pictures), _TOGETHER):
        some = [picture.path for picture in pictures[start : start + _TOGETHER]]
        small, large = (np.stack([read_picture(path, scale * EDGE) for path in some]) for scale in (1, DETAIL))
        yield to_pixels(small), to_pixels(large)


@torch.no_grad()
def main(arguments: Sequence[str] | None = None) -> None:
    """Write the details of a model's codec into its folder."""
    parser = argparse.ArgumentParser(
        prog="easel train details", description="Remember what the codes of a model look like among their neighbours."
    )
    parser.add_argument("--model", type=Path, default=BUILTIN_FOLDER, help="the model's folder (the built-in model's)")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures of your own, instead of the icons")
    parser.add_argument("--threads", type=int, default=0, help="0 is one for each core")
    options = parser.parse_args(arguments)
    use_threads(options.threads)
    codec = load_builtin(options.model).vqgan
    codec.details = None  # of an earlier run
    if options.pictures is None:
        icons = IconSet.load(options.cache.expanduser())
        scenes = draft_scenes(icons)
        pictures, count = rendered(scenes, icons), -(-len(scenes) // _TOGETHER)
    else:
        check_folder(options.pictures)
        seen = [picture for picture in read_folder(options.pictures) if not picture.is_held_out]
        pictures, count = from_folder(seen), -(-len(seen) // _TOGETHER)
    details = find_details(codec, counted("Looking at details", pictures, count))
    write_details(options.model, details)
    path = options.model / DETAILS
    size, places = path.stat().st_size / 1e6, len(details.parts)
    sys.stdout.write(f"Wrote {path} ({size:.1f} MB): {places:,} places in {len(details.grids):,} pictures\n")


if __name__ == "__main__":
    main()
