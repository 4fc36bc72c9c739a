"""The door: who may order now.

In: an order.  Out: a ticket and a row in the log, or a refusal that says why and when to try again.
Asks the cheapest question first, and counts nothing for those it refuses.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace

from bot.database.generations import GenerationLog
from bot.database.sanctions import Sanctions
from bot.database.settings import GuildSettings
from bot.errors import Busy, ChannelNotAllowed, DirectMessagesRefused, InvalidOption, NotSaved
from bot.orders.limits import Limits
from bot.orders.order import Order, Requester
from bot.orders.queue import FairQueue
from bot.orders.ticket import Ticket
from bot.storage.folder import Storage
from inference.contract import MAX_SEED


def random_seed() -> int:
    """A seed out of all that the contract allows."""
    return secrets.randbelow(MAX_SEED + 1)


class Admission:
    """`draw_seed` chooses for those who did not."""

    def __init__(
        self,
        *,
        queue: FairQueue,
        generations: GenerationLog,
        limits: Limits,
        sanctions: Sanctions,
        guild_settings: GuildSettings,
        storage: Storage,
        direct_messages: bool = True,
        draw_seed: Callable[[], int] = random_seed,
    ) -> None:
        self._queue = queue
        self._generations = generations
        self._limits = limits
        self._sanctions = sanctions
        self._guild_settings = guild_settings
        self._storage = storage
        self._direct_messages = direct_messages
        self._draw_seed = draw_seed
        self._one_at_a_time = asyncio.Lock()

    async def admit(self, order: Order, wanted: Callable[[], bool] = lambda: True) -> tuple[int, Order]:
        """The row's id and the order with its seed drawn; the queue has it reserved.

        Raises InvalidOption, Sanctioned, DirectMessagesRefused, ChannelNotAllowed, LimitReached, QueueFull or NotSaved;
        Busy where it is not `wanted` any more when its turn to be written down comes.
        """
        order.check()
        requester = order.requester
        self._queue.check_room(requester.user_id, requester.guild_id)  # costs nothing, and a flood meets it first
        await self._check_person(requester)
        here = await self._guild_settings.drawing(requester.guild_id, requester.channel_id)
        if here.max_images is not None and order.images > here.max_images:
            raise InvalidOption("images", "too_many_here", {"value": order.images, "limit": here.max_images})
        seed = self._draw_seed() if order.seed is None else order.seed
        order = replace(order, seed=seed, spoiler=order.spoiler or bool(here.spoiler))
        # Nobody may slip past a limit or the queue's bound while another's row is being written.
        async with self._one_at_a_time:
            if not wanted():
                raise Busy
            await self._limits.check(requester, here.limit_per_person)
            self._queue.check_room(requester.user_id, requester.guild_id)
            generation_id = await self._write_down(order)
            self._queue.reserve(Ticket(generation_id, requester.user_id, order.images, guild_id=requester.guild_id))
            await self._limits.count(requester, here.limit_per_person)
        return generation_id, order

    async def check_sanctions(self, requester: Requester) -> None:
        """Raises Sanctioned where the person may not use Easel here, or not any more."""
        await self._sanctions.check(requester.user_id, requester.guild_id)

    async def _check_person(self, requester: Requester) -> None:
        await self.check_sanctions(requester)
        if requester.guild_id is None and not self._direct_messages:
            raise DirectMessagesRefused
        guild = await self._guild_settings.get(requester.guild_id)
        if not guild.allows(requester.channel_id):
            raise ChannelNotAllowed(guild.allowed_channel_ids)

    async def _write_down(self, order: Order) -> int:
        generation_id = await self._generations.open(order)
        if order.init_image is not None:
            key = f"generations/{generation_id}/init.png"
            try:
                await self._storage.put(key, order.init_image)
                await self._generations.set_init_image(generation_id, key)
            except NotSaved as error:
                await self._generations.fail(generation_id, error.code, error.details)
                raise NotSaved("generation", generation_id) from error
        return generation_id
