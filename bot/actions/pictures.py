"""What people do to generations and their pictures: look, draw again, copy, cancel, delete, remove.

In: an actor and an id.  Out: records, orders, and what became of it.  Knows no Discord; see `Posts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog

from bot.actions.actor import Actor
from bot.actions.erasing import Eraser
from bot.actions.posts import Posts
from bot.database.audit import Act, AuditLog
from bot.database.favourites import OwnFavouritePage, OwnFavourites
from bot.database.generations import GenerationLog
from bot.database.posts import PostLog
from bot.database.records import GenerationFilter, GenerationRecord, ImageRecord, PostRecord
from bot.database.states import UNDRAWN
from bot.errors import AlreadyDeleted, NotFound, NothingToCancel, NotYours, TooLate
from bot.generation.album import shown_grid
from bot.generation.work import Works
from bot.orders.admission import Admission
from bot.orders.choices import completing_model, kept_rows
from bot.orders.flags import read_flags
from bot.orders.order import Kind, Order
from bot.storage.folder import Storage
from inference.contract import ModelDescription

log = structlog.get_logger(__name__)

VARY_STRENGTH: Final = 0.5
IMAGES_PER_VARIATION: Final = 4


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal that happened; `gone` is whether everything that showed it in Discord has gone, too."""

    record: GenerationRecord
    gone: bool


class Pictures:
    """Looks after generations, from whichever door somebody comes."""

    def __init__(
        self,
        *,
        generations: GenerationLog,
        works: Works,
        storage: Storage,
        post_log: PostLog,
        posts: Posts,
        eraser: Eraser,
        audit_log: AuditLog,
        favourites: OwnFavourites,
        admission: Admission,
    ) -> None:
        self._generations = generations
        self._works = works
        self._storage = storage
        self._post_log = post_log
        self._posts = posts
        self._eraser = eraser
        self._audit_log = audit_log
        self._favourites = favourites
        self._admission = admission

    # -------------------------------------------------------------------------------------------------- looking

    async def find(self, actor: Actor, generation_id: int) -> GenerationRecord:
        """The generation.  Raises NotFound where it was removed or is not the actor's to see."""
        record = await self._generations.get(generation_id)
        if record is None or not actor.sees(record):
            raise NotFound("generation", generation_id)
        return record

    async def shown_by(self, message_id: int) -> int | None:
        """The id of the generation that a message shows, whoever may see it."""
        post = await self._post_log.find(message_id)
        return None if post is None else post.generation_id

    async def of_message(self, actor: Actor, message_id: int) -> GenerationRecord:
        """The generation that a message shows.  Raises NotFound."""
        post = await self._post_log.find(message_id)
        if post is None:
            raise NotFound("message_of_easel")
        return await self.find(actor, post.generation_id)

    async def latest(self, actor: Actor) -> GenerationRecord:
        """The newest generation of the actor's own, drawn yet or not, that was not refused.  Raises NotFound."""
        wanted = GenerationFilter(user_id=actor.user_id, refused=False, removed=False)
        page = await self._generations.page(wanted, limit=1)
        if not page.records:
            raise NotFound("own_picture")
        return page.records[0]

    async def picture(
        self, actor: Actor, generation_id: int, index: int
    ) -> tuple[GenerationRecord, ImageRecord, bytes]:
        """One picture's file with what is known of it.  Raises NotFound where it was removed."""
        record = await self.find(actor, generation_id)
        image = record.picture(index)
        return record, image, await self._storage.get(image.key)

    async def look(self, actor: Actor, generation_id: int, index: int) -> tuple[GenerationRecord, ImageRecord, bytes]:
        """As `picture`, for somebody who asks to see it.  Raises LimitReached, NotFound."""
        found = await self.picture(actor, generation_id, index)
        await self._admission.admit_look(actor.requester)
        return found

    async def files(self, actor: Actor, generation_id: int) -> tuple[GenerationRecord, list[tuple[int, bytes]]]:
        """The files of all its pictures that were not removed, with their indexes.  Raises LimitReached, NotFound."""
        record = await self.find(actor, generation_id)
        await self._admission.admit_look(actor.requester)
        shown = [image for image in record.images if image.removal is None]
        return record, [(image.index, await self._storage.get(image.key)) for image in shown]

    async def keep(self, actor: Actor, generation_id: int, index: int) -> bool:
        """Keep a note of a picture of one's own, or drop it; returns whether it is kept now.  Raises NotYours."""
        record = await self.find(actor, generation_id)
        if not actor.owns(record):
            raise NotYours("picture")
        return await self._favourites.toggle(actor.user_id, record.id, record.picture(index).index)

    async def kept(self, actor: Actor, cursor: str | None, limit: int) -> OwnFavouritePage:
        """A page of the actor's own favourites."""
        return await self._favourites.page(actor.user_id, cursor, limit)

    async def cover(self, actor: Actor, generation_id: int) -> GenerationRecord:
        """Hide the pictures behind a cover, or show them again; for their owner and for moderators."""
        record = await self.find(actor, generation_id)
        owner, guild_id = record.order.requester.user_id, record.order.requester.guild_id
        actor.check_may_act_on("generation", guild_id, (owner,))
        spoiler = not record.order.spoiler
        await self._generations.set_spoiler(record.id, spoiler=spoiler)
        action = "cover" if spoiler else "uncover"
        await self._audit_log.note(Act(actor.user_id, action, f"generation:{record.id}", guild_id, (owner,)))
        return replace(record, order=replace(record.order, spoiler=spoiler))

    # ---------------------------------------------------------------------------------------------- drawing again

    async def reroll(self, actor: Actor, generation_id: int) -> Order:
        """The same once more with another seed."""
        record = await self.find(actor, generation_id)
        if record.init_image_key is None:
            return successor(record, actor, "reroll")
        picture = await self._storage.get(record.init_image_key)
        kept = {"strength": record.order.strength, "keep_rows": record.order.keep_rows}
        return successor(record, actor, "reroll", init_image=picture, **kept)

    async def vary(self, actor: Actor, generation_id: int, index: int, strength: float = VARY_STRENGTH) -> Order:
        """A picture drawn anew in part: `strength` (0–1) of it."""
        record, _, png = await self.picture(actor, generation_id, index)
        start = {"init_image": png, "strength": strength, "images": IMAGES_PER_VARIATION}
        return successor(record, actor, "vary", **start)

    async def complete(self, actor: Actor, generation_id: int, index: int, models: Sequence[ModelDescription]) -> Order:
        """A picture whose upper half stays; what is below is drawn anew."""
        record, _, png = await self.picture(actor, generation_id, index)
        model = completing_model(None, models)
        start = {"init_image": png, "keep_rows": kept_rows(model), "model": model.name, "images": IMAGES_PER_VARIATION}
        return successor(record, actor, "complete", **start)

    async def remix(self, actor: Actor, generation_id: int, prompt: str, negative_prompt: str | None) -> Order:
        """The same with other words."""
        record = await self.find(actor, generation_id)
        flags = read_flags(prompt)
        words = {"prompt": flags.prompt, "negative_prompt": None, "style": None}
        words |= flags.said_with({"negative_prompt": negative_prompt})
        return successor(record, actor, "remix", **words)

    # ---------------------------------------------------------------------------------------------------- copies

    async def copy(self, actor: Actor, generation_id: int, index: int) -> tuple[GenerationRecord, ImageRecord, bytes]:
        """The picture for a public copy, to be followed by `copied`.  Raises Sanctioned, LimitReached, NotFound."""
        found = await self.picture(actor, generation_id, index)
        await self._admission.admit_copy(actor.requester)
        return found

    async def copied(self, generation_id: int, index: int, channel_id: int, message_id: int) -> None:
        """Where the copy stands, or is about to."""
        await self._post_log.add(PostRecord(message_id, channel_id, generation_id, index))

    async def discard(self, actor: Actor, generation_id: int, message_id: int, made_for: int) -> None:
        """Give up a copy, whose message the door deletes; the picture stays.

        For whom it was made, the picture's owner, and moderators.  A copy of what is removed can be discarded, too.
        """
        record = await self._generations.get(generation_id)
        requester = None if record is None else record.order.requester
        owners = (made_for,) if requester is None else (made_for, requester.user_id)
        guild_id = actor.guild_id if requester is None else requester.guild_id
        actor.check_may_act_on("picture", guild_id, owners)
        await self._audit_log.note(Act(actor.user_id, "discard", f"generation:{generation_id}", guild_id, owners))
        await self._post_log.forget(message_id)

    # ------------------------------------------------------------------------------------------------- cancelling

    async def cancel(self, actor: Actor, generation_id: int) -> None:
        """Stop what waits or is being drawn; for its owner and for moderators.  Raises TooLate."""
        record = await self.find(actor, generation_id)
        owner, guild_id = record.order.requester.user_id, record.order.requester.guild_id
        actor.check_may_act_on("generation", guild_id, (owner,))
        if not self._works.cancel(generation_id, actor.user_id):
            raise TooLate(generation_id)
        await self._audit_log.note(Act(actor.user_id, "cancel", f"generation:{generation_id}", guild_id, (owner,)))

    def cancel_own(self, actor: Actor, generation_id: int | None = None) -> int:
        """Stop one's own, all or one of them; returns how many.  Raises NothingToCancel."""
        mine = [pending.generation_id for pending in self._works.pending(actor.user_id)]
        chosen = [one for one in mine if generation_id in (None, one)]
        if not chosen:
            raise NothingToCancel
        return sum(self._works.cancel(one, actor.user_id) for one in chosen)

    # --------------------------------------------------------------------------------------------------- removing

    async def deletable(self, actor: Actor, generation_id: int) -> GenerationRecord:
        """What `delete` would take away, or took away before; for its owner and for moderators."""
        record = await self._generations.get(generation_id)
        if record is None or not (actor.owns(record) or actor.is_here(record.order.requester.guild_id)):
            raise NotFound("generation", generation_id)
        if record.order.private and not actor.answers_for(record):
            raise NotFound("generation", generation_id)
        requester = record.order.requester
        actor.check_may_act_on("generation", requester.guild_id, (requester.user_id,))
        return record

    async def delete(self, actor: Actor, generation_id: int, why: str = "") -> Removed:
        """Take the generation out of channel, history and gallery; for its owner and for moderators.

        What its owner deletes is erased at once.
        """
        record = await self.deletable(actor, generation_id)
        if record.removal is not None:
            raise AlreadyDeleted(generation_id)
        return await self._remove(actor, record, why, None)

    async def remove(self, actor: Actor, generation_id: int, why: str, index: int | None = None) -> Removed:
        """Take down a generation of this server, or one picture of it, removed before or not; for moderators."""
        actor.require("manage_messages")
        record = await self._generations.get(generation_id)
        if record is None or not actor.is_here(record.order.requester.guild_id):
            raise NotFound("generation", generation_id)
        if index is not None and not 0 <= index < len(record.images):
            raise NotFound("picture", index + 1)
        return await self._remove(actor, record, why, index)

    async def remove_all_of(
        self, actor: Actor, user_id: int, since: datetime, why: str, sanction_id: int | None = None
    ) -> tuple[Removed, ...]:
        """Take down all of a person's of this server (everywhere, for the operator) that is younger than `since`.

        What goes with a sanction comes back with `restore_all_of`.
        """
        actor.require("manage_messages")
        here = GenerationFilter(user_id=user_id, guild_id=actor.guild_id, since=since, removed=False)
        records = [record async for record in self._generations.stream(here) if record.status != "blocked"]
        return tuple([await self._remove(actor, record, why, None, sanction_id) for record in records])

    async def removed_with(self, actor: Actor, user_id: int, sanction_id: int) -> tuple[GenerationRecord, ...]:
        """What of a person's went with a sanction here, and is still removed."""
        actor.require("manage_messages")
        gone = GenerationFilter(user_id=user_id, guild_id=actor.guild_id, removed=True, removed_with=sanction_id)
        return tuple([record async for record in self._generations.stream(gone)])

    async def restore_all_of(self, actor: Actor, user_id: int, sanction_id: int, why: str = "") -> int:
        """Take all removals that went with a sanction back; returns how many.  Raises NotFound where there are none.

        As with `restore`: what was removed for another reason since stays so, and so do messages that are gone.
        """
        records = await self.removed_with(actor, user_id, sanction_id)
        if not records:
            raise NotFound("removal")
        for record in records:
            await self._generations.restore(record.id, actor.user_id, why)
        return len(records)

    async def erase(self, actor: Actor, record: GenerationRecord) -> None:
        """Take one's own generation down everywhere and delete its files at once, also where it was removed before."""
        if record.order.requester.user_id != actor.user_id:
            raise NotYours("generation")
        if record.removal is None:
            await self._remove(actor, record, "", None)
        await self._eraser.erase(record.id, at_once=True)

    async def take_down(self, record: GenerationRecord) -> bool:
        """Delete every message that shows it, and nothing else; False where Discord did not let all happen."""
        return await self._take_down(record, None)

    async def restore(
        self, actor: Actor, generation_id: int, why: str = "", index: int | None = None
    ) -> GenerationRecord:
        """Take a moderator's removal back; for moderators.  What its owner deleted stays deleted.

        The record and its pictures are seen again; a message that was deleted in Discord does not come back.
        """
        actor.require("manage_messages")
        record = await self._generations.get(generation_id)
        if record is None or not actor.is_here(record.order.requester.guild_id):
            raise NotFound("generation", generation_id)
        images = {image.index: image.removal for image in record.images}
        removal = record.removal if index is None else images.get(index)
        if removal is None or removal.by == record.order.requester.user_id:
            raise NotFound("removal")
        return await self._generations.restore(generation_id, actor.user_id, why, index)

    async def _remove(
        self, actor: Actor, record: GenerationRecord, why: str, index: int | None, sanction_id: int | None = None
    ) -> Removed:
        removed = await self._generations.remove(record.id, actor.user_id, why, index, sanction_id)
        if removed.status in UNDRAWN:
            self._works.cancel(record.id, actor.user_id)
        gone = await self._take_down(removed, index)
        if actor.user_id == record.order.requester.user_id:
            await self._eraser.erase(record.id)
        return Removed(removed, gone)

    async def _take_down(self, record: GenerationRecord, index: int | None) -> bool:
        """Delete every message that shows what was removed, or put the rest of the pictures into it."""
        rest = None if index is None else await shown_grid(self._storage, record)
        all_gone = True
        for post in await self._post_log.of(record.id):
            if rest is not None and post.image_index is None:
                gone = await self._posts.redraw(post, record, rest)
            elif index is None or post.image_index in (None, index):
                gone = await self._posts.take_down(post)
                if gone:
                    await self._post_log.forget(post.message_id)
            else:
                continue
            all_gone = all_gone and gone
        return all_gone


def successor(record: GenerationRecord, actor: Actor, kind: Kind, **changes: Any) -> Order:
    """The generation's order with another requester, a new seed and the `changes`; it starts from no picture.

    The row names the model that drew.  Nobody ordered it, and no server may have it any more: the servers choose anew.
    """
    fresh: dict[str, Any] = {
        "requester": actor.requester, "seed": None, "model": None, "kind": kind, "parent_id": record.id,
        "init_image": None, "strength": None, "keep_rows": 0, "interaction": None,
    }  # fmt: skip
    return replace(record.order, **(fresh | changes))
