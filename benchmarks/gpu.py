"""The engine on a GPU: random weights of the published sizes, 1 to 144 pictures, against the GPU itself and min-dalle.

Prints a JSON object for each finding as it comes, and one with all of them in the last line. Needs no network. Seconds
are of the wall clock; a first run, in which graphs are recorded, is not counted.

    seconds, pixels_s   from prompts to PNG files, and from codes to pixels alone; pixels_native_s with PyTorch's norms
    share_of_limit      of a step in the middle: the time that its weights and caches take to be read at the bandwidth
                        measured in the same run, or its products at the measured rate, whichever is longer, as a share
                        of the step's own time; codes_share is that of all steps, of the time that the codes took
    off, pixels_off     from float32: the largest difference of logits as a share of their spread, the mean one of
                        pixels in levels of 255
    repeatable          whether a seed drew the same files twice
    peak_gb             of the GPU's memory, weights included
    peer                min-dalle with as many pictures, in half precision, if it is installed: pip install '.[bench]'

What would begin after --minutes is left out, and named; what fails is named, and the others go on.

    python -m benchmarks.gpu [--sizes mini,mega] [--pictures 9,144,1,36] [--minutes 5]
    python -m benchmarks.gpu --device cpu --sizes tiny --pictures 1,4     # whether the script itself works
"""

import argparse
import gc
import importlib.util
import json
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from benchmarks.peer_min_dalle import draw as draw_by_peer
from benchmarks.peer_min_dalle import make as make_peer
from benchmarks.published import F16_16384, MINI, TOKENIZER
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import ORIGINAL_SAMPLING
from inference.checkpoints.tokenizer_files import load_tokenizer
from inference.contract import MAX_IMAGES, Failed, GenerationRequest, Image
from inference.engine.dalle import DalleCodeModel
from inference.engine.engine import DETOKENIZED_TOGETHER as TOGETHER
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
    dalle_config, _ = SIZES[size]
    torch.manual_seed(0)
    with torch.device(device):
        dalle = DalleBart(dalle_config)
    dalle.to(precision.dtype).eval().requires_grad_(requires_grad=False)
    with torch.no_grad():
        for part in (dalle.encoder, dalle.decoder):
            if part is not None:
                part.embed_tokens.weight.mul_(0.02)
    text = PromptTokenizer(
        load_tokenizer(TOKENIZER), length=dalle_config.max_text_length, vocab_size=dalle_config.encoder_vocab_size
    )
    checkpoint = Checkpoint(size, dalle, vqgan_of(size, device, precision), text, ORIGINAL_SAMPLING)
    return DalleCodeModel(checkpoint, slots=slots, device=device, precision=precision)


def vqgan_of(size: str, device: str, precision: Precision) -> VQGAN:
    """As `model_of`."""
    torch.manual_seed(1)
    with torch.device(device):
        vqgan = VQGAN(SIZES[size][1])
    return vqgan.to(precision.dtype).eval().requires_grad_(requires_grad=False)


def seconds(run: Callable[[], object], rounds: int = 1) -> float:
    """Of one run, on average of `rounds` after one that is not counted."""
    run()
    wait()
    started = time.perf_counter()
    for _ in range(rounds):
        run()
    wait()
    return (time.perf_counter() - started) / rounds


def draw(engine: Engine, pictures: int) -> list[bytes]:
    """From the prompt to PNG files, in as many generations as it takes.  Raises RuntimeError where one fails."""
    for start in range(0, pictures, MAX_IMAGES):
        images = min(MAX_IMAGES, pictures - start)
        engine.add(str(start), GenerationRequest(PROMPT, images=images, seed=start, preview=False))
    files: dict[int, bytes] = {}
    while engine.busy:
        for _, event in engine.step():
            match event:
                case Failed():
                    raise RuntimeError(f"not drawn: {event}")
                case Image(_, seed, png=png):
                    files[seed] = png
    return [files[seed] for seed in sorted(files)]


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


def exact(size: str, pictures: int, device: str, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of a step, and the pixels of some codes, in float32."""
    model = model_of(size, 2 * pictures, device, Precision.FLOAT32)
    return step_of(model, 2 * pictures)(), model.detokenize(codes)


def measure(size: str, pictures: int, device: str) -> dict[str, Any]:
    """One model of ours, so many pictures at once with guidance."""
    precision = Precision.FLOAT16 if device == "cuda" else Precision.FLOAT32
    rows, length = 2 * pictures, SIZES[size][0].image_length
    codes = torch.randint(1000, (pictures, length), generator=torch.Generator().manual_seed(0))
    true_logits, true_pixels = exact(size, pictures, device, codes[:TOGETHER])
    forget(device)
    model = model_of(size, rows, device, precision)
    found: dict[str, Any] = {"model": size, "pictures": pictures, "precision": precision}
    step = step_of(model, rows)
    found["off"] = float((step() - true_logits).abs().max() / true_logits.std())
    found["pixels_off"] = float((model.detokenize(codes[:TOGETHER]).float() - true_pixels.float()).abs().mean())
    found |= roofline(size, rows, device, seconds(step, 20), precision.dtype)
    parts = torch.split(codes, TOGETHER)
    found["pixels_s"] = seconds(lambda: [model.detokenize(some) for some in parts])
    native = vqgan_of(size, device, precision)
    with torch.no_grad():
        found["pixels_native_s"] = seconds(lambda: [native.detokenize(some.to(device)) for some in parts])
    engine = Engine(model)
    files = [draw(engine, pictures)]
    forget(device)
    found["seconds"] = seconds(lambda: files.append(draw(engine, pictures)))
    found["peak_gb"] = torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else None
    engine.close()
    found["repeatable"] = files[0] == files[1]
    found["codes_share"] = length * found["limit_ms"] / 1e3 / (found["seconds"] - found["pixels_s"])
    return found


def measure_peer(size: str, pictures: int, device: str) -> dict[str, Any]:
    """min-dalle with as many pictures; in half precision on a GPU."""
    forget(device)
    torch.manual_seed(0)
    peer = make_peer(size, device, torch.float16 if device == "cuda" else torch.float32)
    draw_by_peer(peer, 1)  # a warm-up
    found = {f"peer_{name}": value for name, value in draw_by_peer(peer, pictures).items()}
    if device == "cuda":
        found["peer_peak_gb"] = torch.cuda.max_memory_allocated() / 1e9
    return {"model": size, "pictures": pictures, **found}


def wait() -> None:
    """For a GPU to have done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def forget(device: str) -> None:
    """What was in the GPU's memory at most, and what nobody needs any more."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def main(sizes: list[str], pictures: list[int], device: str, minutes: float, *, peer: bool) -> dict[str, Any]:
    """Each finding as it comes, and all in the last line."""
    deadline = time.monotonic() + 60 * minutes
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    every: dict[str, Any] = {"device": name, "torch": torch.__version__, "findings": [], "left_out": []}
    for size in sizes:
        for count in pictures:
            for who in (measure, measure_peer) if peer else (measure,):
                if time.monotonic() > deadline:
                    every["left_out"].append([who.__name__, size, count])
                    continue
                try:
                    found = who(size, count, device)
                except Exception as error:  # noqa: BLE001  # the GPU is lent for minutes: the others are still wanted
                    traceback.print_exc()
                    found = {"model": size, "pictures": count, "who": who.__name__, "failed": repr(error)}
                every["findings"].append(found)
                print(json.dumps(found), flush=True)
    every["ratios"] = ratios(every["findings"])
    print(json.dumps(every))
    return every


def ratios(findings: list[dict[str, Any]]) -> dict[str, float]:
    """How many times as fast ours was, by size and pictures."""
    ours = {(found["model"], found["pictures"]): found["seconds"] for found in findings if "seconds" in found}
    return {
        f"{size}_{count}": found["peer_seconds"] / ours[size, count]
        for found in findings
        for size, count in [(found["model"], found["pictures"])]
        if "peer_seconds" in found and (size, count) in ours
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="mini,mega")
    parser.add_argument("--pictures", default="9,144,1,36", help="square numbers: min-dalle draws square grids only")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args()
    counts = [int(count) for count in options.pictures.split(",")]
    installed = importlib.util.find_spec("min_dalle") is not None
    main(options.sizes.split(","), counts, options.device, options.minutes, peer=installed)
