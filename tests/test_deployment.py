"""Image, compose file, units and dashboard say what the code understands."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from bot.cli.app import app
from bot.config import ENV_FILE_VARIABLE, Settings, load_settings
from bot.metrics import BotMetrics
from inference.server.metrics import ServerMetrics
from inference.server.process import ServeOptions

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "deploy").glob("*.service"))
SETTINGS = {name.upper() for name in Settings.model_fields}
# Not Easel's: of the images of PostgreSQL, Python, and of every program.
OTHERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PYTHONUNBUFFERED", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}
OTHERS |= {ENV_FILE_VARIABLE}


def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def unit(path: Path) -> dict[str, list[str]]:
    """Each key's values, in order, whatever the section."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def variables_of_the_image() -> dict[str, str]:
    block = re.search(r"^ENV ((?:.*\\\n)*.*)$", dockerfile(), re.MULTILINE)
    assert block is not None
    return dict(re.findall(r"(\w+)=(\S+)", block[1]))


def commands() -> set[str]:
    return set(get_command(app).commands)  # type: ignore[attr-defined]  # a group


def options_of(command: str) -> set[str]:
    return {option for parameter in get_command(app).commands[command].params for option in parameter.opts}  # type: ignore[attr-defined]


def test_every_variable_is_a_setting() -> None:
    """In the image, in the compose file and in the units: none is misspelt, or of an older version."""
    named = set(variables_of_the_image())
    for service in compose()["services"].values():
        named |= set(service.get("environment", {}))
    for path in UNITS:
        named |= {value.partition("=")[0] for value in unit(path)["Environment"]}
    named |= set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert named - OTHERS <= SETTINGS


def test_the_inference_server_hears_of_all_its_settings() -> None:
    """It reads no `.env`, which has the bot's secrets in it; each setting that is its own is handed on."""
    own = {f"INFERENCE_{field.name.upper()}" for field in dataclasses.fields(ServeOptions)} & SETTINGS
    assert own <= set(compose()["services"]["inference"]["environment"])


def _default(found: re.Match[str]) -> str:
    return "x" if "set it" in found[1] else found[1]


def test_the_settings_are_ones_that_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each service's values, with what `.env` must hold filled in."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, service in compose()["services"].items():
        for variable, value in (variables_of_the_image() | service.get("environment", {})).items():
            filled = str(value)
            while (written := re.sub(r"\$\{\w+:[-?]([^${}]*)\}", _default, filled)) != filled:
                filled = written
            if variable in SETTINGS:
                monkeypatch.setenv(variable, filled)
        settings = load_settings(None)
        if name == "bot":
            assert settings.database_url == "postgresql+asyncpg://easel:x@postgres/easel"
            assert settings.inference_urls == ("http://inference:8800",)
            assert settings.web_url == f"http://127.0.0.1:{settings.web_port}"
            assert settings.shutdown_seconds < int(service["stop_grace_period"].rstrip("s"))


def test_the_compose_file_starts_what_there_is() -> None:
    """Commands and options of `easel`, ports that agree with each other, volumes that are declared."""
    services = compose()["services"]
    assert set(services) == {"bot", "inference", "postgres", "redis"}
    assert {services["bot"]["command"][0], services["inference"]["command"][0]} <= commands()
    given = {word for word in services["inference"]["command"] if word.startswith("--")}
    assert given <= options_of("serve")
    port = services["inference"]["command"][-1]
    assert services["bot"]["environment"]["INFERENCE_URLS"] == f"http://inference:{port}"
    assert f":{port}/healthz" in " ".join(services["inference"]["healthcheck"]["test"])
    web = variables_of_the_image()["WEB_PORT"]
    assert services["bot"]["ports"] == [f"127.0.0.1:${{WEB_PORT:-{web}}}:{web}"]
    assert str(services["bot"]["environment"]["WEB_PORT"]) == web, "whatever .env says"
    assert f"EXPOSE {web} {port}" in dockerfile()
    mounted = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert mounted == set(compose()["volumes"])
    for name in services:
        assert set(services[name].get("depends_on", {})) <= set(services)


@pytest.mark.parametrize(("port", "asked"), [("8080", True), ("9000", True), ("0", False)])
def test_the_image_is_asked_for_its_health_where_its_pages_are(
    monkeypatch: pytest.MonkeyPatch, port: str, asked: bool
) -> None:
    """And is not called ill where there are none."""
    found = re.search(r"^HEALTHCHECK [^[]*CMD (\[.*?\])$", re.sub(r"\\\n", "", dockerfile()), re.MULTILINE)
    assert found is not None
    python, option, program = json.loads(found[1])
    assert (python, option) == ("python", "-c")
    opened: list[str] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: opened.append(url))
    monkeypatch.setenv("WEB_PORT", port)
    exec(program, {})  # noqa: S102  # our own file
    assert opened == ([f"http://127.0.0.1:{port}/healthz"] if asked else [])


def test_the_image_has_a_python_and_extras_that_are_supported() -> None:
    """And keeps what it writes in its volume."""
    project = (ROOT / "pyproject.toml").read_text()
    image = re.search(r"^FROM python:(\d+)\.(\d+)-", dockerfile(), re.MULTILINE)
    needed = re.search(r'requires-python = ">=(\d+)\.(\d+)"', project)
    assert image is not None
    assert needed is not None
    assert tuple(map(int, image.groups())) >= tuple(map(int, needed.groups()))
    extras = re.findall(r"^ARG EXTRAS=([\w,]+)$", dockerfile(), re.MULTILINE)
    with_gpu = yaml.safe_load((ROOT / "deploy" / "compose.gpu.yaml").read_text())["services"]["inference"]["build"]
    extras.append(with_gpu["args"]["EXTRAS"])
    assert len(extras) == 2
    for extra in {extra for some in extras for extra in some.split(",")}:
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra
    assert all(
        value.startswith("/data") for name, value in variables_of_the_image().items() if name.endswith(("_DIR", "HOME"))
        and name != "XDG_RUNTIME_DIR"
    )  # fmt: skip


def test_the_image_runs_as_nobody_special_and_writes_where_it_may() -> None:
    """Its user is a number, made before; whom a cluster puts in its place has no name, but group 0."""
    steps = [line.strip() for line in dockerfile().splitlines()]
    (user,) = (line.split()[1] for line in steps if line.startswith("USER "))
    assert user.isdecimal()
    (made,) = (line for line in steps if line.startswith("RUN useradd"))
    assert f"--uid {user} " in made
    assert made.endswith("install -d -o easel -g 0 -m 770 /data")
    assert steps.index(made) < steps.index(f"USER {user}")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_units_start_and_stop_in_order(path: Path) -> None:
    """After the network, again and again, with time to finish; a command and options that exist."""
    keys = unit(path)
    program, command, *words = keys["ExecStart"][0].split()
    assert program == "/srv/easel/.venv/bin/easel"
    assert command in commands()
    assert {word for word in words if word.startswith("--")} <= options_of(command)
    assert "network-online.target" in keys["After"][0]
    assert keys["Wants"] == ["network-online.target"]
    assert keys["StartLimitIntervalSec"] == ["0"]
    assert keys["Restart"] == ["always"]
    assert keys["RestartPreventExitStatus"] == [str(os.EX_CONFIG)], "what only another setting mends"
    assert int(keys["TimeoutStopSec"][0]) > load_settings(None).shutdown_seconds
    assert "PrivateDevices" not in keys, "it hides the graphics card"
    folders = {value.partition("=")[2] for value in keys["Environment"] if not value.startswith(ENV_FILE_VARIABLE)}
    assert all(folder.startswith(("/var/lib/easel", "/var/cache/easel", "/run/easel")) for folder in folders)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_every_line_of_the_units(tmp_path: Path) -> None:
    """With a program in the place of Easel's, which is installed elsewhere."""
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/srv/easel/.venv/bin/easel", sys.executable)
        (tmp_path / unit.name).write_text(text.replace("file:///srv/easel/docs", "file:///usr"), "utf-8")
    files = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)  # noqa: S607  # wherever it is
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_of_the_service_has_all_its_settings() -> None:
    """Those that stood in the unit alone would lead its commands to another database."""
    keys, script = unit(ROOT / "deploy" / "easel.service"), (ROOT / "deploy" / "easel").read_text()
    (named,) = (value for value in keys["Environment"] if value.startswith(ENV_FILE_VARIABLE))
    assert f"-u {keys['User'][0]} -- env {named} {keys['ExecStart'][0].split()[0]} " in script
    assert "EnvironmentFile" not in keys
    assert {value.partition("=")[0] for value in keys["Environment"]} & SETTINGS == set()


def test_the_dashboard_asks_for_numbers_that_exist() -> None:
    """Every name in it is one of the bot's or of the inference server's."""
    known = set()
    for registry in (BotMetrics().registry, ServerMetrics().registry):
        for family in registry.collect():
            endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
            known |= {family.name + ending for ending in endings}
    board = json.loads((ROOT / "docs" / "grafana.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    named = {name for expression in asked for name in re.findall(r"\beasel_\w+", expression)}
    assert named <= known
    assert len(named) > 12
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_page_of_operations_names_files_that_exist() -> None:
    """And numbers and settings that do."""
    text = (ROOT / "docs" / "operations.md").read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link
    assert set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text)) - OTHERS <= SETTINGS
