"""`easel train`: thin commands that hand their words to the stages, and say in one line what is wrong."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.errors import CommandError
from inference.training.data.packages import PACKAGES
from inference.training.loop import counted
from inference.training.options import MEANINGS, read_options
from inference.training.stages.clip import ClipConfig
from inference.training.stages.dalle import DalleConfig
from inference.training.stages.detection import DetectionConfig
from inference.training.stages.export import write_attributions
from inference.training.stages.vocabulary import VocabularyConfig
from inference.training.stages.vqgan import CodecConfig

STAGES: dict[str, type[Any]] = {
    "vqgan": CodecConfig,
    "dalle": DalleConfig,
    "clip": ClipConfig,
    "text": VocabularyConfig,
    "detector": DetectionConfig,
}
CONFIGS = Path(__file__).parent.parent / "inference" / "training" / "configs"


@pytest.mark.parametrize("command", ["data", "vqgan", "dalle", "clip", "text", "detector", "export", "evaluate"])
def test_help_is_the_stage_s_own(command: str) -> None:
    """`easel train STAGE --help` names the command and lists the stage's options."""
    result = CliRunner().invoke(command_line.app, ["train", command, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"usage: easel train {command}")
    assert "--" in result.output


@pytest.mark.parametrize("stage", STAGES)
def test_every_setting_says_what_it_means(stage: str) -> None:
    """No option of any stage is without help."""
    assert {field.name for field in dataclasses.fields(STAGES[stage])} <= MEANINGS.keys()


@pytest.mark.parametrize("stage", STAGES)
def test_shipped_configurations_can_be_read(stage: str) -> None:
    """Each stage has a TOML file in the repository whose settings it knows."""
    config, resume = read_options(STAGES[stage], ["--config", str(CONFIGS / f"{stage}.toml")], "", stage)
    assert config.run == Path("runs") / stage
    assert not resume


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("compiled", [True, False])
def test_every_stage_takes_the_word_about_compiling(stage: str, tmp_path: Path, *, compiled: bool) -> None:
    """On the command line and in a file; where nothing is compiled, it changes nothing."""
    (tmp_path / "stage.toml").write_text(f"compiled = {str(compiled).lower()}\n")
    word = "--compiled" if compiled else "--no-compiled"
    by_word, _ = read_options(STAGES[stage], [word], "", stage)
    by_file, _ = read_options(STAGES[stage], ["--config", str(tmp_path / "stage.toml")], "", stage)
    assert by_word == by_file
    assert getattr(by_word, "compiled", compiled) is compiled


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["vqgan", "--pictures", "nowhere"], "nowhere: there is no such folder"),
        (["clip", "--resume"], "nothing to resume"),
        (["vqgan", "--device", "tpu"], "device is 'tpu'"),
    ],
)
def test_what_a_person_can_mend_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], wrong: str
) -> None:
    """A missing folder, checkpoint or device is no traceback."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command_line.app, ["train", *words])
    assert isinstance(result.exception, CommandError)
    assert wrong in str(result.exception)


def test_model_card_names_every_package(tmp_path: Path) -> None:
    """The shipped card has each package with its licence; exporting writes the table anew and leaves the rest."""
    shipped = Path(__file__).parent.parent / "inference" / "assets" / "builtin" / "README.md"
    for package in PACKAGES:
        assert (
            f"| `{package.name}` {package.version} | {package.licence} | {package.attribution} |" in shipped.read_text()
        )
    card = tmp_path / "README.md"
    card.write_text("# Mine\n<!-- data: written by easel train export -->\nold\n<!-- end of data -->\nrest\n")
    write_attributions(card)
    assert "old" not in card.read_text()
    assert card.read_text().endswith("<!-- end of data -->\nrest\n")
    card.write_text("no marks")
    write_attributions(card)
    assert card.read_text() == "no marks"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is a folder"),
        ("away/scenes.png", "there is no folder"),
        ("scenes", "no ending"),
        ("scenes.psd", "no ending"),
    ],
)
def test_a_sheet_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str, why: str) -> None:
    """Two minutes of rendering would be lost."""
    arguments = ["train", "data", "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / name)]
    result = CliRunner().invoke(command_line.app, arguments)
    assert isinstance(result.exception, CommandError)
    assert why in str(result.exception)
    assert not (tmp_path / "cache").exists()


def test_long_beginnings_say_how_far_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A line at every tenth, where there is no terminal to draw a bar on."""
    assert list(counted("Making it", range(40), 40)) == list(range(40))
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10, "Making it: 4 of 40", "Making it: 40 of 40")
    assert list(counted("Making it", range(3), 3)) == [0, 1, 2]
    assert capsys.readouterr().out.splitlines()[0] == "Making it: 1 of 3"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "runs/vqgan/checkpoint.pt is not there: run easel train vqgan first, or name it with --codec"),
        (["--codec", ".", "--dalle", "no.pt"], "no.pt is not there: run easel train dalle first"),
        (["--codec", ".", "--dalle", ".", "--clip", "no.pt"], "no.pt is not there: run easel train clip first"),
        (["--codec", ".", "--dalle", ".", "--text", "no.pt"], "no.pt is not there: run easel train text first"),
        (["--detector", "no.pt"], "no.pt is not there: run easel train detector first"),
    ],
)
def test_export_names_the_checkpoint_that_is_missing(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the command that writes it, before anything is loaded."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command_line.app, ["train", "export", *words])
    assert isinstance(result.exception, CommandError)
    assert str(result.exception).startswith(told)
