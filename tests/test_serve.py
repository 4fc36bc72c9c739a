"""The server as a process: where it refuses to start, how it serves, and how it ends."""

import asyncio
import dataclasses
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from aiohttp import ClientSession, UnixConnector

from bot.cli.serve import serve_options
from bot.config import Settings, load_settings
from inference.backends import codes
from inference.contract import Done, Failed, Image, Queued, event_from_line
from inference.engine.code_model import CodeModel
from inference.engine.engine import Engine
from inference.server import process
from inference.server.process import ServeError, ServeOptions, serve
from inference.server.sockets import listen_tcp, listen_unix
from tests.fakes import FakeCodeModel


@pytest.fixture
def uds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short path, as sockets need it."""
    monkeypatch.chdir(tmp_path)
    return Path("easel.sock")


def loading(monkeypatch: pytest.MonkeyPatch, load: Callable[[], CodeModel]) -> None:
    """Let the server load something small."""
    monkeypatch.setattr(codes, "load_engine", lambda *_: Engine(load()))


async def start(options: ServeOptions) -> asyncio.Task[None]:
    """Serve in this test's loop."""
    return asyncio.create_task(process._run(options, process._listen(options)))


async def test_serving_until_sigterm(uds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a unix socket, without a token, pictures are drawn; SIGTERM ends it in good order."""
    loading(monkeypatch, FakeCodeModel)
    serving = await start(ServeOptions(uds=uds, token="not asked for here"))
    async with ClientSession(connector=UnixConnector(str(uds))) as client:
        async with client.post("http://localhost/v1/generations", json={"prompt": "a cat", "images": 1}) as response:
            events = [event_from_line(line) async for line in response.content]
        assert isinstance(events[-1], Done)
        assert sum(isinstance(event, Image) for event in events) == 1
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(30):
        await serving


async def test_sigterm_fails_what_is_running_retryably(uds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's picture is drawn elsewhere or later, and the process does not wait for it."""
    loading(monkeypatch, lambda: FakeCodeModel(grid_side=64))  # 4096 codes: it will not be done before the signal
    serving = await start(ServeOptions(uds=uds))
    async with (
        ClientSession(connector=UnixConnector(str(uds))) as client,
        client.post("http://localhost/v1/generations", json={"prompt": "a cat", "images": 9}) as response,
    ):
        assert event_from_line(await response.content.readline()) == Queued()
        os.kill(os.getpid(), signal.SIGTERM)
        last = [event_from_line(line) async for line in response.content][-1]
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == ("shutting_down", True)
    async with asyncio.timeout(30):
        await serving


async def test_tcp_asks_for_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """And lets in who has it."""
    loading(monkeypatch, FakeCodeModel)
    options = ServeOptions(port=0, token="secret")
    listener = process._listen(options)
    host, port = listener.getsockname()
    serving = asyncio.create_task(process._run(options, listener))
    async with ClientSession() as client:
        body = {"prompts": ["a cat"]}
        url = f"http://{host}:{port}/v1/check"
        async with client.post(url, json=body) as response:
            assert response.status == 401
        async with client.post(url, json=body, headers={"Authorization": "Bearer secret"}) as response:
            assert response.status == 200
    os.kill(os.getpid(), signal.SIGINT)
    async with asyncio.timeout(30):
        await serving


async def test_a_model_that_cannot_be_loaded_ends_the_server(uds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the model's name and the cause."""

    def load() -> CodeModel:
        raise OSError("mega/model.safetensors: the file is cut off")

    loading(monkeypatch, load)
    serving = await start(ServeOptions(model="mega", uds=uds))
    with pytest.raises(ServeError, match=r"cannot load model 'mega': mega/model\.safetensors: the file is cut off"):
        async with asyncio.timeout(30):
            await serving


def refusal(options: ServeOptions, capsys: pytest.CaptureFixture[str]) -> str:
    """What `serve` says when it cannot; it must exit with status 1."""
    with pytest.raises(SystemExit) as exit_:
        serve(options)
    assert exit_.value.code == 1
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_a_live_socket_is_refused(uds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two servers on one path would share out the requests by chance."""
    with listen_unix(uds):
        assert "already listening" in refusal(ServeOptions(uds=uds), capsys)


def test_a_taken_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The line names it."""
    with listen_tcp("127.0.0.1", 0) as other:
        port = other.getsockname()[1]
        assert f"port {port}" in refusal(ServeOptions(port=port, token="secret"), capsys)


@pytest.mark.parametrize("token", [None, ""])
def test_tcp_without_a_token_is_refused(token: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """An open port would draw for everybody."""
    assert "INFERENCE_TOKEN" in refusal(ServeOptions(port=0, token=token), capsys)


@pytest.mark.parametrize("options", [ServeOptions(), ServeOptions(uds=Path("x.sock"), port=1, token="secret")])
def test_one_place_to_listen_on_must_be_named(options: ServeOptions, capsys: pytest.CaptureFixture[str]) -> None:
    """None is too few and two are too many."""
    assert "--uds" in refusal(options, capsys)


def test_an_unknown_model_ends_the_process(uds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name in the log, status 1, and no socket file left."""
    threads = torch.get_num_threads()  # the tests that follow in this process keep theirs
    assert "no-such-model" in refusal(ServeOptions(model="no-such-model", uds=uds, threads=threads), capsys)
    assert not uds.exists()


def test_every_option_has_its_setting() -> None:
    """A new option needs one line here and one in the settings; only the place to listen at is the command's."""
    given = {"inference_token": "secret", "models_dir": Path("/m"), "inference_threads": 3, "inference_model": "mega"}
    options = serve_options(load_settings(None, **given), uds=Path("x.sock"), precision="int8")
    assert options == ServeOptions(
        model="mega", models_dir=Path("/m"), uds=Path("x.sock"), token="secret", threads=3, precision="int8"
    )
    without = {"uds", "host", "port", "max_waiting"}
    for field in dataclasses.fields(ServeOptions):
        assert field.name in without or {field.name, f"inference_{field.name}"} & set(Settings.model_fields), field.name
    assert serve_options(load_settings(None)) == ServeOptions()
