"""The story of a generation, told with a fake pool, a fake reply and everything else real."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.actions.actor import Actor
from bot.database.guild import GuildRecord, RoleRule
from bot.database.records import GenerationFilter
from bot.errors import (
    Busy,
    ChannelNotAllowed,
    GenerationCancelled,
    GenerationFailed,
    InvalidOption,
    LimitReached,
    NoEndpoint,
    NotFound,
    NotSaved,
    PromptBlocked,
    QueueFull,
    Sanctioned,
)
from bot.generation.album import Album, shown_grid
from bot.generation.grid import compose
from bot.orders.order import Order, Requester
from bot.pool.offer import Offer
from bot.services import Services
from bot.wording.render import explain
from tests.bot_fakes import (
    ADA,
    BOB,
    CHANNEL,
    FAKE_MODEL,
    GUILD,
    FakeDoor,
    FakePool,
    FakeReply,
    an_interaction,
    an_order,
    draw,
    finish,
    locked,
    order_one,
    services,
    tile,
)


async def until(condition: asyncio.Event) -> None:
    await asyncio.wait_for(condition.wait(), 10)


async def test_an_order_becomes_a_delivered_grid(tmp_path: Path) -> None:
    """Four pictures, their grid and every fact about them reach the reply, the storage and the log."""
    async with services(tmp_path) as opened:
        generation_id, reply = await order_one(opened, an_order(seed=11, interaction=an_interaction()))
        record = await finish(opened, generation_id)

        (result,) = reply.results
        assert [picture.seed for picture in result.images] == [11, 12, 13, 14]
        assert [picture.png for picture in result.images] == [tile(seed) for seed in (11, 12, 13, 14)]
        assert result.grid.suffix == "png"
        assert record.status == "delivered"
        assert record.message_id == reply.message_id
        assert record.model == "fake"
        assert record.verdict is not None
        assert record.verdict.action == "allow"
        times = [record.created_at, record.checked_at, record.queued_at, record.started_at, record.finished_at]
        assert None not in [*times, record.delivered_at]
        assert times == sorted(times)  # type: ignore[type-var]  # none of them is None
        assert [await opened.storage.get(image.key) for image in record.images] == [p.png for p in result.images]
        assert record.grid_key is not None
        assert await opened.storage.get(record.grid_key) == result.grid.data
        assert record.order.interaction is None, "the token is forgotten on delivery"


async def test_words_that_the_model_does_not_know_are_told(tmp_path: Path) -> None:
    """With the pictures, as the server names them."""
    pool = FakePool()
    pool.unknown_words = ("pepe",)
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order("pepe the frog", interaction=an_interaction()))
        await finish(opened, generation_id)
        assert [result.unknown_words for result in reply.results] == [("pepe",)]


async def test_the_best_picture_comes_first(tmp_path: Path) -> None:
    """In the grid, under the buttons and in the log, each with its own seed and score, after a restart too."""
    pool = FakePool()
    pool.scores = (0.21, 0.34, 0.28, 0.34)
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order(seed=11))
        record = await finish(opened, generation_id)
        album = await Album.load(opened.storage, record, opened.seal)
    assert [(image.index, image.seed, image.score) for image in record.images] == [
        (0, 12, 0.34),
        (1, 14, 0.34),
        (2, 13, 0.28),
        (3, 11, 0.21),
    ]
    (result,) = reply.results
    assert [picture.png for picture in result.images] == [tile(seed) for seed in (12, 14, 13, 11)]
    assert result.grid.data == compose([tile(seed) for seed in (12, 14, 13, 11)])
    shown = tuple(replace(picture, verdict=None) for picture in result.images)  # a verdict is judged once, not kept
    assert (tuple(replace(picture, verdict=None) for picture in album.pictures), album.grid) == (shown, result.grid)


async def test_a_removed_picture_leaves_its_cell_empty(tmp_path: Path) -> None:
    """Wherever the grid is shown again, after a restart too; restored, it is as it was delivered."""
    async with services(tmp_path) as opened:
        generation_id, reply = await order_one(opened, an_order(seed=11))
        await finish(opened, generation_id)
        removed = await opened.generations.remove(generation_id, ADA, "ugly", 1)
        rest = await shown_grid(opened.storage, removed, opened.seal)
        album = await Album.load(opened.storage, removed, opened.seal)
        restored = await opened.generations.restore(generation_id, ADA, "", 1)
        whole = await shown_grid(opened.storage, restored, opened.seal)
    assert rest is not None
    assert rest.data == compose([tile(11), None, tile(13), tile(14)])
    assert album.grid == rest
    assert whole == reply.results[0].grid


async def test_a_seed_is_drawn_where_none_is_given(tmp_path: Path) -> None:
    """The seed that was drawn by chance is in the log and was sent to the server."""
    pool = FakePool()
    async with services(tmp_path, pool) as opened:
        first, second = await draw(opened), await draw(opened)
    assert [request.seed for request in pool.requests] == [first.seed, second.seed]
    assert first.seed != second.seed


@pytest.mark.parametrize("prompt", ["", "   \n\t", "\u200b\u200d\ufeff", "\u2800\u3164"])
async def test_a_prompt_that_shows_nothing_is_refused(tmp_path: Path, prompt: str) -> None:
    """Empty, white and zero-width prompts name the prompt and leave no row."""
    async with services(tmp_path) as opened:
        with pytest.raises(InvalidOption, match="empty") as refusal:
            await order_one(opened, an_order(prompt))
        assert refusal.value.field == "prompt"
        assert await opened.generations.get(1) is None


@pytest.mark.parametrize(
    ("options", "field", "sentence"),
    [
        ({"prompt": "x" * 4001}, "prompt", "Prompt has 4001 characters; at most 1000 are taken."),
        ({"negative_prompt": "x" * 1001}, "negative_prompt", "Negative prompt has 1001 characters"),
        ({"images": 10}, "images", "Images is 10; it must be from 1 to 9."),
        ({"images": 0}, "images", "Images is 0"),
        ({"seed": 2**32}, "seed", "4294967295"),
        ({"guidance_scale": 31.0}, "guidance_scale", "Guidance scale is 31.0; it must be from 1.0 to 30.0."),
        ({"temperature": float("nan")}, "temperature", "Temperature is nan"),
        ({"top_k": -1}, "top_k", "from 0 to 65536"),
    ],
)
async def test_an_option_out_of_range_names_value_and_limit(
    tmp_path: Path, options: dict[str, object], field: str, sentence: str
) -> None:
    """What the person reads holds the option, what was given and what is allowed."""
    async with services(tmp_path) as opened:
        with pytest.raises(InvalidOption) as refusal:
            await order_one(opened, an_order(**options))  # type: ignore[arg-type]  # one of many options
    assert refusal.value.field == field
    assert sentence in explain(refusal.value)


@pytest.mark.parametrize("prompt", ["🐙", "شجرة حمراء", "@everyone **look**", "a\u200bb", "x" * 1000])
async def test_odd_prompts_are_drawn(tmp_path: Path, prompt: str) -> None:
    """Emoji, right-to-left, mentions, markdown and the longest prompt pass unchanged."""
    pool = FakePool()
    async with services(tmp_path, pool) as opened:
        record = await draw(opened, an_order(prompt))
    assert record.status == "delivered"
    assert pool.requests[0].prompt == record.order.prompt == prompt


async def test_a_blocked_prompt_stays_in_the_log(tmp_path: Path) -> None:
    """The filter's no ends the generation before any drawing, and the row keeps the verdict."""
    pool = FakePool()
    pool.block("gore", "violence")
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order("much gore", interaction=an_interaction()))
        record = await finish(opened, generation_id)
    assert record.status == "blocked"
    assert record.verdict is not None
    assert (record.verdict.action, record.verdict.category) == ("block", "violence")
    assert record.order.interaction is None
    assert pool.requests == []
    (error,) = reply.errors
    assert isinstance(error, PromptBlocked)
    assert (error.category, error.field) == ("violence", "prompt")


async def test_negative_prompts_are_checked_too(tmp_path: Path) -> None:
    """A harmless prompt with a blocked negative prompt is blocked, and the error says which of the two."""
    pool = FakePool()
    pool.block("gore")
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order("a cat", negative_prompt="gore"))
        assert (await finish(opened, generation_id)).status == "blocked"
    assert isinstance(reply.errors[0], PromptBlocked)
    assert reply.errors[0].field == "negative_prompt"


async def test_a_flagged_prompt_is_drawn_and_remembered(tmp_path: Path) -> None:
    """A flag is for the moderators; the person gets the pictures."""
    pool = FakePool()
    pool.block("knife", "violence", "flag")
    async with services(tmp_path, pool) as opened:
        record = await draw(opened, an_order("a kitchen knife"))
    assert record.status == "delivered"
    assert record.verdict is not None
    assert record.verdict.action == "flag"


async def test_nothing_is_drawn_unchecked(tmp_path: Path) -> None:
    """Where no server could check in time the generation fails, and nothing was drawn."""
    pool = FakePool()
    pool.can_check = False
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order())
        record = await finish(opened, generation_id)
    assert (record.status, record.error_code) == ("failed", "no_endpoint")
    assert isinstance(reply.errors[0], NoEndpoint)
    assert pool.requests == []


async def test_a_failure_is_told_and_logged(tmp_path: Path) -> None:
    """The server's code is in the row and its sentence before the person."""
    pool = FakePool()
    pool.fail_next("out_of_memory")
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order())
        record = await finish(opened, generation_id)
    assert (record.status, record.error_code) == ("failed", "out_of_memory")
    assert explain(reply.errors[0]) == "The drawing server ran out of memory. Fewer pictures may work."


async def test_a_sanctioned_person_is_not_admitted(tmp_path: Path) -> None:
    """A ban holds in its server, says why, and leaves no row."""
    async with services(tmp_path) as opened:
        await opened.sanctions.sanction(ADA, GUILD, "ban", None, "spam", by=BOB)
        with pytest.raises(Sanctioned, match="reason='spam'"):
            await order_one(opened, an_order())
        assert (await draw(opened, an_order(guild_id=None))).status == "delivered"


async def test_a_timeout_says_when_it_ends(tmp_path: Path) -> None:
    """The refusal carries the timeout's end as the time to try again."""
    until_then = datetime.now(UTC) + timedelta(hours=1)
    async with services(tmp_path) as opened:
        await opened.sanctions.sanction(ADA, GUILD, "timeout", until_then, "", by=BOB)
        with pytest.raises(Sanctioned) as refusal:
            await order_one(opened, an_order())
    assert refusal.value.retry_at == until_then


async def test_only_allowed_channels_admit(tmp_path: Path) -> None:
    """Where a server lists channels, others refuse and name those that are allowed."""
    async with services(tmp_path) as opened:
        await opened.guild_settings.set(GuildRecord(GUILD, (CHANNEL + 1,)), by=BOB)
        with pytest.raises(ChannelNotAllowed) as refusal:
            await order_one(opened, an_order())
        assert refusal.value.allowed == (CHANNEL + 1,)
        await draw(opened, an_order(channel_id=CHANNEL + 1))


async def test_a_persons_limit_holds_and_others_go_on(tmp_path: Path) -> None:
    """The third of two an hour is refused with a time to try again; somebody else is admitted."""
    async with services(tmp_path, limit_per_person="2/hour") as opened:
        await draw(opened)
        await draw(opened)
        with pytest.raises(LimitReached, match="whose='person' amount=2 every=1 unit='hour'") as refusal:
            await order_one(opened, an_order())
        assert refusal.value.retry_at is not None
        assert refusal.value.retry_at > datetime.now(UTC)
        assert (await draw(opened, an_order(user_id=BOB))).status == "delivered"


async def test_a_full_queue_counts_nothing(tmp_path: Path) -> None:
    """A refusal by the queue leaves the limit untouched and writes no row."""
    pool = FakePool()
    pool.hold()
    async with services(tmp_path, pool, limit_per_person="2/hour", queue_size_per_person=1) as opened:
        first, _ = await order_one(opened, an_order())
        for _ in range(3):
            with pytest.raises(QueueFull, match="under_way=1 limit=1"):
                await order_one(opened, an_order())
        pool.release()
        await finish(opened, first)
        assert (await draw(opened)).id == first + 1


async def test_positions_are_told_when_they_change(tmp_path: Path) -> None:
    """With one slot, the second and third hear their places, and hear again as the queue moves."""
    pool = FakePool(capacity=1)
    pool.hold()
    async with services(tmp_path, pool) as opened:
        first, one = await order_one(opened, an_order())
        await until(pool.begun)
        second, two = await order_one(opened, an_order())
        await until(two.heard)
        third, three = await order_one(opened, an_order(user_id=BOB))
        await until(three.heard)
        assert (one.positions, two.positions, three.positions) == ([], [1], [2])
        places = [(pending.generation_id, pending.position) for pending in opened.works.pending()]
        assert places == [(first, None), (second, 1), (third, 2)]
        assert [pending.generation_id for pending in opened.works.pending(BOB)] == [third]
        pool.release()
        for generation_id in (first, second, third):
            assert (await finish(opened, generation_id)).status == "delivered"


async def test_a_waiting_generation_can_be_cancelled(tmp_path: Path) -> None:
    """It leaves the queue, its row says so, the person hears it, and those behind move up."""
    pool = FakePool(capacity=0)
    async with services(tmp_path, pool) as opened:
        first, one = await order_one(opened, an_order())
        second, two = await order_one(opened, an_order(user_id=BOB))
        await until(one.heard)
        await until(two.heard)
        two.heard.clear()
        assert opened.works.cancel(first, ADA)
        record = await finish(opened, first)
        await until(two.heard)
        assert record.status == "cancelled"
        assert isinstance(one.errors[0], GenerationCancelled)
        assert two.positions[-1] == 1
        assert not opened.works.cancel(first, ADA)
        pool.capacity = 1
        assert (await finish(opened, second)).status == "delivered"


async def test_orders_for_a_busy_model_hold_up_no_other(tmp_path: Path) -> None:
    """One of two servers alone has the large model: its orders wait in the queue, not in places of the other one."""

    class TwoServers(FakePool):
        @property
        def offers(self) -> tuple[Offer, ...]:
            return Offer(2, frozenset({"fake"})), Offer(1, frozenset({"large"}))

    pool = TwoServers()
    pool.served = FAKE_MODEL, replace(FAKE_MODEL, name="large")
    pool.hold()
    async with services(tmp_path, pool) as opened:
        large = [(await order_one(opened, an_order(user_id=n, model="large")))[0] for n in range(1, 5)]
        fast = (await order_one(opened, an_order(user_id=5, model="fake")))[0]
        await eventually(partial(has_begun, pool, 2))
        running = [one.generation_id for one in opened.works.pending() if one.status == "running"]
        assert running == [large[0], fast]
        pool.release()
        assert [(await finish(opened, one)).status for one in (*large, fast)] == ["delivered"] * 5


async def test_cancelling_while_drawing_stops_the_server(tmp_path: Path) -> None:
    """The stream is closed, which is what cancels the work on the server, and the slot is free again."""
    pool = FakePool(capacity=1)
    pool.hold()
    async with services(tmp_path, pool) as opened:
        first, reply = await order_one(opened, an_order())
        await until(pool.begun)
        assert opened.works.cancel(first, ADA)
        assert (await finish(opened, first)).status == "cancelled"
        assert (pool.cancelled, pool.running) == (1, 0)
        assert reply.results == []
        pool.release()
        assert (await draw(opened)).status == "delivered"


async def test_a_stop_leaves_the_work_to_the_next_start(tmp_path: Path) -> None:
    """Rows checking, queued and running survive, and are drawn in order with the seeds that were promised."""
    pool = FakePool(capacity=1)
    pool.hold()
    async with services(tmp_path, pool) as opened:
        ids = [(await order_one(opened, an_order(f"number {n}", user_id=n)))[0] for n in range(1, 5)]
        seeds = [record.seed for record in await opened.generations.unfinished()]
        await until(pool.begun)
    replies: dict[int, FakeReply] = {}
    pool = FakePool(capacity=1)
    async with services(tmp_path, pool) as opened:
        resumed = await opened.recovery.resume(lambda record: replies.setdefault(record.id, FakeReply()))
        records = [await finish(opened, generation_id) for generation_id in ids]
    assert resumed == 4
    assert [record.status for record in records] == ["delivered"] * 4
    assert [request.seed for request in pool.requests] == seeds
    assert [len(reply.results) for reply in replies.values()] == [1] * 4


async def test_a_restart_keeps_the_classes_of_those_who_wait(tmp_path: Path) -> None:
    """What was drawn first; then the preferred, the others and the late by their turns, as if nothing had happened."""
    pool = FakePool(capacity=1)
    pool.hold()
    roles = (RoleRule(5, "first"), RoleRule(6, "later"))
    async with services(tmp_path, pool) as opened:
        await opened.guild_settings.set(GuildRecord(GUILD, roles=roles), by=1)
        ids = []
        for number, held in enumerate(((), (6,), (), (5,), (5,)), start=1):
            order = an_order(f"number {number}", user_id=number)
            order = replace(order, requester=replace(order.requester, role_ids=frozenset(held)))
            ids.append((await order_one(opened, order))[0])
            await until(pool.begun)
        await until_queued(opened, ids[1:])
        places = [opened.queue.place(generation_id) for generation_id in ids[1:]]
    assert [place.position for place in places if place is not None] == [4, 3, 1, 2]
    pool = FakePool(capacity=1)
    async with services(tmp_path, pool) as opened:
        await opened.recovery.resume(lambda _: FakeReply())
        for generation_id in ids:
            await finish(opened, generation_id)
    assert [request.prompt for request in pool.requests] == [f"number {n}" for n in (1, 4, 5, 3, 2)]


async def until_queued(opened: Services, ids: list[int]) -> None:
    for _ in range(3000):
        rows = [await opened.generations.get(generation_id) for generation_id in ids]
        if all(row is not None and row.status == "queued" for row in rows):
            return
        await asyncio.sleep(0.001)
    raise AssertionError([row and row.status for row in rows])


async def test_what_was_drawn_but_not_shown_is_shown_after_a_restart(tmp_path: Path) -> None:
    """The stored pictures are delivered, nothing is drawn again, and a third start delivers nothing."""
    reply = FakeReply()
    reply.broken = True
    async with services(tmp_path) as opened:
        generation_id, _ = await order_one(opened, an_order(seed=5), reply)
        record = await finish(opened, generation_id)
        assert (record.status, record.delivered_at) == ("delivering", None)
    later, pool = FakeReply(message_id=777), FakePool()
    async with services(tmp_path, pool) as opened:
        assert await opened.recovery.resume(lambda _: later) == 1
        record = await finish(opened, generation_id)
    assert pool.requests == []
    assert record.message_id == 777
    assert [picture.png for picture in later.results[0].images] == [tile(seed) for seed in (5, 6, 7, 8)]
    async with services(tmp_path, pool) as opened:
        assert await opened.recovery.resume(lambda _: FakeReply()) == 0


async def test_what_people_see_already_is_not_drawn_after_a_restart(tmp_path: Path) -> None:
    """The row says that it runs, because nothing could be written at its end; it becomes a delivered one."""
    held = FakePool()
    held.hold()
    async with services(tmp_path, held) as opened:
        generation_id, _ = await order_one(opened, an_order())
        await eventually(lambda: has_begun(held, 1))
    reply, pool = FakeReply(), FakePool()
    reply.shows = 777
    async with services(tmp_path, pool) as opened:
        assert await opened.recovery.resume(lambda _: reply) == 1
        record = await opened.generations.get(generation_id)
    assert record is not None
    assert (record.status, record.message_id) == ("delivered", 777)
    assert pool.requests == []
    assert reply.progresses == []
    assert reply.positions == []


def has_begun(pool: FakePool, generations: int) -> bool:
    return len(pool.requests) == generations


async def eventually(true: Callable[[], bool]) -> None:
    for _ in range(5000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("this never came true")


async def test_a_restart_keeps_the_order_in_which_turns_would_have_come(tmp_path: Path) -> None:
    """With turns half taken: three people with three each, some drawn already, one being drawn, one come late."""
    pool = FakePool(capacity=0)
    async with services(tmp_path, pool) as opened:
        for number in range(9):
            await order_one(opened, an_order(f"number {number}", user_id=number // 3))
        await eventually(lambda: [one.status for one in opened.works.pending()] == ["queued"] * 9)
        pool.hold()
        pool.capacity = 1
        for begun in (1, 2, 3):
            await eventually(partial(has_begun, pool, begun))
            pool.release()  # the one that is being drawn
            pool.hold()
        await order_one(opened, an_order("a late one", user_id=7))
        await eventually(lambda: len(pool.requests) == 4 and len(opened.works.pending()) == 7)
        await eventually(lambda: [one.status for one in opened.works.pending()] == ["running"] + ["queued"] * 6)
        expected = [one.generation_id for one in opened.works.pending()]
    pool = FakePool(capacity=1)
    async with services(tmp_path, pool) as opened:
        await opened.recovery.resume(lambda _: FakeReply())
        for generation_id in expected:
            await finish(opened, generation_id)
    assert [int(request.id or 0) for request in pool.requests] == expected


async def test_what_was_never_answered_is_not_drawn_after_a_restart(tmp_path: Path) -> None:
    """The bot was gone between the row and the answer: Discord has told the person so, and they have asked again."""
    async with services(tmp_path) as opened:
        generation_id = await opened.generations.open(an_order(seed=1))
    reply, pool = FakeReply(), FakePool()
    reply.answered = False
    async with services(tmp_path, pool) as opened:
        await opened.recovery.resume(lambda _: reply)
        assert (await finish(opened, generation_id)).error_code == "not_answered"
    assert (pool.requests, reply.results, reply.errors) == ([], [], [])


async def test_an_answer_that_the_row_does_not_know_is_written_down_by_the_next_start(tmp_path: Path) -> None:
    """Discord had taken the answer when the bot was gone; a later start may have no token to ask for it again."""
    async with services(tmp_path) as opened:
        generation_id = await opened.generations.open(an_order(seed=1))
    reply, pool = FakeReply(message_id=777), FakePool()
    pool.hold()
    async with services(tmp_path, pool) as opened:
        await opened.recovery.resume(lambda _: reply)
        await eventually(lambda: has_begun(pool, 1))
        record = await opened.generations.get(generation_id)
    assert record is not None
    assert (record.status, record.message_id) == ("running", 777)


async def test_lost_files_are_drawn_again(tmp_path: Path) -> None:
    """Where a stored picture is gone before it was shown, the same seed draws the same picture."""
    reply = FakeReply()
    reply.broken = True
    async with services(tmp_path) as opened:
        generation_id, _ = await order_one(opened, an_order(seed=5, images=1), reply)
        record = await finish(opened, generation_id)
        await opened.storage.delete(record.images[0].key)
    later, heard = FakeReply(), list[int]()
    async with services(tmp_path) as opened:
        opened.generator.listen(heard.append)
        await opened.recovery.resume(lambda _: later)
        await finish(opened, generation_id)
    assert later.results[0].images[0].png == tile(5)
    assert heard == [generation_id], "who looks at what was drawn hears of it once"


async def test_an_answer_that_cannot_be_looked_for_just_now_holds_nothing_up(tmp_path: Path) -> None:
    """The person may order again at once, and the next start looks for it."""

    class Away(FakeReply):
        async def find(self) -> int | None:
            raise ConnectionError("Discord is away")

    async with services(tmp_path) as opened:
        generation_id = await opened.generations.open(an_order(seed=1))
    async with services(tmp_path, queue_size_per_person=1) as opened:
        await opened.recovery.resume(lambda _: Away())
        assert (await finish(opened, generation_id)).status == "checking"
        assert opened.works.pending() == []
        assert (await draw(opened)).status == "delivered"
        await opened.recovery.resume(lambda _: FakeReply())
        assert (await finish(opened, generation_id)).status == "delivered"


async def test_what_was_removed_before_its_end_ends_with_the_next_start(tmp_path: Path) -> None:
    """By the command line, or before a crash: nobody draws it, and time takes it as it takes all that ended."""
    held, broken = FakePool(), FakeReply()
    broken.broken = True
    async with services(tmp_path, held) as opened:
        shown, _ = await order_one(opened, an_order(), broken)
        await finish(opened, shown)
        held.hold()
        drawn, _ = await order_one(opened, an_order())
        await eventually(lambda: has_begun(held, 2))
        for generation_id in (shown, drawn):
            await opened.generations.remove(generation_id, 0, "by the operator")
    pool, reply = FakePool(), FakeReply()
    async with services(tmp_path, pool) as opened:
        assert await opened.recovery.resume(lambda _: reply) == 0
        rows = [await opened.generations.get(generation_id) for generation_id in (shown, drawn)]
    assert [row and row.status for row in rows] == ["expired", "cancelled"]
    assert all(row and row.finished_at for row in rows)
    assert (pool.requests, reply.results, reply.errors) == ([], [], [])


async def test_files_that_cannot_be_read_just_now_hold_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person may order again at once, and the pictures are delivered by a later start."""
    reply = FakeReply()
    reply.broken = True
    async with services(tmp_path) as opened:
        generation_id, _ = await order_one(opened, an_order(seed=5), reply)
        await finish(opened, generation_id)

    async def refuse(_: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    async with services(tmp_path, queue_size_per_person=1) as opened:
        with monkeypatch.context() as patch:
            patch.setattr(opened.storage, "get", refuse)
            await opened.recovery.resume(lambda _: FakeReply())
            await finish(opened, generation_id)
        assert opened.works.pending() == []
        assert (await draw(opened)).status == "delivered"
    later = FakeReply()
    async with services(tmp_path) as opened:
        assert await opened.recovery.resume(lambda _: later) == 1
        await finish(opened, generation_id)
    assert later.results[0].images[0].png == tile(5)


async def test_a_starting_picture_survives_a_restart(tmp_path: Path) -> None:
    """The picture to vary is kept with the row, so a resumed variation still has it."""
    pool = FakePool()
    pool.hold()
    async with services(tmp_path, pool) as opened:
        order = an_order(kind="vary", init_image=tile(3), strength=0.5)
        generation_id, _ = await order_one(opened, order)
    pool = FakePool()
    async with services(tmp_path, pool) as opened:
        await opened.recovery.resume(lambda _: FakeReply())
        await finish(opened, generation_id)
    assert (pool.requests[0].init_image, pool.requests[0].strength) == (tile(3), 0.5)


async def test_pictures_that_cannot_be_stored_are_delivered_all_the_same(tmp_path: Path) -> None:
    """A full disk after the drawing costs the history, not the pictures."""
    pool = FakePool()
    pool.hold()
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order())
        # A file where the folder of this generation should be: no picture can be written.
        (tmp_path / "pictures" / "generations").write_bytes(b"")
        pool.release()
        record = await finish(opened, generation_id)
    assert len(reply.results[0].images) == 4
    assert record.images == ()
    assert record.delivered_at is not None


async def test_pictures_are_delivered_where_the_log_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hiccup of the database after the drawing changes nothing for the person, nor for the row."""

    async def refuse(_: int) -> None:
        raise ConnectionResetError("the database server went away")

    async with services(tmp_path) as opened:
        with monkeypatch.context() as patch:
            patch.setattr(opened.generations, "get", refuse)
            generation_id, reply = await order_one(opened, an_order(seed=5))
            await opened.works.ended(generation_id)
        record = await opened.generations.get(generation_id)
    (result,) = reply.results
    assert (result.record.id, result.record.seed, result.record.model) == (generation_id, 5, "fake")
    assert record is not None
    assert (record.status, record.images) == ("delivered", result.record.images)
    assert len(record.images) == 4


async def test_pictures_are_delivered_where_the_log_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were drawn; only the history lacks them."""

    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionResetError("the database server went away")

    async with services(tmp_path) as opened:
        monkeypatch.setattr(opened.generations, "record_pictures", refuse)
        generation_id, reply = await order_one(opened, an_order())
        record = await finish(opened, generation_id)
    assert len(reply.results[0].images) == 4
    assert (record.status, record.images, reply.errors) == ("delivered", (), [])


async def test_what_is_erased_while_its_pictures_are_stored_leaves_no_file_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is gone is nothing to try again for."""
    async with services(tmp_path) as opened:
        put = opened.storage.put

        async def erase_meanwhile(key: str, data: bytes) -> None:
            await put(key, data)
            await opened.privacy._personal.delete([1])

        monkeypatch.setattr(opened.storage, "put", erase_meanwhile)
        generation_id, reply = await order_one(opened, an_order())
        await asyncio.wait_for(opened.works.ended(generation_id), 10)
        assert opened.works.pending() == []
    assert [error.code for error in reply.errors] == ["not_found"]
    assert [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()] == []


async def test_nothing_is_made_from_what_was_erased_a_moment_before(tmp_path: Path) -> None:
    """The person is told so, and not that something broke."""
    async with services(tmp_path) as opened:
        with pytest.raises(NotFound, match="number=7"):
            await order_one(opened, an_order(parent_id=7))


async def test_a_failure_is_told_even_where_the_log_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps the row from being written does not keep the sentence from the person."""
    pool = FakePool()
    pool.fail_next("out_of_memory")

    async def refuse(*_: object) -> None:
        raise ConnectionResetError("the database server went away")

    async with services(tmp_path, pool) as opened:
        monkeypatch.setattr(opened.generations, "fail", refuse)
        generation_id, reply = await order_one(opened, an_order())
        await finish(opened, generation_id)
    assert [error.code for error in reply.errors] == ["out_of_memory"]


async def test_an_order_that_cannot_be_written_down_is_refused(tmp_path: Path) -> None:
    """Where the starting picture cannot be kept, the person learns the id, and the limit is untouched."""
    async with services(tmp_path, limit_per_person="1/hour") as opened:
        (tmp_path / "pictures" / "generations").write_bytes(b"")
        with pytest.raises(NotSaved, match="subject='generation' generation_id=1"):
            await order_one(opened, an_order(init_image=tile(1), strength=0.5))
        record = await opened.generations.get(1)
        assert record is not None
        assert (record.status, record.error_code) == ("failed", "not_saved")
        assert (await draw(opened)).status == "delivered"


async def test_writes_that_fail_are_tried_again_until_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, without a restart; nothing is drawn or shown that the log does not know of."""
    pool = FakePool()

    monkeypatch.setattr("bot.generation.patience.FIRST_PAUSE", 0.0)
    refusals: list[str] = []

    def refusing(name: str) -> Callable[..., Awaitable[None]]:
        write, left = getattr(opened.generations, name), iter(range(3))

        async def refuse(*values: object, **more: object) -> None:
            for _ in left:
                refusals.append(name)
                raise NotSaved("generation")
            await write(*values, **more)

        return refuse

    async with services(tmp_path, pool) as opened:
        names = ("record_reply", "record_verdict", "record_queued", "record_start", "record_pictures", "delivered")
        for name in names:
            monkeypatch.setattr(opened.generations, name, refusing(name))
        generation_id, reply = await order_one(opened, an_order())
        assert (await finish(opened, generation_id)).status == "delivered"
    assert refusals == [name for name in names for _ in range(3)]
    assert (len(reply.results), reply.errors, len(pool.requests)) == (1, [], 1)


async def test_pictures_of_which_the_log_took_no_note_in_time_are_noted_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person does not wait for a database that is locked, and has every button; the row has every picture later."""
    monkeypatch.setattr("bot.generation.patience.FIRST_PAUSE", 0.0)
    monkeypatch.setattr("bot.generation.journal.PATIENCE_WITH_PICTURES", -1.0)
    reply = FakeReply()
    async with services(tmp_path) as opened:
        write = opened.generations.record_pictures

        async def wait_for_the_delivery(*values: Any, **more: Any) -> None:
            if not reply.results:
                raise NotSaved("generation")
            await write(*values, **more)

        monkeypatch.setattr(opened.generations, "record_pictures", wait_for_the_delivery)
        generation_id, _ = await order_one(opened, an_order(), reply)
        record = await finish(opened, generation_id)
    assert record.status == "delivered"
    assert len(record.images) == 4
    assert reply.results[0].record.images == record.images
    assert reply.results[0].record.grid_key == record.grid_key


async def test_a_storage_that_takes_its_time_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one person's picture is stored others order and look; the person has their place, and no second one."""
    storing, stored = asyncio.Event(), asyncio.Event()
    async with services(tmp_path, queue_size_per_person=1) as opened:
        put = opened.storage.put

        async def slowly(key: str, data: bytes) -> None:
            if "from-" in key:
                storing.set()
                await stored.wait()
            await put(key, data)

        monkeypatch.setattr(opened.storage, "put", slowly)
        order = an_order(init_image=tile(1), strength=0.5)
        uploading = asyncio.create_task(order_one(opened, order))
        await until(storing)
        others = await draw(opened, an_order(user_id=BOB))
        await opened.pictures.look(Actor(BOB, GUILD, channel_id=CHANNEL), others.id, 0)
        with pytest.raises(QueueFull):
            await order_one(opened, an_order())
        stored.set()
        generation_id, _ = await uploading
        record = await finish(opened, generation_id)
    assert (others.status, record.status) == ("delivered", "delivered")


async def test_what_is_stored_slips_past_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was counted meanwhile was first; the other's row ends, and its place is free."""
    async with services(tmp_path, limit_per_person="1/hour") as opened:
        put, meanwhile = opened.storage.put, list[str]()

        async def slowly(key: str, data: bytes) -> None:
            if "from-" in key:
                meanwhile.append((await draw(opened)).status)
            await put(key, data)

        monkeypatch.setattr(opened.storage, "put", slowly)
        with pytest.raises(LimitReached):
            await order_one(opened, an_order(init_image=tile(1), strength=0.5))
        record = await opened.generations.get(1)
        assert record is not None
        assert (record.status, record.error_code, meanwhile) == ("failed", "limit_reached", ["delivered"])
        assert len(opened.queue) == 0


async def test_what_is_erased_while_its_start_is_stored_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row would ever name it."""
    async with services(tmp_path) as opened:
        put = opened.storage.put

        async def erased(key: str, data: bytes) -> None:
            await put(key, data)
            await opened.privacy.erase(ADA)

        monkeypatch.setattr(opened.storage, "put", erased)
        with pytest.raises(NotFound):
            await order_one(opened, an_order(init_image=tile(1), strength=0.5))
        assert [one async for one in opened.storage.files()] == []
        assert len(opened.queue) == 0


async def test_an_order_whose_person_cannot_be_answered_frees_its_place(tmp_path: Path) -> None:
    """Where the first answer failed, the row says so and the person may order again."""
    door = FakeDoor()
    door.broken = True
    async with services(tmp_path, queue_size_per_person=1) as opened:
        with pytest.raises(ConnectionError):
            await opened.generator.run(an_order(), door)
        record = await opened.generations.get(1)
        assert record is not None
        assert record.error_code == "not_answered"
        assert (await draw(opened)).status == "delivered"


async def test_nobody_is_acknowledged_before_the_row_stands(tmp_path: Path) -> None:
    """Where the database takes too long the order is refused, and nothing of it is written down any more."""
    door = FakeDoor(patience=0.0)
    async with services(tmp_path) as opened:
        with locked(tmp_path):
            with pytest.raises(Busy):
                await opened.generator.run(an_order(), door)
            with pytest.raises(Busy):
                await opened.generator.run(an_order(user_id=BOB), door)
    assert not door.acknowledged.is_set()
    async with services(tmp_path) as opened:
        rows = (await opened.generations.page(GenerationFilter())).records
        assert rows == ()
        assert await opened.recovery.resume(lambda _: FakeReply()) == 0


async def test_an_order_that_was_refused_for_its_slowness_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its row was being written already when patience ended: the person may order again at once."""
    async with services(tmp_path, limit_per_person="1/hour", queue_size_per_person=1) as opened:
        write, written = opened.generations.open, list[Order]()

        async def slowly(order: Order) -> int:
            written.append(order)
            return await write(order)

        with monkeypatch.context() as patch:
            patch.setattr(opened.generations, "open", slowly)
            await opened.admission.admit(an_order(), lambda: not written)
        assert (await draw(opened)).status == "delivered"


async def test_missing_pictures_are_a_failure(tmp_path: Path) -> None:
    """A server that says it is done without having sent all pictures is not believed."""

    class Stingy(FakePool):
        async def generate(self, request):  # type: ignore[no-untyped-def]  # as FakePool's
            async for event in super().generate(replace(request, images=2)):
                yield event

    async with services(tmp_path, Stingy()) as opened:
        generation_id, reply = await order_one(opened, an_order())
        assert (await finish(opened, generation_id)).error_code == "incomplete"
    assert "Only 2 of 4 pictures" in explain(reply.errors[0])


async def test_a_bug_is_told_with_the_id_and_nothing_else(tmp_path: Path) -> None:
    """An unforeseen exception ends the generation in order, and its text stays in the log."""

    class Buggy(FakePool):
        async def generate(self, request):  # type: ignore[no-untyped-def]  # as FakePool's
            if request.images:
                raise RuntimeError("secret detail")
            yield

    async with services(tmp_path, Buggy()) as opened:
        generation_id, reply = await order_one(opened, an_order())
        assert (await finish(opened, generation_id)).error_code == "internal"
    assert isinstance(reply.errors[0], GenerationFailed)
    assert explain(reply.errors[0]) == f"Something broke. The log says more under generation {generation_id}."


async def test_previews_reach_the_reply(tmp_path: Path) -> None:
    """What the server has drawn so far is shown before the pictures are."""
    reply = FakeReply()

    class Unhurried(FakePool):
        async def generate(self, request):  # type: ignore[no-untyped-def]  # as FakePool's
            async for event in super().generate(request):
                yield event
                await until(reply.heard)

    async with services(tmp_path, Unhurried()) as opened:
        generation_id, _ = await order_one(opened, an_order(), reply)
        await finish(opened, generation_id)
    assert reply.progresses == [0.5]
    assert len(reply.results) == 1


def test_a_token_is_not_printed() -> None:
    """The interaction's token does not show in what logs print of an order."""
    order = an_order(interaction=an_interaction())
    assert "very-secret" not in repr(order)
    assert isinstance(order.requester, Requester)
