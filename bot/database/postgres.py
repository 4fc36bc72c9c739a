"""PostgreSQL as the bot uses it.

In: a PostgreSQL URL.  Out: a SQLAlchemy engine.
"""

from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

NEVER: Final = ("28", "3D")  # the classes of SQLSTATEs that refuse a name or password, or know no such database
INVALID_VALUE: Final = "22"  # the class of SQLSTATEs whose messages name a value themselves


def postgres_engine(url: URL, connections: int) -> AsyncEngine:
    # The server may have been restarted since a connection was made; SQLite's never go stale.
    engine = create_async_engine(url, pool_size=connections, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "handle_error", _keep_values_back)
    return engine


def lets_nobody_in(error: Exception) -> bool:
    """Whether the server is there and refuses: another try will not do better."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", "")).startswith(NEVER)


def _prepare(connection: Any, _: object) -> None:
    """Plan for short lists by index, as pages are: among 100,000 shares, the week's best took 95 ms without, now 15.

    PostgreSQL's own figures are those of a turning disk, where it rather reads whole tables; and a second process, that
    helps reading them, takes longer to start than a page takes.
    """
    cursor = connection.cursor()
    for setting in ("random_page_cost = 1.1", "parallel_setup_cost = 100000"):
        cursor.execute(f"SET {setting}")
    cursor.close()
    connection.commit()  # or the end of the first transaction that is rolled back would undo it


def _keep_values_back(context: ExceptionContext) -> None:
    """The driver's errors quote what was refused: rows of the request log, with their prompts and tokens."""
    error, told = context.original_exception, str(context.original_exception)
    refusal: Any = error.__cause__  # asyncpg's own, which is not installed everywhere
    if not getattr(refusal, "sqlstate", None):
        return
    refusal.detail = None
    if refusal.sqlstate.startswith(INVALID_VALUE):
        refusal.args = ("(hidden)",)
    error.args = (f"{type(refusal).__name__}: {refusal}",)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (context.sqlalchemy_exception.args[0].replace(told, str(error)),)
