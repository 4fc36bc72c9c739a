"""The delivered generation: its grid and everything that can be done with it.

In: a finished generation's record and grid.  Out: the layout of the answer.
"""

from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.errors import NotRead
from bot.generation.album import shown_grid
from bot.generation.grid import PictureFile
from bot.generation.reply import Result
from bot.views.client import BotInteraction, Client
from bot.views.custom_id import unwritten
from bot.views.delete import Delete
from bot.views.details import Details
from bot.views.download import DownloadAll
from bot.views.language import answer_language
from bot.views.layout import Layout
from bot.views.picture import RESULT_COLOUR, OpenPicture, Original, PickOne, Upscale, Vary, buttons_of
from bot.views.press import GenerationPress, Press, actor_of, row_of
from bot.views.remix import Remix, Reroll
from bot.views.report import ReportForm
from bot.views.sharing import SharePickerLayout, share
from bot.wording import buttons, drawing, sharing, terms, text
from bot.wording.reader import reading, say

QUICK: Final = 4  # pictures of a grid that have buttons of their own; rows take five


class ResultLayout(Layout):
    """Prompt and facts, the grid, a button for each picture, and the actions on the whole."""

    @classmethod
    def of(cls, result: Result, *, mention: bool = False, source: int | None = None) -> Self:
        """What has just been drawn, with what of its prompt could not be."""
        remarks = drawing.remarks(result.unknown_words, result.read_as, result.ignored)
        return cls(result.record, result.grid, mention=mention, remarks=remarks, source=source)

    def __init__(
        self, record: GenerationRecord, grid: PictureFile, *, mention: bool = False, remarks: Sequence[str] = (),
        source: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.file = grid_file(record, grid)
        if mention:
            self.add_item(ui.TextDisplay(drawing.ready(record.order.requester.user_id)))
        box: ui.Container[Self] = ui.Container(accent_colour=RESULT_COLOUR)
        lines = [f"**{text.plain(record.order.prompt)}**", f"-# {facts(record, source)}"]
        lines += [f"-# {remark}" for remark in remarks]
        if not record.images:
            lines.append(f"-# {say(drawing.NOT_KEPT)}")
        box.add_item(ui.TextDisplay("\n".join(lines)))
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(self.file, spoiler=record.is_hidden)))
        for row in picture_rows(record):
            box.add_item(row)
        for row in action_rows(record):
            box.add_item(row)
        self.add_item(box)


def grid_file(record: GenerationRecord, grid: PictureFile) -> discord.File:
    return discord.File(
        BytesIO(grid.data),
        filename=f"easel-{record.id}.{grid.suffix}",
        description=terms.alt_text(record.order.prompt),
    )


async def source_of(client: discord.Client, record: GenerationRecord) -> int | None:
    """Whose picture it was made from, where that is another person's; without an answer, nobody is named."""
    if record.order.parent_id is None or not isinstance(client, Client):
        return None
    with suppress(NotRead):
        return await client.services.gallery.source(record.id)
    return None


def facts(record: GenerationRecord, source: int | None = None) -> str:
    """Who, and from what: "by @ann · seed 7 · builtin · 2.1 s · AI-generated"."""
    parts = [drawing.by(record.order.requester.user_id), drawing.seed(record.seed)]
    if record.order.style is not None:
        parts.insert(1, drawing.style(record.order.style))
    if record.model:
        parts.append(text.plain(record.model, 60))
    if record.seconds is not None:
        parts.append(terms.seconds(record.seconds))
    parent = record.order.parent_id
    if parent is not None and (origin := drawing.origin(record.order.kind)) is not None:
        parts.append(origin)
        if source is not None:
            parts.append(sharing.made_from(source))
    elif record.init_image_key is not None:
        parts.append(drawing.from_a_picture())
    return " · ".join([*parts, *drawing.marks(private=record.order.private)])


def picture_rows(record: GenerationRecord) -> list[ui.ActionRow[Any]]:
    """The choice of a picture; where there is one only, what the choice would lead to.

    Of up to four the two things that are wanted most are a press away, in rows as Midjourney has them.
    """
    images = tuple(image for image in record.images if image.removal is None)
    if len(record.images) == 1:
        return [row for image in images for row in buttons_of(record, image.index, alone=False)]
    choice = [row_of(PickOne(record.id, images, len(record.images)))] if images else []
    if not images or len(record.images) > QUICK:
        return choice
    upscaled = row_of(*(Upscale(record.id, image.index, short=True) for image in images))
    varied = row_of(*(Vary(record.id, image.index, short=True) for image in images))
    return [upscaled, varied, *choice]


def action_rows(record: GenerationRecord) -> list[ui.ActionRow[Any]]:
    """What can be done with the whole.  Where no picture could be kept there is none to share or to download."""
    shown_to_all = record.order.requester.guild_id is not None and not record.order.private
    first, second = row_of(Reroll(record.id), Remix(record.id)), row_of(*download(record))
    if shown_to_all and record.images:
        first.add_item(ShareAny(record.id))
    first.add_item(Details(record.id))
    second.add_item(Cover(record.id, record.order.spoiler))
    if shown_to_all:
        second.add_item(Report(record.id))
    return [first, second.add_item(Delete(record.id))]


def kept_rows(record: GenerationRecord) -> list[ui.ActionRow[Any]]:
    """What can be done with a generation that its owner finds again: open a picture, and five things with the whole."""
    images = tuple(image for image in record.images if image.removal is None)
    opening: list[Press] = [OpenPicture(record.id, image.index) for image in images]
    if len(record.images) > 1:
        opening = [PickOne(record.id, images, len(record.images))] if images else []
    whole: list[Press] = [Reroll(record.id), Remix(record.id)]
    if images and record.order.requester.guild_id is not None and not record.order.private:
        whole.append(ShareAny(record.id))
    whole += download(record) or [Details(record.id)]  # an opened picture leads to the details, too
    return [*map(row_of, opening), row_of(*whole, Delete(record.id))]


def download(record: GenerationRecord) -> list[Press]:
    """The file of a single picture, the archive of several, nothing of none."""
    if not record.images:
        return []
    return [Original(record.id, 0) if len(record.images) == 1 else DownloadAll(record.id)]


class ShareAny(GenerationPress, verb="shareany"):
    """Shares the picture; of a grid, asks which."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.SHARE), emoji="🖼️")

    async def press(self, interaction: BotInteraction) -> None:
        indexes = await interaction.client.services.gallery.shareable(actor_of(interaction), self.generation_id)
        if len(indexes) == 1:
            await share(interaction, self.generation_id, indexes[0])
        else:
            layout = SharePickerLayout(self.generation_id, indexes)
            await interaction.response.send_message(view=layout, ephemeral=True)


class Cover(GenerationPress, verb="cover"):
    """Hides the pictures behind a cover, or shows them again; for the owner and for moderators."""

    covered: bool = unwritten(default=False)

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.UNHIDE if self.covered else buttons.HIDE), emoji="🙈")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        services = interaction.client.services
        record = await services.pictures.cover(actor_of(interaction), self.generation_id)
        grid = await shown_grid(services.storage, record, services.seal)
        if grid is not None:
            source = await source_of(interaction.client, record)
            with reading(answer_language(interaction.client, record.order)):
                layout = ResultLayout(record, grid, source=source)
            await interaction.edit_original_response(view=layout, attachments=[layout.file])


class Report(GenerationPress, verb="report"):
    """Asks what is wrong with the pictures, for the moderators."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.REPORT), emoji="🚩")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.send_modal(ReportForm((await self.generation(interaction)).id))
