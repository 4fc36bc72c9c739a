"""The form that draws from the picture of a message: which picture, what to draw, what to keep.

In: a message with pictures, Easel's own or anybody's.  Out: an order, placed for whoever submits.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.errors import InvalidOption
from bot.orders.choices import USES, use_of, with_defaults
from bot.orders.order import Order
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36, unwritten
from bot.views.forms import Form, hand_back, question
from bot.views.ideas import handing_back
from bot.views.outage import NOT_DONE
from bot.views.press import actor_of
from bot.views.upload import Source, place_picture
from bot.wording import buttons, text
from bot.wording.reader import say
from bot.wording.terms import place_in_grid
from inference.contract import MAX_PROMPT_CHARACTERS

MAX_PICTURES: Final = 25  # choices of a select
KINDS: Final = (".png", ".jpg", ".jpeg", ".webp")
LOOK_AGAIN_SECONDS: Final = 1.5  # Discord waits three for the first word


@dataclass(frozen=True, slots=True)
class Start:
    """A picture that can be drawn from: a file of the message, or the picture `index` of a generation."""

    name: str
    source: Source

    @property
    def key(self) -> str:
        """What tells it from the message's others, also when the message is looked at once more."""
        return str(self.source[1] if isinstance(self.source, tuple) else self.source.id)


def starts_of(shows: discord.Message | GenerationRecord) -> tuple[Start, ...]:
    """What a message shows, or a generation: its pictures one by one.  Raises InvalidOption where there is nothing."""
    if isinstance(shows, GenerationRecord):
        starts = [
            Start(f"{index + 1}: {place_in_grid(index, len(shows.images))}", (shows.id, index))
            for index in (image.index for image in shows.images if image.removal is None)
        ]
    else:
        files = [one for one in shows.attachments if one.filename.lower().endswith(KINDS)]
        starts = [Start(text.shorten(text.one_line(one.filename), 90), one) for one in files]
    if not starts:
        raise InvalidOption("init_image", "no_picture")
    return tuple(starts[:MAX_PICTURES])


class StartForm(Form, verb="started"):
    """The pictures of the message `message_id`, which a generation's own need not be read for.

    It is remembered, because Easel may not be able to read the message: where somebody brought it along, or in a
    direct message of two people.  Two who open it for the same message have forms of their own.
    """

    remembered: ClassVar[float | None] = 15 * 60

    message_id: Base36
    opened_by: Base36
    generation_id: int | None = None
    starts: tuple[Start, ...] = unwritten(default=())
    prompt: str = unwritten(default="")

    @classmethod
    def of(cls, interaction: BotInteraction, message: discord.Message, record: GenerationRecord | None) -> Self:
        """`record` is the generation that the message shows.  Raises InvalidOption where there is no picture."""
        starts = starts_of(record or message)
        if record is None:
            return cls(message.id, interaction.user.id, starts=starts)
        return cls(message.id, interaction.user.id, record.id, starts, record.order.prompt)

    def heading(self) -> str:
        return say(buttons.USE_AS_INPUT_TITLE)

    def questions(self) -> Iterator[ui.Item[Any]]:
        limit = MAX_PROMPT_CHARACTERS
        yield question(say(buttons.WHAT_TO_DRAW), "prompt", default=self.prompt or None, limit=limit, long=True)
        yield _choice(say(buttons.WHAT_TO_DO), "use", {use: say(buttons.USES[use]) for use in USES})
        if len(self.starts) > 1:
            yield _choice(say(buttons.WHICH_PICTURE), "which", {start.key: start.name for start in self.starts})

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        typed = written.get("prompt", "")
        try:
            starts = self.starts or await self._look_again(interaction)
        except NOT_DONE:
            await hand_back(interaction, typed)
            return
        start = next((one for one in starts if one.key == written.get("which", starts[0].key)), None)
        if start is None:
            raise InvalidOption("init_image", "no_picture")
        actor, services = actor_of(interaction), interaction.client.services
        async with handing_back(interaction, typed, again=False):
            words, said = await services.styles.read(actor, typed)
            here = await services.entitlements.of(actor.requester)
            said = with_defaults(said, here, services.pool.models(), typed)
            order = Order(requester=actor.requester, prompt=words, **said)
            await place_picture(interaction, order, start.source, use_of(written.get("use")))

    async def _look_again(self, interaction: BotInteraction) -> tuple[Start, ...]:
        """After a restart: the message's pictures as they are now.  Raises what Discord or the network refuses.

        The message is of the channel where the form was opened; nobody reads another one's by a forged id.
        """
        if self.generation_id is not None:
            found = await interaction.client.services.pictures.find(actor_of(interaction), self.generation_id)
            return starts_of(found)
        channel = interaction.client.get_partial_messageable(interaction.channel_id or 0)
        async with asyncio.timeout(LOOK_AGAIN_SECONDS):
            return starts_of(await channel.fetch_message(self.message_id))


def _choice(label: str, custom_id: str, options: Mapping[str, str]) -> "ui.Label[Any]":
    """A list, by value; its first one is chosen."""
    select: ui.Select[Any] = ui.Select(custom_id=custom_id, placeholder=label)
    for value, name in options.items():
        select.add_option(label=name, value=value, default=not select.options)
    return ui.Label(text=label, component=select)
