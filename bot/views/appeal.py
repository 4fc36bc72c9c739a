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
from bot.wording import buttons, moderating
from bot.wording.reader import say


class Appeal(GenerationPress, verb="appeal"):
    """Stands below the refusal of a prompt, for its owner."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.APPEAL), emoji="⚖️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.send_modal(AppealModal(self.generation_id))


class AppealModal(ui.Modal):
    """Asks why; the moderators of this server read it."""

    def __init__(self, generation_id: int) -> None:
        super().__init__(title=say(buttons.APPEAL_TITLE), timeout=15 * 60)
        self.generation_id = generation_id
        self.reason: ui.TextInput[Self] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=MAX_REASON, custom_id="reason"
        )
        self.add_item(ui.Label(text=say(buttons.WHY_ALLOWED), component=self.reason))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True, thinking=True)
            reviews = interaction.client.services.reviews
            await reviews.appeal(actor_of(interaction), self.generation_id, self.reason.value)
            await interaction.followup.send(view=note(say(moderating.APPEALED)), ephemeral=True)


def blocked_note(sentence: str, generation_id: int) -> ui.LayoutView:
    """The refusal of a prompt, with the way to have people look at it."""
    layout = note(sentence)
    layout.add_item(ui.ActionRow(Appeal(generation_id)))
    return layout
