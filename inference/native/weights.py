"""Weights as the kernels read them, and the addresses of their parts.

In: tensors and modules of PyTorch. Out: packed copies of weights, and C structures (kernels.c: linear, layer) that
point to them and to caches. The objects keep alive what they point to; so must whoever passes an address on.
"""

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LANES: Final = 8
PANEL: Final = 16
"""Outputs that lie side by side in a packed weight."""

WEIGHT_LEVELS: Final = 64
INPUT_LEVELS: Final = 127
INPUT_OFFSET: Final = 128
"""8-bit weights go to ±64 and inputs to ±127: what the processor's instruction can add up without saturating."""

FINE_WEIGHT_LEVELS: Final = 127
FINE_INPUT_LEVELS: Final = 32767
LARGEST_SUM: Final = 2**31 - 1
"""Where fine, weights go to ±127, and inputs to what 16 bits hold, or to less where so many of their products could add
up to more than 32 bits hold."""

WINOGRAD_NORM: Final = 32767
"""What the norm of an output's weights for one plane is brought to, as that of the inputs is: by Cauchy and Schwarz no
sum of their products is more than half of what 32 bits hold."""

_TINY: Final = torch.finfo(torch.float32).tiny
_TRANSFORM: Final = (
    (1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1),
)  # fmt: skip
"""G of Winograd's F(4, 3)."""


class _Linear(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        *((name, ctypes.c_int64) for name in ("width_in", "width_out", "levels", "steps")),
        *((name, ctypes.c_void_p) for name in ("weight", "offset", "scale", "bias")),
        *((f"{where}_{name}", ctypes.c_void_p) for where in ("before", "after") for name in ("weight", "bias")),
    ]


class Int8Linear:
    """A product with what stands around it: `after(weight @ before(gelu(gate) * up) + bias)`, each part where it is.

    Weights (out, in), one below the other, become whole numbers, with a scale for each output; `bias` is (out,). The
    layer norms come with a weight and a bias or without. `gated` is an input (gate, up) of twice the width. Where
    `fine`, inputs have 16 bits instead of 8, and weights twice as many levels; a product takes up to twice as long.
    """

    def __init__(
        self,
        *weights: Tensor,
        bias: Tensor | None = None,
        gated: bool = False,
        fine: bool = False,
        before: nn.Module | None = None,
        after: nn.Module | None = None,
    ) -> None:
        self.width_out, self.width_in = sum(map(len, weights)), weights[0].shape[1]
        self.gated = gated
        weight_levels = FINE_WEIGHT_LEVELS if fine else WEIGHT_LEVELS
        rounded, scales = zip(*(_rounded(weight, weight_levels) for weight in weights), strict=True)
        spare_out, spare_in = -self.width_out % PANEL, -self.width_in % LANES
        whole = _padded(torch.cat(rounded), spare_in, spare_out)
        words = whole.view(torch.int16 if fine else torch.int32)  # two or four inputs of one output stay together
        packed = words.view(len(whole) // PANEL, PANEL, -1).transpose(1, 2).contiguous()
        # inputs of 8 bits are stored with this much added
        offset = None if fine else whole.sum(1, dtype=torch.int32) * INPUT_OFFSET
        most = LARGEST_SUM // (FINE_WEIGHT_LEVELS * self.width_in)
        levels = min(FINE_INPUT_LEVELS, most) if fine else INPUT_LEVELS
        bias = None if bias is None else _padded(bias.float(), spare_out)
        norms = (
            None if value is None else value.detach().float().clone()
            for norm in (before, after)
            for value in (getattr(norm, "weight", None), getattr(norm, "bias", None))
        )
        self._kept = (packed, offset, _padded(torch.cat(scales), spare_out), bias, *norms)
        steps = 1 * gated + 2 * (before is not None) + 4 * (after is not None) + 8 * fine
        self._structure = _Linear(self.width_in, self.width_out, levels, steps, *map(_pointer, self._kept))
        self.address = ctypes.addressof(self._structure)


class _Layer(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        (name, ctypes.c_void_p)
        for name in (
            "qkv", "out", "text_q", "text_out", "gate_up", "down", "keys", "values", "text_keys", "text_values",
        )
    ]  # fmt: skip


class Int8Layers:
    """All layers of a decoder. Of each its products (queries, keys and values in one; output; queries of the text;
    output; gate and up; down), and its caches in float16: keys and values (S, H, room, d), and the text's.

    Raises `ValueError` for shapes that do not go together.
    """

    def __init__(self, layers: Sequence[tuple[Sequence[Int8Linear], Sequence[Tensor]]]) -> None:
        self._kept = list(layers)
        ((*_, down), (keys, _, text_keys, _)), *_ = self._kept
        slots, heads, room, width = keys.shape
        text_room = text_keys.shape[2]
        self.width = heads * width
        self.sizes = (heads, width, room, text_room)
        for products, caches in self._kept:
            ways = [(product.width_in * (1 + product.gated), product.width_out) for product in products]
            square, inner = (self.width, self.width), 2 * down.width_in
            wanted = [(self.width, 3 * self.width), square, square, square, (self.width, inner), (inner, self.width)]
            if ways != wanted or [product.gated for product in products] != [False] * 5 + [True]:
                raise ValueError(f"products {ways} make no layer of {self.width} values")
            shapes = [tuple(cache.shape) for cache in caches]
            rooms = (room, room, text_room, text_room)
            if width % LANES or shapes != [(slots, heads, length, width) for length in rooms]:
                raise ValueError(f"caches {shapes} make no layer")
            check("caches", torch.float16, *caches)
        self._structures = (_Layer * len(self._kept))(
            *(
                _Layer(*(product.address for product in products), *(cache.data_ptr() for cache in caches))
                for products, caches in self._kept
            )
        )
        self.address = ctypes.addressof(self._structures)

    def __len__(self) -> int:
        return len(self._kept)


class WinogradWeight:
    """The weight (out, in, 3, 3) and bias of a convolution as `Kernels.conv3x3` reads them: transformed, in 16 bits.

    Outputs are filled up to a whole number of panels; what is added comes out as zeros.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        spare = -len(weight) % PANEL
        weight, bias = F.pad(weight, (0, 0, 0, 0, 0, 0, 0, spare)), F.pad(bias, (0, spare))
        self.channels_out, self.channels_in = weight.shape[:2]
        if not self.fits(weight):
            raise ValueError(f"a convolution {tuple(weight.shape)} has no packed form")
        g = torch.tensor(_TRANSFORM)
        taps = weight.float().flatten(2) @ torch.kron(g, g).T  # (out, in, 36)
        scale = (torch.linalg.vector_norm(taps, dim=1, keepdim=True) / WINOGRAD_NORM).clamp_min_(_TINY)  # (out, 1, 36)
        whole = (taps / scale).round_().to(torch.int16)
        pairs = whole.view(-1, PANEL, self.channels_in // 2, 2, len(g) ** 2).permute(0, 4, 2, 1, 3)
        packed = pairs.contiguous()  # (out / 16, 36, in / 2, 16, 2); aligned to 64 bytes, as the kernel needs it
        self._kept = (packed, scale.view(-1, PANEL, len(g) ** 2).transpose(1, 2).contiguous(), bias.float().clone())
        self.pointers = tuple(map(_pointer, self._kept))

    @staticmethod
    def fits(weight: Tensor) -> bool:
        """Whether the kernel can do it: 3 × 3, inputs in whole vectors."""
        _, channels, *window = weight.shape
        return window == [3, 3] and channels % LANES == 0


def check(what: str, dtype: torch.dtype, *tensors: Tensor | None) -> None:
    """Raises `ValueError`, naming `what`, for a tensor of another type, that lies apart or on another device."""
    for tensor in tensors:
        if tensor is not None and not (
            tensor.dtype is dtype and tensor.is_contiguous() and tensor.device.type == "cpu"
        ):
            raise ValueError(f"{what} must be contiguous {dtype} on the CPU, not {tensor.dtype} on {tensor.device}")


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _rounded(weight: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """(out, in) -> as int8, and its scales (out,)."""
    weight = weight.float()
    scale = (torch.linalg.vector_norm(weight, torch.inf, 1) / levels).clamp_min_(_TINY)
    whole = (weight * scale.reciprocal()[:, None]).round_()
    return whole.to(torch.int8), scale


def _padded(tensor: Tensor, *spare: int) -> Tensor:
    """With so many zeros more at the end of the last axis, and of the one before it."""
    return F.pad(tensor, [amount for each in spare for amount in (0, each)]) if any(spare) else tensor.clone()
