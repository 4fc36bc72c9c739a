"""The bot's process as a test holds it: start, kill, stop, and what it said."""

import asyncio
import os
import select
import signal
from pathlib import Path
from typing import Final

from tests.discord_wire.nursery import ROOT, Nursery
from tests.discord_wire.stand_in import StandIn

PATIENCE: Final = 180.0  # seconds that a busy machine may take


class BotProcess:
    """One bot over the data in `folder`; settings are environment variables.  Its log is `folder`/bot.log."""

    def __init__(self, stand_in: StandIn, folder: Path, **settings: object) -> None:
        self._stand_in = stand_in
        self._folder = folder
        self._settings = settings
        self._pid: int | None = None
        self._status: int | None = None
        self.log = folder / "bot.log"

    @property
    def pid(self) -> int:
        if self._pid is None:
            raise LookupError("the bot does not run")
        return self._pid

    @property
    def running(self) -> bool:
        return self._pid is not None and self._status is None and not is_over(self._pid)

    async def start(self, *, ready: bool = True) -> None:
        """Start it; with `ready`, return once its gateway session stands."""
        before = self._stand_in.gateway.identified
        self._spawn()
        if ready:
            await self.identified(before)

    async def identified(self, before: int = 0) -> None:
        """Return once the gateway has taken more than `before` sessions.  Raises RuntimeError with the bot's log."""
        ended = asyncio.ensure_future(is_gone(self.pid))
        connected = asyncio.ensure_future(
            self._stand_in.world.until(lambda: self._stand_in.gateway.identified > before, PATIENCE)
        )
        await asyncio.wait({ended, connected}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        connected.cancel()
        await asyncio.gather(ended, connected, return_exceptions=True)
        if self._stand_in.gateway.identified <= before:
            raise RuntimeError(f"the bot did not connect:\n{self.said()[-4000:]}")

    def _spawn(self) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
            "PYTHONPATH": str(ROOT), "DISCORD_TOKEN": self._stand_in.rest.token, "DATA_DIR": str(self._folder),
            "WIRE_API": self._stand_in.api, "WIRE_GATEWAY": self._stand_in.gateway_url, "LOG_FORMAT": "json",
            "WEB_PORT": "0",
            **{name.upper(): str(value) for name, value in self._settings.items()},
        }  # fmt: skip
        self._pid, self._status = Nursery.open().start(environment, self._folder, self.log), None

    async def kill(self) -> None:
        """As a crash does: no goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        return await self._end(signal.SIGTERM)

    async def ended(self) -> int:
        """Wait for its own end; returns its exit status."""
        if self._pid is None:
            return 0
        if self._status is None:
            await asyncio.wait_for(is_gone(self._pid), PATIENCE)
        if self._status is None:  # nobody else has waited for it meanwhile
            self._status = Nursery.open().status(self._pid)
        return self._status

    async def _end(self, number: signal.Signals) -> int:
        if self._pid is not None and self._status is None:
            os.kill(self._pid, number)
        return await self.ended()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def says(self, words: str) -> None:
        """Return once the words stand in its log.  Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.said():  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.05)

    def resident_megabytes(self) -> float:
        """The memory that it holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def processor_seconds(self) -> float:
        """What its threads have computed so far; its inference servers are not counted."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def inference_pids(self) -> list[int]:
        """The inference servers that it keeps."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except OSError:
            return []


def is_over(pid: int) -> bool:
    """Whether a process that nobody has waited for yet has ended."""
    process = os.pidfd_open(pid)
    try:
        return bool(select.select([process], [], [], 0)[0])
    finally:
        os.close(process)


async def is_gone(pid: int) -> None:
    """Return once it has ended."""
    loop, ended, process = asyncio.get_running_loop(), asyncio.Event(), os.pidfd_open(pid)
    loop.add_reader(process, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process)
        os.close(process)
