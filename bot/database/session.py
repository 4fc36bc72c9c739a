"""The database: one connection pool, opened and closed with the bot, and the two kinds of transaction.

In: a SQLAlchemy URL (SQLite through aiosqlite, PostgreSQL through asyncpg).  Out: sessions that read or write.
An error that means "takes no writes" becomes NotSaved, one that means "is away" NotRead, so that a person never meets
SQLAlchemy's.
Transactions are short: nothing but the database is awaited inside one.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import structlog
from alembic.util import CommandError
from sqlalchemy import Executable, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InvalidRequestError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase

from bot.database import migrate
from bot.database.failures import FAILURES, is_away
from bot.database.migrate import SchemaState
from bot.database.postgres import lets_nobody_in, postgres_engine
from bot.database.sqlite import sqlite_engine, unlinked
from bot.database.statements import measure_statements
from bot.errors import ConfigurationError, NotRead, NotSaved
from bot.secrecy import private_file, private_folder

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CONNECTIONS = 10  # kept open; one that is opened for a statement and closed again costs more than the statement
MIGRATION_TRIES = 12  # waits of BUSY_SECONDS for another process that migrates
LOCKED = "database is locked"
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


def utc_now() -> datetime:
    return datetime.now(UTC)


def whole(write: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Carry a write through even where its caller is cancelled meanwhile.

    A cancelled statement goes on in SQLite's thread, and its connection would be left inside a transaction; on
    PostgreSQL nobody would know whether the commit that was cut off stands.
    """

    @wraps(write)
    async def carried_through(*args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.shield(asyncio.ensure_future(write(*args, **kwargs)))

    return carried_through


async def take_turn(session: AsyncSession, name: str) -> None:
    """Wait until no other transaction, of any process, has this turn; it ends with the transaction.

    For what must not happen twice at once and has no row to lock.  SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def rows_of(table: type[DeclarativeBase]) -> Table:
    """The table itself, for statements that are written often: the mapper's own are several times as dear."""
    return cast("Table", table.__table__)


async def put(session: AsyncSession, table: type[DeclarativeBase], *rows: Mapping[str, object]) -> None:
    """Write rows; one whose key stands already gets these values, and keeps its own where they are None."""
    await session.execute(_putting(session.get_bind().dialect.name, table, tuple(rows[0])), list(rows))


@cache
def _putting(dialect: str, table: type[DeclarativeBase], names: tuple[str, ...]) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert  # the same words in both
    statement = insert(rows_of(table))
    keys = [column.name for column in rows_of(table).primary_key]
    changed = {
        name: func.coalesce(statement.excluded[name], rows_of(table).c[name]) for name in names if name not in keys
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def engine_url(text: str) -> URL:
    """As SQLAlchemy takes it; where no driver is named, ours, as `sqlite:///bot.db` and `postgres://…` mean it.

    Raises ArgumentError.
    """
    url = make_url(text)
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


class Database:
    """`async with Database(url) as database:` or open() and close().  Safe to use from one event loop."""

    def __init__(self, url: str, measure: Callable[[float | None], None] | None = None) -> None:
        """`measure` is told of each statement: its seconds, or None where it failed."""
        shown = "(hidden)"  # until it is known where in it the password is
        try:
            self._url = engine_url(url)
            shown = self._url.render_as_string(hide_password=True)
            self._remote = self._url.get_backend_name() != "sqlite"
            self._engine: AsyncEngine = (
                postgres_engine(self._url, CONNECTIONS) if self._remote else sqlite_engine(self._url, CONNECTIONS)
            )
        except (ArgumentError, ImportError, InvalidRequestError, ValueError) as error:
            problem = f"not a usable database URL: {str(error).splitlines()[0]}".replace(url, shown)
            cure = "Leave it empty for SQLite in DATA_DIR; PostgreSQL reads postgresql://user:password@host/name."
            if isinstance(error, ImportError) and url.startswith("postgres"):
                cure = "PostgreSQL's driver is an extra: pip install -e '.[postgres]' in Easel's folder."
            raise ConfigurationError("DATABASE_URL", shown, problem, cure, final=True) from error
        if measure is not None:
            measure_statements(self._engine, measure)
        # SQLite has one writer at a time; waiting here costs less than its polling, and is in turn.
        self._one_writer: AbstractAsyncContextManager[None] = nullcontext() if self._remote else asyncio.Lock()
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._url.get_backend_name()

    async def open(self) -> None:
        """Bring the schema up to date.  Raises ConfigurationError where the database cannot be written."""
        await self.upgrade()

    async def upgrade(self) -> None:
        """Run the migrations that are missing, creating everything in a new database.  Raises ConfigurationError."""
        self._check_folder()
        try:
            await self._migrate()
        except CommandError as error:
            cure = "Install the version of Easel that wrote it, or point DATABASE_URL at another database."
            problem = f"its schema is not known here ({error})"
            raise ConfigurationError("DATABASE_URL", self.name, problem, cure, final=True) from error
        except (SQLAlchemyError, OSError) as error:
            raise self._unusable(str(error).splitlines()[0], final=lets_nobody_in(error)) from error

    async def _migrate(self) -> None:
        """In one transaction, alone from before its first look: of several at once, each finds what one made."""
        for tries_left in reversed(range(MIGRATION_TRIES)):
            try:
                async with self._engine.connect() as connection, unlinked(connection):
                    await connection.execution_options(writing=True)
                    async with connection.begin():
                        await connection.run_sync(migrate.upgrade)
                return
            except OperationalError as error:
                if not tries_left or LOCKED not in str(error):
                    raise

    async def schema_state(self) -> SchemaState:
        """Where the schema stands, changing nothing.  Raises ConfigurationError where the database does not open."""
        if self.file is not None and not self.file.exists():
            return "empty"
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(migrate.schema_state)
        except (SQLAlchemyError, OSError) as error:
            raise self._unusable(str(error).splitlines()[0], final=lets_nobody_in(error)) from error

    async def ping(self) -> None:
        """Raises what the driver raises where the database does not answer."""
        async with self.reading() as session:
            await session.execute(select(1))

    async def close(self) -> None:
        async with self._one_writer:
            await self._engine.dispose()

    async def __aenter__(self) -> "Database":
        try:
            await self.open()
        except BaseException:
            await self.close()  # what was opened on the way, SQLite's threads among it
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> AsyncConnection:
        """A connection of one's own, for as long as one likes; to be closed.  Raises NotSaved."""
        try:
            return await self._engine.connect()
        except (DBAPIError, NoConnectionFree, OSError) as error:
            _log_failure("database.not_reached", error, database=self.name)
            raise NotSaved("change") from error

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Raises NotRead where the database does not answer."""
        try:
            async with self._sessions() as session:
                yield session
        except FAILURES as error:
            if not is_away(error):
                raise
            _log_failure("database.not_read", error, database=self.name)
            raise NotRead from error

    @asynccontextmanager
    async def writing(self, subject: str = "change") -> AsyncIterator[AsyncSession]:
        """A transaction that commits at the end of the block, in a method that is `whole`.

        On PostgreSQL others write meanwhile: what is read to be changed is read `with_for_update`, and where there may
        be no row yet, after `take_turn`.  Raises NotSaved(subject) where the database takes no writes, for another try
        may do better; what it refuses to hold is raised as it is.
        """
        try:
            async with self._one_writer, self._sessions() as session, session.begin():
                await session.connection(execution_options={"writing": True})
                yield session
        except FAILURES as error:
            if not is_away(error):
                raise
            _log_failure("database.not_saved", error, subject=subject, database=self.name)
            raise NotSaved(subject) from error

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for other databases and for one in memory."""
        if self._remote or self._url.database in (None, "", ":memory:"):
            return None
        return Path(str(self._url.database)).absolute()

    def _check_folder(self) -> None:
        """SQLite needs a folder that takes its journal beside the file; say so better than "unable to open"."""
        file = self.file
        if file is None:
            return
        try:
            private_folder(file.parent)
        except OSError as error:
            raise self._unusable(f"folder {file.parent} cannot be made: {error.strerror}") from error
        for place in (file.parent, file):
            if place.exists() and not os.access(place, os.W_OK):
                raise self._unusable(f"{place} is read-only")
        with suppress(OSError):  # SQLite says better what is wrong, and another process may have been faster
            private_file(file)  # the journals beside it get its mode

    def _unusable(self, problem: str, *, final: bool = False) -> ConfigurationError:
        cure = "Point DATA_DIR or DATABASE_URL at a place that can be written and has space."
        if LOCKED in problem:
            cure = "Another program is writing to it: wait until that is done, or end it."
        elif self._remote:
            cure = "See that the server runs and takes connections from here, with this name and password."
        return ConfigurationError("DATABASE_URL", self.name, problem, cure, final=final)


def _log_failure(event: str, error: Exception, **about: str) -> None:
    """In one line: it will be tried again and again."""
    log.error(event, problem=str(getattr(error, "orig", None) or error), **about)
