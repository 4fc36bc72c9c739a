"""Forms that nobody waits for: declared like buttons, and read from their custom id when they come back.

In: a verb and typed fields, which the id keeps.  Out: a form whose answer is taken after a restart, too; where nothing
can be made of it any more, what was typed is handed back.
"""

import dataclasses
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, dataclass_transform

import discord
from discord import ui

from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import CustomId, unwritten
from bot.views.press import answering
from bot.wording import drawing, text
from bot.wording.reader import say


@dataclass_transform(eq_default=False, field_specifiers=(unwritten,))
class Form(ui.Modal):
    """A subclass gives its `verb`, and its fields and their types as a `Press` does.

    One that holds more than an id can, and does better with it, is `remembered` for so many seconds.
    """

    custom_ids: ClassVar[CustomId]
    remembered: ClassVar[float | None] = None

    def __init_subclass__(cls, *, verb: str) -> None:
        dataclasses.dataclass(eq=False, repr=False)(cls)
        cls.custom_ids = CustomId.of(cls, verb, 1)
        super().__init_subclass__()

    def __post_init__(self) -> None:
        super().__init__(title=self.heading(), timeout=self.remembered, custom_id=self.custom_ids.write(self))
        for item in self.questions():
            self.add_item(item)
        if self.remembered is None:
            self.stop()  # so that discord.py does not keep it

    @abstractmethod
    def heading(self) -> str:
        """At most 45 characters."""

    @abstractmethod
    def questions(self) -> Iterator[ui.Item[Any]]:
        """Its fields, and lines of text; `take` finds what was written by the fields' custom ids."""

    @abstractmethod
    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        """What is done with what was written; whatever it raises is told to the person."""

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """For the one that is remembered."""
        data: Any = interaction.data
        async with answering(interaction):
            await self.take(interaction, dict(_written(data["components"])))


def question(
    label: str, custom_id: str, *, default: str | None = None, placeholder: str | None = None, limit: int | None = None,
    required: bool = True, long: bool = False,
) -> "ui.Label[Any]":  # fmt: skip
    """A field of a form, and what stands above it; `long` ones have several lines, others one, whatever is in it."""
    if default is not None and not long:
        default = text.one_line(default)
    style = discord.TextStyle.paragraph if long else discord.TextStyle.short
    component: ui.TextInput[Any] = ui.TextInput(
        style=style, custom_id=custom_id, default=default, placeholder=placeholder, max_length=limit, required=required
    )
    return ui.Label(text=label, component=component)


async def take_form(interaction: BotInteraction) -> None:
    """A form came back: one of ours, which says what it is about, or one of an older Easel, which did not."""
    data: Any = interaction.data
    async with answering(interaction):
        for kind in Form.__subclasses__():
            found = kind.custom_ids.match(data["custom_id"])
            if found is not None:
                form = kind(**kind.custom_ids.read(found.groupdict()))
                await form.take(interaction, dict(_written(data["components"])))
                return
        await hand_back(interaction, " ".join(value for _, value in _written(data["components"]) if value))


async def hand_back(interaction: BotInteraction, typed: str) -> None:
    """Nothing can be made of the form any more; what was typed into it is not lost."""
    sentence = say(drawing.FORM_FORGOTTEN)
    if typed:
        sentence = f"{sentence} {drawing.you_had_typed(typed)}"
    await interaction.response.send_message(view=note(sentence), ephemeral=True)


def _written(components: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """What was typed and what was chosen, by custom id; of a list, the first choice."""
    for component in components:
        yield from _written(component.get("components", ()))
        if "component" in component:
            yield from _written([component["component"]])
        if "custom_id" in component:
            chosen = component.get("values") or [component.get("value", "")]
            yield component["custom_id"], str(chosen[0])
