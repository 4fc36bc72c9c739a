"""All pictures of a generation as one file.

In: stored pictures.  Out: a ZIP for whoever asks, to them alone.
"""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.errors import TooLarge
from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.press import GenerationPress, actor_of
from bot.wording import buttons, drawing, text
from bot.wording.reader import labelled, say


class DownloadAll(GenerationPress, verb="zip"):
    """Hands out the pictures as they were drawn, with a note of what was ordered."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.DOWNLOAD), emoji="⬇️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        pictures = interaction.client.services.pictures
        record, pngs = await pictures.files(actor_of(interaction), self.generation_id)
        data = await asyncio.to_thread(packed, record, pngs)
        if len(data) > interaction.filesize_limit:
            raise TooLarge("download", len(data), interaction.filesize_limit)
        file = discord.File(io.BytesIO(data), filename=f"easel-{record.id}.zip")
        layout = Layout()
        layout.add_item(ui.File(file))
        layout.add_item(ui.TextDisplay(drawing.mark()))
        await interaction.followup.send(view=layout, file=file, ephemeral=True)


def packed(record: GenerationRecord, pngs: Sequence[tuple[int, bytes]]) -> bytes:
    """`pngs` are files with their indexes.  PNGs are small already, so nothing is compressed again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index, png in pngs:
            archive.writestr(f"easel-{record.id}-{index + 1}.png", png)
        archive.writestr(f"easel-{record.id}.txt", _about(record))
    return buffer.getvalue()


def _about(record: GenerationRecord) -> str:
    order = record.order
    facts = {"prompt": order.prompt, "model": record.model, "seed": record.seed, **order.recipe()}
    lines = [
        labelled(drawing.option(name), text.one_line(str(value))) for name, value in facts.items() if value is not None
    ]
    return "\n".join([*lines, drawing.generated_by(record.created_at.isoformat(timespec="seconds"))])
