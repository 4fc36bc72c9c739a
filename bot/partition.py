"""Which of Discord's shards a process serves, and so which rows of the request log are its own.

In: SHARD_COUNT and SHARD_IDS.  Out: a frozen `Partition`.  A server belongs to the shard that Discord computes from its
id; direct messages belong to shard 0.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Partition:
    """Shards `ids` of `count`; without a count, all there are, however many Discord recommends."""

    count: int | None = None
    ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.count is None:
            return "all shards"
        return f"shard{'s' if len(self.ids) > 1 else ''} {', '.join(map(str, self.ids))} of {self.count}"

    def holds(self, guild_id: int | None) -> bool:
        """Whether what happens in this server, or, with None, in direct messages, is this process's."""
        if self.count is None:
            return True
        return ((guild_id or 0) >> 22) % self.count in self.ids


EVERY_SHARD: Final = Partition()
