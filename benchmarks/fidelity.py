"""What the built-in model's codec loses of scenes: in one piece, and thing by thing, as the engine draws.

Takes new random scenes of the training's kinds and their renderings.  In one piece, each goes through the codec as it
is.  As it is drawn, each of its things goes through the codec large and alone before a plain background, is painted,
cut out, and put down where the scene has it, before the scene's own background; which codes are drawn is then the
text's part, and not in the figure.  PSNR in dB and SSIM at 192 pixels, means over the scenes, as one JSON object.
Needs the icons' packages (`easel train details` does, too), which are fetched where they are missing.

    python -m benchmarks.fidelity [--scenes 64] [--seed 777]
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inference.checkpoints.builtin import BUILTIN_FOLDER, load_builtin
from inference.models.vqgan import VQGAN
from inference.painting.cutting import cut_out
from inference.painting.painter import painted
from inference.painting.scenery import EDGE, background
from inference.pictures import Pixels
from inference.training.data.icons import CELL, DETAIL, IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import Placed, Scene, SceneMaker, render
from inference.training.evaluation.fidelity import psnr, ssim
from inference.training.stages.vqgan import measure, redrawn, to_pixels

LARGE: Final = "large"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=64, help="how many scenes (64)")
    parser.add_argument("--seed", type=int, default=777, help="of the scenes (777)")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    options = parser.parse_args()
    icons = IconSet.load(options.cache.expanduser())
    codec = load_builtin(BUILTIN_FOLDER).vqgan
    maker, rng = SceneMaker(icons), np.random.default_rng(options.seed)
    scenes = [replace(maker.draw(rng), filter=None) for _ in range(options.scenes)]  # filters come after the codec
    meant = to_pixels(np.stack([render(scene, icons) for scene in scenes]))
    with torch.inference_mode():
        drawn = torch.cat([shrunk(put_together(scene, icons, codec)) for scene in scenes])
        quality, similarity, _ = measure(codec, meant)
    figures = {
        "scenes": len(scenes),
        "in_one_piece": {"psnr": round(quality, 2), "ssim": round(similarity, 3)},
        "as_drawn": {"psnr": round(psnr(drawn, meant), 2), "ssim": round(ssim(drawn, meant), 3)},
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def put_together(scene: Scene, icons: IconSet, codec: VQGAN) -> Pixels:
    """A scene of drafts that have been through the codec, as large as they are drawn."""
    canvas = Image.fromarray(background(scene.background, DETAIL * EDGE).copy())
    hides_the_next = scene.relation in {"before", "riding"}
    for thing in reversed(scene.objects) if hides_the_next else scene.objects:
        draft = _drafted(thing, scene.style, icons, codec)
        cut = cut_out(draft, painted(draft, thing.colour or ""), is_hollow=icons.is_hollow(thing.concept))
        alpha = Image.fromarray(icons.detailed[scene.style, thing.size][thing.concept][..., 3])
        box = alpha.point(lambda level: 255 * (level > 127)).getbbox()
        if cut is None or box is None:
            continue
        fitted = cut.convert("RGBa").resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
        corner = DETAIL * CELL * thing.column + box[0], DETAIL * CELL * thing.row + box[1]
        put = fitted.convert("RGBA")
        canvas.paste(put, corner, put)
    return np.array(canvas)


def _drafted(thing: Placed, style: str, icons: IconSet, codec: VQGAN) -> Pixels:
    """What the codec draws of a thing that is large and alone, in its own colours."""
    alone = Placed(thing.concept, LARGE, 1, 1)
    plain = Scene((alone,), "blue" if icons.is_pale(thing.concept) else "white", style)
    pixels = redrawn(codec, to_pixels(render(plain, icons)[None])).clamp(0, 1)[0]
    return np.asarray((255 * pixels).round().to(torch.uint8).permute(1, 2, 0))


def shrunk(picture: Pixels) -> Tensor:
    """A picture at the size of renderings: (1, 3, EDGE, EDGE) in 0..1."""
    small = Image.fromarray(picture).resize((EDGE, EDGE), Image.Resampling.BOX)
    return to_pixels(np.array(small)[None])


if __name__ == "__main__":
    main()
