"""One picture of a generation, and what can be done with it: upscale, vary, keep.

In: a stored picture.  Out: layouts and buttons.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from io import BytesIO
from typing import Any, Final, Literal, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord, ImageRecord
from bot.generation import grid
from bot.generation.grid import PictureFile
from bot.generation.provenance import Seal
from bot.views.answer import note, take_back, think
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.details import Details
from bot.views.language import language_of
from bot.views.layout import Layout
from bot.views.press import GenerationPress, PicturePress, Press, actor_of, hidden, place, row_of
from bot.views.remix import Remix, Reroll
from bot.views.sharing import Share
from bot.wording import buttons, drawing, sharing, terms, text
from bot.wording.reader import reading, say

UPSCALE_FACTOR: Final = 4  # of buttons that do not say
UPSCALE_FACTORS: Final = (2, 4)
MAX_NETWORK_SHOWN: Final = 30
ENLARGED_AT_ONCE: Final = 2
VARY_STRENGTHS: Final = {"subtle": 0.3, None: 0.5, "strong": 0.75}
RESULT_COLOUR: Final = discord.Colour(0x23A55A)


class Pick(PicturePress, verb="pick"):
    """Shows one picture to the person who asked, with its own buttons; below messages of before `PickOne`."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=str(self.index + 1), style=discord.ButtonStyle.primary)

    async def press(self, interaction: BotInteraction) -> None:
        await show_picture(interaction, self.generation_id, self.index)


class OpenPicture(PicturePress, verb="open"):
    """Shows one picture with its buttons to the person who asked."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.OPEN), emoji="🔎")

    async def press(self, interaction: BotInteraction) -> None:
        await show_picture(interaction, self.generation_id, self.index)


class PickOne(GenerationPress, verb="choose"):
    """Chooses a picture of the grid by its name, and shows it to the person who asked."""

    images: tuple[ImageRecord, ...] = unwritten(default=())
    count: int = unwritten(default=0)  # of the grid, which may have lost some since

    def control(self) -> ui.Select[Any]:
        options = [
            discord.SelectOption(
                label=buttons.picture_choice(image.index, self.count),
                description=drawing.seed(image.seed),
                value=str(image.index),
            )
            for image in self.images
        ]
        return ui.Select(placeholder=say(buttons.PICK), options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await show_picture(interaction, self.generation_id, self.chosen_number("picture"))


class Upscale(PicturePress, verb="upscale"):
    """Posts one picture, larger, for everyone in the channel."""

    draws = True
    factor: int | None = None
    short: bool = unwritten(default=False)  # below a grid, where it stands for one of several pictures

    def control(self) -> ui.Button[Any]:
        if self.short:
            return ui.Button(label=buttons.upscale_one(self.index))
        label = buttons.upscale(self.factor or UPSCALE_FACTOR)
        return ui.Button(label=label, emoji="🔍", style=discord.ButtonStyle.primary)

    async def press(self, interaction: BotInteraction) -> None:
        pictures = interaction.client.services.pictures
        record, image, png = await pictures.copy(actor_of(interaction), self.generation_id, self.index)
        alone, locale = hidden(interaction, private=record.order.private), str(interaction.locale)
        language = locale if alone else language_of(interaction.client, interaction.guild_id, locale)
        message_id = await think(interaction, hidden=alone)
        try:
            await pictures.copied(record.id, image.index, interaction.channel_id or 0, message_id)
            with reading(language):
                layout = await self._enlarged(interaction, record, image, png)
            await interaction.edit_original_response(view=layout, attachments=[layout.file])
        except Exception:  # what went wrong is for who pressed alone
            with suppress(discord.HTTPException):
                await take_back(interaction)
                await pictures.not_copied(message_id)
            raise

    async def _enlarged(
        self, interaction: BotInteraction, record: GenerationRecord, image: ImageRecord, png: bytes
    ) -> "PictureLayout":
        services = interaction.client.services
        finer = await services.pool.upscale(png)
        larger = None if finer is None else finer.png
        taken = interaction.filesize_limit
        file = await enlarged(png, self.factor or UPSCALE_FACTOR, services.seal, larger, taken=taken)
        network = "" if finer is None else finer.model
        return PictureLayout(record, image, file, by=interaction.user.id, network=network)


class Discard(GenerationPress, verb="discard"):
    """Deletes an upscaled copy; for whom it was made, the picture's owner, and moderators.

    The picture itself stays, and a copy of one that is removed can still be deleted.
    """

    index: int
    by: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.DISCARD), emoji="🗑️", style=discord.ButtonStyle.secondary)

    async def press(self, interaction: BotInteraction) -> None:
        message_id = 0 if interaction.message is None else interaction.message.id
        await interaction.response.defer()
        pictures = interaction.client.services.pictures
        await pictures.discard(actor_of(interaction), self.generation_id, message_id, self.by)
        await interaction.delete_original_response()


class Vary(PicturePress, verb="vary"):
    """Draws a picture anew in part: a generation of whoever pressed."""

    draws = True
    strength: Literal["subtle", "strong"] | None = None
    short: bool = unwritten(default=False)

    def control(self) -> ui.Button[Any]:
        if self.short:
            return ui.Button(label=buttons.vary_one(self.index))
        return ui.Button(label=say(buttons.VARY[self.strength]), emoji="🪄")

    async def press(self, interaction: BotInteraction) -> None:
        pictures = interaction.client.services.pictures
        order = await pictures.vary(
            actor_of(interaction), self.generation_id, self.index, VARY_STRENGTHS[self.strength]
        )
        await place(interaction, order)


class Complete(PicturePress, verb="complete"):
    """Keeps the upper half of a picture and draws what is below it anew: a generation of whoever pressed."""

    draws = True

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.COMPLETE), emoji="🧩")

    async def press(self, interaction: BotInteraction) -> None:
        services = interaction.client.services
        order = await services.pictures.complete(
            actor_of(interaction), self.generation_id, self.index, services.pool.models()
        )
        await place(interaction, order)


class Keep(PicturePress, verb="keeppic"):
    """Keeps a note of a picture of one's own, or drops it."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(emoji="⭐")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        pictures = interaction.client.services.pictures
        kept = await pictures.keep(actor_of(interaction), self.generation_id, self.index)
        await interaction.followup.send(view=note(say(sharing.KEPT if kept else sharing.NOT_KEPT)), ephemeral=True)


class Original(PicturePress, verb="original"):
    """Hands out the file as it was drawn."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.DOWNLOAD), emoji="⬇️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        pictures = interaction.client.services.pictures
        record, image, png = await pictures.picture(actor_of(interaction), self.generation_id, self.index)
        alt = terms.alt_text(record.order.prompt, image.index)
        file = discord.File(BytesIO(png), filename=f"easel-{record.id}-{image.index + 1}.png", description=alt)
        layout = Layout()
        layout.add_item(ui.File(file))
        layout.add_item(ui.TextDisplay(drawing.mark()))
        await interaction.followup.send(view=layout, file=file, ephemeral=True)


class PictureLayout(Layout):
    """One picture with its buttons; `by` is who asked to see it large, None where only they see it, `network` what has
    enlarged it, where that was more than resampling, `own` whether it belongs to whoever sees it."""

    def __init__(
        self,
        record: GenerationRecord,
        image: ImageRecord,
        file: PictureFile,
        *,
        by: int | None,
        network: str = "",
        own: bool = True,
    ) -> None:
        super().__init__()
        prompt = record.order.prompt
        self.file = discord.File(
            BytesIO(file.data),
            filename=f"easel-{record.id}-{image.index + 1}.{file.suffix}",
            description=terms.alt_text(prompt, image.index),
        )
        facts = drawing.facts_of_picture(image.index, len(record.images), record.order.requester.user_id)
        size = drawing.size_of_picture(*grid.size_of(file.data), by)
        box: ui.Container[Self] = ui.Container(accent_colour=RESULT_COLOUR)
        drawn_by = [text.plain(network, MAX_NETWORK_SHOWN)] if network else []
        marks = drawing.marks(private=record.order.private)
        about = " · ".join([facts, size, *drawn_by, drawing.seed(image.seed), *marks])
        box.add_item(ui.TextDisplay(f"**{text.plain(prompt)}**\n-# {about}"))
        covered = image.is_covered or (record.order.spoiler and by is not None)
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(self.file, spoiler=covered)))
        for row in buttons_of(record, image.index, by, own=own):
            box.add_item(row)
        self.add_item(box)


def buttons_of(
    record: GenerationRecord, index: int, by: int | None = None, *, alone: bool = True, own: bool = True
) -> list[ui.ActionRow[Any]]:
    """What can be done with one picture; `by` is for whom a public copy was made.

    Where it does not stand `alone`, but is all that was drawn, sharing and the file stand below the whole.  Only whose
    `own` it is can share it and keep a note of it.
    """
    changed = row_of(Vary(record.id, index, "subtle"), Vary(record.id, index, "strong"), Complete(record.id, index))
    larger = [Upscale(record.id, index, factor) for factor in UPSCALE_FACTORS] if by is None else []
    kept: list[Press] = [Keep(record.id, index)] if own else []
    if not alone:
        return [row_of(*larger, *kept), changed]
    if own and record.order.requester.guild_id is not None and not record.order.private:
        kept.append(Share(record.id, index))
    kept += [Original(record.id, index), Details(record.id)]
    again = [Reroll(record.id), Remix(record.id)]
    if by is None:
        return [row_of(*larger, *again), changed, row_of(*kept)]
    return [changed, row_of(*again, *kept[:-1]), row_of(kept[-1], Discard(record.id, index, by))]


async def show_picture(interaction: BotInteraction, generation_id: int, index: int) -> None:
    """One picture as it was drawn, to the person who asked alone."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    pictures = interaction.client.services.pictures
    actor = actor_of(interaction)
    record, image, png = await pictures.look(actor, generation_id, index)
    layout = PictureLayout(record, image, PictureFile(png, "png"), by=None, own=actor.owns(record))
    await interaction.followup.send(view=layout, file=layout.file, ephemeral=True)


async def enlarged(
    png: bytes, factor: int, seal: Seal, finer: bytes | None = None, *, taken: int = grid.MAX_FILE_BYTES
) -> PictureFile:
    """The picture at so many times its size, signed, with less than the `taken` bytes that Discord takes there."""
    limit = min(grid.MAX_FILE_BYTES, taken * 19 // 20)  # the rest of the message needs some of it
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_enlargers(), lambda: grid.fit(grid.upscale(png, factor, finer), seal, limit))


@cache
def _enlargers() -> ThreadPoolExecutor:
    """Each takes a core and tens of megabytes for a moment: so many at a time, the others wait their turn."""
    return ThreadPoolExecutor(ENLARGED_AT_ONCE, thread_name_prefix="enlarge")
