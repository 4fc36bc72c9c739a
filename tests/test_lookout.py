"""Who rewords what was blocked until it passes comes before the moderators, once."""

from pathlib import Path

from bot.actions.actor import Actor
from bot.wording.reasons import review_reason
from tests.bot_fakes import ADA, BOB, CHANNEL, GUILD, FakePool, an_order, draw, finish, order_one, services

MODERATOR = Actor(3003, GUILD, CHANNEL, permissions=frozenset({"manage_messages"}))
BLOCKED = "some gore on a red table today"
REWORDED = "some g0re on a red table today"


async def test_a_reworded_prompt_raises_its_person(tmp_path: Path) -> None:
    """With the blocked request that it is like; other prompts and other people raise nobody."""
    pool = FakePool()
    pool.block("gore")
    async with services(tmp_path, pool, limit_per_person="off") as opened:
        blocked, _ = await order_one(opened, an_order(BLOCKED))
        await finish(opened, blocked)
        await draw(opened, an_order("a castle at night"))
        await draw(opened, an_order(REWORDED, BOB))
        await opened.note_taker.idle()
        assert (await opened.reviews.page(MODERATOR)).records == ()
        reworded = await draw(opened, an_order(REWORDED))
        await draw(opened, an_order(REWORDED))
        await opened.note_taker.idle()
        (review,) = (await opened.reviews.page(MODERATOR)).records
        assert (review.kind, review.generation_id, review.user_id) == ("misuse", reworded.id, ADA)
        assert review.reason == f"like:{blocked}:86"
        assert review_reason(review.kind, review.reason) == f"Much like the blocked request {blocked} (86 % alike)"


async def test_where_nobody_can_compare_the_pictures_come_all_the_same(tmp_path: Path) -> None:
    pool = FakePool()
    pool.block("gore")
    async with services(tmp_path, pool, limit_per_person="off") as opened:
        blocked, _ = await order_one(opened, an_order(BLOCKED))
        await finish(opened, blocked)
        pool.hold()
        drawn, reply = await order_one(opened, an_order(REWORDED))
        await pool.begun.wait()
        pool.can_check = False
        pool.release()
        await finish(opened, drawn)
        await opened.note_taker.idle()
        assert len(reply.results) == 1
        assert (await opened.reviews.page(MODERATOR)).records == ()
