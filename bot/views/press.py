"""What all buttons share: declared once, built anew from their custom id on every press, answered in one place.

A `Press` works as long as its message stands: after hours, after a restart, on another shard.  Its verb, its fields and
their types are the whole declaration; the id, the pattern that reads it and the registration (`declared`) follow.
"""

import dataclasses
import re
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar, Final, Self, dataclass_transform

import discord
from discord import ui

from bot.actions.actor import Actor
from bot.database.records import GenerationRecord
from bot.errors import NotFound
from bot.orders.choices import as_offered
from bot.orders.order import InteractionRef, Order
from bot.views.client import BotInteraction
from bot.views.custom_id import CustomId, number_of, unwritten
from bot.wording.reader import reading

Control = ui.Button[Any] | ui.Select[Any] | ui.ChannelSelect[Any] | ui.RoleSelect[Any]

TOKEN_LIFETIME: Final = timedelta(minutes=15)

NEVER = r"easel:(?!)"


@asynccontextmanager
async def answering(interaction: BotInteraction) -> AsyncIterator[None]:
    """What is said inside is in the person's language; what is raised is told to them (`Client.report`), no further."""
    with reading(str(interaction.locale)):
        try:
            yield
        except Exception as error:  # noqa: BLE001  # the one error handler sorts them
            await interaction.client.report(interaction, error)


@dataclass_transform(eq_default=False, field_specifiers=(unwritten,))
class Press(ui.DynamicItem[Any], template=NEVER):
    """A button, or a select, whose fields are its state.

    A subclass that people see gives its `verb`; one without is only shared between others.
    """

    custom_ids: ClassVar[CustomId]
    draws: ClassVar[bool] = False
    """Whether a press makes pictures: then a double press counts once."""

    def __init_subclass__(cls, *, verb: str = "", version: int = 1) -> None:
        dataclasses.dataclass(eq=False, repr=False)(cls)
        if verb:
            cls.custom_ids = CustomId.of(cls, verb, version)
        super().__init_subclass__(template=cls.custom_ids.template if verb else NEVER)

    def __post_init__(self) -> None:
        control = self.control()
        control.custom_id = self.custom_ids.write(self)
        super().__init__(control)

    @abstractmethod
    def control(self) -> Control:
        """How it looks; the custom id is added."""

    @abstractmethod
    async def press(self, interaction: BotInteraction) -> None:
        """What a press does; whatever it raises is told to the person."""

    def chosen_number(self, subject: str) -> int:
        """The number that was chosen from a select.  Raises NotFound for what no select of ours offers."""
        written = self.item.values[0]
        if not written.isdecimal():
            raise NotFound(subject)
        return number_of(written)

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
    def from_match(cls, match: re.Match[str]) -> Self:
        """The button as its custom id describes it."""
        return cls(**cls.custom_ids.read(match.groupdict()))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            if self.draws and self._is_double(interaction):
                await interaction.response.defer()
            else:
                await self.press(interaction)

    def _is_double(self, interaction: BotInteraction) -> bool:
        message_id = 0 if interaction.message is None else interaction.message.id
        button = f"{message_id} {self.custom_ids.write(self)}"
        return interaction.client.last_presses.again(interaction.user.id, button)


class GenerationPress(Press):
    """A button about one generation."""

    generation_id: int

    async def generation(self, interaction: BotInteraction) -> GenerationRecord:
        """Raises NotFound where it was removed, or is not this person's to see."""
        return await interaction.client.services.pictures.find(actor_of(interaction), self.generation_id)


class PicturePress(GenerationPress):
    """A button about one picture; `index` counts from 0, people read it from 1."""

    index: int


def declared(press: type[Press] = Press) -> Iterator[type[Press]]:
    """Every button of the imported views, for registration."""
    for subclass in press.__subclasses__():
        if "custom_ids" in vars(subclass):
            yield subclass
        yield from declared(subclass)


def row_of(*items: ui.Item[Any]) -> ui.ActionRow[Any]:
    return ui.ActionRow(*items)


async def place(interaction: BotInteraction, order: Order, message_id: int | None = None) -> None:
    """Have an order drawn; `message_id` is the answer, where there is one already.  Raises what refuses the order."""
    if order.parent_id is not None:
        order = await _as_offered_now(interaction, order, order.parent_id)
    # Not by the interaction's own time, which is Discord's clock: this machine's may be minutes off.
    ends = discord.utils.utcnow() + TOKEN_LIFETIME
    reference = InteractionRef(interaction.application_id, interaction.token, ends, time.monotonic())
    door = interaction.client.door(
        interaction, hidden=hidden(interaction, private=order.private), message_id=message_id
    )
    await interaction.client.services.generator.run(dataclasses.replace(order, interaction=reference), door)


async def _as_offered_now(interaction: BotInteraction, order: Order, parent_id: int) -> Order:
    """The model may have changed since the first order of its kind."""
    services = interaction.client.services
    before, here = await services.generations.get(parent_id), await services.entitlements.of(order.requester)
    if before is None:
        return order
    return as_offered(order, before.order, here.default_model, services.pool.models())


def is_guest(interaction: discord.Interaction[Any]) -> bool:
    """Whether somebody brought Easel along (a user install) to a server that has not added it."""
    return (
        interaction.is_user_integration()
        and not interaction.is_guild_integration()
        and interaction.guild_id is not None
    )


def hidden(interaction: discord.Interaction[Any], *, private: bool = False) -> bool:
    """Whether an answer is for the person's own eyes: they want it so, or the server lets guests speak in no other way.

    The first word fixes it: no later one of the same answer can change that.
    """
    return private or (is_guest(interaction) and not interaction.permissions.use_external_apps)


def actor_of(interaction: BotInteraction) -> Actor:
    """Who pressed or typed, where, and what they may do there.

    A server that has not added Easel has no gallery, no settings and no log: for a guest it is like a direct message.
    """
    member, guest = interaction.user, is_guest(interaction)
    actor = Actor(
        user_id=member.id,
        guild_id=None if guest else interaction.guild_id,
        channel_id=interaction.channel_id,
        user_name=member.display_name,
        locale=str(interaction.locale),
        permissions=frozenset(name for name, granted in interaction.permissions if granted and not guest),
        role_ids=frozenset(role.id for role in getattr(member, "roles", ()) if not guest),
        age_restricted=_is_age_restricted(interaction.channel),
        parent_channel_id=getattr(interaction.channel, "parent_id", None),
    )
    return actor.recognised(interaction.client.services.guild_settings.moderator_role(actor.guild_id))


def _is_age_restricted(channel: object) -> bool:
    """Threads are what their channel is; direct messages never are."""
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw and is_nsfw())
