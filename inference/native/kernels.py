"""Inner loops in C, built where a C compiler is there, and done without where none is.

In: float32 tensors on the CPU. Out: the same as PyTorch's operations give, up to rounding, in a fraction of the time.
kernels.c says how. It is compiled once a version into the user's cache folder; nothing is built or loaded at import.
"""

import contextlib
import ctypes
import functools
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import structlog
import torch
from torch import Tensor

from inference.native.library import being_loaded, built_library
from inference.native.weights import LANES, Int8Layers, Int8Linear, WinogradWeight, check

log = structlog.get_logger(__name__)

SOURCE: Final = Path(__file__).with_name("kernels.c")
FLAGS: Final = ("-std=c11", "-O3", "-mavx2", "-mfma", "-mf16c", "-fopenmp", "-fPIC")
NEEDED: Final = ("avx2", "fma3", "f16c")
WIDE_FLAGS: Final = ("-mavx512f", "-mavx512bw", "-mavx512vnni")
WIDE_NEEDED: Final = ("avx512_f", "avx512_bw", "avx512_vnni")
"""Where the processor has these too, the inner products use them."""


class Kernels:
    """The loaded library. Tensors must be float32 and contiguous unless said otherwise; `ValueError` if not."""

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))
        whole: Any = ctypes.c_int64
        pointer: Any = ctypes.c_void_p

        def function(name: str, *arguments: Any) -> Any:
            found = getattr(library, name)
            found.argtypes, found.restype = arguments, None
            return found

        self._multiply = function("multiply_int8", pointer, whole, pointer, whole, pointer, pointer)
        self._attend = function("attend", *[whole] * 4, *[pointer] * 3, whole, *[pointer] * 5)
        self._decode = function("decode", whole, pointer, *[whole] * 5, *[pointer] * 4)
        self._activate = function("activate", *[whole] * 3, *[pointer] * 4)
        self._conv3x3 = function("conv3x3", *[whole] * 7, *[pointer] * 6)
        self._moments = function("moments", *[whole] * 3, *[pointer] * 2)
        # of the OpenMP that it is linked with; both are the calling thread's own
        self._get_threads, self._set_threads = library.omp_get_max_threads, library.omp_set_num_threads

    @contextlib.contextmanager
    def one_thread(self) -> Iterator[None]:
        """What the calling thread computes inside takes no other core: small products only wait for company."""
        before = self._get_threads()
        self._set_threads(1)
        try:
            yield
        finally:
            self._set_threads(before)

    def multiply(self, x: Tensor, linear: Int8Linear, residual: Tensor | None = None) -> Tensor:
        """Rows (R, in), which may lie apart, or (R, 2 * in) where gated -> (R, out), in float32, plus the residual."""
        rows, width = x.shape
        if width != linear.width_in * (1 + linear.gated) or x.dtype is not torch.float32 or x.stride(1) != 1:
            raise ValueError(f"rows {tuple(x.shape)} of {x.dtype} do not fit to a weight of {linear.width_in} inputs")
        out = x.new_empty(rows, linear.width_out)
        if residual is not None and residual.shape != out.shape:
            raise ValueError(f"a residual {tuple(residual.shape)} cannot be added to an output {tuple(out.shape)}")
        check("a residual", torch.float32, residual)
        self._multiply(
            linear.address, rows, x.data_ptr(), x.stride(0), None if residual is None else residual.data_ptr(),
            out.data_ptr(),
        )  # fmt: skip
        return out

    def decode(self, x: Tensor, layers: Int8Layers, slots: Tensor, lengths: Tensor, text_lengths: Tensor) -> Tensor:
        """Rows (R, D) through all layers -> (R, D); they read and write the caches as in `attend`.

        `slots`, `lengths` and `text_lengths` are (R,) of int64.
        """
        x = x.clone(memory_format=torch.contiguous_format)
        rows = slots.shape
        if x.shape != (*rows, layers.width) or not rows == lengths.shape == text_lengths.shape:
            raise ValueError(f"{len(slots)} rows {tuple(x.shape)} do not fit to layers of {layers.width} inputs")
        check("rows", torch.float32, x)
        check("slots and lengths", torch.int64, slots, lengths, text_lengths)
        self._decode(
            len(layers), layers.address, len(x), *layers.sizes, slots.data_ptr(), lengths.data_ptr(),
            text_lengths.data_ptr(), x.data_ptr(),
        )  # fmt: skip
        return x

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
        fits = keys.shape == values.shape and slots.shape == lengths.shape and width % LANES == 0
        if not fits or any(x.shape != (rows, heads * width) for x in given):
            raise ValueError(f"queries {tuple(q.shape)} do not fit to keys {tuple(keys.shape)} and {rows} rows")
        if any(x.dtype is not torch.float32 or x.stride() != (q.stride(0), 1) for x in given):
            raise ValueError("queries, new keys and new values must lie alike in memory, in float32")
        check("caches", torch.float16, keys, values)
        check("slots and lengths", torch.int64, slots, lengths)
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
        check("maps", torch.float32, x, scale, shift)
        check("active maps", torch.float16, out)
        pointers = (tensor.data_ptr() for tensor in (x, scale, shift, out))
        self._activate(batch, height * width, channels, *pointers)

    def conv3x3(
        self,
        x: Tensor,
        weight: WinogradWeight,
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
        check("maps", torch.float16 if half else torch.float32, x)
        check("maps", torch.float32, residual, out)
        if batch and out.data_ptr() == x.data_ptr():
            raise ValueError("a convolution cannot write where it still reads")
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
        check("maps", torch.float32, x)
        sums = x.new_empty(batch, height, 2, channels)
        self._moments(batch * height, width, channels, x.data_ptr(), sums.data_ptr())
        return sums


@functools.cache
def load_kernels() -> Kernels | None:
    """The fastest kernels for this processor; None, and a line in the log, where there can be none."""
    return build_kernels(FLAGS + WIDE_FLAGS if _has(WIDE_NEEDED) else FLAGS)


def one_thread() -> contextlib.AbstractContextManager[None]:
    """`Kernels.one_thread`, also for PyTorch's operations; nothing where there are no kernels."""
    kernels = load_kernels()
    return kernels.one_thread() if kernels else contextlib.nullcontext()


def build_kernels(flags: tuple[str, ...]) -> Kernels | None:
    """The kernels as these flags make them, built first where this user has not yet; None as in `load_kernels`."""
    able = platform.system() == "Linux" and _has(NEEDED)
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if not able or compiler is None:
        log.info("kernels.absent", reason="no C compiler" if able else "not Linux on x86-64 with AVX2")
        return None
    try:
        path = built_library(SOURCE, compiler, flags)
        with being_loaded(path):
            kernels = Kernels(path)
            kernels.moments(torch.zeros(1, 1, 1, LANES))  # what cannot run here at all should end here
        return kernels
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("kernels.absent", reason=str(error))
        return None


def _has(names: tuple[str, ...]) -> bool:
    known: Mapping[str, Any] = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return all(known.get(name) for name in names)
