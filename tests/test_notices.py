"""What the bot posts of its own accord: shared pictures in the gallery's channel, and the week's digest."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.actions.actor import Actor
from bot.actions.digest import Digest, last_week
from bot.actions.notices import DigestNotice, Notices
from bot.database.guild import GuildRecord
from bot.database.notices import NoticeLog
from bot.database.reticent import Reticent
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.partition import Partition
from bot.services import Services
from tests.bot_fakes import ADA, BOB, CHANNEL, GUILD, FakePosts, an_order, draw, services
from tests.town import Town, answer, buttons, said

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
    told = answer(await town.bo.click(post, custom_id=buttons(post)[0]))  # type: ignore[arg-type]
    assert said(told) == "You voted for it. ❤️ 1 vote"
    with town.env.time_context():
        await town.services.gallery.unshare(ada, share.id)
    assert posted(town) == []
    with town.env.time_context():
        await town.services.gallery.share(ada, record.id, 1)
    assert len(posted(town)) == 1


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
            await town.services.pictures.remove(moderator, record.id, "no", index)
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
            notice_log=NoticeLog(database, lambda: self.now), publisher=self.posts, storage=self.opened.storage
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
        now = datetime.now(UTC)
        next_monday = (now + timedelta(days=7 - now.weekday())).replace(hour=10)
        yield Club(opened, next_monday)


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
            notice_log=NoticeLog(town.services.database), publisher=town.posts, storage=town.services.storage
        ),
        partition=Partition(), now=lambda: datetime.now(UTC) + timedelta(weeks=1),
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
