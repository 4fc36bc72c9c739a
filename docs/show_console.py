"""Takes the pictures of docs/moderation.md:  python -m docs.show_console  (Chromium must be installed).

In: the console over a made-up server, whose pictures the built-in model draws.  Out: docs/console/*.webp.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from bot.actions.actor import Actor
from bot.actions.moderation import Target
from bot.web.site import Person
from docs.draw_grid import PROMPTS, draw
from docs.screenshots import CHROMIUM, save
from inference.contract import Event, GenerationRequest, Image
from tests.bot_fakes import ADA, BOB, GUILD, FakePool, an_order, finish, order_one
from tests.bot_fakes import draw as ordered
from tests.web_fakes import MANAGER, Pages, pages

FOLDER: Final = Path(__file__).parent / "console"
AT: Final = f"console/{GUILD}"
MODERATOR: Final = Actor(MANAGER, GUILD, permissions=frozenset({"administrator"}))


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    address: str
    size: tuple[int, int] = (1280, 800)
    scheme: Literal["light", "dark"] = "light"


SHOTS: Final = (
    Shot("log", f"{AT}/log"),
    Shot("log-phone", f"{AT}/log", (390, 780), "dark"),
    Shot("entry", f"{AT}/log/3"),
    Shot("review", f"{AT}/review"),
    Shot("person", f"{AT}/people/{BOB}"),
    Shot("audit", f"{AT}/audit"),
    Shot("stats", f"{AT}/stats"),
)


class Drawn(FakePool):
    """Hands out what the built-in model drew for each prompt."""

    def __init__(self, pictures: dict[str, bytes]) -> None:
        super().__init__()
        self.pictures = pictures

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        async for event in super().generate(request):
            png = self.pictures.get(request.prompt)
            yield replace(event, png=png) if isinstance(event, Image) and png else event


async def live(site: Pages) -> None:
    """A day in the server."""
    services, pool = site.services, site.pool
    pool.block("robot", "violence_gore", action="flag")
    pool.block("free nitro", "server_words")
    await services.terms.add(MODERATOR, "free nitro", "block")
    for number, prompt in enumerate(PROMPTS):
        await ordered(services, replace_name(an_order(prompt, (ADA, BOB)[number % 2], images=1, seed=0)))
    for _ in range(3):
        blocked, _ = await order_one(services, replace_name(an_order("claim your free nitro", BOB)))
        await finish(services, blocked)
    await services.reviews.report(Actor(ADA, GUILD), 4, 0, "It is too cold for me.")
    await services.moderation.sanction(MODERATOR, Target(BOB, MANAGER), "ban", None, "advertises again and again")
    await services.removals.remove(MODERATOR, 8, "does not belong here")


def replace_name(order: Any) -> Any:
    name = {ADA: "Ada", BOB: "Bo"}[order.requester.user_id]
    return replace(order, requester=replace(order.requester, user_name=name))


async def show(site: Pages) -> None:
    from playwright.async_api import async_playwright

    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for shot in SHOTS:
            width, height = shot.size
            context = await browser.new_context(
                base_url=str(site.server.make_url("/")), viewport={"width": width, "height": height},
                color_scheme=shot.scheme,
            )  # fmt: skip
            page = await context.new_page()
            page.set_default_timeout(120_000)
            await page.goto("login")
            await page.get_by_role("button", name="Be Max").click()
            await page.goto(shot.address, wait_until="networkidle")
            save(await page.screenshot(), FOLDER / f"{shot.name}.webp")
            await context.close()
        await browser.close()


async def main() -> None:
    people = (Person(ADA, "Ada", "A member."), Person(MANAGER, "Max", "Owns the server."))
    pool = Drawn(dict(zip(PROMPTS, await asyncio.to_thread(draw), strict=True)))
    with tempfile.TemporaryDirectory() as folder:
        async with pages(Path(folder), people=people, pool=pool, limit_per_person="off") as site:
            await live(site)
            await show(site)


if __name__ == "__main__":
    asyncio.run(main())
