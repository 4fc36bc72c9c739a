"""What the bot posts of its own accord: shared pictures in the gallery's channel, and the week's digest."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.actions.actor import Actor
from bot.actions.digest import Digest, Preview, last_week
from bot.actions.gallery import name_of
from bot.actions.moderation import Target
from bot.actions.notices import DigestNotice, Notice, Notices, SharedNotice
from bot.database.guild import GuildRecord
from bot.database.notices import NoticeLog
from bot.database.reticent import Reticent
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.errors import CannotSanction, MayNotShare, MissingPermission, ServersOnly, SharingBlocked
from bot.partition import Partition
from bot.services import Services
from tests.bot_fakes import ADA, BOB, CHANNEL, GUILD, FakePosts, an_order, draw, services
from tests.town import Town, answer, button, buttons, said

# ------------------------------------------------------------------------------------------- the gallery's channel


async def choose(town: Town, **choices: object) -> int:
    """Give the server a channel for its gallery; returns the channel's id."""
    channel = town.guild.create_text_channel("gallery")
    await town.services.guild_settings.set(GuildRecord(town.guild.id, gallery_channel_id=channel.id, **choices), 1)  # type: ignore[arg-type]
    town.gallery = channel  # type: ignore[attr-defined]
    return channel.id


def posted(town: Town) -> list[object]:
    return list(town.gallery.history())  # type: ignore[attr-defined]


async def test_what_is_shared_is_posted_and_what_is_taken_out_is_gone(town: Town) -> None:
    """Once, though shared twice; with working buttons; by its owner's or a moderator's hand."""
    await choose(town)
    record, _ = await town.imagine("a cat", images=4)
    ada = Actor(town.ada.id, town.guild.id)
    with town.env.time_context():
        share = await town.services.gallery.share(ada, record.id, 1)
        await town.services.gallery.share(ada, record.id, 1)
    (post,) = posted(town)
    assert f"<@{town.ada.id}> shared a picture." in said(post)
    assert "a cat" in said(post)
    told = answer(await town.bo.click(post, custom_id=button(post, "heart")))  # type: ignore[arg-type]
    assert said(told) == "You voted for it. ❤️ 1 vote"
    with town.env.time_context():
        await town.services.gallery.unshare(ada, share.id)
    assert posted(town) == []
    with town.env.time_context():
        await town.services.gallery.share(ada, record.id, 1)
    assert len(posted(town)) == 1


async def test_a_shared_remix_names_whom_it_was_made_from(town: Town) -> None:
    """In the channel and in the gallery; not oneself, not what was removed, and nobody who is banned."""
    await choose(town)
    first, _ = await town.imagine("a cat", images=1)
    services = town.services
    bo = Actor(town.bo.id, town.guild.id, town.pictures.id)

    async def remixed(by: Actor) -> int:
        record = await draw(services, await services.pictures.remix(by, first.id, "a dog", None))
        with town.env.time_context():
            return (await services.gallery.share(by, record.id, 0)).id

    async def seen() -> tuple[str, str]:
        return said(posted(town)[-1]), said(answer(await town.bo.slash(town.pictures, "gallery")))

    credit = f"made from a picture by <@{town.ada.id}>"
    share_id = await remixed(bo)
    assert all(credit in one for one in await seen())
    with town.env.time_context():
        await services.gallery.unshare(bo, share_id)
    await remixed(Actor(town.ada.id, town.guild.id, town.pictures.id))
    assert not any("made from" in one for one in await seen())
    await remixed(bo)
    assert all(credit in one for one in await seen())
    await services.sanctions.sanction(town.ada.id, town.guild.id, "ban", None, "", 1)
    assert credit not in (await seen())[1]
    await services.sanctions.lift(town.ada.id, town.guild.id, 1)
    assert credit in (await seen())[1]
    await services.generations.remove(first.id, 1, "")
    assert credit not in (await seen())[1]


async def test_a_removed_picture_leaves_the_channel(town: Town) -> None:
    """With its generation, or alone."""
    await choose(town)
    for index in (None, 1):
        record, _ = await town.imagine("a cat", images=4)
        with town.env.time_context():
            await town.services.gallery.share(Actor(town.ada.id, town.guild.id), record.id, 1)
        assert len(posted(town)) == 1
        moderator = Actor(town.mo.id, town.guild.id, permissions=frozenset({"manage_messages"}))
        with town.env.time_context():
            await town.services.removals.remove(moderator, record.id, "no", index)
        assert posted(town) == []


# ----------------------------------------------------------------------------------------------------------- the digest


@pytest.mark.parametrize(
    ("now", "monday", "name"),
    [
        ("2026-03-09T09:00+00:00", "2026-03-02", "digest:2026-W10"),
        ("2026-03-09T08:59+00:00", "2026-02-23", "digest:2026-W09"),
        ("2026-03-15T23:59+00:00", "2026-03-02", "digest:2026-W10"),
        ("2027-01-04T10:00+01:00", "2026-12-28", "digest:2026-W53"),
        ("2027-01-04T08:00+00:00", "2026-12-21", "digest:2026-W52"),
    ],
)
def test_a_week_is_told_of_from_monday_morning_on(now: str, monday: str, name: str) -> None:
    """By ISO 8601's weeks, in UTC, also over the turn of the year."""
    first, named = last_week(datetime.fromisoformat(now))
    assert (first.date().isoformat(), named) == (monday, name)
    assert first.tzinfo is UTC


class Club:
    """A server that wants digests, and a week's clock."""

    def __init__(self, opened: Services, now: datetime) -> None:
        self.opened = opened
        self.posts = FakePosts()
        self.now = now

    async def send(self, partition: Partition | None = None) -> None:
        """As a process that has just started does it."""
        database = self.opened.database
        notices = Notices(
            notice_log=NoticeLog(database, lambda: self.now),
            publisher=self.posts,
            storage=self.opened.storage,
            seal=self.opened.seal,
        )
        await Digest(
            shares=Shares(database), guild_settings=GuildSettings(database), reticent=Reticent(database),
            notices=notices, partition=partition or Partition(), now=lambda: self.now,
        ).send()  # fmt: skip

    async def share(self, prompt: str, user_id: int, votes: int) -> None:
        record = await draw(self.opened, an_order(prompt, user_id, images=1))
        share = await self.opened.gallery.share(Actor(user_id, GUILD), record.id, 0)
        for voter in range(votes):
            await self.opened.shares.vote(share.id, 9000 + voter)

    @property
    def digests(self) -> list[DigestNotice]:
        return [notice for _, notice in self.posts.published if isinstance(notice, DigestNotice)]


@pytest.fixture
async def club(tmp_path: Path) -> AsyncIterator[Club]:
    async with services(tmp_path, limit_per_person="off", limit_per_server="off") as opened:
        chosen = GuildRecord(GUILD, gallery_channel_id=CHANNEL, digest=True)
        await opened.guild_settings.set(chosen, 1)
        yield Club(opened, next_monday())


def next_monday() -> datetime:
    """When the digest of the week that it is now is due."""
    now = datetime.now(UTC)
    return (now + timedelta(days=7 - now.weekday())).replace(hour=10)


async def test_a_digest_is_posted_once_a_week(club: Club) -> None:
    """The pictures that people voted for, best first, over restarts and beside other processes."""
    for prompt, votes in (("a cat", 1), ("a dog", 3), ("a cow", 0)):
        await club.share(prompt, ADA, votes)
    await club.send(Partition(2, (1 - (GUILD >> 22) % 2,)))
    assert club.digests == [], "another process has this server"
    for _ in range(3):
        await club.send()
    (digest,) = club.digests
    assert [(one.share.prompt, one.votes) for one in digest.shown] == [("a dog", 3), ("a cat", 1)]
    club.now += timedelta(days=6)
    await club.send()
    assert len(club.digests) == 1
    club.now += timedelta(days=1)
    await club.send()
    assert len(club.digests) == 1, "nobody voted in the week that followed"


async def test_who_does_not_want_to_be_named_is_not(club: Club) -> None:
    """Others are."""
    await club.share("a cat", ADA, 1)
    await club.share("a dog", BOB, 2)
    assert await club.opened.digest.name(ADA) is False
    await club.send()
    assert club.digests[0].unnamed == {ADA}
    assert await club.opened.digest.name(ADA) is True


async def test_no_digest_where_it_is_off_or_has_no_channel(club: Club) -> None:
    await club.share("a cat", ADA, 1)
    for chosen in (GuildRecord(GUILD, digest=True), GuildRecord(GUILD, gallery_channel_id=CHANNEL)):
        await club.opened.guild_settings.set(chosen, 1)
        await club.send()
    assert club.digests == []


async def test_a_slow_server_keeps_no_others_digest(club: Club) -> None:
    """It is posted while the slow one is waited for."""
    club.posts = posts = SlowChannel()
    opened, elsewhere = club.opened, GUILD + 1
    await opened.guild_settings.set(GuildRecord(elsewhere, gallery_channel_id=CHANNEL, digest=True), 1)
    await club.share("a cat", ADA, votes=1)
    record = await draw(opened, an_order("a dog", guild_id=elsewhere))
    share = await opened.gallery.share(Actor(ADA, elsewhere), record.id, 0)
    await opened.shares.vote(share.id, BOB)
    sending = asyncio.create_task(club.send())
    await asyncio.wait_for(posts.elsewhere.wait(), 10)
    assert not sending.done()
    posts.open.set()
    await sending
    assert len(club.digests) == 2


async def test_a_digest_in_discord(town: Town) -> None:
    """It names people without pinging them, and whoever wants is not named again."""
    channel_id = await choose(town, digest=True)
    record, _ = await town.imagine("a cat", images=1)
    share = await town.services.shares.share(record.id, 0, town.ada.id)
    await town.services.shares.vote(share.id, town.bo.id)
    digest = Digest(
        shares=town.services.shares, guild_settings=town.services.guild_settings,
        reticent=Reticent(town.services.database),
        notices=Notices(
            notice_log=NoticeLog(town.services.database), publisher=town.posts, storage=town.services.storage,
            seal=town.services.seal,
        ),
        partition=Partition(), now=next_monday,
    )  # fmt: skip
    with town.env.time_context():
        await digest.send()
        await digest.send()
    (post,) = posted(town)
    assert post.channel.id == channel_id  # type: ignore[attr-defined]
    assert f"by <@{town.ada.id}> · 1 vote" in said(post)
    sent: list[Any] = [one.json for one in town.env.http_requests if one.method == "POST" and "/messages" in one.path]
    assert sent[-1]["allowed_mentions"] == {"parse": []}
    told = answer(await town.ada.click(post, custom_id="easel:reticence:digest"))  # type: ignore[arg-type]
    assert "without your name" in said(told)
    assert await Reticent(town.services.database).among([town.ada.id]) == {town.ada.id}


async def test_managers_see_what_the_next_digest_would_say(club: Club) -> None:
    """What counts of the week that is not over; looking posts nothing, and is for managers of a server alone."""
    manager = Actor(1, GUILD, permissions=frozenset({"manage_guild"}))
    opened, now = club.opened, datetime.now(UTC)
    due = next_monday().replace(hour=9, minute=0, second=0, microsecond=0)
    assert await opened.digest.preview(manager) == Preview(None, due, CHANNEL)
    for prompt, user_id, votes in (("a cat", ADA, 1), ("a dog", BOB, 2), ("a cow", ADA, 0)):
        await club.share(prompt, user_id, votes)
    await opened.digest.name(BOB)
    shown = await opened.digest.preview(manager)
    assert shown.notice is not None
    assert [(one.share.prompt, one.votes) for one in shown.notice.shown] == [("a dog", 2), ("a cat", 1)]
    assert shown.notice.unnamed == {BOB}
    assert now < shown.due == due
    await club.send()
    assert club.digests == [shown.notice], "what went out is what was shown"
    await opened.guild_settings.set(GuildRecord(GUILD, gallery_channel_id=CHANNEL), 1)
    off = await opened.digest.preview(manager)
    assert (off.notice, off.channel_id) == (shown.notice, None)
    for who, error in ((Actor(ADA, GUILD), MissingPermission), (Actor.operator(), ServersOnly)):
        with pytest.raises(error):
            await opened.digest.preview(who)


async def test_a_preview_of_the_digest_in_discord(town: Town) -> None:
    """Below the settings of the gallery, for the manager's eyes, as everybody would see it."""
    shown = answer(await town.olga.slash(town.pictures, "settings"))
    await town.olga.select(shown, ["gallery"], custom_id="easel:setopen:")
    page = next(one for one in town.pictures.history(viewer=town.olga) if one.id == shown.id)
    told = answer(await town.olga.click(page, custom_id="easel:preview:digest"))
    assert "None goes out: the digest is switched off" in said(told)
    assert "Nobody has voted for a picture of this week yet" in said(told)
    channel_id = await choose(town, digest=True)
    record, _ = await town.imagine("a cat", images=1)
    share = await town.services.shares.share(record.id, 0, town.ada.id)
    await town.services.shares.vote(share.id, town.bo.id)
    told = answer(await town.olga.click(page, custom_id="easel:preview:digest"))
    assert told.ephemeral
    assert "The next digest goes out" in said(told)
    assert f"in <#{channel_id}>" in said(told)
    assert f"by <@{town.ada.id}> · 1 vote" in said(told)
    assert posted(town) == []


# ---------------------------------------------------------------------------------- sharing by itself, and not at all


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Services]:
    async with services(tmp_path, limit_per_person="off", limit_per_server="off") as opened:
        yield opened


async def shared(opened: Services) -> list[tuple[str, int]]:
    page = await opened.shares.page(GUILD, limit=50)
    return [(one.prompt, one.image.index) for one in page.records]


async def test_where_managers_want_it_the_best_of_each_order_is_shared(opened: Services) -> None:
    """Behind its delivery; nothing that is private or covered, nothing of who is banned, and nothing elsewhere."""
    await draw(opened, an_order("before", images=2))
    await opened.guild_settings.set(GuildRecord(GUILD, sharing="opt_out"), 1)
    await draw(opened, an_order("a cat", images=2))
    await opened.gallery.offer_owed()
    assert await shared(opened) == [("a cat", 0)]
    orders = (
        an_order("private", private=True), an_order("covered", spoiler=True), an_order("direct", guild_id=None),
        an_order("elsewhere", guild_id=GUILD + 1),
    )  # fmt: skip
    for order in orders:
        await opened.gallery.offer((await draw(opened, order)).id)
    assert (await opened.shares.page(GUILD + 1)).records == ()
    of_bob = await draw(opened, an_order("banned", BOB, guild_id=GUILD + 2))
    await opened.guild_settings.set(GuildRecord(GUILD + 2, sharing="opt_out"), 1)
    await opened.sanctions.sanction(BOB, GUILD + 2, "ban", None, "", 1)
    await opened.gallery.offer(of_bob.id)
    await opened.sanctions.lift(BOB, GUILD + 2, 1)
    assert (await opened.shares.page(GUILD + 2)).records == ()
    assert [prompt for prompt, _ in await shared(opened)] == ["a cat"]


class SlowChannel(FakePosts):
    """One server's does not answer before it is `open`; `elsewhere` tells of messages in others."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.elsewhere = asyncio.Event(), asyncio.Event()

    async def publish(
        self, guild_id: int, channel_id: int, notice: Notice, mark: int, since: datetime | None
    ) -> int | None:
        message_id = await super().publish(guild_id, channel_id, notice, mark, since)
        if guild_id == GUILD:
            await self.open.wait()
        else:
            self.elsewhere.set()
        return message_id

    def prompts(self) -> list[str]:
        return sorted(one.shown.share.prompt for _, one in self.published if isinstance(one, SharedNotice))


async def test_a_slow_channel_keeps_nobody_waiting(tmp_path: Path) -> None:
    """What follows in its server is shared at once and posted later; other servers' pictures are posted meanwhile."""
    posts, ids = SlowChannel(), list[int]()
    async with services(tmp_path, posts=posts, limit_per_person="off") as opened:
        for prompt, guild_id in (("a cat", GUILD), ("a hat", GUILD), ("a dog", GUILD + 1)):
            ids.append((await draw(opened, an_order(prompt, images=1, guild_id=guild_id))).id)
        for guild_id in (GUILD, GUILD + 1):
            await opened.guild_settings.set(GuildRecord(guild_id, sharing="opt_out", gallery_channel_id=5), 1)
        for generation_id in ids:
            await opened.gallery.offer(generation_id)
        assert await shared(opened) == [("a hat", 0), ("a cat", 0)]
        await asyncio.wait_for(posts.elsewhere.wait(), 10)
        assert posts.prompts() == ["a cat", "a dog"]
        posts.open.set()
        await opened.gallery.idle()
        await opened.gallery.post_again()
        await opened.gallery.idle()
        assert posts.prompts() == ["a cat", "a dog", "a hat"]


async def test_what_was_drawn_before_a_stop_is_shared(tmp_path: Path) -> None:
    """Although its channel is slow; what is not posted is owed."""
    async with services(tmp_path, posts=SlowChannel(), limit_per_person="off") as opened:
        await opened.guild_settings.set(GuildRecord(GUILD, sharing="opt_out", gallery_channel_id=5), 1)
        for prompt in ("a cat", "a hat", "a dog"):
            await draw(opened, an_order(prompt, images=1))
    async with services(tmp_path) as opened:
        shares = (await opened.shares.page(GUILD)).records
        assert [share.prompt for share in shares] == ["a dog", "a hat", "a cat"]
        names = [name_of(share.id) for share in shares]
        assert sorted(await opened.notices.known(GUILD, names)) == sorted(names)


async def test_what_was_taken_out_is_not_put_back(opened: Services) -> None:
    """It is offered once, when it was drawn."""
    await opened.guild_settings.set(GuildRecord(GUILD, sharing="opt_out"), 1)
    await draw(opened, an_order("a cat", images=2))
    await opened.gallery.offer_owed()
    (share,) = (await opened.shares.page(GUILD)).records
    await opened.gallery.unshare(Actor(ADA, GUILD), share.id)
    await draw(opened, an_order("a dog", BOB))
    await opened.gallery.offer_owed()
    assert "a cat" not in [prompt for prompt, _ in await shared(opened)]


async def test_a_moderator_keeps_a_person_from_sharing_alone(opened: Services) -> None:
    """They draw on; what they shared stays; the reason is told and audited; and it ends."""
    moderator = Actor(5, GUILD, permissions=frozenset({"manage_messages"}))
    before, record = await draw(opened, an_order("before")), await draw(opened, an_order("a cat"))
    await opened.gallery.share(Actor(ADA, GUILD), before.id, 0)
    with pytest.raises(MissingPermission):
        await opened.gallery.block(Actor(ADA, GUILD), Target(BOB, 1), "no")
    for _ in range(2):
        await opened.gallery.block(moderator, Target(ADA, 1), "spam")
    with pytest.raises(SharingBlocked, match="spam"):
        await opened.gallery.share(Actor(ADA, GUILD), record.id, 0)
    assert await shared(opened) == [("before", 0)]
    for _ in range(2):
        await opened.gallery.block(moderator, Target(ADA, 1), None)
    await opened.gallery.share(Actor(ADA, GUILD), record.id, 0)
    acts = [(one.action, one.subject, one.why) for one in (await opened.audit_log.page(GUILD)).records]
    assert acts == [("allow_sharing", f"user:{ADA}", "spam"), ("block_sharing", f"user:{ADA}", "spam")]


async def test_nobody_is_kept_from_sharing_who_could_not_be_sanctioned(opened: Services) -> None:
    """The owner, administrators, bots, oneself; whoever was kept from it before is let again all the same."""
    moderator = Actor(5, GUILD, permissions=frozenset({"manage_messages"}))
    for target in (Target(1, 1), Target(BOB, 1, is_administrator=True), Target(BOB, 1, is_bot=True), Target(5, 1)):
        with pytest.raises(CannotSanction):
            await opened.gallery.block(moderator, target, "spam")
        await opened.gallery.block(moderator, target, None)
    await opened.gallery.block(Actor(1, GUILD, permissions=frozenset({"administrator"})), Target(BOB, 1), "spam")
    assert await opened.gallery.blocked(moderator, BOB) == "spam"


async def test_sharing_by_itself_asks_no_roles(opened: Services) -> None:
    """They are chosen for who shares of their own accord; moderators' word counts for both."""
    await opened.guild_settings.set(GuildRecord(GUILD, sharing="opt_out", sharing_role_ids=(9,)), 1)
    with pytest.raises(MayNotShare):
        await opened.gallery.share(Actor(ADA, GUILD), (await draw(opened, an_order("a horse"))).id, 0)
    record = await draw(opened, an_order("a cat"))
    await opened.gallery.offer(record.id)
    assert ("a cat", 0) in await shared(opened)
    await opened.gallery.block(Actor(1, GUILD, permissions=frozenset({"administrator"})), Target(ADA, 1), "spam")
    await opened.gallery.offer((await draw(opened, an_order("a dog"))).id)
    assert "a dog" not in [prompt for prompt, _ in await shared(opened)]


async def test_moderators_keep_from_sharing_in_discord(town: Town) -> None:
    """By a command; the person reads why."""
    _, message = await town.imagine("a cat", images=1)
    told = await town.mo.slash(town.pictures, "mod sharing", person=town.ada, may_share=False, reason="spam")
    assert "shares no more pictures here" in said(answer(told))
    button = next(one for one in buttons(message) if "share" in one)
    refused = said(answer(await town.ada.click(message, custom_id=button)))
    assert "keeps you from sharing pictures: spam" in refused
