"""What people do with generations and their pictures: look, draw again, copy, cancel.

In: an actor and an id.  Out: records and orders.  Knows no Discord.  Who takes them away: see `Removals`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.actions.actor import Actor
from bot.actions.styles import StyleBook
from bot.database.audit import Act, AuditLog
from bot.database.favourites import OwnFavouritePage, OwnFavourites
from bot.database.generations import GenerationLog
from bot.database.posts import PostLog
from bot.database.records import GenerationFilter, GenerationRecord, ImageRecord, PostRecord
from bot.errors import NotFound, NothingToCancel, NotYours, TooLate
from bot.generation.work import Works
from bot.orders.admission import Admission
from bot.orders.choices import completing_model, kept_rows
from bot.orders.flags import NUMBERS
from bot.orders.order import Kind, Order
from bot.storage.folder import Storage
from inference.contract import ModelDescription

VARY_STRENGTH: Final = 0.5
IMAGES_PER_VARIATION: Final = 4


class Pictures:
    """Looks after generations, from whichever door somebody comes."""

    def __init__(
        self,
        *,
        generations: GenerationLog,
        works: Works,
        storage: Storage,
        post_log: PostLog,
        audit_log: AuditLog,
        favourites: OwnFavourites,
        admission: Admission,
        styles: StyleBook,
    ) -> None:
        self._generations = generations
        self._works = works
        self._storage = storage
        self._post_log = post_log
        self._audit_log = audit_log
        self._favourites = favourites
        self._admission = admission
        self._styles = styles

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
        """The newest generation of the actor's own, drawn yet or not, that was not refused, for somebody who may draw.

        Raises NotFound, else as `check_person`: a ban is told before there is nothing left to draw again.
        """
        await self._admission.check_person(actor.requester)
        wanted = GenerationFilter(user_id=actor.user_id, refused=False, removed=False)
        page = await self._generations.page(wanted, limit=1)
        if not page.records:
            raise NotFound("own_order")
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

    async def kept(self, actor: Actor, cursor: str | None, limit: int, words: str | None = None) -> OwnFavouritePage:
        """A page of the actor's own favourites, or of those with these words."""
        return await self._favourites.page(actor.user_id, cursor, limit, words)

    async def cover(self, actor: Actor, generation_id: int) -> GenerationRecord:
        """Hide the pictures behind a cover, or show them again; for their owner and for moderators."""
        record = await self.find(actor, generation_id)
        owner, guild_id = record.order.requester.user_id, record.order.requester.guild_id
        actor.check_may_act_on("generation", guild_id, (owner,))
        return await self._generations.cover(record.id, actor.user_id, spoiler=not record.order.spoiler)

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

    async def to_remix(self, actor: Actor, generation_id: int) -> GenerationRecord:
        """A generation for a form in which its words are changed.  Raises NotFound, else as `check_person`: nobody is
        to write what they may not have drawn."""
        await self._admission.check_person(actor.requester)
        return await self.find(actor, generation_id)

    async def remix(
        self, actor: Actor, generation_id: int, prompt: str, negative_prompt: str | None, flags: str | None = None
    ) -> Order:
        """The same with other words; with `flags`, as `flags_of` writes them, what these
        leave out is the model's choice."""
        record = await self.find(actor, generation_id)
        typed = f"{prompt} {flags}" if flags else prompt
        # The words of a style are in the prompt already.
        words, said = await self._styles.read(actor, typed, {"negative_prompt": negative_prompt}, usual=False)
        fresh: dict[str, Any] = {"prompt": words, "negative_prompt": None, "style": None}
        if flags is not None:
            fresh |= {**dict.fromkeys(NUMBERS), "images": record.order.images}
        return successor(record, actor, "remix", **(fresh | said))

    # ---------------------------------------------------------------------------------------------------- copies

    async def copy(self, actor: Actor, generation_id: int, index: int) -> tuple[GenerationRecord, ImageRecord, bytes]:
        """The picture for a public copy, to be followed by `copied`.  Raises NotFound, else as `admit_copy`."""
        found = await self.picture(actor, generation_id, index)
        await self._admission.admit_copy(actor.requester)
        return found

    async def copied(self, generation_id: int, index: int, channel_id: int, message_id: int) -> None:
        """Where the copy stands, or is about to."""
        await self._post_log.add(PostRecord(message_id, channel_id, generation_id, index))

    async def not_copied(self, message_id: int) -> None:
        """No copy came of it, and its message is gone."""
        await self._post_log.forget(message_id)

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


def successor(record: GenerationRecord, actor: Actor, kind: Kind, **changes: Any) -> Order:
    """The generation's order with another requester, a new seed and the `changes`; it starts from no picture.

    The row names the model that drew.  Nobody ordered it, and no server may have it any more: the servers choose anew.
    """
    fresh: dict[str, Any] = {
        "requester": actor.requester, "seed": None, "model": None, "kind": kind, "parent_id": record.id,
        "init_image": None, "strength": None, "keep_rows": 0, "interaction": None,
    }  # fmt: skip
    return replace(record.order, **(fresh | changes))
