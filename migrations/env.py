"""Alembic's entry: runs the migrations on the bot's own connection, or, from the `alembic` command, on DATABASE_URL."""

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from bot.config import load_settings
from bot.database.migrate import is_mapped
from bot.database.session import engine_url
from bot.database.tables.table import Table, UtcTime


def run(connection: Connection) -> None:
    # Batches let SQLite, which alters little in place, take the same migrations as PostgreSQL; both can undo a schema
    # change that failed halfway, though Alembic supposes that SQLite cannot.
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        render_item=render_time,
        include_name=is_mapped,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def render_time(kind: str, item: object, _: object) -> str | Literal[False]:
    """Migrations stand for themselves, so our own type is written as the plain one beneath it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


async def run_on_database_url() -> None:
    engine = create_async_engine(engine_url(load_settings().database_url))
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def print_sql() -> None:
    """`alembic upgrade head --sql`: the statements, for an administrator to run by hand."""
    context.configure(url=engine_url(load_settings().database_url), target_metadata=Table.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
elif context.is_offline_mode():
    print_sql()
else:
    asyncio.run(run_on_database_url())
