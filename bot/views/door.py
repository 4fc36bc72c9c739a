"""The door of those who order by a command, a button or a form."""

from bot.generation.reply import Reply
from bot.orders.order import Order
from bot.views.answer import think
from bot.views.client import BotInteraction
from bot.views.reply import InteractionReply


class InteractionDoor:
    """Answers with "thinking…", which the pictures will replace.  Implements `Door`."""

    def __init__(self, interaction: BotInteraction, patience: float) -> None:
        self._interaction = interaction
        self.patience = patience

    async def acknowledge(self) -> int:
        return await think(self._interaction)

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> Reply:
        return InteractionReply(self._interaction.client, generation_id, order, message_id)
