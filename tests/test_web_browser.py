"""The web pages in headless Chromium, on a desk and on a phone, light and dark: what they look like to axe-core, that
nothing is wider than the screen, that no script breaks, and the few things that need one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.actions.actor import Actor
from bot.actions.moderation import Target
from bot.web.site import Person
from tests.bot_fakes import ADA, BOB, GUILD, an_order, draw, finish, order_one
from tests.browsers import IN_ITS_LOOP, open_tab
from tests.web_fakes import MANAGER, Pages, pages

pytestmark = IN_ITS_LOOP
SCREENS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "desk": (1280, 900, "light"),
    "phone": (360, 740, "dark"),
}
C, G = f"console/{GUILD}", f"gallery/{GUILD}"
manager = Actor(MANAGER, GUILD, permissions=frozenset({"administrator"}))


@asynccontextmanager
async def lived_in(folder: Path) -> AsyncIterator[Pages]:
    """A server with something on every page: drawn, flagged, blocked, reported, banned, shared."""
    people = (Person(ADA, "Ada", "A member."), Person(MANAGER, "Max", "Owns the server."))
    async with pages(folder, people=people, limit_per_person="off", limit_per_server="off") as site:
        services = site.services
        site.pool.block("knife", "violence_gore", action="flag")
        site.pool.block("gore", "violence_gore")
        cat = await draw(services, an_order("a cat with an unusually-long-word-" + "x" * 60))
        await draw(services, an_order("a knife", parent_id=cat.id, kind="remix"))
        blocked, _ = await order_one(services, an_order("some gore", BOB))
        await finish(services, blocked)
        for index in range(3):
            await services.gallery.share(Actor(ADA, GUILD), cat.id, index)
        await services.reviews.report(Actor(BOB, GUILD), cat.id, 0, "It looks at me.")
        await services.moderation.sanction(manager, Target(BOB, MANAGER), "ban", None, "spam")
        await services.contests.begin(replace(manager, channel_id=42), "cats in hats", "1 day", "1 day")
        await services.contests.enter(Actor(ADA, GUILD), 1, 1)
        await services.terms.add(manager, "free nitro", "block")
        yield site


@asynccontextmanager
async def browsing(chromium: Any, site: Pages, screen: str, *, javascript: bool = True) -> AsyncIterator[Any]:
    """A tab, logged in as the owner by the demo's login; fails afterwards if a script broke."""
    width, height, scheme = SCREENS[screen]
    async with open_tab(
        chromium, base_url=str(site.server.make_url("/")), viewport={"width": width, "height": height},
        color_scheme=scheme, java_script_enabled=javascript,
    ) as (page, broken):  # fmt: skip
        page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
        await page.goto("login")
        await page.get_by_role("button", name="Be Max").click()
        await page.get_by_role("heading", name="Your servers").wait_for()
        yield page
    assert [said for said in broken if "status of 400" not in said] == []  # a refused form is no broken script


ADDRESSES = (
    "", "login", "me", "gallery", G, f"{G}?sort=top", f"{G}?words=nothing", f"{G}/1", "console",
    f"{G}/contests", f"{G}/contests/1",
    f"{C}/log", f"{C}/log?flagged=1", f"{C}/log/1", f"{C}/log/2", f"{C}/log/3", f"{C}/review", f"{C}/people/{BOB}",
    f"{C}/sanctions", f"{C}/words?try=gore", f"{C}/audit", f"{C}/stats", f"{C}/settings",
    f"{C}/digest",
)  # fmt: skip


@pytest.mark.parametrize("screen", SCREENS)
async def test_every_page_fits_and_is_readable_for_everybody(chromium: Any, tmp_path: Path, screen: str) -> None:
    """Not wider than the screen; axe-core finds nothing serious: contrast, names, labels, headings, focus."""
    from axe_playwright_python.async_playwright import Axe

    found = []
    async with lived_in(tmp_path) as site, browsing(chromium, site, screen) as page:
        for address in ADDRESSES:
            answer = await page.goto(address)
            assert answer.status == 200
            width = await page.evaluate("document.documentElement.scrollWidth")
            if width > SCREENS[screen][0]:
                found.append(f"{address}: {width} pixels wide")
            results = await Axe().run(page)
            found += [
                f"{address}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:120]}"
                for one in results.response["violations"]
                if one["impact"] in ("serious", "critical")
            ]
    assert found == []


async def test_the_log_searches_as_one_types(chromium: Any, tmp_path: Path) -> None:
    """The list follows, the address too; `/` puts the cursor there."""
    from playwright.async_api import expect

    async with lived_in(tmp_path) as site, browsing(chromium, site, "desk") as page:
        await page.goto(f"{C}/log")
        await page.keyboard.press("/")
        await page.keyboard.type("gore")
        await expect(page.locator("#results tbody tr")).to_have_count(1)
        assert "words=gore" in page.url
        async with page.expect_download() as download:
            await page.get_by_role("button", name="CSV").click()
        assert (await (await download.value).path()).read_text().count("some gore") == 1
        await page.keyboard.press("/")  # keys go on working
        assert await page.get_by_role("searchbox").evaluate("box => box === document.activeElement")
        await page.get_by_text("Filters").click()
        await page.get_by_label("Score at least").fill("7")
        await page.get_by_text("Score is 7; it must be from 0 to 1.").wait_for()
        await page.get_by_label("Score at least").fill("0")
        await expect(page.locator("#results tbody tr")).to_have_count(1)
        await page.reload()
        assert await page.get_by_role("searchbox").input_value() == "gore"


async def test_the_review_queue_works_by_keyboard(chromium: Any, tmp_path: Path) -> None:
    """Keep, undo, remove: one key each."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, "desk") as page:
        await page.goto(f"{C}/review")
        await page.get_by_text("It looks at me.").wait_for()
        await page.keyboard.press("k")
        await page.get_by_text("Request 1: kept").wait_for()
        await page.keyboard.press("z")
        await page.get_by_text("It looks at me.").wait_for()
        await page.keyboard.press("r")
        await page.get_by_text("Request 1: removed").wait_for()
        record = await site.services.generations.get(1)
        assert record is not None
        assert record.removal is not None


async def test_the_wall_goes_on_by_itself(chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next page comes when its end is near; every picture has pixels; a vote leaves everything where it is."""
    monkeypatch.setattr("bot.web.gallery.pages.PER_PAGE", 2)
    from playwright.async_api import expect

    async with lived_in(tmp_path) as site, browsing(chromium, site, "phone") as page:
        await page.goto(G)
        await expect(page.locator("#wall > li")).to_have_count(3)
        await page.locator("#wall img").last.scroll_into_view_if_needed()
        await expect(page.locator("#wall img").last).to_have_js_property("complete", value=True)
        assert await page.locator("#wall img").last.evaluate("picture => picture.naturalWidth") > 0
        vote = page.locator("#wall .vote button").last
        for pressed in ("true", "false", "true"):
            await vote.click()
            await expect(vote).to_have_attribute("aria-pressed", pressed)
        await expect(page.locator("#wall > li")).to_have_count(3)
        assert "#" not in page.url


async def test_the_wall_goes_on_after_a_search(chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found as one typed has pages, too."""
    monkeypatch.setattr("bot.web.gallery.pages.PER_PAGE", 1)
    from playwright.async_api import expect

    async with lived_in(tmp_path) as site, browsing(chromium, site, "phone") as page:
        hat = await draw(site.services, an_order("a cat with a hat"))
        await site.services.gallery.share(Actor(ADA, GUILD), hat.id, 0)
        await page.goto(G)
        await page.get_by_role("searchbox").press_sequentially("with")
        await page.wait_for_url("**words=with*")
        await expect(page.locator("#wall > li")).to_have_count(4)


async def test_everything_reads_and_acts_without_a_script(chromium: Any, tmp_path: Path) -> None:
    """Search, vote, remove and undo, with JavaScript switched off."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, "desk", javascript=False) as page:
        await page.goto(f"{C}/log")
        await page.get_by_role("searchbox").fill("gore")
        await page.get_by_role("button", name="Search").click()
        assert await page.locator("#results tbody tr").count() == 1
        await page.goto(f"{G}/1")
        assert (
            not await page.get_by_text("Copy the").or_(page.get_by_text("your words")).locator("visible=true").count()
        )
        await page.get_by_role("button", name="Vote").click()
        await page.get_by_role("button", name="Voted · 1").wait_for()
        await page.goto(f"{G}?sort=top")
        await page.get_by_role("button", name="Vote · 0").last.click()
        await page.wait_for_url("**?sort=top#p*")
        assert await page.get_by_role("button", name="Voted · 1").count() == 2
        await page.goto(f"{C}/log/2")
        await page.get_by_role("button", name="Remove everything").click()
        await page.get_by_role("button", name="Undo the removal").click()
        await page.get_by_text("Shown again.").wait_for()


async def test_a_page_is_light(chromium: Any, tmp_path: Path) -> None:
    """The first view of the gallery, with its pictures, is far below 500 KB."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, "desk") as page:
        asked: list[Any] = []
        page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108  # it takes no built-in
        await page.goto(G, wait_until="networkidle")
        sent = [await request.sizes() for request in asked]
        assert len(sent) > 3
        assert 0 < sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sent) < 200_000


async def test_what_was_typed_into_a_refused_form_is_still_there(chromium: Any, tmp_path: Path) -> None:
    """One error is no reason to write it all again."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, "desk") as page:
        await page.goto(f"{C}/settings")
        box = page.locator('input[name="retention_days.other"]')
        await box.fill("-5")
        await box.press("Enter")
        await page.get_by_role("link", name="Back to the form").click()
        await box.wait_for()
        assert await box.input_value() == "-5"


@pytest.mark.parametrize("screen", SCREENS)
async def test_pictures_are_removed_and_decided_about_by_hand(chromium: Any, tmp_path: Path, screen: str) -> None:
    """One, or all of them; from the entry and from the queue; and back."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, screen) as page:
        await page.goto(f"{C}/log/1")
        await press(page, "Remove picture 2")
        await told(page, "Removed")
        await press(page, "Undo")
        await told(page, "Shown again.")
        await page.get_by_label("Reason").fill("does not belong here")
        await press(page, "Remove everything here and in Discord")
        await told(page, "Removed")
        await press(page, "Undo the removal")
        await told(page, "Shown again.")

        await page.goto(f"{C}/review?kind=report")
        await press(page, "Keep k")
        await told(page, "Request 1: kept.")
        await press(page, "Undo z")
        await page.get_by_text("It looks at me.").wait_for()
        await press(page, "Remove r")
        await told(page, "Request 1: removed.")
    acts = {"remove", "restore", "review_keep", "review_undo", "review_remove"}
    assert acts <= await audited(site)


@pytest.mark.parametrize("screen", SCREENS)
async def test_people_are_kept_out_and_let_in_by_hand(chromium: Any, tmp_path: Path, screen: str) -> None:
    """From sharing, for a while, for good, with their pictures; each is taken back."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, screen) as page:
        await page.goto(f"{C}/sanctions")
        await page.get_by_label("Person").fill(str(ADA))
        await press(page, "Open")
        await page.get_by_role("link", name="person 1001").first.click()
        await card(page, "Sharing").get_by_label("Reason").fill("floods the gallery")
        await press(page, "Keep them from sharing")
        await told(page, "Saved.")
        await press(page, "Let them share again")
        await told(page, "Saved.")
        await card(page, "Time out").get_by_label("How long").fill("1 hour")
        await card(page, "Time out").get_by_label("Reason").fill("be kind")
        await press(page, "Time out", card(page, "Time out"))
        await told(page, "Timed out.")
        await press(page, "Let them use Easel again")
        await told(page, "They may use Easel again.")
        await card(page, "Ban from Easel").get_by_label("Reason").fill("spam")
        await card(page, "Ban from Easel").get_by_label("Also remove their pictures of").select_option("1 day")
        await press(page, "Ban", card(page, "Ban from Easel"))
        await told(page, "Banned from Easel.")
        await press(page, "Show 2 removed generations again")
        await told(page, "What was removed with it is shown again.")
        await page.goto(f"{C}/sanctions")
        await page.get_by_role("button", name="Lift").first.click()
        await told(page, "They may use Easel again.")
    assert {"timeout", "ban", "lift", "remove", "restore"} <= await audited(site)


async def test_what_is_typed_before_the_script_comes_is_tried(chromium: Any, tmp_path: Path) -> None:
    typed = asyncio.Event()

    async def late(route: Any) -> None:
        await typed.wait()
        await route.continue_()

    async with lived_in(tmp_path) as site, browsing(chromium, site, "desk") as page:
        await page.route("**/site*.js*", late)
        await page.goto(f"{C}/words", wait_until="commit")
        await card(page, "Try the filter").get_by_label("A prompt").fill("some gore")
        typed.set()
        await page.locator("#trial").get_by_text("violence and gore").wait_for()


@pytest.mark.parametrize("screen", SCREENS)
async def test_words_settings_and_files_by_hand(chromium: Any, tmp_path: Path, screen: str) -> None:
    """A word comes and goes and is tried, a setting is saved, both exports are what the log shows."""
    async with lived_in(tmp_path) as site, browsing(chromium, site, screen) as page:
        await page.goto(f"{C}/words")
        await card(page, "Add a word").get_by_label("Word or phrase").fill("buy now")
        await press(page, "Add")
        await told(page, "The word counts from now on.")
        await card(page, "Try the filter").get_by_label("A prompt").fill("some gore")
        await page.locator("#trial").get_by_text("violence and gore").wait_for()
        await page.get_by_role("button", name="Remove buy now").click()
        await told(page, "The word counts no more.")

        await page.goto(f"{C}/settings")
        await page.locator('input[name="retention_days.other"]').fill("200")
        await page.get_by_role("button", name="Save").first.click()
        await told(page, "Saved.")
        await page.goto(f"{C}/log?words=knife")
        for name in ("CSV", "JSON Lines"):
            async with page.expect_download() as download:
                await page.get_by_role("button", name=name, exact=True).click()
            written = await asyncio.to_thread((await (await download.value).path()).read_text, "utf-8")
            assert ("a knife" in written, "some gore" in written) == (True, False)
    assert {"export", "settings"} <= await audited(site)


def card(page: Any, heading: str) -> Any:
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=heading, exact=True))


async def told(page: Any, words: str) -> None:
    await page.get_by_role("status").get_by_text(words).wait_for()


async def press(page: Any, name: str, within: Any = None) -> None:
    await (within or page).get_by_role("button", name=name, exact=True).first.click()


async def audited(site: Pages) -> set[str]:
    return {one.action for one in (await site.services.audit_log.page(GUILD, limit=100)).records}
