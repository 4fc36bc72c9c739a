"""What stands in the answer until the pictures do: place in the queue, then the picture as it forms.

Out: layouts.  Knows no queue; positions and shares are handed in.
"""

from typing import Any, Final, Self

import discord
from discord import ui

from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.press import GenerationPress, actor_of
from bot.wording import text

WAITING_COLOUR: Final = discord.Colour(0x5865F2)
WORKING_COLOUR: Final = discord.Colour(0xF0B232)


class StatusLayout(Layout):
    """Prompt, one line of status, the preview where there is one, and *Cancel*."""

    def __init__(
        self, *, generation_id: int, user_id: int, prompt: str, status: str, colour: discord.Colour,
        preview: discord.File | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        box: ui.Container[Self] = ui.Container(accent_colour=colour)
        box.add_item(ui.TextDisplay(f"**{text.plain(prompt)}**\n-# by <@{user_id}>"))
        if preview is not None:
            box.add_item(ui.MediaGallery(discord.MediaGalleryItem(preview, description="Unfinished preview")))
        box.add_item(ui.TextDisplay(status))
        box.add_item(ui.ActionRow(Cancel(generation_id)))
        self.add_item(box)


def queued_status(position: int, eta_seconds: float | None) -> str:
    """`position` counts from 1, the one that is drawn next."""
    place = "Next in the queue" if position <= 1 else f"Number {position} in the queue"
    wait = "" if eta_seconds is None else f" · about {text.estimate(eta_seconds)}"
    return f"🕓 {place}{wait}"


def drawing_status(done: float) -> str:
    return f"🎨 Drawing  {text.progress_bar(done)}"


class Cancel(GenerationPress, verb="cancel"):
    """Stops a generation that waits or is being drawn; for its owner and for moderators."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Cancel", style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.client.services.pictures.cancel(actor_of(interaction), self.generation_id)
