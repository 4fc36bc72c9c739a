"""The one answer to an order, from its place in the queue to the finished grid.

In: what the generator reports.  Out: edits of a single message; where Discord no longer takes those, a message in
the channel.  A result is tried for as long as the token lives, then in the channel; it waits in `/history` in any case.
"""

import asyncio
import dataclasses
import time
from functools import partial
from io import BytesIO
from typing import Final, Self

import aiohttp
import discord
import structlog

from bot.database.records import GenerationRecord
from bot.errors import GenerationCancelled, PromptBlocked, UserError
from bot.generation import grid
from bot.generation.provenance import NoSeal, Seal
from bot.generation.reply import Result
from bot.orders.order import Order
from bot.views.answer import note
from bot.views.answer_message import AnswerMessage
from bot.views.appeal import blocked_note
from bot.views.attempt import LONGEST_PAUSE, TooLarge, Unreachable, Vanished
from bot.views.client import Client
from bot.views.language import answer_language
from bot.views.result import ResultLayout, source_of
from bot.views.status import WAITING_COLOUR, WORKING_COLOUR, StatusLayout
from bot.wording import drawing
from bot.wording.reader import reading, say
from bot.wording.render import explain

log = structlog.get_logger(__name__)

STATUS_SECONDS: Final = 5.0  # for a word about the work, which the next one replaces
POST_SECONDS: Final = 3600.0  # how long the channel is tried; then the next start does
SETTLE_SECONDS: Final = 3.0
SMALLEST_FILE_BYTES: Final = 16 * 2**10
LOOKED_AT: Final = 500  # messages in which one's own is looked for before it is posted again


class InteractionReply:
    """Edits the message `message_id`, which answers the order's interaction.  Implements `Reply`."""

    def __init__(self, client: Client, generation_id: int, order: Order, message_id: int | None) -> None:
        self._client = client
        self._source: int | None = None  # whose picture it was made from
        self._generation_id = generation_id
        self._user_id = order.requester.user_id
        self._channel_id = order.requester.channel_id
        self._in_server = order.requester.guild_id is not None
        self._private = order.private
        self._prompt = order.prompt
        self._locale = order.requester.locale
        self._language = answer_language(client, order)
        self._seal = client.services.seal if isinstance(client, Client) else NoSeal()
        self._answer = AnswerMessage(client, generation_id, order, message_id)
        self._thinking = message_id is not None
        self._ordered_at = discord.utils.utcnow()
        self._unsure = False  # whether a status may still be on its way to Discord
        self._may_stand = False  # whether an earlier try, or process, may have posted the result in the channel

    @classmethod
    def again(cls, client: Client, record: GenerationRecord) -> Self:
        """The reply of a generation that a crash interrupted; its status may have been on its way."""
        reply = cls(client, record.id, record.order, record.message_id)
        reply._ordered_at = record.created_at
        reply._may_stand = record.status in ("running", "delivering")
        return reply

    # ------------------------------------------------------------------------------------------- the protocol

    async def find(self) -> int | None:
        return await self._answer.find()

    async def shown(self) -> int | None:
        message = await self._answer.fetch()
        return message.id if message is not None and self._shows_result(message) else None

    async def queued(self, position: int, eta_seconds: float | None) -> None:
        with reading(self._language):
            layout = self._status(drawing.waiting(position, eta_seconds), WAITING_COLOUR)
        await self._show(layout)

    async def progress(self, done: float, preview: bytes | None) -> None:
        file = None if preview is None else discord.File(BytesIO(preview), filename=f"preview-{done:.2f}.webp")
        with reading(self._language):
            layout = self._status(drawing.drawing(done), WORKING_COLOUR, file)
        await self._show(layout, file)

    async def deliver(self, result: Result) -> int | None:
        """The id of the message that shows the pictures; None where Discord took none.

        Raises Unreachable where Discord could not be reached for long: a later start may do better.
        """
        self._source = await source_of(self._client, result.record)
        while True:
            try:
                return await self._edit(result)
            except Vanished:
                log.info("answer.deleted_by_others", generation=self._generation_id)
                return None
            except TooLarge:
                smaller = await _smaller(result, self._seal)
                if smaller is None:
                    await self._leave_in_history()
                    return None
                result = smaller
            except Unreachable:
                return await self._post(result)

    async def fail(self, error: UserError) -> None:
        """Tell the person alone: the sentence comes as a private message, and the public one goes.

        Where the token serves no more there are no private messages, and the public one says it.
        """
        if isinstance(error, GenerationCancelled):
            await self._answer.say(f"-# {self._told(error)}")
            return
        if self._thinking:
            # While the answer is "thinking…", a private message would take its public place.
            await self._show(note("-# …"))
        try:
            with reading(self._locale):
                layout = self._refusal(error)
            await self._answer.attempt(lambda: self._answer.webhook().send(view=layout, ephemeral=True))
        except (Vanished, Unreachable):
            await self._answer.say(self._told(error))
        else:
            await self._answer.delete()

    # ------------------------------------------------------------------------------------------------ private

    def _refusal(self, error: UserError) -> discord.ui.LayoutView:
        """What the filter blocked in a server can be appealed to its moderators."""
        if not isinstance(error, PromptBlocked):
            return note(explain(error))
        return blocked_note(error, self._prompt, self._generation_id if self._in_server else None)

    def _told(self, error: UserError) -> str:
        with reading(self._language):
            return explain(error)

    def _status(self, status: str, colour: discord.Colour, preview: discord.File | None = None) -> StatusLayout:
        return StatusLayout(
            generation_id=self._generation_id, user_id=self._user_id, prompt=self._prompt, status=status,
            colour=colour, preview=preview,
        )  # fmt: skip

    async def _show(self, layout: discord.ui.LayoutView, file: discord.File | None = None) -> None:
        """One try, and a short one: the next status follows anyway."""
        files, self._unsure = [] if file is None else [file], True
        try:
            async with asyncio.timeout(STATUS_SECONDS):
                await self._answer.webhook().edit_message(self._answer.target, view=layout, attachments=files)
            self._thinking = self._unsure = False
        except Unreachable:
            self._unsure = False
        except discord.HTTPException as error:
            self._unsure = False
            log.debug("status.not_shown", generation=self._generation_id, error=str(error))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.debug("status.not_shown", generation=self._generation_id, error=str(error))

    async def _edit(self, result: Result) -> int:
        """Put the result into the answer.  Built anew for each try, because sending uses up its file."""

        async def edit() -> int:
            with reading(self._language):
                layout = ResultLayout.of(result, source=self._source)
            webhook, target = self._answer.webhook(), self._answer.target
            return (await webhook.edit_message(target, view=layout, attachments=[layout.file])).id

        message_id = await self._answer.attempt(edit)
        if self._unsure:
            # A status that was cut off on its way may have come after the result.
            await asyncio.sleep(SETTLE_SECONDS)
            shown = await self._answer.attempt(lambda: self._answer.webhook().fetch_message(message_id))
            if not self._shows_result(shown):
                await self._answer.attempt(edit)
        return message_id

    def _shows_result(self, message: discord.Message) -> bool:
        return any(one.filename.startswith(f"easel-{self._generation_id}.") for one in message.attachments)

    async def _post(self, result: Result) -> int | None:
        """The way for when the token has run out: a message in the channel that mentions the owner, and only them.

        Discord takes about one a second there: those who wait for that stand in a row, outside of any deadline.
        """
        if self._private:
            await self._leave_in_history()
            return None
        until = time.monotonic() + POST_SECONDS
        turn = self._client.posting.setdefault(self._channel_id, asyncio.Lock())
        while True:
            try:
                message_id = await self._answer.attempt(partial(self._send, result), until, turn)
            except TooLarge:
                smaller = await _smaller(result, self._seal)
                if smaller is None:
                    await self._leave_in_history()
                    return None
                result = smaller
            except (Vanished, Unreachable) as error:
                if time.monotonic() >= until - LONGEST_PAUSE:
                    raise
                log.info("answer.no_way_to_the_channel", generation=self._generation_id, error=str(error.__cause__))
                await self._leave_in_history()
                return None
            else:
                await self._answer.delete()
                return message_id

    async def _send(self, result: Result) -> int:
        """Post it, unless it stands there: an earlier process, or an earlier try, may not have heard that it did.

        Reading what stands there takes more requests than posting; after an hour's outage there are hundreds to post.
        """
        if self._may_stand and (known := await self._find_own()) is not None:
            return known
        self._may_stand = True
        with reading(self._language):
            layout = ResultLayout.of(result, mention=True, source=self._source)
        owner = discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=[discord.Object(self._user_id)]
        )
        channel = self._client.get_partial_messageable(self._channel_id)
        message = await channel.send(view=layout, file=layout.file, allowed_mentions=owner, nonce=self._generation_id)
        return message.id

    async def _find_own(self) -> int | None:
        """The message that shows the result already.  Where the bot may not read the channel, nobody can tell.

        It was posted long after the order, and mostly a moment ago: so the newest are looked at first.
        """
        channel = self._client.get_partial_messageable(self._channel_id)
        try:
            async for message in channel.history(after=self._ordered_at, limit=LOOKED_AT, oldest_first=False):
                if message.id != self._answer.message_id and self._shows_result(message):
                    return message.id
        except discord.Forbidden:
            log.debug("channel.not_read", generation=self._generation_id)
        return None

    async def _leave_in_history(self) -> None:
        log.info("answer.waits_in_history", generation=self._generation_id)
        with reading(self._language):
            sentence = say(drawing.IN_HISTORY)
        await self._answer.say(sentence)


async def _smaller(result: Result, seal: Seal) -> Result | None:
    """The result with its grid at half the bytes or less; None where it cannot be made smaller."""
    limit = len(result.grid.data) // 2
    if limit < SMALLEST_FILE_BYTES:
        return None
    try:
        fitted = await asyncio.to_thread(grid.fit, result.grid.data, seal, limit)
    except ValueError:
        return None
    return dataclasses.replace(result, grid=fitted)
