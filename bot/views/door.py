"""The door of those who order by a command, a button or a form."""

import aiohttp
import discord
import structlog

from bot.generation.reply import Reply
from bot.orders.order import Order
from bot.views.answer import take_back, think
from bot.views.client import BotInteraction
from bot.views.reply import InteractionReply

log = structlog.get_logger(__name__)


class InteractionDoor:
    """Answers with "thinking…", which the pictures will replace.  Implements `Door`."""

    def __init__(self, interaction: BotInteraction, patience: float) -> None:
        self._interaction = interaction
        self.patience = patience

    async def acknowledge(self) -> int:
        return await think(self._interaction)

    async def take_back(self) -> None:
        try:
            await take_back(self._interaction)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("answer.not_taken_back", interaction=self._interaction.id, error=str(error))

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> Reply:
        return InteractionReply(self._interaction.client, generation_id, order, message_id)
