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
        """Seconds in which they must be acknowledged or refused; None for any wait."""

    async def acknowledge(self) -> int | None:
        """Say that the order is in; the id of the message that will show it, if there is one.

        Raises where they cannot be answered, which ends the generation.
        """

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> Reply:
        """How they hear of the generation from now on."""
