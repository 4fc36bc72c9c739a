"""What all buttons share: an id that holds their state, and one place where their errors are answered.

A `Press` is built anew from its custom id on every click, so a button works as long as its message stands: after
hours, after a restart, on another shard.  Knows no layout.
"""

import dataclasses
import re
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.errors import MissingPermission, NotFound
from bot.orders.order import Kind, Order, Requester

if TYPE_CHECKING:
    from bot.client import Bot  # noqa: F401  # named in the alias below

BotInteraction = discord.Interaction["Bot"]


@asynccontextmanager
async def answering(interaction: BotInteraction) -> AsyncIterator[None]:
    """Whatever is raised inside is told to the person (see `Bot.report`) and goes no further."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # the one error handler sorts them
        await interaction.client.report(interaction, error)


class Press(ui.DynamicItem[ui.Button[Any]], template=r"easel:(?!)"):
    """A button.  A subclass names its template, whose groups are handed to `from_match`, and says what a press does."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003  # discord.py's signature
        item: ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
        /,
    ) -> Self:
        return cls.from_match(match)

    @classmethod
    @abstractmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """The button as its custom id describes it."""

    @abstractmethod
    async def press(self, interaction: BotInteraction) -> None:
        """What a click does; whatever it raises is told to the person."""

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            await self.press(interaction)


class GenerationPress(Press, template=r"easel:(?!)"):
    """A button about one generation: its id reads `easel:<verb>:<generation id>`."""

    def __init__(self, generation_id: int, button: ui.Button[Any]) -> None:
        super().__init__(button)
        self.generation_id = generation_id

    async def generation(self, interaction: BotInteraction) -> GenerationRecord:
        return await shown_generation(interaction, self.generation_id)


def row_of(*items: ui.Item[Any]) -> ui.ActionRow[Any]:
    return ui.ActionRow(*items)


async def shown_generation(interaction: BotInteraction, generation_id: int) -> GenerationRecord:
    """The generation; raises NotFound where it was removed, or belongs to another person in another place."""
    record = await interaction.client.services.log.get(generation_id)
    if record is None or record.removal is not None:
        raise NotFound(f"Generation {generation_id}")
    requester = record.order.requester
    if requester.user_id != interaction.user.id and requester.guild_id != interaction.guild_id:
        raise NotFound(f"Generation {generation_id}")
    return record


def requester_of(interaction: BotInteraction) -> Requester:
    """Who pressed or typed, and where."""
    if interaction.channel_id is None:
        raise NotFound("The channel")
    return Requester(
        user_id=interaction.user.id,
        user_name=interaction.user.name,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        locale=str(interaction.locale),
    )


def successor(record: GenerationRecord, interaction: BotInteraction, kind: Kind, **changes: Any) -> Order:
    """The generation's order with another requester, a new seed and the `changes`; it starts from no picture.

    The row names the model that drew.  Nobody ordered it, and no server may have it any more: the servers choose anew.
    """
    return dataclasses.replace(
        record.order,
        **{
            "requester": requester_of(interaction),
            "seed": None,
            "model": None,
            "kind": kind,
            "parent_id": record.id,
            "init_image": None,
            "strength": None,
            "interaction": None,
            **changes,
        },
    )


def may_moderate(interaction: BotInteraction) -> bool:
    """Whether the person may take down other people's pictures here."""
    permissions = interaction.permissions
    return interaction.guild_id is not None and (permissions.manage_messages or permissions.administrator)


def require(interaction: BotInteraction, permission: str) -> None:
    """Raises MissingPermission unless the person has the Discord permission of that name in this channel.

    Asked in code although the commands carry default permissions: a server may give those to anyone.
    """
    permissions = interaction.permissions
    if not (permissions.administrator or getattr(permissions, permission)):
        raise MissingPermission(permission.replace("_", " ").title())
