"""SQLite's connections: few trips to their threads, and transactions as everywhere."""

from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text

from bot.database.generations import GenerationLog
from bot.database.session import Database
from tests.bot_fakes import an_order, lay_out


@pytest.fixture
async def database(tmp_path: Path) -> Any:
    lay_out(tmp_path)
    async with Database(f"sqlite:///{tmp_path}/easel.db") as opened:
        async with opened.writing() as session:
            await session.execute(text("CREATE TABLE note (x INTEGER)"))
        yield opened


async def count(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM note")) or 0)


NOTE = text("INSERT INTO note VALUES (1)")


async def test_a_statement_is_one_trip(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four for each, as the driver alone makes them, cost an order several times its own work."""
    log = GenerationLog(database)
    row = await log.open(an_order(seed=7))
    trips = 0
    execute = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, *arguments: Any) -> Any:
        nonlocal trips
        trips += 1
        return await execute(self, *arguments)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    await log.open(an_order(seed=7))
    assert trips == 2, "the row, and the commit"
    await log.record_reply(row, 5)
    assert trips == 2 + 3, "the row, the post, and the commit"
    await log.get(row)
    assert trips == 5 + 2, "the row, and its pictures"


async def test_what_fails_leaves_nothing(database: Database) -> None:
    """Neither what was written before it, nor a transaction that the next one would be inside of."""

    async def fail() -> None:
        async with database.writing() as session:
            await session.execute(NOTE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count(database) == 0
    async with database.writing() as session:
        await session.execute(NOTE)
    assert await count(database) == 1


async def test_a_transaction_without_a_statement_is_none(database: Database) -> None:
    """It holds nobody up, whether it ends well or not."""
    async with database.writing():
        pass
    with pytest.raises(ZeroDivisionError):
        async with database.writing():
            raise ZeroDivisionError
    async with database.writing() as session:
        await session.execute(NOTE)
    assert await count(database) == 1


async def test_others_see_what_is_committed_and_nothing_before(database: Database) -> None:
    """A reader is not held up by a writer, either."""
    async with database.writing() as session:
        await session.execute(NOTE)
        assert await count(database) == 0
    assert await count(database) == 1


async def test_one_in_memory_is_one() -> None:
    """All sessions share its connection."""
    async with Database("sqlite://") as opened:
        async with opened.writing() as session:
            await session.execute(text("CREATE TABLE t (x INTEGER)"))
            await session.execute(text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}])
        async with opened.reading() as session:
            assert await session.scalar(text("SELECT sum(x) FROM t")) == 3
