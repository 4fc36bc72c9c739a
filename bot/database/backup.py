"""A copy of the whole database in one file, and the way back.

In: the database's URL and a file.  Out: the file, whole or not at all; or a database that is as it was when the file
was written, with the newest schema.  SQLite is copied by its own backup, while the bot runs; PostgreSQL by pg_dump and
pg_restore.  The picture files are not in it.
"""

import asyncio
import os
import shutil
import sqlite3
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from bot.database.locks import shard_locks
from bot.database.session import Database, engine_url
from bot.errors import CommandError, ConfigurationError
from bot.partition import Partition
from bot.secrecy import private_file, private_folder


async def back_up(url: str, target: Path) -> None:
    """Write the copy.  Raises CommandError for a file that is there already, and for what else prevents it."""
    if target.exists():  # noqa: ASYNC240  # a look at a folder; the copying is what takes time
        raise CommandError(f"{target} is there already; name another file")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        private_file(unfinished)
        if (file := _file(url)) is not None:
            await asyncio.to_thread(_copy, file, unfinished)
        else:
            await _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}")
        unfinished.replace(target)
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


async def restore(url: str, source: Path) -> None:
    """Put the copy in place of what is in the database, and bring it to the newest schema.

    Raises CommandError for a file that is no copy, and ConfigurationError while a bot works on the database.
    """
    await check_copy(url, source)
    file = _file(url)
    if file is not None:
        private_folder(file.parent)
        private_file(file)
    database = Database(url)
    try:
        async with shard_locks(database, Partition(), lost=_nothing):
            if file is not None:
                await asyncio.to_thread(_copy, source, file)
            else:
                # One transaction: what was there stays if anything fails.
                whole = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--no-owner")
                await _run(url, "pg_restore", *whole, "--no-privileges", str(source))
            await database.upgrade()
    finally:
        await database.close()


def _file(url: str) -> Path | None:
    """SQLite's file; None for PostgreSQL.  Raises ConfigurationError for a database that is in no file."""
    database = Database(url)
    if database.dialect == "sqlite" and database.file is None:
        raise ConfigurationError("DATABASE_URL", url, "it is in no file", "Point it at one.")
    return database.file


async def check_copy(url: str, source: Path) -> None:
    """Before anything is overwritten: is it a database of Easel's, and not of a newer one?  pg_restore knows its own.

    Raises CommandError for a file that is not there, or is no copy.
    """
    if not source.is_file():  # noqa: ASYNC240  # as above
        raise CommandError(f"{source} is not there")
    if _file(url) is None:
        return
    copy = Database(engine_url("sqlite://").set(database=str(source)).render_as_string())
    try:
        state = await copy.schema_state()
    except ConfigurationError as error:
        raise CommandError(f"{source} is no copy of a database: {error.problem}") from error
    finally:
        await copy.close()
    if state == "empty":
        raise CommandError(f"{source} is an empty database, and no copy of Easel's")
    if state == "newer":
        raise CommandError(f"{source} was written by a newer Easel; install that one first")


def _copy(source: Path, target: Path) -> None:
    """Page by page, as SQLite itself does it: consistent, whoever reads or writes meanwhile."""
    if not source.is_file():
        raise CommandError(f"{source} is not there: there is no database to copy")
    try:
        with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(target)) as writer:
            reader.backup(writer)
            (state,) = writer.execute("PRAGMA quick_check(1)").fetchone()
            if state != "ok":
                raise CommandError(f"{source} is damaged: {state}")
    except sqlite3.Error as error:
        raise CommandError(f"{source} cannot be copied to {target}: {error}") from error


async def _run(url: str, program: str, *options: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, where no list of processes shows it."""
    if shutil.which(program) is None:
        raise CommandError(
            f"{program} is not here: apt-get install postgresql-client, of the server's version or newer"
        )
    parts = engine_url(url)
    environment = {**os.environ, "PGPASSWORD": parts.password or ""}
    process = await asyncio.create_subprocess_exec(
        program, *_connection(parts), *options, env=environment, stdout=PIPE, stderr=PIPE
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or [f"status {process.returncode}"]
        raise CommandError(f"{program} did not succeed: {lines[0]}")


def _connection(url: URL) -> Sequence[str]:
    host = url.host or str(url.query.get("host", ""))
    given = {"--host": host, "--port": url.port, "--username": url.username, "--dbname": url.database}
    return [f"{option}={value}" for option, value in given.items() if value]


def _nothing(_: str) -> None:
    """The locks end with this command."""
