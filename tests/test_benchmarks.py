"""The benchmarks: each says what it is for when it is asked."""

import json
import runpy
import sys
from pathlib import Path

import pytest

import benchmarks
from benchmarks import gpu
from inference.engine.engine import Engine
from inference.native.precision import Precision

MODULES = sorted(
    path.stem for path in Path(benchmarks.__file__).parent.glob("*.py") if "__main__" in path.read_text("utf-8")
)


@pytest.mark.parametrize("module", MODULES)
def test_help_is_answered(module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m benchmarks.X --help` prints the module's own words and ends well, also where a peer is missing."""
    monkeypatch.setattr("sys.argv", [module, "--help"])
    monkeypatch.delitem(sys.modules, f"benchmarks.{module}", raising=False)
    with pytest.raises(SystemExit) as end:
        runpy.run_module(f"benchmarks.{module}", run_name="__main__")
    assert not end.value.code
    assert len(capsys.readouterr().out) > 200


def test_the_gpu_s_benchmark_runs_through(capsys: pytest.CaptureFixture[str]) -> None:
    """On a processor at a tiny size, so that a GPU's first run has few surprises: on the same device the numbers are
    float32's, a seed draws the same files twice, and what the time does not suffice for is named."""
    every = gpu.main(["tiny"], [1, 4], "cpu", minutes=5, peer=False)
    assert [found["pictures"] for found in every["findings"]] == [1, 4]
    for found in every["findings"]:
        assert (found["off"], found["pixels_off"], found["repeatable"]) == (0.0, 0.0, True)
        assert found["share_of_limit"] > 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == every
    assert gpu.main(["tiny"], [4], "cpu", minutes=-1, peer=True)["left_out"] == [
        ["measure", "tiny", 4], ["measure_peer", "tiny", 4],
    ]  # fmt: skip


def test_a_failed_drawing_is_no_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model cannot draw ends the measurement, instead of being measured."""

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("inference.engine.dalle.DalleCodeModel.detokenize", broken)
    with pytest.raises(RuntimeError):
        gpu.draw(Engine(gpu.model_of("tiny", 2, "cpu", Precision.FLOAT32)), 1)
