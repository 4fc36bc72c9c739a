"""`easel models`, run as a person would."""

import functools
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.errors import CommandError
from inference.checkpoints.hub import PUBLISHED, Hub
from tests.published import REVISION, original_folder, repositories, serving, tiny


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.delenv("INFERENCE_MODEL", raising=False)


def easel(*words: str, answer: str | None = None) -> tuple[int, str]:
    """Exit status and what was printed."""
    result = CliRunner().invoke(command_line.app, ["models", *words], input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def listed() -> dict[str, dict[str, object]]:
    return {model["name"]: model for model in json.loads(easel("list", "--json")[1])["models"]}


def test_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in model is there and the default; what can be pulled is named with its size and licences."""
    described = json.loads(easel("list", "--json")[1])
    (builtin,) = described["models"]
    assert (builtin["name"], builtin["kind"], builtin["default"]) == ("builtin", "builtin", True)
    assert builtin["parameters"] > 1_000_000
    assert builtin["bytes"] == sum(path.stat().st_size for path in Path(builtin["folder"]).iterdir())
    assert [model["name"] for model in described["pullable"]] == list(PUBLISHED)
    assert described["pullable"][0]["licences"]["dalle-mini/dalle-mini"] == "Apache-2.0"
    easel("import", str(original_folder(tmp_path / "original")), "--name", "mine", "--quiet")
    monkeypatch.setenv("INFERENCE_MODEL", "mine")
    assert [model["default"] for model in listed().values()] == [False, True]
    status, printed = easel("list")
    assert status == 0
    assert "mine" in printed
    assert "easel models pull dalle-mini/dalle-mega  (11.3 GB to download)" in printed
    assert "easel models pull stabilityai/sdxl-turbo --dtype float16  (a GPU with 8 GB" in printed


def test_pull_verify_remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's whole life: fetched, found again, checked, found damaged, removed after a question."""
    monkeypatch.setitem(PUBLISHED, "tiny/mini", tiny())
    with serving(repositories(tmp_path / "root")) as server:
        monkeypatch.setattr("inference.checkpoints.hub.Hub", functools.partial(Hub, server.url, tmp_path / "cache"))
        status, printed = easel("pull", "tiny/mini", "--quiet")
    assert status == 0
    assert "INFERENCE_MODEL=tiny/mini" in printed
    assert easel("pull", "tiny/mini")[0] == 0  # it is here: nobody is asked
    assert listed()["tiny/mini"]["kind"] == "dalle-mini"
    assert easel("verify", "tiny/mini")[1].startswith("tiny/mini: 0.")
    weights = tmp_path / "models" / "tiny--mini" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(CommandError, match=r"model\.safetensors: has SHA-256"):
        easel("verify", "tiny/mini")
    assert easel("remove", "tiny/mini", answer="n\n")[0] == 1
    assert "tiny/mini" in listed()
    assert easel("remove", "tiny/mini", answer="y\n")[0] == 0
    assert "tiny/mini" not in listed()


def test_errors_are_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be done is said in one sentence that names the subject."""
    monkeypatch.setitem(PUBLISHED, "tiny/mini", tiny())
    monkeypatch.setattr(
        "inference.checkpoints.hub.Hub", functools.partial(Hub, "http://127.0.0.1:9", tmp_path / "cache")
    )
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "model_index.json").write_text("{}")
    for words, message in (
        (("import", "pipeline"), f"is used where it lies, as INFERENCE_MODEL={tmp_path / 'pipeline'}. docs/models.md"),
        (("pull", "someone"), "'someone' is no repository's name, such as dalle-mini/dalle-mini or "),
        (("pull", "../../etc"), "'../../etc' is no repository's name"),
        (("pull", "/etc/passwd"), "'/etc/passwd' is no repository's name"),
        (("pull", "a/b/c"), "a folder on this machine is taken by `easel models import`"),
        (("pull", "https://huggingface.co/someone/else"), "someone/else/model_index.json cannot be fetched"),
        (("pull", "someone/else"), "someone/else/model_index.json cannot be fetched from http://127.0.0.1:9"),
        (("pull", "tiny/mini", "--quiet"), "tiny/mini/config.json cannot be fetched from http://127.0.0.1:9"),
        (("import", "missing"), "missing: is no folder. docs/models.md tells which folders can be imported"),
        (("import", ".", "--name", "x"), "config.json: the file is missing. docs/models.md tells which"),
        (("verify", "missing"), "unknown model 'missing'"),
        (("verify", "../../etc"), "`easel models list` tells more"),
        (("verify", "someone/else"), "`easel models pull someone/else` fetches it"),
        (("verify", "dalle-mini/dalle-mega"), "run `easel models pull dalle-mini/dalle-mega`"),
        (("remove", "missing", "--yes"), "`easel models list` shows those that are"),
        (("remove", "builtin"), "builtin is part of Easel"),
    ):
        with pytest.raises(CommandError) as caught:
            easel(*words)
        assert message in str(caught.value)
    assert REVISION not in easel("list")[1]


def test_the_builtin_model_is_whole() -> None:
    """What ships can be verified by name."""
    assert easel("verify", "builtin")[1].startswith("builtin: ")
