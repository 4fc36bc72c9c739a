"""The door: who may order now.

In: an order.  Out: a ticket and a row in the log, or a refusal that says why and when to try again.
Asks the cheapest question first, and counts nothing for those it refuses.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bot.database.generations import GenerationLog
from bot.database.sanctions import Sanctions
from bot.errors import Busy, ChannelNotAllowed, DirectMessagesRefused, NotFound, NotSaved, UserError
from bot.orders.entitlement import Entitlement, Entitlements
from bot.orders.limits import Limits
from bot.orders.order import Order, Requester
from bot.orders.queue import FairQueue
from bot.orders.ticket import Ticket
from bot.storage.folder import Storage
from bot.storage.naming import key_of
from inference.contract import random_seed


class Admission:
    """`draw_seed` chooses for those who did not."""

    def __init__(
        self,
        *,
        queue: FairQueue,
        generations: GenerationLog,
        limits: Limits,
        sanctions: Sanctions,
        entitlements: Entitlements,
        storage: Storage,
        direct_messages: bool = True,
        draw_seed: Callable[[], int] = random_seed,
    ) -> None:
        self._queue = queue
        self._generations = generations
        self._limits = limits
        self._sanctions = sanctions
        self._entitlements = entitlements
        self._storage = storage
        self._direct_messages = direct_messages
        self._draw_seed = draw_seed
        self._one_at_a_time = asyncio.Lock()

    async def admit(self, order: Order, wanted: Callable[[], bool] = lambda: True) -> tuple[int, Order]:
        """The row's id and the order with its seed drawn; the queue has it reserved, and its person's limits count it.

        Raises InvalidOption, Sanctioned, DirectMessagesRefused, ChannelNotAllowed, LimitReached, QueueFull or NotSaved;
        Busy where it is not `wanted` any more when its turn to be written down comes; what is not afterwards is not
        counted, and whoever wants it no more gives up its place.
        """
        order.check()
        requester = order.requester
        self._queue.check_room(requester.user_id, requester.guild_id)  # costs nothing, and a flood meets it first
        here = await self._entitlements.of(requester)
        await self.check_person(requester, here)
        order = self._as_here(order, here)
        # Nobody may slip past a limit or the queue's bound while another's row is being written.
        async with self._one_at_a_time:
            if not wanted():
                raise Busy
            await self._limits.check(requester, here)
            self._queue.check_room(requester.user_id, requester.guild_id)
            generation_id = await self._generations.open(order)
            if not wanted():
                return generation_id, order
            self._queue.reserve(_ticket(generation_id, order))
            if order.init_image is None:
                await self._limits.count(requester, here)
                return generation_id, order
        await self._admit_start(generation_id, order.init_image, requester, here, wanted)
        return generation_id, order

    async def check(self, requester: Requester) -> None:
        """Before anything is done for an order to come: counts nothing, and raises what would refuse it for its person.

        That is all that `admit` raises but InvalidOption, NotSaved and Busy.
        """
        self._queue.check_room(requester.user_id, requester.guild_id)
        here = await self._entitlements.of(requester)
        await self.check_person(requester, here)
        await self._limits.check(requester, here)

    async def admit_copy(self, requester: Requester) -> None:
        """A picture of one's own or of others, large, for the whole channel: it counts as an order does.

        Raises Sanctioned, DirectMessagesRefused, ChannelNotAllowed and LimitReached.
        """
        here = await self._entitlements.of(requester)
        await self.check_person(requester, here)
        async with self._one_at_a_time:
            await self._limits.check(requester, here)
            await self._limits.count(requester, here)

    async def admit_look(self, requester: Requester) -> None:
        """A picture for this person alone.  Raises LimitReached."""
        async with self._one_at_a_time:
            await self._limits.count_look(requester)

    async def admit_idea(self, requester: Requester) -> None:
        """Words of the models', with nothing drawn: as often as a look.  Raises as `check_person`, and LimitReached."""
        await self.check_person(requester)
        await self.admit_look(requester)

    async def check_sanctions(self, requester: Requester) -> None:
        """Raises Sanctioned where the person may not use Easel here, or not any more."""
        await self._sanctions.check(requester.user_id, requester.guild_id)

    async def check_person(self, requester: Requester, here: Entitlement | None = None) -> None:
        """Raises Sanctioned, DirectMessagesRefused or ChannelNotAllowed where nothing is made for this person here."""
        here = here or await self._entitlements.of(requester)
        await self.check_sanctions(requester)
        if requester.guild_id is None and not self._direct_messages:
            raise DirectMessagesRefused
        if not here.guild.allows(requester.channel_id, requester.chosen_channel_id):
            raise ChannelNotAllowed(here.guild.allowed_channel_ids)

    def _as_here(self, order: Order, here: Entitlement) -> Order:
        """The order with what chance, the server and the channel choose where the person did not."""
        model = order.model or here.default_model
        here.check(order.images, model)
        seed = self._draw_seed() if order.seed is None else order.seed
        return replace(
            order, seed=seed, model=model, spoiler=order.spoiler or bool(here.drawing.spoiler),
            priority=here.priority,
        )  # fmt: skip

    async def _admit_start(
        self, generation_id: int, picture: bytes, requester: Requester, here: Entitlement, wanted: Callable[[], bool]
    ) -> None:
        """Keep what it starts from, with nobody else waiting: a storage on the network may take a minute.

        It has its place meanwhile, and is counted behind it; raises LimitReached where others were by then.
        """
        try:
            await self._keep_start(generation_id, picture)
            async with self._one_at_a_time:
                if wanted():
                    await self._limits.check(requester, here)
                    await self._limits.count(requester, here)
        except BaseException as error:
            self._queue.cancel(generation_id)
            if isinstance(error, UserError):
                await self._generations.fail(generation_id, error.code, error.details)
            raise

    async def _keep_start(self, generation_id: int, picture: bytes) -> None:
        key = key_of(generation_id, picture, "png", start=True)
        try:
            await self._storage.put(key, picture)
            await self._generations.set_init_image(generation_id, key)
        except NotSaved as error:
            raise NotSaved("generation", generation_id) from error
        except NotFound:  # erased while it was stored: no row will ever name this file
            await self._storage.delete(key)
            raise


def _ticket(generation_id: int, order: Order) -> Ticket:
    requester = order.requester
    return Ticket(generation_id, requester.user_id, order.images, order.priority, requester.guild_id, order.model)
