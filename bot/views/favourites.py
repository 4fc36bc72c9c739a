"""What a person keeps a note of, page by page: shared pictures of this server, and pictures of their own.

In: pages of shares, or of one's own pictures.  Out: a layout for that person alone, and its buttons.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import discord
from discord import ui

from bot.database.favourites import OwnFavourite
from bot.database.records import GalleryFilter, ShareRecord
from bot.generation.grid import PictureFile
from bot.generation.together import together
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.gallery import PER_PAGE, Favour, share_box, with_files
from bot.views.layout import Layout
from bot.views.picture import Keep, OpenPicture
from bot.views.press import Press, actor_of, row_of
from bot.views.remix import Remix
from bot.wording import buttons, sharing, terms, text
from bot.wording.reader import say

OWN_PER_PAGE: Final = 4  # seven components each; a message takes 40


class FavouritesLayout(Layout):
    """Shared ones.  `files` are to be sent along; `cursor` is where this page starts, None for the newest; `words` were
    searched for."""

    def __init__(
        self,
        shares: Sequence[tuple[ShareRecord, PictureFile | None]],
        cursor: str | None,
        next_cursor: str | None,
        words: str | None = None,
    ) -> None:
        super().__init__()
        self.files: list[discord.File] = []
        self.empty = not shares
        self.add_item(ui.TextDisplay(sharing.favourites_heading(words, empty=self.empty)))
        for share, picture in shares:
            box, file = share_box(share, picture)
            self.files += file
            self.add_item(box.add_item(row_of(Remix(share.generation.id, share.image.index), Favour(share.id))))
        pages: ui.ActionRow[Any] = ui.ActionRow()
        if cursor is not None:
            pages.add_item(FavouritesPage(None, words))
        if next_cursor is not None:
            pages.add_item(FavouritesPage(next_cursor, words))
        self.add_item(pages.add_item(OwnFavouritesPage(None, words)))


class OwnFavouritesLayout(Layout):
    """One's own, from everywhere; with a way back to the server's where there is one.

    A file that is missing leaves its picture out.
    """

    def __init__(
        self,
        pictures: Sequence[tuple[OwnFavourite, PictureFile]],
        cursor: str | None,
        next_cursor: str | None,
        words: str | None = None,
        *,
        here: bool,
    ) -> None:
        super().__init__()
        self.files: list[discord.File] = []
        self.empty = not pictures
        self.add_item(ui.TextDisplay(sharing.own_favourites_heading(words, empty=self.empty)))
        for favourite, picture in pictures:
            self.add_item(self._box(favourite, picture))
        pages: ui.ActionRow[Any] = ui.ActionRow()
        if here:
            pages.add_item(FavouritesPage(None, words))
        if cursor is not None:
            pages.add_item(OwnFavouritesPage(None, words, newest=True))
        if next_cursor is not None:
            pages.add_item(OwnFavouritesPage(next_cursor, words))
        if pages.children:
            self.add_item(pages)

    def _box(self, favourite: OwnFavourite, picture: PictureFile) -> ui.Container[Any]:
        record, image = favourite.record, favourite.image
        name = f"easel-{record.id}-{image.index + 1}.{picture.suffix}"
        file = discord.File(BytesIO(picture.data), filename=name, description=terms.alt_text(record.order.prompt))
        self.files.append(file)
        box: ui.Container[Any] = ui.Container()
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(file, spoiler=image.is_covered)))
        about = sharing.own_about(record.created_at, image.seed)
        box.add_item(ui.TextDisplay(f"**{text.plain(record.order.prompt, 200)}**\n{about}"))
        return box.add_item(row_of(OpenPicture(record.id, image.index), Keep(record.id, image.index)))


class FavouritesPage(Press, verb="favourites"):
    """Turns to the page after `cursor`, or to the newest; `words` are what is searched for."""

    cursor: str | None
    words: str | None = None

    def control(self) -> ui.Button[Any]:
        newest = self.cursor is None
        return ui.Button(label=say(buttons.IN_THIS_SERVER if newest else buttons.OLDER), emoji="⏮️" if newest else "▶️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout = await favourites_layout(interaction, self.cursor, self.words)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


class OwnFavouritesPage(Press, verb="ownfavourites"):
    """Turns to the page of one's own after `cursor`, or to the newest; `words` are what is searched for."""

    cursor: str | None
    words: str | None = None
    newest: bool = unwritten(default=False)

    def control(self) -> ui.Button[Any]:
        if self.cursor is not None:
            return ui.Button(label=say(buttons.OLDER), emoji="▶️")
        label = buttons.NEWEST if self.newest else buttons.YOUR_OWN
        return ui.Button(label=say(label), emoji="⏮️" if self.newest else "⭐")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout = await own_favourites_layout(interaction, self.cursor, self.words)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


async def first_favourites(
    interaction: BotInteraction, words: str | None = None
) -> FavouritesLayout | OwnFavouritesLayout:
    """Where a look at one's favourites begins: this server's, or one's own where there are none of those."""
    if actor_of(interaction).guild_id is None:
        return await own_favourites_layout(interaction, None, words)
    shared = await favourites_layout(interaction, None, words)
    if shared.empty:
        own = await own_favourites_layout(interaction, None, words)
        return shared if own.empty else own
    return shared


async def favourites_layout(
    interaction: BotInteraction, cursor: str | None, words: str | None = None
) -> FavouritesLayout:
    """The page of the person's favourites of this server after `cursor`."""
    actor = actor_of(interaction)
    mine = GalleryFilter(favourites_of=actor.user_id, words=words)
    page = await interaction.client.services.gallery.page(actor, "newest", cursor, PER_PAGE, mine)
    return FavouritesLayout(await with_files(interaction, page.records), cursor, page.next_cursor, words)


async def own_favourites_layout(
    interaction: BotInteraction, cursor: str | None, words: str | None = None
) -> OwnFavouritesLayout:
    """The page of the person's favourites among their own pictures after `cursor`."""
    actor, services = actor_of(interaction), interaction.client.services
    page = await services.pictures.kept(actor, cursor, OWN_PER_PAGE, words)
    pictures = await together(services.storage, services.seal, [one.image for one in page.favourites])
    found = [(one, picture) for one, picture in zip(page.favourites, pictures, strict=True) if picture is not None]
    return OwnFavouritesLayout(found, cursor, page.next_cursor, words, here=actor.guild_id is not None)
