"""Many people at once against one after another: single pictures a minute, of the same engine.

Rounds alternate between the two. Prints one JSON object; seconds, unless a name says otherwise. The default is a model
of the published mini size with random weights; any other by its name or folder.

    python -m benchmarks.batching [--people 8] [--rounds 3] [--model builtin] [--precision int8] [--folder /tmp/mini]
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch loads, as bot/__main__.py does it, where the reason is

from benchmarks.drawing import load, peak_memory
from benchmarks.engine import hardware
from benchmarks.published import write_published


def main(options: argparse.Namespace, model: str) -> dict[str, Any]:
    watch = load(model, options.precision)
    watch.draw(1)
    alone: list[float] = []
    together: list[float] = []
    previews: list[float] = []
    for _ in range(options.rounds):
        alone.append(sum(watch.draw(1).seconds for _ in range(options.people)))
        together.append(watch.draw(1, orders=options.people).seconds)
        previews.append(watch.draw(1, orders=options.people, preview=True).seconds)
    one_by_one, batched = statistics.median(alone), statistics.median(together)
    return {
        "hardware": hardware(),
        "model": watch.model.name,
        "precision": watch.model.precision,
        "people": options.people,
        "one_by_one_s": round(one_by_one, 2),
        "together_s": round(batched, 2),
        "together_with_previews_s": round(statistics.median(previews), 2),
        "one_by_one_pictures_a_minute": round(60 * options.people / one_by_one, 1),
        "together_pictures_a_minute": round(60 * options.people / batched, 1),
        "ratio": round(one_by_one / batched, 2),
        "peak_memory_gb": round(peak_memory() / 1e9, 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        if arguments.model is None:
            write_published(folder)
        print(json.dumps(main(arguments, arguments.model or str(folder))))
