"""One process a shard: a lock on each, held from before the first row is taken up to the end.

In: a database and a partition.  Out: the certainty that no other process takes up the same rows, or a
ConfigurationError that names the one that does.  PostgreSQL keeps the locks itself (advisory ones, which end with
their connection); beside SQLite's file they are files, which the kernel unlocks when a process ends, however it ends.
"""

import asyncio
import fcntl
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.session import Database
from bot.errors import ConfigurationError, NotSaved
from bot.partition import Partition

log = structlog.get_logger(__name__)

NAMESPACE: Final = 0x45A5E1  # "Easel", so that other programs' advisory locks do not meet ours
PATIENCE_SECONDS: Final = 2.0  # a process that was killed has let go by then
TRY_SECONDS: Final = 0.25
PING_SECONDS: Final = 15.0
# A holder whose machine died, not its process, is noticed after half a minute.
KEEPALIVE: Final = ("tcp_keepalives_idle = 15", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")


class Held(Exception):  # says who
    """Somebody has the lock; `holder` is who, as far as is known."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@asynccontextmanager
async def shard_locks(
    database: Database, partition: Partition, *, patience: float = PATIENCE_SECONDS, lost: Callable[[str], None]
) -> AsyncIterator[None]:
    """Hold the partition's locks.  Raises ConfigurationError where another process has one of them.

    `lost` is called with a sentence where they were lost later and somebody else took them: only PostgreSQL can.
    """
    me = (
        f"process {os.getpid()} on {socket.gethostname()}, {partition}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    )
    locks: FileLocks | AdvisoryLocks | None = None
    if database.dialect == "postgresql":
        locks = AdvisoryLocks(database, partition, me, lost)
    elif database.file is not None:
        locks = FileLocks(database.file, partition, me)
    if locks is None:  # a database in memory is nobody else's
        yield
        return
    deadline = time.monotonic() + patience
    while True:
        try:
            await locks.take()
        except Held as held:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    "DATABASE_URL", database.name, f"another Easel works on it: {held.holder}",
                    "Stop that one first; several need a SHARD_COUNT and SHARD_IDS of their own each.",
                ) from held  # fmt: skip
            await asyncio.sleep(TRY_SECONDS)
        else:
            break
    try:
        yield
    finally:
        await locks.release()


class FileLocks:
    """`<database>.lock`, shared between partitions of one count, and one file for each shard."""

    def __init__(self, file: Path, partition: Partition, me: str) -> None:
        self._file = file
        self._partition = partition
        self._me = me
        self._open: list[IO[str]] = []

    async def take(self) -> None:
        """Raises Held, and holds nothing then."""
        count = self._partition.count
        try:
            if count is None:
                self._lock("lock", fcntl.LOCK_EX)
                return
            self._lock("lock", fcntl.LOCK_SH)
            self._lock(f"of-{count}.lock", fcntl.LOCK_SH)
            self._check_counts(f"{self._file.name}.of-{count}.lock")
            for shard in self._partition.ids:
                self._lock(f"shard-{shard}.lock", fcntl.LOCK_EX)
        except Held:
            await self.release()
            raise

    async def release(self) -> None:
        while self._open:
            self._open.pop().close()

    def _check_counts(self, own: str) -> None:
        """Partitions of different counts overlap."""
        for path in self._file.parent.glob(f"{self._file.name}.of-*.lock"):
            if path.name != own:
                self._lock(path.name.removeprefix(f"{self._file.name}."), fcntl.LOCK_EX)
                self._open.pop().close()

    def _lock(self, suffix: str, kind: int) -> None:
        path = self._file.with_name(f"{self._file.name}.{suffix}")
        file = path.open("a+")
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "who does not say"
            file.close()
            raise Held(holder) from None
        self._open.append(file)
        file.truncate(0)
        file.write(self._me)
        file.flush()


class AdvisoryLocks:
    """Number 0 of the namespace, shared between partitions of one count, and one number for each shard."""

    def __init__(self, database: Database, partition: Partition, me: str, lost: Callable[[str], None]) -> None:
        self._database = database
        self._partition = partition
        self._me = me
        self._lost = lost
        self._connection: AsyncConnection | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def take(self) -> None:
        """Raises Held, and holds nothing then."""
        self._connection = await self._database.connect()
        try:
            await self._take_all(self._connection)
        except BaseException:
            await self._let_go()
            raise
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name="shard locks")

    async def _take_all(self, connection: AsyncConnection) -> None:
        for setting in KEEPALIVE:
            await connection.execute(text(f"SET {setting}"))
        await connection.execute(text("SELECT set_config('application_name', :me, false)"), {"me": f"easel {self._me}"})
        await connection.commit()
        if self._partition.count is None:
            await self._lock(connection, 0, shared=False)
        else:
            await self._lock(connection, 0, shared=True)
            await self._lock_count(connection, self._partition.count)
            for shard in self._partition.ids:
                await self._lock(connection, shard + 1, shared=False)
        await connection.commit()

    async def _lock(self, connection: AsyncConnection, number: int, *, shared: bool) -> None:
        function = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
        query = text(f"SELECT {function}(:space, :number)")
        if not await connection.scalar(query, {"space": NAMESPACE, "number": number}):
            raise Held(await self._holder(connection, number))

    async def _lock_count(self, connection: AsyncConnection, count: int) -> None:
        """Partitions of different counts overlap: each count is a shared lock below zero, and only one may be held."""
        await self._lock(connection, -count, shared=True)
        query = text(
            "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND objid::int < 0"
            " AND objid::int <> :number AND granted LIMIT 1"
        )
        other = await connection.scalar(query, {"space": NAMESPACE, "number": -count})
        if other is not None:
            raise Held(await self._holder(connection, other))

    async def _holder(self, connection: AsyncConnection, number: int) -> str:
        query = text(
            "SELECT a.application_name, a.client_addr FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.classid = :space AND l.objid::int = :number AND l.granted"
            " AND a.pid <> pg_backend_pid() LIMIT 1"
        )
        row = (await connection.execute(query, {"space": NAMESPACE, "number": number})).first()
        return "who does not say" if row is None else f"{row[0].removeprefix('easel ')} ({row[1] or 'locally'})"

    async def _keep(self) -> None:
        """A restarted server has forgotten the locks: take them again, before somebody else does."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                if self._connection is None:
                    await self.take()
                    log.info("locks.taken_again")
                else:
                    await self._connection.execute(text("SELECT 1"))
                    await self._connection.commit()
            except Held as held:
                self._lost(f"another Easel works on {self._database.name} now: {held.holder}")
                return
            except (DBAPIError, OSError, NotSaved) as error:
                log.warning("locks.lost", problem=str(error).splitlines()[0])
                await self._let_go()

    async def release(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._let_go()

    async def _let_go(self) -> None:
        """End the connection, and with it every lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError, OSError):
                await connection.invalidate()
                await connection.close()
