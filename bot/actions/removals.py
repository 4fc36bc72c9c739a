"""Taking generations and their pictures away, and back: what their owners delete and moderators remove.

In: an actor and an id.  Out: rows that say so, and messages that are gone.  Knows no Discord; see `Posts`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.actions.actor import Actor
from bot.actions.entry import moderated_entry
from bot.actions.erasing import Eraser
from bot.actions.notices import Notices
from bot.actions.posts import Posts
from bot.actions.sweep import Sweep
from bot.database.audit import AuditLog
from bot.database.generations import GenerationLog
from bot.database.posts import PostLog
from bot.database.records import GenerationRecord
from bot.database.states import UNDRAWN
from bot.errors import AlreadyDeleted, NotFound, NotYours
from bot.generation.album import shown_grid
from bot.generation.provenance import Seal
from bot.generation.work import Works
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal that happened; `gone` is whether everything that showed it in Discord has gone, too.

    `files_left` says that files which were to be erased with it cannot be deleted just now.
    """

    record: GenerationRecord
    gone: bool
    files_left: bool = False


class Removals:
    """Whatever shows a generation in Discord goes with it, and what was under way is stopped."""

    def __init__(
        self,
        *,
        generations: GenerationLog,
        works: Works,
        storage: Storage,
        post_log: PostLog,
        audit_log: AuditLog,
        posts: Posts,
        notices: Notices,
        eraser: Eraser,
        seal: Seal,
    ) -> None:
        self._generations = generations
        self._works = works
        self._storage = storage
        self._post_log = post_log
        self._sweep = Sweep(generations, audit_log)
        self._posts = posts
        self._notices = notices
        self._eraser = eraser
        self._seal = seal

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
        if actor.owns(record):
            return await self._delete(actor, record, why)
        return await self.remove(actor, generation_id, why)

    async def remove(
        self, actor: Actor, generation_id: int, why: str, index: int | None = None, *, held: bool = False
    ) -> Removed:
        """Take down a generation of this server, or one picture of it, one's own too; for moderators.

        What was removed before stays as it was; what still shows it goes.  What is `held` for a decision is no word of
        the operator's.
        """
        record = await moderated_entry(self._generations, actor, generation_id)
        if index is not None and not 0 <= index < len(record.images):
            raise NotFound("picture", index + 1)
        removed = await self._generations.remove(
            record.id, actor.user_id, why, index, by_operator=actor.is_operator and not held
        )
        return await self.follow(actor, removed, index)

    async def remove_all_of(
        self, actor: Actor, user_id: int, since: datetime, why: str, sanction_id: int | None = None
    ) -> tuple[Removed, ...]:
        """Take down all of a person's of this server (everywhere, for the operator) that is younger than `since`.

        What goes with a sanction comes back with `restore_all_of`.
        """
        records = await self._sweep.remove(actor, user_id, since, why, sanction_id)
        return tuple([await self.follow(actor, record) for record in records])

    async def removed_with(self, actor: Actor, user_id: int, sanction_id: int) -> tuple[GenerationRecord, ...]:
        """What of a person's went with a sanction here, and is still removed."""
        return await self._sweep.removed_with(actor, user_id, sanction_id)

    async def restore_all_of(self, actor: Actor, user_id: int, sanction_id: int, why: str = "") -> int:
        """Take all removals that went with a sanction back; returns how many.  Raises NotFound where there are none.

        As with `restore`: messages that are gone stay so.
        """
        return await self._sweep.restore(actor, user_id, sanction_id, why)

    async def erase(self, actor: Actor, record: GenerationRecord) -> Removed:
        """Take one's own generation down everywhere and delete its files at once, also where it was removed before."""
        if record.order.requester.user_id != actor.user_id:
            raise NotYours("generation")
        if record.removal is None:
            removed = await self._delete(actor, record, "")
        else:
            removed = Removed(record, await self.take_down(record))
        return replace(removed, files_left=not await self._eraser.erase_now(record.id))

    async def take_down(self, record: GenerationRecord) -> bool:
        """Delete every message that shows it, and nothing else; False where Discord did not let all happen."""
        return await self._take_down(record, None)

    def ready(self) -> bool:
        """Whether Discord can be asked to take anything down yet."""
        return self._posts.ready()

    async def take_down_again(self) -> None:
        """What the command line removed, where there is no Discord, and what Discord would not take down before."""
        for generation_id in await self._post_log.of_removed() if self.ready() else ():
            try:
                record = await self._generations.get(generation_id)
                if record is not None:
                    gone = [image.index for image in record.images if image.removal is not None]
                    await self._take_down(record, None if record.removal else gone)
            except Exception:  # of its files, say: it holds up no other one
                log.exception("removals.not_taken_down", generation=generation_id)
                for post in await self._post_log.of(generation_id):
                    await self._post_log.not_changed(post.message_id)

    async def restore(
        self, actor: Actor, generation_id: int, why: str = "", index: int | None = None
    ) -> GenerationRecord:
        """Take a moderator's removal back; for moderators.  What its owner deleted stays deleted, and what the operator
        removed, removed for all but them.

        The record and its pictures are seen again, a single picture in the grid that stands in the channel, too; a
        message that was deleted in Discord does not come back.
        """
        record = await moderated_entry(self._generations, actor, generation_id)
        record.restorable(index, operator=actor.is_operator)
        restored = await self._generations.restore(generation_id, actor.user_id, why, index)
        if index is not None and restored.removal is None:
            await self._redraw(restored)
        return restored

    async def _redraw(self, record: GenerationRecord) -> None:
        """Put the pictures that are shown now into the grids that stand in Discord."""
        shown = await shown_grid(self._storage, record, self._seal)
        for post in await self._post_log.of(record.id):
            if shown is not None and post.image_index is None:
                await self._posts.redraw(post, record, shown)

    async def _delete(self, actor: Actor, record: GenerationRecord, why: str) -> Removed:
        return await self.follow(actor, await self._generations.remove(record.id, actor.user_id, why, deleted=True))

    async def follow(self, actor: Actor, removed: GenerationRecord, index: int | None = None) -> Removed:
        """What its row says is removed: stop it, take its messages down, and erase what its owner took away."""
        if removed.status in UNDRAWN:
            self._works.cancel(removed.id, actor.user_id)
        gone = await self._take_down(removed, None if index is None else (index,))
        if removed.deleted:
            await self._eraser.erase(removed.id)
        return Removed(removed, gone)

    async def _take_down(self, record: GenerationRecord, gone: Collection[int] | None) -> bool:
        """Delete every message that shows what was removed, or put the rest of the pictures into it.

        `gone` are the pictures that were removed, None where all of it was.  What fails is tried again later.
        """
        rest = None if gone is None else await shown_grid(self._storage, record, self._seal)
        all_gone = True
        for post in await self._post_log.of(record.id):
            if gone is None or post.image_index in gone or (rest is None and post.image_index is None):
                done, note = await self._posts.take_down(post), self._post_log.forget
            elif rest is not None and post.image_index is None:
                done, note = await self._posts.redraw(post, record, rest), self._post_log.drawn_anew
            else:
                continue
            await (note if done else self._post_log.not_changed)(post.message_id)
            all_gone = all_gone and done
        for index in (None,) if gone is None else gone:
            all_gone = await self._notices.retract_showing(record.id, index) and all_gone
        return all_gone
