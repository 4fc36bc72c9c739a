"""Appealing against the filter: the button below a refusal, and the form in which people say why.

In: a blocked generation.  Out: what waits in the moderators' queue.
"""

from typing import Any, Self

import discord
from discord import ui

from bot.actions.reviews import MAX_REASON
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.press import GenerationPress, actor_of, answering


class Appeal(GenerationPress, verb="appeal"):
    """Stands below the refusal of a prompt, for its owner."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Appeal", emoji="⚖️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.send_modal(AppealModal(self.generation_id))


class AppealModal(ui.Modal, title="Appeal to the moderators"):
    """Asks why; the moderators of this server read it."""

    def __init__(self, generation_id: int) -> None:
        super().__init__(timeout=15 * 60)
        self.generation_id = generation_id
        self.reason: ui.TextInput[Self] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=MAX_REASON, custom_id="reason"
        )
        self.add_item(ui.Label(text="Why should it be allowed?", component=self.reason))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True, thinking=True)
            reviews = interaction.client.services.reviews
            await reviews.appeal(actor_of(interaction), self.generation_id, self.reason.value)
            told = "Your appeal is with this server's moderators. You will hear what they decide."
            await interaction.followup.send(view=note(told), ephemeral=True)


def blocked_note(sentence: str, generation_id: int) -> ui.LayoutView:
    """The refusal of a prompt, with the way to have people look at it."""
    layout = note(sentence)
    layout.add_item(ui.ActionRow(Appeal(generation_id)))
    return layout
