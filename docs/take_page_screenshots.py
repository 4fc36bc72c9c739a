"""Takes docs/pages/*.webp, pictures of the gallery's pages, from the demo in headless Chromium, anew each time:
`python -m docs.take_page_screenshots`.

In: nothing but the built-in model and a Chromium (CHROMIUM, or where it is usually found).  Out: WebP files of at most
100 kB.  The pictures in the gallery are drawn by the bot as it is.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from bot.config import load_settings
from bot.demo.exhibition import EXHIBITS, actor_of, fill_gallery, open_new_gallery
from bot.demo.run import in_demo_folder
from bot.demo.stage import Stage, open_stage
from bot.services import open_services
from docs.screenshots import CHROMIUM, save

FOLDER: Final = Path(__file__).parent / "pages"
DESK: Final = {"width": 1280, "height": 860}
PHONE: Final = {"width": 390, "height": 844}


async def take() -> None:
    """A full gallery with a contest, as a member sees it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="easel-pages-") as folder:
        settings = in_demo_folder(load_settings(None, data_dir=Path(folder)))
        async with open_stage(settings, 0, open_services) as stage, async_playwright() as playwright:
            await open_new_gallery(stage)
            await fill_gallery(stage, EXHIBITS)
            await stage.bot.services.meaning.read()
            contest = await hold_a_contest(stage)
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await browser.new_page(viewport=DESK)
            await page.goto(f"{stage.pages}/login")
            await page.get_by_role("button", name="Be Ada").click()
            here = f"{stage.pages}/gallery/{stage.world.guild.id}"
            shares = await stage.bot.services.shares.page(stage.world.guild.id, limit=50)
            snow = next(one.id for one in shares.records if one.prompt == "a cat in the snow")
            for name, size, address in (
                ("gallery", DESK, here),
                ("picture", DESK, f"{here}/{snow}"),
                ("contest", DESK, f"{here}/contests/{contest}"),
                ("gallery-phone", PHONE, f"{here}?sort=top"),
                ("picture-phone", PHONE, f"{here}/{snow}"),
            ):
                await page.set_viewport_size(size)
                await page.goto(address, wait_until="networkidle")
                save(await page.screenshot(), FOLDER / f"{name}.webp")
            await browser.close()


async def hold_a_contest(stage: Stage) -> int:
    """Its id; three have entered."""
    services, world = stage.bot.services, stage.world
    theme = "Animals that one meets in the snow"
    contest = await services.contests.begin(actor_of(world, "Olga"), theme, "2 days", "1 day")
    shares = (await services.shares.page(world.guild.id, limit=50)).records
    for name, prompt in (("Bo", "a cat"), ("Mo", "a penguin in the snow"), ("Olga", "a cat in the snow")):
        share = next(one for one in shares if one.prompt == prompt)
        await services.contests.enter(actor_of(world, name), contest.id, share.id)
    return contest.id


if __name__ == "__main__":
    asyncio.run(take())
