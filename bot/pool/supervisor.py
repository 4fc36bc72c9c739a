"""Keeps one local inference server alive: starts it, watches it, starts it again.

In: a command line and the socket it will listen on.  Out: a server that answers there, most of the time; its output in
our log.  Asks `GET /healthz` only; whether it is ready to draw is the pool's question.

The child never outlives us: its standard input is a pipe that only we hold, and `easel serve --until-stdin-closes`
ends when that closes, which the kernel does even when we are killed.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import sys
import threading
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import structlog

from bot.config import ENV_FILE_VARIABLE, Settings
from bot.pool.runtime import make_private

log = structlog.get_logger(__name__)

MAX_LOG_LINE: Final = 8192
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
CONSOLE_LINE: Final = re.compile(r"\S+ \[(\w+) *\]")  # time, level


class Supervisor:
    """`open` returns at once; the server is there when the pool says so.  All times are seconds.

    The server is started again when it ends, when it does not listen within `startup` of its start, or when it then
    fails to answer `misses` times in a row, `interval` apart, each within `patience`.  Between starts lies
    `first_delay`, doubled up to `longest_delay` as long as it keeps dying young.  One that was ended before its first
    answer may miss twice as many the next time, up to as many as `startup` holds: the machine may be slow.
    """

    def __init__(
        self,
        command: Sequence[str],
        socket: Path,
        *,
        environment: Mapping[str, str] | None = None,
        interval: float = 2.0,
        patience: float = 5.0,
        misses: int = 3,
        startup: float = 120.0,
        first_delay: float = 0.5,
        longest_delay: float = 30.0,
        grace: float = 5.0,
    ) -> None:
        self._command = tuple(command)
        self._socket = socket
        self._environment = environment
        self._interval = interval
        self._patience = patience
        self._misses = self._misses_at_first = misses
        self._startup = startup
        self._first_delay = first_delay
        self._longest_delay = longest_delay
        self._grace = grace
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._answered = False
        self._listened = False
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The server's process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def open(self) -> None:
        self._watch = asyncio.create_task(self._keep_alive(), name="supervisor")

    async def close(self) -> None:
        """Stop the server; returns when its process is gone."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def __aenter__(self) -> "Supervisor":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _keep_alive(self) -> None:
        delay = self._first_delay
        while True:
            lived_well = await self._run_once()
            delay = self._first_delay if lived_well else min(delay * 2, self._longest_delay)
            await asyncio.sleep(delay)

    async def _run_once(self) -> bool:
        """Start the server and stay until it must be started again; whether it ever answered."""
        try:
            process = await self._start()
        except OSError as error:
            log.error("inference.not_started", command=self._command[0], problem=str(error))  # noqa: TRY400  # the cause is the message
            return False
        health = asyncio.create_task(self._watch_health())
        ended = asyncio.create_task(process.wait())
        output = asyncio.create_task(self._relay_output(process))
        try:
            await asyncio.wait((health, ended), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                log.error("inference.ended", pid=process.pid, status=process.returncode)
            else:
                log.error("inference.hangs", pid=process.pid, answered_before=self._answered)
                if not self._answered:
                    self._wait_longer()
            return self._answered
        finally:
            health.cancel()
            await self._stop(process)
            output.cancel()
            await asyncio.gather(health, ended, output, return_exceptions=True)
            self._process = None

    def _wait_longer(self) -> None:
        """What is ended on its way up, however often it is started, never gets there."""
        most = self._startup / (self._interval + self._patience)
        self._misses_at_first = max(self._misses, min(self._misses_at_first * 2, int(most)))

    async def _start(self) -> Process:
        make_private(self._socket.parent)  # what cleans /tmp may have taken it away
        self._socket.unlink(missing_ok=True)
        self._answered = self._listened = False
        # Its own session: Ctrl-C on the terminal reaches us alone, and we end it in order.
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=self._environment, start_new_session=True
        )
        self.starts += 1
        log.info("inference.started", pid=self._process.pid, socket=str(self._socket), starts=self.starts)
        return self._process

    async def _stop(self, process: Process) -> None:
        """Ask, then insist.  Its whole process group goes, so that nothing it started stays behind."""
        with contextlib.suppress(ProcessLookupError):
            if process.returncode is None:
                process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), self._grace)
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _watch_health(self) -> None:
        """Returns when the server hangs, or nobody can reach it any more.

        It is asked the way work reaches it, by a new connection each time: one that was kept alive would answer even
        where the socket is gone.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._startup
        missed = 0
        timeout = aiohttp.ClientTimeout(total=self._patience)
        connector = aiohttp.UnixConnector(str(self._socket), force_close=True)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            while missed < (self._misses if self._answered else self._misses_at_first):
                await asyncio.sleep(self._interval)
                if await self._is_alive(session):
                    self._answered, missed = True, 0
                elif self._answered or self._listened or loop.time() > deadline:
                    missed += 1

    async def _is_alive(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get("http://localhost/healthz") as response:
                return response.status == 200
        except TimeoutError:
            self._listened = True  # it took the connection and says nothing: it is no longer on its way up
            return False
        except (aiohttp.ClientError, OSError):
            return False

    async def _relay_output(self, process: Process) -> None:
        """Write the server's lines into our log, each at its own level; a line without end is cut."""
        if process.stdout is None:
            return
        rest = b""
        while chunk := await process.stdout.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_LOG_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                if text := line[:MAX_LOG_LINE].decode(errors="replace").rstrip():
                    log.log(_level_of(text), "inference.says", line=text)


def _level_of(line: str) -> int:
    """How grave a line of the server's log says it is, in either of the forms that `bot.logs` writes.

    A line that says nothing of it was not logged, such as a crash and its traceback: a warning.
    """
    if line.startswith("{"):
        with contextlib.suppress(ValueError):
            return LEVELS.get(json.loads(line).get("level"), logging.WARNING)
    match = CONSOLE_LINE.match(line)
    return logging.WARNING if match is None else LEVELS.get(match[1], logging.WARNING)


def serve_command(socket: Path) -> tuple[str, ...]:
    """The command line of the local inference server; what it serves is in its environment."""
    return (sys.executable, "-m", "bot", "serve", "--uds", str(socket), "--until-stdin-closes")


def serve_environment(settings: Settings) -> dict[str, str]:
    """Ours, but of Easel's settings only those that the server reads: nothing of Discord's, no secret but its own."""
    ours = {ENV_FILE_VARIABLE, *(name.upper() for name in Settings.model_fields)}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    return kept | settings.of_the_server()


def end_when_stdin_closes(grace: float = 10.0) -> None:
    """For the child: from now on, end in order when standard input closes, and in any case `grace` seconds later.

    The thread waits in a read, outside the interpreter lock, so that it costs nothing while all is well.
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace)
        os._exit(1)

    threading.Thread(target=watch, name="stdin watch", daemon=True).start()
