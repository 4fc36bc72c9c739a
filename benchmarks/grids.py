"""How long a grid takes, from prompt to files, through the backend that the server and `easel imagine` draw with.

Prints a JSON object for each prompt: seconds by the clock and of all processors together, in the first round of the
process (what it makes once, it makes there) and the medians of the others; and a digest of all files, which is the same
as long as the same seeds draw the same pictures.

    python -m benchmarks.grids [PROMPT …] [--images 9] [--rounds 7] [--threads 2] [--seed 0] [--preview]
"""

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import time
from contextlib import aclosing
from dataclasses import replace
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch loads, as bot/__main__.py does it, where the reason is

from inference.backends.codes import codes_backend
from inference.backends.threaded import ThreadedBackend
from inference.contract import Failed, GenerationRequest, Image
from inference.engine.loading import LoadOptions

PROMPTS = ("a cat", "a cat and a dog")


async def main(options: argparse.Namespace) -> None:
    backend = codes_backend(options.model, LoadOptions(options.threads, options.precision))
    backend.start()
    await backend.describe()
    for prompt in options.prompts:
        request = GenerationRequest(prompt=prompt, images=options.images, seed=options.seed, preview=options.preview)
        print(json.dumps(await measured(backend, request, options.rounds)), flush=True)
    await backend.stop()


async def measured(backend: ThreadedBackend, request: GenerationRequest, rounds: int) -> dict[str, Any]:
    """The same request again and again."""
    drawn = [await draw(backend, replace(request, id=str(number))) for number in range(rounds + 1)]
    (first, first_processors, digest), *others = drawn
    return {
        "prompt": request.prompt,
        "images": request.images,
        "first_s": round(first, 3),
        "first_processor_s": round(first_processors, 3),
        "median_s": round(statistics.median(seconds for seconds, _, _ in others), 3),
        "best_s": round(min(seconds for seconds, _, _ in others), 3),
        "processor_s": round(statistics.median(processors for _, processors, _ in others), 3),
        "files": digest if all(one[2] == digest for one in others) else "they differ",
    }


async def draw(backend: ThreadedBackend, request: GenerationRequest) -> tuple[float, float, str]:
    """Seconds by the clock, seconds of all processors, and a digest of the files in the order of their seeds."""
    started, used = time.perf_counter(), time.process_time()
    files: dict[int, bytes] = {}
    async with aclosing(backend.stream(request)) as events:
        async for event in events:
            match event:
                case Image(index=index, png=png):
                    files[index] = png
                case Failed(code):
                    raise RuntimeError(f"{request.prompt!r}: {code}")
    seconds, processors = time.perf_counter() - started, time.process_time() - used
    return seconds, processors, hashlib.sha256(b"".join(files[index] for index in sorted(files))).hexdigest()[:16]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", default=PROMPTS)
    parser.add_argument("--images", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--preview", action="store_true")
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--precision", default="auto")
    asyncio.run(main(parser.parse_args()))
