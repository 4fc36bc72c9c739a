"""Pictures that somebody holds, and which generations of ours they show.

In: attachments, messages, links.  Out: picture files, and a layout of what was recognised, for the asker alone.
Nothing is fetched but what lies at Discord.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.actions.recognition import MAX_FILE_BYTES, Recognised
from bot.errors import InvalidOption, NotFound
from bot.views.cdn import HOSTS, fetch, is_at_discord
from bot.views.client import BotInteraction
from bot.views.layout import Layout
from bot.views.modlog import LogEntry, entry
from bot.views.outage import NOT_DONE
from bot.views.press import actor_of
from bot.views.upload import FETCH_SECONDS
from bot.wording import moderating
from bot.wording.reader import say

LINK: Final = re.compile(
    r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(?P<guild>\d+|@me)/(?P<channel>\d+)/(?P<message>\d+)/?"
)
_MOST_OF_A_MESSAGE: Final = 10


async def recognised(interaction: BotInteraction, pictures: Iterable[str | discord.Attachment]) -> list[Recognised]:
    """What any of the pictures shows, each generation once.

    Raises InvalidOption for one that cannot be looked at, where the others show nothing.
    """
    found: dict[int, Recognised] = {}
    failure: InvalidOption | None = None
    for picture in pictures:
        try:
            file = await _file_of(interaction, picture)
            for one in await interaction.client.services.recognition.find(actor_of(interaction), file):
                found.setdefault(one.record.id, one)
        except InvalidOption as error:
            failure = failure or error
    if failure is not None and not found:
        raise failure
    return list(found.values())


def pictures_in(message: discord.Message) -> list[str | discord.Attachment]:
    """Attached, forwarded or embedded; not those of links to other sites, which Discord only passes on."""
    said: list[Any] = [message, *message.message_snapshots]
    attached = [one for part in said for one in part.attachments if (one.content_type or "").startswith("image/")]
    embedded = [one.image.proxy_url or one.thumbnail.proxy_url for part in said for one in part.embeds]
    return [*attached, *(url for url in embedded if url and is_at_discord(url))][:_MOST_OF_A_MESSAGE]


async def found_at(interaction: BotInteraction, link: str) -> list[Recognised]:
    """What a message of this server that the asker may read shows, or a picture at Discord's."""
    asked = LINK.fullmatch(link.strip())
    if asked is None:
        _check_address(link)
        return await recognised(interaction, [link.strip()])
    services = interaction.client.services
    generation_id = await services.pictures.shown_by(int(asked["message"]))
    if generation_id is not None:
        record = await services.moderation.entry(actor_of(interaction), generation_id)
        return [Recognised(record, 0, 0)]
    pictures = pictures_in(await _message_at(interaction, asked))
    if not pictures:
        raise NotFound("picture_in_message")
    return await recognised(interaction, pictures)


async def _message_at(interaction: BotInteraction, asked: re.Match[str]) -> discord.Message:
    """What other people attached Discord shows only to bots that may read everything; Easel does not ask for that."""
    guild, member = interaction.guild, interaction.user
    channel = None if guild is None else guild.get_channel_or_thread(int(asked["channel"]))
    if guild is None or asked["guild"] != str(guild.id) or not isinstance(channel, discord.abc.Messageable):
        raise NotFound("message_here")
    if not isinstance(member, discord.Member) or not channel.permissions_for(member).read_message_history:
        raise NotFound("message_here")
    try:
        return await channel.fetch_message(int(asked["message"]))
    except (discord.NotFound, discord.Forbidden) as error:
        raise NotFound("message_here") from error


async def _file_of(interaction: BotInteraction, picture: str | discord.Attachment) -> bytes:
    if isinstance(picture, str):
        _check_address(picture)
    elif picture.size > MAX_FILE_BYTES:
        raise InvalidOption("picture", "too_large", {"bytes": picture.size, "limit": MAX_FILE_BYTES})
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            if isinstance(picture, str):
                http = interaction.client.http
                return await fetch(picture, MAX_FILE_BYTES, http.proxy, http.proxy_auth)
            return await picture.read()
    except NOT_DONE as error:
        raise InvalidOption("picture", "picture_not_loaded") from error


def _check_address(link: str) -> None:
    """Raises InvalidOption: the bot fetches nothing from elsewhere, whoever asks."""
    if not is_at_discord(link.strip()):
        raise InvalidOption("link", "not_at_discord", {"hosts": ", ".join(HOSTS)})


def found_layout(found: Sequence[Recognised]) -> ui.LayoutView:
    """For moderators: each generation, and how alike its picture is, one press away."""
    layout = Layout()
    layout.add_item(ui.TextDisplay(f"### {moderating.recognised(len(found))}"))
    for one in found[:5]:
        told = f"{entry(one.record)}\n-# {moderating.likeness(one.index, one.share)}"
        layout.add_item(ui.Section(ui.TextDisplay(told), accessory=LogEntry(one.record.id)))
    if not found:
        layout.add_item(ui.TextDisplay(say(moderating.NOT_RECOGNISED)))
    return layout
