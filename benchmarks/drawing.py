"""Drawing through the engine, with a stopwatch; also the process that benchmarks/engine.py asks for it.

As a process: one JSON command a line on standard input, one JSON answer a line on standard output.
"""

import argparse
import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.published import MINI
from inference.contract import Done, Failed, GenerationRequest, Image, Progress
from inference.engine.dalle import DalleCodeModel
from inference.engine.engine import Engine
from inference.engine.loading import LoadOptions, load_engine
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.packed.linear import Packer, linear_of
from inference.native.cores import usable_cores
from inference.native.kernels import load_kernels
from inference.native.precision import Precision

PROMPT = "a small red house beside a lake in the evening, painted in watercolour"


@dataclass(frozen=True)
class Drawn:
    """Seconds of one order: in all, up to the first preview or picture, and in which of the two halves."""

    seconds: float
    codes: float
    pixels: float
    first_preview: float | None


class Stopwatch:
    """An engine whose time in `detokenize` is counted. Raises `TypeError` for a model that is none of ours."""

    def __init__(self, engine: Engine) -> None:
        if not isinstance(engine.model, DalleCodeModel):
            raise TypeError(f"{engine.model.name} is no model of ours")
        self.engine, self.model = engine, engine.model
        self.pixels = 0.0
        model = self.model
        detokenize = model.detokenize

        def timed(codes: Tensor) -> Tensor:
            started = time.perf_counter()
            pixels = detokenize(codes)
            self.pixels += time.perf_counter() - started
            return pixels

        model.detokenize = timed  # type: ignore[method-assign]  # the one place where codes become pixels

    def draw(self, images: int, *, preview: bool = False, orders: int = 1) -> Drawn:
        """`orders` orders of so many pictures each, all at once."""
        self.pixels, first, left, started = 0.0, None, orders, time.perf_counter()
        for number in range(orders):
            request = GenerationRequest(prompt=f"{PROMPT} {number}", images=images, seed=number, preview=preview)
            self.engine.add(f"{number}", request)
        while left:
            for _, event in self.engine.step():
                match event:
                    case Failed(_, message):
                        raise RuntimeError(message)
                    case Image() | Progress(_, bytes()):
                        first = first or time.perf_counter() - started
                    case Done():
                        left -= 1
        seconds = time.perf_counter() - started
        return Drawn(seconds, seconds - self.pixels, self.pixels, first)


def load(model: str, precision: str) -> Stopwatch:
    """The model on all cores, its file's pages wherever they are."""
    return Stopwatch(load_engine(model, LoadOptions(usable_cores(), precision)))


def forget_file(folder: Path) -> None:
    """Drop a checkpoint's pages from the system's cache, as after a restart of the machine."""
    for path in folder.rglob("*.safetensors"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def best(run: Callable[[], object], rounds: int = 9) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def bandwidth() -> float:
    """Bytes a second that all threads together read from memory."""
    numbers = torch.ones(64 << 20)  # 256 MB, far more than any cache
    return numbers.numel() * 4 / best(numbers.sum)


def peak_memory() -> int:
    """Bytes that this process had in memory at most, pages of mapped files included, since `forget_peak`."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget_peak() -> None:
    """So that what loading took does not hide what drawing takes, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def serve() -> None:
    """Answer commands: {"draw": images}, {"step": rows}, {}."""
    options = json.loads(read_command(__doc__))
    started = time.perf_counter()
    watch = load(options["model"], options["precision"])
    answer: dict[str, Any] = {"load_s": time.perf_counter() - started, "precision": watch.model.precision}
    answer["peak_memory"] = peak_memory()
    forget_peak()
    print(json.dumps(answer), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if "draw" in command:
            answer = asdict(watch.draw(command["draw"]))
        elif "step" in command:
            answer = roofline(watch.model, MINI, command["step"])
        print(json.dumps(answer | {"peak_memory": peak_memory()}), flush=True)


def read_command(about: str | None) -> str:
    """The one argument of a process that benchmarks.engine starts, a JSON object; `--help` says what it is for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("options", help="a JSON object, as benchmarks.engine gives it; commands come on standard input")
    options: str = parser.parse_args().options
    return options


def roofline(model: DalleCodeModel, config: DalleBartConfig, rows: int) -> dict[str, float]:
    """A decode step in the middle of a picture against what the machine can do.

    The limit is the time that the step's products take at the rate measured for the same number of rows, one matrix
    after the other and nothing else, plus the time to read the step's keys and values at the measured bandwidth.
    """
    slots, position = torch.arange(rows), model.image_length // 2
    model.prefill(slots, model.encode_texts([PROMPT, None])[slots % 2])
    tokens, positions = torch.zeros(rows, dtype=torch.long), torch.full((rows,), position)
    width, inner = config.d_model, config.decoder_ffn_dim
    layer = [(3 * width, width), *[(width, width)] * 3, (2 * inner, width), (width, inner)]
    shapes = [*layer * config.decoder_layers, (model.vocab_size, width)]
    pack = Packer(model.precision, load_kernels())
    products = [(pack(linear_of(torch.randn(shape), None)), torch.randn(rows, shape[1])) for shape in shapes]
    with torch.inference_mode():
        step = best(lambda: model.decode_one_token(slots, tokens, positions), 25)
        multiply = best(lambda: [product(x) for product, x in products], 25)
    kept = 2 if model.precision is Precision.INT8 else model.precision.dtype.itemsize
    rate = bandwidth()
    limit = multiply + rows * position * config.decoder_layers * 2 * width * kept / rate
    return {
        "step_ms": step * 1e3,
        "products_ms": multiply * 1e3,
        "gigaflops": 2 * rows * sum(out * into for out, into in shapes) / multiply / 1e9,
        "bandwidth_gb_s": rate / 1e9,
        "limit_ms": limit * 1e3,
        "share_of_limit": limit / step,
    }


if __name__ == "__main__":
    serve()
