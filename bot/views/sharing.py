"""Putting one's own pictures into the server's gallery, and taking them out.

In: a generation and a picture of it.  Out: a share, and what the owner reads about it.
"""

from typing import Any

import discord
from discord import ui

from bot.database.records import ShareRecord
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.layout import Layout
from bot.views.press import GenerationPress, PicturePress, Press, actor_of
from bot.wording import buttons, sharing, terms
from bot.wording.reader import say


class Share(PicturePress, verb="share"):
    """Posts one's own picture to the server's gallery."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.SHARE), emoji="🖼️")

    async def press(self, interaction: BotInteraction) -> None:
        await share(interaction, self.generation_id, self.index)


class SharePicker(GenerationPress, verb="sharepick"):
    """Asks which picture of a grid to share; the answer takes the question's place."""

    indexes: tuple[int, ...] = unwritten(default=())

    def control(self) -> ui.Select[Any]:
        options = [discord.SelectOption(label=terms.picture(index), value=str(index)) for index in self.indexes]
        return ui.Select(placeholder=say(buttons.WHICH), options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout = await _shared(interaction, self.generation_id, self.chosen_number("picture"))
        await interaction.edit_original_response(view=layout)


class Unshare(Press, verb="unshare"):
    """Takes a picture out of the gallery; for its owner and for moderators."""

    share_id: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.UNSHARE), style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.client.services.gallery.unshare(actor_of(interaction), self.share_id)
        await interaction.followup.send(view=note(say(sharing.UNSHARED)), ephemeral=True)


class SharePickerLayout(Layout):
    """The question which picture of a grid to share."""

    def __init__(self, generation_id: int, indexes: tuple[int, ...]) -> None:
        super().__init__()
        self.add_item(ui.TextDisplay(say(sharing.SHARE_ONE)))
        self.add_item(ui.ActionRow(SharePicker(generation_id, indexes)))


class SharedLayout(Layout):
    """What the owner reads after sharing, once more or for the first time."""

    def __init__(self, record: ShareRecord, *, already: bool = False) -> None:
        super().__init__()
        self.add_item(ui.TextDisplay(sharing.shared(record.image.index, already=already)))
        self.add_item(ui.ActionRow(Unshare(record.id)))


async def share(interaction: BotInteraction, generation_id: int, index: int) -> None:
    """Post the person's own picture to the gallery and say so, to them alone."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send(view=await _shared(interaction, generation_id, index), ephemeral=True)


async def _shared(interaction: BotInteraction, generation_id: int, index: int) -> SharedLayout:
    """Share it; who presses twice is told that it was there already."""
    actor, gallery = actor_of(interaction), interaction.client.services.gallery
    already = await gallery.is_shared(actor, generation_id, index)
    return SharedLayout(await gallery.share(actor, generation_id, index), already=already)
