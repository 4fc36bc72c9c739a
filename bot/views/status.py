"""What stands in the answer until the pictures do: place in the queue, then the picture as it forms.

Out: layouts.  Knows no queue; positions and shares are handed in.
"""

from typing import Any, Final, Self

import discord
from discord import ui

from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.press import GenerationPress, actor_of
from bot.wording import buttons, drawing, text
from bot.wording.reader import say

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
        about = " · ".join([drawing.by(user_id), *(drawing.marks() if preview is not None else ())])
        box.add_item(ui.TextDisplay(f"**{text.plain(prompt)}**\n-# {about}"))
        if preview is not None:
            box.add_item(ui.MediaGallery(discord.MediaGalleryItem(preview, description=say(drawing.PREVIEW))))
        box.add_item(ui.TextDisplay(status))
        box.add_item(ui.ActionRow(Cancel(generation_id)))
        self.add_item(box)


class Cancel(GenerationPress, verb="cancel"):
    """Stops a generation that waits or is being drawn; for its owner and for moderators."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.CANCEL), style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.client.services.pictures.cancel(actor_of(interaction), self.generation_id)
