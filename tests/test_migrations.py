"""The migrations: they lead to exactly the tables that the code knows, and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import main as alembic
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Connection, MetaData, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.database import migrate
from bot.database.generations import GenerationLog
from bot.database.personal import PersonalData
from bot.database.posts import PostLog
from bot.database.records import PostRecord
from bot.database.session import Database
from bot.database.tables.table import Table
from bot.errors import ConfigurationError
from tests.bot_fakes import an_order

ROOT = Path(__file__).parent.parent


@pytest.fixture
async def connection(empty_url: str) -> AsyncIterator[AsyncConnection]:
    async with connected(empty_url) as opened:
        yield opened


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    async with engine.connect() as opened:
        yield opened
    await engine.dispose()


async def test_the_newest_schema_is_what_the_code_knows(connection: AsyncConnection) -> None:
    """A table changed without a migration fails here."""
    await connection.run_sync(migrate.upgrade)
    assert await connection.run_sync(differences) == []


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": migrate.is_mapped})
    return list(compare_metadata(context, Table.metadata))


async def test_every_migration_can_be_undone(connection: AsyncConnection) -> None:
    """Down to nothing and up again."""
    await connection.run_sync(migrate.upgrade)
    await connection.run_sync(migrate.downgrade)
    assert await connection.run_sync(tables) == ["alembic_version"]
    await connection.run_sync(migrate.upgrade)
    assert "generations" in await connection.run_sync(tables)


def tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


async def test_what_is_in_it_survives_every_migration(connection: AsyncConnection) -> None:
    """From the first migration up to the newest and down again, with a row in every table that the first one made."""
    await connection.run_sync(migrate.upgrade, "0001")
    await connection.run_sync(fill)
    before = await connection.run_sync(everything)
    await connection.run_sync(migrate.upgrade)
    after = await connection.run_sync(everything)
    await connection.run_sync(migrate.downgrade, "0001")
    again = await connection.run_sync(everything)
    assert len(before) >= 7
    for table, row in before.items():
        for later in (after[table], again[table]):
            kept = row.keys() & later.keys()
            assert len(kept) > 1
            assert {name: row[name] for name in kept} == {name: later[name] for name in kept}, table


async def test_what_hangs_on_a_row_survives_every_migration(empty_url: str) -> None:
    """As Easel itself runs them at a start: SQLite looks after its foreign keys then, and drops what they hang on."""
    async with connected(empty_url) as connection:
        await connection.run_sync(migrate.upgrade, "0001")
        await connection.run_sync(fill)
        before = await connection.run_sync(everything)
        await connection.commit()
    async with Database(empty_url) as database:
        async with database.reading() as session:
            after = await (await session.connection()).run_sync(everything)
        with pytest.raises(IntegrityError):
            await PostLog(database).add(PostRecord(1, 2, 3))
    assert before.keys() <= after.keys()


async def test_a_number_is_given_once(database: Database) -> None:
    """In every table that counts: what names a row that is gone must not mean another.  As PostgreSQL always does."""
    counting = {table.name for table in Table.metadata.sorted_tables if table.autoincrement_column is not None}
    assert len(counting) >= 10
    async with database.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            made_so = text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
            assert set(await session.scalars(made_so)) == counting
    log = GenerationLog(database)
    gone = await log.open(an_order(seed=1))
    await PersonalData(database).delete([gone])
    assert await log.open(an_order(seed=1)) > gone


def fill(connection: Connection) -> None:
    """One row a table, parents first; each value is the plainest of its column's kind."""
    plainest = {int: 1, str: "x", float: 0.5, datetime: datetime(2030, 1, 1, tzinfo=UTC)}
    reflected = MetaData()
    reflected.reflect(connection)
    for table in reflected.sorted_tables:
        if table.name == "alembic_version":
            continue
        values = {
            column.name: [] if isinstance(column.type, JSON) else plainest[column.type.python_type]
            for column in table.columns
            if column.name != "perceptual_hash"  # nobody ever wrote it, and it is gone
            if not column.foreign_keys or column.primary_key or not column.nullable
        }
        connection.execute(table.insert().values(values))


def everything(connection: Connection) -> dict[str, dict[str, object]]:
    """Each table's only row."""
    reflected = MetaData()
    reflected.reflect(connection)
    apart = ("alembic_version", "generation_words")  # the index of words is several tables of SQLite's own
    filled = [table for table in reflected.sorted_tables if not table.name.startswith(apart)]
    rows = {table.name: connection.execute(table.select()).mappings().one_or_none() for table in filled}
    return {name: dict(row) for name, row in rows.items() if row is not None}


def test_there_is_one_line_of_migrations_and_each_is_a_sentence() -> None:
    """One head; every file's first line is what it does."""
    scripts = ScriptDirectory(str(migrate.MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        assert script.doc[0].isupper()
        assert " " in script.doc


async def test_the_schemas_state_is_told_without_touching_it(empty_url: str, tmp_path: Path) -> None:
    """Empty before, current after, older when a migration is missing; a new database makes no file."""
    database = Database(empty_url)
    assert await database.schema_state() == "empty"
    assert not (tmp_path / "easel.db").exists()
    await database.upgrade()
    assert await database.schema_state() == "current"
    async with database.writing() as session:
        await session.execute(text("DELETE FROM alembic_version"))
    assert await database.schema_state() == "older"
    await database.close()


async def test_a_database_from_the_future_is_left_alone(empty_url: str) -> None:
    """After a downgrade of Easel the start stops, and says which version is needed."""
    database = Database(empty_url)
    await database.upgrade()
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await database.schema_state() == "newer"
    with pytest.raises(ConfigurationError, match="9999") as caught:
        await database.open()
    assert "Install the version of Easel that wrote it" in caught.value.cure
    await database.close()


async def test_opening_twice_changes_nothing(empty_url: str) -> None:
    """The second start finds everything in place."""
    for _ in range(2):
        async with Database(empty_url) as database:
            assert await database.schema_state() == "current"


def test_the_alembic_command_works_from_pyproject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`alembic upgrade head`, without an alembic.ini, on the database that DATABASE_URL names."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/x.db")
    alembic(["upgrade", "head"])
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    assert "generations" in inspect(engine).get_table_names()
    engine.dispose()


def test_postgresql_takes_the_same_migrations(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The statements for it can be written without a server, with 64-bit ids and times that know their zone."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://user@host/easel")
    alembic(["upgrade", "head", "--sql"])
    statements = capsys.readouterr().out
    assert "id BIGSERIAL NOT NULL" in statements
    assert "created_at TIMESTAMP WITH TIME ZONE NOT NULL" in statements


async def test_what_the_operator_removed_before_is_known_as_theirs(connection: AsyncConnection) -> None:
    """They were 0, and so were the filter, and who erased their data after they had deleted something."""
    await connection.run_sync(migrate.upgrade, "0034")
    columns = "kind, status, user_id, user_name, channel_id, locale, prompt, normalised_prompt, image_count, seed"
    values = "'imagine', 'delivered', 1, 'ada', 42, 'en', 'a cat', 'a cat', 4, 7"
    for row_id, by, deleted in ((1, "0", "false"), (2, "0", "true"), (3, "9", "false")):
        await connection.execute(text(
            f"INSERT INTO generations (id, {columns}, created_at, removed_at, removed_by, removed_why, deleted) "  # noqa: S608  # made here
            f"VALUES ({row_id}, {values}, '2026-11-01', '2026-11-02', {by}, '', {deleted})"
        ))  # fmt: skip
    image = text(
        'INSERT INTO images (generation_id, "index", key, sha256, seed, width, height, removed_at, removed_by, '
        "removed_why) VALUES (1, :index, 'k', 'h', 7, 8, 8, '2026-11-02', 0, :why)"
    )
    for index, why in enumerate(("no knives", "picture_check: nudity")):
        await connection.execute(image, {"index": index, "why": why})
    await connection.run_sync(migrate.upgrade)
    rows = await connection.execute(text("SELECT by_operator FROM generations ORDER BY id"))
    images = await connection.execute(text('SELECT by_operator FROM images ORDER BY "index"'))
    assert ([bool(row[0]) for row in rows], [bool(row[0]) for row in images]) == ([True, False, False], [True, False])


async def test_what_two_servers_chose_for_a_channel_fits_into_the_schema_before(connection: AsyncConnection) -> None:
    """One of the two choices, as there is room for one; what was chosen before is kept on the way up."""
    await connection.run_sync(migrate.upgrade, "0036")
    insert = text("INSERT INTO channel_settings (guild_id, channel_id, drawing, updated_at) VALUES "
                  "(:guild, :channel, '{}', '2026-11-01')")  # fmt: skip
    await connection.execute(insert, {"guild": 2, "channel": 5})
    await connection.run_sync(migrate.upgrade)
    await connection.execute(insert, {"guild": 1, "channel": 5})
    await connection.execute(insert, {"guild": 1, "channel": 6})
    chosen = text("SELECT guild_id, channel_id FROM channel_settings ORDER BY channel_id, guild_id")
    assert [tuple(row) for row in await connection.execute(chosen)] == [(1, 5), (2, 5), (1, 6)]
    await connection.run_sync(migrate.downgrade, "0036")
    assert [tuple(row) for row in await connection.execute(chosen)] == [(1, 5), (1, 6)]


async def test_messages_of_before_are_known_as_posts(connection: AsyncConnection) -> None:
    """What an older Easel posted can be taken down by this one."""
    await connection.run_sync(migrate.upgrade, "0002")
    row = "1, 'imagine', 'done', 1, 'ada', 42, 'en', 'a cat', 'a cat', 4, 7, '2026-11-01', "
    columns = (
        "id, kind, status, user_id, user_name, channel_id, locale, prompt, normalised_prompt, image_count, seed, "
        "created_at, message_id"
    )
    await connection.execute(text(f"INSERT INTO generations ({columns}) VALUES ({row} 99)"))  # noqa: S608  # made here
    await connection.execute(text(f"INSERT INTO generations ({columns}) VALUES ({'2' + row[1:]} NULL)"))  # noqa: S608
    await connection.run_sync(migrate.upgrade)
    posts = await connection.execute(text("SELECT message_id, channel_id, generation_id, image_index FROM posts"))
    assert [tuple(post) for post in posts] == [(99, 42, 1, None)]
