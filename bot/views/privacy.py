"""A person and their own data: what is kept, taking it away, erasing it.

In: counts.  Out: what only the person sees; two buttons, and the form that asks before everything is erased.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import discord
from discord import ui

from bot.database.personal import Kept
from bot.errors import InvalidOption
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.forms import Form, question
from bot.views.layout import Layout
from bot.views.press import Control, Press, actor_of, row_of
from bot.wording import drawing
from bot.wording import privacy as words
from bot.wording.reader import say


class PrivacyLayout(Layout):
    """`retention_days` is this server's; `shared` says that it shares pictures unless their owners take them out."""

    def __init__(self, kept: Kept, retention_days: int | None, *, shared: bool = False) -> None:
        super().__init__()
        counts = [f"{say(title)}: **{getattr(kept, name)}**" for name, title in words.KINDS.items()]
        self.add_item(ui.TextDisplay(f"### {say(words.TITLE)}\n" + "\n".join(counts)))
        lines = [f"{say(words.WHY)} {words.kept_for(retention_days)}", *([say(words.SHARED_UNLESS)] if shared else [])]
        self.add_item(ui.TextDisplay("\n".join(f"-# {line}" for line in lines)))
        self.add_item(row_of(OwnData("take"), OwnData("erase")))


class OwnData(Press, verb="mydata"):
    """Hands it out, or asks whether to erase it; always that of whoever presses."""

    act: Literal["take", "erase"]

    def control(self) -> Control:
        if self.act == "take":
            return ui.Button(label=say(words.TAKE_AWAY), emoji="⬇️")
        return ui.Button(label=say(words.ERASE), emoji="🗑️", style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        if self.act == "take":
            await hand_out(interaction)
        else:
            await interaction.response.send_modal(EraseForm("all"))


class EraseForm(Form, verb="erasing"):
    """Asks for a word, because nothing brings it back."""

    what: Literal["all"]

    def heading(self) -> str:
        return say(words.ERASE_TITLE)

    def questions(self) -> Iterator[ui.Item[Any]]:
        yield ui.TextDisplay(say(words.WHAT_GOES))
        yield question(words.confirm(), "word", limit=20)

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        if written.get("word", "").strip().casefold() != say(words.WORD).casefold():
            raise InvalidOption("word", "word_missing", {"value": say(words.WORD)})
        erased = await interaction.client.services.privacy.erase(interaction.user.id)
        told = say(words.UNDER_WAY)
        if erased is not None:
            told = words.erased(erased.generations, erased.kept, sanctioned=erased.sanctioned)
        await interaction.followup.send(view=note(told), ephemeral=True)


async def privacy_layout(interaction: BotInteraction) -> PrivacyLayout:
    services = interaction.client.services
    kept = await services.privacy.kept(interaction.user.id)
    here = await services.entitlements.of(actor_of(interaction).requester)
    days = services.entitlements.ceiling.retention(here.guild.retention_days)
    return PrivacyLayout(kept, days, shared=here.guild.sharing == "opt_out")


async def hand_out(interaction: BotInteraction) -> None:
    """Everything, in files that Discord takes, one message each."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    with tempfile.TemporaryDirectory(prefix="easel-export-") as folder:
        privacy = interaction.client.services.privacy
        export = await privacy.export(interaction.user.id, Path(folder), interaction.filesize_limit)
        for number, path in enumerate(export.files, start=1):
            layout = Layout()
            if number == 1:
                layout.add_item(ui.TextDisplay(words.taken_away(len(export.files), export.left_out)))
            file = discord.File(path)
            layout.add_item(ui.File(file))
            layout.add_item(ui.TextDisplay(drawing.mark()))
            await interaction.followup.send(view=layout, file=file, ephemeral=True)
