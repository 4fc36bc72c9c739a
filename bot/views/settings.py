"""What a server's managers choose: one panel for the server, and one for each channel.

In: a server's and a channel's choices.  Out: a layout for the manager who asks, whose lists change them at once.
"""

from typing import Any, Self

import discord
from discord import ui

from bot.actions.settings import SETTINGS, UNCHOSEN, Setting, chosen_values
from bot.database.guild import Drawing, GuildRecord
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36, unwritten
from bot.views.layout import Layout
from bot.views.press import Control, Press, actor_of, row_of
from bot.wording import buttons
from bot.wording import settings as words
from bot.wording.reader import say


class SettingsLayout(Layout):
    """The panel of a server, or of its channel `channel_id`."""

    def __init__(self, record: GuildRecord | Drawing, channel_id: int | None = None) -> None:
        super().__init__()
        self.add_item(ui.TextDisplay(words.heading(channel_id)))
        box: ui.Container[Self] = ui.Container()
        for setting in SETTINGS:
            if channel_id is None or setting.of_channels:
                box.add_item(ui.TextDisplay(words.setting(setting.name)))
                box.add_item(row_of(Choose(setting.name, channel_id, chosen_values(setting.name, record))))
        self.add_item(box)


class Choose(Press, verb="set"):
    """A list of what one setting may be."""

    name: str
    channel_id: Base36 | None
    chosen: tuple[str, ...] = unwritten(default=())

    @property
    def setting(self) -> Setting:
        return next(setting for setting in SETTINGS if setting.name == self.name)

    def control(self) -> Control:
        setting = self.setting
        if setting.kind in ("role", "roles"):
            return _roles(1 if setting.kind == "role" else 25, self.chosen)
        if setting.kind != "choice":
            most = 1 if setting.kind == "channel" else 25
            return _channels(most, self.chosen)
        options = [
            discord.SelectOption(label=self._label(value), value=value, default=value in self.chosen)
            for value in setting.choices
        ]
        return ui.Select(options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        values = [str(getattr(value, "id", value)) for value in self.item.values]
        settings = interaction.client.services.server_settings
        await settings.choose(actor_of(interaction), self.name, values, self.channel_id)
        await interaction.edit_original_response(view=await settings_layout(interaction, self.channel_id))

    def _label(self, value: str) -> str:
        if value == UNCHOSEN:
            return words.unchosen(self.name, of_channel=self.channel_id is not None)
        return words.label(self.name, value)


def _channels(most: int, chosen: tuple[str, ...]) -> ui.ChannelSelect[Any]:
    return ui.ChannelSelect(
        channel_types=[discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum],
        placeholder=say(buttons.EVERYWHERE if most > 1 else buttons.NONE),
        min_values=0,
        max_values=most,
        default_values=[
            discord.SelectDefaultValue(id=int(value), type=discord.SelectDefaultValueType.channel) for value in chosen
        ],
    )


def _roles(most: int, chosen: tuple[str, ...]) -> ui.RoleSelect[Any]:
    return ui.RoleSelect(
        placeholder=say(buttons.EVERYBODY if most > 1 else buttons.NONE),
        min_values=0,
        max_values=most,
        default_values=[
            discord.SelectDefaultValue(id=int(value), type=discord.SelectDefaultValueType.role) for value in chosen
        ],
    )


async def settings_layout(interaction: BotInteraction, channel_id: int | None) -> SettingsLayout:
    """The panel as the choices stand now; for managers."""
    actor, settings = actor_of(interaction), interaction.client.services.server_settings
    actor.require("manage_guild")
    record = await settings.get(actor) if channel_id is None else await settings.of_channel(actor, channel_id)
    return SettingsLayout(record, channel_id)
