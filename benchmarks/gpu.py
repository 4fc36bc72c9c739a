"""The engine on a GPU: random weights of the published sizes, 1 to 144 pictures, against the GPU itself.

Prints a JSON object for each finding as it comes, and one with all of them in the last line. Seconds are of the wall
clock; a first run, in which graphs are recorded, is not counted. `share_of_limit` is the time that a step's weights and
caches take to be read at the bandwidth measured in the same run, or its products at the measured rate, whichever is
longer, as a share of the step's own time. `off` is the largest difference of logits from those in float32, as a share
of their spread. Needs no network. min-dalle is not compared: benchmarks/engine.py does that on a CPU.

    python -m benchmarks.gpu [--sizes mini,mega] [--pictures 1,9,36,144]
    python -m benchmarks.gpu --device cpu --sizes tiny --pictures 1,2     # whether the script itself works
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from benchmarks.published import F16_16384, MINI, TOKENIZER
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import ORIGINAL_SAMPLING
from inference.checkpoints.tokenizer_files import load_tokenizer
from inference.contract import MAX_IMAGES, GenerationRequest
from inference.engine.dalle import DalleCodeModel
from inference.engine.engine import Engine
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.native.precision import Precision
from inference.text.tokenizer import PromptTokenizer

MEGA = replace(
    MINI, d_model=2048, encoder_layers=24, decoder_layers=24, encoder_attention_heads=32, decoder_attention_heads=32,
    encoder_ffn_dim=4096, decoder_ffn_dim=4096,
)  # fmt: skip
"""dalle-mini/dalle-mega."""
TINY = replace(
    MINI, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
    encoder_ffn_dim=32, decoder_ffn_dim=32, image_length=16,
)  # fmt: skip
SIZES: dict[str, tuple[DalleBartConfig, VQGANConfig]] = {
    "mini": (MINI, F16_16384),
    "mega": (MEGA, F16_16384),
    "tiny": (TINY, replace(F16_16384, ch=32, ch_mult=(1, 1), resolution=8, attn_resolutions=())),
}
PROMPT = "a lighthouse in a storm, oil on canvas"


def model_of(size: str, slots: int, device: str, precision: Precision) -> DalleCodeModel:
    """Random weights, the same in every precision."""
    dalle_config, vqgan_config = SIZES[size]
    torch.manual_seed(0)
    with torch.device(device):
        dalle, vqgan = DalleBart(dalle_config), VQGAN(vqgan_config)
    for network in (dalle, vqgan):
        network.to(precision.dtype).eval().requires_grad_(requires_grad=False)
    with torch.no_grad():
        for part in (dalle.encoder, dalle.decoder):
            if part is not None:
                part.embed_tokens.weight.mul_(0.02)
    text = PromptTokenizer(
        load_tokenizer(TOKENIZER), length=dalle_config.max_text_length, vocab_size=dalle_config.encoder_vocab_size
    )
    checkpoint = Checkpoint(size, dalle, vqgan, text, ORIGINAL_SAMPLING)
    return DalleCodeModel(checkpoint, slots=slots, device=device, precision=precision)


def wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def seconds(run: Callable[[], object], rounds: int = 1) -> float:
    """Of one run, on average of `rounds` after one that is not counted."""
    run()
    wait()
    started = time.perf_counter()
    for _ in range(rounds):
        run()
    wait()
    return (time.perf_counter() - started) / rounds


def draw(engine: Engine, pictures: int) -> None:
    """From the prompt to PNG files, in as many generations as it takes."""
    for start in range(0, pictures, MAX_IMAGES):
        images = min(MAX_IMAGES, pictures - start)
        engine.add(str(start), GenerationRequest(PROMPT, images=images, seed=start, preview=False))
    while engine.busy:
        engine.step()


def step_of(model: DalleCodeModel, rows: int) -> Callable[[], torch.Tensor]:
    """A decode step of so many rows, in the middle of their pictures."""
    slots, middle = torch.arange(rows), model.image_length // 2
    model.prefill(slots, model.encode_texts([PROMPT, None])[slots % 2])
    tokens, positions = torch.zeros(rows, dtype=torch.long), torch.full((rows,), middle)
    return lambda: model.decode_one_token(slots, tokens, positions)


def roofline(size: str, rows: int, device: str, step: float, dtype: torch.dtype) -> dict[str, float]:
    """What the step could take at most of the GPU, measured here and now."""
    config, _ = SIZES[size]
    numbers = torch.ones(1 << 28 if device == "cuda" else 1 << 22, dtype=torch.float32, device=device)
    bandwidth = 2 * numbers.nbytes / seconds(lambda: numbers.add_(1.0), 5)  # read and written
    side = 8192 if device == "cuda" else 256
    square = torch.randn(side, side, device=device, dtype=dtype)
    rate = 2 * side**3 / seconds(lambda: square @ square, 5)
    layer = 8 * config.d_model**2 + 3 * config.d_model * config.decoder_ffn_dim
    weights = config.decoder_layers * layer + config.d_model * config.image_vocab_size
    caches = rows * config.decoder_layers * 2 * config.d_model * (config.image_length + config.max_text_length)
    limit = max((weights + caches) * dtype.itemsize / bandwidth, 2 * rows * weights / rate)
    return {"step_ms": step * 1e3, "limit_ms": limit * 1e3, "share_of_limit": limit / step,
            "bandwidth_gb_s": bandwidth / 1e9, "teraflops": rate / 1e12}  # fmt: skip


def measure(size: str, pictures: int, device: str) -> dict[str, Any]:
    """One model, so many pictures at once with guidance."""
    precision = Precision.FLOAT16 if device == "cuda" else Precision.FLOAT32
    rows = 2 * pictures
    model = model_of(size, rows, device, precision)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    found: dict[str, Any] = {"model": size, "pictures": pictures, "precision": precision}
    step = step_of(model, rows)
    found |= roofline(size, rows, device, seconds(step, 20), precision.dtype)
    exact = step_of(model_of(size, rows, device, Precision.FLOAT32), rows)()
    found["off"] = float((step() - exact).abs().max() / exact.std())
    codes = torch.zeros(pictures, model.image_length, dtype=torch.long)
    found["pixels_s"] = seconds(lambda: [model.detokenize(some) for some in torch.split(codes, 4)])
    engine = Engine(model)
    found["seconds"] = seconds(lambda: draw(engine, pictures))
    engine.close()
    if device == "cuda":
        found["peak_gb"] = torch.cuda.max_memory_allocated() / 1e9
    return found


def main(sizes: list[str], pictures: list[int], device: str) -> None:
    """Each finding as it comes, and all in the last line."""
    found = []
    for size in sizes:
        for count in pictures:
            found.append(measure(size, count, device))
            print(json.dumps(found[-1]), flush=True)
            if device == "cuda":
                torch.cuda.empty_cache()
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    print(json.dumps({"device": name, "torch": torch.__version__, "findings": found}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="mini,mega")
    parser.add_argument("--pictures", default="1,9,36,144")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    options = parser.parse_args()
    main(options.sizes.split(","), [int(count) for count in options.pictures.split(",")], options.device)
