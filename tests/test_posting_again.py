"""The bot's own posts where Discord does not take them, or where they must go: tried again, and gone with a ban."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.actions.actor import Actor
from bot.actions.contests import Contests
from bot.actions.digest import Digest
from bot.actions.gallery import Gallery
from bot.actions.notices import ContestNotice, DigestNotice, Notices, SharedNotice
from bot.actions.removals import Removals
from bot.database.contests import ContestLog
from bot.database.generations import GenerationLog
from bot.database.guild import GuildRecord
from bot.database.lineage import Lineage
from bot.database.notices import AT_ONCE, PATIENCE, NoticeLog
from bot.database.offers import Offers
from bot.database.posts import PostLog
from bot.database.records import ShareRecord
from bot.database.reticent import Reticent
from bot.database.session import Database
from bot.database.share_blocks import ShareBlocks
from bot.database.shares import Shares
from bot.database.tables.community import NoticePictureTable, NoticeTable
from bot.database.withdrawals import Said
from bot.partition import Partition
from bot.services import Services
from tests.bot_fakes import ADA, BOB, CHANNEL, GUILD, FakePosts, an_order, draw, services
from tests.test_database import drawn, seeded
from tests.town import Town, said

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WAYS = (
    "taken out", "taken out by a moderator", "deleted by its owner", "removed", "one picture removed",
    "of somebody who was banned",
)  # fmt: skip


class Stopped(Exception):
    """The process ended here."""


async def stopped(*_: object) -> None:
    raise Stopped


@dataclass
class Hall:
    """A gallery with a channel, a clock of the test's own, and a Discord that may be away."""

    opened: Services
    posts: FakePosts = field(default_factory=FakePosts)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def notices(self) -> Notices:
        """As a process that has just started has them."""
        notice_log = NoticeLog(self.opened.database, lambda: self.now)
        opened = self.opened
        return Notices(notice_log=notice_log, publisher=self.posts, storage=opened.storage, seal=opened.seal)

    @property
    def gallery(self) -> Gallery:
        opened, database = self.opened, self.opened.database
        return Gallery(
            shares=opened.shares, generations=opened.generations, sanctions=opened.sanctions,
            guild_settings=opened.guild_settings, notices=self.notices, lineage=Lineage(database),
            share_blocks=ShareBlocks(database), offers=Offers(database),
        )  # fmt: skip

    @property
    def removals(self) -> Removals:
        opened = self.opened
        return Removals(
            generations=opened.generations, works=opened.works, storage=opened.storage,
            post_log=PostLog(opened.database), audit_log=opened.audit_log, posts=self.posts, notices=self.notices,
            eraser=opened.eraser, seal=opened.seal,
        )  # fmt: skip

    @property
    def digest(self) -> Digest:
        opened = self.opened
        return Digest(
            shares=opened.shares, guild_settings=opened.guild_settings, reticent=Reticent(opened.database),
            notices=self.notices, partition=Partition(), now=lambda: self.now,
        )  # fmt: skip

    @property
    def contests(self) -> Contests:
        opened = self.opened
        return Contests(
            contest_log=ContestLog(opened.database, lambda: self.now), shares=opened.shares,
            sanctions=opened.sanctions, guild_settings=opened.guild_settings, notices=self.notices,
            partition=Partition(), now=lambda: self.now,
        )  # fmt: skip

    async def a_week_of(self, **pictures: int) -> dict[str, ShareRecord]:
        """Shared by these people under their names, each with a vote; it is the Monday after."""
        shares = {name: await self.share(name, user_id) for name, user_id in pictures.items()}
        for share in shares.values():
            await self.opened.shares.vote(share.id, 9000)
        self.now += timedelta(days=7 - self.now.weekday(), hours=10 - self.now.hour)
        return shares

    @property
    def digests(self) -> list[list[str]]:
        told = (one for _, one in self.posts.published if isinstance(one, DigestNotice))
        return [[shown.share.prompt for shown in one.shown] for one in told]

    async def take_away(self, share: ShareRecord, how: str) -> None:
        here, moderator = share.guild_id, Actor(1, share.guild_id, permissions=frozenset({"manage_messages"}))
        match how:
            case "taken out":
                await self.gallery.unshare(Actor(share.user_id, here), share.id)
            case "taken out by a moderator":
                await self.gallery.unshare(moderator, share.id)
            case "deleted by its owner":
                await self.removals.delete(Actor(share.user_id, here), share.generation.id)
            case "removed":
                await self.removals.remove(moderator, share.generation.id, "no")
            case "one picture removed":
                await self.removals.remove(moderator, share.generation.id, "no", share.image.index)
            case _:
                await self.opened.sanctions.sanction(share.user_id, here, "ban", None, "", 1)

    async def share(self, prompt: str, user_id: int = ADA, guild_id: int = GUILD) -> ShareRecord:
        record = await draw(self.opened, an_order(prompt, user_id, images=1, guild_id=guild_id))
        return await self.gallery.share(Actor(user_id, guild_id), record.id, 0)

    async def after(self, span: timedelta) -> None:
        """The clock goes on, and the calendar is looked at."""
        self.now += span
        gallery = self.gallery
        await gallery.post_again()
        await gallery.idle()
        await self.notices.retract_banned()
        await self.notices.retract_again()

    @property
    def shown(self) -> list[str]:
        return [one.shown.share.prompt for _, one in self.posts.published if isinstance(one, SharedNotice)]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with services(tmp_path, limit_per_person="off", limit_per_server="off") as opened:
        for guild_id in (GUILD, GUILD + 1):
            await opened.guild_settings.set(GuildRecord(guild_id, gallery_channel_id=CHANNEL, digest=True), 1)
        yield Hall(opened)


# ------------------------------------------------------------------------------------------------- posting it again


async def test_what_discord_did_not_take_is_posted_later(hall: Hall) -> None:
    """Once, and looked for before, as it may stand there already."""
    hall.posts.away = True
    await hall.share("a cat")
    hall.posts.away = False
    await hall.after(4 * MINUTE)
    assert hall.shown == []
    await hall.after(2 * MINUTE)
    await hall.after(6 * MINUTE)
    assert hall.shown == ["a cat"]
    assert hall.posts.looked_since[-1] is not None


async def test_a_permission_that_is_given_later_is_enough(hall: Hall) -> None:
    """Until then, one try tells of all that wait in a server; the others are no worse for it."""
    hall.posts.refusing = True
    for prompt in ("a cat", "a dog", "a cow"):
        await hall.share(prompt)
    for tries in (4, 5):
        await hall.after(6 * MINUTE)
        await hall.after(MINUTE)
        assert len(hall.posts.looked_since) == tries
    hall.posts.refusing = False
    await hall.share("a fox", guild_id=GUILD + 1)
    await hall.after(6 * MINUTE)
    assert hall.shown == ["a fox", "a cat", "a dog", "a cow"]


async def test_after_a_day_it_is_too_late(hall: Hall) -> None:
    """Nobody wants last week's pictures all at once."""
    hall.posts.refusing = True
    await hall.share("a cat")
    hall.posts.refusing = False
    await hall.after(DAY + MINUTE)
    assert hall.shown == []


async def test_what_is_shared_before_discord_is_there_is_posted_once_it_is(hall: Hall) -> None:
    """Such as on the web pages of a bot that is still connecting."""
    hall.posts.connected = False
    await hall.share("a cat")
    await hall.after(MINUTE)
    hall.posts.connected = True
    await hall.after(MINUTE)
    assert hall.shown == ["a cat"]


async def test_what_is_not_shown_any_more_is_not_posted(hall: Hall) -> None:
    """Taken out, removed, of somebody who was banned; and in a server that wants no posts now."""
    hall.posts.away = True
    taken_out, removed = await hall.share("taken out"), await hall.share("removed")
    await hall.share("banned", BOB)
    await hall.share("elsewhere", guild_id=GUILD + 1)
    hall.posts.away = False
    await hall.gallery.unshare(Actor(ADA, GUILD), taken_out.id)
    await hall.opened.removals.delete(Actor(ADA, GUILD), removed.generation.id)
    await hall.opened.sanctions.sanction(BOB, GUILD, "ban", None, "", 1)
    await hall.opened.guild_settings.set(GuildRecord(GUILD + 1), 1)
    await hall.after(6 * MINUTE)
    await hall.opened.guild_settings.set(GuildRecord(GUILD + 1, gallery_channel_id=CHANNEL), 1)
    await hall.after(6 * MINUTE)
    assert hall.shown == []


async def test_what_waits_elsewhere_keeps_no_server_waiting(database: Database) -> None:
    """Not however much it is: of another process's servers, which may be away, and of one where Discord refused."""
    now, elsewhere = datetime.now(UTC), GUILD + (1 << 22)
    async with database.writing() as session:
        session.add_all(
            NoticeTable(
                guild_id=elsewhere if n < AT_ONCE else GUILD, name=f"share:{n}", channel_id=CHANNEL,
                first_at=now - (AT_ONCE - n) * timedelta(seconds=1), claimed_at=now - PATIENCE,
            )
            for n in range(AT_ONCE + 1)
        )  # fmt: skip
    mine = Partition(2, ((GUILD >> 22) % 2,))
    assert await NoticeLog(database, lambda: now, mine).unsaid("share:") == {GUILD: [f"share:{AT_ONCE}"]}
    every = NoticeLog(database, lambda: now)
    assert list(await every.unsaid("share:")) == [elsewhere]
    assert await every.claim(elsewhere, "share:0", CHANNEL) is not None
    assert await every.unsaid("share:") == {GUILD: [f"share:{AT_ONCE}"]}


# ------------------------------------------------------------------------------------------------- what must go


async def test_a_message_that_cannot_be_deleted_now_is_deleted_later(hall: Hall) -> None:
    """And the same picture may be shared again meanwhile."""
    share = await hall.share("a cat")
    first = 900_000 + len(hall.posts.published)
    hall.posts.stubborn = {first}
    await hall.gallery.unshare(Actor(ADA, GUILD), share.id)
    await hall.gallery.share(Actor(ADA, GUILD), share.generation.id, 0)
    assert hall.shown == ["a cat", "a cat"]
    assert hall.posts.retracted == []
    hall.posts.stubborn = set()
    await hall.after(MINUTE)
    assert hall.posts.retracted == []
    for _ in range(2):
        await hall.after(5 * MINUTE)
    assert hall.posts.retracted == [first]


async def test_taken_out_while_it_is_posted_it_does_not_stay(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message goes as soon as Discord has named it."""
    publish = hall.posts.publish

    async def slow(
        guild_id: int, channel_id: int, notice: SharedNotice, mark: int, since: datetime | None
    ) -> int | None:
        await hall.gallery.unshare(Actor(ADA, GUILD), notice.shown.share.id)
        return await publish(guild_id, channel_id, notice, mark, since)

    monkeypatch.setattr(hall.posts, "publish", slow)
    await hall.share("a cat")
    assert hall.posts.retracted == [900_001]


@pytest.mark.parametrize("everywhere", [False, True], ids=["here", "everywhere"])
async def test_what_a_banned_person_shared_leaves_the_channels(hall: Hall, everywhere: bool) -> None:
    """Here or everywhere, as the ban is; also where the command line banned them; others' stays."""
    await hall.share("bob's", BOB)
    await hall.share("ada's")
    await hall.share("bob's elsewhere", BOB, GUILD + 1)
    await hall.opened.sanctions.sanction(BOB, None if everywhere else GUILD, "ban", None, "", 0)
    await hall.after(MINUTE)
    await hall.after(MINUTE)
    assert hall.posts.retracted == ([900_001, 900_003] if everywhere else [900_001])


async def test_a_ban_is_asked_for_until_nothing_of_its_person_stands(hall: Hall) -> None:
    """What is withdrawn late goes all the same; an old ban that is carried out is not asked for again; a new one is."""
    notices = NoticeLog(hall.opened.database, lambda: hall.now)
    await hall.share("bob's", BOB)
    await hall.opened.sanctions.sanction(BOB, GUILD, "ban", None, "", 0)
    (banned,) = await notices.of_banned()
    hall.now += 6 * MINUTE
    assert await notices.of_banned() == [banned]
    await notices.withdraw(*banned)
    assert await notices.of_banned() == []
    async with hall.opened.database.writing() as session:
        await session.execute(update(NoticeTable).values(withdrawn_at=None))
    assert await notices.of_banned() == []
    assert len(await NoticeLog(hall.opened.database).of_banned()) == 1, "another process asks for itself"
    await hall.share("ada's", ADA, GUILD + 1)
    await hall.opened.sanctions.sanction(ADA, None, "ban", None, "", 0)
    assert [guild_id for guild_id, _ in await notices.of_banned()] == [GUILD + 1]


async def test_what_shows_banned_people_elsewhere_hides_nothing_here(hall: Hall) -> None:
    """Not however much it is: another process has those servers, and may be away."""
    await hall.share("bob's", BOB)
    row = (await hall.opened.shares.page(GUILD)).records[0].generation.id
    async with hall.opened.database.writing() as session:
        for n in range(AT_ONCE):
            session.add(
                NoticeTable(
                    guild_id=GUILD + (1 << 22) + (n << 23), name="digest", channel_id=CHANNEL, message_id=n + 1,
                    first_at=hall.now, claimed_at=hall.now,
                )
            )  # fmt: skip
            session.add(NoticePictureTable(message_id=n + 1, generation_id=row, image_index=0, channel_id=CHANNEL))
    await hall.opened.sanctions.sanction(BOB, None, "ban", None, "", 0)
    mine = Partition(2, ((GUILD >> 22) % 2,))
    found = await NoticeLog(hall.opened.database, lambda: hall.now, mine).of_banned()
    assert [guild_id for guild_id, _ in found] == [GUILD]


@pytest.mark.parametrize("how", WAYS)
async def test_who_is_stopped_before_a_message_is_deleted_is_followed_by_one_who_does(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """That it is to be deleted is kept with what took its picture away; it goes once, and others' stay."""
    share = await hall.share("a cat")
    await hall.share("a dog", BOB)
    with monkeypatch.context() as patched, suppress(Stopped):
        patched.setattr(hall.posts, "retract", stopped)
        patched.setattr(hall.posts, "take_down", stopped)
        await hall.take_away(share, how)
    for _ in range(2):
        await hall.after(6 * MINUTE)
    assert hall.posts.retracted == [900_001]


async def test_what_is_taken_out_at_the_moment_in_which_it_is_noted_to_stand_does_not_stay(database: Database) -> None:
    """On SQLite and PostgreSQL: whichever comes first, its message is to be deleted."""
    notices, shares, generations = NoticeLog(database), Shares(database), GenerationLog(database)
    shared = [await shares.share(await drawn(generations, seeded("a cat", ADA)), 0, ADA) for _ in range(16)]
    for place, share in enumerate(shared):
        await notices.claim(GUILD, f"share:{share.id}", CHANNEL)
        noting = notices.said(GUILD, f"share:{share.id}", Said(CHANNEL, 500 + share.id), [(share.generation.id, 0)])
        taking = shares.unshare(share.id, ADA) if place % 3 else generations.remove(share.generation.id, 1, "")
        await asyncio.gather(*(noting, taking) if place % 2 else (taking, noting))
    later = NoticeLog(database, lambda: datetime.now(UTC) + 6 * MINUTE)
    assert {said.message_id for _, said in await later.standing()} == {500 + share.id for share in shared}


async def test_a_share_of_which_nobody_noted_that_it_stands_goes_with_its_picture(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever posted it was stopped before that; its message is looked for once nobody can be posting it any more."""
    with monkeypatch.context() as patched, suppress(Stopped):
        patched.setattr(NoticeLog, "said", stopped)
        await hall.share("a cat")
    await hall.gallery.unshare(Actor(ADA, GUILD), 1)
    assert hall.posts.retracted == []
    hall.posts.away = True
    await hall.after(6 * MINUTE)
    hall.posts.away = False
    for _ in range(2):
        await hall.after(MINUTE)
    assert hall.posts.retracted == [900_001]


async def test_a_digest_of_which_nobody_noted_that_it_stands_loses_what_is_gone(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever says it again finds it, and lets it say what it would say now."""
    shares = await hall.a_week_of(bobs=BOB, adas=ADA)
    with monkeypatch.context() as patched, suppress(Stopped):
        patched.setattr(NoticeLog, "said", stopped)
        await hall.digest.send()
    await hall.take_away(shares["bobs"], "taken out")
    hall.now += 6 * MINUTE
    await hall.digest.send()
    assert hall.digests == [["adas", "bobs"]]
    ((message, notice),) = hall.posts.revised
    assert (message, [one.share.prompt for one in notice.pictures]) == (900_003, ["adas"])


@pytest.mark.parametrize("how", WAYS)
async def test_a_digest_comes_again_without_what_is_gone(hall: Hall, how: str) -> None:
    """In the week in which it is news; the message that showed it is deleted."""
    shares = await hall.a_week_of(bobs=BOB, adas=ADA)
    await hall.digest.send()
    assert hall.posts.retracted == []
    await hall.take_away(shares["bobs"], how)
    await hall.after(MINUTE)
    for _ in range(2):
        await hall.digest.send()
    assert hall.digests == [["adas", "bobs"], ["adas"]]
    assert hall.posts.retracted == [900_001, 900_003] or hall.posts.retracted == [900_003, 900_001]


@pytest.mark.parametrize("how", WAYS)
async def test_a_digest_of_long_ago_loses_what_is_gone_and_stays_away(hall: Hall, how: str) -> None:
    """A message is deleted whole; nobody is told of an old week again."""
    shares = await hall.a_week_of(bobs=BOB, adas=ADA)
    await hall.digest.send()
    await hall.after(7 * DAY)
    await hall.digest.send()
    await hall.take_away(shares["bobs"], how)
    await hall.after(MINUTE)
    await hall.digest.send()
    assert hall.digests == [["adas", "bobs"]]
    assert 900_003 in hall.posts.retracted


@pytest.mark.parametrize("how", WAYS)
async def test_a_result_comes_again_without_what_is_gone(hall: Hall, how: str) -> None:
    """The second is first then."""
    shares = {name: await hall.share(name, user_id) for name, user_id in (("bobs", BOB), ("adas", ADA))}
    manager = Actor(1, GUILD, CHANNEL, permissions=frozenset({"manage_guild"}))
    contest = await hall.contests.begin(manager, "cats", "1 hour", "1 hour")
    for share in shares.values():
        await hall.contests.enter(Actor(share.user_id, GUILD), contest.id, share.id)
    for hours, voter in ((1, 9000), (0, 9001), (0, 9002)):
        hall.now += timedelta(hours=hours)
        await hall.contests.move_on()
        await hall.contests.vote(Actor(voter, GUILD), contest.id, shares["adas" if voter == 9000 else "bobs"].id)
    hall.now += timedelta(hours=1)
    await hall.contests.move_on()
    await hall.take_away(shares["bobs"], how)
    await hall.after(MINUTE)
    for _ in range(2):
        await hall.contests.move_on()
    told = (one for _, one in hall.posts.published if isinstance(one, ContestNotice) and one.contest.phase == "closed")
    places = [[(shown.place, shown.share.prompt) for shown in one.first] for one in told]
    assert places == [[(1, "bobs"), (2, "adas")], [(1, "adas")]]


async def test_what_leaves_the_gallery_while_a_digest_is_posted_does_not_stay(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message goes as soon as Discord has named it, and the next one is without."""
    shares = await hall.a_week_of(bobs=BOB, adas=ADA)
    publish, gone = hall.posts.publish, False

    async def slow(
        guild_id: int, channel_id: int, notice: DigestNotice, mark: int, since: datetime | None
    ) -> int | None:
        nonlocal gone
        if not gone:
            gone = True
            await hall.take_away(shares["bobs"], "taken out")
        return await publish(guild_id, channel_id, notice, mark, since)

    monkeypatch.setattr(hall.posts, "publish", slow)
    for _ in range(2):
        await hall.digest.send()
    assert hall.digests == [["adas", "bobs"], ["adas"]]
    assert 900_003 in hall.posts.retracted


async def test_a_digest_that_cannot_be_deleted_now_is_deleted_later(hall: Hall) -> None:
    """Whoever removed the picture hears of it."""
    shares = await hall.a_week_of(bobs=BOB)
    await hall.digest.send()
    hall.posts.stubborn = {900_002}
    removed = await hall.removals.delete(Actor(BOB, GUILD), shares["bobs"].generation.id)
    assert removed.gone is False
    hall.posts.stubborn = set()
    await hall.after(6 * MINUTE)
    assert hall.posts.retracted == [900_001, 900_002]


async def test_a_ban_in_discord_empties_the_gallery_channel(town: Town) -> None:
    """At once, by the moderator's command."""
    channel = town.guild.create_text_channel("gallery")
    await town.services.guild_settings.set(GuildRecord(town.guild.id, gallery_channel_id=channel.id), 1)
    record, _ = await town.imagine("a cat", images=1)
    with town.env.time_context():
        await town.services.gallery.share(Actor(town.ada.id, town.guild.id), record.id, 0)
    assert "a cat" in said(channel.history()[0])
    await town.mo.slash(town.pictures, "mod ban", person=town.ada, reason="spam")
    assert list(channel.history()) == []
