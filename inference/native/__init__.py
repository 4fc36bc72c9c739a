"""Three inner loops in C, built where a C compiler is there, and done without where none is.

In: float32 tensors on the CPU. Out: the same as PyTorch's operations give, up to rounding, in a fraction of the time.
kernels.c says how. It is compiled once a version into the user's cache folder; nothing is built or loaded at import.
"""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import structlog
import torch
import torch.nn.functional as F
from torch import Tensor, nn

log = structlog.get_logger(__name__)

SOURCE: Final = Path(__file__).with_name("kernels.c")
FLAGS: Final = ("-std=c11", "-O3", "-mavx2", "-mfma", "-mf16c", "-fopenmp", "-fPIC")
NEEDED: Final = ("avx2", "fma3", "f16c")
WIDE_FLAGS: Final = ("-mavx512f", "-mavx512vnni")
WIDE_NEEDED: Final = ("avx512_f", "avx512_vnni")
"""Where the processor has these too, the inner products use them."""

BUILD_SECONDS: Final = 120
LANES: Final = 8
PANEL: Final = 16
"""Output channels that lie side by side in a packed weight."""

WEIGHT_LEVELS: Final = 64
INPUT_OFFSET: Final = 128
"""8-bit weights go to ±64 and inputs to ±127: what the processor's instruction can add up without saturating."""

WINOGRAD_NORM: Final = 32767 - 16
"""What the norm of an output's weights for one plane is brought to; 16 for what rounding may add."""

_TINY: Final = torch.finfo(torch.float32).tiny
_TRANSFORM: Final = (
    (1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1),
)  # fmt: skip
"""G of Winograd's F(4, 3)."""


class Kernels:
    """The loaded library. Tensors must be float32 and contiguous unless said otherwise; `ValueError` if not."""

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))
        whole: Any = ctypes.c_int64
        pointer: Any = ctypes.c_void_p
        self._conv3x3 = library.conv3x3
        self._conv3x3.argtypes = [whole] * 7 + [pointer] * 6
        self._activate = library.activate
        self._activate.argtypes = [whole] * 3 + [pointer] * 4
        self._attend = library.attend
        self._attend.argtypes = [whole] * 4 + [pointer] * 3 + [whole] + [pointer] * 5
        self._multiply = library.multiply_int8
        self._multiply.argtypes = [whole] * 4 + [pointer, whole] + [pointer] * 10
        self._moments = library.moments
        self._moments.argtypes = [whole] * 3 + [pointer] * 2
        for function in (self._conv3x3, self._activate, self._moments, self._attend, self._multiply):
            function.restype = None

    def multiply(self, x: Tensor, weight: "Int8Weight", around: "Around", residual: Tensor | None = None) -> Tensor:
        """Rows (R, in), which may lie apart, or (R, 2 * in) where gated -> (R, out), in float32:

        `residual + after(weight @ before(gelu(gate) * up) + bias)`, each part where `around` asks for it.
        """
        rows, width = x.shape
        if width != weight.width_in * (1 + around.gated) or x.dtype is not torch.float32 or x.stride(1) != 1:
            raise ValueError(f"rows {tuple(x.shape)} of {x.dtype} do not fit to a weight of {weight.width_in} inputs")
        out = x.new_empty(rows, weight.width_out)
        if residual is not None and residual.shape != out.shape:
            raise ValueError(f"a residual {tuple(residual.shape)} cannot be added to an output {tuple(out.shape)}")
        _check("a residual", torch.float32, residual)
        self._multiply(
            rows, weight.width_in, weight.width_out, around.steps, x.data_ptr(), x.stride(0), *weight.pointers,
            *around.pointers, None if residual is None else residual.data_ptr(), out.data_ptr(),
        )  # fmt: skip
        return out

    def attend(
        self,
        q: Tensor,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        lengths: Tensor,
        new: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Queries (R, H * d), rows may lie apart, caches (S, H, room, d) in float16 -> (R, H * d).

        Row r reads the first `lengths[r]` positions, at least one, of slot `slots[r]`; both (R,) of int64. The last of
        those is written first from `new` keys and values, if there are any; they lie like the queries.
        """
        _, heads, room, width = keys.shape
        rows = len(slots)
        given = (q, *new) if new else (q,)
        if width % LANES or any(x.shape != (rows, heads * width) for x in given):
            raise ValueError(f"queries {tuple(q.shape)} do not fit to keys {tuple(keys.shape)} and {rows} rows")
        if any(x.dtype is not torch.float32 or x.stride() != (q.stride(0), 1) for x in given):
            raise ValueError("queries, new keys and new values must lie alike in memory, in float32")
        _check("caches", torch.float16, keys, values)
        _check("slots and lengths", torch.int64, slots, lengths)
        out = q.new_empty(rows, heads * width)
        new_keys, new_values = (None, None) if new is None else (new[0].data_ptr(), new[1].data_ptr())
        self._attend(
            rows, heads, width, room, q.data_ptr(), new_keys, new_values, q.stride(0), keys.data_ptr(),
            values.data_ptr(), slots.data_ptr(), lengths.data_ptr(), out.data_ptr(),
        )  # fmt: skip
        return out

    def activate(self, x: Tensor, scale: Tensor, shift: Tensor, out: Tensor) -> None:
        """`silu(x * scale + shift)` of maps (B, H, W, C) into `out`, alike, in float16; scale and shift (B, C)."""
        batch, height, width, channels = x.shape
        if channels % LANES or out.shape != x.shape or not scale.shape == shift.shape == (batch, channels):
            raise ValueError(f"maps {tuple(x.shape)}, {tuple(out.shape)} and scales {tuple(scale.shape)} do not fit")
        _check("maps", torch.float32, x, scale, shift)
        _check("active maps", torch.float16, out)
        pointers = (tensor.data_ptr() for tensor in (x, scale, shift, out))
        self._activate(batch, height * width, channels, *pointers)

    def conv3x3(
        self,
        x: Tensor,
        weight: "WinogradWeight",
        *,
        residual: Tensor | None = None,
        doubled: bool = False,
        out: Tensor | None = None,
    ) -> Tensor:
        """(B, H, W, in), also in float16, -> (B, H, W, out), channels last, padded with zeros; twice the side where
        `doubled`.

        `residual` is added to the output. The result is `out`, if there is one; `residual` may be it, `x` may not.
        """
        batch, height, width, channels = x.shape
        height, width = height << doubled, width << doubled
        if channels != weight.channels_in:
            raise ValueError(f"the input has {channels} channels, the convolution takes {weight.channels_in}")
        shape = (batch, height, width, weight.channels_out)
        out = x.new_empty(shape, dtype=torch.float32) if out is None else out
        if out.shape != shape or (residual is not None and residual.shape != shape):
            raise ValueError(f"a residual or a place for the output is not {shape}")
        half = x.dtype is torch.float16
        _check("maps", torch.float32, residual, out, None if half else x)
        _check("maps", x.dtype, x)
        self._conv3x3(
            batch, height, width, channels, weight.channels_out, int(doubled), int(half), x.data_ptr(),
            *weight.pointers, None if residual is None else residual.data_ptr(), out.data_ptr(),
        )  # fmt: skip
        return out

    def moments(self, x: Tensor) -> Tensor:
        """(B, H, W, C), C whole vectors -> (B, H, 2, C): sums over each line, of the values and of their squares."""
        batch, height, width, channels = x.shape
        if channels % LANES:
            raise ValueError(f"{channels} channels are no whole number of {LANES}")
        _check("maps", torch.float32, x)
        sums = x.new_empty(batch, height, 2, channels)
        self._moments(batch * height, width, channels, x.data_ptr(), sums.data_ptr())
        return sums


class Int8Weight:
    """Weights (out, in), one below the other, and bias (out,) as `Kernels.multiply` reads them: whole numbers, a scale
    for each output."""

    def __init__(self, *weights: Tensor, bias: Tensor | None = None) -> None:
        self.width_out, self.width_in = sum(map(len, weights)), weights[0].shape[1]
        rounded, scales, sums = zip(*map(_rounded, weights), strict=True)
        spare_out, spare_in = -self.width_out % PANEL, -self.width_in % LANES
        whole = _padded(torch.cat(rounded), spare_in, spare_out)
        fours = whole.view(torch.int32).view(len(whole) // PANEL, PANEL, -1)  # four inputs of one output stay together
        packed = fours.transpose(1, 2).contiguous()
        offset = _padded(torch.cat(sums), spare_out) * INPUT_OFFSET  # inputs are stored with this much added
        bias = None if bias is None else _padded(bias.float(), spare_out)
        self._kept = (packed, offset, _padded(torch.cat(scales), spare_out), bias)
        self.pointers = tuple(map(_pointer, self._kept))


class Around:
    """What stands before and after a product: a gate by GELU, layer norms, each with a weight and a bias or without."""

    def __init__(self, *, gated: bool = False, before: nn.Module | None = None, after: nn.Module | None = None) -> None:
        self.gated = gated
        self.steps = 1 * gated + 2 * (before is not None) + 4 * (after is not None)
        self._kept = tuple(
            None if value is None else value.detach().float().clone()
            for norm in (before, after)
            for value in (getattr(norm, "weight", None), getattr(norm, "bias", None))
        )
        self.pointers = tuple(map(_pointer, self._kept))


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
        scale = torch.linalg.vector_norm(taps, dim=1, keepdim=True).clamp_min_(_TINY) / WINOGRAD_NORM  # (out, 1, 36)
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


@functools.cache
def load_kernels() -> Kernels | None:
    """The fastest kernels for this processor; None, and a line in the log, where there can be none."""
    return build_kernels(FLAGS + WIDE_FLAGS if _has(WIDE_NEEDED) else FLAGS)


def build_kernels(flags: tuple[str, ...]) -> Kernels | None:
    """The kernels as these flags make them, built first where this user has not yet; None as in `load_kernels`."""
    able = platform.system() == "Linux" and _has(NEEDED)
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if not able or compiler is None:
        log.info("no native kernels", reason="no C compiler" if able else "not Linux on x86-64 with AVX2")
        return None
    try:
        return Kernels(_built(compiler, flags))
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("no native kernels", reason=str(error))
        return None


def _built(compiler: str, flags: tuple[str, ...]) -> Path:
    """The library's path; compiled into a file of another name first, so that no other process loads half of it."""
    openmp = sorted((Path(torch.__file__).parent / "lib").glob("libgomp*"))  # one pool of threads, not two
    made_from = SOURCE.read_bytes() + repr((flags, compiler, openmp)).encode()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "easel"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"kernels-{hashlib.sha256(made_from).hexdigest()[:16]}.so"
    if not path.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            built, unlinked = Path(scratch) / "kernels.so", Path(scratch) / "kernels.o"
            link = [str(openmp[0])] if openmp else ["-fopenmp"]
            for command in (
                [compiler, *flags, "-c", "-o", str(unlinked), str(SOURCE)],
                [compiler, "-shared", "-o", str(built), str(unlinked), *link],
            ):
                subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
            built.replace(path)
    return path


def _has(names: tuple[str, ...]) -> bool:
    known: Mapping[str, Any] = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return all(known.get(name) for name in names)


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _rounded(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(out, in) -> as int8, its scales (out,), and the sums of its rows (out,) as int32."""
    weight = weight.float()
    largest = torch.linalg.vector_norm(weight, torch.inf, 1).clamp_min_(_TINY)
    scale = largest / WEIGHT_LEVELS
    whole = (weight * scale.reciprocal()[:, None]).round_()
    return whole.to(torch.int8), scale, whole.sum(1).to(torch.int32)


def _padded(tensor: Tensor, *spare: int) -> Tensor:
    """With so many zeros more at the end of the last axis, and of the one before it."""
    return F.pad(tensor, [amount for each in spare for amount in (0, each)]) if any(spare) else tensor.clone()


def _check(what: str, dtype: torch.dtype, *tensors: Tensor | None) -> None:
    for tensor in tensors:
        if tensor is not None and not (
            tensor.dtype is dtype and tensor.is_contiguous() and tensor.device.type == "cpu"
        ):
            raise ValueError(f"{what} must be contiguous {dtype} on the CPU, not {tensor.dtype} on {tensor.device}")
