"""The message that answers an order, and the two ways to it.

While the interaction's token lives, fifteen minutes, it is reached with that, wherever the order came from; afterwards
as the bot's own message, where the bot may see the channel.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import discord
import structlog

from bot.generation.reply import NeverAnswered
from bot.orders.order import Order
from bot.views.answer import note
from bot.views.attempt import AT_ONCE, Turn, Unreachable, Vanished, attempt
from bot.views.discord_codes import Code

log = structlog.get_logger(__name__)

T = TypeVar("T")

ORIGINAL: Final[Any] = "@original"  # Discord's own name for the answer to an interaction
NEVER_ANSWERED: Final = frozenset({Code.UNKNOWN_WEBHOOK, Code.UNKNOWN_INTERACTION})

SHORT_SECONDS: Final = 5.0  # for what nothing depends on
LAST_WORD_SECONDS: Final = 3600.0
TOKEN_SECONDS: Final = 900.0
TOKEN_MARGIN_SECONDS: Final = 20.0  # a token that ends while a grid uploads has ended too early


class AnswerMessage:
    """`message_id` is None where the message is known to Discord alone, by the name `ORIGINAL`."""

    def __init__(self, client: discord.Client, generation_id: int, order: Order, message_id: int | None) -> None:
        self._client = client
        self._generation_id = generation_id
        self._channel_id = order.requester.channel_id
        self._interaction = order.interaction
        self.message_id = message_id

    @property
    def target(self) -> int:
        """The message to edit; the answer to the interaction has a name of its own, where its id is not known."""
        return ORIGINAL if self.message_id is None else self.message_id

    @property
    def token_ends(self) -> float:
        """On the monotonic clock: when the token is too old to begin something with."""
        received = self._interaction.received if self._interaction is not None else None
        # After a restart Discord is asked, and answers 50027 where it is over.
        since = time.monotonic() if received is None else received
        return since + TOKEN_SECONDS - TOKEN_MARGIN_SECONDS

    def webhook(self) -> discord.Webhook:
        """The way by token.  Raises Unreachable."""
        reference = self._interaction
        if reference is None or time.monotonic() > self.token_ends:
            raise Unreachable
        webhook = discord.Webhook.partial(reference.application_id, reference.token, client=self._client)
        webhook.type = discord.WebhookType.application  # else discord.py takes it for one that cannot speak privately
        return webhook

    def as_own(self) -> discord.PartialMessage:
        """The way as the bot's own message.  Raises Unreachable."""
        if self.message_id is None:
            raise Unreachable
        return self._client.get_partial_messageable(self._channel_id).get_partial_message(self.message_id)

    async def attempt(self, act: Callable[[], Awaitable[T]], until: float | None = None, turn: Turn = AT_ONCE) -> T:
        """As `bot.views.attempt`; for as long as the token serves, where nothing else is said."""
        until = self.token_ends if until is None else until
        return await attempt(act, until, generation_id=self._generation_id, turn=turn)

    async def find(self) -> int | None:
        """The id of the interaction's answer, which is known from then on; None where nobody can say just now.

        Raises NeverAnswered.
        """
        try:
            found = await self.attempt(lambda: self.webhook().fetch_message(ORIGINAL))
        except Vanished as error:
            raise NeverAnswered from error
        except Unreachable as error:
            if getattr(error.__cause__, "code", None) in NEVER_ANSWERED:
                raise NeverAnswered from error
            return None
        self.message_id = found.id
        return found.id

    async def fetch(self) -> discord.Message | None:
        """The message as it stands; None where it is gone or nobody can say."""
        for fetch in (lambda: self.webhook().fetch_message(self.target), lambda: self.as_own().fetch()):
            try:
                message: discord.Message = await self.attempt(fetch, time.monotonic() + SHORT_SECONDS)
            except (Unreachable, Vanished):
                continue
            return message
        return None

    async def say(self, sentence: str) -> None:
        """Put a last word into it."""

        async def with_token() -> object:
            return await self.webhook().edit_message(self.target, view=note(sentence), attachments=[])

        async def as_own() -> object:
            return await self.as_own().edit(view=note(sentence), attachments=[])

        for edit, until in ((with_token, self.token_ends), (as_own, time.monotonic() + LAST_WORD_SECONDS)):
            try:
                await self.attempt(edit, until)
            except Unreachable:
                continue
            except Vanished:
                log.info("answer.deleted_by_others", generation=self._generation_id)
            return
        log.info("answer.last_word_lost", generation=self._generation_id, sentence=sentence)

    async def delete(self) -> None:
        for delete in (lambda: self.webhook().delete_message(self.target), lambda: self.as_own().delete()):
            try:
                await self.attempt(delete, time.monotonic() + SHORT_SECONDS)
            except Unreachable:
                continue
            except Vanished:
                pass
            return
        log.debug("answer.not_deleted", generation=self._generation_id)
