"""One's own data: what is kept, taking it away, erasing it, and what moderation and time do about it."""

import asyncio
import io
import json
import os
import re
import threading
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.actions.actor import Actor
from bot.actions.disposal import keys_of
from bot.actions.document import Document
from bot.actions.moderation import Target
from bot.actions.privacy import Erased
from bot.database.erasure_requests import ErasureRequests
from bot.database.guild import GuildRecord
from bot.database.personal import PersonalData
from bot.database.records import GenerationFilter, PostRecord
from bot.database.session import Database, utc_now
from bot.database.tables.table import Table
from bot.errors import NotFound, SharingBlocked
from bot.generation.reply import Result
from bot.services import Services
from tests.bot_fakes import (
    ADA,
    BOB,
    GUILD,
    FakePosts,
    FakeReply,
    an_order,
    draw,
    finish,
    order_one,
    services,
    stuck,
)
from tests.web_fakes import MANAGER, MODERATOR, Pages, pages

ada, bob = Actor(ADA, GUILD), Actor(BOB, GUILD)
mo = Actor(MODERATOR, GUILD, permissions=frozenset({"manage_messages", "moderate_members", "ban_members"}))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Pages]:
    async with pages(tmp_path, posts=FakePosts(), limit_per_person="off", limit_per_server="off") as opened:
        yield opened


async def erased(opened: Services) -> Erased:
    """All of Ada's, at once."""
    told = await opened.privacy.erase(ADA)
    assert told is not None
    return told


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in (folder / "pictures").rglob("*") if path.is_file()}


async def test_the_export_has_everything(site: Pages) -> None:
    """Requests, pictures, shares, votes, reports, sanctions: the person's own, and nobody else's."""
    mine, other = await draw(site.services, an_order("a cat")), await draw(site.services, an_order("a dog", BOB))
    share = await site.services.gallery.share(bob, other.id, 0)
    await site.services.gallery.share(ada, mine.id, 1)
    await site.services.gallery.vote(ada, share.id)
    await site.services.reviews.report(ada, other.id, 0, "ugly")
    browser = await site.browser(ADA)
    answer = await browser.get("/me/export.zip")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("data.json"))
        assert archive.read(f"pictures/{mine.id}/1.png")[:4] == b"\x89PNG"
    assert sorted(names) == ["data.json", *(f"pictures/{mine.id}/{number}.png" for number in range(1, 5))]
    assert [one["prompt"] for one in document["generations"]] == ["a cat"]
    assert [len(document[name]) for name in ("shares", "votes", "reports", "sanctions")] == [1, 1, 1, 0]
    assert "token_hash" not in answer.body.decode("latin-1")


async def test_an_export_is_written_piece_by_piece_and_not_by_the_event_loop(
    site: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whoever asked for thousands of pictures holds nobody up, and nothing is left beside the archive."""
    pieces: list[tuple[str, int, bool]] = []
    extend = Document.extend

    def noted(self: Document, name: str, entries: Sequence[Any]) -> None:
        pieces.append((name, len(entries), threading.current_thread() is threading.main_thread()))
        extend(self, name, entries)

    monkeypatch.setattr(Document, "extend", noted)
    for _ in range(3):
        await site.services.generations.open(an_order(seed=7))
    folder = tmp_path_factory.mktemp("export")
    export = await site.services.privacy.export(ADA, folder)
    assert [count for name, count, _ in pieces if name == "generations"] == [0, 1, 1, 1]
    assert not any(in_loop for *_, in_loop in pieces)
    assert tuple(await asyncio.to_thread(os.listdir, folder)) == tuple(file.name for file in export.files)


entries = st.lists(st.one_of(st.text(), st.integers(), st.dictionaries(st.text(), st.none())), max_size=3)


@given(st.lists(st.tuples(st.sampled_from("ab"), entries), max_size=4))
def test_a_document_in_pieces_is_a_document(tmp_path_factory: pytest.TempPathFactory, pieces: list[Any]) -> None:
    """Whatever is in it, and however it comes."""
    file = tmp_path_factory.getbasetemp() / "document.json"
    document, expected = Document(file, {"whose": '"1"'}), dict[str, Any](whose='"1"')
    for name, some in sorted(pieces, key=lambda one: one[0]):
        document.extend(name, some)
        expected.setdefault(name, []).extend(some)
    document.close()
    assert json.loads(file.read_text("utf-8")) == expected


async def test_no_prompt_becomes_a_path_in_the_zip(site: Pages) -> None:
    """Zip injection: names are numbers."""
    await draw(site.services, an_order("../../../etc/passwd\\..\\x"))
    answer = await (await site.browser(ADA)).get("/me/export.zip")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert all(name == "data.json" or name.startswith("pictures/1/") for name in archive.namelist())


async def test_erasing_leaves_nothing(site: Pages, tmp_path: Path) -> None:
    """Rows, files, thumbnails, votes; others' counts are right; others' remixes stay; the browser is logged out."""
    mine = await draw(site.services, an_order("a cat"))
    other = await draw(site.services, an_order("a dog", BOB, parent_id=mine.id, kind="remix"))
    share = await site.services.gallery.share(bob, other.id, 0)
    await site.services.gallery.share(ada, mine.id, 0)
    await site.services.gallery.vote(ada, share.id)
    await site.services.generations.remove(mine.id, MODERATOR, "x", 2)
    browser = await site.browser(ADA)
    await browser.get(f"/gallery/{GUILD}/1/small.webp")
    assert (await browser.post("/me/erase", {"word": "no"})).status == 400
    answer = await browser.post("/me/erase", {"word": "erase"})
    assert "Your data is erased" in answer.text
    assert (await browser.get("/me")).status == 303
    kept = await site.services.privacy.kept(ADA)
    assert (kept.generations, kept.shares, kept.votes, kept.favourites) == (0, 0, 0, 0)
    assert {name.split("/")[2] for name in files(tmp_path)} == {str(other.id)}
    after = await site.services.gallery.get(bob, share.id)
    assert after.votes == 0
    assert after.generation.order.parent_id is None


async def test_what_moderators_must_decide_stays_without_a_name(site: Pages, tmp_path: Path) -> None:
    """A reported picture cannot be erased out of a review; once decided, the purge takes it."""
    record = await draw(site.services, an_order("a cat"))
    await site.services.reviews.report(bob, record.id, 0, "ugly")
    told = await erased(site.services)
    assert (told.generations, told.kept) == (1, 1)
    after = await site.services.generations.get(record.id)
    assert after is not None
    assert (after.order.requester.user_id, after.order.requester.user_name) == (0, "erased")
    assert files(tmp_path)
    assert await site.services.privacy.purge() == 0
    await site.services.reviews.decide(mo, record.id, "remove", "yes")
    assert await site.services.privacy.purge() == 1
    assert await site.services.generations.get(record.id) is None
    assert files(tmp_path) == set()


async def test_no_row_names_who_erased_their_data(site: Pages) -> None:
    """Whatever a person may have left, as an owner, a member and a moderator of one's own, in every table."""
    services = site.services
    mine, other = await draw(services, an_order("a cat")), await draw(services, an_order("a dog", BOB))
    reported, gone = await draw(services, an_order("a hen")), await draw(services, an_order("a fox"))
    await services.gallery.share(ada, mine.id, 0)
    await services.gallery.vote(ada, (await services.gallery.share(bob, other.id, 0)).id)
    await services.reviews.report(bob, reported.id, 0, "ugly")
    await services.reviews.report(ada, other.id, 0, "I am Ada")
    await services.removals.delete(ada, gone.id)
    modest = replace(mo, user_id=ADA)
    await services.removals.remove(modest, reported.id, "my own", 1)
    await services.removals.remove(modest, reported.id, "my own")
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "timeout", utc_now() + timedelta(days=1), "rude")
    await services.moderation.lift(mo, ADA)
    await services.moderation.sanction(modest, Target(BOB, MANAGER), "timeout", utc_now() + timedelta(days=1), "rude")
    manager = replace(modest, permissions=frozenset({"manage_guild"}))
    await services.terms.edit(manager, "block", ["gherkin"], [])
    chosen = GenerationFilter(user_id=ADA)
    assert [line async for line in services.exports.lines(mo, chosen, "jsonl", f"words=cat&person={ADA}")]
    await site.browser(ADA)
    await services.privacy.erase(ADA)
    found, number = [], re.compile(rf"(?<![0-9a-f]){ADA}(?![0-9a-f])")  # hashes have any digits by chance
    async with services.database.reading() as session:
        for table in Table.metadata.sorted_tables:
            for row in (await session.execute(select(table))).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if number.search(str(value))]
    # what a moderator did is the server's, and that of those to whom it was done
    assert set(found) == {"audit_log.actor_id", "sanctions.created_by", "blocked_terms.created_by"}


async def test_an_erasure_outlives_a_stop(tmp_path: Path) -> None:
    """It was cut off half-way: the next start goes on with it by itself, and nothing is left."""
    posts = SlowPosts()
    async with services(tmp_path, posts=posts) as opened:
        for _ in range(2):
            await draw(opened)
        erasing = asyncio.create_task(opened.privacy.erase(ADA))
        await asyncio.wait_for(posts.reached.wait(), 10)
    with pytest.raises(asyncio.CancelledError):
        await erasing
    posts.go_on.set()
    posts.connected = False
    async with services(tmp_path, posts=posts) as opened:
        await opened.privacy.erase_again()
        assert posts.taken_down == [], "nobody is logged in to Discord yet"
        posts.connected = True
        await opened.privacy.erase_again()
        await until_erased(opened)
        assert (await opened.privacy.kept(ADA)).generations == 0
    assert files(tmp_path) == set()


class SlowPosts(FakePosts):
    """Takes nothing down before it may `go_on`."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def take_down(self, post: PostRecord) -> bool:
        self.reached.set()
        await self.go_on.wait()
        return await super().take_down(post)


async def until_erased(opened: Services) -> None:
    for _ in range(5000):
        if not await opened.privacy._requests.waiting():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it was never erased")


@pytest.mark.parametrize("ill", ["discord", "storage"])
async def test_what_cannot_be_erased_now_is_erased_later(
    tmp_path: Path, ill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hidden at once; the rows stay until what they name is gone.  What was ordered after the word stays, too."""
    posts = FakePosts()

    async def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    async with services(tmp_path, posts=posts) as opened:
        record = await draw(opened, an_order("a cat"))
        await opened.gallery.share(ada, record.id, 0)
        with monkeypatch.context() as patch:
            if ill == "discord":
                posts.stubborn.add(555)
            else:
                patch.setattr(opened.storage, "delete", refuse)
            assert await opened.privacy.erase(ADA) is None
        with pytest.raises(NotFound):
            await opened.pictures.find(ada, record.id)
        assert (await opened.privacy.kept(ADA)).generations == 1
        later, _ = await order_one(opened, an_order("a dog"), FakeReply(556))
        await finish(opened, later)
        posts.stubborn.clear()
        for hours in (0, 2):
            assert await opened.generations.get(record.id) is not None
            opened.privacy._now = lambda hours=hours: utc_now() + timedelta(hours=hours)  # type: ignore[misc]
            await opened.privacy.erase_again()
        await until_erased(opened)
        assert await opened.generations.get(record.id) is None
        assert await opened.generations.get(later) is not None
        assert (posts.taken_down, (await opened.privacy.kept(ADA)).shares) == ([555], 0)
    assert {name.split("/")[2] for name in files(tmp_path)} == {str(later)}


async def test_all_but_pictures_goes_at_once_and_nothing_newer_later(site: Pages) -> None:
    """While Discord keeps a message: every browser is logged out; what is done after the word stays."""
    services, posts = site.services, site.services.removals._posts
    assert isinstance(posts, FakePosts)
    shares = []
    for prompt in ("a dog", "a hen"):
        other = await draw(services, an_order(prompt, BOB))
        shares.append((await services.gallery.share(bob, other.id, 0)).id)
    await draw(services, an_order("a cat"))
    await services.gallery.vote(ada, shares[0])
    asking, elsewhere = await site.browser(ADA), await site.login(ADA)
    posts.stubborn.add(555)
    assert "Your data is being erased" in (await asking.post("/me/erase", {"word": "erase"})).text
    assert await services.web_sessions.find(elsewhere) is None
    kept = await services.privacy.kept(ADA)
    assert (kept.generations, kept.votes) == (1, 0)
    await services.gallery.vote(ada, shares[1])
    again = await site.login(ADA)
    posts.stubborn.clear()
    await services.privacy._begin((await services.privacy._requests.waiting())[0])
    kept = await services.privacy.kept(ADA)
    assert (kept.generations, kept.votes) == (0, 1)
    assert await services.web_sessions.find(again) is not None


async def test_an_erasure_asked_for_without_discord_goes_on_as_soon_as_it_is_there(tmp_path: Path) -> None:
    """Not an hour later, which is for what it refuses."""
    posts = FakePosts()
    async with services(tmp_path, posts=posts) as opened:
        await draw(opened)
        posts.connected = False
        posts.stubborn.add(555)
        assert await opened.privacy.erase(ADA) is None
        posts.connected = True
        posts.stubborn.clear()
        await opened.privacy.erase_again()
        await until_erased(opened)


async def test_an_erasure_under_way_does_not_answer_for_a_newer_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows nothing of what was drawn meanwhile; that goes when it has ended."""
    posts = SlowPosts()
    async with services(tmp_path, posts=posts) as opened:
        await draw(opened)
        first = asyncio.create_task(opened.privacy.erase(ADA))
        await asyncio.wait_for(posts.reached.wait(), 10)
        later, _ = await order_one(opened, an_order("a dog"), FakeReply(556))
        await finish(opened, later)
        monkeypatch.setattr(opened.works, "cancel_all", lambda *_: posts.go_on.set())
        assert await opened.privacy.erase(ADA) is None
        told = await first
        assert told is not None
        assert told.generations == 1
        await opened.privacy.erase_again()
        await until_erased(opened)
        assert await opened.generations.get(later) is None


async def test_after_a_week_a_message_that_stays_keeps_no_row(tmp_path: Path) -> None:
    """A channel that Easel was shut out of, for example."""
    posts = FakePosts()
    posts.stubborn.add(555)
    async with services(tmp_path, posts=posts) as opened:
        record = await draw(opened)
        assert await opened.privacy.erase(ADA) is None
        for days in (6, 8):
            opened.privacy._now = lambda days=days: utc_now() + timedelta(days=days)  # type: ignore[misc]
            assert await opened.generations.get(record.id) is not None
            await opened.privacy._begin((await opened.privacy._requests.waiting())[0])
        assert await opened.generations.get(record.id) is None


async def test_what_is_shown_at_this_moment_is_erased_behind_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its message nor its files stay behind the row."""
    reply = SlowReply(777)

    class Behind(FakePosts):
        async def take_down(self, post: PostRecord) -> bool:
            assert reply.results, "nothing is shown yet that could be taken down"
            return await super().take_down(post)

    posts = Behind()
    async with services(tmp_path, posts=posts) as opened:
        generation_id, _ = await order_one(opened, an_order(), reply)
        await asyncio.wait_for(reply.reached.wait(), 10)
        ended = opened.works.ended

        async def shown_meanwhile(generation_id: int) -> None:
            reply.go_on.set()
            await ended(generation_id)

        monkeypatch.setattr(opened.works, "ended", shown_meanwhile)
        told = await erased(opened)
        assert (told.generations, told.kept) == (1, 0)
        assert await opened.generations.get(generation_id) is None
    assert posts.taken_down == [777]
    assert files(tmp_path) == set()


class SlowReply(FakeReply):
    """Shows nothing before it may `go_on`."""

    def __init__(self, message_id: int) -> None:
        super().__init__(message_id)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def deliver(self, result: Result) -> int | None:
        self.reached.set()
        await self.go_on.wait()
        return await super().deliver(result)


async def test_of_several_processes_each_stops_its_own(tmp_path: Path) -> None:
    """What another one may have under way is left to it; what has ended there is erased by whoever is asked."""
    posts = FakePosts()
    shards = 1 << 22
    async with services(tmp_path, posts=posts, shard_count=2, shard_ids="1") as other:
        ended = await draw(other, an_order(guild_id=shards))
        waiting = await other.generations.open(an_order(guild_id=shards, seed=1))
    async with services(tmp_path, posts=posts, shard_count=2, shard_ids="0") as opened:
        assert await opened.privacy.erase(ADA) is None
        assert await opened.generations.get(ended.id) is None
        assert await opened.generations.get(waiting) is not None
    async with services(tmp_path, posts=posts, shard_count=2, shard_ids="1") as other:
        await until_erased(other)
        assert await other.generations.get(waiting) is None


async def test_who_does_not_wait_for_the_end_is_told_that_it_goes_on(
    site: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is logged out."""
    monkeypatch.setattr("bot.actions.privacy.PATIENCE", 0.0)
    await draw(site.services)
    browser = await site.browser(ADA)
    assert "Your data is being erased" in (await browser.post("/me/erase", {"word": "erase"})).text
    await until_erased(site.services)
    assert (await browser.get("/me")).status == 303


async def test_a_word_that_is_given_again_counts_from_then(database: Database) -> None:
    """What is done for the one before does not answer it; the oldest is first."""
    requests = ErasureRequests(database)
    before, other = await requests.ask(ADA), await requests.ask(BOB)
    again = await requests.ask(ADA)
    await requests.done(before)
    assert await requests.waiting() == (other, again)
    await requests.done(again)
    assert await requests.waiting() == (other,)


async def test_a_sanction_outlives_an_erasure(site: Pages) -> None:
    """Nobody escapes a ban by erasing; once it is over, nothing of it is left, in the audit log neither."""
    await site.services.moderation.sanction(mo, Target(ADA, MANAGER), "ban", None, "Ada's reason")
    assert (await erased(site.services)).sanctioned
    assert await site.services.sanctions.active(ADA, GUILD) is not None
    await site.services.moderation.lift(mo, ADA)
    assert not (await erased(site.services)).sanctioned
    page = await site.services.audit_log.page(GUILD)
    assert all(str(ADA) not in one.subject and "Ada" not in one.why for one in page.records)
    assert (await site.services.audit_log.verify()).faults == ()


async def test_an_erasure_catches_up_with_a_ban_that_ends(site: Pages) -> None:
    """At once goes all but what tells of the ban in force; the rest goes when it is lifted, and the chain holds."""
    services = site.services

    async def said() -> list[tuple[str, str]]:
        rows = (await services.audit_log.page(GUILD)).records
        return [(one.action, one.why) for one in rows if "Ada" in f"{one.why} {one.before} {one.after}"]

    soon = utc_now() + timedelta(days=1)
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "timeout", soon, "Ada's first")
    await services.moderation.lift(mo, ADA, "Ada is sorry")
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "timeout", soon, "Ada's second")
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "ban", None, "Ada's third")
    await services.moderation.sanction(mo, Target(BOB, MANAGER), "ban", None, "not Ada")
    assert (await erased(services)).sanctioned
    assert await said() == [("ban", "not Ada"), ("ban", "Ada's third")]
    assert "second" not in str((await services.audit_log.page(GUILD)).records)
    await services.privacy.purge()
    assert await services.sanctions.active(ADA, GUILD) is not None
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "ban", None, "Ada's fourth")
    await services.privacy.purge()
    assert [why for _, why in await said()] == ["Ada's fourth", "not Ada"]
    await services.moderation.lift(mo, ADA, "Ada may come back")
    await services.privacy.purge()
    assert await said() == [("ban", "not Ada")]
    page = await services.audit_log.page(GUILD)
    assert {one.subject for one in page.records} == {"user:erased", f"user:{BOB}"}
    assert (await services.privacy.kept(ADA)).sanctions == 0
    verified = await services.audit_log.verify()
    assert (verified.rows, verified.redacted, verified.faults) == (7, 6, ())


async def test_what_comes_after_an_erasure_stays(site: Pages) -> None:
    """A ban that a person earns once the other is lifted was not theirs to erase then."""
    services = site.services
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "ban", None, "before")
    await services.privacy.erase(ADA)
    await services.moderation.lift(mo, ADA)
    await services.moderation.sanction(mo, Target(ADA, MANAGER), "ban", None, "after")
    await services.privacy.purge()
    assert [one.why for one in (await services.audit_log.page(GUILD)).records] == ["after", "", ""]
    assert (await services.privacy.kept(ADA)).sanctions == 1


async def test_who_may_not_share_may_not_after_an_erasure(site: Pages) -> None:
    """As with a ban: the rule stays, with its reason, until it is lifted, and nothing of it is left then."""
    services = site.services
    await services.gallery.block(mo, Target(ADA, 1), "Ada's old reason")
    await services.gallery.block(mo, Target(ADA, 1), "Ada's reason")
    assert (await services.privacy.kept(ADA)).sanctions == 1
    assert (await erased(services)).sanctioned
    assert [one.why for one in (await services.audit_log.page(GUILD)).records] == ["Ada's reason", ""]
    with pytest.raises(SharingBlocked):
        await services.gallery.share(ada, (await draw(services, an_order("a cat"))).id, 0)
    await services.gallery.block(mo, Target(ADA, 1), None)
    page = await services.audit_log.page(GUILD)
    assert {(one.subject, one.why) for one in page.records} == {("user:erased", "")}
    assert len(page.records) == 3
    assert (await services.privacy.kept(ADA)).sanctions == 0
    assert (await services.audit_log.verify()).faults == ()


async def test_a_server_forgets_what_is_older_than_it_wants(site: Pages, tmp_path: Path) -> None:
    """Rows and files; not what is shared, not what waits for a decision, not other servers'."""
    orders = [an_order(f"cat {count}") for count in range(3)] + [an_order("elsewhere", guild_id=GUILD + 1)]
    old, shared, reported, elsewhere = [await draw(site.services, order) for order in orders]
    await site.services.gallery.share(ada, shared.id, 0)
    await site.services.reviews.report(bob, reported.id, None, "ugly")
    await site.services.guild_settings.set(GuildRecord(GUILD, retention_days=30), MANAGER)
    assert await site.services.privacy.purge() == 0
    later = PersonalData(site.services.database, lambda: utc_now() + timedelta(days=31))
    site.services.privacy._personal = later
    assert await site.services.privacy.purge() == 1
    left = [one.id for one in (await site.services.generations.page(GenerationFilter())).records]
    assert left == [elsewhere.id, reported.id, shared.id]
    assert old.id not in {int(name.split("/")[2]) for name in files(tmp_path)}


async def test_an_operator_may_keep_nothing_longer(site: Pages) -> None:
    """RETENTION_DAYS counts in every server and in direct messages; a server may choose less."""
    orders = [an_order("a cat"), an_order("a dog", guild_id=GUILD + 1), an_order("alone", guild_id=None)]
    for order in orders:
        await draw(site.services, order)
    await site.services.guild_settings.set(GuildRecord(GUILD, retention_days=30), MANAGER)
    privacy, database = site.services.privacy, site.services.database
    for days, purged in ((31, 1), (91, 2)):
        privacy._personal = PersonalData(database, lambda days=days: utc_now() + timedelta(days=days), most_days=90)  # type: ignore[misc]
        assert await privacy.purge() == purged


async def test_a_file_that_cannot_be_deleted_keeps_its_generation_alone(
    site: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those behind it go in the same purge, one a batch as well; itself with a later one."""
    monkeypatch.setattr("bot.actions.privacy.BATCH", 1)
    first, second, third = [await draw(site.services, an_order(words)) for words in ("a cat", "a hat", "a dog")]
    file = stuck(tmp_path, keys_of(second)[0])
    privacy, later = site.services.privacy, lambda: utc_now() + timedelta(days=2)
    privacy._personal = PersonalData(site.services.database, later, most_days=1)
    assert await privacy.purge() == 2
    left = [await site.services.generations.get(one.id) is not None for one in (first, second, third)]
    assert left == [False, True, False]
    file.unlink()
    file.parent.rmdir()
    assert await privacy.purge() == 1


async def test_ones_own_page_counts(site: Pages) -> None:
    """What is kept, in numbers; nobody else's."""
    await draw(site.services, an_order("a cat"))
    shown = (await (await site.browser(ADA)).get("/me")).text
    assert "<dt>Requests, with their pictures</dt><dd>1</dd>" in shown
    assert "<dt>Requests, with their pictures</dt><dd>0</dd>" in (await (await site.browser(BOB)).get("/me")).text
