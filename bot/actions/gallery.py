"""What people do in a server's gallery: look, share, take out, vote.

In: an actor and an id.  Out: records.  Knows no Discord.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from bot.actions.actor import Actor
from bot.actions.family import Family, Relative, branches
from bot.actions.moderation import Target, check_target
from bot.actions.notices import Notices, SharedNotice
from bot.database.generations import GenerationLog
from bot.database.lineage import Lineage
from bot.database.offers import Offers
from bot.database.records import Ballot, GalleryFilter, SharePage, ShareRecord
from bot.database.sanctions import Sanctions
from bot.database.settings import GuildSettings
from bot.database.share_blocks import ShareBlocks
from bot.database.shares import GalleryOrder, Shares
from bot.errors import (
    DrawnElsewhere,
    InvalidOption,
    KeptPrivate,
    MayNotShare,
    NoGallery,
    NotFound,
    NotYours,
    Sanctioned,
    SharingBlocked,
)

log = structlog.get_logger(__name__)

ANCESTORS: Final = 8
LEVELS: Final = 3
DESCENDANTS: Final = 60
SHARE: Final = "share:"  # how the notices of shares begin


class Gallery:
    def __init__(
        self, *, shares: Shares, generations: GenerationLog, sanctions: Sanctions, guild_settings: GuildSettings,
        notices: Notices, lineage: Lineage, share_blocks: ShareBlocks,
        offers: Offers,
    ) -> None:  # fmt: skip
        self._shares = shares
        self._generations = generations
        self._sanctions = sanctions
        self._guild_settings = guild_settings
        self._notices = notices
        self._lineage = lineage
        self._share_blocks = share_blocks
        self._offers = offers
        self._offering = asyncio.Lock()
        self._posting: dict[int, asyncio.Task[None]] = {}  # by server

    async def close(self) -> None:
        """What is not posted yet is posted after the next start."""
        for posting in (left := tuple(self._posting.values())):
            posting.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def idle(self) -> None:
        """Until all that was begun is posted."""
        await asyncio.gather(*self._posting.values())

    async def page(
        self, actor: Actor, order: GalleryOrder, cursor: str | None, limit: int, wanted: GalleryFilter | None = None
    ) -> SharePage:
        """A page of this server's gallery.  Raises NoGallery in direct messages."""
        return await self._shares.page(_here(actor), order, cursor, limit, wanted)

    async def some(self, actor: Actor, limit: int) -> SharePage:
        """A handful of this server's gallery, by chance."""
        return await self._shares.some(_here(actor), limit, random.random)

    async def get(self, actor: Actor, share_id: int) -> ShareRecord:
        """One shared picture of this server.  Raises NotFound."""
        return await self._find(actor, share_id)

    async def family(self, actor: Actor, share: ShareRecord) -> Family:
        """What a shared picture was made from, and what was made from it, as far as this gallery shows it."""
        here, generation_id = _here(actor), share.generation.id
        itself, *above = await self._lineage.ancestors(generation_id, ANCESTORS)
        below = await self._lineage.descendants(generation_id, LEVELS, DESCENDANTS)
        ids = [one.id for one in (*above, *below)]
        shown: dict[int, ShareRecord] = {}
        for one in await self._shares.of_generations(here, ids) if ids else ():
            shown.setdefault(one.generation.id, one)
        ancestors = tuple(Relative(one.kind, shown.get(one.id), one.is_removed) for one in reversed(above))
        return Family(itself.kind, ancestors, branches(generation_id, below, shown))

    async def sources(self, shares: Sequence[ShareRecord]) -> dict[int, int]:
        """By generation, whose pictures they were made from, where these are other people's."""
        return await self._lineage.sources({share.generation.id for share in shares})

    async def source(self, generation_id: int) -> int | None:
        """Whose picture this was made from, where it is another person's."""
        return (await self._lineage.sources({generation_id})).get(generation_id)

    async def favour(self, actor: Actor, share_id: int) -> bool:
        """Keep a note of a picture, or drop it; returns whether it is kept now."""
        await self._find(actor, share_id)
        return await self._shares.favour(share_id, actor.user_id)

    async def standing(self, actor: Actor, share_id: int) -> tuple[bool, bool]:
        """Whether the actor voted for it, and whether it is among their favourites."""
        return await self._shares.standing(share_id, actor.user_id)

    async def shareable(self, actor: Actor, generation_id: int) -> tuple[int, ...]:
        """Which pictures of a generation its owner can share here.

        Raises NoGallery, NotFound, NotYours, KeptPrivate, DrawnElsewhere, Sanctioned, MayNotShare and SharingBlocked.
        """
        here = _here(actor)
        record = await self._generations.get(generation_id)
        if record is None or not actor.sees(record):
            raise NotFound("generation", generation_id)
        if record.order.requester.user_id != actor.user_id:
            raise NotYours("generation")
        if record.order.private:
            raise KeptPrivate
        if record.order.requester.guild_id != here:
            raise DrawnElsewhere
        await self._check_allowed(actor.user_id, here)
        guild = await self._guild_settings.get(here)
        if not guild.may_share(actor.role_ids):
            raise MayNotShare(() if guild.sharing == "off" else guild.sharing_role_ids)
        return tuple(image.index for image in record.images if image.removal is None)

    async def blocked(self, actor: Actor, user_id: int) -> str | None:
        """Why a person may not share here; None for who may.  For moderators."""
        actor.require("manage_messages")
        return await self._share_blocks.why(_here(actor), user_id)

    async def block(self, actor: Actor, target: Target, reason: str | None) -> None:
        """Keep a person from sharing here, or, with None, let them again; what is shared stays.  For moderators.

        Raises CannotSanction for whom they could not sanction either.
        """
        actor.require("manage_messages")
        if reason is not None:
            check_target(actor, target)
            if not reason.strip():
                raise InvalidOption("reason", "empty")
        await self._share_blocks.set(_here(actor), target.user_id, reason, actor.user_id)

    async def offer_owed(self) -> None:
        """Offer what was delivered and not offered yet, once: by this process, or by one that was stopped."""
        async with self._offering:
            await self._offers.give_up()
            for generation_id in await self._offers.owed():
                try:
                    await self.offer(generation_id)
                except Exception:  # whatever keeps this one keeps no other
                    log.exception("picture.not_offered", generation=generation_id)
                    await self._offers.put_off(generation_id)
                else:
                    await self._offers.settle(generation_id)

    async def offer(self, generation_id: int) -> None:
        """Put the best of what was just drawn into the gallery, where the server's managers chose that for everybody.

        Nothing that is private, or that is shown behind a cover.  Which roles share of their own accord is another
        choice: who had which when they ordered is not kept.  Its channel may take a while; nobody waits for that.
        """
        record = await self._generations.get(generation_id)
        if record is None or record.order.private or record.order.spoiler or record.removal is not None:
            return
        asked, here = record.order.requester, record.order.requester.guild_id
        guild = await self._guild_settings.get(here)
        shown = [one for one in record.images if one.removal is None and not one.is_covered]
        if here is None or guild.sharing != "opt_out" or not shown:
            return
        best = max(shown, key=lambda one: (one.score or 0.0, -one.index))
        with suppress(Sanctioned, SharingBlocked):
            await self._check_allowed(asked.user_id, here)
            share = await self._shares.share(record.id, best.index, asked.user_id)
            if guild.gallery_channel_id is not None:
                await self._notices.owe(here, name_of(share.id), guild.gallery_channel_id)
                if here not in self._posting:
                    self._begin(here, (name_of(share.id),))

    async def share(self, actor: Actor, generation_id: int, index: int) -> ShareRecord:
        """Post one's own picture to the gallery; again, it is the same share.  Raises as `shareable`."""
        if index not in await self.shareable(actor, generation_id):
            raise NotFound("picture", index + 1)
        share = await self._shares.share(generation_id, index, actor.user_id)
        await self._post(share)
        return share

    async def _check_allowed(self, user_id: int, guild_id: int) -> None:
        """Raises Sanctioned and SharingBlocked for whom moderators keep from sharing here."""
        await self._sanctions.check(user_id, guild_id)
        why = await self._share_blocks.why(guild_id, user_id)
        if why is not None:
            raise SharingBlocked(why)

    async def is_shared(self, actor: Actor, generation_id: int, index: int) -> bool:
        """Whether a picture is in this server's gallery already."""
        shares = await self._shares.of_generations(actor.guild_id or 0, (generation_id,))
        return any(share.image.index == index for share in shares)

    async def post_again(self) -> None:
        """Begin to show in the gallery's channels what these did not take before, and what waited for others there."""
        for guild_id, names in (await self._notices.unsaid(SHARE, tuple(self._posting))).items():
            if guild_id not in self._posting:
                self._begin(guild_id, names)

    def _begin(self, guild_id: int, names: Sequence[str]) -> None:
        """Each server by itself: Discord takes one message a second in a channel."""
        self._posting[guild_id] = asyncio.create_task(self._post_all(guild_id, names), name="gallery")
        self._posting[guild_id].add_done_callback(lambda _: self._posting.pop(guild_id))

    async def _post_all(self, guild_id: int, names: Sequence[str]) -> None:
        try:
            is_shown = (await self._guild_settings.get(guild_id)).gallery_channel_id is not None
            for name in names:
                share = await self._shares.get(int(name.removeprefix(SHARE))) if is_shown else None
                if share is None:
                    await self._notices.retract(guild_id, name)
                elif not await self._post(share):
                    break  # the others here would not be taken either
        except Exception:  # a database that is away now; it is tried again
            log.exception("share.not_posted", guild=guild_id)

    async def _post(self, share: ShareRecord) -> bool:
        """Show it once in the channel that managers chose for that, if any; False where Discord did not take it."""
        guild = await self._guild_settings.get(share.guild_id)
        if guild.gallery_channel_id is None:
            return True

        async def notice() -> SharedNotice | None:
            shown = await self._notices.show([(0, share, 0)])
            return SharedNotice(shown[0], await self.source(share.generation.id)) if shown else None

        return await self._notices.say_once(share.guild_id, name_of(share.id), guild.gallery_channel_id, notice)

    async def unshare(self, actor: Actor, share_id: int) -> None:
        """Take a picture out of the gallery, shown or not; for its owner and for moderators."""
        place = await self._shares.place(share_id)
        if place is None or not actor.is_here(place.guild_id):
            raise NotFound("share", share_id)
        actor.check_may_act_on("picture", place.guild_id, (place.user_id,))
        await self._shares.unshare(share_id, actor.user_id)
        await self._notices.retract(place.guild_id, name_of(share_id))
        await self._notices.retract_showing(place.generation_id, place.image_index)

    async def voted_for(self, actor: Actor, shares: Sequence[ShareRecord]) -> frozenset[int]:
        """The ids of those that the actor voted for."""
        return await self._shares.voted_for(actor.user_id, [share.id for share in shares])

    async def vote(self, actor: Actor, share_id: int, *, wanted: bool | None = None) -> Ballot:
        """Vote, or take the vote back, as is `wanted`; with None, the other way than it is."""
        await self._sanctions.check(actor.user_id, actor.guild_id)
        await self._find(actor, share_id)
        return await self._shares.vote(share_id, actor.user_id, wanted=wanted)

    async def _find(self, actor: Actor, share_id: int) -> ShareRecord:
        share = await self._shares.get(share_id)
        if share is None or not actor.is_here(share.guild_id):
            raise NotFound("share", share_id)
        return share


def name_of(share_id: int) -> str:
    """Of the notice that tells of a share."""
    return f"{SHARE}{share_id}"


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise NoGallery
    return actor.guild_id
