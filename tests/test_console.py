"""The moderation console: what each page shows, what each form does, and what does not get through."""

import asyncio
import base64
import csv
import html
import io
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from bot.actions.actor import Actor
from bot.actions.setting import OTHER
from bot.database.guild import Drawing, GuildRecord
from bot.database.records import GenerationFilter, GenerationRecord
from bot.web import render
from bot.web.site import Member
from inference.contract import Policy, Verdict
from tests.bot_fakes import ADA, BOB, GUILD, an_order, draw, finish, order_one
from tests.web_fakes import MANAGER, MODERATOR, OPERATOR, OTHER_GUILD, Answer, Browser, Pages, pages

AT = f"/console/{GUILD}"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Pages]:
    async with pages(tmp_path) as opened:
        yield opened


@pytest.fixture
async def mo(site: Pages) -> Browser:
    return await site.browser(MODERATOR)


async def blocked(site: Pages, prompt: str = "some gore", user_id: int = ADA) -> GenerationRecord:
    site.pool.block("gore", "violence_gore")
    generation_id, _ = await order_one(site.services, an_order(prompt, user_id))
    return await finish(site.services, generation_id)


async def flagged(site: Pages, prompt: str = "a knife", user_id: int = ADA) -> GenerationRecord:
    site.pool.block("knife", "weapons", action="flag")
    return await draw(site.services, an_order(prompt, user_id))


async def test_pages_stay_as_they_were_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update of the files below a running bot breaks no page, whether or not it was shown before."""
    templates = shutil.copytree(render.TEMPLATES, tmp_path / "templates")
    monkeypatch.setattr(render, "TEMPLATES", templates)
    async with pages(tmp_path) as site:
        mo = await site.browser(MODERATOR)
        before = (await mo.get(f"{AT}/log")).text
        for file in templates.rglob("*.html"):
            file.write_text("{{ what_only_newer_code_knows }}")
        assert (await mo.get(f"{AT}/log")).text == before
        assert (await mo.get(f"{AT}/review")).status == 200


# -------------------------------------------------------------------------------------------------------- the log


async def test_the_log_shows_who_asked_for_what(site: Pages, mo: Browser) -> None:
    """Drawn, blocked and flagged ones, newest first, with their verdicts and a small picture of each."""
    drawn = await draw(site.services, an_order("a cat"))
    await blocked(site)
    await flagged(site)
    shown = (await mo.get(f"{AT}/log")).text
    assert shown.index("a knife") < shown.index("some gore") < shown.index("a cat")
    assert "blocked: violence" in shown
    assert "flagged: weapons" in shown
    assert "#channel-42" in shown
    glimpses = re.findall(r'<img class="glimpse" src="([^"]+)" [^>]*loading="lazy"', shown)
    assert glimpses[-1] == f"{AT}/log/{drawn.id}/0.png?small"
    assert (await mo.get(glimpses[-1])).status == 200


FILTERED: Final = {
    "words=cat": ["a cat"],
    "words=ca": ["a cat"],
    "words=cat+gore": [],
    f"person={BOB}": ["some gore"],
    "person=person+1002": ["some gore"],
    "status=blocked": ["some gore"],
    "category=violence_gore": ["some gore"],
    "flagged=1": ["some gore", "a knife"],
    "score=0.95": [],
    "channel=42&words=knife": ["a knife"],
    "channel=43": [],
    "since=2020-01-01": ["some gore", "a knife", "a cat"],
    "until=2020-01-01": [],
    "since=yesterday": ["some gore", "a knife", "a cat"],
    "until=yesterday": [],
    "since=12+hours&until=today": ["some gore", "a knife", "a cat"],
    "removed=1": [],
    "status=&category=": ["some gore", "a knife", "a cat"],
}


async def test_the_address_holds_the_filter(site: Pages, mo: Browser) -> None:
    """Each alone or with others; a link to a search can be sent to somebody."""
    await draw(site.services, an_order("a cat"))
    await flagged(site)
    await blocked(site, user_id=BOB)
    found = {}
    for query in FILTERED:
        shown = (await mo.get(f"{AT}/log?{query}")).text
        results = shown[shown.index('id="results"') :]
        found[query] = [prompt for prompt in ("some gore", "a knife", "a cat") if prompt in results]
    assert found == FILTERED


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ("user:1002 cat", "words=cat&person=1002"),
        ("by:bo status:blocked", "person=bo&status=blocked"),
        ("<@1002>", "person=1002"),
        ("<#42>", "channel=42"),
        ("700000000000000042", "person=700000000000000042"),
        ("status:nothing", None),
        ("ratio 16:9", None),
    ],
)
async def test_a_filter_among_the_words_is_offered_as_one(mo: Browser, typed: str, filters: str | None) -> None:
    """user:42 is no word of any prompt; what is no filter is searched for as it stands."""
    page = (await mo.get(f"{AT}/log?{urlencode({'words': typed})}")).text
    if filters is None:
        assert "instead" not in page
    else:
        assert f'href="?{html.escape(filters)}"' in page
        assert (await mo.get(f"{AT}/log?{filters}")).status == 200


async def test_the_console_says_how_many_wait_and_for_what(site: Pages, mo: Browser) -> None:
    """In its navigation, above the queue by kind, and where one chooses the server."""
    record, _ = await flagged(site), await flagged(site, "another knife")
    await site.services.reviews.report(Actor(BOB, GUILD), record.id, 0, "It is sharp.")
    page = (await mo.get(f"{AT}/review")).text
    assert 'Review <span class="count">2<' in page
    assert '?kind=report">Reported <span class="count">1<' in page
    assert '?kind=flag">Flagged by the filter <span class="count">2<' in page
    assert "?kind=appeal" not in page
    assert "2 waiting in all." in (await (await site.browser(OPERATOR)).get("/console")).text


async def test_the_operators_choice_of_servers_asks_discord_nothing(
    site: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may everywhere; a request for each server, one after another, would take minutes."""
    monkeypatch.setattr(site.directory, "member", None)
    operator = await site.browser(OPERATOR)
    for path in ("/", "/console"):
        assert (await operator.get(path)).status == 200
    assert f'href="/console/{OTHER_GUILD}/log"' in (await operator.get("/console")).text


async def test_a_moderator_of_many_servers_waits_for_one_answer(site: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord is asked about all of them at once, and once each."""
    both, asked, member = asyncio.Barrier(2), list[int](), site.directory.member
    site.directory.members[OTHER_GUILD, MODERATOR] = site.directory.members[GUILD, MODERATOR]

    async def slow(guild_id: int, user_id: int) -> Member | None:
        asked.append(guild_id)
        await asyncio.wait_for(both.wait(), 10)
        return await member(guild_id, user_id)

    monkeypatch.setattr(site.directory, "member", slow)
    page = (await (await site.browser(MODERATOR)).get("/console")).text
    assert sorted(asked) == [GUILD, OTHER_GUILD]
    assert all(f'href="/console/{guild_id}/log"' in page for guild_id in asked)


async def test_a_person_is_looked_up_by_id_or_name(mo: Browser) -> None:
    """Also one who never asked for anything."""
    assert (await mo.get(f"{AT}/people?person=%3C@{BOB}999%3E")).location == f"{AT}/people/{BOB}999"
    assert (await mo.get(f"{AT}/people?person=Bo+%26+Co")).location == f"{AT}/log?person=Bo+%26+Co"
    assert "/people" in (await mo.get(f"{AT}/sanctions")).text
    for forged in ("//evil.example", "%0d%0aSet-Cookie: x=y", "https://evil.example/%00"):
        answer = await mo.get(f"{AT}/people?person={forged}")
        assert answer.location.startswith(f"{AT}/log?person=")
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("log?status=zzz", "Status is “zzz”; it must be one of: checking, queued"),
        ("log?category=zzz", "Category is “zzz”; it must be one of: hate_harassment, violence_gore"),
        ("export.csv?status=zzz", "Status is “zzz”; it must be one of: checking, queued"),
        ("export.jsonl?user=1", "“user” is no filter; there are: words, person"),
        ("review?kind=zzz", "Kind is “zzz”; it must be one of: misuse, report"),
        ("audit?action=zzz", "What is “zzz”; it must be one of: remove, restore"),
    ],
)
async def test_a_filter_that_there_is_not_is_refused_by_name(mo: Browser, query: str, told: str) -> None:
    """Neither everything nor nothing is shown for it: both would be taken for the answer."""
    ask = mo.post if query.startswith("export") else mo.get
    answer = await ask(f"{AT}/{query}")
    assert answer.status == 400
    assert told in answer.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("log?q=cat", "“q” is no filter; there are: words, person"),
        ("audit?by=zzz", "“by” is no filter; there are: actor, action, subject"),
        ("sanctions?person=1", "“person” is no filter; there are: before"),
        ("review?person=1", "“person” is no filter; there are: kind"),
    ],
)
async def test_a_filter_of_an_unknown_name_is_said_above_what_is_shown(mo: Browser, query: str, told: str) -> None:
    """An address that somebody typed, or an older page's, leads to the page, which does not pretend to follow it."""
    answer = await mo.get(f"{AT}/{query}")
    assert answer.status == 200
    assert told in answer.text
    assert "It has no effect." in answer.text


async def test_the_other_filters_of_an_address_count(site: Pages, mo: Browser) -> None:
    await draw(site.services, an_order("a cat"))
    await blocked(site)
    shown = (await mo.get(f"{AT}/log?q=cat&status=blocked")).text
    assert "“q” is no filter" in shown
    assert "some gore" in shown
    assert "a cat" not in shown
    assert "is no filter" not in (await mo.get(f"{AT}/log?status=blocked")).text


async def test_acts_are_chosen_by_the_words_that_their_badges_have(site: Pages, mo: Browser) -> None:
    """And the choice stays chosen."""
    record = await draw(site.services, an_order("a cat"))
    await mo.post(f"{AT}/log/{record.id}/remove", {"reason": "ugly"})
    shown = (await mo.get(f"{AT}/audit?action=remove")).text
    assert '<option value="remove" selected>removal</option>' in shown
    assert '<span class="chip remove">removal</span>' in shown
    assert "Nothing matches." in (await mo.get(f"{AT}/audit?action=block_term")).text


async def test_pages_turn_by_key_under_the_filter(site: Pages, mo: Browser) -> None:
    """The address of the next page names the last row of this one."""
    for count in range(52):
        await site.services.generations.open(an_order(f"cat {count}", seed=1))
    first = (await mo.get(f"{AT}/log?words=cat")).text
    assert "?words=cat&amp;before=3" in first
    second = (await mo.get(f"{AT}/log?words=cat&before=3")).text
    assert "cat 1<" in second
    assert "cat 2<" not in second


async def test_an_entry_tells_all(site: Pages, mo: Browser) -> None:
    """Verdict with category, score and reason; where it was; what it was made from."""
    parent = await draw(site.services, an_order("a cat"))
    child = await flagged(site, "a cat with a knife")
    remix = await draw(site.services, an_order("a dog", BOB, parent_id=parent.id, kind="remix"))
    shown = (await mo.get(f"{AT}/log/{child.id}")).text
    assert "weapons" in shown
    assert "0.90" in shown
    assert "listed_words: knife" in shown
    assert f"https://discord.com/channels/{GUILD}/42/555" in shown
    assert shown.count("<img src=") == 4
    sized = await draw(site.services, an_order("a fox", size="256x256", negative_prompt="snow"))
    shown = " ".join((await mo.get(f"{AT}/log/{sized.id}")).text.split())
    assert "256x256" in shown
    assert "Without" in shown
    assert f"{AT}/log/{remix.id}" in (await mo.get(f"{AT}/log/{parent.id}")).text
    assert f"{AT}/log/{parent.id}" in (await mo.get(f"{AT}/log/{remix.id}")).text


async def test_removing_and_undoing(site: Pages, mo: Browser) -> None:
    """One picture, then all; each can be taken back; both are audited with the reason."""
    record = await draw(site.services, an_order("a cat"))
    answer = await mo.post(f"{AT}/log/{record.id}/remove", {"picture": "1", "reason": "ugly"})
    assert (answer.status, answer.location) == (303, f"{AT}/log/{record.id}")
    assert "by <bdi>Mo</bdi>: <bdi>ugly</bdi>" in (await mo.get(answer.location)).text
    one_undo = 'name="picture" value="1"><button>Undo</button>'
    assert one_undo in (await mo.get(f"{AT}/log/{record.id}")).text
    await mo.post(f"{AT}/log/{record.id}/remove", {"reason": "worse"})
    assert one_undo not in (await mo.get(f"{AT}/log/{record.id}")).text  # it would show nothing again
    assert (await site.services.generations.page(GenerationFilter(removed=True))).records[0].id == record.id
    await mo.post(f"{AT}/log/{record.id}/restore")
    assert one_undo in (await mo.get(f"{AT}/log/{record.id}")).text
    await mo.post(f"{AT}/log/{record.id}/restore", {"picture": "1"})
    after = await site.services.generations.get(record.id)
    assert after is not None
    assert after.removal is None
    assert [image.removal for image in after.images] == [None] * 4
    audit = (await mo.get(f"{AT}/audit")).text
    assert "ugly" in audit
    assert audit.count('class="chip restore"') == 2
    assert audit.count(f'/log/{record.id}">Picture 2 of generation {record.id}</a>') == 2
    assert audit.count(f'/log/{record.id}">Generation {record.id}</a>') == 2


async def test_a_moderators_own_picture_is_removed_like_any_other(site: Pages, mo: Browser) -> None:
    """In the console a moderator acts: audited once however often it is sent, kept for review, and taken back."""
    record = await draw(site.services, an_order("a cat", MODERATOR))
    for _ in range(2):
        await mo.post(f"{AT}/log/{record.id}/remove", {"reason": "mine"})
    shown = (await mo.get(f"{AT}/log/{record.id}")).text
    assert "Undo the removal" in shown
    assert (await mo.get(f"{AT}/log/{record.id}/0.png")).status == 200
    assert (await mo.get(f"{AT}/audit")).text.count(f'/log/{record.id}">Generation {record.id}</a>') == 1
    await mo.post(f"{AT}/log/{record.id}/restore")
    after = await site.services.generations.get(record.id)
    assert after is not None
    assert after.removal is None


async def test_the_audit_log_is_asked_about_a_person_as_one_has_them(site: Pages, mo: Browser) -> None:
    """As the log writes it, as a mention, as an id."""
    someone = 700_000_000_000_000_042
    await site.services.sanctions.sanction(someone, GUILD, "ban", None, "floods", MODERATOR)
    await site.services.sanctions.sanction(BOB, GUILD, "ban", None, "spams", MODERATOR)
    for typed in (f"user:{someone}", f"%3C@{someone}%3E", str(someone)):
        shown = (await mo.get(f"{AT}/audit?subject={typed}")).text
        assert ("floods" in shown, "spams" in shown) == (True, False)


async def test_the_audit_log_says_in_words_who_changed_what(site: Pages, mo: Browser) -> None:
    """People, channels and roles by their names, settings as their page names them, from what to what."""
    record = await draw(site.services, an_order(images=4))
    for form in ({}, {"picture": "1"}):
        await mo.post(f"{AT}/log/{record.id}/remove", form)
    await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "ban", "reason": "spam"})
    chosen = GuildRecord(
        GUILD, review_channel_id=77, moderator_role_id=88, gallery_is_public=True, sharing="off",
        policy=Policy(categories={"violence_gore": "block"}), drawing=Drawing(default_images=9),
    )  # fmt: skip
    await site.services.guild_settings.set(chosen, MANAGER)
    page = (await mo.get(f"{AT}/audit")).text
    assert f'href="/console/{GUILD}/people/{ADA}"><bdi>person {ADA}</bdi></a>' in page
    assert f"user:{ADA}" not in page
    told = " ".join(re.sub(r"<[^>]*>", " ", html.unescape(page)).split())
    for line in (
        "this server", "Review channel : #channel-77", "Moderators' role : @keepers", "Pictures : 9 pictures",
        "Gallery on the web : Members of this server Everybody who has the link",
        "Violence and gore : As the server's safety says Blocked",
        "Sharing : Members share single pictures No pictures are shared",
    ):  # fmt: skip
        assert line in told
    narrowed = (await mo.get(f"{AT}/audit?subject=generation:{record.id}")).text
    assert narrowed.count('class="chip remove"') == 2
    assert 'class="chip remove"' not in (await mo.get(f"{AT}/audit?subject=generation:{record.id}0")).text


async def test_what_its_owner_deleted_stays_deleted(site: Pages, mo: Browser) -> None:
    """A moderator's undo is for moderators' removals."""
    record = await draw(site.services, an_order("a cat"))
    await site.services.removals.delete(Actor(ADA, GUILD), record.id)
    assert (await mo.post(f"{AT}/log/{record.id}/restore")).status == 404


async def test_pictures_come_whole_and_small(site: Pages, mo: Browser, tmp_path: Path) -> None:
    """PNG, and WebP that is made once; the tag spares the second transfer; a lost file is a placeholder."""
    record = await draw(site.services, an_order("a cat"))
    whole = await mo.get(f"{AT}/log/{record.id}/0.png")
    assert (whole.headers["Content-Type"], whole.body[:4]) == ("image/png", b"\x89PNG")
    small = await mo.get(f"{AT}/log/{record.id}/0.png?small")
    assert (small.headers["Content-Type"], small.body[8:12]) == ("image/webp", b"WEBP")
    again = await mo.get(f"{AT}/log/{record.id}/0.png?small", headers={"If-None-Match": small.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await mo.get(f"{AT}/log/{record.id}/9.png")).status == 404
    await site.services.storage.delete(record.images[0].key)
    await site.services.storage.delete(record.images[0].key.replace(".png", ".small.webp"))
    lost = await mo.get(f"{AT}/log/{record.id}/0.png")
    assert (lost.status, lost.headers["Content-Type"]) == (200, "image/svg+xml")


# ---------------------------------------------------------------------------------------------------------- people


async def test_a_ban_with_removal_takes_the_pictures_down(site: Pages, mo: Browser) -> None:
    """The person is out, what they made lately is gone, and the record shows it."""
    record = await draw(site.services, an_order("a cat"))
    other = await draw(site.services, an_order("a dog", BOB))
    form = {"kind": "ban", "reason": "spam", "remove": "1 day"}
    answer = await mo.post(f"{AT}/people/{ADA}/sanction", form)
    assert answer.location == f"{AT}/people/{ADA}"
    shown = (await mo.get(answer.location)).text
    assert "spam" in shown
    removed = (await site.services.generations.page(GenerationFilter(removed=True))).records
    assert [one.id for one in removed] == [record.id]
    assert other.removal is None
    listed = (await mo.get(f"{AT}/sanctions")).text
    assert "in force" in listed
    assert '<td class="small" data-label="By"><bdi>Mo</bdi></td>' in listed
    assert '<td class="small"><bdi>Mo</bdi>' in (await mo.get(f"{AT}/people/{ADA}")).text
    about = (await mo.get(f"{AT}/audit?subject=user:{ADA}&action=remove")).text
    assert "<bdi>Generations</bdi>:  <ins><bdi>1</bdi></ins>" in about
    await mo.post(f"{AT}/people/{ADA}/lift")
    assert "in force" not in (await mo.get(f"{AT}/sanctions")).text


async def test_what_went_with_a_ban_comes_back_at_once(site: Pages) -> None:
    """With the lifting, or while the ban stays; what was removed by itself before stays removed."""
    mo = await site.browser(MODERATOR)
    first, second = await draw(site.services, an_order("one")), await draw(site.services, an_order("two"))
    await mo.post(f"{AT}/log/{first.id}/remove", {"reason": "by itself"})
    ban = {"kind": "ban", "reason": "spam", "remove": "1 day"}
    await mo.post(f"{AT}/people/{ADA}/sanction", ban)
    person = (await mo.get(f"{AT}/people/{ADA}")).text
    assert "Show 1 removed generation again" in person
    answer = await mo.post(f"{AT}/people/{ADA}/restore", {"sanction": "1"})
    assert answer.location == f"{AT}/people/{ADA}"
    assert "Show 1 removed" not in (await mo.get(f"{AT}/people/{ADA}")).text
    assert [one.id for one in (await site.services.generations.page(GenerationFilter(removed=True))).records] == [
        first.id
    ]
    await mo.post(f"{AT}/people/{ADA}/sanction", ban)
    await mo.post(f"{AT}/people/{ADA}/lift", {"reason": "sorry", "restore": "1"})
    assert [one.id for one in (await site.services.generations.page(GenerationFilter(removed=True))).records] == [
        first.id
    ]
    acts = [(one.action, one.subject) for one in (await site.services.audit_log.page(GUILD, limit=5)).records]
    assert acts == [
        ("restore", f"generation:{second.id}"),
        ("restore", f"user:{ADA}"),
        ("lift", f"user:{ADA}"),
        ("remove", f"generation:{second.id}"),
        ("remove", f"user:{ADA}"),
    ]


async def test_a_lift_brings_back_what_went_with_the_timeout_before_the_ban(site: Pages, mo: Browser) -> None:
    """The ban takes the timeout's removals over; where nothing is left to bring back, the page says so."""
    await draw(site.services, an_order("a cat"))
    timeout = {"kind": "timeout", "duration": "1 hour", "reason": "x", "remove": "1 day"}
    for form in (timeout, {"kind": "ban", "reason": "x"}):
        await mo.post(f"{AT}/people/{ADA}/sanction", form)
    assert "Show 1 removed generation again" in (await mo.get(f"{AT}/people/{ADA}")).text
    answer = await mo.post(f"{AT}/people/{ADA}/lift", {"restore": "1"})
    assert "what was removed with it is shown again" in (await mo.get(answer.location)).text
    assert not (await site.services.generations.page(GenerationFilter(removed=True))).records
    await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "ban", "reason": "x"})
    answer = await mo.post(f"{AT}/people/{ADA}/lift", {"restore": "1"})
    assert "is left to show again" in (await mo.get(answer.location)).text


async def test_a_timeout_that_a_ban_replaced_is_not_called_lifted(site: Pages, mo: Browser) -> None:
    """In the list of sanctions and on the person's page; the ban that is lifted is."""
    for form in ({"kind": "timeout", "duration": "1 hour", "reason": "x"}, {"kind": "ban", "reason": "x"}):
        await mo.post(f"{AT}/people/{ADA}/sanction", form)
    for page in ("sanctions", f"people/{ADA}"):
        shown = (await mo.get(f"{AT}/{page}")).text
        assert (shown.count("replaced"), shown.count(">lifted<")) == (1, 0)
    await mo.post(f"{AT}/people/{ADA}/lift")
    for page in ("sanctions", f"people/{ADA}"):
        shown = (await mo.get(f"{AT}/{page}")).text
        assert (shown.count("replaced"), shown.count(">lifted<")) == (1, 1)


async def test_a_timeout_ends_when_it_was_said(site: Pages, mo: Browser) -> None:
    """Durations as people write them; what is none is refused by name."""
    answer = await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "timeout", "duration": "2 days", "reason": "x"})
    assert answer.status == 303
    sanction = await site.services.sanctions.active(ADA, GUILD)
    assert sanction is not None
    assert sanction.until is not None
    assert (sanction.until - sanction.created_at).total_seconds() == pytest.approx(172800, abs=5)
    refused = await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "timeout", "duration": "soon", "reason": "x"})
    assert (refused.status, "soon" in refused.text) == (400, True)


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "ban", "reason": ""},
        {"kind": "ban", "reason": "  "},
        {"kind": "ban"},
        {"kind": "timeout", "duration": "1 day"},
        {"kind": "zap", "duration": "1 day", "reason": "x"},
        {"duration": "1 day", "reason": "x"},
        {"kind": "ban", "reason": "x", "remove": "lately"},
    ],
)
async def test_nobody_is_put_out_without_a_reason_or_by_a_kind_that_there_is_not(
    site: Pages, mo: Browser, form: dict[str, str]
) -> None:
    """Whatever the form's own fields require, and all of it or nothing: the person reads why."""
    assert (await mo.post(f"{AT}/people/{ADA}/sanction", form)).status == 400
    assert await site.services.sanctions.active(ADA, GUILD) is None


async def test_who_is_out_of_reach_is_out_of_reach_here_too(site: Pages, mo: Browser) -> None:
    """The rules are the actions': oneself, the owner, an administrator."""
    for user_id in (MODERATOR, MANAGER):
        answer = await mo.post(f"{AT}/people/{user_id}/sanction", {"kind": "ban", "reason": "x"})
        assert answer.status == 400
    assert await site.services.sanctions.active(MANAGER, GUILD) is None


# ---------------------------------------------------------------------------------------------------------- review


async def test_what_the_filter_flags_waits_for_a_decision(site: Pages, mo: Browser) -> None:
    """Kept, then taken back, then removed."""
    record = await flagged(site)
    shown = (await mo.get(f"{AT}/review")).text
    assert "Flagged by the filter" in shown
    assert "1 waiting" in shown
    answer = await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})
    kept = (await mo.get(answer.location)).text
    assert "Nothing waits" in kept
    assert f"Request {record.id}: kept" in kept
    ids = kept.partition('name="ids" value="')[2].partition('"')[0]
    await mo.post(f"{AT}/review/{record.id}/undo", {"ids": ids})
    await mo.post(f"{AT}/review/{record.id}", {"decision": "remove", "reason": "no"})
    after = await site.services.generations.get(record.id)
    assert after is not None
    assert after.removal is not None
    assert (await mo.post(f"{AT}/review/{record.id}", {"decision": "explode"})).status == 400


async def test_a_second_press_shows_the_queue_and_loses_no_undo(site: Pages, mo: Browser) -> None:
    """One's own decision again is that decision; another's is told above the queue."""
    record = await flagged(site)
    first = await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})
    again = await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})
    assert (again.status, again.headers["Set-Cookie"]) == (303, first.headers["Set-Cookie"])
    assert 'data-key="z"' in (await mo.get(again.location)).text
    other = await mo.post(f"{AT}/review/{record.id}", {"decision": "remove"})
    shown = await mo.get(other.location)
    assert (shown.status, "This has been decided already" in shown.text) == (200, True)
    assert 'data-key="z"' not in shown.text


async def test_what_a_ban_removed_is_left_removed_or_shown_again_first(site: Pages, mo: Browser) -> None:
    """The queue offers no *Keep* that keeps nothing, and taking *Leave it removed* back shows nothing again."""
    record = await draw(site.services, an_order("a cat"))
    await site.services.reviews.report(Actor(BOB, GUILD), record.id, 0, "it looks at me")
    await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "ban", "reason": "spam", "remove": "1 day"})
    shown = (await mo.get(f"{AT}/review")).text
    assert "Leave it removed" in shown
    assert 'value="keep"' not in shown
    assert "To keep it, open it and undo the removal." in shown
    assert (await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})).status == 400
    left = (await mo.get((await mo.post(f"{AT}/review/{record.id}", {"decision": "remove"})).location)).text
    assert f"Request {record.id}: left removed." in left
    await mo.post(f"{AT}/review/{record.id}/undo", {"ids": left.partition('name="ids" value="')[2].partition('"')[0]})
    after = await site.services.generations.get(record.id)
    assert after is not None
    assert after.removal is not None
    assert after.removal.why == "spam"
    await mo.post(f"{AT}/log/{record.id}/restore")
    assert 'value="keep"' in (await mo.get(f"{AT}/review")).text


async def test_all_that_one_person_says_of_a_picture_is_shown_and_they_hear_once(site: Pages, mo: Browser) -> None:
    """What they add is kept beside what they said, the same again is not; a person's record counts them once."""
    record = await draw(site.services, an_order("a cat"))
    reviews = site.services.reviews
    told = [
        (await reviews.report(Actor(BOB, GUILD), record.id, 0, said))[1]
        for said in ("", "it looks at me", "it looks at me", "", "and it blinks")
    ]
    assert told == ["new", "more", "before", "before", "more"]
    shown = (await mo.get(f"{AT}/review")).text
    assert (shown.count("it looks at me"), shown.count("and it blinks")) == (1, 1)
    assert await reviews.counts(Actor(MODERATOR, GUILD, permissions=frozenset({"manage_messages"})), ADA) == {
        "report": 1
    }
    for count in range(5):
        await reviews.report(Actor(BOB, GUILD), record.id, 0, f"more {count}")
    await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})
    said = (await mo.get(f"{AT}/log/{record.id}")).text
    assert [f"more {count}" in said for count in range(5)] == [True, True, True, False, False]
    assert said.count("Reported") == 1


async def test_reports_come_before_flags_and_later_goes_on(site: Pages, mo: Browser) -> None:
    """The queue is in the order of gravity; *Later* leads behind the first one."""
    first = await flagged(site)
    second = await draw(site.services, an_order("a cat"))
    await site.services.reviews.report(Actor(BOB, GUILD), second.id, 0, "it looks at me")
    shown = (await mo.get(f"{AT}/review")).text
    assert "it looks at me" in shown
    later = shown.partition('href="?after=')[2].partition('"')[0]
    assert f"/review/{first.id}" in (await mo.get(f"{AT}/review?after={later}")).text
    assert f"/review/{first.id}" in (await mo.get(f"{AT}/review?kind=flag")).text
    assert (await mo.get(f"{AT}/review?after=x")).status == 400


async def test_a_granted_appeal_lets_the_prompt_pass_here(site: Pages, mo: Browser) -> None:
    """The same prompt, in this server, from then on; not where no server decides."""
    record = await blocked(site)
    await site.services.reviews.appeal(Actor(ADA, GUILD), record.id, "it is a football match")
    shown = (await mo.get(f"{AT}/review")).text
    assert "it is a football match" in shown
    assert f"<li>Appealed by <bdi>person {ADA}</bdi>" in shown
    assert "this very prompt passes in this server" in shown
    answer = await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})
    assert f"Request {record.id}: allowed here." in (await mo.get(answer.location)).text
    again = await blocked(site, "Some  gore")
    assert again.status == "delivered"
    assert again.verdict is not None
    assert again.verdict.reason == "pardoned: listed_words: gore"
    assert (await blocked(site, "some more gore")).status == "blocked"
    site.pool.block("gore", "minors")
    generation_id, _ = await order_one(site.services, an_order("some gore"))
    assert (await finish(site.services, generation_id)).status == "blocked"


async def test_moderators_let_nothing_pass_below_the_operators_level(tmp_path: Path) -> None:
    """Neither words that a server allows, nor a granted appeal; what is only held is for them to decide."""
    async with pages(tmp_path, safety_level="strict") as site:
        mo = await site.browser(MODERATOR)
        manager = Actor(MANAGER, GUILD, permissions=frozenset({"manage_guild"}))
        assert "Allowed words count for nothing here" in (await mo.get(f"{AT}/words")).text
        await site.services.terms.add(manager, "gore", "allow")
        record = await blocked(site)
        assert record.status == "blocked"
        await site.services.reviews.appeal(Actor(ADA, GUILD), record.id, "it is a football match")
        refused = await mo.post(f"{AT}/review/{record.id}", {"decision": "keep"})
        assert "stays blocked" in refused.text
        site.pool.block("gibberish", "unreadable", "hold")
        held = await blocked(site, "gibberish")
        assert (await mo.post(f"{AT}/review/{held.id}", {"decision": "keep"})).status == 303
        assert (await blocked(site, "gibberish")).status == "delivered"
        await site.services.terms.add(Actor.operator(), "gore", "allow")
        assert (await blocked(site)).status == "delivered"


async def test_no_moderator_lets_the_operators_words_pass(site: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a server may loosen, and whoever let it pass before the word was blocked everywhere."""
    record = await blocked(site)
    await site.services.reviews.appeal(Actor(ADA, GUILD), record.id, "it is a football match")
    mo = Actor(MODERATOR, GUILD, permissions=frozenset({"manage_messages"}))
    await site.services.reviews.decide(mo, record.id, "keep")
    assert (await blocked(site)).status == "delivered"
    judge = site.pool._judge

    def own_words(prompt: str, negative: str | None, policy: Policy) -> Verdict:
        own = any(word in prompt for word in policy.blocked_words)
        return Verdict("block", "own_words") if own else judge(prompt, negative, policy)

    monkeypatch.setattr(site.pool, "_judge", own_words)
    await site.services.terms.add(Actor.operator(), "gore", "block")
    assert (await blocked(site)).status == "blocked"


async def test_what_no_server_can_allow_is_not_offered_for_allowing(site: Pages, mo: Browser) -> None:
    """Neither shown nor promised nor done; the key that allows leaves it blocked, as the other one does."""
    site.pool.block("naked", "minors")
    generation_id, _ = await order_one(site.services, an_order("a naked child"))
    await finish(site.services, generation_id)
    await site.services.reviews.appeal(Actor(ADA, GUILD), generation_id, "it is a statue")
    shown = (await mo.get(f"{AT}/review")).text
    assert "it is a statue" in shown
    assert "Allow it here" not in shown
    assert "this very prompt passes" not in shown
    assert 'value="remove" data-key="r k"' in shown
    refused = await mo.post(f"{AT}/review/{generation_id}", {"decision": "keep"})
    assert (refused.status, "no server can change the rule" in refused.text) == (400, True)
    assert "1 waiting" in (await mo.get(f"{AT}/review")).text
    answer = await mo.post(f"{AT}/review/{generation_id}", {"decision": "remove"})
    assert "left blocked" in (await mo.get(answer.location)).text


async def test_a_refused_appeal_says_what_its_button_said(site: Pages, mo: Browser) -> None:
    """There was nothing to remove; and the way back is offered."""
    record = await blocked(site)
    await site.services.reviews.appeal(Actor(ADA, GUILD), record.id, "please")
    answer = await mo.post(f"{AT}/review/{record.id}", {"decision": "remove"})
    shown = (await mo.get(answer.location)).text
    assert f"Request {record.id}: left blocked." in shown
    assert f"/review/{record.id}/undo" in shown


async def test_many_blocks_of_one_person_come_to_the_top(site: Pages, mo: Browser) -> None:
    """Five within a day, once; a sanction answers them."""
    for _ in range(6):
        await blocked(site)
    shown = (await mo.get(f"{AT}/review")).text
    assert "Unusual activity" in shown
    assert "5 prompts of this person&#39;s were blocked within 24 hours" in shown
    assert "1 waiting" in shown
    assert f'href="{AT}/log?person={ADA}&amp;flagged=1"' in shown
    assert "Leave it blocked" in shown
    assert "Allow it here" not in shown  # nobody asked for it, and nothing would be allowed
    await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "timeout", "duration": "1 day", "reason": "spam"})
    assert "Nothing waits" in (await mo.get(f"{AT}/review")).text


# ------------------------------------------------------------------------------------------------- words and numbers


async def test_words_are_managed_by_managers_and_tried_by_moderators(site: Pages, mo: Browser) -> None:
    """The trial asks the filter and logs nothing."""
    assert (await mo.post(f"{AT}/words", {"term": "foo"})).status == 403
    manager = await site.browser(MANAGER)
    assert (await manager.post(f"{AT}/words", {"term": "foo", "action": "praise"})).status == 400
    await manager.post(f"{AT}/words", {"term": "  foo   bar ", "action": "flag"})
    shown = (await mo.get(f"{AT}/words")).text
    assert "foo bar" in shown
    site.pool.block("gore", "violence")
    assert "violence" in (await mo.get(f"{AT}/words?try=gore")).text
    site.pool.can_check = False
    assert "could not be checked" in (await mo.get(f"{AT}/words?try=gore")).text
    assert (await mo.get(f"{AT}/words?try={'x' * 1001}")).status == 400
    assert (await site.services.generations.page(GenerationFilter())).records == ()
    (term,) = await site.services.terms._terms.of(GUILD)
    other = f"/console/{OTHER_GUILD}/words/{term.id}/remove"
    assert (await manager.post(other)).status == 404
    await manager.post(f"{AT}/words/{term.id}/remove")
    assert "foo bar" not in (await mo.get(f"{AT}/words")).text


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("a", "a is too short; at least 2 letters are needed."),
        ("7", "7 is too short; at least 2 letters are needed."),
        ("The", "The stands in nearly every prompt."),
        ("of the", "of the stands in nearly every prompt."),
        ("*the", "stands in nearly every prompt."),
        ("の", "の stands in nearly every prompt."),
        ("x" * 300, "Blocked word has 300 characters; from 1 to 100 are taken."),
    ],
)
async def test_a_word_that_would_refuse_nearly_every_prompt_is_refused(site: Pages, word: str, told: str) -> None:
    """So is one that is too long, whole: the browser cuts nothing off."""
    manager = await site.browser(MANAGER)
    answer = await manager.post(f"{AT}/words", {"term": word})
    assert answer.status == 400
    assert told in answer.text
    assert await site.services.terms._terms.of(GUILD) == ()
    assert 'name="term" required>' in (await manager.get(f"{AT}/words")).text


@pytest.mark.parametrize("word", ["猫", "ox", "the end", "die", "theatre"])
async def test_short_words_that_mean_something_are_taken(site: Pages, word: str) -> None:
    """A sign of a script without capitals may be a whole word."""
    manager = await site.browser(MANAGER)
    await manager.post(f"{AT}/words", {"term": word})
    assert [one.term for one in await site.services.terms._terms.of(GUILD)] == [word]


async def test_statistics_count(site: Pages, mo: Browser) -> None:
    """Requests, blocks, people; a quiet server has empty charts, not errors."""
    assert (await mo.get(f"{AT}/stats")).status == 200
    await draw(site.services, an_order("a cat"))
    await blocked(site, user_id=BOB)
    shown = (await mo.get(f"{AT}/stats?days=7")).text
    assert "Requests a day in the last 7 days: 2 in all, 1 blocked" in shown
    assert "person 1002" in shown
    assert "violence" in shown
    assert "up to 15 s" in shown
    german = (await mo.get(f"{AT}/stats?days=7", {"Accept-Language": "de"})).text
    assert re.search(r"big-number\">\d+,\d s <", german)
    assert re.search(r">\d+\. [A-Z]\S+</text>", german)


# ---------------------------------------------------------------------------------------------------------- export


async def test_the_export_has_every_row_and_its_fields(site: Pages, mo: Browser) -> None:
    """CSV and JSON Lines under the log's filter; the export itself is audited."""
    for count in range(3):
        await draw(site.services, an_order(f"cat {count}"))
    await draw(site.services, an_order("a dog"))
    answer = await mo.post(f"{AT}/export.csv?words=cat")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["prompt"] for row in rows] == ["cat 2", "cat 1", "cat 0"]
    assert rows[0]["user_id"] == str(ADA)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    lines = [json.loads(line) for line in (await mo.post(f"{AT}/export.jsonl")).text.splitlines()]
    assert [line["prompt"] for line in lines] == ["a dog", "cat 2", "cat 1", "cat 0"]
    assert lines[0]["guild_id"] == str(GUILD)
    assert "words=cat" in (await mo.get(f"{AT}/audit?action=export")).text


@pytest.mark.parametrize("prompt", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "  =1", "\t=1"])
async def test_a_prompt_is_no_formula_in_a_table(site: Pages, mo: Browser, prompt: str) -> None:
    """CSV injection: what a table program would compute begins with a quote."""
    await draw(site.services, an_order(prompt))
    (row,) = csv.DictReader(io.StringIO((await mo.post(f"{AT}/export.csv")).text))
    assert not row["prompt"].lstrip().startswith(("=", "+", "-", "@"))
    assert prompt.strip() in row["prompt"]


# ------------------------------------------------------------------------------------------------- bad input


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>"


async def test_markup_in_prompts_names_and_reasons_is_text(site: Pages, mo: Browser) -> None:
    """Stored XSS: whatever people write, also as a style's name, no page of the console holds it as markup."""
    order = an_order(MARKUP)
    style = MARKUP.rpartition("'")[2]  # as long as a style's name may be
    named = replace(order.requester, user_name=MARKUP)
    order = replace(order, requester=named, negative_prompt=MARKUP, style=style)
    site.pool.block("alert", MARKUP[:40], action="flag")
    record = await draw(site.services, order)
    await mo.post(f"{AT}/people/{ADA}/sanction", {"kind": "ban", "reason": MARKUP})
    manager = await site.browser(MANAGER)
    await manager.post(f"{AT}/words", {"term": MARKUP})
    for path in ("log", f"log/{record.id}", "review", "sanctions", f"people/{ADA}", "words", "audit", "stats"):
        answer = await mo.get(f"{AT}/{path}")
        assert answer.status == 200
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "<svg onload" not in answer.text


@pytest.mark.parametrize("name", ["words", "person", "category", "since", "score", "channel", "before"])
async def test_markup_in_the_address_is_text(mo: Browser, name: str) -> None:
    """Reflected XSS: shown as typed, or refused by name."""
    for path in ("log", "audit", "review", "words"):
        answer = await mo.get(f"{AT}/{path}?{name}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&done=ban")
        assert answer.status in (200, 400)
        assert "<script>alert" not in answer.text
        assert 'role="status"' not in answer.text  # what was done is in no address


async def test_what_a_form_did_is_told_once_and_by_its_own_page(site: Pages, mo: Browser) -> None:
    """No cookie of somebody else's making, no address and no other page says so."""
    record = await draw(site.services, an_order("a cat"))
    at = f"{AT}/log/{record.id}"
    answer = await mo.post(f"{at}/remove", {"reason": "no"})
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert [("Removed" in await notice(mo, path)) for path in (f"{AT}/words", at, at)] == [False, True, False]
    packed = (b'["/", 1]', b'["", "ban", 1, [1]]', b'["", "ban", Infinity, []]', b"[" * 2400)
    for forged in ("x", *(base64.urlsafe_b64encode(one).decode() for one in packed)):
        mo.client.session.cookie_jar.update_cookies({"easel-done": forged}, site.server.make_url("/"))
        assert await notice(mo, at) == ""


async def notice(browser: Browser, path: str) -> str:
    return (await browser.get(path)).text.partition('role="status"><p>')[2].partition("</p>")[0]


FORGED: Final = (
    "log/999999", "log/99999999999999999999999", "log/-1", "log/1/0.png", "people/99999999999999999999",
    "log?before=99999999999999999999", "log?before=x", "log?since=yesterday", "log?score=2", "log?until=9999-12-31",
    "log?since=0001-01-01", "log?score=nan", "log?words=%00", "log?words=%ff", "audit?actor=x",
    "audit?since=1", "stats?days=99999",
    "log?channel=٣", "review?after=99999999999999999999.1", "review?after=1.99999999999999999999", "nothing",
)  # fmt: skip


async def test_a_forged_address_is_refused_not_broken(mo: Browser) -> None:
    """400 or 404, never 500."""
    answers = {path: await mo.get(f"{AT}/{path}") for path in FORGED}
    assert [path for path, one in answers.items() if one.status not in (200, 400, 404)] == []
    assert [path for path, one in answers.items() if "Something broke" in one.text] == []


async def test_the_box_shows_the_time_that_was_asked_for(mo: Browser) -> None:
    """A browser's calendar shows days alone; another search keeps what it cannot show."""
    boxes = {
        "since=2026-05-03": 'type="date" name="since" value="2026-05-03"',
        "since=2+days": 'type="text" name="since" value="2 days"',
        "": 'type="date" name="since" value=""',
    }
    for page in ("log", "audit"):
        assert [query for query, box in boxes.items() if box not in (await mo.get(f"{AT}/{page}?{query}")).text] == []


async def test_what_is_no_time_is_answered_with_what_is(mo: Browser) -> None:
    """The value, and how one reads."""
    answer = await mo.get(f"{AT}/log?since=soon")
    assert answer.status == 400
    assert (
        "From is “soon”; write a day (2026-05-03, today, yesterday) or how long ago (12 hours, 2 days)." in answer.text
    )


async def test_nobody_by_this_id(mo: Browser) -> None:
    """The page says so, and offers the one thing that counts ahead."""
    shown = (await mo.get(f"{AT}/people/4711")).text
    assert "Easel knows nobody by this id" in shown
    assert 'value="ban"' in shown
    for missing in ('value="timeout"', 'name="remove"', "/sharing", "Newest requests"):
        assert missing not in shown
    await mo.post(f"{AT}/people/4711/sanction", {"kind": "ban", "reason": "spam"})
    shown = (await mo.get(f"{AT}/people/4711")).text
    assert "Easel knows nobody by this id" not in shown
    assert "Lift the ban" in shown


async def test_an_entry_of_another_server_is_not_here(site: Pages, mo: Browser) -> None:
    """By id, through one's own server's address, and the other way round."""
    record = await draw(site.services, an_order("a secret", guild_id=OTHER_GUILD))
    assert (await mo.get(f"{AT}/log/{record.id}")).status == 404
    assert (await mo.get(f"{AT}/log/{record.id}/0.png")).status == 404
    assert (await mo.post(f"{AT}/log/{record.id}/remove")).status == 404
    assert "a secret" not in (await mo.get(f"{AT}/log")).text
    operator = await site.browser(OPERATOR)
    assert "a secret" in (await operator.get("/console/all/log")).text


# ---------------------------------------------------------------------------------------------- the way back to a form


def back(answer: Answer) -> str | None:
    _, found, rest = answer.text.partition('<a class="button" href="')
    return rest.partition('"')[0] if found else None


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        (f"http://127.0.0.1:8080{AT}/log/1?words=cat", f"{AT}/log/1?words=cat"),
        (None, f"{AT}/people/{ADA}"),
        (f"https://evil.example{AT}/log/1", f"{AT}/people/{ADA}"),
        ("http://127.0.0.1:8080//evil.example/", f"{AT}/people/{ADA}"),
        ("http://127.0.0.1:8080/nowhere", f"{AT}/people/{ADA}"),
        ("http://[", f"{AT}/people/{ADA}"),
    ],
)
async def test_a_refused_form_leads_back_to_where_it_stands(mo: Browser, referer: str | None, leads_to: str) -> None:
    """To the page that sent it, if that is one of ours; else to the page above its address."""
    sent = {"Sec-Fetch-Site": "same-origin"} | ({"Referer": referer} if referer else {})
    form = {"kind": "timeout", "duration": "blah", "reason": "x"}
    answer = await mo.post(f"{AT}/people/{ADA}/sanction", form, sent)
    assert answer.status == 400
    assert "“blah” is no duration" in answer.text
    assert "Back to the form" in answer.text
    assert back(answer) == leads_to


async def test_every_refused_page_has_a_way_back_where_there_is_a_form(site: Pages, mo: Browser) -> None:
    """A setting's message names its field; a filter that does not read leads to the list without one."""
    manager = await site.browser(MANAGER)
    refused = await manager.post(f"{AT}/settings", {"retention_days": "", f"retention_days.{OTHER}": "-5"})
    assert back(refused) == f"{AT}/settings"
    assert "Retention is -5; it must be from 1" in refused.text
    assert back(await mo.get(f"{AT}/review?after=x")) == f"{AT}/review"
    assert back(await mo.get("/nowhere")) is None
