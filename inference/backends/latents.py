"""Cheap previews of latents: the linear map to colours that fits a pipeline's own autoencoder best.

In: an autoencoder of diffusers, once; then latents (B, C, h, w).  Out: small pictures, a pixel a latent.

A latent of a picture autoencoder is nearly a linear function of the mean colour of the pixels under it.  So the map is
measured when the model is loaded: pictures of our own are encoded, and their latents fitted to their colours by least
squares.  No list of factors for known models is needed, and unknown ones have previews, too.  It is measured in float32
on the CPU, for in half precision some autoencoders overflow, and a GPU's memory may hold parts of a model only.
"""

import copy
from pathlib import Path
from typing import Any, Self

import numpy as np
import structlog
import torch
from PIL import Image
from torch import Tensor

from inference.pictures import Pixels

log = structlog.get_logger(__name__)

SAMPLES = Path(__file__).parent.parent / "assets" / "builtin" / "samples.webp"
SIDE = 32
"""Latents along a side of the picture that is encoded: four times as many as the largest map has unknowns."""


class LatentPreview:
    """(B, C, h, w) -> pictures (h, w, 3), as `weight` (C + 1, 3) maps a latent and a one to a colour."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight

    @classmethod
    def fit(cls, pipe: Any) -> Self | None:
        """For a pipeline on the CPU whose autoencoder can encode; None, and a line in the log, where that fails."""
        try:
            latents, colours = _example(pipe)
            rows = torch.cat([latents, torch.ones(len(latents), 1)], 1)  # (N, C + 1)
            weight = torch.linalg.lstsq(rows, colours).solution
        except Exception as error:  # noqa: BLE001  # a preview is a courtesy, and autoencoders differ
            log.info("model.not_previewed", reason=f"{type(error).__name__}: {error}")
            return None
        return cls(weight) if bool(weight.isfinite().all()) else None

    @torch.no_grad()
    def __call__(self, latents: Tensor) -> list[Pixels]:
        rows = latents.detach().float().cpu().permute(0, 2, 3, 1)  # (B, h, w, C)
        colours = rows @ self._weight[:-1] + self._weight[-1]  # (B, h, w, 3), -1..1
        levels = ((colours + 1) * 127.5).clamp(0, 255).to(torch.uint8)
        return [np.asarray(picture) for picture in levels.numpy()]


@torch.no_grad()
def _example(pipe: Any) -> tuple[Tensor, Tensor]:
    """Latents (N, C) as the pipeline's loop sees them, and the colours (N, 3) of what they stand for, -1..1."""
    config, parameter = pipe.vae.config, next(pipe.vae.parameters())
    vae = pipe.vae if parameter.dtype is torch.float32 else copy.deepcopy(pipe.vae).float()
    side = SIDE * int(pipe.vae_scale_factor)
    with Image.open(SAMPLES) as samples:
        edge = min(samples.size)
        picture = samples.convert("RGB").crop((0, 0, edge, edge)).resize((side, side))
    pixels = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1  # (1, 3, H, W)
    encoded = vae.encode(pixels)
    latents = encoded.latent_dist.mean if hasattr(encoded, "latent_dist") else encoded.latent
    shift = getattr(config, "shift_factor", None) or 0.0
    latents = ((latents - shift) * config.scaling_factor)[0]  # (C, h, w)
    colours = torch.nn.functional.interpolate(pixels, size=latents.shape[-2:], mode="area")[0]  # (3, h, w)
    return latents.flatten(1).T, colours.flatten(1).T
