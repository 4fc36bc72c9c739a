"""The request log: one row an order, from before the work to after the delivery.

In: orders, verdicts, pictures' facts.  Out: `GenerationRecord`s.  Knows no Discord, no pool and no files.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, UpdateBase, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.database.offers import owe
from bot.database.records import (
    REFUSED,
    GenerationFilter,
    GenerationRecord,
    ImageRecord,
    Page,
    Removal,
    Status,
)
from bot.database.removals import cover, hide, show
from bot.database.reviews import queue_picture_verdict, queue_verdict
from bot.database.rows import generation_record, generation_row, image_values
from bot.database.search import matching
from bot.database.session import Database, put, rows_of, utc_now, whole
from bot.database.states import UNFINISHED, move
from bot.database.tables.generations import GenerationTable, ImageTable, PostTable
from bot.errors import NotFound
from bot.orders.order import Order
from bot.partition import EVERY_SHARD, Partition
from inference.contract import Verdict

# A token's end is only a hint: the clock may have been set in between.
CLOCK_DOUBT: Final = timedelta(hours=1)

NO_MESSAGE: Final = 0


class GenerationLog:
    """Reads and writes `generations` and `images`.  `now` is the clock, for tests; `partition` is the process's."""

    def __init__(
        self, database: Database, now: Callable[[], datetime] = utc_now, partition: Partition = EVERY_SHARD
    ) -> None:
        self._database = database
        self._now = now
        self._partition = partition

    # ------------------------------------------------------------------------------------------------ writing

    @whole
    async def open(self, order: Order) -> int:
        """Write the row (status "checking") of an order whose seed is drawn; returns its id.

        Raises NotFound where what it is made from was erased a moment before.
        """
        row = generation_row(order, self._now())
        async with self._database.writing("generation") as session:
            parent = select(GenerationTable.id).where(GenerationTable.id == order.parent_id)
            if order.parent_id and await session.scalar(parent.with_for_update(read=True)) is None:
                raise NotFound("generation", order.parent_id)
            session.add(row)
            await session.flush()
            return row.id

    @whole
    async def cover(self, generation_id: int, by: int, *, spoiler: bool) -> GenerationRecord:
        """Show its pictures behind a cover from now on, or without one.  Raises NotFound."""
        async with self._database.writing("generation") as session:
            return await cover(session, generation_id, spoiler=spoiler, by=by, now=self._now())

    async def set_init_image(self, generation_id: int, key: str) -> None:
        await self._update(generation_id, init_image_key=key)

    @whole
    async def record_verdict(self, generation_id: int, verdict: Verdict) -> None:
        """Write the filter's verdict; one of `REFUSED` ends the generation here, "flag" puts it before moderators."""
        now = self._now()
        blocked = verdict.action in REFUSED
        ending = {"finished_at": now, "interaction_token": None} if blocked else {}
        async with self._database.writing("generation") as session:
            await move(
                session,
                generation_id,
                "blocked" if blocked else "checking",
                verdict_action=verdict.action,
                verdict_category=verdict.category,
                verdict_score=verdict.score,
                verdict_rule=verdict.rule,
                verdict_words=list(verdict.words),
                checked_at=now,
                **ending,
            )
            await queue_verdict(session, generation_id, verdict, now)

    async def record_queued(self, generation_id: int, at: datetime | None = None) -> None:
        """It waits since `at`, now if left out."""
        await self._move(generation_id, "queued", queued_at=at or self._now())

    async def record_start(self, generation_id: int, at: datetime | None = None) -> None:
        """It runs since `at`, now if left out."""
        await self._move(generation_id, "running", started_at=at or self._now())

    @whole
    async def record_pictures(
        self, generation_id: int, images: Sequence[ImageRecord], *, model: str, grid_key: str | None,
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Write the finished pictures and status "delivering" at once.  Raises NotFound where the row is gone."""
        async with self._database.writing("generation") as session:
            await move(
                session, generation_id, "delivering", finished_at=at or self._now(), model=model, grid_key=grid_key
            )
            if images:
                await put(session, ImageTable, *map(image_values, images))
            for image in images:
                if image.verdict is not None and image.verdict.action != "allow":
                    await queue_picture_verdict(session, image, image.verdict, at or self._now())

    @whole
    async def record_reply(self, generation_id: int, message_id: int) -> None:
        """The message that tells of the generation, known before there are pictures to show in it."""
        async with self._database.writing("generation") as session:
            channel_id = await _change(session, generation_id, message_id=message_id)
            await put(session, PostTable, self._post(generation_id, channel_id, message_id))

    @whole
    async def delivered(self, generation_id: int, message_id: int | None, at: datetime | None = None) -> None:
        """The person has it (or, with None, finds it in the history); the interaction's token is forgotten.

        NO_MESSAGE is for what is shown elsewhere than in a message.  Where all is shared, that is owed from now on.
        """
        ending: dict[str, object] = {"delivered_at": at or self._now(), "interaction_token": None}
        async with self._database.writing("generation") as session:
            await owe(session, generation_id, self._now())
            if message_id is None:
                await move(session, generation_id, "expired", **ending)
                return
            if message_id == NO_MESSAGE:
                await move(session, generation_id, "delivered", **ending)
                return
            channel_id = await move(session, generation_id, "delivered", message_id=message_id, **ending)
            await put(session, PostTable, self._post(generation_id, channel_id, message_id))

    async def fail(self, generation_id: int, code: str, data: Mapping[str, Any]) -> None:
        """It ended without pictures; `code` and `data` are the error's."""
        await self._move(
            generation_id,
            "failed",
            error_code=code[:64],
            error_data=dict(data),
            finished_at=self._now(),
            interaction_token=None,
        )

    async def record_cancelled(self, generation_id: int) -> None:
        await self._move(generation_id, "cancelled", finished_at=self._now(), interaction_token=None)

    @whole
    async def remove(
        self, generation_id: int, by: int, why: str, image_index: int | None = None, sanction_id: int | None = None,
        *, deleted: bool = False, by_operator: bool = False,
    ) -> GenerationRecord:  # fmt: skip
        """Hide a generation, with a sanction of its owner or without, or one of its pictures; `deleted` by its owner.

        Raises NotFound.
        """
        async with self._database.writing("removal") as session:
            removal = Removal(self._now(), by, why, sanction_id, deleted, by_operator)
            return await hide(session, generation_id, image_index, removal)

    @whole
    async def restore(self, generation_id: int, by: int, why: str, image_index: int | None = None) -> GenerationRecord:
        """Show it again.  Raises NotFound."""
        async with self._database.writing("removal") as session:
            return await show(session, generation_id, image_index, Removal(self._now(), by, why))

    @whole
    async def forget_expired_tokens(self) -> None:
        async with self._database.writing() as session:
            await session.execute(_forget_expired_tokens(self._now()))

    # ------------------------------------------------------------------------------------------------ reading

    async def get(self, generation_id: int) -> GenerationRecord | None:
        """The row, removed or not, with its pictures."""
        async with self._database.reading() as session:
            row = await session.scalar(_with_images().where(GenerationTable.id == generation_id))
            return None if row is None else generation_record(row)

    async def page(
        self, wanted: GenerationFilter, before: int | None = None, limit: int = 10
    ) -> Page[GenerationRecord]:
        """One page of the log, newest first, older than row `before`."""
        async with self._database.reading() as session:
            query = await matching(session, _with_images(), wanted, before)
            rows = (await session.scalars(query.limit(limit + 1))).all()
        records = tuple(generation_record(row) for row in rows[:limit])
        return Page(records, records[-1].id if len(rows) > limit else None)

    async def stream(self, wanted: GenerationFilter, batch: int = 500) -> AsyncIterator[GenerationRecord]:
        """Every row that matches, newest first, a batch at a time: memory does not grow with the log."""
        before = None
        while True:
            page = await self.page(wanted, before, batch)
            for record in page.records:
                yield record
            before = page.next_before
            if before is None:
                return

    async def children(self, generation_id: int, limit: int = 20) -> tuple[GenerationRecord, ...]:
        """What was re-rolled, varied or remixed from it, oldest first."""
        query = _with_images().where(GenerationTable.parent_id == generation_id).order_by(GenerationTable.id)
        async with self._database.reading() as session:
            rows = (await session.scalars(query.limit(limit))).all()
        return tuple(generation_record(row) for row in rows)

    async def unfinished(self) -> tuple[GenerationRecord, ...]:
        """What a crash left behind in this partition, in order: rows not drawn, and rows drawn but not delivered.

        Removed ones, too.
        """
        query = _with_images().where(GenerationTable.status.in_(UNFINISHED))
        async with self._database.reading() as session:
            rows = (await session.scalars(query.order_by(GenerationTable.id))).all()
        mine = (row for row in rows if self._partition.holds(row.guild_id))
        return tuple(generation_record(row) for row in mine)

    async def last_turns(self, user_ids: Collection[int]) -> dict[int, datetime]:
        """When each of these people's newest generation began to be drawn; those who never had a turn are left out."""
        newest = func.max(GenerationTable.started_at)
        query = (
            select(GenerationTable.user_id, newest)
            .where(GenerationTable.user_id.in_(user_ids), GenerationTable.started_at.is_not(None))
            .group_by(GenerationTable.user_id)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
        return {user_id: at for user_id, at in rows if at is not None}

    # ------------------------------------------------------------------------------------------------ private

    def _post(self, generation_id: int, channel_id: int, message_id: int) -> dict[str, object]:
        """The generation's message, in the channel where it was ordered, is known among its posts."""
        return {
            "message_id": message_id, "channel_id": channel_id, "generation_id": generation_id,
            "posted_at": self._now(),
        }  # fmt: skip

    @whole
    async def _update(self, generation_id: int, **values: object) -> None:
        async with self._database.writing("generation") as session:
            await _change(session, generation_id, **values)

    @whole
    async def _move(self, generation_id: int, to: Status, **values: object) -> None:
        async with self._database.writing("generation") as session:
            await move(session, generation_id, to, **values)


# ---------------------------------------------------------------------------------------------------- queries


@cache
def _with_images() -> Select[GenerationTable]:
    return select(GenerationTable).options(selectinload(GenerationTable.images))


def _forget_expired_tokens(now: datetime) -> UpdateBase:
    return (
        update(GenerationTable)
        .where(
            GenerationTable.interaction_expires_at < now - CLOCK_DOUBT, GenerationTable.interaction_token.is_not(None)
        )
        .values(interaction_token=None)
    )


@cache
def _changing() -> UpdateBase:
    rows = rows_of(GenerationTable)
    return update(rows).where(rows.c.id == bindparam("row")).returning(rows.c.channel_id)


async def _change(session: AsyncSession, generation_id: int, **values: object) -> int:
    """Returns the id of the channel where it was ordered."""
    channel_id = (await session.execute(_changing(), {"row": generation_id, **values})).scalar()
    if channel_id is None:
        raise NotFound("generation", generation_id)
    return int(channel_id)
