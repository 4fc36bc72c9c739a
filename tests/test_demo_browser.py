"""The demo as its visitor uses it, in headless Chromium: type /imagine, see it being drawn, press a button."""

import asyncio
import importlib.util
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.actions.posts import Posts
from bot.config import Settings, load_settings
from bot.demo import stage as demo
from bot.services import Services, open_services
from tests.town import PausingPool

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec("playwright") is None,
    reason="Chromium is not installed (Debian: apt-get install chromium), or playwright is not",
)
PATIENCE_MS = 30_000  # for a machine that is busy; nothing here waits longer than it must


@asynccontextmanager
async def open_page(url: str) -> AsyncIterator[Any]:
    """The page at `url` in a browser; fails the test afterwards if a script broke."""
    from playwright.async_api import async_playwright

    broken: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: broken.append(str(error)))
        await page.goto(url)
        yield page
        await browser.close()
    assert broken == []


@needs_browser
async def test_imagine_is_typed_watched_and_acted_upon(tmp_path: Path) -> None:
    """The visitor's whole way: the command, the preview, the grid, a press, and a moderator's view of it."""
    pool = PausingPool()

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=pool, interval=0.0) as opened:
            yield opened

    pool.hold_after_preview()
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with demo.open_stage(settings, 0, services) as stage, open_page(stage.url) as page:
        timeline = page.locator("#channel-timeline")
        await timeline.get_by_text("Welcome to the Easel demo").wait_for()

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
        await timeline.get_by_role("button", name="2", exact=True).click()
        await timeline.get_by_text("Picture 2 of 4").wait_for()
        await timeline.get_by_role("button", name="Upscale").click()
        await timeline.get_by_text("upscaled for").wait_for()

        await page.locator("#viewer-picker").select_option(label="Mo")
        await timeline.get_by_text("upscaled for").wait_for()
        await composer.click()
        await composer.press_sequentially("/mod log")
        await page.get_by_role("option").filter(has_text="mod log").first.wait_for()
        await page.keyboard.press("Enter")  # chooses the command; a second one would choose an option
        await page.locator("#channel-composer button[type=submit]").click()
        await timeline.get_by_text("Request log").wait_for()


async def loaded(picture: Any) -> None:
    """Wait until the picture is shown, with pixels."""
    await picture.first.wait_for()
    for _ in range(PATIENCE_MS // 50):
        if await picture.first.evaluate("picture => picture.complete && picture.naturalWidth > 0"):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the picture never loaded")
