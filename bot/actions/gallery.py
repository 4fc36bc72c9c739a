"""What people do in a server's gallery: look, share, take out, vote.

In: an actor and an id.  Out: records.  Knows no Discord.
"""

from bot.actions.actor import Actor
from bot.database.generations import GenerationLog
from bot.database.records import Ballot, SharePage, ShareRecord
from bot.database.sanctions import Sanctions
from bot.database.shares import GalleryOrder, Shares
from bot.errors import DrawnElsewhere, NoGallery, NotFound, NotYours


class Gallery:
    def __init__(self, *, shares: Shares, generations: GenerationLog, sanctions: Sanctions) -> None:
        self._shares = shares
        self._generations = generations
        self._sanctions = sanctions

    async def page(self, actor: Actor, order: GalleryOrder, cursor: str | None, limit: int) -> SharePage:
        """A page of this server's gallery.  Raises NoGallery in direct messages."""
        return await self._shares.page(_here(actor), order, cursor, limit)

    async def shareable(self, actor: Actor, generation_id: int) -> tuple[int, ...]:
        """Which pictures of a generation its owner can share here.

        Raises NoGallery, NotFound, NotYours, DrawnElsewhere and Sanctioned.
        """
        here = _here(actor)
        record = await self._generations.get(generation_id)
        if record is None or not actor.sees(record):
            raise NotFound(f"Generation {generation_id}")
        if record.order.requester.user_id != actor.user_id:
            raise NotYours("This generation")
        if record.order.requester.guild_id != here:
            raise DrawnElsewhere
        await self._sanctions.check(actor.user_id, actor.guild_id)
        return tuple(image.index for image in record.images if image.removal is None)

    async def share(self, actor: Actor, generation_id: int, index: int) -> ShareRecord:
        """Post one's own picture to the gallery; again, it is the same share.  Raises as `shareable`."""
        if index not in await self.shareable(actor, generation_id):
            raise NotFound(f"Picture {index + 1}")
        return await self._shares.share(generation_id, index, actor.user_id)

    async def unshare(self, actor: Actor, share_id: int) -> None:
        """Take a picture out of the gallery; for its owner and for moderators."""
        share = await self._find(actor, share_id)
        actor.check_may_act_on("This picture", share.guild_id, (share.user_id,))
        await self._shares.unshare(share_id, actor.user_id)

    async def vote(self, actor: Actor, share_id: int) -> Ballot:
        """Vote, or take the vote back."""
        await self._sanctions.check(actor.user_id, actor.guild_id)
        await self._find(actor, share_id)
        return await self._shares.vote(share_id, actor.user_id)

    async def _find(self, actor: Actor, share_id: int) -> ShareRecord:
        share = await self._shares.get(share_id)
        if share is None or not actor.is_here(share.guild_id):
            raise NotFound("This picture in the gallery")
        return share


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise NoGallery
    return actor.guild_id
