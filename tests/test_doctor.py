"""`easel doctor`: every finding that is not fine names its cure."""

import base64
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from bot.cli import application
from bot.cli.examination import examine, model, pictures, port, refused, socket_folder
from bot.cli.finding import Finding, show
from bot.config import Settings, load_settings
from bot.database.session import Database
from bot.errors import ConfigurationError
from inference.contract import Readiness
from inference.safety import images

LONG = "https://easel.example.org/with/a/long/way/login/callback"
TOKEN = base64.b64encode(b"1234567890").decode().rstrip("=") + ".time.signature"


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, object]]:
    """A stand-in for the one route that the doctor asks; the dict says what it answers."""
    answer: dict[str, object] = {"status": 200, "name": "Easel", "flags": 0}

    async def described(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bot {TOKEN}"
        return web.json_response(answer, status=int(str(answer["status"])))

    app = web.Application()
    app.router.add_get("/applications/@me", described)
    async with TestServer(app) as server:
        monkeypatch.setattr("bot.cli.application.DISCORD_API", str(server.make_url("")).rstrip("/"))
        yield answer


def settings(tmp_path: Path, **values: object) -> Settings:
    return load_settings(env_file=None, data_dir=tmp_path / "data", **values)


def about(subject: str, findings: list[Finding]) -> Finding:
    (finding,) = (finding for finding in findings if finding.subject == subject)
    return finding


async def test_a_good_setup_has_no_problem(tmp_path: Path, discord: dict[str, object]) -> None:
    """A known token, a client secret, a writable folder and a new database are fine."""
    findings = await examine(settings(tmp_path, discord_token=TOKEN, discord_client_secret="secret"))
    assert {finding.grade for finding in findings} == {"ok"}
    assert about("token", findings).text == "Discord knows it as Easel"
    assert not list(tmp_path.iterdir()), "looking must not create anything"  # noqa: ASYNC240  # a test's own folder


@pytest.mark.parametrize(
    ("chosen", "grade", "said"),
    [
        ({}, "warning", "http://127.0.0.1:8080/login/callback"),
        ({"web_url": "https://easel.example.org"}, "warning", "https://easel.example.org/login/callback"),
        ({"discord_client_secret": "s"}, "ok", "http://127.0.0.1:8080/login/callback"),
        ({"discord_client_secret": "s", "web_host": "0.0.0.0"}, "warning", "WEB_URL"),  # noqa: S104
        ({"web_port": 0}, "ok", "WEB_PORT=0"),
    ],
)
async def test_whether_anybody_can_log_in_is_told(
    tmp_path: Path, chosen: dict[str, object], grade: str, said: str
) -> None:
    """With the address that Discord must know, character by character."""
    finding = about("web pages", await examine(settings(tmp_path, **chosen)))
    assert finding.grade == grade
    assert said in finding.text + finding.cure


@pytest.mark.parametrize(("off", "grade"), [(3.0, "ok"), (1200.0, "warning"), (-90.0, "warning")])
async def test_the_clock_is_held_against_discords(
    tmp_path: Path, discord: dict[str, object], monkeypatch: pytest.MonkeyPatch, off: float, grade: str
) -> None:
    """One that is minutes off is named, with the direction."""
    monkeypatch.setattr(application, "time", SimpleNamespace(time=lambda: time.time() + off))
    finding = about("clock", await examine(settings(tmp_path, discord_token=TOKEN)))
    assert finding.grade == grade
    assert ("ahead" in finding.text) == (off > 10)
    assert ("behind" in finding.text) == (off < -10)


async def test_a_token_that_discord_refuses(tmp_path: Path, discord: dict[str, object]) -> None:
    """401 from Discord is a problem with the token, with its cure."""
    discord["status"] = 401
    finding = about("token", await examine(settings(tmp_path, discord_token=TOKEN)))
    assert finding.grade == "problem"
    assert "401" in finding.text
    assert "Reset Token" in finding.cure


@pytest.mark.parametrize("token", ["hello", "a.b.c", "..", "MTIz"])
async def test_what_is_no_token_is_said_without_asking(tmp_path: Path, token: str) -> None:
    """A value that cannot be a bot token is found offline, and never printed."""
    finding = about("token", await examine(settings(tmp_path, discord_token=token)))
    assert finding.grade == "problem"
    assert f"{len(token)} characters" in finding.text


async def test_no_token_is_a_warning(tmp_path: Path) -> None:
    """The demo works without one."""
    assert about("token", await examine(settings(tmp_path))).grade == "warning"


async def test_privileged_intents_are_not_needed(tmp_path: Path, discord: dict[str, object]) -> None:
    """An intent that is on is named, because a stolen token could use it."""
    discord["flags"] = 1 << 19
    finding = about("intents", await examine(settings(tmp_path, discord_token=TOKEN)))
    assert finding.grade == "warning"
    assert "Message Content" in finding.text


async def test_discord_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the token's validity stays open."""
    monkeypatch.setattr("bot.cli.application.DISCORD_API", "http://127.0.0.1:1")
    finding = about("token", await examine(settings(tmp_path, discord_token=TOKEN)))
    assert finding.grade == "warning"
    assert "network" in finding.cure


async def test_discord_is_asked_through_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the bot itself reaches it; a network without one is told of the setting."""
    asked = []

    async def forward(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.json_response({"name": "Easel", "flags": 0})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    monkeypatch.setattr("bot.cli.application.DISCORD_API", "http://discord.invalid/api")
    async with TestServer(app) as proxy:
        chosen = settings(tmp_path, discord_token=TOKEN, https_proxy=str(proxy.make_url("")))
        assert about("token", await examine(chosen)).grade == "ok"
    assert asked == ["http://discord.invalid/api/applications/@me"]
    cure = about("token", await examine(settings(tmp_path, discord_token=TOKEN))).cure
    assert "HTTPS_PROXY" in cure


async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    """What cannot hold files is named."""
    (tmp_path / "data").write_text("")
    findings = await examine(settings(tmp_path))
    for subject in ("disk", "database"):
        assert about(subject, findings).grade == "problem"
        assert str(tmp_path / "data") in about(subject, findings).text


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
async def test_a_data_folder_where_nothing_can_be_made() -> None:
    """As in /proc, which tells nobody so by its permissions, root least of all."""
    findings = await examine(load_settings(env_file=None, data_dir=Path("/proc/easel")))
    for subject in ("disk", "database"):
        assert about(subject, findings).grade == "problem"
        assert "/proc cannot be written" in about(subject, findings).text


async def test_a_database_that_others_can_read(tmp_path: Path) -> None:
    """An older Easel left it so; as Easel makes it now, there is nothing to remark."""
    tmp_path.chmod(0o755)  # noqa: ASYNC240  # a test
    file = tmp_path / "easel.db"
    async with Database(f"sqlite+aiosqlite:///{file}"):
        pass
    for mode, grade in ((0o644, "warning"), (0o640, "ok"), (0o600, "ok")):
        file.chmod(mode)
        finding = about("database", await examine(settings(tmp_path, database_url=f"sqlite+aiosqlite:///{file}")))
        assert finding.grade == grade
        assert ("chmod o-rwx" in finding.cure) == (mode == 0o644)


async def test_a_database_that_does_not_open(tmp_path: Path) -> None:
    """A file that is no database is named, with the variable to look at."""
    (tmp_path / "broken.db").write_bytes(b"not a database" * 100)
    findings = await examine(settings(tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}"))
    assert about("database", findings).grade == "problem"
    assert "DATABASE_URL" in about("database", findings).cure


@pytest.mark.parametrize(
    ("revision", "grade", "cure"),
    [("9999", "problem", "Install the version of Easel that wrote it"), (None, "warning", "easel db upgrade")],
)
async def test_a_database_of_another_version(tmp_path: Path, revision: str | None, grade: str, cure: str) -> None:
    """One from a newer Easel needs that Easel; one from an older needs its migrations."""
    file = tmp_path / "easel.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    if revision is not None:
        connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    connection.commit()
    connection.close()
    finding = about("database", await examine(settings(tmp_path, database_url=f"sqlite+aiosqlite:///{file}")))
    assert finding.grade == grade
    assert cure in finding.cure


@pytest.mark.parametrize(("status", "grade"), [(200, "ok"), (401, "problem"), (503, "warning")])
async def test_remote_inference_is_asked(tmp_path: Path, status: int, grade: str) -> None:
    """Each remote server's readiness decides."""

    async def readyz(_: web.Request) -> web.Response:
        ready = Readiness(8, 8, 0, ("builtin",), looks_at_pictures=("NudeNet", "CLIP"))
        return web.json_response(ready.to_json(), status=status)

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        found = about("inference", await examine(settings(tmp_path, inference_urls=url)))
    assert found.grade == grade
    told = f"{url}: builtin; takes 8; NudeNet with CLIP looks at pictures"
    assert (found.text == told) == (status == 200)


@pytest.mark.parametrize("installed", [True, False])
def test_who_looks_at_pictures_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    """Nobody is a warning, with what to install."""
    monkeypatch.setattr(images, "has_nudenet", lambda: installed)
    found = pictures(settings(tmp_path))
    assert (found.grade, "nudenet" in found.cure) == (("ok", False) if installed else ("warning", True))
    assert found.text.partition(" looks")[0] == ("NudeNet" if installed else "nothing")


def test_a_provider_without_a_key(tmp_path: Path) -> None:
    """OpenAI's own wants one; somebody else's may not."""
    named = {"inference_model": "builtin,openai:gpt-image-1"}
    found = model(settings(tmp_path, **named))
    assert (found.grade, found.cure) == ("problem", "Set INFERENCE_OPENAI_KEY.")
    assert "openai:gpt-image-1 draws nothing" in found.text
    for more in ({"inference_openai_key": "sk-1"}, {"inference_openai_url": "http://127.0.0.1:9/v1"}):
        assert model(settings(tmp_path, **named, **more)).grade == "ok"


async def test_a_remote_inference_server_that_is_down(tmp_path: Path) -> None:
    """One that does not answer is a problem."""
    finding = about("inference", await examine(settings(tmp_path, inference_urls="http://127.0.0.1:1")))
    assert finding.grade == "problem"
    assert "easel serve" in finding.cure


def test_a_port_that_is_taken() -> None:
    """A taken port is named with what to set instead."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        number = listener.getsockname()[1]
        finding = port(number, "demo page", "EASEL_DEMO_PORT")
    assert finding.grade == "warning"
    assert str(number) in finding.text
    assert "EASEL_DEMO_PORT" in finding.cure


def test_a_socket_folder_open_to_all(tmp_path: Path) -> None:
    """A folder in which anyone may replace the socket is warned about; /tmp's sticky bit is enough."""
    tmp_path.chmod(0o777)
    assert socket_folder(tmp_path).grade == "warning"
    tmp_path.chmod(0o1777)
    assert socket_folder(tmp_path).grade == "ok"


def test_no_address_is_broken_by_a_narrow_terminal() -> None:
    """It is there to be copied."""
    console = Console(width=40, record=True, file=StringIO())
    show([Finding("web pages", "warning", f"nobody can log in at {LONG}", f"Add {LONG} to the [others].")], console)
    printed = console.export_text()
    assert printed.count(LONG) == 2
    assert "[others]" in printed
    assert all(len(line) <= 40 for line in printed.splitlines() if LONG not in line)


def test_every_setting_that_cannot_be_used_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who mends one need not come back for the next."""
    for name, value in (("WEB_PORT", "a"), ("SHARD_COUNT", "b"), ("SHARD_IDS", "1"), ("REDIS_URL", "x://:hunter2@y")):
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(None)
    told = [finding.text.partition(":")[0] for finding in refused(caught.value)]
    assert sorted(told) == ["REDIS_URL=(hidden)", "SHARD_COUNT=b", "WEB_PORT=a"]
