"""One picture of a generation, and what can be done with it: upscale, vary, share.

In: a stored picture.  Out: layouts and buttons.
"""

import asyncio
from io import BytesIO
from typing import Any, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord, ImageRecord, ShareRecord
from bot.generation import grid
from bot.generation.grid import PictureFile
from bot.views import text
from bot.views.answer import note, take_back, think
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.press import GenerationPress, Press, actor_of, place

UPSCALE_FACTOR: Final = 4
RESULT_COLOUR: Final = discord.Colour(0x23A55A)


class PicturePress(GenerationPress):
    """A button about one picture; `index` counts from 0, people read it from 1."""

    index: int

    async def picture(self, interaction: BotInteraction) -> tuple[GenerationRecord, ImageRecord, bytes]:
        """The picture's file with what is known of it.  Raises NotFound where it was removed."""
        pictures = interaction.client.services.pictures
        return await pictures.picture(actor_of(interaction), self.generation_id, self.index)


class Pick(PicturePress, verb="pick"):
    """Shows one picture of the grid to the person who asked, with its own buttons."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=str(self.index + 1), style=discord.ButtonStyle.primary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        record, image, png = await self.picture(interaction)
        layout = PictureLayout(record, image, PictureFile(png, "png"), by=None)
        await interaction.followup.send(view=layout, file=layout.file, ephemeral=True)


class Upscale(PicturePress, verb="upscale"):
    """Posts one picture, larger, for everyone in the channel."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Upscale", emoji="🔍", style=discord.ButtonStyle.primary)

    async def press(self, interaction: BotInteraction) -> None:
        pictures = interaction.client.services.pictures
        record, image, png = await pictures.copy(actor_of(interaction), self.generation_id, self.index)
        message_id = await think(interaction)
        try:
            await pictures.copied(record.id, image.index, interaction.channel_id or 0, message_id)
        except Exception:
            await take_back(interaction)
            raise
        layout = PictureLayout(record, image, await enlarged(png), by=interaction.user.id)
        await interaction.edit_original_response(view=layout, attachments=[layout.file])


class Discard(GenerationPress, verb="discard"):
    """Deletes an upscaled copy; for whom it was made, the picture's owner, and moderators.

    The picture itself stays, and a copy of one that is removed can still be deleted.
    """

    index: int
    by: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Remove this copy", emoji="🗑️", style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        message_id = 0 if interaction.message is None else interaction.message.id
        await interaction.response.defer()
        pictures = interaction.client.services.pictures
        await pictures.discard(actor_of(interaction), self.generation_id, message_id, self.by)
        await interaction.delete_original_response()


class Vary(PicturePress, verb="vary"):
    """Draws a picture anew in part: a generation of whoever pressed."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Vary", emoji="🪄")

    async def press(self, interaction: BotInteraction) -> None:
        pictures = interaction.client.services.pictures
        order = await pictures.vary(actor_of(interaction), self.generation_id, self.index)
        await place(interaction, order)


class Share(PicturePress, verb="share"):
    """Posts one's own picture to the server's gallery."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Share", emoji="🖼️")

    async def press(self, interaction: BotInteraction) -> None:
        await share(interaction, self.generation_id, self.index)


class SharePicker(GenerationPress, verb="sharepick"):
    """Asks which picture of a grid to share."""

    indexes: tuple[int, ...] = unwritten(default=())

    def control(self) -> ui.Select[Any]:
        options = [discord.SelectOption(label=f"Picture {index + 1}", value=str(index)) for index in self.indexes]
        return ui.Select(placeholder="Which picture?", options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await share(interaction, self.generation_id, int(self.item.values[0]))


class Unshare(Press, verb="unshare"):
    """Takes a picture out of the gallery; for its owner and for moderators."""

    share_id: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Take out of the gallery", style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.client.services.gallery.unshare(actor_of(interaction), self.share_id)
        await interaction.followup.send(view=note("Taken out of the gallery."), ephemeral=True)


class PictureLayout(ui.LayoutView):
    """One picture with its buttons; `by` is who asked to see it large, None where only they see it."""

    def __init__(self, record: GenerationRecord, image: ImageRecord, file: PictureFile, *, by: int | None) -> None:
        super().__init__(timeout=None)
        prompt = record.order.prompt
        self.file = discord.File(
            BytesIO(file.data),
            filename=f"easel-{record.id}-{image.index + 1}.{file.suffix}",
            description=text.alt_text(prompt, image.index + 1),
        )
        facts = f"Picture {image.index + 1} of {len(record.images)} · by <@{record.order.requester.user_id}>"
        width, height = grid.size_of(file.data)
        size = f" · {width} × {height} pixels"
        asked = size if by is None else f"{size}, upscaled for <@{by}>"
        box: ui.Container[Self] = ui.Container(accent_colour=RESULT_COLOUR)
        box.add_item(ui.TextDisplay(f"**{text.plain(prompt)}**\n-# {facts}{asked} · seed {image.seed}"))
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(self.file)))
        row: ui.ActionRow[Any] = ui.ActionRow()
        if by is None:
            row.add_item(Upscale(record.id, image.index))
        row.add_item(Vary(record.id, image.index))
        if record.order.requester.guild_id is not None:
            row.add_item(Share(record.id, image.index))
        if by is not None:
            row.add_item(Discard(record.id, image.index, by))
        box.add_item(row)
        self.add_item(box)


class SharePickerLayout(ui.LayoutView):
    """The question which picture of a grid to share."""

    def __init__(self, generation_id: int, indexes: tuple[int, ...]) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.TextDisplay("Share a picture with its prompt in this server's gallery."))
        self.add_item(ui.ActionRow(SharePicker(generation_id, indexes)))


class SharedLayout(ui.LayoutView):
    """What the owner reads after sharing."""

    def __init__(self, record: ShareRecord) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.TextDisplay(f"Picture {record.image.index + 1} is in the gallery now: see `/gallery`."))
        self.add_item(ui.ActionRow(Unshare(record.id)))


async def enlarged(png: bytes) -> PictureFile:
    """The picture at several times its size, under Discord's limit for a file."""
    return await asyncio.to_thread(lambda: grid.fit(grid.upscale(png, UPSCALE_FACTOR)))


async def share(interaction: BotInteraction, generation_id: int, index: int) -> None:
    """Post the person's own picture to the gallery and say so, to them alone."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    shared = await interaction.client.services.gallery.share(actor_of(interaction), generation_id, index)
    await interaction.followup.send(view=SharedLayout(shared), ephemeral=True)
