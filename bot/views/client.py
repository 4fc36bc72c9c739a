"""What buttons ask of the client that they run in; `bot.client.Bot` is one."""

from abc import abstractmethod

import discord

from bot.config import Settings
from bot.orders.order import Order
from bot.services import Services


class Client(discord.Client):
    """`services` is set by whoever opened them, before the first interaction."""

    services: Services
    settings: Settings

    @abstractmethod
    async def place(self, interaction: "BotInteraction", order: Order) -> None:
        """Admit an order and start it; the interaction must not have been answered yet."""

    @abstractmethod
    async def report(self, interaction: "BotInteraction", error: Exception) -> None:
        """Tell the person of an error, in private."""


BotInteraction = discord.Interaction[Client]
