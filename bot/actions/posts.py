"""What the actions ask of whoever speaks to Discord.

Out: the protocol `Posts`, which the client implements; `NoPosts` is for where there is no Discord at hand.
"""

from typing import Protocol

from bot.actions.notices import Publisher
from bot.database.records import GenerationRecord, PostRecord
from bot.database.reviews import ReviewRecord
from bot.generation.grid import PictureFile


class Posts(Publisher, Protocol):
    """Messages that stand in Discord.  No method raises: False says that Discord did not let it happen.

    A message that is gone already counts as taken down.
    """

    async def take_down(self, post: PostRecord) -> bool:
        """Delete the message."""

    async def redraw(self, post: PostRecord, record: GenerationRecord, grid: PictureFile) -> bool:
        """Show the generation as it is now, with this grid."""

    async def announce(self, channel_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        """Tell moderators in a channel what waits for their decision, with buttons to decide it."""

    async def tell(self, user_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        """Tell who reported or appealed what was decided, in a direct message."""


class NoPosts:
    """Reaches no message."""

    async def take_down(self, post: PostRecord) -> bool:  # noqa: ARG002  # the protocol's signature
        return False

    async def redraw(self, post: PostRecord, record: GenerationRecord, grid: PictureFile) -> bool:  # noqa: ARG002
        return False

    async def announce(self, channel_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:  # noqa: ARG002
        return False

    async def tell(self, user_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:  # noqa: ARG002
        return False

    def ready(self) -> bool:
        return False

    async def publish(self, *_: object) -> int | None:
        return None

    async def find(self, *_: object) -> int | None:
        return None

    async def revise(self, *_: object) -> None:
        """Nothing stands."""

    async def retract(self, *_: object) -> bool:
        return False
