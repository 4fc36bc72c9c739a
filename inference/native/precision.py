"""Which numbers a model computes with: the setting, and what the processor is good at.

In: "auto" or a name, the device, and what the processor can do. Out: a `Precision`. It knows no model.

    float32    every number as in the original: the parity tests run here
    int8       weights of the transformer in 8 bits, the inputs of its products in 8 or 16, caches in 16, all else in
               float32; for x86-64 processors, where the native kernels could be built
    bfloat16   weights and activations; for other processors with units for it (AMX, AVX-512 BF16)
    float16    weights and activations; for GPUs
"""

import enum
from dataclasses import dataclass

import torch

from inference.native.kernels import load_kernels


class Precision(enum.StrEnum):
    """What `choose_precision` decides between."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    INT8 = "int8"

    @property
    def dtype(self) -> torch.dtype:
        """The type of weights in memory, before they are packed, and of what flows between the layers."""
        return {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(self.value, torch.float32)


@dataclass(frozen=True)
class Processor:
    """What decides: units for bfloat16, without which it is a hundred times slower, and the kernels for 8 bits."""

    has_bfloat16: bool
    has_int8: bool

    @classmethod
    def here(cls) -> "Processor":
        """The processor that this process runs on."""
        flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return cls(
            has_bfloat16=bool(flags.get("avx512_bf16") or flags.get("amx_bf16")),
            has_int8=load_kernels() is not None,
        )


def choose_precision(setting: str, device: torch.device, processor: Processor) -> Precision:
    """The precision that `setting` names, or for "auto" the fastest whose rounding nobody sees. Raises `ValueError`."""
    if setting != "auto":
        chosen = Precision(setting)
        if chosen is Precision.INT8 and (device.type != "cpu" or not processor.has_int8):
            raise ValueError(f"precision=int8 needs the native kernels, which {device} does not have here; take auto")
        return chosen
    if device.type != "cpu":
        return Precision.FLOAT16
    if processor.has_int8:  # also where there are units for bfloat16: it draws two to three times as fast
        return Precision.INT8
    return Precision.BFLOAT16 if processor.has_bfloat16 else Precision.FLOAT32
