"""The form in which a prompt is changed before it is drawn again."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.press import actor_of, answering, place
from bot.wording import buttons, drawing, text
from bot.wording.reader import reading, say
from inference.contract import MAX_PROMPT_CHARACTERS

CUSTOM_ID: Final = re.compile(r"easel:remixed:(\d+)")


class RemixModal(ui.Modal):
    """Filled with the generation's own words.  What comes back is ordered by whoever submits it.

    Its id names the generation, so that what was typed is drawn after a restart, too: nothing waits for it here.
    """

    def __init__(self, record: GenerationRecord) -> None:
        super().__init__(title=say(buttons.REMIX_TITLE), timeout=15 * 60, custom_id=f"easel:remixed:{record.id}")
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
        self.add_item(ui.Label(text=say(buttons.WHAT_TO_DRAW), component=self.prompt))
        self.add_item(ui.Label(text=say(buttons.WHAT_TO_LEAVE_OUT), component=self.negative))
        self.stop()


async def submit_remix(interaction: BotInteraction, generation_id: int, values: Mapping[str, str]) -> None:
    """Draw what the form says; `values` are its fields by their ids."""
    async with answering(interaction):
        actor, prompt, negative = actor_of(interaction), values.get("prompt", ""), values.get("negative") or None
        order = await interaction.client.services.pictures.remix(actor, generation_id, prompt, negative)
        await place(interaction, order)


async def take_form(interaction: BotInteraction) -> None:
    """A form came back that discord.py does not know: one of ours that names what it is about, or one of old."""
    data: Any = interaction.data
    found = CUSTOM_ID.fullmatch(data["custom_id"])
    if found is not None:
        await submit_remix(interaction, int(found[1]), dict(_values(data["components"])))
    else:
        with reading(str(interaction.locale)):
            await interaction.response.send_message(view=note(say(drawing.FORM_FORGOTTEN)), ephemeral=True)


def _values(components: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for component in components:
        yield from _values(component.get("components", ()))
        if "component" in component:
            yield from _values([component["component"]])
        if "custom_id" in component:
            yield component["custom_id"], str(component.get("value", ""))
