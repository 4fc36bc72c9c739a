"""The form in which a picture is reported to the moderators."""

from collections.abc import Iterator, Mapping
from typing import Any

from discord import ui

from bot.actions.reason import MAX_REASON
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.forms import Form, question
from bot.views.press import actor_of
from bot.wording import buttons, moderating
from bot.wording.reader import say


class ReportForm(Form, verb="reported"):
    """Asks why, and tells the moderators of this server; nobody else learns who reported."""

    generation_id: int

    def heading(self) -> str:
        return say(buttons.REPORT_TITLE)

    def questions(self) -> Iterator[ui.Item[Any]]:
        yield question(say(buttons.WHAT_IS_WRONG), "reason", limit=MAX_REASON, required=False, long=True)

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        reviews = interaction.client.services.reviews
        _, said = await reviews.report(actor_of(interaction), self.generation_id, None, written.get("reason", ""))
        await interaction.followup.send(view=note(say(moderating.REPORTED[said])), ephemeral=True)
