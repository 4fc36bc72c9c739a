"""Appealing against the filter: the button below a refusal, and the form in which people say why.

In: a blocked generation.  Out: what waits in the moderators' queue.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from discord import ui

from bot.actions.reason import MAX_REASON
from bot.errors import PromptBlocked
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.forms import Form, question
from bot.views.press import GenerationPress, actor_of
from bot.wording import buttons, drawing, moderating, phrases
from bot.wording.reader import say
from bot.wording.render import explain
from inference.contract import ALWAYS_BLOCKED


class Appeal(GenerationPress, verb="appeal"):
    """Stands below the refusal of a prompt, for its owner."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.APPEAL), emoji="⚖️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.send_modal(AppealForm(self.generation_id))


class AppealForm(Form, verb="appealed"):
    """Asks why; the moderators of this server read it."""

    generation_id: int

    def heading(self) -> str:
        return say(buttons.APPEAL_TITLE)

    def questions(self) -> Iterator[ui.Item[Any]]:
        yield question(say(buttons.WHY_ALLOWED), "reason", limit=MAX_REASON, required=False, long=True)

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        reviews = interaction.client.services.reviews
        await reviews.appeal(actor_of(interaction), self.generation_id, written.get("reason", ""))
        await interaction.followup.send(view=note(say(moderating.APPEALED)), ephemeral=True)


def blocked_note(error: PromptBlocked, prompt: str, generation_id: int | None) -> ui.LayoutView:
    """The refusal of a prompt, which is not lost; with the id, also the way to have people look at it."""
    layout = note(explain(error), ui.TextDisplay(drawing.you_had_typed(prompt)))
    if generation_id is not None:
        what = phrases.FINAL if error.category in ALWAYS_BLOCKED else phrases.APPEALABLE
        layout.add_item(ui.TextDisplay(f"-# {say(what, button=say(buttons.APPEAL))}"))
        layout.add_item(ui.ActionRow(Appeal(generation_id)))
    return layout
