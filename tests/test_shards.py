"""Which rows are a process's: the database says what the partition says."""

import pytest
from sqlalchemy import select

from bot.database.guild import GuildRecord
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.shards import are_held
from bot.database.tables.settings import GuildSettingsTable
from bot.partition import EVERY_SHARD, Partition

GUILDS = (1, (1 << 22) - 1, 1 << 22, 5 << 22, (1 << 63) - 1, *(7_000_000_000_000_000_001 + (n << 22) for n in range(4)))


@pytest.mark.parametrize("partition", [EVERY_SHARD, Partition(1, (0,)), Partition(3, (1,)), Partition(16, (0, 5, 15))])
async def test_the_database_says_what_the_partition_says(database: Database, partition: Partition) -> None:
    """On SQLite and PostgreSQL, of the smallest ids and the largest."""
    for guild_id in GUILDS:
        await GuildSettings(database).set(GuildRecord(guild_id), 1)
    query = select(GuildSettingsTable.guild_id).where(are_held(partition, GuildSettingsTable.guild_id))
    async with database.reading() as session:
        found = set(await session.scalars(query))
    assert found == {guild_id for guild_id in GUILDS if partition.holds(guild_id)} != set()
