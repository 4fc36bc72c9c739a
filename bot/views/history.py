"""A person's own pictures, page by page.

In: pages of the request log.  Out: a layout with a grid for each generation, and a button to the next page.
"""

from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord import ui

from bot.database.records import GenerationFilter, GenerationRecord
from bot.generation.album import shown_grid
from bot.generation.grid import PictureFile
from bot.services import Services
from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.press import Press
from bot.views.result import grid_file, kept_rows
from bot.wording import buttons, drawing, text
from bot.wording.reader import say

PER_PAGE: Final = 3  # eleven components each; a message takes 40


class HistoryLayout(Layout):
    """`files` are to be sent along; `before` is where this page starts, None for the newest; `words` were searched
    for."""

    def __init__(
        self,
        entries: Sequence[tuple[GenerationRecord, PictureFile | None]],
        before: int | None,
        next_before: int | None,
        words: str | None = None,
    ) -> None:
        super().__init__()
        self.files: list[discord.File] = []
        self.add_item(ui.TextDisplay(drawing.history_heading(words, empty=not entries)))
        for record, picture in entries:
            box: ui.Container[Self] = ui.Container()
            facts = drawing.facts_in_history(
                record.created_at, record.seed, len(record.images), private=record.order.private
            )
            box.add_item(ui.TextDisplay(f"**{text.plain(record.order.prompt, 200)}**\n-# {facts}"))
            if picture is None:
                box.add_item(ui.TextDisplay(f"-# {say(drawing.FILE_MISSING)}"))
            else:
                self.files.append(grid_file(record, picture))
                box.add_item(ui.MediaGallery(discord.MediaGalleryItem(self.files[-1], spoiler=record.is_covered)))
            for row in kept_rows(record):
                box.add_item(row)
            self.add_item(box)
        pages: ui.ActionRow[Any] = ui.ActionRow()
        if before is not None:
            pages.add_item(HistoryPage(None, words))
        if next_before is not None:
            pages.add_item(HistoryPage(next_before, words))
        if pages.children:
            self.add_item(pages)


class HistoryPage(Press, verb="history"):
    """Turns to what is older than `before`, or back to the newest; `words` are what is searched for."""

    before: int | None
    words: str | None = None

    def control(self) -> ui.Button[Any]:
        newest = self.before is None
        return ui.Button(label=say(buttons.NEWEST if newest else buttons.OLDER), emoji="⏮️" if newest else "▶️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout = await history_layout(interaction.client.services, interaction.user.id, self.before, self.words)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


async def history_layout(
    services: Services, user_id: int, before: int | None, words: str | None = None
) -> HistoryLayout:
    """The page of the person's finished generations, or of those with these words, that starts after row `before`."""
    wanted = GenerationFilter(user_id=user_id, drawn=True, removed=False, words=words)
    page = await services.generations.page(wanted, before=before, limit=PER_PAGE)
    entries = [(record, await grid_of(services, record)) for record in page.records]
    return HistoryLayout(entries, before, page.next_before, words)


async def grid_of(services: Services, record: GenerationRecord) -> PictureFile | None:
    return await shown_grid(services.storage, record, services.seal)
