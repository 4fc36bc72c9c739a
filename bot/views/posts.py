"""Messages that stand in channels, as the actions take them down or draw them anew."""

from datetime import datetime, timedelta
from typing import Final

import discord
import structlog

from bot.actions.notices import Notice
from bot.database.notices import REFUSED
from bot.database.records import GenerationRecord, PostRecord
from bot.database.reviews import ReviewRecord
from bot.generation.grid import PictureFile
from bot.views.answer import note
from bot.views.language import answer_language, language_of
from bot.views.notices import NoticeLayout, carries
from bot.views.outage import NOT_DONE
from bot.views.result import ResultLayout, source_of
from bot.views.review import announcement
from bot.wording import moderating
from bot.wording.reader import reading

log = structlog.get_logger(__name__)

LOOKED_AT: Final = 200  # messages, for one that may stand already
CLOCKS_APART: Final = timedelta(minutes=5)  # Discord's and ours


class ChannelPosts:
    """The bot's own messages, which take View Channel to delete and to edit.  Implements `Posts`."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def take_down(self, post: PostRecord) -> bool:
        if not self.ready():
            return False
        try:
            await self._message(post).delete()
        except discord.NotFound:
            return True
        except NOT_DONE as error:
            log.info("post.not_taken_down", generation=post.generation_id, error=str(error))
            return False
        return True

    async def redraw(self, post: PostRecord, record: GenerationRecord, grid: PictureFile) -> bool:
        if not self.ready():
            return False
        source = await source_of(self._client, record)
        with reading(answer_language(self._client, record.order)):
            layout = ResultLayout(record, grid, source=source)
        try:
            await self._message(post).edit(view=layout, attachments=[layout.file])
        except discord.NotFound:
            return True
        except NOT_DONE as error:
            log.info("post.not_redrawn", generation=post.generation_id, error=str(error))
            return False
        return True

    async def announce(self, channel_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        with reading(language_of(self._client, review.guild_id)):
            layout = announcement(review, record)
        try:
            await self._client.get_partial_messageable(channel_id).send(view=layout)
        except NOT_DONE as error:
            log.info("review.not_announced", review=review.id, error=str(error))
            return False
        return True

    async def tell(self, user_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        """Who shares no server with the bot, or takes no messages from it, is not reached.

        The language of whose generation it is is known; of others, the server's.
        """
        requester = record.order.requester
        server = language_of(self._client, review.guild_id)
        locale = requester.locale if user_id == requester.user_id else server
        try:
            channel = await self._client.create_dm(discord.Object(user_id))
            with reading(locale):
                told = moderating.outcome(review.kind, review.outcome or "", record.order.prompt)
            await channel.send(view=note(told))
        except NOT_DONE as error:
            log.info("review.not_told", review=review.id, error=str(error))
            return False
        return True

    def ready(self) -> bool:
        return self._client.user is not None

    async def publish(
        self, guild_id: int, channel_id: int, notice: Notice, mark: int, since: datetime | None
    ) -> int | None:
        channel = self._client.get_partial_messageable(channel_id)
        try:
            with reading(language_of(self._client, guild_id)):
                layout = NoticeLayout(notice, mark)
            if since is not None and (known := await self._find(channel, mark, since)):
                # It may show what has left the gallery since.
                await channel.get_partial_message(known).edit(view=layout, attachments=layout.files)
                return known
            return (await channel.send(view=layout, files=layout.files, nonce=mark)).id
        except (discord.Forbidden, discord.NotFound) as error:
            log.warning("notice.refused", channel=channel_id, error=str(error))
            return REFUSED
        except NOT_DONE as error:
            log.info("notice.not_posted", channel=channel_id, error=str(error))
            return None

    async def find(self, channel_id: int, mark: int, since: datetime) -> int | None:
        try:
            return await self._find(self._client.get_partial_messageable(channel_id), mark, since)
        except discord.NotFound:
            return 0
        except NOT_DONE as error:
            log.info("notice.not_found", channel=channel_id, error=str(error))
            return None

    async def _find(self, channel: discord.PartialMessageable, mark: int, since: datetime) -> int:
        """An earlier process, or an earlier try, may have posted it and not heard that it did."""
        try:
            async for message in channel.history(after=since - CLOCKS_APART, limit=LOOKED_AT):
                if message.author == self._client.user and carries(message, mark):
                    return message.id
        except discord.Forbidden:
            log.debug("channel.not_read", channel=channel.id)
        return 0

    async def revise(self, guild_id: int, channel_id: int, message_id: int, notice: Notice, mark: int) -> None:
        with reading(language_of(self._client, guild_id)):
            layout = NoticeLayout(notice, mark)
        try:
            await self._message(PostRecord(message_id, channel_id, 0)).edit(view=layout, attachments=layout.files)
        except NOT_DONE as error:
            log.info("notice.not_revised", channel=channel_id, message=message_id, error=str(error))

    async def retract(self, channel_id: int, message_id: int) -> bool:
        return await self.take_down(PostRecord(message_id, channel_id, 0))

    def _message(self, post: PostRecord) -> discord.PartialMessage:
        return self._client.get_partial_messageable(post.channel_id).get_partial_message(post.message_id)
