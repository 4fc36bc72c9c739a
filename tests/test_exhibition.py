"""The demo's gallery: filled once, after the example, without a word in the chat, and given up cleanly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.actions.posts import Posts
from bot.config import Settings, load_settings
from bot.database.records import GenerationFilter, GenerationRecord, ShareRecord
from bot.demo import run as demo
from bot.demo.exhibition import EXHIBITS, Exhibit, actor_of, fill_gallery, open_new_gallery
from bot.demo.slow import SlowMotion
from bot.demo.stage import OpenServices, Stage, cancelled, open_stage
from bot.services import Services, open_services
from tests.bot_fakes import FakePool

CAT, SNOW = Exhibit("a cat", "Bo", ("Ada", "Mo")), Exhibit("a cat in the snow", "Olga", remixes="a cat")


def services_with(pool: FakePool) -> OpenServices:
    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=SlowMotion(pool, seconds=0.0), interval=0.0) as opened:
            yield opened

    return services


async def test_a_new_gallery_is_filled_and_open_to_everybody(tmp_path: Path) -> None:
    """All are shared by their authors with their votes, newest first; a stranger's browser is shown them."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services_with(FakePool())) as stage, aiohttp.ClientSession() as client:
        said = stage.world.channel.history()
        assert await open_new_gallery(stage)
        await fill_gallery(stage, EXHIBITS)
        shown = await gallery_of(stage)
        assert stage.world.channel.history() == said
        async with client.get(f"{stage.pages}/gallery/{stage.world.guild.id}") as answer:
            page = await answer.text()
    names = {person.id: person.name for person in stage.world.people}
    assert {share.generation.order.requester.user_name for share in shown} == {"Bo", "Mo", "Olga"}
    assert [(share.prompt, names[share.user_id], share.votes) for share in reversed(shown)] == [
        (exhibit.prompt, exhibit.by, len(exhibit.voters)) for exhibit in EXHIBITS
    ]
    assert all(share.image.index == 0 for share in shown)  # whose score is the best
    assert {share.generation.status for share in shown} == {"delivered"}
    assert all(exhibit.prompt in page for exhibit in EXHIBITS)


async def test_a_remix_knows_what_it_was_made_from(tmp_path: Path) -> None:
    """Parent and child are shown with each other."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services_with(FakePool())) as stage:
        await fill_gallery(stage, (CAT, SNOW))
        snow, cat = await gallery_of(stage)
        family = await stage.bot.services.gallery.family(actor_of(stage.world, "Ada"), cat)
    assert [child.share and child.share.id for child in family.descendants] == [snow.id]
    assert snow.generation.order.kind == "remix"


async def test_it_is_filled_once_and_after_the_example(tmp_path: Path) -> None:
    """The second start finds pictures, draws its example alone, and leaves what the owner chose meanwhile."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    prompts = []
    for _ in range(2):
        pool = FakePool()
        async with open_stage(settings, 0, services_with(pool)) as stage:
            await demo.draw_first(stage, tmp_path / "grid.png", (CAT,))
            prompts.append([request.prompt for request in pool.requests])
            owner, choices = actor_of(stage.world, "Olga"), stage.bot.services.server_settings
            is_public = (await choices.get(owner)).gallery_is_public
            await choices.change(owner, gallery_is_public=False)
    assert prompts == [[demo.EXAMPLE_PROMPT, "a cat"], [demo.EXAMPLE_PROMPT]]
    assert not is_public


async def test_visitors_go_first(tmp_path: Path) -> None:
    """Nothing is ordered for the gallery while somebody waits, or while slow motion is on."""
    pool = FakePool()
    pool.hold()
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services_with(pool)) as stage:
        await stage.act(stage.world.members[0], "imagine", prompt="a red heart")
        await pool.begun.wait()
        filling = asyncio.create_task(fill_gallery(stage, (CAT,)))
        await turns(stage)
        assert [request.prompt for request in pool.requests] == ["a red heart"]
        pool.release()
        await filling
        assert len(await gallery_of(stage)) == 1
        slow = stage.slow_motion
        assert slow is not None
        slow.turn(on=True)
        filling = asyncio.create_task(fill_gallery(stage, (SNOW,)))
        await turns(stage)
        await cancelled(filling)
    assert [request.prompt for request in pool.requests] == ["a red heart", "a cat"]


async def test_what_is_cancelled_is_not_taken_up_by_the_next_start(tmp_path: Path) -> None:
    """The demo ends while one is being drawn: the log has it as cancelled, and the chat never hears of it."""
    pool = FakePool()
    pool.hold()
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services_with(pool)) as stage:
        filling = asyncio.create_task(fill_gallery(stage, (CAT, SNOW)))
        await pool.begun.wait()
        await cancelled(filling)
        (record,) = await log_of(stage)
    assert (record.status, pool.cancelled) == ("cancelled", 1)
    async with open_stage(settings, 0, services_with(pool)) as stage:
        assert stage.bot.services.works.pending() == []


@pytest.mark.parametrize("trouble", ["fail", "block"])
async def test_what_cannot_be_drawn_ends_the_filling(trouble: str, tmp_path: Path) -> None:
    """The demo goes on with what the gallery has."""
    pool = FakePool()
    if trouble == "fail":
        pool.fail_next()
    else:
        pool.block("cat")
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services_with(pool)) as stage:
        await fill_gallery(stage, (Exhibit("a cat", "Bo"), Exhibit("a pizza", "Mo")))
        assert await gallery_of(stage) == ()
        assert len(await log_of(stage)) == 1


async def gallery_of(stage: Stage) -> tuple[ShareRecord, ...]:
    return (await stage.bot.services.gallery.page(actor_of(stage.world, "Ada"), "newest", None, 50)).records


async def log_of(stage: Stage) -> tuple[GenerationRecord, ...]:
    return tuple((await stage.bot.services.generations.page(GenerationFilter(), limit=50)).records)


async def turns(stage: Stage) -> None:
    """Let every task have several turns, and the database, too."""
    for _ in range(20):
        await log_of(stage)
