"""How an order comes in, whichever way: from a Discord interaction, a web page, a test.

Out: the protocol `Door`, which each of them implements.
"""

from typing import Protocol

from bot.generation.reply import Reply
from bot.orders.order import Order


class Door(Protocol):
    """One person who waits to be told that their order is being worked on."""

    @property
    def patience(self) -> float | None:
        """Seconds until they must be acknowledged, admitted or not; 0 for at once, None for any wait."""

    async def acknowledge(self) -> int | None:
        """Say that the order is in; the id of the message that will show it, if there is one.

        Raises where they cannot be answered, which ends the generation.
        """

    async def take_back(self) -> None:
        """Undo `acknowledge`: the order is refused after all, and that is for the person's eyes only."""

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> Reply:
        """How they hear of the generation from now on."""
