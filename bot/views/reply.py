"""The one answer to an order, from its place in the queue to the finished grid.

In: what the generator reports.  Out: edits of a single message; where Discord no longer takes those, a message in
the channel.  Nothing that Discord answers is raised: the pictures wait in `/history` in any case.
"""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Final, Self, TypeVar

import aiohttp
import discord
import structlog

from bot.database.records import GenerationRecord
from bot.errors import GenerationCancelled, UserError
from bot.generation.reply import Result
from bot.orders.order import Order
from bot.views.answer import note
from bot.views.discord_codes import TOKEN_GONE, Code
from bot.views.result import ResultLayout
from bot.views.status import WAITING_COLOUR, WORKING_COLOUR, StatusLayout, drawing_status, queued_status
from bot.wording.render import explain

log = structlog.get_logger(__name__)

T = TypeVar("T")

RETRY_DELAYS: Final = (1.0, 3.0)  # seconds; discord.py has itself tried five times before each
# A token that ends while a grid uploads has ended too early.
TOKEN_MARGIN_SECONDS: Final = 20


class Vanished(Exception):
    """The message was deleted: whoever did so wants it gone, so nothing takes its place."""


class Unreachable(Exception):
    """The interaction's token serves no more."""


class InteractionReply:
    """Edits the message `message_id`, which answers the order's interaction.  Implements `Reply`."""

    def __init__(self, client: discord.Client, generation_id: int, order: Order, message_id: int | None) -> None:
        self._client = client
        self._generation_id = generation_id
        self._user_id = order.requester.user_id
        self._channel_id = order.requester.channel_id
        self._prompt = order.prompt
        self._locale = order.requester.locale
        self._interaction = order.interaction
        self._message_id = message_id
        self._thinking = message_id is not None

    @classmethod
    def again(cls, client: discord.Client, record: GenerationRecord) -> Self:
        """The reply of a generation that a crash interrupted."""
        return cls(client, record.id, record.order, record.message_id)

    # ------------------------------------------------------------------------------------------- the protocol

    async def queued(self, position: int, eta_seconds: float | None) -> None:
        await self._show(self._status(queued_status(position, eta_seconds), WAITING_COLOUR))

    async def progress(self, done: float, preview: bytes | None) -> None:
        file = None if preview is None else discord.File(BytesIO(preview), filename=f"preview-{done:.2f}.webp")
        await self._show(self._status(drawing_status(done), WORKING_COLOUR, file), file)

    async def deliver(self, result: Result) -> int | None:
        """The id of the message that shows the pictures; None where Discord took none."""
        try:
            return await self._edit(lambda: (layout := ResultLayout.of(result), layout.file))
        except Vanished:
            log.info("answer.deleted_by_others", generation=self._generation_id)
            return None
        except Unreachable:
            return await self._post(result)

    async def fail(self, error: UserError) -> None:
        """Tell the person alone: the sentence comes as a private message, and the public one goes.

        Where the token serves no more there are no private messages, and the public one says it.
        """
        sentence = explain(error, self._locale)
        if isinstance(error, GenerationCancelled):
            await self._say(f"-# {sentence}")
            return
        if self._thinking:
            # While the answer is "thinking…", a private message would take its public place.
            await self._show(note("-# …"))
        try:
            await self._attempt(lambda: self._webhook().send(view=note(sentence), ephemeral=True))
        except (Vanished, Unreachable):
            await self._say(sentence)
        else:
            await self._clear()

    # ------------------------------------------------------------------------------------------------ private

    def _status(self, status: str, colour: discord.Colour, preview: discord.File | None = None) -> StatusLayout:
        return StatusLayout(
            generation_id=self._generation_id, user_id=self._user_id, prompt=self._prompt, status=status,
            colour=colour, preview=preview,
        )  # fmt: skip

    async def _show(self, layout: discord.ui.LayoutView, file: discord.File | None = None) -> None:
        """One try: the next status follows anyway."""
        if self._message_id is None:
            return
        try:
            files = [] if file is None else [file]
            await self._webhook().edit_message(self._message_id, view=layout, attachments=files)
            self._thinking = False
        except Unreachable:
            return
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.debug("status.not_shown", generation=self._generation_id, error=str(error))

    async def _edit(self, build: Callable[[], tuple[discord.ui.LayoutView, discord.File]]) -> int:
        """Put the layout into the answer.  Built anew for each try, because sending uses up its file."""
        message_id = self._message_id
        if message_id is None:
            raise Unreachable

        async def edit() -> int:
            layout, file = build()
            await self._webhook().edit_message(message_id, view=layout, attachments=[file])
            return message_id

        return await self._attempt(edit)

    async def _say(self, sentence: str) -> None:
        """Put a last word into the answer: with the token while that serves, then as the bot's own message."""
        if self._message_id is None:
            return
        message_id = self._message_id

        async def with_token() -> object:
            return await self._webhook().edit_message(message_id, view=note(sentence), attachments=[])

        async def as_own() -> object:
            return await self._own_message(message_id).edit(view=note(sentence), attachments=[])

        for edit in (with_token, as_own):
            try:
                await self._attempt(edit)
            except Unreachable:
                continue
            except Vanished:
                log.info("answer.deleted_by_others", generation=self._generation_id)
            return
        log.info("answer.last_word_lost", generation=self._generation_id, sentence=sentence)

    async def _clear(self) -> None:
        """Delete the answer: with the token while that serves, then as the bot's own message."""
        if self._message_id is None:
            return
        message_id = self._message_id
        try:
            await self._webhook().delete_message(message_id)
        except (Unreachable, discord.HTTPException, aiohttp.ClientError, OSError):
            try:
                await self._own_message(message_id).delete()
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.debug("answer.not_deleted", generation=self._generation_id, error=str(error))

    async def _post(self, result: Result) -> int | None:
        """The way for when the token has run out: a message in the channel that mentions the owner, and only them."""
        channel = self._client.get_partial_messageable(self._channel_id)

        async def send() -> int:
            layout = ResultLayout.of(result, mention=True)
            owner = discord.AllowedMentions(
                everyone=False, roles=False, replied_user=False, users=[discord.Object(self._user_id)]
            )
            return (
                await channel.send(view=layout, file=layout.file, allowed_mentions=owner, nonce=self._generation_id)
            ).id

        try:
            message_id = await self._attempt(send)
        except (Vanished, Unreachable):
            log.info("answer.waits_in_history", generation=self._generation_id)
            await self._say("Your pictures are ready: see `/history`.")
            return None
        await self._clear()
        return message_id

    def _own_message(self, message_id: int) -> discord.PartialMessage:
        return self._client.get_partial_messageable(self._channel_id).get_partial_message(message_id)

    def _webhook(self) -> discord.Webhook:
        reference = self._interaction
        if reference is None or (reference.expires_at - discord.utils.utcnow()).total_seconds() < TOKEN_MARGIN_SECONDS:
            raise Unreachable
        webhook = discord.Webhook.partial(reference.application_id, reference.token, client=self._client)
        webhook.type = discord.WebhookType.application  # else discord.py takes it for one that cannot speak privately
        return webhook

    async def _attempt(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it, again after a while where Discord is ill.  Raises Vanished or Unreachable."""
        for delay in (*RETRY_DELAYS, None):
            try:
                return await act()
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                code = getattr(error, "code", 0)
                if code == Code.UNKNOWN_MESSAGE:
                    raise Vanished from error
                passing = not isinstance(error, discord.HTTPException) or error.status == 429 or error.status >= 500
                if code in TOKEN_GONE or not passing or delay is None:
                    log.warning("discord.refused", generation=self._generation_id, error=str(error), code=code)
                    raise Unreachable from error
                await asyncio.sleep(delay)
        raise Unreachable
