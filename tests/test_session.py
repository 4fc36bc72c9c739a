"""Opening, upgrading and losing the database: whatever is wrong with it is a sentence with its cure."""

import asyncio
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from bot.config import load_settings
from bot.database import migrate
from bot.database.generations import GenerationLog
from bot.database.posts import PostLog
from bot.database.records import PostRecord
from bot.database.session import Database
from bot.errors import ConfigurationError, NotSaved
from tests.bot_fakes import an_order
from tests.servers import Postgres

# Forked from one that has imported all: it costs a third, and they begin more nearly at once.
AT_ONCE = """
import asyncio, multiprocessing, sys
from bot.database import migrate
from bot.database.session import Database

async def upgrade():
    async with Database(sys.argv[1]):
        print("upgraded", flush=True)

processes = [multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(upgrade())) for _ in range(3)]
for process in processes:
    process.start()
for process in processes:
    process.join()
sys.exit(any(process.exitcode for process in processes))
"""


async def test_a_full_database_says_so(database: Database) -> None:
    """While running, a full disk or a read-only server is a sentence for the person, never SQLAlchemy's."""
    await refuse_writes(database)
    log = GenerationLog(database)

    async def fill() -> None:
        while True:
            await log.open(an_order("x" * 1000, seed=7))

    with pytest.raises(NotSaved, match="not_saved subject='generation'"):
        await asyncio.wait_for(fill(), 60)


async def test_what_the_database_refuses_to_hold_is_not_to_be_tried_again(database: Database) -> None:
    """A row that hangs on one that is not there is our own fault, and no "could not be saved"."""
    with pytest.raises(IntegrityError):
        await PostLog(database).add(PostRecord(1, 2, 3))


async def refuse_writes(database: Database) -> None:
    async with database.reading() as session:
        connection = await session.connection()
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("PRAGMA max_page_count = 1")
        else:
            await connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            await session.commit()


async def test_a_restarted_server_is_met_again(postgres_database: str) -> None:
    """Connections that a restart of PostgreSQL cut are made anew before anybody notices."""
    async with Database(postgres_database) as database:
        log = GenerationLog(database)
        await asyncio.gather(*(log.open(an_order(seed=7)) for _ in range(3)))
        async with database.reading() as session:
            backends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            await session.execute(text(f"{backends} AND pid <> pg_backend_pid()"))
        for _ in range(3):
            await log.open(an_order(seed=7))
        assert len(await log.unfinished()) == 6


async def test_postgresql_plans_for_short_lists(postgres_database: str) -> None:
    """Also after a transaction that was rolled back, which would undo what it had set itself."""
    async with Database(postgres_database) as database, database.reading() as session:
        await session.rollback()
        shown = [await session.scalar(text(f"SHOW {name}")) for name in ("random_page_cost", "parallel_setup_cost")]
    assert shown == ["1.1", "100000"]


def test_several_upgrades_at_once_all_succeed(empty_url: str) -> None:
    """Three bot processes that upgrade a new database together: one makes the tables, the others find them."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE, empty_url], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("upgraded\n" * 3, "", 0)


async def test_a_schema_that_is_current_is_not_migrated_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor are the migrations read, at a start; one that is behind is."""
    async with Database(database_url) as database:
        monkeypatch.setattr("alembic.command.upgrade", None)
        await database.upgrade()
        async with database.writing() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        with pytest.raises(TypeError, match="not callable"):
            await database.upgrade()


async def test_a_server_that_lets_nobody_in_is_named(postgres: Postgres) -> None:
    """A database that does not exist, a server that does not answer: address, reason and cure, and no password."""
    there = make_url(await postgres.new_database())
    wrong = (there.set(database="nowhere"), there.set(database=None, query={}, host="127.0.0.1", port=1))
    for url in wrong:
        database = Database(url.set(password="secret").render_as_string(hide_password=False))
        with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
            await database.open()
        assert "secret" not in str(caught.value)
        assert "See that the server runs" in caught.value.cure
        assert caught.value.final is (url.database == "nowhere"), "one that does not answer may only be away"
        await database.close()
    await postgres.drop_database(there.render_as_string(hide_password=False))


async def test_a_refused_connection_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncpg's refused connection is no error of SQLAlchemy's, and still the same sentence."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/easel.db")

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError(111, "Connect call failed")

    monkeypatch.setattr("sqlite3.connect", refuse)
    with pytest.raises(NotSaved, match="not_saved subject='generation'"):
        await GenerationLog(database).record_start(1)
    await database.close()


async def test_a_folder_that_cannot_hold_a_database_is_named(tmp_path: Path) -> None:
    """A file where the folder should be: path and cure."""
    (tmp_path / "data").write_text("a file")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/data/easel.db")
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL=.*folder .*/data cannot be made") as caught:
        await database.open()
    assert "Point DATA_DIR or DATABASE_URL" in caught.value.cure


async def test_a_read_only_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own words would be "unable to open database file"."""
    monkeypatch.setattr("bot.database.session.os.access", lambda *_: False)
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/easel.db")
    with pytest.raises(ConfigurationError, match=f"{tmp_path} is read-only"):
        await database.open()


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A corrupt file stops the start, and is left as it is."""
    file = tmp_path / "easel.db"
    file.write_bytes(b"this is not a database" * 100)
    database = Database(f"sqlite+aiosqlite:///{file}")
    with pytest.raises(ConfigurationError, match="not a database"):
        await database.open()
    await database.close()
    assert file.read_bytes().startswith(b"this is not")


@pytest.mark.parametrize(("problem", "is_folder"), [("not a database", False), ("unable to open", True)])
async def test_what_does_not_open_leaves_no_thread_behind(tmp_path: Path, problem: str, is_folder: bool) -> None:
    """It would complain on the terminal, above the sentence that says what is wrong."""
    if is_folder:
        (tmp_path / "easel.db").mkdir()
    else:
        (tmp_path / "easel.db").write_bytes(b"this is not a database" * 100)
    before = set(threading.enumerate())
    with pytest.raises(ConfigurationError, match=problem):
        async with Database(f"sqlite+aiosqlite:///{tmp_path}/easel.db"):
            pass
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread


@pytest.mark.parametrize("name", ["what?", "100%25", "a%b#c", "a b"])
async def test_database_and_pictures_lie_in_the_same_folder(tmp_path: Path, name: str) -> None:
    """Whatever characters its path has, in which a URL would see something else."""
    settings = load_settings(None, data_dir=tmp_path / name)
    async with Database(settings.database_url):
        pass
    assert {path.relative_to(tmp_path).as_posix() for path in files(tmp_path)} == {f"{name}/easel.db"}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_url_without_a_driver_gets_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As other programs write it."""
    monkeypatch.chdir(tmp_path)
    async with Database("sqlite:///bot.db") as database:
        assert await database.schema_state() == "current"
    assert (tmp_path / "bot.db").exists()
    assert Database("postgres://me:secret@host/x").name == "postgresql+asyncpg://me:***@host/x"


async def test_a_checkout_under_any_path_can_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alembic's configuration takes a percent sign for the start of a variable."""
    shutil.copytree(migrate.MIGRATIONS, tmp_path / "50%(here)s" / "migrations")
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "50%(here)s" / "migrations")
    async with Database(f"sqlite:///{tmp_path}/easel.db") as database:
        assert await database.schema_state() == "current"


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg2://x/y", "sqlite+pysqlite:///x.db", "nonsense", "oracle+nothing://x"]
)
def test_a_url_that_is_none_is_named(url: str) -> None:
    """Before anything is opened; and to start again mends nothing."""
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
        Database(url)
    assert caught.value.final


def test_a_bad_urls_password_is_not_shown() -> None:
    """The error goes to the terminal and into logs."""
    with pytest.raises(ConfigurationError) as caught:
        Database("sqlite+aiosqlite://me:secret@host/x")
    assert "secret" not in str(caught.value)
    assert "me:***@host" in str(caught.value)
