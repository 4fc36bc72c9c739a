"""Which numbers a model computes with: a function of the setting, the device and what the processor has."""

import pytest
import torch

from inference.native.precision import Precision, Processor, choose_precision

CPU, GPU = torch.device("cpu"), torch.device("cuda")
OLD = Processor(has_bfloat16=False, has_int8=False)
PLAIN = Processor(has_bfloat16=False, has_int8=True)
BARE = Processor(has_bfloat16=True, has_int8=False)
NEW = Processor(has_bfloat16=True, has_int8=True)


@pytest.mark.parametrize(
    ("setting", "device", "processor", "chosen"),
    [
        ("auto", CPU, OLD, Precision.FLOAT32),
        ("auto", CPU, PLAIN, Precision.INT8),
        ("auto", CPU, NEW, Precision.INT8),
        ("auto", CPU, BARE, Precision.BFLOAT16),
        ("auto", GPU, OLD, Precision.FLOAT16),
        ("float32", CPU, NEW, Precision.FLOAT32),
        ("int8", CPU, NEW, Precision.INT8),
        ("bfloat16", GPU, OLD, Precision.BFLOAT16),
    ],
)
def test_choice(setting: str, device: torch.device, processor: Processor, chosen: Precision) -> None:
    """Auto takes what is fastest on such a processor; a name is taken at its word."""
    assert choose_precision(setting, device, processor) is chosen


@pytest.mark.parametrize(("device", "processor"), [(CPU, OLD), (GPU, NEW)])
def test_8_bits_need_their_kernels(device: torch.device, processor: Processor) -> None:
    """Where there are no kernels, int8 is refused, and the refusal says what to do."""
    with pytest.raises(ValueError, match=r"precision=int8 needs the native kernels.*take auto"):
        choose_precision("int8", device, processor)


def test_what_flows_between_layers() -> None:
    """Whole numbers are inside the products only; everything else stays float32."""
    assert [precision.dtype for precision in Precision] == [torch.float32, torch.bfloat16, torch.float16, torch.float32]


def test_this_processor_can_be_asked() -> None:
    """Whatever this machine is, auto finds something for it."""
    assert choose_precision("auto", CPU, Processor.here()) in Precision
