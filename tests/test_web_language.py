"""Pages in the reader's language: what the browser asks for, what was chosen, every page of the console."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from markupsafe import escape

from bot.web.language import wanted
from bot.wording.catalogue import Sentences
from docs.collect_messages import collected
from tests.bot_fakes import GUILD
from tests.test_web_roles import TABLE, prepared
from tests.web_fakes import MANAGER, Pages, pages

SCRIPTS: Final = re.compile(r"<[^>]*>")
LANGUAGES: Final = ("de", "fr", "es", "pt-BR", "ja")
OPEN_ENDED: Final = 12  # characters; shorter English words may stand in another language by chance
PAGES: Final = sorted(
    route for route, (_, statuses, _) in TABLE.items()
    if route.startswith("GET") and statuses[-2] == 200 and not re.search(r"export|size|\.", route)
)  # fmt: skip


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Pages]:
    async with pages(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("header", "order"),
    [("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", ["fr-CH", "fr", "en", "*"]), ("en;q=0.2,de;q=0.9", ["de", "en"]),
     ("de;q=0, ja", ["ja"]), ("", ["en"]), (";;q=x,,", ["en"])],
)  # fmt: skip
def test_what_a_browser_wants_is_read_in_its_order(header: str, order: list[str]) -> None:
    assert wanted(header) == order


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_page_is_in_the_language_that_the_browser_asks_for(site: Pages, language: str) -> None:
    """And says so, for who reads it aloud."""
    browser = await site.anonymous()
    page = await browser.get("/", {"Accept-Language": f"{language}, en;q=0.5"})
    assert f'<html lang="{language}">' in page.text
    assert str(escape(Sentences(language).say("Log in with Discord"))) in page.text


async def test_a_chosen_language_counts_more(site: Pages) -> None:
    """It is kept by a cookie, and leads back to the page; nowhere else, and to no language that there is not."""
    browser = await site.anonymous()
    answer = await browser.post("/language", {"language": "ja", "next": "/gallery"})
    assert answer.location == "/gallery"
    page = await browser.get("/", {"Accept-Language": "de"})
    assert '<html lang="ja">' in page.text
    assert re.search(r'<option value="ja"[^>]* selected>日本語', page.text)
    for elsewhere in (
        "//elsewhere.example",
        "/\t//elsewhere.example",
        "/\\elsewhere.example",
        "https://elsewhere.example",
    ):
        answer = await browser.post("/language", {"language": "xx", "next": elsewhere})
        assert answer.location == "/"
    assert '<html lang="ja">' in (await browser.get("/")).text


async def test_a_search_survives_the_choice_of_a_language(site: Pages) -> None:
    """As it does the login: both lead back to the page as it was."""
    browser = await site.anonymous()
    page = await browser.get("/gallery?q=a+house&n=2")
    assert 'name="next" value="/gallery?q=a+house&amp;n=2"' in page.text
    assert 'href="/login?next=/gallery%3Fq%3Da%2Bhouse%26n%3D2"' in page.text


async def test_what_went_wrong_is_said_in_it_too(site: Pages) -> None:
    browser = await site.browser(MANAGER)
    page = await browser.get(f"/console/{GUILD}/log?since=somewhen", {"Accept-Language": "de"})
    assert page.status == 400
    assert "„somewhen“" in page.text
    assert "Das hat nicht geklappt" in page.text


async def test_no_page_is_half_english(site: Pages) -> None:
    """What a manager sees of each, in German."""
    things, german = await prepared(site), Sentences("de")
    said = (one.id for one in collected() if isinstance(one.id, str) and "{" not in one.id and "<" not in one.id)
    known = [sentence for sentence in said if len(sentence) > OPEN_ENDED and german.as_it_is(sentence) != sentence]
    browser, english = await site.browser(MANAGER), {}
    for route in PAGES:
        address = TABLE[route][0]
        path = address.format(**things) if "{" in address else address
        page = await browser.get(path, {"Accept-Language": "de"})
        assert page.status == 200, route
        shown = SCRIPTS.sub("\n", page.text)
        english[route] = [sentence for sentence in known if str(escape(sentence)) in shown]
    assert {route: said for route, said in english.items() if said} == {}
