"""How a generation came about: every option, the seeds, the command that repeats it.

In: a generation's record.  Out: the words, and the button that says them to whoever asks.
"""

from typing import Any, Final

from discord import ui

from bot.database.records import GenerationRecord
from bot.orders.command import command_line
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.press import GenerationPress, actor_of
from bot.wording import buttons, commands, drawing, text
from bot.wording.reader import say

MAX_COMMAND_SHOWN: Final = 1300


class Details(GenerationPress, verb="details"):
    """Every parameter, to whoever asks; the filter's verdict only to the owner and to moderators."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.DETAILS), emoji="ℹ️")

    async def press(self, interaction: BotInteraction) -> None:
        record = await self.generation(interaction)
        told = details(record, verdict=actor_of(interaction).answers_for(record))
        await interaction.response.send_message(view=note(told), ephemeral=True)


def details(record: GenerationRecord, *, verdict: bool, repeat: bool = True) -> str:
    """All that is known of a generation, in at most 4,000 characters; `repeat` adds the command that repeats it.

    No command repeats a variation, which started from a picture; nor is one shown that had to be cut.
    """
    order = record.order
    lines = [drawing.title(record.id), drawing.block("prompt", order.prompt, 1000)]
    if order.negative_prompt:
        lines.append(drawing.block("negative_prompt", order.negative_prompt, 500))
    chosen = order.recipe()
    chosen.pop("negative_prompt", None)
    options = {
        "model": record.model,
        **chosen,
        **({"style": text.plain(order.style)} if order.style else {}),
        "parent": None if order.parent_id is None else str(order.parent_id),
        "seconds": None if record.seconds is None else round(record.seconds, 1),
    }
    given = {name: value for name, value in options.items() if value is not None}
    lines.append(" · ".join(drawing.value(name, value) for name, value in given.items()))
    for image in record.images:
        facts_of = (image.index, image.seed, image.width, image.height, image.filled)
        lines.append(drawing.picture_line(*facts_of, removed=image.removal is not None))
    if verdict and record.verdict is not None:
        lines.append(drawing.verdict(record.verdict.action, record.verdict.category, record.verdict.score))
    command = command_line(record.order, record.seed, record.order.images, commands.named)
    if repeat and not record.begun_from_picture and len(command) <= MAX_COMMAND_SHOWN:
        lines.append(drawing.to_repeat(command, MAX_COMMAND_SHOWN))
    return "\n".join(line for line in lines if line)
