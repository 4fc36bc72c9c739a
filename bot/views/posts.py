"""Messages that stand in channels, as the actions take them down or draw them anew."""

import aiohttp
import discord
import structlog

from bot.database.records import GenerationRecord, PostRecord
from bot.database.reviews import ReviewRecord
from bot.generation.grid import PictureFile
from bot.views.answer import note
from bot.views.language import language_of, public_language
from bot.views.result import ResultLayout
from bot.views.review import announcement
from bot.wording import moderating
from bot.wording.reader import reading

log = structlog.get_logger(__name__)


class ChannelPosts:
    """The bot's own messages, which take View Channel to delete and to edit.  Implements `Posts`."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def take_down(self, post: PostRecord) -> bool:
        try:
            await self._message(post).delete()
        except discord.NotFound:
            return True
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("post.not_taken_down", generation=post.generation_id, error=str(error))
            return False
        return True

    async def redraw(self, post: PostRecord, record: GenerationRecord, grid: PictureFile) -> bool:
        with reading(public_language(self._client, record.order.requester)):
            layout = ResultLayout(record, grid)
        try:
            await self._message(post).edit(view=layout, attachments=[layout.file])
        except discord.NotFound:
            return True
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("post.not_redrawn", generation=post.generation_id, error=str(error))
            return False
        return True

    async def announce(self, channel_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        with reading(language_of(self._client, review.guild_id)):
            layout = announcement(review, record)
        try:
            await self._client.get_partial_messageable(channel_id).send(view=layout)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
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
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("review.not_told", review=review.id, error=str(error))
            return False
        return True

    def _message(self, post: PostRecord) -> discord.PartialMessage:
        return self._client.get_partial_messageable(post.channel_id).get_partial_message(post.message_id)
