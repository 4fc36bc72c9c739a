"""The decoder of a VQGAN prepared for inference: the same pixels as `VQGAN.detokenize` up to rounding, much sooner.

In: a `VQGAN`. Out: a function from codes to pixels. It knows no precision.

With the native kernels, feature maps are (B, H, W, C), and a convolution takes along the doubling of the side before it
and the sum after it. Without, it is the network itself, with channels last in memory.
"""

import copy
import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.vqgan import VQGAN
from inference.models.vqgan_blocks import GROUPS, AttnBlock, Level, ResnetBlock
from inference.native.kernels import Kernels, one_thread
from inference.native.weights import WinogradWeight

LARGEST_MAPS = 8 << 20
"""Values of a feature map, of all pictures that are decoded together. The published VQGAN has as many for one picture;
of a smaller one it takes some to keep all threads busy."""


class ChannelsLast:
    """PyTorch's own convolutions, which like this order in memory better."""

    def __init__(self, network: VQGAN) -> None:
        self._network = network
        for part in list(network.decoder.modules()):
            if isinstance(part, nn.Conv2d):
                part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            if network.codebook.weight.device.type != "cpu":
                keep_channels_last(part)

    def __call__(self, codes: Tensor) -> Tensor:
        """Codes (B, L) of square pictures -> pixels (B, 3, H, W), unclipped."""
        if codes.device.type != "cpu":
            return self._network.detokenize(codes)
        # one by one, which takes no longer: in a batch PyTorch may round a value otherwise than alone
        return torch.cat([self._network.detokenize(one) for one in torch.split(codes, 1)])


def keep_channels_last(part: nn.Module) -> None:
    """Give a network's part norms that leave the channels last."""
    for name, norm in part.named_children():
        if isinstance(norm, nn.GroupNorm):
            setattr(part, name, ChannelsLastNorm(norm))


class ChannelsLastNorm(nn.Module):
    """A group norm of maps (B, C, H, W) whose channels lie last in memory, and stay there.

    PyTorch's own brings them into another order on a GPU, and the convolution that follows back again.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        mean = x.mean((2, 3), dtype=torch.float32)  # (B, C), summed in float32 also where x is in half precision
        square = torch.linalg.vector_norm(x, dim=(2, 3), dtype=torch.float32).square() / (height * width)  # (B, C)
        mean, square = (each.view(batch, GROUPS, -1).mean(-1) for each in (mean, square))  # (B, G)
        factor = (square - mean.square()).clamp_min(0).add(self.norm.eps).rsqrt()
        factor, mean = (each.repeat_interleave(channels // GROUPS, 1) for each in (factor, mean))  # (B, C)
        scale = factor * self.norm.weight
        shift = self.norm.bias - mean * scale
        scale, shift = (each.to(x.dtype)[:, :, None, None] for each in (scale, shift))
        return torch.addcmul(shift, x, scale)


class PackedDetokenizer:
    """All 3 × 3 convolutions by the native kernel. Not for two threads at once."""

    def __init__(self, network: VQGAN, kernels: Kernels) -> None:
        decoder = network.decoder
        kept = (network.codebook, network.post_quant_conv, network.skip)
        self._codebook, self._post_quant, self._skip = copy.deepcopy(kept)
        self._details = network.details
        self._maps = maps = Maps(kernels)
        self._conv_in = Convolution(decoder.conv_in, maps, "even")
        levels = [cast("Level", level) for level in reversed(decoder.up)]
        self._steps: list[Block | AttnBlock | Convolution | Doubling] = []  # a convolution doubles the side, too
        for part in (decoder.mid.block_1, decoder.mid.attn_1, decoder.mid.block_2):
            self._add(part)
        for number, level in enumerate(levels):
            for index, block in enumerate(level.block):
                self._add(block)
                if level.attn:
                    self._add(level.attn[index])
            if level.resample is not None:
                conv, role = level.resample.conv, "even" if number % 2 else "odd"
                self._steps.append(Doubling() if conv is None else Convolution(conv, maps, role))
        self._norm_out, self._conv_out = decoder.norm_out, Convolution(decoder.conv_out, maps, None)
        self._channels_out, self._patch = decoder.conv_out.out_channels, decoder.patch_size
        side = network.config.output_side // decoder.patch_size
        self._together = max(1, LARGEST_MAPS // (side**2 * decoder.conv_out.in_channels))

    @staticmethod
    def fits(network: VQGAN) -> bool:
        """Whether the kernel takes the network's widths."""
        return WinogradWeight.fits(network.decoder.conv_in.weight)

    def __call__(self, codes: Tensor) -> Tensor:
        """Codes (B, L) of square pictures -> pixels (B, 3, H, W), unclipped."""
        pixels = torch.cat([self._detokenize(some) for some in torch.split(codes, self._together)])
        if self._details is None:
            return pixels
        with one_thread():
            return self._details.add(pixels, codes, self._codebook.weight)

    def _detokenize(self, codes: Tensor) -> Tensor:
        side = math.isqrt(codes.shape[1])
        z = self._codebook(codes).view(len(codes), side, side, -1)  # (B, h, w, embed_dim)
        x = self._conv_in(linear(self._post_quant, z))
        for step in self._steps:
            if isinstance(step, Block | Doubling):
                x = step(x)
            elif isinstance(step, Convolution):
                x = step(x, doubled=True)
            else:
                # one by one: PyTorch's products round by how many rows a thread gets
                maps = [step(one) for one in torch.split(x.permute(0, 3, 1, 2), 1)]
                x = torch.cat(maps).permute(0, 2, 3, 1).contiguous()
        y = self._conv_out(self._maps.activated(x, self._norm_out))
        pixels = y[..., : self._channels_out].permute(0, 3, 1, 2)  # (B, 3 * patch², H, W)
        if self._patch > 1:
            pixels = F.pixel_shuffle(pixels, self._patch)
        if self._skip is not None:
            patches = linear(self._skip, z).permute(0, 3, 1, 2)  # (B, 3 * f², h, w), f pixels a code
            pixels = pixels + F.pixel_shuffle(patches, pixels.shape[-1] // side)
        return pixels

    def _add(self, part: nn.Module) -> None:
        if isinstance(part, ResnetBlock):
            self._steps.append(Block(part, self._maps))
        elif isinstance(part, AttnBlock):
            self._steps.append(copy.deepcopy(part))


class Maps:
    """Memory for feature maps (B, H, W, C), kept from one picture to the next, and what the kernels do with it.

    New memory the system fills with zeros, page by page, which took a fifth of a large picture's time.
    """

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels
        self._kept: dict[str, Tensor] = {}

    def take(self, role: str, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
        """A map of any content; what had this role before is overwritten."""
        size = math.prod(shape)
        if role not in self._kept or len(self._kept[role]) < size:
            self._kept[role] = torch.empty(size, dtype=dtype)
        return self._kept[role][:size].view(shape)

    def activated(self, x: Tensor, norm: nn.GroupNorm) -> Tensor:
        """`silu(norm(x))`, in float16."""
        active = self.take("active", x.shape, torch.float16)
        self.kernels.activate(x, *scale_and_shift(x, norm, self.kernels), active)
        return active


class Block:
    """A `ResnetBlock`: (B, H, W, in) -> (B, H, W, out). It may overwrite its input."""

    def __init__(self, block: ResnetBlock, maps: Maps) -> None:
        self._maps = maps
        self._norm1, self._norm2 = copy.deepcopy((block.norm1, block.norm2))
        self._conv1 = Convolution(block.conv1, maps, "inside a block")
        self._conv2 = Convolution(block.conv2, maps, None)
        self._shortcut = copy.deepcopy(block.nin_shortcut)

    def __call__(self, x: Tensor) -> Tensor:
        h = self._conv1(self._maps.activated(x, self._norm1))
        residual = x if self._shortcut is None else linear(self._shortcut, x)
        return self._conv2(self._maps.activated(h, self._norm2), residual=residual)


class Doubling:
    """Maps (B, H, W, C) -> (B, 2 H, 2 W, C), each value four times, where no convolution follows."""

    def __call__(self, x: Tensor) -> Tensor:
        return x.repeat_interleave(2, 1).repeat_interleave(2, 2)


def scale_and_shift(x: Tensor, norm: nn.GroupNorm, kernels: Kernels) -> tuple[Tensor, Tensor]:
    """What group norm multiplies by and adds to each channel of maps (B, H, W, C): (B, C) both."""
    batch, height, width, channels = x.shape
    sums = kernels.moments(x).double().sum(1)  # (B, 2, C)
    mean, square = (sums.view(batch, 2, GROUPS, -1).sum(-1) * GROUPS / (height * width * channels)).unbind(1)  # (B, G)
    factor = (square - mean.square()).clamp_min(0).add(norm.eps).rsqrt()
    factor, mean = (each.repeat_interleave(channels // GROUPS, 1) for each in (factor, mean))  # (B, C)
    scale = factor * norm.weight
    return scale.float(), (norm.bias - mean * scale).float()


class Convolution:
    """3 × 3 on maps (B, H, W, in) -> (B, H, W, out), or more channels, which are zero.

    The result has a `role` in `maps`; without one it is new, or takes the residual's place.
    """

    def __init__(self, conv: nn.Conv2d, maps: Maps, role: str | None) -> None:
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias
        self._weight = WinogradWeight(conv.weight, bias)
        self._maps, self._role = maps, role

    def __call__(self, x: Tensor, *, residual: Tensor | None = None, doubled: bool = False) -> Tensor:
        """See `Kernels.conv3x3`."""
        batch, height, width, _ = x.shape
        shape = (batch, height << doubled, width << doubled, self._weight.channels_out)
        out = residual if self._role is None else self._maps.take(self._role, shape)
        return self._maps.kernels.conv3x3(x, self._weight, residual=residual, doubled=doubled, out=out)


def linear(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """A 1 × 1 convolution of maps (B, H, W, C)."""
    return F.linear(x, conv.weight.flatten(1), conv.bias)
