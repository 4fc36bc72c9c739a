"""The demo as its visitor uses it, in headless Chromium: type /imagine, see it being drawn, press a button."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.actions.posts import Posts
from bot.config import Settings, load_settings
from bot.demo.page import PictureReader
from bot.demo.run import in_demo_folder
from bot.demo.slow import SlowMotion
from bot.demo.stage import open_stage
from bot.pool.offer import Offer
from bot.services import Services, open_services
from tests.browsers import IN_ITS_LOOP, PATIENCE_MS, open_tab
from tests.town import PausingPool

pytestmark = IN_ITS_LOOP
APP = "#preview-app"


class SlowToLoad(PausingPool):
    """Has no place for anybody before it is `loaded`."""

    loaded = False

    @property
    def offers(self) -> tuple[Offer, ...]:
        return super().offers if self.loaded else (Offer(0),)


@asynccontextmanager
async def open_page(browser: Any, url: str, size: tuple[int, int] = (1280, 900)) -> AsyncIterator[Any]:
    """The page at `url` in a tab; fails the test afterwards if a script broke."""
    async with open_tab(browser, viewport={"width": size[0], "height": size[1]}) as (page, broken):
        await page.goto(url)
        yield page
    assert broken == []


def drawing_with(pool: PausingPool) -> Callable[[Settings, Posts], AbstractAsyncContextManager[Services]]:
    """How the demo opens its services, with this pool."""

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=pool, interval=0.0) as opened:
            yield opened

    return services


async def test_imagine_is_typed_watched_and_acted_upon(chromium: Any, tmp_path: Path) -> None:
    """The visitor's whole way: the command, the preview, the grid, a press, and a moderator's view of it."""
    pool = PausingPool()
    services = drawing_with(pool)
    pool.hold_after_preview()
    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage, open_page(chromium, stage.url) as page:
        timeline = page.locator("#channel-timeline")
        await timeline.get_by_text("Welcome to Easel").wait_for()

        composer = page.locator("#channel-composer-input")
        await composer.click()
        await composer.press_sequentially("/imag")
        await page.get_by_role("option").filter(has_text="imagine").first.wait_for()
        await page.keyboard.press("Enter")
        await page.keyboard.type("a yellow star")
        await page.keyboard.press("Enter")

        await timeline.get_by_text("50 %").wait_for()
        await loaded(timeline.get_by_role("img", name="Unfinished preview"))
        assert await timeline.get_by_role("button", name="Cancel").is_visible()

        pool.release()
        grid = timeline.get_by_role("img", name="a yellow star")
        await loaded(grid)
        assert await timeline.get_by_role("button", name="Cancel").count() == 0

        await timeline.get_by_role("button", name="Details").click()
        await timeline.get_by_text("/imagine prompt:a yellow star").wait_for()
        await timeline.get_by_text("Pick a picture").click()
        await page.get_by_role("option").filter(has_text="Picture 2, top right").click()
        await timeline.get_by_text("Picture 2 of 4").wait_for()
        await timeline.get_by_role("button", name="Upscale ×2").click()
        await timeline.get_by_text("upscaled for").wait_for()

        await page.get_by_role("button", name="Mo moderator").click()
        await timeline.get_by_text("upscaled for").wait_for()
        await page.get_by_role("button", name="Read the request log").click()
        await page.keyboard.press("Enter")
        await timeline.get_by_text("Request log").wait_for()


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
async def test_a_newcomer_finds_what_to_do(chromium: Any, size: tuple[int, int], tmp_path: Path) -> None:
    """The welcome is in sight, things to try fill the box, Enter is enough, and slow motion shows a queue."""
    slow = SlowMotion(PausingPool(), seconds=600.0)

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=slow, interval=0.0) as opened:
            yield opened

    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage, open_page(chromium, stage.url, size) as page:
        timeline = page.locator("#channel-timeline")
        await stage.act(stage.world.members[0], "imagine", prompt="a red heart")
        await loaded(timeline.get_by_role("img", name="a red heart"))
        assert await in_sight(timeline.get_by_text("Welcome to Easel"))
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.evaluate("app => { app.className = 'preview-app'; app.style = '' }", await page.query_selector(APP))
        box = await page.locator("#channel-composer").bounding_box()  # as it stands until its script has seen the page
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]

        await page.get_by_label("Slow motion").check()
        await page.get_by_role("button", name="A castle").click()
        await page.keyboard.press("Enter")
        await timeline.get_by_text("Drawing").wait_for()
        await page.locator("#channel-composer-input").press_sequentially("/imagine a yellow star")
        await page.keyboard.press("Enter")
        await timeline.get_by_text("Next in the queue").wait_for()
        await page.locator("#channel-composer-input").press_sequentially("/queue")
        await page.keyboard.press("Enter")
        await timeline.get_by_text("1 being drawn, 1 waiting").wait_for()
        await page.locator("#channel-composer-input").fill("/imagin a cat")
        await page.keyboard.press("Enter")
        await page.get_by_text("There is no command /imagin. Did you mean /imagine?").wait_for()
        await page.get_by_role("button", name="Stop what is not finished").click()
        await page.keyboard.press("Enter")
        await timeline.get_by_text("Cancelled 2 generations.").wait_for()
        assert await in_sight(timeline.get_by_text("Cancelled 2 generations."))


async def test_an_old_tab_goes_on_after_a_restart(chromium: Any, tmp_path: Path) -> None:
    """It says that the demo has stopped, and opens anew by itself when it is back."""

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=PausingPool(), interval=0.0) as opened:
            yield opened

    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with AsyncExitStack() as stack:
        async with open_stage(settings, 0, services) as stage:
            page = await stack.enter_async_context(open_page(chromium, stage.url))
            port = int(stage.url.partition("#")[0].rstrip("/").rpartition(":")[2])
            await page.locator("#channel-timeline").get_by_text("Welcome to Easel").wait_for()
        await page.get_by_text("The demo has stopped").wait_for()
        async with open_stage(settings, port, services) as stage:
            await page.get_by_text("The demo has stopped").wait_for(state="hidden")  # till then it is the old page
            await page.locator("#channel-timeline").get_by_text("Welcome to Easel").wait_for()
            await page.locator("#channel-composer-input").fill("/help")
            await page.keyboard.press("Enter")
            await page.get_by_text("Easel draws what you describe", exact=True).wait_for()


@pytest.mark.parametrize(
    ("person", "way", "words", "answer"),
    [
        ("Ada", "press_sequentially", "/help", "Easel draws what"),
        ("Ada", "press_sequentially", "/imagine a yellow star", "a yellow star"),
        ("Ada", "fill", "/imagine a yellow star", "a yellow star"),
        ("Bo", "fill", "/imagine a yellow star", "a yellow star"),
    ],
    ids=["a command", "typed", "pasted", "as somebody else"],
)
async def test_an_enter_while_the_page_waits_for_an_answer_is_kept(
    chromium: Any, person: str, way: str, words: str, answer: str, tmp_path: Path
) -> None:
    """SimCord's page drops what is sent while it has asked for something, such as another size; ours sends it then."""
    answered = asyncio.Event()

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=PausingPool(), interval=0.0) as opened:
            yield opened

    async def late(route: Any) -> None:
        await answered.wait()
        await route.continue_()

    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage, open_page(chromium, stage.url) as page:
        await page.locator("#channel-timeline").get_by_text("Welcome to Easel").wait_for()
        await page.locator("#send-message:enabled").wait_for()
        await page.route("**/api/action", late)
        async with page.expect_request("**/api/action"):
            await page.set_viewport_size({"width": 1100, "height": 800})
        await page.get_by_role("button", name=f"{person} member").click()
        await getattr(page.locator("#channel-composer-input"), way)(words)
        await page.keyboard.press("Enter")
        answered.set()
        await page.locator("#channel-timeline").locator(f":text('{answer}'), img[alt*='{answer}']").first.wait_for()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("good morn", "good morn"),
        ("/gallery sea", "/gallery sea"),
        ("/imagine a castle in", "/imagine prompt:a castle in"),
    ],
)
async def test_what_is_half_written_outlasts_a_look_through_other_eyes(
    chromium: Any, written: str, kept: str, tmp_path: Path
) -> None:
    """SimCord's page empties its box, and a command's form, for another person."""

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=PausingPool(), interval=0.0) as opened:
            yield opened

    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage, open_page(chromium, stage.url) as page:
        await page.locator("#channel-timeline").get_by_text("Welcome to Easel").wait_for()
        box = page.locator("#channel-composer-input")
        await box.press_sequentially(written)
        if kept.startswith("/imagine"):
            await page.locator(".command-option-input").first.wait_for()
            assert await box.count() == 0
        for person in ("Bo member", "Mo moderator"):
            await page.get_by_role("button", name=person).click()
            await page.wait_for_function(
                "words => document.querySelector('#channel-composer-input')?.value === words", arg=kept
            )


async def test_the_page_says_that_the_model_is_loading(chromium: Any, tmp_path: Path) -> None:
    """Until it has; what is asked for meanwhile waits for it."""
    pool = SlowToLoad()
    services = drawing_with(pool)
    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage, open_page(chromium, stage.url) as page:
        line = page.get_by_text("The model is still loading")
        await line.wait_for()
        pool.loaded = True
        await line.wait_for(state="hidden")


async def test_a_reloaded_page_works_before_its_pictures_have_come(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading them leaves connections free, of which a browser has six, for what the visitor does meanwhile."""
    read = asyncio.Event()
    decode = PictureReader._decode  # as in bot.demo.page

    async def late(self: PictureReader, key: str, blob: bytes, media_time: float | None) -> Any:
        await read.wait()
        return await decode(self, key, blob, media_time)

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=PausingPool(), interval=0.0) as opened:
            yield opened

    monkeypatch.setattr(PictureReader, "_decode", late)
    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage:
        for number in range(6):  # and two portraits
            await stage.act(stage.world.members[0], "imagine", prompt=f"a red heart number {number}")
        async with open_page(chromium, stage.url) as page:
            timeline = page.locator("#channel-timeline")
            await timeline.get_by_text("Welcome to Easel").wait_for()
            await page.locator("#channel-composer-input").fill("/help")
            await page.keyboard.press("Enter")
            await timeline.get_by_text("Easel draws what you describe", exact=True).wait_for()
            picture = timeline.get_by_role("img", name="a red heart number 5")
            assert not await picture.evaluate("picture => picture.complete && picture.naturalWidth > 0")
            read.set()
            await loaded(picture)


async def test_what_answers_a_press_on_an_older_message_comes_into_view(chromium: Any, tmp_path: Path) -> None:
    """It stands below the newest message, far from the button, and the visitor's own scrolling came before it."""

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=PausingPool(), interval=0.0) as opened:
            yield opened

    settings = in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage:
        for number in range(5):
            await stage.act(stage.world.members[0], "imagine", prompt=f"a red heart number {number}")
        async with open_page(chromium, stage.url) as page:
            timeline = page.locator("#channel-timeline")
            await loaded(timeline.get_by_role("img", name="a red heart number 4"))
            await timeline.hover()
            await page.mouse.wheel(0, 50)
            await timeline.get_by_role("button", name="Details").first.click()
            answer = timeline.get_by_text("/imagine prompt:a red heart number 0")
            await answer.wait_for()
            assert await in_sight(answer)


async def in_sight(element: Any) -> bool:
    """Whether the whole element is within the timeline's visible part, once the page came to rest."""
    for _ in range(PATIENCE_MS // 50):
        if await element.evaluate("""element => {
            const [inner, outer] = [element, document.getElementById("channel-timeline")]
                .map(one => one.getBoundingClientRect());
            return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        }"""):
            return True
        await asyncio.sleep(0.05)
    return False


async def loaded(picture: Any) -> None:
    """Wait until the picture is shown, with pixels."""
    await picture.first.wait_for()
    for _ in range(PATIENCE_MS // 50):
        if await picture.first.evaluate("picture => picture.complete && picture.naturalWidth > 0"):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the picture never loaded")
