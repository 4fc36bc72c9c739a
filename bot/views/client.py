"""What buttons ask of the client that they run in; `bot.client.Bot` is one."""

from abc import abstractmethod

import discord

from bot.config import Settings
from bot.generation.door import Door
from bot.services import Services


class Client(discord.Client):
    """`services` is set by whoever opened them, before the first interaction."""

    services: Services
    settings: Settings

    @abstractmethod
    def door(self, interaction: "BotInteraction") -> Door:
        """Through which an order comes in; the interaction must not have been answered yet."""

    @abstractmethod
    async def report(self, interaction: "BotInteraction", error: Exception) -> None:
        """Tell the person of an error, in private."""


BotInteraction = discord.Interaction[Client]
