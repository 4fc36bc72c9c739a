"""The migrations: they lead to exactly the tables that the code knows, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import main as alembic
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from bot.database import migrate
from bot.database.session import Database
from bot.database.tables import Table
from bot.errors import ConfigurationError

ROOT = Path(__file__).parent.parent


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_the_newest_schema_is_what_the_code_knows(connection: Connection) -> None:
    """A table changed without a migration fails here."""
    migrate.upgrade(connection)
    context = MigrationContext.configure(connection, opts={"include_name": migrate.is_mapped})
    assert compare_metadata(context, Table.metadata) == []


def test_every_migration_can_be_undone(connection: Connection) -> None:
    """Down to nothing and up again."""
    migrate.upgrade(connection)
    migrate.downgrade(connection)
    assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate.upgrade(connection)
    assert "generations" in inspect(connection).get_table_names()


def test_there_is_one_line_of_migrations_and_each_is_a_sentence(connection: Connection) -> None:
    """One head; every file's first line is what it does."""
    scripts = ScriptDirectory.from_config(migrate.configuration(connection))
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        assert script.doc[0].isupper()
        assert " " in script.doc


async def test_the_schemas_state_is_told_without_touching_it(tmp_path: Path) -> None:
    """Empty before, current after, older when a migration is missing; a new database makes no file."""
    file = tmp_path / "easel.db"
    database = Database(f"sqlite+aiosqlite:///{file}")
    assert await database.schema_state() == "empty"
    assert not file.exists()
    await database.upgrade()
    assert await database.schema_state() == "current"
    async with database.writing() as session:
        await session.execute(text("DELETE FROM alembic_version"))
    assert await database.schema_state() == "older"
    await database.close()


async def test_a_database_from_the_future_is_left_alone(tmp_path: Path) -> None:
    """After a downgrade of Easel the start stops, and says which version is needed."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/easel.db")
    await database.upgrade()
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await database.schema_state() == "newer"
    with pytest.raises(ConfigurationError, match="9999") as caught:
        await database.open()
    assert "Install the version of Easel that wrote it" in caught.value.cure
    await database.close()


async def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """The second start finds everything in place."""
    url = f"sqlite+aiosqlite:///{tmp_path}/easel.db"
    for _ in range(2):
        async with Database(url) as database:
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


def test_messages_of_before_are_known_as_posts(connection: Connection) -> None:
    """What an older Easel posted can be taken down by this one."""
    migrate.upgrade(connection, "0002")
    row = "1, 'imagine', 'done', 1, 'ada', 42, 'en', 'a cat', 'a cat', 4, 7, '2026-11-01', "
    columns = (
        "id, kind, status, user_id, user_name, channel_id, locale, prompt, normalised_prompt, image_count, seed, "
        "created_at, message_id"
    )
    connection.execute(text(f"INSERT INTO generations ({columns}) VALUES ({row} 99)"))  # noqa: S608  # made here
    connection.execute(text(f"INSERT INTO generations ({columns}) VALUES ({'2' + row[1:]} NULL)"))  # noqa: S608
    migrate.upgrade(connection)
    posts = connection.execute(text("SELECT message_id, channel_id, generation_id, image_index FROM posts"))
    assert [tuple(post) for post in posts] == [(99, 42, 1, None)]
