"""The audit log's hash chain: it holds as written, and finds every change, gap and cut."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import migrate
from bot.database.audit import Act, AuditFilter, AuditLog, redact_acts
from bot.database.chain import START
from bot.database.session import Database
from bot.database.tables.moderation import AuditTable
from tests.bot_fakes import ADA, BOB, GUILD
from tests.test_database import NOON, Clock

MODERATOR = 9
COLUMNS = "at, guild_id, actor_id, action, subject, why, before, after, content_hash, hash, NULL"


@pytest.fixture
def audit_log(database: Database) -> AuditLog:
    return AuditLog(database, Clock())


async def written(audit_log: AuditLog, rows: int = 5) -> None:
    for count in range(rows):
        change = {"until": "", "reason": f"n° {count}"}
        await audit_log.note(Act(MODERATOR, "ban", f"user:{ADA if count % 2 else BOB}", GUILD, (), "why", {}, change))


async def tamper(database: Database, statement: str) -> None:
    async with database.writing() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(statement)


async def test_an_untouched_chain_holds(audit_log: AuditLog) -> None:
    """From nothing on; every head that was printed is found again."""
    empty = await audit_log.verify()
    assert (empty.rows, empty.head, empty.faults) == (0, START, ())
    await written(audit_log)
    first = await audit_log.verify()
    assert (first.rows, first.faults, first.known_found) == (5, (), True)
    await written(audit_log)
    later = await audit_log.verify(first.head)
    assert (later.rows, later.faults, later.known_found) == (10, (), True)


@pytest.mark.parametrize(
    ("statement", "row_id", "problem"),
    [
        ("UPDATE audit_log SET why = 'other' WHERE id = 3", 3, "was changed"),
        ("UPDATE audit_log SET actor_id = 1 WHERE id = 3", 3, "was changed"),
        ("UPDATE audit_log SET at = '2031-01-01 00:00:00' WHERE id = 1", 1, "was changed"),
        ("UPDATE audit_log SET after = '{\"reason\": \"x\"}' WHERE id = 5", 5, "was changed"),
        ("UPDATE audit_log SET content_hash = hash WHERE id = 2", 2, "does not follow"),
        ("DELETE FROM audit_log WHERE id = 2", 3, "does not follow"),
        ("DELETE FROM audit_log WHERE id = 1", 2, "does not follow"),
        ("UPDATE audit_log SET id = 99 WHERE id = 2", 3, "does not follow"),
        ("UPDATE audit_log SET actor_id = 1, action = 'export', redacted_at = at WHERE id = 3", 3, "marked as erased"),
        ("UPDATE audit_log SET before = '{\"a\": \"b\"}', redacted_at = at WHERE id = 4", 4, "marked as erased"),
        (f"INSERT INTO audit_log SELECT 99, {COLUMNS} FROM audit_log WHERE id = 5", 99, "does not follow"),  # noqa: S608  # constant
    ],
)  # fmt: skip
async def test_a_change_is_found_where_it_is(
    audit_log: AuditLog, database: Database, statement: str, row_id: int, problem: str
) -> None:
    """Changed, taken out, moved or copied rows."""
    await written(audit_log)
    await tamper(database, statement)
    faults = (await audit_log.verify()).faults
    assert faults[0].row_id == row_id
    assert problem in faults[0].problem


async def test_a_cut_end_is_found_by_who_kept_the_head(audit_log: AuditLog, database: Database) -> None:
    """The rest is a chain of its own, so only the newest hash, kept elsewhere, tells."""
    await written(audit_log)
    head = (await audit_log.verify()).head
    await tamper(database, "DELETE FROM audit_log WHERE id = 5")
    result = await audit_log.verify(head)
    assert (result.faults, result.known_found) == ((), False)


async def test_an_erased_person_leaves_the_chain_whole(audit_log: AuditLog, database: Database) -> None:
    """What is said of them is gone, who acted stays; the verification counts it."""
    await written(audit_log)
    async with database.writing() as session:
        assert await redact_acts(session, NOON, AuditTable.subject == f"user:{ADA}", kind="user") == 2
    result = await audit_log.verify()
    assert (result.rows, result.redacted, result.faults) == (5, 2, ())
    page = await audit_log.page(GUILD, wanted=AuditFilter(subject=f"user:{ADA}"))
    assert page.records == ()
    assert [one.actor_id for one in (await audit_log.page(GUILD)).records] == [MODERATOR] * 5
    async with database.reading() as session:
        assert (
            await session.scalar(text("SELECT count(*) FROM audit_log WHERE subject <> :one"), {"one": f"user:{BOB}"})
            == 2
        )
        assert (
            await session.scalar(text("SELECT count(*) FROM audit_log WHERE subject = :one"), {"one": f"user:{ADA}"})
            == 0
        )


async def test_the_audit_log_filters(audit_log: AuditLog) -> None:
    """By who, what, whom and when."""
    await written(audit_log, 2)
    await audit_log.note(Act(BOB, "lift", f"user:{ADA}", GUILD))
    for wanted, count in (
        (AuditFilter(actor_id=BOB), 1),
        (AuditFilter(action="ban"), 2),
        (AuditFilter(subject=f"user:{ADA}", action="ban"), 1),
        (AuditFilter(since=NOON), 3),
        (AuditFilter(until=NOON), 0),
    ):
        assert len((await audit_log.page(GUILD, wanted=wanted)).records) == count


async def test_the_migration_chains_what_was_written_before(empty_url: str) -> None:
    """An older database's log holds after the upgrade."""
    engine = create_async_engine(empty_url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate.upgrade, "0003")
        for action in ("ban", "lift"):
            await connection.execute(
                text(
                    "INSERT INTO audit_log (at, guild_id, actor_id, action, subject, why, before, after) VALUES "
                    "('2030-01-01 12:00:00.000001', 7, 9, :action, 'user:1', 'é', NULL, '{\"b\": \"1\", \"a\": \"2\"}')"
                ),
                {"action": action},
            )
    await engine.dispose()
    async with Database(empty_url) as database:
        result = await AuditLog(database).verify()
    assert (result.rows, result.faults) == (2, ())
