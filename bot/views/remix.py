"""The form in which a prompt is changed before it is drawn again."""

from typing import Any, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.views.press import actor_of, answering, place
from bot.wording import text
from inference.contract import MAX_PROMPT_CHARACTERS


class RemixModal(ui.Modal, title="Remix"):
    """Filled with the generation's own words.  What comes back is ordered by whoever submits it."""

    def __init__(self, record: GenerationRecord) -> None:
        super().__init__(timeout=15 * 60)
        self.record = record
        order = record.order
        self.prompt: ui.TextInput[Self] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            default=order.prompt,
            max_length=MAX_PROMPT_CHARACTERS,
            custom_id="prompt",
        )
        self.negative: ui.TextInput[Self] = ui.TextInput(
            default=text.one_line(order.negative_prompt or "") or None,  # this field is one line
            required=False,
            max_length=MAX_PROMPT_CHARACTERS,
            custom_id="negative",
        )
        self.add_item(ui.Label(text="What to draw", component=self.prompt))
        self.add_item(ui.Label(text="What to leave out", component=self.negative))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        async with answering(interaction):
            actor, words = actor_of(interaction), (self.prompt.value, self.negative.value or None)
            order = await interaction.client.services.pictures.remix(actor, self.record.id, *words)
            await place(interaction, order)
