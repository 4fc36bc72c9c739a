"""What our path costs over calling a pipeline of diffusers directly: the same pictures, from the same pipeline.

Rounds alternate between three: the pipeline called by itself, with its pictures written as PNG; through the backend as
the server has it; and that with previews. Prints one JSON object: seconds by the clock, and of the processor, which are
the ones to believe on a busy machine without a GPU. Without `--model`, a Stable Diffusion of
random weights, whose steps are a few dozen milliseconds each: our path costs so much a picture whatever the pipeline
takes, so the share is that of a short picture, and larger models have less.

    python -m benchmarks.pipelines [--model FOLDER] [--steps 20] [--rounds 15] [--threads 1]
"""

import argparse
import asyncio
import io
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import torch

from benchmarks.engine import hardware
from inference.backends.diffusers import DiffusionEngine
from inference.backends.pipeline import DiffusersPipeline, PipelineOptions
from inference.backends.threaded import ThreadedBackend
from inference.checkpoints.card import ModelCard
from inference.contract import Done, GenerationRequest
from tests.tiny_pipelines import autoencoder, text_config, tokenizer

GOAL = 0.03


def random_pipeline(folder: Path) -> Path:
    """Stable Diffusion's classes with some four million weights, 64 × 64 pixels."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel

    torch.manual_seed(0)
    words = tokenizer(folder / "words")
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(64, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16, attention_head_dim=8,
    )  # fmt: skip
    pipe = StableDiffusionPipeline(
        vae=autoencoder(), text_encoder=CLIPTextModel(text_config(len(words))), tokenizer=words, unet=unet,
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


@asynccontextmanager
async def backend_of(pipeline: DiffusersPipeline) -> AsyncIterator[ThreadedBackend]:
    """The pipeline in the thread that the server gives it."""
    backend = ThreadedBackend(lambda thread: DiffusionEngine(pipeline, thread.breathe), pipeline.name)
    backend.start()
    await backend.describe()
    try:
        yield backend
    finally:
        await backend.stop()


def now() -> tuple[float, float]:
    """By the clock, and of the processor."""
    return time.perf_counter(), time.process_time()


def since(started: tuple[float, float]) -> tuple[float, float]:
    clock, processor = now()
    return clock - started[0], processor - started[1]


async def through(backend: ThreadedBackend, seed: int, *, preview: bool) -> tuple[float, float]:
    """Seconds of one picture, from the request to the last event."""
    request = GenerationRequest("a cat", images=1, seed=seed, preview=preview)
    started = now()
    last = [event async for event in backend.stream(request)][-1]
    if not isinstance(last, Done):
        raise SystemExit(f"not drawn: {last}")
    return since(started)


def directly(pipe: Any, steps: int, seed: int) -> tuple[float, float]:
    """Seconds of one picture as diffusers' own page has it, and its file."""
    started = now()
    with torch.no_grad():
        out = pipe("a cat", num_inference_steps=steps, generator=torch.Generator().manual_seed(seed))
    out.images[0].save(io.BytesIO(), "PNG")
    return since(started)


async def compare(folder: Path, steps: int, rounds: int) -> dict[str, Any]:
    """Medians of the rounds, after one of each that does not count."""
    ModelCard("", steps).write(folder)
    pipeline = DiffusersPipeline.load(folder, "model", PipelineOptions(batch=1))
    pipe = pipeline._pipe  # noqa: SLF001  # the very same networks
    rows: list[dict[str, tuple[float, float]]] = []
    async with backend_of(pipeline) as backend:
        for turn in range(rounds + 1):
            row = {
                "direct": await asyncio.to_thread(directly, pipe, steps, turn),
                "path": await through(backend, turn, preview=False),
                "path_with_previews": await through(backend, turn, preview=True),
            }
            rows += [row] if turn else []
    answer: dict[str, Any] = {"hardware": hardware(), "steps": steps, "rounds": rounds}
    for index, clock in enumerate(("clock", "processor")):
        for name in rows[0]:
            answer[f"{name}_{clock}_s"] = round(statistics.median(row[name][index] for row in rows), 3)
        for name in ("path", "path_with_previews"):  # within a round the machine is the same
            more = statistics.median(row[name][index] / row["direct"][index] - 1 for row in rows)
            answer[f"{name}_{clock}_more"] = round(more, 4)
    return answer | {"goal": GOAL}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Our path over calling a pipeline of diffusers directly.")
    parser.add_argument("--model", type=Path, help="a folder with model_index.json; random weights without")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as place:
        folder = options.model or random_pipeline(Path(place) / "model")
        print(json.dumps(asyncio.run(compare(folder, options.steps, options.rounds)), indent=1))


if __name__ == "__main__":
    main()
