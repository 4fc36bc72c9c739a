"""`easel check`: a prompt or a file of them, the verdicts, the table, and what is said of input that is none."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.errors import CommandError

ROWS = [
    {"id": 1, "text": "a fox in the snow", "label": "safe", "category": "benign"},
    {"id": "two", "text": "a decapitated man", "label": "unsafe", "category": "violence_gore"},
    {"text": "a nice cat, \ud800 odd"},
]


def easel(*words: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    result = CliRunner().invoke(command_line.app, ["check", *words], env={"COLUMNS": "120"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return str(path)


def test_a_file_gives_a_line_for_each_prompt(rows: str) -> None:
    """With id, flag, category, scores and reason, in the file's order; empty lines are none."""
    status, printed = easel("--file", rows)
    first, second, third = (json.loads(line) for line in printed.splitlines())
    assert status == 0
    assert (first["id"], first["flag"], first["category"], first["reason"]) == (1, False, None, "")
    assert (second["id"], second["flag"], second["category"]) == ("two", True, "violence_gore")
    assert "decapitated" in second["reason"]
    assert 0.5 < second["scores"]["violence_gore"] <= 1
    assert (third["id"], third["flag"]) == (None, False)


def test_a_summary_counts_against_the_labels(rows: str) -> None:
    """By kind, recall and false refusals, and how fast it was; the verdicts are printed no more."""
    _, printed = easel("--file", rows, "--summary")
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in printed.splitlines() if "│" in line]
    assert ["unsafe", "violence_gore", "1", "0", "1", "100.0"] in lines
    assert ["all unsafe: recall", "", "1", "0", "1", "100.0"] in lines
    assert ["all safe: false refusals", "", "1", "0", "0", "0.0"] in lines
    assert "prompts a second" in printed
    assert '"id"' not in printed


def test_verdicts_go_where_output_says(rows: str, tmp_path: Path) -> None:
    """And the table to the screen."""
    target = tmp_path / "verdicts.jsonl"
    _, printed = easel("--file", rows, "--output", str(target), "--summary")
    assert [json.loads(line)["id"] for line in target.read_text(encoding="utf-8").splitlines()] == [1, "two", None]
    assert "recall" in printed


def test_the_level_decides(tmp_path: Path) -> None:
    """What strict refuses, relaxed may let pass."""
    path = tmp_path / "prompts.jsonl"
    path.write_text(json.dumps({"text": "two men fighting in a bar, broken bottles"}), encoding="utf-8")
    flags = [json.loads(easel("--file", str(path), "--level", level)[1])["flag"] for level in ("strict", "relaxed")]
    assert flags == [True, False]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no prompts"),
        (b"\n\n", "has no prompts"),
        (b'{"text": "a"}\n{', "line 2"),
        (b'{"id": 7}', "line 1"),
        (b'{"text": null}', "text is no string"),
        (b'{"text": 5}', "text is no string"),
        (b'["a fox"]', "line 1"),
        (b"\xff\xfe", "no UTF-8"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    """With its line and what is wrong there."""
    path = tmp_path / "prompts.jsonl"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        easel("--file", str(path))


def test_paths_that_do_not_exist_are_named(rows: str, tmp_path: Path) -> None:
    """To read from and to write to."""
    with pytest.raises(CommandError, match="cannot be read"):
        easel("--file", str(tmp_path))
    with pytest.raises(CommandError, match="cannot be written"):
        easel("--file", rows, "--output", str(tmp_path / "no" / "folder"))


@pytest.mark.parametrize(
    "words",
    [
        (), ("a fox", "--file", "ROWS"), ("a fox", "--summary"), ("a fox", "--output", "x"),
        ("--file", "ROWS", "--negative", "x"), ("--file", "ROWS", "--json"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(rows: str, words: tuple[str, ...]) -> None:
    """Rather than one of them being forgotten."""
    with pytest.raises(CommandError):
        easel(*(rows if word == "ROWS" else word for word in words))


@pytest.mark.parametrize("prompt", ["🐉" * 900, "x" * 5000, "a\x00b", "\u202e!"])
def test_odd_prompts_get_a_verdict(prompt: str) -> None:
    """Nothing raises."""
    assert easel("--", prompt)[1].startswith("allow")


@pytest.mark.parametrize("prompt", ["", "   ", "\u202e\u200b"])
def test_of_nothing_there_is_no_verdict(prompt: str) -> None:
    """Neither allowed nor refused: there is nothing to check, which is said."""
    with pytest.raises(CommandError, match="nothing to check"):
        easel("--", prompt)
