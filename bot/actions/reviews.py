"""The review queue as people meet it: report, appeal, look, decide, take a decision back.

In: an actor and a generation.  Out: records, and who is to hear what.  Knows no Discord; see `Posts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import structlog

from bot.actions.actor import Actor
from bot.actions.entry import moderated_entry
from bot.actions.pictures import Pictures
from bot.actions.posts import Posts
from bot.actions.reason import checked_reason
from bot.actions.removals import Removals
from bot.database.decisions import PARDONED, Outcome
from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord
from bot.database.reviews import NewReview, ReviewKind, ReviewPage, ReviewRecord, Reviews, Said
from bot.database.settings import GuildSettings
from bot.errors import AlreadyDecided, AlreadyDeleted, CannotAllow, CannotAppeal, NotFound, OwnWork
from bot.nobody import FILTER_ID, NOBODY
from bot.orders.policies import Policies
from bot.pool.drawing_pool import DrawingPool
from inference.contract import ALWAYS_BLOCKED, CheckRequest

log = structlog.get_logger(__name__)

Decision = Literal["keep", "once", "remove"]

IN_REVIEW: Final = "decided_in_review"
OUTCOMES: Final[Mapping[Decision, Outcome]] = {"keep": "kept", "once": "once", "remove": "removed"}


@dataclass(frozen=True, slots=True)
class Decided:
    """`gone` is None where nothing was removed; else whether every message that showed it has gone."""

    closed: tuple[ReviewRecord, ...]
    gone: bool | None = None


class ReviewQueue:
    def __init__(
        self, *, reviews: Reviews, generations: GenerationLog, pictures: Pictures, removals: Removals,
        guild_settings: GuildSettings, posts: Posts, policies: Policies, pool: DrawingPool,
    ) -> None:  # fmt: skip
        self._policies = policies
        self._pool = pool
        self._reviews = reviews
        self._generations = generations
        self._pictures = pictures
        self._removals = removals
        self._guild_settings = guild_settings
        self._posts = posts

    # -------------------------------------------------------------------------------------------- what people say

    async def report(
        self, actor: Actor, generation_id: int, index: int | None, reason: str
    ) -> tuple[ReviewRecord, Said]:
        """Ask the moderators to look at a picture, or at all of a generation; said again, it adds what is new."""
        record = await self._pictures.find(actor, generation_id)
        if index is not None:
            record.picture(index)
        return await self._open("report", record, actor.user_id, checked_reason(reason), index)

    async def appeal(self, actor: Actor, generation_id: int, reason: str) -> ReviewRecord:
        """Ask the moderators whether one's own blocked prompt was blocked rightly.  Raises CannotAppeal."""
        record = await self._generations.get(generation_id)
        if record is None or record.order.requester.user_id != actor.user_id:
            raise NotFound("generation", generation_id)
        if record.status != "blocked" or record.order.requester.guild_id is None:
            raise CannotAppeal(generation_id)
        review, _ = await self._open("appeal", record, actor.user_id, checked_reason(reason), None)
        return review

    async def _open(
        self, kind: ReviewKind, record: GenerationRecord, by: int, reason: str, index: int | None
    ) -> tuple[ReviewRecord, Said]:
        requester = record.order.requester
        review, said = await self._reviews.open(
            NewReview(kind, requester.guild_id, record.id, requester.user_id, by, reason, index)
        )
        if said == "new":
            await self._announce(review, record)
        return review, said

    async def _announce(self, review: ReviewRecord, record: GenerationRecord) -> None:
        """Tell the server's review channel, where it has one."""
        channel_id = (await self._guild_settings.get(review.guild_id)).review_channel_id
        if channel_id is not None and not await self._posts.announce(channel_id, review, record):
            log.warning("review.not_announced", review=review.id, channel=channel_id)

    # -------------------------------------------------------------------------------------- what moderators decide

    async def page(
        self, actor: Actor, kind: ReviewKind | None = None, cursor: str | None = None, limit: int = 20
    ) -> ReviewPage:
        """What waits for a decision in this server; everywhere, for the operator who is in none."""
        actor.require("manage_messages")
        page = await self._reviews.page(
            actor.guild_id, everywhere=actor.is_everywhere, kind=kind, cursor=cursor, limit=limit
        )
        return replace(page, records=_as_seen_by(actor, page.records))

    async def of(self, actor: Actor, generation_id: int) -> tuple[ReviewRecord, ...]:
        """All that was ever said of a generation."""
        await moderated_entry(self._generations, actor, generation_id)
        return _as_seen_by(actor, await self._reviews.of(generation_id))

    async def counts(self, actor: Actor, user_id: int) -> dict[str, int]:
        """How often each kind of thing was said of what is a person's here."""
        actor.require("manage_messages")
        return await self._reviews.counts(actor.guild_id, user_id, everywhere=actor.is_everywhere)

    async def count(self, actor: Actor) -> int:
        """How many generations wait for a decision here."""
        actor.require("manage_messages")
        return await self._reviews.count(actor.guild_id, everywhere=actor.is_everywhere)

    async def count_by_kind(self, actor: Actor) -> dict[str, int]:
        """How many of them for what; one may wait for several things."""
        actor.require("manage_messages")
        return await self._reviews.count_by_kind(actor.guild_id, everywhere=actor.is_everywhere)

    async def decide(self, actor: Actor, generation_id: int, decision: Decision, why: str = "") -> Decided:
        """Decide all that is said of a generation, and tell those who said it.

        *keep* grants an appeal: the same prompt then passes in this server; and what the picture check held back is
        shown.  *once* lets a blocked prompt pass one more time, for who asked for it.  Raises AlreadyDecided,
        CannotAllow where no server can let the prompt pass, or nothing was blocked that could pass once,
        AlreadyDeleted where what is to be kept has been removed: it is shown again first, and OwnWork.
        """
        record = await moderated_entry(self._generations, actor, generation_id)
        if decision != "remove" and record.order.requester.user_id == actor.user_id and not actor.is_manager:
            raise OwnWork(generation_id)
        blocked = record.status == "blocked"
        allows = decision != "remove" and blocked
        if (decision == "once" and not blocked) or (allows and not await self._can_pass(record)):
            raise CannotAllow(generation_id)
        if decision == "keep" and record.removal is not None:
            waits = any(one.closed_at is None for one in await self._reviews.of(generation_id))
            raise AlreadyDeleted(generation_id) if waits else AlreadyDecided(generation_id)
        goes = decision == "remove" and record.removal is None and not blocked
        hidden_for = why or IN_REVIEW if goes else None
        closed = await self._reviews.close(
            generation_id, actor.user_id, OUTCOMES[decision], why, hidden_for, by_operator=actor.is_operator
        )
        if not closed:
            raise AlreadyDecided(generation_id)
        gone = None
        if goes:
            removed = await moderated_entry(self._generations, actor, generation_id)
            gone = (await self._removals.follow(actor, removed)).gone
        for index in _hidden(record) & _held(closed):
            await self._removals.restore(actor, generation_id, IN_REVIEW, index)
        for review in {one.by: one for one in closed if one.by}.values():
            if not await self._posts.tell(review.by, review, record):
                log.info("review.not_told", review=review.id)
        return Decided(closed, gone)

    async def _can_pass(self, record: GenerationRecord) -> bool:
        """Whether the prompt passes once moderators let it: no rule and no choice of the operator's blocks it.

        While no server can say so, it is found out with the next order.
        """
        if not can_pardon(record):
            return False
        if not any(one.ready for one in self._pool.status()):
            return True
        everywhere, order = await self._policies.everywhere(), record.order
        (least,) = await self._pool.check(CheckRequest((order.prompt,), (order.negative_prompt,), everywhere))
        return least.action != "block"

    async def undo(self, actor: Actor, generation_id: int, review_ids: Sequence[int] | None = None) -> None:
        """Put decided things, or all of the last decision, back into the queue, and show again what went with them.

        What was removed otherwise stays so.  Raises NotFound, and RemovedByOperator where the operator's word stands.
        """
        record = await moderated_entry(self._generations, actor, generation_id)
        decided = {one.id: one for one in await self._reviews.of(generation_id) if one.closed_at is not None}
        if review_ids is None:
            last = max((one.closed_at for one in decided.values() if one.closed_at), default=None)
            review_ids = [one.id for one in decided.values() if one.closed_at == last]
        if not review_ids or not decided.keys() >= set(review_ids):
            raise NotFound("decision")
        removed_at = record.removal and record.removal.at
        if any(decided[one].closed_at == removed_at for one in review_ids):
            record.restorable(operator=actor.is_operator)
        reopened = {one.id for one in await self._reviews.reopen(review_ids, actor.user_id)}
        if not reopened:
            raise NotFound("decision")
        if any(decided[one].closed_at == removed_at for one in reopened):
            await self._removals.restore(actor, generation_id)
        for index in _held(decided[one] for one in reopened) - _hidden(record):
            await self._removals.remove(actor, generation_id, IN_REVIEW, index, held=True)


def can_pardon(record: GenerationRecord) -> bool:
    """Whether any server may let the prompt pass: not under the rules that hold everywhere."""
    return record.verdict is None or record.verdict.category not in ALWAYS_BLOCKED


def can_allow(record: GenerationRecord, kinds: Iterable[str]) -> bool:
    """Whether keeping it, with reviews of these kinds, lets the prompt pass: a server may, and somebody appealed."""
    return can_pardon(record) and any(kind in PARDONED for kind in kinds)


def _as_seen_by(actor: Actor, said: Iterable[ReviewRecord]) -> tuple[ReviewRecord, ...]:
    """Who moderates learns not who reported their own pictures."""
    return tuple(
        replace(one, by=NOBODY) if one.kind == "report" and one.user_id == actor.user_id else one for one in said
    )


def _held(decided: Iterable[ReviewRecord]) -> set[int]:
    """Which pictures the picture check had held back that somebody decided to keep."""
    kept = (one for one in decided if (one.kind, one.outcome) == ("held", "kept"))
    return {one.image_index for one in kept if one.image_index is not None}


def _hidden(record: GenerationRecord) -> set[int]:
    """Which pictures the check, or taking a decision back, has hidden; not who deleted or removed them on purpose."""
    removals = {image.index: image.removal for image in record.images}
    hidden = {index: one for index, one in removals.items() if one is not None and not one.by_operator}
    return {index for index, one in hidden.items() if one.by == FILTER_ID or one.why == IN_REVIEW}
