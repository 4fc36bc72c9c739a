"""SQLite as the bot uses it: one thread a connection, and one trip to that thread a statement.

In: a SQLite URL.  Out: a SQLAlchemy engine.  aiosqlite alone makes four trips for each statement (make a cursor,
execute, fetch, close), and each transaction takes some more.  They cost more than the statements: an order takes dozens
of those, and each trip wakes two threads that wait for each other.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_SECONDS: Final = 5  # how long SQLite waits for another process to finish its write


def sqlite_engine(url: URL, connections: int) -> AsyncEngine:
    pool = {} if url.database in (None, "", ":memory:") else {"pool_size": connections, "max_overflow": 0}
    engine = create_async_engine(url, async_creator=_opener(url), hide_parameters=True, **pool)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


@asynccontextmanager
async def unlinked(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let rows stand whatever becomes of those that they hang on; nothing happens on another database.

    For migrations: most changes make a table anew, and drop the old one, with which all would go that hangs on its
    rows.  SQLite takes this only between transactions.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        await driver.execute("PRAGMA foreign_keys=ON")


class _Cursor:
    """What SQLAlchemy asks of a driver's cursor; the rows are fetched in the same trip as the statement."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def execute(self, statement: str, values: Any = ()) -> Self:
        await self._connection.run(self._do, "execute", statement, values)
        return self

    async def executemany(self, statement: str, values: Iterable[Any]) -> Self:
        await self._connection.run(self._do, "executemany", statement, values)
        return self

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _do(self, method: str, statement: str, values: Any) -> None:
        """In the connection's thread."""
        cursor = self._connection.sqlite.cursor()
        try:
            if self._connection.take_begin():
                cursor.execute("BEGIN IMMEDIATE")
            getattr(cursor, method)(statement, values)
            self._rows = cursor.fetchall() if cursor.description else []
            self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class _Connection(aiosqlite.Connection):
    """`begin` begins a transaction with the next statement, on the same trip."""

    _begin_due = False

    @property
    def sqlite(self) -> sqlite3.Connection:
        return self._conn

    def cursor(self) -> Any:
        return _Cursor(self)

    async def run(self, function: Callable[..., None], *arguments: Any) -> None:
        await self._execute(function, *arguments)  # type: ignore[no-untyped-call]  # aiosqlite's own way to its thread

    def begin(self) -> None:
        self._begin_due = True

    def take_begin(self) -> bool:
        due, self._begin_due = self._begin_due, False
        return due

    async def commit(self) -> None:
        if not self.take_begin():
            await super().commit()

    async def rollback(self) -> None:
        if not self.take_begin() and self._conn.in_transaction:
            await super().rollback()


def _opener(url: URL) -> Callable[[], Any]:
    """Opens the file as SQLAlchemy's own dialect would."""
    places, options = url.get_dialect()().create_connect_args(url)

    async def connect() -> aiosqlite.Connection:
        connection = _Connection(partial(sqlite3.connect, *places, **options), iter_chunk_size=64)
        connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does: one that is stuck ends with the process
        try:
            return await connection
        except Exception:
            connection._thread.join()  # noqa: SLF001  # it is told to end, and reports to a loop that may close now
            raise

    return connect


def _prepare(connection: Any, _: object) -> None:
    # SQLAlchemy, not sqlite3, begins transactions, so that a writer can take its lock at once (see _begin).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A transaction that reads first and writes later fails at once when another writer came between; IMMEDIATE waits.

    Those who only read get none: each statement sees what stands, as on PostgreSQL.
    """
    if connection.get_execution_options().get("writing", False):
        driver: Any = connection.connection.driver_connection
        driver.begin()
