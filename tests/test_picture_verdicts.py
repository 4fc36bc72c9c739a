"""What the picture check held back never reaches the channel; the policy of a server reaches the inference server."""

from pathlib import Path

import pytest

from bot.database.guild import GuildRecord
from bot.database.reviews import CategoryReport, NewReview, Reviews
from bot.errors import InvalidOption, PicturesHeld
from bot.generation.album import shown_grid
from bot.generation.grid import compose
from bot.orders.order import Requester
from inference.contract import Policy, Verdict
from inference.contract.verdicts import Action
from tests.bot_fakes import ADA, CHANNEL, GUILD, FakePool, an_order, finish, order_one, services
from tests.town import Town, parts

HELD = Verdict("hold", "nudity", 0.9, "picture_check", ("female_breast_exposed",))


async def test_a_held_picture_is_not_shown_and_comes_before_moderators(tmp_path: Path) -> None:
    """The others are delivered without it, each at its place; it is kept, and restored it stands in the grid again."""
    pool = FakePool()
    pool.picture_verdicts = {1: HELD}
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order())
        record = await finish(opened, generation_id)
        (result,) = reply.results
        reviews = await Reviews(opened.database).of(generation_id)
        pngs = [await opened.storage.get(image.key) for image in record.images]
        restored = await shown_grid(
            opened.storage, await opened.generations.restore(generation_id, ADA, "", 1), opened.seal
        )
    assert [picture.index for picture in result.images] == [0, 2, 3]
    assert record.images[1].removal is not None
    assert record.images[1].verdict == HELD
    assert result.grid.data == compose([pngs[0], None, *pngs[2:]])
    assert restored is not None
    assert restored.data == compose(pngs)
    (review,) = reviews
    assert (review.kind, review.image_index) == ("held", 1)
    assert "nudity" in review.reason


async def test_where_nothing_is_left_the_person_is_told(tmp_path: Path) -> None:
    """Kindly, and that moderators look at it; the pictures stay for them."""
    pool = FakePool()
    pool.picture_verdicts = dict.fromkeys(range(9), HELD)
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order())
        record = await finish(opened, generation_id)
    (error,) = reply.errors
    assert isinstance(error, PicturesHeld)
    assert error.reviewed
    assert not reply.results
    assert (record.status, len(record.images), record.grid_key) == ("expired", 4, None)


@pytest.mark.parametrize(("action", "kinds", "shown"), [("block", [], 3), ("blur", ["flag"], 4), ("flag", ["flag"], 4)])
async def test_the_server_decides_what_becomes_of_a_picture(
    tmp_path: Path, action: str, kinds: list[str], shown: int
) -> None:
    """Removed without a review, shown behind a cover, or shown and listed."""
    pool = FakePool()
    pool.picture_verdicts = {0: Verdict(action, "nudity", 0.9, "picture_check")}  # type: ignore[arg-type]
    async with services(tmp_path, pool) as opened:
        generation_id, reply = await order_one(opened, an_order())
        record = await finish(opened, generation_id)
        reviews = await Reviews(opened.database).of(generation_id)
    assert [review.kind for review in reviews] == kinds
    assert len(reply.results[0].images) == shown
    assert record.is_covered is (action == "blur")


@pytest.mark.parametrize(("action", "hidden"), [("blur", True), ("flag", False)])
async def test_a_blurred_picture_reaches_the_channel_behind_a_cover(town: Town, action: Action, hidden: bool) -> None:
    """As what Discord calls a spoiler; one that is only flagged is shown."""
    town.pool.picture_verdicts = {0: Verdict(action, "nudity", 0.9, "picture_check")}
    _, message = await town.imagine("a cat", images=1)
    (gallery,) = (part for part in parts(message) if part["type"] == 12)
    assert gallery["items"][0].get("spoiler", False) is hidden


async def test_the_policy_travels_with_check_and_drawing(tmp_path: Path) -> None:
    """The server's choices and words; an age-restricted channel counts only where managers say so."""
    pool = FakePool()
    chosen = Policy("strict", age_restricted=True, categories={"illegal": "flag"})
    async with services(tmp_path, pool) as opened:
        await opened.guild_settings.set(GuildRecord(GUILD, policy=chosen), by=1)
        await opened.terms._terms.add(GUILD, "pineapple*", "block", by=1)
        await opened.terms._terms.add(GUILD, "pizza", "flag", by=1)
        generation_id, _ = await order_one(opened, an_order())
        await finish(opened, generation_id)
        restricted = await opened.policies.of(Requester(ADA, "ada", GUILD, CHANNEL, age_restricted=True))
        elsewhere = await opened.policies.of(Requester(ADA, "ada", None, CHANNEL))
    (policy,) = pool.policies
    assert policy == pool.requests[0].policy
    assert (policy.level, policy.age_restricted, policy.categories) == ("strict", False, {"illegal": "flag"})
    assert (policy.blocked_words, policy.flagged_words) == (("pineapple*",), ("pizza",))
    assert restricted.age_restricted
    assert elsewhere == Policy()


async def test_words_that_stand_for_nearly_everything_are_refused(tmp_path: Path) -> None:
    """When they are chosen, with the reason; not when somebody draws."""
    async with services(tmp_path) as opened:
        with pytest.raises(InvalidOption, match="too_few_letters"):
            await opened.terms._terms.add(GUILD, "a*", "block", by=1)


async def test_the_filter_is_reported_on_by_category(tmp_path: Path) -> None:
    """Blocks, appeals, and how many of these were granted."""
    pool = FakePool()
    pool.block("gore", "violence_gore")
    pool.block("nude", "sexual", action="flag")
    async with services(tmp_path, pool) as opened:
        for prompt in ("gore", "much gore", "nude", "a cat"):
            generation_id, _ = await order_one(opened, an_order(prompt))
            await finish(opened, generation_id)
        blocked = generation_id - 3
        reviews = Reviews(opened.database)
        await reviews.open(NewReview("appeal", GUILD, blocked, ADA, ADA, "it is a game"))
        await reviews.close(blocked, 1, "kept")
        everywhere, elsewhere = await reviews.report(), await reviews.report(GUILD + 1)
    assert everywhere == (CategoryReport("violence_gore", 0, 2, 1, 1), CategoryReport("sexual", 1, 0, 0, 0))
    assert elsewhere == ()
