"""One picture of a generation, and what can be done with it: upscale, vary, share.

In: a stored picture.  Out: layouts and buttons.
"""

import asyncio
from io import BytesIO
from typing import Any, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord, ImageRecord, ShareRecord
from bot.errors import NotFound, NotYours, UserError
from bot.generation import grid
from bot.generation.grid import PictureFile
from bot.views import text
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.press import GenerationPress, Press, actor_of, successor

UPSCALE_FACTOR: Final = 4
VARY_STRENGTH: Final = 0.5
IMAGES_PER_VARIATION: Final = 4
RESULT_COLOUR: Final = discord.Colour(0x23A55A)


class PicturePress(GenerationPress):
    """A button about one picture; `index` counts from 0, people read it from 1."""

    index: int

    async def picture(self, interaction: BotInteraction) -> tuple[GenerationRecord, ImageRecord, bytes]:
        """The picture's file with what is known of it.  Raises NotFound where it was removed."""
        record = await self.generation(interaction)
        image = picture_of(record, self.index)
        return record, image, await interaction.client.services.storage.get(image.key)


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
        await interaction.client.check_may_act(interaction)
        record, image, png = await self.picture(interaction)
        await interaction.response.defer(thinking=True)
        large = await enlarged(png)
        layout = PictureLayout(record, image, large, by=interaction.user.id)
        await interaction.followup.send(view=layout, file=layout.file)


class Discard(GenerationPress, verb="discard"):
    """Deletes an upscaled copy; for whom it was made, the picture's owner, and moderators.

    The picture itself stays, and a copy of one that is removed can still be deleted.
    """

    index: int
    by: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(emoji="🗑️", style=discord.ButtonStyle.danger)

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
        record, _, png = await self.picture(interaction)
        order = successor(
            record, interaction, "vary", images=IMAGES_PER_VARIATION, init_image=png, strength=VARY_STRENGTH
        )
        await interaction.client.place(interaction, order)


class Share(PicturePress, verb="share"):
    """Posts one's own picture to the server's gallery."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Share", emoji="🖼️")

    async def press(self, interaction: BotInteraction) -> None:
        await share(interaction, await self.generation(interaction), self.index)


class SharePicker(GenerationPress, verb="sharepick"):
    """Asks which picture of a grid to share."""

    indexes: tuple[int, ...] = unwritten(default=())

    def control(self) -> ui.Select[Any]:
        options = [discord.SelectOption(label=f"Picture {index + 1}", value=str(index)) for index in self.indexes]
        return ui.Select(placeholder="Which picture?", options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await share(interaction, await self.generation(interaction), int(self.item.values[0]))


class Unshare(Press, verb="unshare"):
    """Takes a picture out of the gallery; for its owner and for moderators."""

    share_id: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Take out of the gallery", style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.client.services.gallery.unshare(actor_of(interaction), self.share_id)
        await interaction.response.send_message(view=note("Taken out of the gallery."), ephemeral=True)


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

    def __init__(self, record: GenerationRecord) -> None:
        super().__init__(timeout=None)
        shown = tuple(image.index for image in record.images if image.removal is None)
        self.add_item(ui.TextDisplay("Share a picture with its prompt in this server's gallery."))
        self.add_item(ui.ActionRow(SharePicker(record.id, shown)))


class SharedLayout(ui.LayoutView):
    """What the owner reads after sharing."""

    def __init__(self, record: ShareRecord) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.TextDisplay(f"Picture {record.image.index + 1} is in the gallery now: see `/gallery`."))
        self.add_item(ui.ActionRow(Unshare(record.id)))


async def enlarged(png: bytes) -> PictureFile:
    """The picture at several times its size, under Discord's limit for a file."""
    return await asyncio.to_thread(lambda: grid.fit(grid.upscale(png, UPSCALE_FACTOR)))


def note(sentence: str) -> ui.LayoutView:
    """A layout of one sentence."""
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.TextDisplay(sentence))
    return layout


def picture_of(record: GenerationRecord, index: int) -> ImageRecord:
    """Raises NotFound where the generation has no such picture, or a moderator removed it."""
    for image in record.images:
        if image.index == index and image.removal is None:
            return image
    raise NotFound(f"Picture {index + 1}")


async def share(interaction: BotInteraction, record: GenerationRecord, index: int) -> None:
    """Post the person's own picture to the gallery and say so, to them alone."""
    if interaction.guild_id is None:
        raise UserError("A gallery belongs to a server: there is none in direct messages.")
    if record.order.requester.user_id != interaction.user.id:
        raise NotYours("This picture")
    if record.order.requester.guild_id != interaction.guild_id:
        raise UserError("This picture was drawn elsewhere. It can be shared only in the server where it was drawn.")
    await interaction.client.check_may_act(interaction)
    picture_of(record, index)
    shared = await interaction.client.services.shares.share(record.id, index, interaction.user.id)
    layout = SharedLayout(shared)
    await interaction.response.send_message(view=layout, ephemeral=True)
