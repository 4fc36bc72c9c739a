"""Real servers for tests, each thrown away afterwards: PostgreSQL and Redis, on unix sockets in a folder of their own.

Used wherever their programs are installed (`apt-get install postgresql redis-server`); a test that needs one is
skipped where it is not, and says so.  EASEL_TEST_POSTGRES_URL and EASEL_TEST_REDIS_URL name servers that run already.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import migrate

# The shell ends its child when its own standard input closes, so that no server outlives the tests, killed ones too.
# QUIT is PostgreSQL's word for "at once"; Redis, which a shell's background job shields from it, hears TERM.
LEASHED = '"$@" <&- & child=$!; read -r _; kill -QUIT "$child"; kill -TERM "$child"; wait "$child"'


SCHEMA = """
SELECT concat_ws(
    ' ', (SELECT version_num FROM alembic_version), (SELECT count(*) FROM pg_attribute), count(*), max(oid)
) FROM pg_class
"""
EMPTY = """
DO $$ DECLARE written text; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SELECT string_agg(quote_ident(relname), ', ') INTO written FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        AND pg_relation_size(oid) > 0;
    IF written IS NOT NULL THEN EXECUTE 'TRUNCATE ' || written || ' RESTART IDENTITY CASCADE'; END IF;
END $$
"""


class Postgres:
    """A server to make databases in; `url` is that of its maintenance database."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+asyncpg")
        self._schemas: dict[str, str] = {}  # of each migrated database, as SCHEMA tells it
        self._spare: list[str] = []

    async def migrated_database(self) -> str:
        """The URL of a database with the newest schema and no rows; to be given back."""
        if self._spare:
            return self._spare.pop()
        url = await self.new_database()
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(migrate.upgrade)
        await engine.dispose()
        self._schemas[url] = await self._schema(url)
        return url

    async def give_back(self, url: str) -> None:
        """Empty it for the next test, which costs a tenth of a new one; drop it where its schema is another now."""
        if await self._schema(url) == self._schemas[url]:
            async with self._connection(make_url(url)) as connection:
                await connection.execute(EMPTY)
            self._spare.append(url)
        else:
            await self.drop_database(url)

    async def new_database(self) -> str:
        """The URL of a database with nothing in it, not even tables; to be dropped."""
        name = f"easel_test_{uuid4().hex}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self._url.set(database=name).render_as_string(hide_password=False)

    async def drop_database(self, url: str) -> None:
        await self.execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    @asynccontextmanager
    async def away(self, url: str) -> AsyncIterator[None]:
        """The database answers nobody meanwhile: connections are cut, and none is taken."""
        name = make_url(url).database
        await self.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        sessions = f"pg_stat_activity WHERE datname = '{name}'"
        await self.execute(f"SELECT pg_terminate_backend(pid) FROM {sessions}")  # noqa: S608  # our own name
        yield
        await self.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    async def close(self) -> None:
        """Drop what was kept for other tests."""
        for url in self._spare:
            await self.drop_database(url)

    async def execute(self, statement: str) -> None:
        """Run a statement that concerns databases, not what is in one."""
        async with self._connection(self._url) as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _connection(self, url: URL) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        try:
            yield connection
        finally:
            await connection.close()

    async def _schema(self, url: str) -> str:
        async with self._connection(make_url(url)) as connection:
            return str(await connection.fetchval(SCHEMA))


@contextmanager
def postgres_url() -> Iterator[str]:
    """A PostgreSQL's URL.  Skips the test where there is no server and none can be started."""
    if given := os.environ.get("EASEL_TEST_POSTGRES_URL"):
        yield given
        return
    initdb, server = _postgres_program("initdb"), _postgres_program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql, or set EASEL_TEST_POSTGRES_URL")
    with _folder() as folder:
        data = folder / "data"
        locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [initdb, "-D", data, "-U", "easel", "-A", "trust", "--no-sync", *locale],
            check=True, capture_output=True, cwd=folder, user=_owner(),
        )  # fmt: skip
        quick = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
        small = ["-c", "shared_buffers=32MB", "-c", "max_connections=60", "-c", "listen_addresses="]
        with _running([server, "-D", str(data), "-k", str(folder), *quick, *small], folder, "ready to accept"):
            yield f"postgresql+asyncpg://easel@/postgres?host={folder}"


@contextmanager
def redis_url() -> Iterator[str]:
    """A Redis's URL.  Skips the test where there is no server and none can be started."""
    if given := os.environ.get("EASEL_TEST_REDIS_URL"):
        yield given
        return
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("no Redis here: apt-get install redis-server, or set EASEL_TEST_REDIS_URL")
    with _folder() as folder:
        socket = folder / "redis.sock"
        command = [server, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
        with _running(command, folder, "eady to accept"):
            yield f"unix://{socket}"


def _postgres_program(name: str) -> str | None:
    """Debian keeps the server's programs out of PATH, in a folder a version; the newest is taken."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(kept[-1]) if kept else shutil.which(name)


def _owner() -> int | None:
    """PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else None


@contextmanager
def _folder() -> Iterator[Path]:
    """Directly in the temporary folder: a socket's path may have 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="easel-test-"))
    try:
        if (owner := _owner()) is not None:
            os.chown(folder, owner, -1)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(command: Sequence[str], folder: Path, ready: str) -> Iterator[None]:
    """The server, from the line that says it is ready until the block ends."""
    leashed = subprocess.Popen(
        ["/bin/sh", "-c", LEASHED, "sh", *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, user=_owner(), text=True,
    )  # fmt: skip
    with leashed:
        assert leashed.stdin is not None
        assert leashed.stdout is not None
        try:
            said = []
            for line in leashed.stdout:
                said.append(line)
                if ready in line:
                    break
            else:
                raise RuntimeError(f"{command[0]} did not start: {''.join(said)}")
            yield
        finally:
            leashed.stdin.close()
            leashed.stdout.read()
