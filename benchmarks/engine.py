"""How fast the engine draws at the published mini size, against min-dalle and against the machine itself.

Both sides have random weights of the published shapes, all cores, and a process of their own that sleeps while the
other works; runs alternate. Prints a JSON object for each finding as it comes, and one with all of them in the last
line: `ours_s`, `peer_s` and their `ratio` are medians for nine pictures from prompt to PNG (ours) or grid (the peer's).

    pip install -e '.[bench]'
    python -m benchmarks.engine --peer min-dalle [--rounds 3] [--precision int8] [--folder /tmp/mini] [--quick]

Without --peer only ours is measured; --quick takes one round. With --folder the checkpoint (1.9 GB) is kept for the
next time.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch

from benchmarks.drawing import forget_file
from benchmarks.published import write_published
from inference.native.cores import usable_cores

PICTURES = (1, 9)


class Side:
    """One of the two processes."""

    def __init__(self, module: str, options: dict[str, Any]) -> None:
        command = [sys.executable, "-m", module, json.dumps(options)]
        # as `easel serve` and `easel imagine` do it: bot/__main__.py says why
        environment = {"GOMP_SPINCOUNT": "20000"} | os.environ
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.greeting = self._answer()

    def ask(self, **command: object) -> dict[str, Any]:
        """One command, and its answer."""
        assert self._process.stdin
        print(json.dumps(command), file=self._process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        while line := self._process.stdout.readline():
            if line.startswith("{"):  # the rest is its log
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise SystemExit(f"{' '.join(self._process.args)} ended with status {self._process.wait()}")  # type: ignore[arg-type]


def main(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    write_published(folder)
    ours = {"model": str(folder), "precision": options.precision}
    found: dict[str, Any] = {"hardware": hardware()} | load_times(ours, folder)
    side = Side("benchmarks.drawing", ours)
    found["precision"] = side.greeting["precision"]
    peer = Side("benchmarks.peer_min_dalle", {"threads": usable_cores()}) if options.peer else None
    side.ask(draw=1)  # a warm-up
    times: dict[str, list[float]] = defaultdict(list)
    rounds = 1 if options.quick else options.rounds
    for _ in range(rounds):
        for images in PICTURES:
            for name, who in (("ours", side), ("peer", peer)):
                if who is not None and (images > 1 or not options.quick):
                    note(times, found, f"{name}_{images}", who.ask(draw=images))
    for _ in range(rounds):  # at the end: what this takes is not the memory of drawing
        step = side.ask(step=2 * PICTURES[-1])
        step.pop("peak_memory")
        print(json.dumps({"decode_step": step}), flush=True)
        times["share_of_limit"].append(step["share_of_limit"])
        found["decode_step"] = step
    for who in (side, peer):
        if who is not None:
            who.close()
    found |= {name: round(statistics.median(values), 3) for name, values in times.items()}
    found["ours_s"] = found["ours_9_seconds"]
    if peer is not None:
        found |= {"peer_s": found["peer_9_seconds"], "ratio": round(found["peer_9_seconds"] / found["ours_s"], 2)}
    return found


def note(times: dict[str, list[float]], found: dict[str, Any], name: str, answer: dict[str, Any]) -> None:
    """Keep one run's times, and the process's memory so far."""
    print(json.dumps({name: answer}), flush=True)
    for part in ("seconds", "codes", "pixels"):
        times[f"{name}_{part}"].append(answer[part])
    found[f"{name}_peak_memory_gb"] = round(answer["peak_memory"] / 1e9, 2)


def load_times(ours: dict[str, Any], folder: Path) -> dict[str, float]:
    """Seconds to load the model with nothing of its file in memory, and with all of it."""
    forget_file(folder)
    loads = {}
    for name in ("load_cold_s", "load_warm_s"):
        side = Side("benchmarks.drawing", ours)
        loads[name] = round(side.greeting["load_s"], 2)
        loads["load_peak_memory_gb"] = round(side.greeting["peak_memory"] / 1e9, 2)
        side.close()
    print(json.dumps(loads), flush=True)
    return loads


def hardware() -> str:
    """The processor, its cores, and the version of PyTorch."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {usable_cores()} cores, PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", choices=["min-dalle"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(main(arguments, arguments.folder or Path(scratch))))
