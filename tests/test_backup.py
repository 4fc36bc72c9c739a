"""A backup holds everything, is whole or not there, and comes back on both databases."""

import asyncio
import os
import shutil
import subprocess
from contextlib import aclosing
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.database import migrate
from bot.database.backup import _connection, back_up, check_restore, restore
from bot.database.generations import GenerationLog
from bot.database.locks import shard_locks
from bot.database.session import Database, engine_url
from bot.errors import CommandError, ConfigurationError
from bot.partition import Partition
from bot.storage.folder import FolderStorage
from tests.bot_fakes import an_order


@pytest.fixture(autouse=True)
def _postgres_programs(request: pytest.FixtureRequest) -> None:
    if "postgresql" in request.node.name and shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump here: apt-get install postgresql-client")


async def prompts(url: str) -> list[str]:
    async with Database(url) as database:
        return [record.order.prompt for record in await GenerationLog(database).unfinished()]


async def order(url: str, prompt: str) -> None:
    async with Database(url) as database:
        await GenerationLog(database).open(an_order(prompt, seed=7))


async def test_only_the_owner_reads_what_easel_writes(tmp_path: Path) -> None:
    """Under the usual umask: folders, the database and its journals, a backup; what exists keeps its mode."""
    laid_out = tmp_path / "laid out"
    laid_out.mkdir()
    laid_out.chmod(0o770)
    before = os.umask(0o022)
    try:
        url = f"sqlite+aiosqlite:///{laid_out / 'data' / 'easel.db'}"
        async with Database(url) as database:
            await GenerationLog(database).open(an_order("a cat", seed=7))
            await back_up(url, tmp_path / "copy")
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (laid_out / "data").iterdir()}
        await restore(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'easel.db'}", tmp_path / "copy")
        storage = FolderStorage(laid_out / "pictures")
        storage.open()
        await storage.put("1/2.png", b"picture")
    finally:
        os.umask(before)
    assert set(modes) >= {"easel.db", "easel.db-wal"}
    assert set(modes.values()) == {"0o600"}
    files = (tmp_path / "copy", tmp_path / "new" / "easel.db", laid_out / "pictures" / "1" / "2.png")
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    folders = (laid_out / "data", tmp_path / "new", laid_out / "pictures", laid_out / "pictures" / "1")
    assert {oct(path.stat().st_mode & 0o777) for path in folders} == {"0o700"}
    assert laid_out.stat().st_mode & 0o777 == 0o770


async def test_what_was_there_comes_back(database_url: str, tmp_path: Path) -> None:
    """Taken while the bot works; what came later is gone after the way back, and the next id is a new one."""
    await order(database_url, "before")
    async with Database(database_url) as database, shard_locks(database, Partition(), lost=print):
        await back_up(database_url, tmp_path / "copy")
        await GenerationLog(database).open(an_order("after", seed=7))
    await restore(database_url, tmp_path / "copy")
    assert await prompts(database_url) == ["before"]
    await order(database_url, "again")
    assert await prompts(database_url) == ["before", "again"]
    assert {path.name for path in tmp_path.iterdir()} >= {"copy"}  # noqa: ASYNC240  # a test's own folder
    assert not list(tmp_path.glob("*.unfinished"))  # noqa: ASYNC240


async def test_it_comes_back_into_a_new_database(empty_url: str, database_url: str, tmp_path: Path) -> None:
    """On another machine."""
    if empty_url.partition(":")[0] != database_url.partition(":")[0]:
        return
    await order(database_url, "moved")
    await back_up(database_url, tmp_path / "copy")
    await restore(empty_url, tmp_path / "copy")
    assert await prompts(empty_url) == ["moved"]


@pytest.mark.parametrize("revision", ["0033", "0017"])
async def test_a_backup_of_an_older_schema_comes_back(database_url: str, tmp_path: Path, revision: str) -> None:
    """Nothing of the newer one is in its way, and it is brought to the newest again; the bot starts after it."""
    await order(database_url, "older")
    async with Database(database_url) as database, aclosing(await database.connect()) as connection:
        await connection.execution_options(writing=True)
        await connection.run_sync(migrate.downgrade, revision)
        await connection.commit()
    await back_up(database_url, tmp_path / "copy")
    await order(database_url, "newer")
    await restore(database_url, tmp_path / "copy")
    assert await prompts(database_url) == ["older"]


async def test_a_damaged_backup_replaces_nothing(postgres_database: str, tmp_path: Path) -> None:
    """What pg_restore lists without complaint may still break off in the middle of a table's rows."""
    await order(postgres_database, "kept")
    await back_up(postgres_database, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "copy").write_bytes(whole[:-100])
    with pytest.raises(CommandError, match="pg_restore did not succeed"):
        await restore(postgres_database, tmp_path / "copy")
    assert await prompts(postgres_database) == ["kept"]


async def test_no_backup_writes_over_another(database_url: str, tmp_path: Path) -> None:
    """Nor into a folder that is not there."""
    (tmp_path / "copy").write_text("older")
    with pytest.raises(CommandError, match="copy is there already"):
        await back_up(database_url, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "older"
    with pytest.raises(CommandError, match="no/folder"):
        await back_up(database_url, tmp_path / "no" / "folder" / "copy")


async def test_a_running_bots_database_is_not_replaced(database_url: str, tmp_path: Path) -> None:
    """It would go on writing what it remembers."""
    await order(database_url, "before")
    await back_up(database_url, tmp_path / "copy")
    async with Database(database_url) as database, shard_locks(database, Partition(), lost=print):
        for refuses in (check_restore, restore):  # nobody is asked first what is refused then
            with pytest.raises(ConfigurationError, match="another Easel works on it"):
                await refuses(database_url, tmp_path / "copy")


@pytest.mark.parametrize("written", [b"", b"this is not a database" * 100, None])
async def test_what_is_no_backup_replaces_nothing(database_url: str, tmp_path: Path, written: bytes | None) -> None:
    """A file of something else, an empty one, none."""
    await order(database_url, "kept")
    if written is not None:
        (tmp_path / "copy").write_bytes(written)
    with pytest.raises(CommandError):
        await restore(database_url, tmp_path / "copy")
    assert await prompts(database_url) == ["kept"]


@pytest.mark.parametrize(
    ("begins", "url", "said"),
    [
        (b"SQLite format 3\0", "postgresql://easel@127.0.0.1:1/easel", "copy of a SQLite database, .* PostgreSQL"),
        (b"PGDMP\1\16\0", "sqlite:///new.db", "copy of a PostgreSQL database, .* SQLite"),
    ],
)
async def test_a_backup_of_the_other_kind_of_database_is_named(
    tmp_path: Path, begins: bytes, url: str, said: str
) -> None:
    """Not by what pg_restore, or SQLite, thinks of it."""
    (tmp_path / "copy").write_bytes(begins + bytes(4096))
    with pytest.raises(CommandError, match=said):
        await check_restore(url, tmp_path / "copy")


async def test_without_a_database_there_is_nothing_to_copy(tmp_path: Path) -> None:
    """And none is made."""
    settings = load_settings(None, data_dir=tmp_path / "data")
    with pytest.raises(CommandError, match="there is no database to copy"):
        await back_up(settings.database_url, tmp_path / "copy")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("options", [(), ("--table=alembic_version",)], ids=["empty", "one table"])
async def test_a_dump_without_the_request_log_replaces_nothing(
    postgres_database: str, empty_postgres_database: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """PostgreSQL's own program reads it, but it is none of Easel's copies."""
    await order(postgres_database, "one")
    url, target = postgres_database if options else empty_postgres_database, tmp_path / "copy"
    environment = {**os.environ, "PGPASSWORD": engine_url(url).password or ""}
    words = ["pg_dump", "--format=custom", f"--file={target}", *options, *_connection(url)]
    await asyncio.to_thread(subprocess.run, words, check=True, env=environment)
    with pytest.raises(CommandError, match="no request log"):
        await restore(postgres_database, target)
    assert await prompts(postgres_database) == ["one"]
