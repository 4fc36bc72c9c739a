"""A copy of the whole database in one file, and the way back.

In: the database's URL and a file.  Out: the file, whole or not at all; or a database that is as it was when the file
was written, with the newest schema.  SQLite is copied by its own backup, while the bot runs; PostgreSQL by pg_dump,
and back by pg_restore and psql.  The picture files are not in it.
"""

import asyncio
import os
import re
import shutil
import sqlite3
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.database.locks import shard_locks
from bot.database.migrate import SchemaState
from bot.database.session import Database, engine_url
from bot.errors import CommandError, ConfigurationError
from bot.partition import Partition
from bot.secrecy import private_file, private_folder

KINDS: Final = {"SQLite": b"SQLite format 3\0", "PostgreSQL": b"PGDMP"}
"""What a copy of each kind begins with, as their file formats say."""

# Everything: a copy of an older schema does not know the tables that came later, and nothing else would drop them.
DROP_TABLES: Final = b"""BEGIN;
DO $$ DECLARE names text; BEGIN
    SELECT string_agg(quote_ident(tablename), ', ') INTO names FROM pg_tables WHERE schemaname = current_schema();
    IF names IS NOT NULL THEN EXECUTE 'DROP TABLE ' || names || ' CASCADE'; END IF;
END $$;
"""


async def back_up(url: str, target: Path) -> None:
    """Write the copy.  Raises CommandError for a file that is there already, and for what else prevents it, such as a
    database that nothing was ever written to: that would be another one than is meant.
    """
    if target.exists():  # noqa: ASYNC240  # a look at a folder; the copying is what takes time
        raise CommandError(f"{target} is there already; name another file")
    if await _state(url) == "empty":
        raise CommandError(f"{Database(url).name} is empty: there is no database to copy")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        private_file(unfinished)
        if (file := _file(url)) is not None:
            await asyncio.to_thread(_copy, file, unfinished)
        else:
            whole = ("--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}")
            await _run("pg_dump", [*_connection(url), *whole], url)
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
                await _replace(url, source)
            await database.upgrade()
    finally:
        await database.close()


def _file(url: str) -> Path | None:
    """SQLite's file; None for PostgreSQL.  Raises ConfigurationError for a database that is in no file."""
    database = Database(url)
    if database.dialect == "sqlite" and database.file is None:
        raise ConfigurationError("DATABASE_URL", url, "it is in no file", "Point it at one.")
    return database.file


async def check_restore(url: str, source: Path) -> None:
    """Before anybody is asked whether to overwrite: whether `restore` will.  Raises as it does."""
    await check_copy(url, source)
    database = Database(url)
    try:
        if database.dialect == "postgresql" or (database.file is not None and database.file.is_file()):
            async with shard_locks(database, Partition(), patience=0, lost=_nothing):
                pass
    finally:
        await database.close()


async def check_copy(url: str, source: Path) -> None:
    """Is it a copy of a database of Easel's, and not of a newer one?

    Raises CommandError for a file that is not there, or is no copy.
    """
    if not source.is_file():  # noqa: ASYNC240  # as above
        raise CommandError(f"{source} is not there")
    file = _file(url)
    _check_kind(source, "PostgreSQL" if file is None else "SQLite")
    if file is None:
        held = await _run("pg_restore", ["--list", str(source)], stdout=PIPE)
        if not all(re.search(rb" TABLE DATA \S+ " + table, held) for table in (b"alembic_version ", b"generations ")):
            raise CommandError(f"{source} is no copy of a database of Easel's: it has no request log")
        return
    try:
        state = await _state(engine_url("sqlite://").set(database=str(source)).render_as_string())
    except ConfigurationError as error:
        raise CommandError(f"{source} is no copy of a database: {error.problem}") from error
    if state == "empty":
        raise CommandError(f"{source} is an empty database, and no copy of Easel's")
    if state == "newer":
        raise CommandError(f"{source} was written by a newer Easel; install that one first")


async def _state(url: str) -> SchemaState:
    database = Database(url)
    try:
        return await database.schema_state()
    finally:
        await database.close()


def _check_kind(source: Path, wanted: str) -> None:
    """Raises CommandError for a copy of the other kind of database."""
    with source.open("rb") as opened:
        begins = opened.read(16)
    found = next((kind for kind, magic in KINDS.items() if begins.startswith(magic)), wanted)
    if found != wanted:
        raise CommandError(
            f"{source} is a copy of a {found} database, and DATABASE_URL names {wanted}: a backup comes back into the "
            f"kind of database that it was taken from; point DATABASE_URL at one of {found}"
        )


def _copy(source: Path, target: Path) -> None:
    """Page by page, as SQLite itself does it: consistent, whoever reads or writes meanwhile."""
    try:
        with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(target)) as writer:
            reader.backup(writer)
            (state,) = writer.execute("PRAGMA quick_check(1)").fetchone()
            if state != "ok":
                raise CommandError(f"{source} is damaged: {state}")
    except sqlite3.Error as error:
        raise CommandError(f"{source} cannot be copied to {target}: {error}") from error


async def _replace(url: str, source: Path) -> None:
    """In one transaction: what was there stays if anything fails, for psql commits only what it is told to."""
    quiet = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    script = ("--file=-", "--no-owner", "--no-privileges", "--no-comments", str(source))
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as told:
        try:
            psql = await _begin("psql", [*_connection(url), *quiet], url, stdin=reading)
        finally:
            os.close(reading)  # psql alone holds it: where that ends early, whoever writes hears of it
        replaced = asyncio.create_task(_end("psql", psql))
        try:
            told.write(DROP_TABLES)
            told.flush()
            await _run("pg_restore", script, stdout=writing)
            told.write(b"COMMIT;\n")
            told.close()
        except (CommandError, BrokenPipeError):
            told.close()
            await replaced  # where psql has ended, it says why
            raise
    await replaced


async def _run(program: str, options: Sequence[str], url: str | None = None, *, stdout: int = DEVNULL) -> bytes:
    return await _end(program, await _begin(program, options, url, stdout=stdout))


async def _begin(
    program: str, options: Sequence[str], url: str | None, *, stdin: int = DEVNULL, stdout: int = DEVNULL
) -> Process:
    """One of PostgreSQL's own programs; the password goes by the environment, where no list of processes shows it."""
    if shutil.which(program) is None:
        raise CommandError(
            f"{program} is not here: apt-get install postgresql-client, of the server's version or newer"
        )
    password = "" if url is None else engine_url(url).password or ""
    environment = {**os.environ, "PGPASSWORD": password}
    return await asyncio.create_subprocess_exec(
        program, *options, env=environment, stdin=stdin, stdout=stdout, stderr=PIPE
    )


async def _end(program: str, process: Process) -> bytes:
    """What it wrote into a pipe.  Raises CommandError with what it said, unless it succeeded."""
    written, said = await process.communicate()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or [f"status {process.returncode}"]
        raise CommandError(f"{program} did not succeed: {lines[0]}")
    return written or b""


def _connection(url: str) -> Sequence[str]:
    parts = engine_url(url)
    host = parts.host or str(parts.query.get("host", ""))
    given = {"--host": host, "--port": parts.port, "--username": parts.username, "--dbname": parts.database}
    return [f"{option}={value}" for option, value in given.items() if value]


def _nothing(_: str) -> None:
    """The locks end with this command."""
