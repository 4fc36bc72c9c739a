"""The form that draws from the picture of a message: which picture, what to draw, what to keep.

In: a message with pictures, Easel's own or anybody's.  Out: an order, placed for whoever submits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.errors import InvalidOption
from bot.orders.choices import USES, use_of, with_defaults
from bot.orders.flags import read_flags
from bot.orders.order import Order
from bot.views.press import actor_of, answering
from bot.views.upload import check_size, place_picture
from bot.wording import buttons, text
from bot.wording.reader import say
from bot.wording.terms import place_in_grid
from inference.contract import MAX_PROMPT_CHARACTERS

MAX_PICTURES: Final = 25  # choices of a select
KINDS: Final = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True, slots=True)
class Start:
    """A picture that can be drawn from: a file of the message, or the picture `index` of a generation."""

    name: str
    attachment: discord.Attachment | None = None
    generation_id: int = 0
    index: int = 0


def starts_of(message: discord.Message, record: GenerationRecord | None) -> list[Start]:
    """What a message shows; of a grid, its pictures one by one.  Raises InvalidOption where there is nothing."""
    if record is not None:
        starts = [
            Start(f"{index + 1}: {place_in_grid(index, len(record.images))}", None, record.id, index)
            for index in (image.index for image in record.images if image.removal is None)
        ]
    else:
        files = [one for one in message.attachments if one.filename.lower().endswith(KINDS)]
        starts = [Start(text.shorten(one.filename, 90), one) for one in files]
    if not starts:
        raise InvalidOption("init_image", "no_picture")
    return starts[:MAX_PICTURES]


class StartModal(ui.Modal):
    """Holds the message's pictures until it is submitted; after a restart it has to be opened anew."""

    def __init__(self, starts: Sequence[Start], prompt: str = "") -> None:
        super().__init__(title=say(buttons.USE_AS_INPUT_TITLE), timeout=15 * 60)
        self.starts = starts
        self.prompt: ui.TextInput[Self] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            default=prompt or None,
            max_length=MAX_PROMPT_CHARACTERS,
            custom_id="prompt",
        )
        self.use: ui.Select[Self] = ui.Select(
            options=[
                discord.SelectOption(label=say(buttons.USES[use]), value=use, default=use == USES[0]) for use in USES
            ],
            custom_id="use",
        )
        self.which: ui.Select[Self] | None = None
        self.add_item(ui.Label(text=say(buttons.WHAT_TO_DRAW), component=self.prompt))
        self.add_item(ui.Label(text=say(buttons.WHAT_TO_DO), component=self.use))
        if len(starts) > 1:
            self.which = ui.Select(
                options=[
                    discord.SelectOption(label=start.name, value=str(number), default=number == 0)
                    for number, start in enumerate(starts)
                ],
                custom_id="which",
            )
            self.add_item(ui.Label(text=say(buttons.WHICH_PICTURE), component=self.which))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        async with answering(interaction):
            chosen = self.which.values if self.which is not None else ()
            start = self.starts[int(chosen[0]) if chosen else 0]
            actor, flags = actor_of(interaction), read_flags(self.prompt.value)
            services = interaction.client.services
            here = await services.entitlements.of(actor.requester)
            said = with_defaults(flags.said(), here, services.pool.models())
            order = Order(requester=actor.requester, prompt=flags.prompt, **said)
            use = use_of(self.use.values[0] if self.use.values else None)
            if start.attachment is not None:
                check_size(start.attachment)
            await place_picture(interaction, order, start.attachment or (start.generation_id, start.index), use)
