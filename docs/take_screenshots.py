"""Takes docs/screens/*.webp, the README's pictures of Discord, from the demo in headless Chromium, anew each time:
`python -m docs.take_screenshots`.

In: nothing but the built-in model and a Chromium (CHROMIUM, or where it is usually found).  Out: WebP files of at most
100 kB.  What is drawn is drawn by the bot as it is; only Discord is simulated.
"""

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from playwright.async_api import ViewportSize, async_playwright

from bot.config import load_settings
from bot.demo.exhibition import EXHIBITS, fill_gallery, open_new_gallery
from bot.demo.run import in_demo_folder, latest_finished, newest_id, slow_services
from bot.demo.stage import Stage, open_stage
from docs.screenshots import CHROMIUM, save

FOLDER: Final = Path(__file__).parent / "screens"
SIZE: Final = ViewportSize(width=1180, height=3200)  # so that a whole message is in sight
WIDTH: Final = 690  # of what is kept of it, at most
HEIGHT: Final = 940
PATIENCE_MS: Final = 120_000
LOADED: Final = "(message) => [...message.querySelectorAll('img')].every((one) => one.complete && one.naturalWidth)"
SEED: Final = 3


async def take() -> None:
    """Every screen, by a member of a server with a gallery."""
    FOLDER.mkdir(exist_ok=True)
    random.seed(SEED)  # what /enhance chooses
    with tempfile.TemporaryDirectory(prefix="easel-screens-") as folder:
        settings = in_demo_folder(load_settings(None, data_dir=Path(folder)))
        async with open_stage(settings, 0, slow_services) as stage, async_playwright() as playwright:
            await open_new_gallery(stage)
            await fill_gallery(stage, [one for one in EXHIBITS if len(one.voters) > 1])  # the best, which come first
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await browser.new_page(viewport=SIZE, color_scheme="dark")
            page.set_default_timeout(PATIENCE_MS)
            await page.goto(stage.url)
            for name, prepare in SCREENS.items():
                await prepare(stage, page)
                save(await shot(page), FOLDER / f"{name}.webp")
            await browser.close()


async def result(stage: Stage, page: Any) -> None:
    """Four pictures with everything that can be done with them."""
    await imagine(stage, prompt="a castle at night", seed=SEED)
    await page.get_by_role("img", name="a castle at night").first.wait_for()


async def picture(_: Stage, page: Any) -> None:
    """One of them, opened."""
    await page.get_by_text("Pick a picture").last.click()
    await page.get_by_role("option").filter(has_text="Picture 2").click()
    await page.locator("small").get_by_text("Picture 2 of 4").wait_for()


async def enhance(stage: Stage, page: Any) -> None:
    await stage.act(stage.world.members[0], "enhance", prompt="a penguin")
    await page.get_by_role("heading", name="Richer versions").first.wait_for()


async def describe(stage: Stage, page: Any) -> None:
    """A picture that was drawn a moment ago, handed in."""
    services, author = stage.bot.services, stage.world.members[0]
    await imagine(stage, prompt="three penguins in the snow", seed=SEED, images=1)
    record = await latest_finished(services, author.id)
    png = await services.storage.get(record.images[0].key)
    await stage.act(author, "describe", picture=("holiday.png", png))
    await page.get_by_role("heading", name="Your picture in words").first.wait_for()


async def gallery(stage: Stage, page: Any) -> None:
    await stage.act(stage.world.members[0], "gallery", order="top")
    await page.get_by_role("heading", name="Gallery · most votes").first.wait_for()


async def settings_panel(stage: Stage, page: Any) -> None:
    """As the server's owner sees it."""
    await page.get_by_role("button", name="Olga owner").click()
    await stage.act(stage.world.members[-1], "settings")
    await page.locator(".message-interaction-header").filter(has_text="settings").last.wait_for()


async def limits(_: Stage, page: Any) -> None:
    """A page of the panel."""
    await page.get_by_text("Choose what to change").last.click()
    await page.get_by_role("option").filter(has_text="Limits and roles").click()
    await page.get_by_text("Limit per person").last.wait_for()


SCREENS: Final[dict[str, Callable[[Stage, Any], Awaitable[None]]]] = {
    "result": result,
    "picture": picture,
    "enhance": enhance,
    "describe": describe,
    "gallery": gallery,
    "settings": settings_panel,
    "limits": limits,
}


async def imagine(stage: Stage, **options: object) -> None:
    """Have something drawn by the first member, to the end."""
    services, author = stage.bot.services, stage.world.members[0]
    before = await newest_id(services, author.id)
    await stage.act(author, "imagine", **options)
    await latest_finished(services, author.id, after=before)


async def shot(page: Any) -> bytes:
    """The newest message, once its pictures are there; no wider than what it shows."""
    await page.wait_for_timeout(2000)
    message = page.locator("#channel-timeline .channel-message").last
    await message.scroll_into_view_if_needed()
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await message.evaluate(LOADED):
            await page.wait_for_timeout(100)
    box = await message.bounding_box()
    clip = {"x": box["x"], "y": box["y"], "width": min(WIDTH, box["width"]), "height": min(HEIGHT, box["height"])}
    taken: bytes = await page.screenshot(clip=clip)
    return taken


if __name__ == "__main__":
    asyncio.run(take())
