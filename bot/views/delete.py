"""Deleting a generation: asked about first, then done for good.

Out: the button below the pictures, the private question that it leads to, and that question's two buttons.
"""

from typing import Any

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.errors import AlreadyDeleted
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.press import GenerationPress, actor_of, row_of
from bot.wording import buttons, drawing, text
from bot.wording.reader import say
from bot.wording.render import explain


class Delete(GenerationPress, verb="delete"):
    """Asks whether to delete; for the owner and for moderators.

    Where the pictures are deleted and only their message was left, because the bot may not see the channel, this takes
    the message away: the press itself allows that.
    """

    def control(self) -> ui.Button[Any]:
        return ui.Button(emoji="🗑️", style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        actor = actor_of(interaction)
        record = await interaction.client.services.removals.deletable(actor, self.generation_id)
        if record.removal is None:
            layout = DeleteQuestion(record, own=actor.owns(record))
            await interaction.response.send_message(view=layout, ephemeral=True)
        elif interaction.message is not None and interaction.message.id == record.message_id:
            await interaction.response.defer()
            await interaction.delete_original_response()
        else:
            raise AlreadyDeleted(self.generation_id)


class DeleteQuestion(Layout):
    """What would go, to be confirmed."""

    def __init__(self, record: GenerationRecord, *, own: bool) -> None:
        super().__init__()
        asked = drawing.delete_question(len(record.images), None if own else record.order.requester.user_id)
        self.add_item(ui.TextDisplay(f"{asked}\n-# {text.plain(record.order.prompt, 150)}"))
        self.add_item(row_of(DeleteForGood(record.id), Spare(record.id)))


class DeleteForGood(GenerationPress, verb="erase"):
    """Takes the messages down and the pictures out of history and gallery."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.DELETE), style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        try:
            removed = await interaction.client.services.removals.delete(actor_of(interaction), self.generation_id)
            told = drawing.deleted(gone=removed.gone)
        except AlreadyDeleted as error:  # by another question about them, which this one need not outlive
            told = explain(error)
        await interaction.edit_original_response(view=note(told))


class Spare(GenerationPress, verb="spare"):
    """Puts the question away."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.SPARE), style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.delete_original_response()
