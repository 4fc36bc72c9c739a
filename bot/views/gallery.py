"""A server's gallery: shared pictures with their votes.

In: pages of shares.  Out: a layout for one viewer, and its buttons: vote, remix, turn the page.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any, Final, Literal

import discord
from discord import ui

from bot.database.records import GalleryFilter, SharePage, ShareRecord
from bot.database.session import utc_now
from bot.database.shares import GalleryOrder
from bot.errors import NoEndpoint
from bot.generation.grid import PictureFile
from bot.generation.together import together
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.layout import Layout
from bot.views.press import Press, actor_of, row_of
from bot.views.remix import Remix
from bot.views.sharing import Unshare
from bot.wording import buttons, community, drawing, sharing, terms, text
from bot.wording.reader import say

PER_PAGE: Final = 4  # eight components each; a message takes 40
MAX_WORDS: Final = 40  # of a search: the id of the button to its next page holds them
Way = Literal["newest", "top", "day", "week", "random", "mine", "words", "meaning"]
"""What is looked at: an order, the best of a span of time, one's own, or what was searched for."""
SPANS: Final[dict[Way, timedelta]] = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


class GalleryLayout(Layout):
    """One page for one viewer; `files` are to be sent along."""

    def __init__(
        self, shares: Sequence[tuple[ShareRecord, PictureFile | None]], order: Way, cursor: str | None,
        next_cursor: str | None, *, sources: Mapping[int, int], viewer_id: int, moderator: bool,
        words: str | None = None, unread: bool = False,
        address: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.files: list[discord.File] = []
        told = sharing.heading(order, words, empty=not shares)
        self.add_item(ui.TextDisplay(f"{told}\n-# {say(sharing.NO_READER)}" if unread else told))
        for share, picture in shares:
            more = [] if order in ("newest", "top") else [community.votes(share.votes)]  # or on their buttons
            if share.generation.id in sources:
                more.append(sharing.made_from(sources[share.generation.id]))
            box, file = share_box(share, picture, *more)
            row = row_of(
                # A page that would be another one the next time stays as it is.
                Vote(share.id, order, cursor, share.votes) if order in ("newest", "top") else Heart(share.id),
                Favour(share.id),
                Remix(share.generation.id, share.image.index),
            )
            if moderator or share.user_id == viewer_id:
                row.add_item(Unshare(share.id))
            self.files += file
            self.add_item(box.add_item(row))
        pages = row_of(GalleryPage("newest", None), GalleryPage("top", None))
        if order == "random" and shares:
            pages.add_item(GalleryPage("random", None))
        if next_cursor is not None:
            pages.add_item(GalleryPage(order, next_cursor, words))
        if address is not None:
            pages.add_item(ui.Button(label=say(buttons.ON_THE_WEB), url=address))
        self.add_item(pages)


def share_box(
    share: ShareRecord, picture: PictureFile | None, *more: str
) -> tuple[ui.Container[Any], list[discord.File]]:
    """A shared picture with its words, to which buttons are added, and the file to send along, where there is one."""
    box: ui.Container[Any] = ui.Container()
    files = []
    told = [f"**{text.plain(share.prompt, 200)}**", sharing.about(share.user_id, share.created_at, *more)]
    if picture is None:
        told.append(say(drawing.FILE_MISSING))
    else:
        name = f"easel-share-{share.id}.{picture.suffix}"
        files = [discord.File(BytesIO(picture.data), filename=name, description=terms.alt_text(share.prompt))]
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(files[0], spoiler=share.is_covered)))
    box.add_item(ui.TextDisplay("\n".join(told)))
    return box, files


class GalleryPage(Press, verb="gallery"):
    """Turns to the page after `cursor`, or to the first of an order; `words` are what is searched for."""

    order: Way
    cursor: str | None
    words: str | None = None

    def control(self) -> ui.Button[Any]:
        first: dict[Way, tuple[str, str]] = {
            "newest": (buttons.NEWEST, "🕓"), "top": (buttons.MOST_VOTES, "🏆"), "random": (buttons.OTHERS, "🎲"),
        }  # fmt: skip
        more = (buttons.MORE, "▶️")
        label, emoji = first.get(self.order, more) if self.cursor is None else more
        return ui.Button(label=say(label), emoji=emoji)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout = await gallery_layout(interaction, self.order, self.cursor, self.words)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


class Vote(Press, verb="vote"):
    """Votes, or takes the vote back, and shows the page again; `cursor` is where that page starts."""

    share_id: int
    order: GalleryOrder
    cursor: str | None
    votes: int = unwritten(default=0)

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=str(self.votes), emoji="❤️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.client.services.gallery.vote(actor_of(interaction), self.share_id)
        layout = await gallery_layout(interaction, self.order, self.cursor)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


class Heart(Press, verb="heart"):
    """Votes below a post that everybody sees, or takes the vote back; how it stands is told to who pressed."""

    share_id: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(emoji="❤️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        ballot = await interaction.client.services.gallery.vote(actor_of(interaction), self.share_id)
        await interaction.followup.send(view=note(community.ballot(ballot.votes, voted=ballot.voted)), ephemeral=True)


class Favour(Press, verb="favour"):
    """Keeps a note of a shared picture for oneself, or drops it."""

    share_id: int

    def control(self) -> ui.Button[Any]:
        return ui.Button(emoji="⭐")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        kept = await interaction.client.services.gallery.favour(actor_of(interaction), self.share_id)
        told = say(sharing.KEPT if kept else sharing.NOT_KEPT)
        await interaction.followup.send(view=note(told), ephemeral=True)


async def gallery_layout(
    interaction: BotInteraction, way: Way, cursor: str | None, words: str | None = None
) -> GalleryLayout:
    """The page of this server's gallery after `cursor`, as the person who asks may see it."""
    actor = actor_of(interaction)
    page, unread = await looked_at(interaction, way, cursor, words)
    shares = await with_files(interaction, page.records)
    web = interaction.client.services.settings.web_url
    return GalleryLayout(
        shares, way, cursor, page.next_cursor,
        sources=await interaction.client.services.gallery.sources(page.records),
        viewer_id=actor.user_id, moderator=actor.is_moderator, words=words, unread=unread,
        address=None if web is None else f"{web}/gallery/{actor.guild_id}",
    )  # fmt: skip


async def looked_at(
    interaction: BotInteraction, way: Way, cursor: str | None, words: str | None
) -> tuple[SharePage, bool]:
    """And whether nobody could say what the words mean, so that they are looked for as such."""
    services, actor, unread = interaction.client.services, actor_of(interaction), False
    if way == "random":
        return await services.gallery.some(actor, PER_PAGE), False
    if way == "meaning" and words:
        first = int(cursor) if cursor and cursor.isdecimal() else 0
        try:
            found = await services.meaning.search(actor, words, first + PER_PAGE + 1)
        except NoEndpoint:
            unread = True
        else:
            more = str(first + PER_PAGE) if len(found) > first + PER_PAGE else None
            return SharePage(found[first : first + PER_PAGE], more), False
    wanted = GalleryFilter(
        words=words, user_id=actor.user_id if way == "mine" else None,
        since=utc_now() - SPANS[way] if way in SPANS else None,
    )  # fmt: skip
    order: GalleryOrder = "top" if way in ("top", *SPANS) else "newest"
    return await services.gallery.page(actor, order, cursor, PER_PAGE, wanted), unread


async def with_files(
    interaction: BotInteraction, shares: Sequence[ShareRecord]
) -> list[tuple[ShareRecord, PictureFile | None]]:
    """Each with its picture; None where its file is missing."""
    services = interaction.client.services
    pictures = await together(services.storage, services.seal, [share.image for share in shares])
    return list(zip(shares, pictures, strict=True))
