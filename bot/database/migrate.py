"""Brings a database to the newest schema with the migrations in `migrations/`.

In: an open connection.  Out: the same database, upgraded.  The command `alembic` reads `[tool.alembic]` in
pyproject.toml for the same folder; the bot itself needs no file.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select

SchemaState = Literal["current", "older", "newer", "empty"]

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run every migration up to `revision`; the caller commits.  One process at a time, as on SQLite by nature."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("migrations", 0))))
    if revision == "head" and _current(connection) == _newest(MIGRATIONS):
        return  # as at nearly every start, and Alembic would read every migration to find that out
    command.upgrade(configuration(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Undo every migration after `revision`; the caller commits."""
    command.downgrade(configuration(connection), revision)


def schema_state(connection: Connection) -> SchemaState:
    """Whether the database is at the newest migration, behind it, past it, or holds nothing yet."""
    if not inspect(connection).get_table_names():
        return "empty"
    current = _current(connection)
    scripts = ScriptDirectory.from_config(configuration(connection))
    if not current <= {script.revision for script in scripts.walk_revisions()}:
        return "newer"  # a migration that is not known here was written by a later Easel
    return "current" if current == set(scripts.get_heads()) else "older"


def _current(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


@cache
def _newest(folder: Path) -> set[str]:
    return set(ScriptDirectory(str(folder)).get_heads())


def is_mapped(name: str | None, _kind: str, _parents: object) -> bool:
    """Whether the code maps what has this name; two indexes are known to its queries alone (words.py, names.py)."""
    return name is None or not name.startswith(("generation_words", "generation_names"))


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for this connection, without any file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # a % begins an interpolation
    config.attributes["connection"] = connection
    return config
