"""Proposals for what to draw, each with a button that draws it.

In: ideas, or what somebody typed and why it was refused: it is not lost.  Out: a layout for one person's eyes.  The
words stand in the message alone: a press reads them there, so a button works for as long as its message stands.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final

import discord
from discord import ui

from bot.actions.ideas import Ideas
from bot.errors import InvalidOption, NotFound, UserError
from bot.orders.choices import check_choices, with_defaults
from bot.orders.flags import mended
from bot.orders.order import Order
from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.press import Press, actor_of, place
from bot.wording import drawing
from bot.wording import ideas as words
from bot.wording.reader import say

FIRST_PROPOSAL: Final = 1000  # a component's id; those that Discord gives count from 1


class IdeasLayout(Layout):
    """`title` and `about` come first, then as many proposals as there is room for."""

    def __init__(self, ideas: Ideas, title: str, about: str = "") -> None:
        super().__init__()
        self._count = 0
        self.add_item(ui.TextDisplay("\n".join(filter(None, (title, about)))))
        self._propose(ideas.proposals)
        self._propose(ideas.shared, words.small(words.SHARED))

    def _propose(self, prompts: tuple[str, ...], heading: str = "") -> None:
        for prompt in prompts:
            if not self.has_room(heading, words.proposal(prompt)):
                continue
            if heading:
                self.add_item(ui.TextDisplay(heading))
                heading = ""
            self.add_item(proposed(prompt, self._count))
            self._count += 1


def proposed(prompt: str, number: int = 0) -> ui.Section[Any]:
    """A prompt, and beside it what draws it; `number` is its place in the message."""
    shown: ui.TextDisplay[Any] = ui.TextDisplay(words.proposal(prompt), id=FIRST_PROPOSAL + number)
    return ui.Section(shown, accessory=DrawIdea(number))


class DrawIdea(Press, verb="idea"):
    """Draws a proposal, for whoever pressed."""

    draws = True
    number: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(words.DRAW_THIS), emoji="🎨", style=discord.ButtonStyle.primary)

    async def press(self, interaction: BotInteraction) -> None:
        await place_prompt(interaction, proposal_of(interaction.message, self.number))


async def place_prompt(interaction: BotInteraction, prompt: str) -> None:
    """Draw a prompt with its flags, and for the rest what the place chooses."""
    services, actor = interaction.client.services, actor_of(interaction)
    async with handing_back(interaction, prompt):
        drawn, said = await services.styles.read(actor, prompt)
        here, models = await services.entitlements.of(actor.requester), services.pool.models()
        order = Order(requester=actor.requester, prompt=drawn, **with_defaults(said, here, models, prompt))
        check_choices(order, services.pool)
        await place(interaction, order)


@asynccontextmanager
async def handing_back(
    interaction: BotInteraction, typed: str, named: Mapping[str, Any] = MappingProxyType({}), *, again: bool = True
) -> AsyncIterator[None]:
    """Around what makes an order of a prompt and of the options `named`, by an order's fields.

    `again` says whether words and options are all that the order consists of.
    """
    try:
        yield
    except (InvalidOption, NotFound) as error:
        await interaction.client.report(interaction, error, *_instead(error, typed, named if again else None))


def _instead(error: UserError, typed: str, named: Mapping[str, Any] | None) -> Iterator["ui.Item[Any]"]:
    """What was typed, and what can be drawn in its place; the first is not needed where the second says it all."""
    refused = {
        one.field if isinstance(one, InvalidOption) else one.subject: one.near if isinstance(one, NotFound) else None
        for one in (error, *error.more)
        if isinstance(one, InvalidOption | NotFound)
    }
    instead = None if named is None else mended(typed, named, refused)
    if instead is not None and len(instead.line) > words.MAX_SHOWN:
        instead = None
    if typed.strip() and (instead is None or not instead.whole):
        yield ui.TextDisplay(drawing.you_had_typed(typed))
    if instead is not None:
        yield proposed(instead.line)


def proposal_of(message: discord.Message | None, number: int) -> str:
    """The words of a proposal, as the message shows them.  Raises NotFound."""
    for section in message.components if message is not None else ():
        for shown in section.children if isinstance(section, discord.SectionComponent) else ():
            if isinstance(shown, discord.TextDisplay) and shown.id == FIRST_PROPOSAL + number:
                return shown.content.removeprefix("```").removesuffix("```").strip()
    raise NotFound("proposal")


def versions_layout(ideas: Ideas) -> IdeasLayout:
    none = "" if ideas.proposals else say(words.NO_VERSIONS)
    unknown = f"-# {drawing.unknown_beforehand(ideas.unknown)}" if ideas.unknown else ""
    return IdeasLayout(ideas, words.title(words.VERSIONS), "\n".join(filter(None, (none, unknown))))


def description_layout(ideas: Ideas) -> IdeasLayout:
    things = ideas.description.things if ideas.description is not None else ()
    told = " · ".join(words.seen(thing.names, thing.confidence) for thing in things) or say(words.NOTHING_SEEN)
    return IdeasLayout(ideas, words.title(words.IN_WORDS), f"{told}\n{words.how_seen()}")
