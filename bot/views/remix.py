"""Drawing a generation again: as it was with another seed, or with its words changed in a form."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from discord import ui

from bot.database.records import GenerationRecord
from bot.orders.flags import flags_of
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.forms import Form, question
from bot.views.ideas import handing_back
from bot.views.press import GenerationPress, actor_of, place
from bot.wording import buttons
from bot.wording.reader import say
from inference.contract import MAX_PROMPT_CHARACTERS

FLAGS: Final = "--n 4 --guidance 4 --seed 7"  # an example


class RemixForm(Form, verb="remixed"):
    """Filled with the generation's own words.  What comes back is ordered by whoever submits it."""

    generation_id: int
    prompt: str = unwritten(default="")
    negative: str = unwritten(default="")
    flags: str = unwritten(default="")

    @classmethod
    def of(cls, record: GenerationRecord) -> Self:
        return cls(record.id, record.order.prompt, record.order.negative_prompt or "", flags_of(record.order))

    def heading(self) -> str:
        return say(buttons.REMIX_TITLE)

    def questions(self) -> Iterator[ui.Item[Any]]:
        limit = MAX_PROMPT_CHARACTERS
        yield question(say(buttons.WHAT_TO_DRAW), "prompt", default=self.prompt or None, limit=limit, long=True)
        yield question(
            say(buttons.WHAT_TO_LEAVE_OUT), "negative", default=self.negative or None, limit=limit, required=False
        )

        yield question(
            say(buttons.OPTIONS), "flags", default=self.flags or None, placeholder=FLAGS, limit=limit, required=False
        )

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        actor, prompt, negative = actor_of(interaction), written.get("prompt", ""), written.get("negative") or None
        flags = written.get("flags")
        async with handing_back(interaction, f"{prompt} {flags or ''}".strip(), again=False):
            order = await interaction.client.services.pictures.remix(actor, self.generation_id, prompt, negative, flags)
            await place(interaction, order)


class Reroll(GenerationPress, verb="reroll"):
    """The same order once more with another seed, for whoever pressed."""

    draws = True

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.REROLL), emoji="🎲")

    async def press(self, interaction: BotInteraction) -> None:
        order = await interaction.client.services.pictures.reroll(actor_of(interaction), self.generation_id)
        await place(interaction, order)


class Remix(GenerationPress, verb="remix"):
    """Opens the prompt for a change, then draws it for whoever pressed.

    `index` changes nothing but the id: two pictures of one generation may stand in the same gallery.
    """

    index: int | None = None

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.REMIX), emoji="✏️")

    async def press(self, interaction: BotInteraction) -> None:
        pictures = interaction.client.services.pictures
        record = await pictures.to_remix(actor_of(interaction), self.generation_id)
        await interaction.response.send_modal(RemixForm.of(record))
