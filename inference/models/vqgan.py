"""VQGAN: pictures to a grid of codes and back.

In: pixels (B, 3, H, W) in 0..1, or codes (B, L) row by row. Out: codes, or pixels (unclipped: a little below 0 and
above 1 happens). It knows nothing of files, prompts or 8-bit pictures.

The convolutional encoder and the decoder are those of Esser et al. 2021, "Taming Transformers for High-Resolution
Image Synthesis" (https://arxiv.org/abs/2012.09841), as used by DALL·E mini. Two settings are additions for the
built-in model. `encoder="patch"` encodes every patch on its own, so that the codes of an object do not depend on what
surrounds it. `patch_size` ends the decoder in depth-to-space, so that most of its work happens on small feature maps;
with `linear_skip` its convolutions only add what neighbours know to the patches that each code means by itself.
`encoder="none"` is for models that were published without one: they can only decode.
The picture that comes out need not have the size of the picture that went in.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.config import ConfigError, read_config, require_choice
from inference.models.details import Details
from inference.models.vqgan_blocks import GROUPS, Downsample, Level, MidBlock, Upsample, group_norm


@dataclass(frozen=True)
class VQGANConfig:
    """Sizes of a VQGAN. The defaults are those of the original code's configuration class.

    `resolution` is the side in pixels of the pictures that the encoder was made for. `attn_resolutions` are sides of
    feature maps, so (16,) puts attention where a map is 16 wide for such a picture. Without `resamp_with_conv`, sides
    are halved by averaging and doubled by repetition alone.
    """

    ch: int = 128
    ch_mult: tuple[int, ...] = (1, 1, 2, 2, 4)
    num_res_blocks: int = 2
    attn_resolutions: tuple[int, ...] = (16,)
    resolution: int = 256
    in_channels: int = 3
    out_ch: int = 3
    z_channels: int = 256
    n_embed: int = 1024
    embed_dim: int = 256
    resamp_with_conv: bool = True
    patch_size: int = 1
    linear_skip: bool = False
    encoder: str = "conv"
    encoder_patch: int = 16

    def __post_init__(self) -> None:
        require_choice("VQGANConfig", "encoder", self.encoder, ("conv", "patch", "none"))
        for name in ("ch", "resolution", "z_channels", "n_embed", "embed_dim", "patch_size", "encoder_patch"):
            if getattr(self, name) < 1:
                raise ConfigError(f"VQGANConfig: {name}={getattr(self, name)} must be at least 1")
        if (self.in_channels, self.out_ch) != (3, 3):
            raise ConfigError(f"VQGANConfig: in_channels={self.in_channels}, out_ch={self.out_ch} must be 3, 3 (RGB)")
        if not 1 <= len(self.ch_mult) <= 10:
            raise ConfigError(f"VQGANConfig: ch_mult={self.ch_mult} must have 1 to 10 entries")
        if self.encoder == "conv" and self.num_res_blocks < 1:
            raise ConfigError("VQGANConfig: num_res_blocks=0 leaves a conv encoder no way to change its width")
        for multiple in (1, *self.ch_mult):
            if multiple < 1 or self.ch * multiple % GROUPS:
                raise ConfigError(f"VQGANConfig: ch * ch_mult = {self.ch * multiple} must be a multiple of {GROUPS}")
        if self.resolution % self.downscale:
            raise ConfigError(f"VQGANConfig: resolution={self.resolution} must be a multiple of {self.downscale}")

    @property
    def downscale(self) -> int:
        """Pixels of the input picture per code, along one side."""
        return self.encoder_patch if self.encoder == "patch" else 1 << (len(self.ch_mult) - 1)

    @property
    def grid_side(self) -> int:
        """Codes along one side of a picture of `resolution` pixels."""
        return self.resolution // self.downscale

    @property
    def output_side(self) -> int:
        """Pixels along one side of the picture decoded from `grid_side` × `grid_side` codes."""
        return self.grid_side * (1 << (len(self.ch_mult) - 1)) * self.patch_size

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From a config.json; raises `ConfigError` for anything that is not supported."""
        values = dict(values)
        levels = values.pop("num_resolutions", None)
        config = cls(
            **read_config(
                cls,
                values,
                fixed={"double_z": False, "give_pre_end": False},
                ignored=frozenset({"dropout"}),
            )
        )
        if levels not in (None, len(config.ch_mult)):
            raise ConfigError(f"VQGANConfig: num_resolutions={levels!r} but ch_mult has {len(config.ch_mult)} entries")
        return config

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that `from_dict` reads."""
        return dataclasses.asdict(self)


class VQGAN(nn.Module):
    """The two halves of the codec and the table of codes between them; with `details` what it draws is sharper."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        self.config = config
        encoders: dict[str, Callable[[VQGANConfig], nn.Module]] = {"conv": Encoder, "patch": PatchEncoder}
        self.encoder = encoders[config.encoder](config) if config.encoder in encoders else nn.Identity()
        self.quant_conv: nn.Module = (
            nn.Conv2d(config.z_channels, config.embed_dim, 1) if config.encoder == "conv" else nn.Identity()
        )
        self.codebook = nn.Embedding(config.n_embed, config.embed_dim)
        self.post_quant_conv = nn.Conv2d(config.embed_dim, config.z_channels, 1)
        self.decoder = Decoder(config)
        edge = config.output_side // config.grid_side
        self.skip = nn.Conv2d(config.embed_dim, 3 * edge**2, 1) if config.linear_skip else None
        self.details: Details | None = None

    def latents(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) in 0..1 -> (B, embed_dim, h, w), before the nearest codes are looked up.

        Raises `ValueError` where there is no encoder.
        """
        if self.config.encoder == "none":
            raise ValueError("this VQGAN has no encoder: it cannot read pictures")
        z: Tensor = self.quant_conv(self.encoder(pixels))
        return z

    def encode(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) in 0..1 -> codes (B, h*w), row by row."""
        z = self.latents(pixels).permute(0, 2, 3, 1).flatten(1, 2).float()  # (B, h*w, embed_dim)
        table = self.codebook.weight.float()  # (n_embed, embed_dim)
        # |z - e|^2 without |z|^2, which is the same for every code
        distance = table.square().sum(1) - 2 * (z @ table.T)  # (B, h*w, n_embed)
        return distance.argmin(-1)

    def decode_latents(self, z: Tensor) -> Tensor:
        """(B, embed_dim, h, w) -> pixels (B, 3, H, W), unclipped."""
        pixels: Tensor = self.decoder(self.post_quant_conv(z))
        if self.skip is not None:
            pixels = pixels + F.pixel_shuffle(self.skip(z), pixels.shape[-1] // z.shape[-1])
        return pixels

    def detokenize(self, indices: Tensor) -> Tensor:
        """Codes (B, L) of square pictures -> pixels (B, 3, H, W), unclipped. Raises `ValueError` if L is no square."""
        batch, length = indices.shape
        side = math.isqrt(length)
        if side * side != length:
            raise ValueError(f"{length} codes make no square picture")
        z = self.codebook(indices).view(batch, side, side, -1).permute(0, 3, 1, 2)  # (B, embed_dim, h, w)
        pixels = self.decode_latents(z)
        return pixels if self.details is None else self.details.add(pixels, indices, self.codebook.weight)


class Encoder(nn.Module):
    """(B, 3, H, W) -> (B, z_channels, H/f, W/f) with f = 2 ** (levels - 1)."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        widths = [config.ch * multiple for multiple in config.ch_mult]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(3, config.ch, 3, padding=1)
        self.down = nn.ModuleList(
            Level(
                config.ch if index == 0 else widths[index - 1],
                width,
                blocks=config.num_res_blocks,
                attention=config.resolution >> index in config.attn_resolutions,
                resample=None if index == last else Downsample(width, with_conv=config.resamp_with_conv),
            )
            for index, width in enumerate(widths)
        )
        self.mid = MidBlock(widths[-1])
        self.norm_out = group_norm(widths[-1])
        self.conv_out = nn.Conv2d(widths[-1], config.z_channels, 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.conv_in(pixels)  # (B, ch, H, W)
        for level in self.down:
            x = level(x)  # (B, ch * ch_mult[i], H / 2^(i+1), W / 2^(i+1)); the last level keeps its size
        x = self.mid(x)
        z: Tensor = self.conv_out(F.silu(self.norm_out(x)))  # (B, z_channels, H/f, W/f)
        return z


class PatchEncoder(nn.Module):
    """(B, 3, H, W) -> (B, embed_dim, H/f, W/f): each f × f patch on its own, projected onto its principal components.

    Distances between patches are then (nearly) those between their pixels, and the nearest row of the codebook is the
    nearest of the patches that the codebook was made of.
    """

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        self.patch = config.encoder_patch
        self.project = nn.Linear(3 * self.patch**2, config.embed_dim)

    def forward(self, pixels: Tensor) -> Tensor:
        x = F.pixel_unshuffle(pixels, self.patch).permute(0, 2, 3, 1)  # (B, h, w, 3 * f * f)
        z: Tensor = self.project(x)  # (B, h, w, embed_dim)
        return z.permute(0, 3, 1, 2)


class Decoder(nn.Module):
    """(B, z_channels, h, w) -> (B, 3, h*f, w*f) with f = 2 ** (levels - 1) * patch_size."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        widths = [config.ch * multiple for multiple in config.ch_mult]
        last = len(widths) - 1
        self.patch_size = config.patch_size
        self.conv_in = nn.Conv2d(config.z_channels, widths[-1], 3, padding=1)
        self.mid = MidBlock(widths[-1])
        self.up = nn.ModuleList(  # up[0] works at the full size and comes last
            Level(
                widths[min(index + 1, last)],
                width,
                blocks=config.num_res_blocks + 1,
                attention=config.grid_side << (last - index) in config.attn_resolutions,
                resample=None if index == 0 else Upsample(width, with_conv=config.resamp_with_conv),
            )
            for index, width in enumerate(widths)
        )
        self.norm_out = group_norm(widths[0])
        self.conv_out = nn.Conv2d(widths[0], 3 * config.patch_size**2, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid(self.conv_in(z))  # (B, ch * ch_mult[-1], h, w)
        for level in reversed(self.up):
            x = level(x)  # doubles the side, all but the last
        x = self.conv_out(F.silu(self.norm_out(x)))  # (B, 3 * patch_size^2, h * 2^(levels-1), ...)
        pixels: Tensor = F.pixel_shuffle(x, self.patch_size) if self.patch_size > 1 else x
        return pixels
