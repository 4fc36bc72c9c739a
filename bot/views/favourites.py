"""The shared pictures that a person keeps a note of, page by page.

In: pages of shares.  Out: a layout for that person alone, and its buttons.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.database.records import GalleryFilter, ShareRecord
from bot.views.client import BotInteraction
from bot.views.gallery import PER_PAGE, Favour, share_box, with_files
from bot.views.layout import Layout
from bot.views.press import Press, actor_of, row_of
from bot.views.result import Remix
from bot.wording import buttons, sharing
from bot.wording.reader import say


class FavouritesLayout(Layout):
    """`files` are to be sent along; `cursor` is where this page starts, None for the newest."""

    def __init__(
        self, shares: Sequence[tuple[ShareRecord, bytes]], cursor: str | None, next_cursor: str | None
    ) -> None:
        super().__init__()
        self.files: list[discord.File] = []
        self.add_item(ui.TextDisplay(sharing.favourites_heading(empty=not shares)))
        for share, png in shares:
            box, file = share_box(share, png)
            self.files.append(file)
            self.add_item(box.add_item(row_of(Remix(share.generation.id, share.image.index), Favour(share.id))))
        pages: ui.ActionRow[Any] = ui.ActionRow()
        if cursor is not None:
            pages.add_item(FavouritesPage(None))
        if next_cursor is not None:
            pages.add_item(FavouritesPage(next_cursor))
        if pages.children:
            self.add_item(pages)


class FavouritesPage(Press, verb="favourites"):
    """Turns to the page after `cursor`, or back to the newest."""

    cursor: str | None

    def control(self) -> ui.Button[Any]:
        newest = self.cursor is None
        return ui.Button(label=say(buttons.NEWEST if newest else buttons.OLDER), emoji="⏮️" if newest else "▶️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout = await favourites_layout(interaction, self.cursor)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


async def favourites_layout(interaction: BotInteraction, cursor: str | None) -> FavouritesLayout:
    """The page of the person's favourites of this server after `cursor`."""
    actor = actor_of(interaction)
    mine = GalleryFilter(favourites_of=actor.user_id)
    page = await interaction.client.services.gallery.page(actor, "newest", cursor, PER_PAGE, mine)
    return FavouritesLayout(await with_files(interaction, page.records), cursor, page.next_cursor)
