"""The supervisor, with real child processes that tell the test how they are."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import capture_logs

from bot.config import load_settings
from bot.pool.supervisor import Supervisor, serve_command, serve_environment

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds that a busy machine may take to start a process

CHILD = """
import os, socket, sys, time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer

place, reports, hang = sys.argv[1:4]
report = socket.socket(socket.AF_UNIX)
report.connect(reports)
report.sendall(f"{os.getpid()}\\n".encode())
print("ready to draw", "x" * 20000, flush=True)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if Path(hang).exists():
            Path(hang).unlink()
            time.sleep(3600)
        self.send_response(200)
        self.end_headers()
        report.sendall(b"answered\\n")

    def log_message(self, *_):
        pass

if sys.argv[4:] == ["--until-stdin-closes"]:
    from bot.pool.supervisor import end_when_stdin_closes
    end_when_stdin_closes()
    report.sendall(b"watching\\n")
UnixStreamServer(place, Handler).serve_forever()
"""

SLOW_CHILD = """
import os, socket, sys

place, reports = sys.argv[1:3]
report = socket.socket(socket.AF_UNIX)
report.connect(reports)
report.sendall(f"{os.getpid()}\\n".encode())
listener = socket.socket(socket.AF_UNIX)
listener.bind(place)
listener.listen()
unanswered = [listener.accept() for _ in range(3)]
while True:
    connection, _ = listener.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    report.sendall(b"answered\\n")
"""


class Child:
    """One start of the child: its process id, and what it says until it is gone."""

    def __init__(self, pid: int, reader: asyncio.StreamReader) -> None:
        self.pid = pid
        self._reader = reader

    async def says(self, word: str) -> None:
        line = b"?"
        while line not in (b"", word.encode() + b"\n"):
            line = await asyncio.wait_for(self._reader.readline(), PATIENCE)
        assert line, f"the child ended without saying {word!r}"

    async def is_gone(self) -> None:
        """The kernel closes its connection when the process ends, however it ends."""
        while await asyncio.wait_for(self._reader.readline(), PATIENCE):
            pass


class Place:
    """A folder with the child's program, its socket, and the socket where children report."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "s.sock"
        self.hang = folder / "hang"
        self.children: asyncio.Queue[Child] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []
        self.command: tuple[str, ...] = (
            sys.executable,
            str(folder / "child.py"),
            str(self.socket),
            str(folder / "r.sock"),
            str(self.hang),
        )

    def move_socket_to(self, folder: Path) -> None:
        """Let the server listen in a folder of its own."""
        self.socket = folder / "s.sock"
        self.command = (*self.command[:2], str(self.socket), *self.command[3:])

    async def child(self) -> Child:
        return await asyncio.wait_for(self.children.get(), PATIENCE)

    async def report(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.children.put_nowait(Child(int(await reader.readline()), reader))

    def supervisor(self, *, patience: float = PATIENCE) -> Supervisor:
        return Supervisor(
            self.command, self.socket, interval=0.02, patience=patience, misses=1, first_delay=0.0, longest_delay=0.0
        )


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    with TemporaryDirectory(prefix="easel-") as name:  # pytest's own folders have names too long for sockets
        place = Place(Path(name))
        (place.folder / "child.py").write_text(CHILD)
        server = await asyncio.start_unix_server(place.report, place.folder / "r.sock")
        yield place
        server.close()
        for writer in place.writers:
            writer.close()
        await server.wait_closed()


async def test_the_server_runs_until_closed(place: Place) -> None:
    """Opening starts it, closing ends it, and its output is in the log, long lines cut."""
    with capture_logs() as logs:
        async with place.supervisor() as supervisor:
            child = await place.child()
            await child.says("answered")
            assert supervisor.pid == child.pid
        await child.is_gone()
    assert not supervisor.pid
    said = [entry["line"] for entry in logs if entry["event"] == "inference.says"]
    assert said[0].startswith("ready to draw x")
    assert len(said[0]) == 8192


@pytest.mark.parametrize("form", ["console", "json"])
async def test_the_servers_lines_keep_their_levels(place: Place, form: str) -> None:
    """With LOG_LEVEL=warning its errors are seen, and so is a crash that was never logged."""
    program = f"""
import sys
import structlog
from bot.logs import configure_logs
configure_logs("debug", {form!r})
log = structlog.get_logger("inference")
for level in ("debug", "info", "warning", "error"):
    getattr(log, level)("said", prompt="[error]")
print("Segmentation fault", file=sys.stderr)
print("{{cut", file=sys.stderr)
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    with capture_logs() as logs:
        await asyncio.wait_for(place.supervisor()._relay_output(process), PATIENCE)
    await process.wait()
    assert [entry["log_level"] for entry in logs] == ["debug", "info", "warning", "error", "warning", "warning"]


async def test_a_server_that_dies_is_started_again(place: Place) -> None:
    """After kill -9, as often as it takes."""
    async with place.supervisor() as supervisor:
        first = await place.child()
        os.kill(first.pid, signal.SIGKILL)
        second = await place.child()
        os.kill(second.pid, signal.SIGKILL)
        third = await place.child()
        await third.says("answered")
        assert len({first.pid, second.pid, third.pid}) == 3
        assert (supervisor.pid, supervisor.starts) == (third.pid, 3)


async def test_a_server_that_hangs_is_replaced(place: Place) -> None:
    """It still runs, but no longer answers: it is ended and another one started."""
    async with place.supervisor(patience=2.0):
        first = await place.child()
        await first.says("answered")
        place.hang.touch()
        second = await place.child()
        await first.is_gone()
        await second.says("answered")


async def test_a_command_that_cannot_be_run_is_logged(place: Place) -> None:
    """The bot does not fall over (and tries again, see below); the log names the command."""
    place.command = (str(place.folder / "no-such-program"),)
    supervisor = place.supervisor()
    with capture_logs() as logs:
        assert not await supervisor._run_once()
    assert (logs[0]["event"], supervisor.starts) == ("inference.not_started", 0)
    assert "no-such-program" in logs[0]["command"]


async def test_delays_double_while_it_dies_young(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second, one, two, up to the longest."""
    place.command = (str(place.folder / "no-such-program"),)
    slept: list[float] = []
    enough = asyncio.Event()
    really_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) >= 5:
            enough.set()
        await really_sleep(0)

    monkeypatch.setattr("bot.pool.supervisor.asyncio.sleep", sleep)
    async with Supervisor(place.command, place.socket, first_delay=0.5, longest_delay=3.0):
        await asyncio.wait_for(enough.wait(), PATIENCE)
    assert slept[:5] == [1.0, 2.0, 3.0, 3.0, 3.0]


async def test_the_server_never_outlives_the_bot(place: Place) -> None:
    """The bot is killed with -9, and its inference server ends by itself."""
    program = f"""
import asyncio
from pathlib import Path
from bot.pool.supervisor import Supervisor

async def main():
    async with Supervisor({(*place.command, "--until-stdin-closes")!r}, Path({str(place.socket)!r})):
        await asyncio.Event().wait()

asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment, cwd=place.folder)
    child = await place.child()
    await child.says("watching")
    bot.kill()
    await bot.wait()
    await child.is_gone()


async def test_a_server_whose_folder_was_cleaned_away_is_started_anew(place: Place) -> None:
    """Its process lives, its socket is gone: nobody could reach it; the folder is made again."""
    place.move_socket_to(place.folder / "run")
    async with place.supervisor():
        first = await place.child()
        await first.says("answered")
        shutil.rmtree(place.folder / "run")
        second = await place.child()
        await first.is_gone()
        await second.says("answered")


async def test_a_server_that_hangs_before_its_first_answer_is_replaced(place: Place) -> None:
    """It listens and says nothing: that is not the long way up of a large model."""
    place.hang.touch()
    async with place.supervisor(patience=1.0):
        first = await place.child()
        second = await place.child()
        await first.is_gone()
        await second.says("answered")


async def test_a_server_that_is_slow_to_its_first_answer_gets_there(place: Place) -> None:
    """On a busy machine it listens long before it answers: each start may take longer than the one before."""
    (place.folder / "child.py").write_text(SLOW_CHILD)
    async with place.supervisor(patience=1.0) as supervisor:
        for _ in range(2):
            await (await place.child()).is_gone()  # after one miss, after two
        third = await place.child()  # may miss four
        await third.says("answered")
        assert supervisor.pid == third.pid


def test_the_server_is_not_given_the_bots_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the model and the log's form, and no Discord token."""
    monkeypatch.setenv("DISCORD_TOKEN", "hush")
    for name in ("EASEL_ENV_FILE", "DATABASE_URL", "DISCORD_CLIENT_SECRET", "inference_token"):
        monkeypatch.setenv(name, "hush")
    settings = load_settings(None, inference_model="/models/mega", inference_threads=3, log_format="json")
    environment = serve_environment(settings)
    assert "hush" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
    assert (environment["INFERENCE_MODEL"], environment["INFERENCE_THREADS"]) == ("/models/mega", "3")
    assert environment["LOG_FORMAT"] == "json"
    command = serve_command(Path("/run/x.sock"))
    assert command[:4] == (sys.executable, "-m", "bot", "serve")
    assert {"--uds", "--until-stdin-closes"} <= set(command)
