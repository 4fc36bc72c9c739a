"""What a database refuses because of what somebody wrote is told to them, and is no outage."""

from pathlib import Path

import pytest

from bot.database.audit import Act, AuditLog
from bot.database.records import GenerationFilter
from bot.database.session import Database
from bot.errors import InvalidOption, UserError
from tests.bot_fakes import GUILD, services
from tests.web_fakes import MODERATOR

HALF, NUL = "a\ud800b", "a\x00b"  # half a character, and one that PostgreSQL does not hold


async def told(database: Database, why: str) -> UserError | None:
    try:
        await AuditLog(database).note(Act(MODERATOR, "ban", "user:1", GUILD, why=why))
    except UserError as error:
        return error
    return None


async def test_half_a_character_is_refused_by_both(database: Database) -> None:
    error = await told(database, HALF)
    assert isinstance(error, InvalidOption)
    assert error.problem == "unkeepable"
    assert await told(database, "a whole one: \N{PILE OF POO}") is None


async def test_what_one_database_cannot_hold_is_no_outage_of_it(database: Database) -> None:
    """SQLite keeps a NUL; what PostgreSQL says of it is the writer's to mend."""
    error = await told(database, NUL)
    assert error is None or (isinstance(error, InvalidOption) and error.problem == "unkeepable")


@pytest.mark.parametrize("words", [HALF, NUL])
async def test_looking_for_such_characters_is_no_outage_either(database_url: str, tmp_path: Path, words: str) -> None:
    async with services(tmp_path, database_url=database_url) as opened:
        try:
            found: tuple[object, ...] = (await opened.generations.page(GenerationFilter(words=words))).records
        except InvalidOption:
            found = ()
        assert found == ()
