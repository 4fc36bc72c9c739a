"""One process a shard: who gets the locks, who is refused, and what the refusal says."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest

from bot.database.locks import shard_locks
from bot.database.session import Database
from bot.errors import ConfigurationError
from bot.partition import Partition


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


def locks(database: Database, partition: Partition) -> AbstractAsyncContextManager[None]:
    return shard_locks(database, partition, patience=0.0, lost=pytest.fail)


ALL, FIRST, SECOND, THIRD_OF_THREE = Partition(), Partition(2, (0,)), Partition(2, (1,)), Partition(3, (2,))


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (ALL, ALL),
        (ALL, FIRST),
        (FIRST, ALL),
        (FIRST, FIRST),
        (FIRST, Partition(2, (0, 1))),
        (FIRST, THIRD_OF_THREE),
    ],
)
async def test_who_shares_a_shard_is_refused_and_told_by_whom(
    database: Database, held: Partition, wanted: Partition
) -> None:
    """Whether all shards or some, and partitions of another count overlap however they are numbered."""
    async with locks(database, held):
        with pytest.raises(ConfigurationError, match=f"another Easel works on it: process {os.getpid()} on .*{held}"):
            await locks(database, wanted).__aenter__()
    async with locks(database, wanted):
        pass


async def test_shards_of_one_count_stand_side_by_side(database: Database) -> None:
    """As many processes as there are shards; what was refused holds nothing."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(locks(database, FIRST))
        with pytest.raises(ConfigurationError):
            await locks(database, Partition(2, (1, 0))).__aenter__()
        await stack.enter_async_context(locks(database, SECOND))


def test_a_server_belongs_to_the_shard_that_discord_says() -> None:
    """`(guild_id >> 22) % count`; direct messages belong to shard 0."""
    guild = 5 << 22
    assert (FIRST.holds(guild), SECOND.holds(guild), FIRST.holds(None), SECOND.holds(None)) == (
        False,
        True,
        True,
        False,
    )
    assert ALL.holds(guild)
    assert (str(FIRST), str(Partition(4, (1, 2)))) == ("shard 0 of 2", "shards 1, 2 of 4")
