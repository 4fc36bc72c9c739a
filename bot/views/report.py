"""The form in which a picture is reported to the moderators."""

from typing import Any, Self

import discord
from discord import ui

from bot.actions.reviews import MAX_REASON
from bot.database.records import GenerationRecord
from bot.views.answer import note
from bot.views.press import actor_of, answering
from bot.wording import buttons, moderating
from bot.wording.reader import say


class ReportModal(ui.Modal):
    """Asks why, and tells the moderators of this server; nobody else learns who reported."""

    def __init__(self, record: GenerationRecord) -> None:
        super().__init__(title=say(buttons.REPORT_TITLE), timeout=15 * 60)
        self.record = record
        self.reason: ui.TextInput[Self] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=MAX_REASON, custom_id="reason"
        )
        self.add_item(ui.Label(text=say(buttons.WHAT_IS_WRONG), component=self.reason))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True, thinking=True)
            reviews = interaction.client.services.reviews
            await reviews.report(actor_of(interaction), self.record.id, None, self.reason.value)
            await interaction.followup.send(view=note(say(moderating.REPORTED)), ephemeral=True)
