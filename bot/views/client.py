"""What buttons ask of the client that they run in; `bot.client.Bot` is one."""

import asyncio
from abc import abstractmethod
from collections.abc import MutableMapping
from typing import Any

import discord
from discord import ui

from bot.config import Settings
from bot.generation.door import Door
from bot.services import Services
from bot.views.double_press import LastPresses


class Client(discord.Client):
    """`services` is set by whoever opened them, before the first interaction."""

    services: Services
    settings: Settings
    posting: MutableMapping[int, asyncio.Lock]
    """Whose turn it is to post in a channel, by its id."""
    last_presses: LastPresses

    @abstractmethod
    def door(self, interaction: "BotInteraction", *, hidden: bool, message_id: int | None = None) -> Door:
        """Through which an order comes in.

        `hidden` keeps the answer for the person's own eyes; `message_id` is the answer of one who has it already.
        """

    @abstractmethod
    async def report(self, interaction: "BotInteraction", error: Exception, *more: ui.Item[Any]) -> None:
        """Tell the person of an error, in private; `more` stands below the sentence."""


BotInteraction = discord.Interaction[Client]
