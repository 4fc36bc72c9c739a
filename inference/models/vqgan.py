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

GROUPS = 32
EPSILON = 1e-6


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
    """The two halves of the codec and the table of codes between them."""

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
        return self.decode_latents(z)


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


class Level(nn.Module):
    """Residual blocks at one size, with attention after each where asked for, then a change of size."""

    def __init__(
        self,
        width_in: int,
        width: int,
        *,
        blocks: int,
        attention: bool,
        resample: "Downsample | Upsample | None",
    ) -> None:
        super().__init__()
        self.block = nn.ModuleList(ResnetBlock(width_in if index == 0 else width, width) for index in range(blocks))
        self.attn = nn.ModuleList(AttnBlock(width) for _ in range(blocks if attention else 0))
        self.resample = resample

    def forward(self, x: Tensor) -> Tensor:
        for index, block in enumerate(self.block):
            x = block(x)
            if self.attn:
                x = self.attn[index](x)
        out: Tensor = x if self.resample is None else self.resample(x)
        return out


class MidBlock(nn.Module):
    """Residual, attention, residual at the lowest size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.block_1 = ResnetBlock(width, width)
        self.attn_1 = AttnBlock(width)
        self.block_2 = ResnetBlock(width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return out


class ResnetBlock(nn.Module):
    """(B, width_in, H, W) -> (B, width, H, W)."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.norm1 = group_norm(width_in)
        self.conv1 = nn.Conv2d(width_in, width, 3, padding=1)
        self.norm2 = group_norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(width_in, width, 1) if width_in != width else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        out: Tensor = h + (x if self.nin_shortcut is None else self.nin_shortcut(x))
        return out


class AttnBlock(nn.Module):
    """Self-attention over all places of a feature map, one head as wide as the map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = group_norm(width)
        self.q = nn.Conv2d(width, width, 1)
        self.k = nn.Conv2d(width, width, 1)
        self.v = nn.Conv2d(width, width, 1)
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        q = self.q(h).flatten(2).transpose(1, 2)  # (B, H*W, C)
        k = self.k(h).flatten(2)  # (B, C, H*W)
        v = self.v(h).flatten(2).transpose(1, 2)  # (B, H*W, C)
        weights: Tensor = (q @ k * q.shape[-1] ** -0.5).softmax(-1)  # (B, H*W, H*W)
        h = (weights @ v).transpose(1, 2).reshape(x.shape)  # (B, C, H, W)
        out: Tensor = x + self.proj_out(h)
        return out


class Downsample(nn.Module):
    """Halves the side; the original pads one row and one column, at the bottom and at the right only."""

    def __init__(self, width: int, *, with_conv: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2) if with_conv else None

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = F.avg_pool2d(x, 2) if self.conv is None else self.conv(F.pad(x, (0, 1, 0, 1)))
        return out


class Upsample(nn.Module):
    """Doubles the side."""

    def __init__(self, width: int, *, with_conv: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1) if with_conv else None

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        out: Tensor = x if self.conv is None else self.conv(x)
        return out


def group_norm(width: int) -> nn.GroupNorm:
    """Every norm of a VQGAN."""
    return nn.GroupNorm(GROUPS, width, eps=EPSILON)
