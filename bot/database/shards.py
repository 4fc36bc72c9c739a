"""Which rows are of this process's shards, as the database is asked: before any limit, or others' rows would use it up.

In: the column with a server's id.  Out: a condition that says what `Partition.holds` says of a server.
"""

from sqlalchemy import ColumnElement, Integer, literal, true
from sqlalchemy.orm import InstrumentedAttribute

from bot.partition import Partition


def are_held(partition: Partition, guild_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Rows of the partition's servers."""
    if partition.count is None:
        return true()
    # PostgreSQL shifts by an integer only, not by one of an id's width.
    return (guild_id.bitwise_rshift(literal(22, Integer)) % partition.count).in_(partition.ids)
