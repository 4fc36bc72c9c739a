"""A server that the bot is not in any more: kept for a while, then erased to the last row and file."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text

from bot.actions.actor import Actor
from bot.actions.departures import Departures
from bot.actions.disposal import keys_of
from bot.database.audit import AuditLog
from bot.database.departures import DepartureLog
from bot.database.guild import GuildRecord
from bot.database.sanctions import Sanctions
from bot.database.session import Database, utc_now
from bot.database.settings import GuildSettings
from bot.database.tables.settings import GuildSettingsTable
from bot.database.tables.table import Table
from bot.partition import Partition
from bot.services import Services
from tests.bot_fakes import ADA, BOB, GUILD, an_order, draw, services, stuck
from tests.town import Town

OTHER = GUILD + 1
ada, bob = Actor(ADA, GUILD), Actor(BOB, GUILD)
manager = Actor(9, GUILD, permissions=frozenset(("manage_guild", "manage_messages", "moderate_members")))


async def left_at(database: Database, guild_id: int) -> datetime | None:
    async with database.reading() as session:
        return await session.scalar(select(GuildSettingsTable.left_at).where(GuildSettingsTable.guild_id == guild_id))


def purging(opened: Services, keep: timedelta = timedelta(days=30), after: timedelta = timedelta()) -> Departures:
    """The purge as it is so much later."""
    log = DepartureLog(opened.database, lambda: utc_now() + after)
    return Departures(departures=log, storage=opened.storage, keep=keep, now=lambda: utc_now() + after)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in (folder / "pictures").rglob("*") if path.is_file()}


async def a_lived_in_server(opened: Services) -> int:
    """Pictures, shares, votes, reports, words, styles, settings, a sanction; returns a generation."""
    record = await draw(opened, an_order("a cat"))
    share = await opened.gallery.share(ada, record.id, 0)
    await opened.gallery.vote(bob, share.id)
    await opened.reviews.report(bob, record.id, 0, "ugly")
    await opened.terms.add(manager, "cactus", "block")
    await opened.server_settings.choose(manager, "digest", ["yes"])
    await opened.guild_settings.change_channel(GUILD, 100, 9, lambda one: one)
    await opened.sanctions.sanction(BOB, GUILD, "ban", None, "rude to Ada", 9)
    return record.id


async def test_after_its_time_nothing_of_it_is_left(tmp_path: Path) -> None:
    """Rows of every table, files, what the audit log says; its chain still holds, and another server keeps its own."""
    async with services(tmp_path) as opened:
        generation_id = await a_lived_in_server(opened)
        other = await draw(opened, an_order("a dog", BOB, guild_id=OTHER))
        await opened.departures.left(GUILD)
        assert await purging(opened, after=timedelta(days=29)).purge() == 0
        assert await opened.generations.get(generation_id) is not None
        assert await purging(opened, after=timedelta(days=31)).purge() == 1
        async with opened.database.reading() as session:
            for table in Table.metadata.sorted_tables:
                if "guild_id" in table.columns and table.name != "audit_log":
                    here = select(table).where(table.columns.guild_id == GUILD)
                    assert (await session.execute(here)).first() is None, table.name
            images = await session.scalar(text("SELECT count(*) FROM images"))
        assert images == len(other.images)
        assert {name.split("/")[2] for name in files(tmp_path)} == {str(other.id)}
        page = await opened.audit_log.page(GUILD)
        assert page.records
        assert all((one.subject, one.why, one.after) == ("guild:erased", "", ()) for one in page.records)
        assert (await opened.audit_log.verify()).faults == ()


async def test_whoever_takes_the_bot_back_finds_everything(tmp_path: Path) -> None:
    """Before the time is over; it is counted anew when the bot is removed again."""
    async with services(tmp_path) as opened:
        generation_id = await a_lived_in_server(opened)
        await opened.departures.left(GUILD)
        await opened.departures.back(GUILD)
        assert await purging(opened, after=timedelta(days=99)).purge() == 0
        assert await opened.generations.get(generation_id) is not None
        assert (await opened.guild_settings.get(GUILD)).digest


async def test_at_once_where_the_operator_says_so(tmp_path: Path) -> None:
    """With LEFT_SERVER_DAYS=0, at the next purge."""
    async with services(tmp_path, left_server_days=0) as opened:
        generation_id = await a_lived_in_server(opened)
        await opened.departures.left(GUILD)
        assert await opened.departures.purge() == 1
        assert await opened.generations.get(generation_id) is None


async def test_a_file_that_cannot_be_deleted_keeps_its_generation_alone(tmp_path: Path) -> None:
    """Every other one goes, of its server and of others, which are forgotten; the rest with a later purge."""
    async with services(tmp_path) as opened:
        first = await draw(opened, an_order("a cat"))
        second = await draw(opened, an_order("a hat"))
        other = await draw(opened, an_order("a dog", BOB, guild_id=OTHER))
        file = stuck(tmp_path, keys_of(first)[0])
        for guild_id in (GUILD, OTHER):
            await opened.departures.left(guild_id)
        assert await purging(opened, after=timedelta(days=31)).purge() == 1
        left = [await opened.generations.get(one.id) is not None for one in (first, second, other)]
        assert left == [True, False, False]
        file.unlink()
        file.parent.rmdir()
        assert await purging(opened, after=timedelta(days=31)).purge() == 1
        assert await opened.generations.get(first.id) is None


async def test_what_happened_while_the_bot_was_away_is_noticed_at_the_start(database: Database) -> None:
    """Removed from one server, taken back into another; a third that has no settings is noticed by what it drew."""
    log = DepartureLog(database)
    settings = GuildSettings(database)
    for guild_id in (1, 2):
        await settings.set(GuildRecord(guild_id, digest=True), by=9)
    await log.left(2)
    assert await log.compare({2}) == (1,)
    assert await left_at(database, 1) is not None
    assert await left_at(database, 2) is None
    first = await left_at(database, 1)
    assert await log.compare({2}) == ()
    assert await left_at(database, 1) == first, "the time runs on through restarts"
    await settings.change(1, 9, lambda one: one)
    assert await left_at(database, 1) == first


async def test_a_process_decides_about_its_own_shards_alone(database: Database) -> None:
    """The others' servers are not among those that it is in."""
    first, second = (DepartureLog(database, partition=Partition(2, (shard,))) for shard in (0, 1))
    settings = GuildSettings(database)
    for shard in (0, 1):
        await settings.set(GuildRecord(shard << 22 or 2 << 22), by=9)
    assert await first.compare(()) == (2 << 22,)
    assert await second.due(utc_now()) == ()
    assert await first.due(utc_now()) == (2 << 22,)
    assert await second.compare(()) == (1 << 22,)


async def test_the_operators_sanctions_and_audit_stay(database: Database) -> None:
    """What counts everywhere is no server's."""
    log, sanctions = DepartureLog(database), Sanctions(database)
    await sanctions.sanction(ADA, None, "ban", None, "spam", 0)
    await log.left(GUILD)
    assert await log.forget(GUILD, utc_now() + timedelta(seconds=1))
    assert await sanctions.active(ADA, GUILD) is not None
    assert [one.why for one in (await AuditLog(database).page(None)).records] == ["spam"]


async def test_the_gateway_tells_who_removes_the_bot(town: Town) -> None:
    """An outage is no removal; a start compares."""
    await town.imagine("a cat")
    database, guild_id = town.services.database, town.guild.id
    state, guild = town.bot._connection, town.bot.get_guild(guild_id)

    assert guild is not None

    async def noted(*, left: bool) -> None:
        for _ in range(3000):
            if (await left_at(database, guild_id) is not None) == left:
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"this never came true: left {left}")

    state.parse_guild_delete({"id": str(guild_id)})
    await noted(left=True)
    town.bot.dispatch("guild_join", guild)
    await noted(left=False)
    town.bot.dispatch("ready")  # the client has forgotten it, as one that was started after the removal
    await noted(left=True)
    state._add_guild(guild)
    state.parse_guild_delete({"id": str(guild_id), "unavailable": True})
    town.bot.dispatch("ready")
    await noted(left=False)
