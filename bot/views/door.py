"""The door of those who order by a command, a button or a form."""

from bot.generation.reply import Reply
from bot.orders.order import Order
from bot.views.answer import think
from bot.views.client import BotInteraction
from bot.views.reply import InteractionReply


class InteractionDoor:
    """Answers with "thinking…", which the pictures will replace.  Implements `Door`.

    `hidden` keeps the answer for the person's own eyes.  Where they were answered already, `message_id` is that answer.
    """

    def __init__(
        self, interaction: BotInteraction, patience: float, *, hidden: bool = False, message_id: int | None = None
    ) -> None:
        self._interaction = interaction
        self._hidden = hidden
        self._message_id = message_id
        self.patience = patience if message_id is None else None

    async def acknowledge(self) -> int:
        return self._message_id or await think(self._interaction, hidden=self._hidden)

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> Reply:
        return InteractionReply(self._interaction.client, generation_id, order, message_id)
