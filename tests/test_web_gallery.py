"""The gallery's pages: who sees what, the wall, one picture, the feed, and what must be nowhere to be seen."""

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import update
from sqlalchemy.orm import InstrumentedAttribute

from bot.actions.actor import Actor
from bot.database.guild import Drawing, GuildRecord, Misuse, RoleRule
from bot.database.records import ShareRecord
from bot.database.tables.community import ContestTable
from bot.web.site import Member
from tests.bot_fakes import ADA, BOB, GUILD, an_order, draw
from tests.web_fakes import MANAGER, MODERATOR, OTHER_GUILD, OUTSIDER, STRANGER, Pages, pages

AT = f"/gallery/{GUILD}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Pages]:
    async with pages(tmp_path, limit_per_person="off", limit_per_server="off") as opened:
        yield opened


async def shared(site: Pages, prompt: str = "a cat", user_id: int = ADA, **order: object) -> ShareRecord:
    record = await draw(site.services, an_order(prompt, user_id, images=2, **order))
    guild_id = record.order.requester.guild_id
    return await site.services.gallery.share(Actor(user_id, guild_id, user_name="Ada"), record.id, 0)


async def make_public(site: Pages) -> None:
    await site.services.guild_settings.set(GuildRecord(GUILD, gallery_is_public=True), MANAGER)


# ------------------------------------------------------------------------------------------------------ who sees what


async def test_a_gallery_is_its_members_until_its_managers_open_it(site: Pages) -> None:
    """To others it does not exist; opened, anybody looks, and only members act."""
    share = await shared(site)
    paths = ("", f"/{share.id}", f"/{share.id}/picture.png", f"/{share.id}/small.webp", "/feed.atom")
    anonymous, outsider, ada = [await site.browser(one) for one in (None, OUTSIDER, ADA)]
    for path in paths:
        assert (await anonymous.get(AT + path)).status == 303
        assert (await outsider.get(AT + path)).status == 404
        assert (await ada.get(AT + path)).status == 200
    assert (await anonymous.get("/gallery/12345")).status == 303
    assert (await outsider.get("/gallery/12345")).status == 404
    manager = await site.browser(MANAGER)
    await manager.post(f"/console/{GUILD}/settings", {"gallery_is_public": "yes"})
    for path in paths:
        assert (await anonymous.get(AT + path)).status == 200
        assert (await outsider.get(AT + path)).status == 200
    assert (await anonymous.post(f"{AT}/{share.id}/vote")).status == 401
    assert (await outsider.post(f"{AT}/{share.id}/vote")).status == 404
    assert "noindex" in (await anonymous.get(AT)).text
    await manager.post(f"/console/{GUILD}/settings", {"gallery_is_public": "yes", "gallery_is_searchable": "yes"})
    for path in ("", f"/{share.id}"):
        assert "noindex" not in (await anonymous.get(AT + path)).text
    assert "/vote" not in (await anonymous.get(f"{AT}/{share.id}")).text


async def test_the_front_pages_lead_to_what_one_may_see(site: Pages) -> None:
    """One gallery: straight to it; none: a word about why."""
    ada, anonymous = await site.browser(ADA), await site.browser(None)
    assert (await ada.get("/gallery")).location == AT
    assert "None is public" in (await anonymous.get("/gallery")).text
    await make_public(site)
    assert (await anonymous.get("/gallery")).location == AT
    assert AT in (await ada.get("/")).text


# ----------------------------------------------------------------------------------------------------------- the wall


async def test_the_wall_turns_pages_without_a_script(site: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """New, top, and searched; each picture once."""
    monkeypatch.setattr("bot.web.gallery.pages.PER_PAGE", 2)
    shares = [await shared(site, f"cat {count}") for count in range(5)]
    for voter in range(3):
        await site.services.gallery.vote(Actor(9000 + voter, GUILD), shares[1].id)
    await site.services.gallery.vote(Actor(9000, GUILD), shares[3].id)
    ada = await site.browser(ADA)
    for query, order in (("", [4, 3, 2, 1, 0]), ("?sort=top", [1, 3, 4, 2, 0]), ("?words=cat", [4, 3, 2, 1, 0])):
        seen, path = [], AT + query
        while path:
            page = (await ada.get(path)).text
            seen += [count for count in order if f'href="{AT}/{shares[count].id}"><img' in page]
            more = re.search(r'href="(\?[^"]*)" data-more', page)
            path = AT + more[1].replace("&amp;", "&") if more else ""
        assert seen == order
    assert "cat 3" in (await ada.get(f"{AT}?sort=top&span=day")).text
    assert (await ada.get(f"{AT}?sort=random")).text.count("<figure>") == 2
    assert (await ada.get(f"{AT}?after=nonsense")).status == 400
    assert (await ada.get(f"{AT}?after=1.99999999999999999999")).status == 400


async def test_a_person_and_ones_favourites_have_walls_of_their_own(site: Pages) -> None:
    """What somebody shared, and what one keeps."""
    cat, dog = await shared(site, "a cat"), await shared(site, "a dog", BOB)
    bob = await site.browser(BOB)
    assert f'href="?by={BOB}">Your own</a>' in (await bob.get(AT)).text
    assert "a dog" not in (await bob.get(f"{AT}?by={ADA}")).text
    await bob.post(f"{AT}/{cat.id}/favourite")
    mine = (await bob.get(f"{AT}?favourites=1")).text
    assert "a cat" in mine
    assert "a dog" not in mine
    await bob.post(f"{AT}/{cat.id}/favourite")
    assert "Nothing yet" in (await bob.get(f"{AT}?favourites=1")).text
    assert dog.id != cat.id


# -------------------------------------------------------------------------------------------------------- one picture


async def test_a_picture_shows_its_recipe_and_its_lineage(site: Pages) -> None:
    """Enough to draw the like; the source is credited; what is not shared or removed is said to be."""
    cat = await shared(site, "a cat", seed=7)
    remix = await shared(site, "a dog", BOB, parent_id=cat.generation.id, kind="remix", guidance_scale=5.0)
    ada = await site.browser(ADA)
    shown = (await ada.get(f"{AT}/{remix.id}")).text
    assert f"/imagine prompt:a dog images:1 seed:{remix.image.seed} guidance:5.0" in shown
    assert f'<li><a href="{AT}/{cat.id}">' in shown
    fox = await shared(site, "a fox", init_image=b"a picture", keep_rows=8)
    assert "Rows kept" in (await ada.get(f"{AT}/{fox.id}")).text
    assert "remix: <strong>this picture" in shown
    assert f"{AT}/{remix.id}" in (await ada.get(f"{AT}/{cat.id}")).text
    await site.services.gallery.unshare(Actor(ADA, GUILD), cat.id)
    assert "a picture that is not shared" in (await ada.get(f"{AT}/{remix.id}")).text
    await site.services.generations.remove(cat.generation.id, MODERATOR, "")
    shown = (await ada.get(f"{AT}/{remix.id}")).text
    assert "a picture that was removed" in shown
    assert "a cat" not in shown


async def test_members_vote_report_and_take_out(site: Pages) -> None:
    """One vote a person; a report reaches the queue; one's own and, for moderators, anybody's picture goes."""
    share = await shared(site)
    bob, mo, ada = [await site.browser(one) for one in (BOB, MODERATOR, ADA)]
    await bob.post(f"{AT}/{share.id}/vote")
    assert "Voted · </span>1<" in (await bob.get(f"{AT}/{share.id}")).text
    await bob.post(f"{AT}/{share.id}/vote")
    assert "Vote · </span>0<" in (await bob.get(f"{AT}/{share.id}")).text
    await bob.post(f"{AT}/{share.id}/report", {"reason": "it looks at me"})
    assert "it looks at me" in (await mo.get(f"/console/{GUILD}/review")).text
    assert (await bob.post(f"{AT}/{share.id}/unshare")).status == 403
    await ada.post(f"{AT}/{share.id}/unshare")
    assert (await ada.get(f"{AT}/{share.id}")).status == 404
    other = await shared(site, "a dog")
    shown = (await mo.get(f"{AT}/{other.id}")).text
    assert f'<a href="/console/{GUILD}/people/{ADA}">Keep them from sharing</a>' in shown
    assert "/console/" not in (await bob.get(f"{AT}/{other.id}")).text
    await mo.post(f"{AT}/{other.id}/unshare")
    assert "unshare" in (await mo.get(f"/console/{GUILD}/audit")).text


async def test_members_vote_on_the_wall(site: Pages) -> None:
    """As the form says, and back to the same place of the same wall, which is one of ours; not from another site."""
    share = await shared(site)
    bob, vote = await site.browser(BOB), f"{AT}/{share.id}/vote"
    for wanted, other in (("yes", "no"), ("no", "yes")):
        for _ in range(2):
            sent = await bob.post(vote, {"vote": wanted, "back": "?sort=top&x=1&after=0.9#//evil.example"})
            assert sent.location == f"{AT}?sort=top&after=0.9%23%2F%2Fevil.example#p{share.id}"
        wall = (await bob.get(f"{AT}?sort=top")).text
        assert f'name="vote" value="{other}"><input type="hidden" name="back" value="?sort=top"><button' in wall
        assert f" · </span>{'10'[wanted == 'no']}<" in wall
    assert (await bob.post(vote, {"vote": "yes", "back": "https://evil.example"})).location == f"{AT}#p{share.id}"
    assert (await bob.post(vote, {"vote": "no"}, {"Sec-Fetch-Site": "cross-site"})).status == 403
    assert await site.services.shares.voted_for(BOB, [share.id]) == {share.id}
    await make_public(site)
    assert "/vote" not in (await (await site.browser(None)).get(AT)).text


async def test_what_is_covered_in_discord_is_covered_here(site: Pages) -> None:
    """Shown to who asks for it, on its own page; in no link preview and no feed reader."""
    cat, bed = await shared(site, "a cat"), await shared(site, "a bed", spoiler=True)
    await make_public(site)
    visitor = await site.browser(None)
    wall = (await visitor.get(AT)).text
    assert wall.count('class="covered"') == 1
    assert f'og:image" content="http://127.0.0.1:8080{AT}/{cat.id}/picture.png"' in wall
    shown = (await visitor.get(f"{AT}/{bed.id}")).text
    assert "<details><summary>It is covered. Show it</summary><img" in shown
    assert "og:image" not in shown
    entries = feedparser.parse((await visitor.get(f"{AT}/feed.atom")).body).entries
    assert [(entry.title, len(entry.enclosures), "content" in entry) for entry in entries] == [
        ("a bed", 0, False), ("a cat", 1, True),
    ]  # fmt: skip


async def test_a_family_is_a_tree(site: Pages) -> None:
    """Ancestors and descendants over several steps, with what was removed between them and nothing that hangs loose."""
    cat = await shared(site, "a cat")
    hidden = await draw(site.services, an_order("secret one", images=1, parent_id=cat.generation.id, kind="remix"))
    await draw(site.services, an_order("secret two", images=1, parent_id=cat.generation.id, kind="remix"))
    dog = await shared(site, "a dog", parent_id=hidden.id, kind="vary")
    cow = await shared(site, "a cow", parent_id=dog.generation.id, kind="remix")
    ada = await site.browser(ADA)
    shown = (await ada.get(f"{AT}/{cat.id}")).text
    tree = shown[shown.index('class="tree"') :]
    assert tree.index("a picture that is not shared") < tree.index(f"{AT}/{dog.id}") < tree.index(f"{AT}/{cow.id}")
    assert tree.count("a picture that is not shared") == 1
    await site.services.generations.remove(dog.generation.id, MODERATOR, "no")
    shown = (await ada.get(f"{AT}/{cow.id}")).text
    tree = shown[shown.index('class="tree"') :]
    assert tree.index(f"{AT}/{cat.id}") < tree.index("a picture that was removed") < tree.index("this picture")
    assert "secret" not in tree
    assert "a dog" not in tree


async def test_a_contest_on_its_pages(site: Pages) -> None:
    """Enter, vote without counts, result; members only act, and other servers' contests do not exist."""
    share, other = await shared(site, "a cat"), await shared(site, "a dog", BOB)
    manager = Actor(MANAGER, GUILD, 42, permissions=frozenset({"manage_guild"}))
    contest = await site.services.contests.begin(manager, "<b>cats", "1 day", "1 day")
    at = f"{AT}/contests/{contest.id}"
    ada, bob, outsider = [await site.browser(one) for one in (ADA, BOB, OUTSIDER)]
    assert "&lt;b&gt;cats" in (await ada.get(f"{AT}/contests")).text
    assert (await outsider.get(at)).status == 404
    assert (await ada.get(f"/gallery/{OTHER_GUILD}/contests/{contest.id}")).status == 404
    assert (await ada.post(f"{at}/enter", {"picture": str(other.id)})).status == 403
    for forged in ("", "x", "999", "9" * 30):
        assert (await ada.post(f"{at}/enter", {"picture": forged})).status in (400, 404)
    assert (await ada.post(f"{at}/vote", {"picture": str(other.id)})).status == 409
    for who, mine in ((ada, share), (bob, other)):
        assert (await who.post(f"{at}/enter", {"picture": str(mine.id)})).location == at
    await reached(site, ContestTable.voting_at)
    assert (await ada.post(f"{at}/vote", {"picture": str(other.id)})).location == at
    page = (await ada.get(at)).text
    assert (await ada.post(f"{at}/vote", {"picture": str(share.id)})).status == 403
    assert "Your vote counts." in page
    assert "1 vote" not in page
    await make_public(site)
    assert "/vote" not in (await (await site.browser(None)).get(at)).text
    await reached(site, ContestTable.ends_at)
    page = (await ada.get(at)).text
    assert page.index(f"{AT}/{other.id}/small") < page.index("🥇 1 vote") < page.index(f"{AT}/{share.id}/small")


async def reached(site: Pages, moment: InstrumentedAttribute[datetime]) -> None:
    """Let a moment of the contest come."""
    async with site.services.database.writing() as session:
        await session.execute(update(ContestTable).values({moment: datetime.now(UTC)}))
    await site.services.contests.move_on()


async def test_ones_own_page_says_whether_digests_name_one(site: Pages) -> None:
    """Off and on; a form that is sent twice does it once."""
    ada = await site.browser(ADA)
    for _ in range(2):
        assert (await ada.post("/me/digest")).location == "/me"
        assert not await site.services.digest.names(ADA)
    assert "without your name" in (await ada.get("/me")).text
    for _ in range(2):
        await ada.post("/me/digest", {"named": "1"})
        assert await site.services.digest.names(ADA)
    assert (await (await site.browser(None)).post("/me/digest")).status == 401


async def test_managers_look_at_the_next_digest_in_the_console(site: Pages) -> None:
    """As it stands, with whom it would not name; and where and when it goes out, if it does."""
    await shared(site, "a cat")
    dog = await shared(site, "a <dog>", BOB)
    manager, address = await site.browser(MANAGER), f"/console/{GUILD}/digest"
    assert address in (await manager.get(f"/console/{GUILD}/settings")).text
    assert "without votes there is no digest" in (await manager.get(address)).text
    await site.services.gallery.vote(Actor(ADA, GUILD), dog.id)
    shown = (await manager.get(address)).text
    assert "is chosen. It would say now:" in shown
    assert "a &lt;dog&gt;" in shown
    assert "a cat" not in shown
    assert f"by <bdi>{dog.generation.order.requester.user_name}</bdi>" in shown
    await (await site.browser(BOB)).post("/me/digest")
    await site.services.guild_settings.set(GuildRecord(GUILD, gallery_channel_id=42, digest=True), MANAGER)
    shown = (await manager.get(address)).text
    assert "in <bdi>#channel-42</bdi>" in shown
    assert "by somebody who prefers not to be named" in shown


async def test_link_previews_are_for_public_galleries(site: Pages) -> None:
    """OpenGraph with absolute addresses, and only where a stranger could look."""
    share = await shared(site, 'a "cat"')
    ada = await site.browser(ADA)
    assert "og:" not in (await ada.get(f"{AT}/{share.id}")).text
    await make_public(site)
    shown = (await (await site.browser(None)).get(f"{AT}/{share.id}")).text
    assert '<meta property="og:title" content="a &#34;cat&#34;">' in shown
    assert f'content="http://127.0.0.1:8080{AT}/{share.id}/picture.png"' in shown


async def test_pages_describe_themselves_to_search_engines(site: Pages) -> None:
    """The wall, a picture and the contests; the feed is led to where anybody may read it."""
    share = await shared(site, "a cat")
    manager = Actor(MANAGER, GUILD, 42, permissions=frozenset({"manage_guild"}))
    contest = await site.services.contests.begin(manager, "cats in hats", "1 day", "1 day")
    ada = await site.browser(ADA)
    assert "as a feed" not in (await ada.get(AT)).text
    await make_public(site)
    described = {
        "": "Town: pictures",
        f"/{share.id}": "a cat",
        "/contests": "Contests",
        f"/contests/{contest.id}": "cats",
    }
    visitor = await site.browser(None)
    for address, words in described.items():
        assert f'<meta name="description" content="{words}' in (await visitor.get(AT + address)).text, address
    assert f'<a href="{AT}/feed.atom">New pictures as a feed</a>' in (await visitor.get(AT)).text


async def test_a_page_has_one_address_for_search_engines(site: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever order or search led to it; later pages and people have their own."""
    monkeypatch.setattr("bot.web.gallery.pages.PER_PAGE", 1)
    first, share = await shared(site), await shared(site)
    ada = await site.browser(ADA)
    assert "canonical" not in (await ada.get(AT)).text
    await make_public(site)
    visitor = await site.browser(None)
    after = f"?after=0.{share.id}"
    for asked, canonical in (
        ("", ""), ("?sort=top", ""), ("?sort=random", ""), ("?words=cat", ""), (f"?by={ADA}", f"?by={ADA}"),
        (after, after), (f"/{first.id}?words=cat", f"/{first.id}"), ("/contests", "/contests"),
    ):  # fmt: skip
        shown = (await visitor.get(AT + asked)).text
        assert f'<link rel="canonical" href="http://127.0.0.1:8080{AT}{canonical}">' in shown, asked


async def test_the_wall_names_the_contest_that_is_on(site: Pages) -> None:
    """Until it is over; not among what was searched for."""
    await shared(site, "a cat")
    manager = Actor(MANAGER, GUILD, 42, permissions=frozenset({"manage_guild"}))
    contest = await site.services.contests.begin(manager, "cats in <hats>", "1 day", "1 day")
    ada = await site.browser(ADA)
    link = f'<a href="{AT}/contests/{contest.id}"><strong><bdi>cats in &lt;hats&gt;</bdi></strong></a>'
    assert link in (await ada.get(AT)).text
    for other in ("?words=cat", f"?by={ADA}", "?favourites=1"):
        assert link not in (await ada.get(AT + other)).text
    await reached(site, ContestTable.voting_at)
    assert link in (await ada.get(AT)).text
    await reached(site, ContestTable.ends_at)
    assert link not in (await ada.get(AT)).text


async def test_text_is_compressed_where_that_tells_nobody_anything(site: Pages) -> None:
    """For visitors always; for who is logged in unless another site may have asked: sizes tell who listens (BREACH)."""
    share = await shared(site, "a cat")
    await make_public(site)
    visitor, ada = await site.browser(None), await site.browser(ADA)
    zipped, plain = {"Accept-Encoding": "gzip, deflate"}, {"Accept-Encoding": "identity"}
    for path in (AT, f"{AT}/{share.id}", f"{AT}/feed.atom", "/static/site.js", "/static/style.css", "/nowhere"):
        answers = [await visitor.get(path, headers=accepted) for accepted in (zipped, plain)]
        assert [one.headers.get("Content-Encoding") for one in answers] == ["gzip", None], path
        assert answers[0].text == answers[1].text, path
        assert {one.headers["Vary"] for one in answers} == {"Accept-Encoding,Cookie,Sec-Fetch-Site"}
    for path in (f"{AT}/{share.id}/small.webp", f"{AT}/{share.id}/picture.png"):
        assert "Content-Encoding" not in (await visitor.get(path, headers=zipped)).headers
    for asked_by, is_compressed in (("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False)):
        answer = await ada.get(AT, headers={**zipped, "Sec-Fetch-Site": asked_by})
        assert ("Content-Encoding" in answer.headers) == is_compressed, asked_by
    assert "Content-Encoding" not in (await ada.get(AT, headers=zipped)).headers, "an old browser does not say"
    for accepted, is_compressed in (
        ("gzip;q=0, identity", False), ("identity, gzip; q=0.0", False), ("br, GZip;q=0.5", True), ("br", False),
    ):  # fmt: skip
        answer = await visitor.get(AT, headers={"Accept-Encoding": accepted})
        assert ("Content-Encoding" in answer.headers) == is_compressed, accepted


async def test_files_are_asked_for_anew_and_sent_once(site: Pages) -> None:
    """The script and the sheet: a new version counts at once, and the same one costs no bytes; parts stay parts."""
    visitor = await site.browser(None)
    first = await visitor.get("/static/site.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Cache-Control"] == "no-cache"
    again = await visitor.get(
        "/static/site.js", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status, again.text) == (304, "")
    part = await visitor.get("/static/site.js", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (part.status, part.text) == (206, first.text[:10])
    for path in ("/static/site.js", AT):
        async with visitor.client.head(path, headers={"Accept-Encoding": "gzip"}, allow_redirects=False) as head:
            assert await head.read() == b""


async def test_the_feed_is_an_atom_document(site: Pages) -> None:
    """Well-formed whatever the prompts hold, with stable ids and times that carry their zone."""
    await make_public(site)
    for prompt in ("a cat", "<b>&amp; ]]> ☃", "tab\there"):
        await shared(site, prompt)
    answer = await (await site.browser(None)).get(f"{AT}/feed.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await (await site.browser(None)).get(f"{AT}/feed.atom", known)).status == 304
    assert answer.headers["Cache-Control"] == "no-cache", "what is removed is in no cache"
    read = feedparser.parse(answer.body)
    assert not read.bozo, read.get("bozo_exception")
    assert [entry.title for entry in read.entries][2] == "a cat"
    assert all(entry.updated_parsed and entry.enclosures[0].type == "image/png" for entry in read.entries)
    root = ET.fromstring(answer.body)  # noqa: S314  # our own
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert root.findtext(ATOM + name)
    entries = root.findall(ATOM + "entry")
    assert [entry.findtext(ATOM + "title") for entry in entries][1:] == ["<b>&amp; ]]> ☃", "a cat"]
    for entry in entries:
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        assert "+00:00" in (entry.findtext(ATOM + "updated") or "")
    assert len({entry.findtext(ATOM + "id") for entry in entries}) == 3


# ------------------------------------------------------------------------------------------ what is nowhere to be seen


@pytest.mark.parametrize("how", ["removed", "picture", "unshared", "banned", "banned everywhere"])
async def test_what_is_gone_is_gone_everywhere(site: Pages, how: str) -> None:
    """Wall, search, feed, random, favourites, contest, digest, picture, thumbnail, lineage; a browser's cache is asked
    to ask."""
    share, other = await shared(site, "a secret cat"), await shared(site, "a dog", BOB)
    ada, max_ = await site.browser(MODERATOR), await site.browser(MANAGER)
    manager = Actor(MANAGER, GUILD, 42, permissions=frozenset({"manage_guild"}))
    contest = await site.services.contests.begin(manager, "pets", "1 day", "1 day")
    await site.services.contests.enter(Actor(ADA, GUILD), contest.id, share.id)
    await ada.post(f"{AT}/{share.id}/favourite")
    await ada.post(f"{AT}/{share.id}/vote")
    elsewhere = (f"{AT}?favourites=1", f"{AT}/contests/{contest.id}", f"/console/{GUILD}/digest")
    for path, browser in zip(elsewhere, (ada, ada, max_), strict=True):
        assert "a secret cat" in (await browser.get(path)).text
    small = await ada.get(f"{AT}/{share.id}/small.webp")
    assert small.headers["Cache-Control"] == "no-cache"
    services = site.services
    if how == "removed":
        await services.generations.remove(share.generation.id, MODERATOR, "")
    elif how == "picture":
        await services.generations.remove(share.generation.id, MODERATOR, "", 0)
    elif how == "unshared":
        await services.shares.unshare(share.id, ADA)
    else:
        await services.sanctions.sanction(ADA, None if "every" in how else GUILD, "ban", None, "x", MODERATOR)
    for path in ("", "?sort=top", "?sort=random", "?words=secret", f"?by={ADA}", "/feed.atom", f"/{other.id}"):
        answer = await ada.get(AT + path)
        assert "a secret cat" not in answer.text
        assert answer.status == 200
    for path, browser in zip(elsewhere, (ada, ada, max_), strict=True):
        assert "a secret cat" not in (await browser.get(path)).text
    for path in ("", "/small.webp", "/picture.png"):
        headers = {"If-None-Match": small.headers["ETag"]}
        assert (await ada.get(f"{AT}/{share.id}{path}", headers=headers)).status == 404
    assert (await ada.post(f"{AT}/{share.id}/vote")).status == 404
    assert (await ada.post(f"{AT}/{share.id}/favourite")).status == 404


async def test_another_servers_picture_is_not_here(site: Pages) -> None:
    """By its id through one's own server's address, and by its own address."""
    share = await shared(site, "theirs", STRANGER, guild_id=OTHER_GUILD)
    ada = await site.browser(ADA)
    for path in (f"{AT}/{share.id}", f"/gallery/{OTHER_GUILD}/{share.id}", f"/gallery/{OTHER_GUILD}"):
        assert (await ada.get(path)).status == 404
        assert (await ada.post(path + "/vote")).status == 404
    assert "theirs" not in (await ada.get(AT)).text


async def test_words_are_looked_for_by_what_they_mean(site: Pages) -> None:
    """On the wall, and below a picture; where nobody can read them, as they are, and the page says so."""
    cat, dog = await shared(site, "a small cat asleep"), await shared(site, "a small dog asleep")
    await shared(site, "the sea")
    await site.services.meaning.read()
    ada = await site.browser(ADA)
    page = (await ada.get(f"{AT}?words=small+cat+asleep+please&how=meaning")).text
    assert page.index(f'href="{AT}/{cat.id}"') < page.index(f'href="{AT}/{dog.id}"')
    assert "the sea" not in page
    nothing = (await ada.get(f"{AT}?words=small+cat+asleep+please")).text
    assert "a small cat" not in nothing
    assert 'href="?words=small%20cat%20asleep%20please&amp;how=meaning"' in nothing
    shown = (await ada.get(f"{AT}/{cat.id}")).text
    assert f'<li><a href="{AT}/{dog.id}">' in shown[shown.index("More like this") :]
    site.pool.can_check = False
    page = (await ada.get(f"{AT}?words=cat&how=meaning")).text
    assert "No drawing server can read" in page
    assert "a small cat" in page


async def test_a_lost_file_is_a_placeholder(site: Pages) -> None:
    """The page and the wall stay whole."""
    share = await shared(site)
    await site.services.storage.delete(share.image.key)
    answer = await (await site.browser(ADA)).get(f"{AT}/{share.id}/small.webp")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")


async def test_markup_and_long_prompts_stay_text(site: Pages) -> None:
    """XSS through prompts and names; a thousand characters; text that runs the other way."""
    await make_public(site)
    markup = "<script>alert(1)</script>"
    order = an_order(markup + "x" * 900, images=1)
    record = await draw(site.services, replace(order, requester=replace(order.requester, user_name=markup)))
    share = await site.services.gallery.share(Actor(ADA, GUILD), record.id, 0)
    await shared(site, "\u202eעברית " + "\u0301" * 40)
    ada = await site.browser(ADA)
    for path in (AT, f"{AT}/{share.id}", f"{AT}?words=%3Cscript%3Ealert(1)", f"{AT}?by={ADA}", f"{AT}/feed.atom"):
        answer = await ada.get(path)
        assert answer.status == 200
        assert "<script>alert" not in answer.text
    assert "<bdi>" in (await ada.get(AT)).text


# ----------------------------------------------------------------------------------------------------------- settings


async def test_settings_are_the_managers_and_audited(site: Pages) -> None:
    """All that `/settings` has for a whole server; nonsense is refused by name, and then nothing of the form counts."""
    manager, address = await site.browser(MANAGER), f"/console/{GUILD}/settings"
    form = {
        "review_channel_id": "77", "retention_days": "30", "retention_days.other": "91", "moderator_role_id": "88",
        "max_images": "4", "default_images": "4", "misuse_blocks": "off", "digest": "yes", "language": "de",
    }  # fmt: skip
    assert (await manager.post(address, form)).status == 303
    expected = GuildRecord(
        GUILD, (), 88, 77, retention_days=91, drawing=Drawing(max_images=4), digest=True, language="de",
        misuse=Misuse(blocks=None),
    )  # fmt: skip
    assert await site.services.guild_settings.get(GUILD) == expected
    assert "Keep for" in (told := (await manager.get(f"/console/{GUILD}/audit")).text)
    assert "91 days" in told
    shown = (await manager.get(address)).text
    assert shown.count("Choose a gallery channel, too") == 1
    for option in ('value="91" selected', 'value="88" selected', 'value="77" selected', 'value="off" selected'):
        assert option in shown
    for name, value in (
        ("review_channel_id", "5"), ("moderator_role_id", "5"), ("retention_days", "0"), ("retention_days", "x"),
        ("max_images", "100"), ("limit_per_person.other", "many"),
    ):  # fmt: skip
        answer = await manager.post(address, {"limit_per_person": "-", "digest": "no", name: value})
        assert answer.status == 400
        assert value in answer.text[answer.text.index("<h1>") :]
    assert await site.services.guild_settings.get(GUILD) == expected


async def test_the_console_knows_the_servers_moderators_role(site: Pages) -> None:
    """Whoever has it finds the log, and no settings; without it, the console is not there."""
    site.directory.members[GUILD, ADA] = Member(ADA, "Ada", role_ids=(88,))
    ada, manager = await site.browser(ADA), await site.browser(MANAGER)
    assert (await ada.get(f"/console/{GUILD}/log")).status == 403
    await manager.post(f"/console/{GUILD}/settings", {"moderator_role_id": "88"})
    assert (await ada.get(f"/console/{GUILD}/log")).status == 200
    assert (await ada.get("/console")).headers["Location"] == f"/console/{GUILD}/log"
    assert (await ada.get(f"/console/{GUILD}/settings")).status == 403


async def test_a_whole_form_unchooses_what_it_leaves_out(site: Pages) -> None:
    """As browsers send lists of which nothing is chosen; what is for one role stays."""
    rule = RoleRule(89, "first")
    await site.services.guild_settings.set(GuildRecord(GUILD, (42,), sharing_role_ids=(88,), roles=(rule,)), MANAGER)
    manager, address = await site.browser(MANAGER), f"/console/{GUILD}/settings"
    assert (await manager.post(address, {"digest": "yes"})).status == 303
    assert (await site.services.guild_settings.get(GUILD)).allowed_channel_ids == (42,)
    assert (await manager.post(address, {"complete": "1", "digest": "no"})).status == 303
    assert await site.services.guild_settings.get(GUILD) == GuildRecord(GUILD, roles=(rule,))
