"""The original's numbers, from the files in fixtures; the READMEs there say what each is and its tolerance."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.golden import difference
from benchmarks.parity import compare, run

FIXTURES = Path(__file__).parent / "fixtures"
GOLDEN = FIXTURES / "golden"
VARIANTS = sorted(path.name for path in (FIXTURES / "variants").iterdir() if path.is_dir())

TEXT = {
    *("normalized", "input_ids", "attention_mask", "input_ids_uncond", "attention_mask_uncond"),
    *("encoder_last_hidden", "logits", "encoder_last_hidden_uncond", "logits_uncond"),
    *("cached_logits", "logits, one code at a time", "greedy_scale1", "greedy_scale3", "greedy_scale10"),
}
SAMPLED = {f"sampled_{run}_sequences" for run in range(5)} | {
    f"filtered_{index}_scale{scale}" for index in range(6) for scale in (1, 10)
}
QUANTITIES = {
    "": {"mini_codes", "mini_uint8", "mini256_codes", "mini256_uint8_crop"},
    "dallebart_mini": TEXT | SAMPLED,
    "dallebart_mini_256": TEXT,
    "dallebart_mega_fp16": TEXT | SAMPLED | {"encoder_last_hidden computed in float16", "logits computed in float16"},
    "dallebart_mega_256": TEXT,
    "vqgan": {
        *("encoder_out", "encode_indices", "quantized", "reconstruction", "decoded"),
        *(f"decoded_big_{name}" for name in ("shape", "every8", "mean", "std", "uint8_crop")),
    },
    "text": {"normalizer", "hashtags"},
    "tokenizer": {
        f"{what} by {files}" for what in ("ids", "lengths") for files in ("tokenizer.json", "vocab.json and merges.txt")
    },
}


@pytest.mark.parametrize("folder", QUANTITIES)
def test_golden(folder: str) -> None:
    """Every quantity of the published kind of models is the original's, and none was left out."""
    comparisons = list(compare(GOLDEN / folder))
    assert [comparison for comparison in comparisons if not comparison.passes] == []
    assert {comparison.quantity for comparison in comparisons} == QUANTITIES[folder]


@pytest.mark.parametrize("folder", VARIANTS)
def test_variants(folder: str) -> None:
    """Settings that no published model uses, but that the original knows, give its states and logits too."""
    comparisons = list(compare(FIXTURES / "variants" / folder))
    assert [comparison for comparison in comparisons if not comparison.passes] == []
    assert [comparison.quantity for comparison in comparisons] == ["encoder_last_hidden", "logits"]


def test_differences() -> None:
    """The largest one counts, nothing is nearer than equal infinities, and other shapes are infinitely far."""
    infinity = float("inf")
    assert difference(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 1.0])) == 1
    assert difference(torch.tensor([-infinity, 2.0]), torch.tensor([-infinity, 2.0])) == 0
    assert difference(torch.tensor([-infinity, 2.0]), torch.tensor([0.0, 2.0])) == infinity
    assert difference(torch.zeros(2), torch.zeros(3)) == infinity


def test_the_command_prints_a_line_a_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    """With the largest difference beside what it may be; files that a pattern names along are passed over."""
    assert run([GOLDEN / "README.md", FIXTURES / "variants" / "subln"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["folder"], line["quantity"], line["passes"]) for line in lines] == [
        ("subln", "encoder_last_hidden", True),
        ("subln", "logits", True),
    ]
    assert 0 < lines[1]["difference"] < lines[1]["tolerance"] == 1e-4


def test_a_difference_over_its_tolerance_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line says by how much; NaN is over every tolerance."""
    for folder, wrong in (("far", 1e-3), ("nan", float("nan"))):
        shutil.copytree(FIXTURES / "variants" / "subln", tmp_path / folder)
        with np.load(tmp_path / folder / "golden.npz") as stored:
            arrays = dict(stored)
        arrays["logits"][1, 2, 3] += wrong
        np.savez(tmp_path / folder / "golden.npz", **arrays)
    assert run([tmp_path]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["passes"] for line in lines] == [True, False, True, False]
    assert lines[1]["difference"] == pytest.approx(1e-3, rel=0.1)
    assert lines[3]["difference"] is None


def test_what_is_not_supported_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint that cannot be loaded is a line with the reason, and exit code 1; no checkpoint at all is 2."""
    folder = shutil.copytree(FIXTURES / "variants" / "subln", tmp_path / "alibi")
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(values | {"use_alibi": True}))
    assert run([folder]) == 1
    assert "use_alibi=True is not supported" in json.loads(capsys.readouterr().out)["error"]
    (tmp_path / "empty").mkdir()
    assert run([tmp_path / "empty"]) == run([tmp_path / "missing"]) == 2
