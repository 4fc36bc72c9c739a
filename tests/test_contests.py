"""Contests: entering, voting without counts, the result, told once whatever restarts and clocks do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest
from sqlalchemy import update
from sqlalchemy.orm import InstrumentedAttribute

from bot.actions.actor import Actor
from bot.actions.contests import Contests
from bot.actions.notices import ContestNotice, Notice, Notices
from bot.database.contests import ContestLog, Draft, ranked
from bot.database.generations import GenerationLog
from bot.database.guild import GuildRecord
from bot.database.notices import PATIENCE, NoticeLog
from bot.database.records import ShareRecord
from bot.database.sanctions import Sanctions
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.database.tables.community import ContestTable
from bot.errors import (
    ContestOver,
    ContestRunning,
    InvalidOption,
    MissingPermission,
    NotFound,
    NotYours,
    OwnEntry,
    Sanctioned,
)
from bot.partition import Partition
from bot.services import Services
from tests.bot_fakes import ADA, BOB, CHANNEL, GUILD, FakePosts, an_order, draw, services
from tests.test_database import drawn, seeded
from tests.town import Town, answer, button, buttons, said

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MANAGER = Actor(2003, GUILD, CHANNEL, permissions=frozenset({"manage_guild"}))
DAY = timedelta(days=1)


def member(user_id: int, guild_id: int = GUILD) -> Actor:
    return Actor(user_id, guild_id, CHANNEL)


@dataclass
class House:
    """Services, and the contests over their database with a clock of the test's own."""

    opened: Services
    posts: FakePosts = field(default_factory=FakePosts)
    now: datetime = START
    partition: Partition = field(default_factory=Partition)

    @property
    def contests(self) -> Contests:
        """As a process that has just started has them."""
        database = self.opened.database
        notices = Notices(
            notice_log=NoticeLog(database, lambda: self.now),
            publisher=self.posts,
            storage=self.opened.storage,
            seal=self.opened.seal,
        )
        return Contests(
            contest_log=ContestLog(database, lambda: self.now), shares=Shares(database), sanctions=Sanctions(database),
            guild_settings=GuildSettings(database), notices=notices, partition=self.partition, now=lambda: self.now,
        )  # fmt: skip

    async def share(self, prompt: str, user_id: int, guild_id: int = GUILD) -> ShareRecord:
        record = await draw(self.opened, an_order(prompt, user_id, images=1, guild_id=guild_id))
        return await self.opened.gallery.share(member(user_id, guild_id), record.id, 0)

    async def at(self, after: timedelta) -> None:
        """The clock stands so long after the start, and the calendar is looked at."""
        self.now = START + after
        await self.contests.move_on()

    @property
    def told(self) -> list[str]:
        return [notice.contest.phase for _, notice in self.posts.published if isinstance(notice, ContestNotice)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with services(tmp_path, limit_per_person="off", limit_per_server="off") as opened:
        yield House(opened)


async def begun(house: House) -> int:
    """A contest of two days to enter and one to vote."""
    return (await house.contests.begin(MANAGER, "  cats \n in hats ", "2 days", "1 day")).id


# ------------------------------------------------------------------------------------------------------ from end to end


async def test_a_contest_from_its_theme_to_its_result(house: House) -> None:
    """Announced when it opens, when voting begins and when it is over, each once."""
    contest = await begun(house)
    assert house.told == ["entries"]
    of_ada, of_bob = await house.share("a cat", ADA), await house.share("a dog", BOB)
    await house.contests.enter(member(ADA), contest, of_ada.id)
    await house.contests.enter(member(BOB), contest, of_bob.id)
    await house.at(2 * DAY)
    for voter in (1, 2, 3):
        await house.contests.vote(member(voter), contest, of_bob.id)
    await house.contests.vote(member(3), contest, of_ada.id)  # one vote each: the second takes the first one's place
    assert (await house.contests.look(member(1), contest)).result == ()
    await house.at(3 * DAY)
    await house.at(3 * DAY)
    assert house.told == ["entries", "voting", "closed"]
    (_, notice) = house.posts.published[-1]
    assert isinstance(notice, ContestNotice)
    assert [(one.place, one.share.id, one.votes) for one in notice.first] == [(1, of_bob.id, 2), (2, of_ada.id, 1)]
    assert (notice.contest.theme, notice.voters) == ("cats in hats", 3)


def entries_in(notice: Notice) -> int | None:
    assert isinstance(notice, ContestNotice)
    return notice.entries


async def test_an_announcement_counts_the_entries_and_goes_when_its_buttons_would_lead_nowhere(house: House) -> None:
    """It is edited where the number changed, by a new process once; with each phase the one before it goes."""
    contests = house.contests
    contest = (await contests.begin(MANAGER, "cats", "2 days", "1 day")).id
    shares = [await house.share("a cat", who) for who in (ADA, BOB)]
    for share in shares:
        await contests.enter(member(share.user_id), contest, share.id)
    for _ in range(2):
        await contests.move_on()
    assert [(message, entries_in(notice)) for message, notice in house.posts.revised] == [(900_001, 2)]
    await house.opened.gallery.unshare(member(BOB), shares[1].id)
    await contests.move_on()
    for _ in range(2):
        await house.at(DAY)
    assert [entries_in(notice) for _, notice in house.posts.revised] == [2, 1, 1, 1]
    assert house.posts.retracted == []
    for days, gone in ((2, [900_001]), (3, [900_001, 900_002]), (4, [900_001, 900_002])):
        await house.at(days * DAY)
        assert house.posts.retracted == gone


async def test_a_result_is_told_once_over_restarts_and_processes(house: House) -> None:
    """Whoever was stopped before Discord answered is followed by one who looks for the message first."""
    await begun(house)
    house.posts.away = True
    await house.at(3 * DAY)
    assert house.told == ["entries"]
    house.posts.away = False
    await house.at(3 * DAY + PATIENCE / 2)
    assert house.told == ["entries"], "somebody may still be saying it"
    await house.at(3 * DAY + PATIENCE)
    assert house.posts.looked_since[-1] == START + 3 * DAY
    house.now += timedelta(hours=1)
    await asyncio.gather(*(house.contests.move_on() for _ in range(5)))
    assert house.told == ["entries", "closed"]


async def test_a_bot_that_was_down_through_it_all_tells_the_result_alone(house: House) -> None:
    """Not that voting has begun, which is over."""
    await begun(house)
    await house.at(6 * DAY)
    assert house.told == ["entries", "closed"]


async def test_a_clock_that_is_set_back_opens_nothing_again(house: House) -> None:
    """Neither entering after voting began, nor voting after the end; and nothing is told twice."""
    contest = await begun(house)
    share = await house.share("a cat", ADA)
    await house.contests.enter(member(ADA), contest, share.id)
    await house.at(2 * DAY)
    await house.at(DAY)
    with pytest.raises(ContestOver):
        await house.contests.enter(member(ADA), contest, share.id)
    await house.at(3 * DAY)
    await house.at(2 * DAY + DAY / 2)
    with pytest.raises(ContestOver):
        await house.contests.vote(member(BOB), contest, share.id)
    assert house.told == ["entries", "voting", "closed"]


async def test_what_comes_too_late_is_refused_though_nobody_looked_at_the_calendar(house: House) -> None:
    """The clock counts, not how often the calendar is looked at."""
    contest = await begun(house)
    share = await house.share("a cat", ADA)
    house.now = START + 2 * DAY
    with pytest.raises(ContestOver):
        await house.contests.enter(member(ADA), contest, share.id)
    await house.at(2 * DAY)
    house.now = START + 3 * DAY
    with pytest.raises(ContestOver):
        await house.contests.vote(member(BOB), contest, share.id)


# ------------------------------------------------------------------------------------------------------------- who may


async def test_only_shared_pictures_of_ones_own_enter(house: House) -> None:
    """Not others', not those of another server, not what was taken out; entering again takes the entry's place."""
    contest = await begun(house)
    mine, other = await house.share("a cat", ADA), await house.share("a dog", BOB)
    elsewhere = await house.share("a cow", ADA, guild_id=GUILD + 1)
    with pytest.raises(NotYours):
        await house.contests.enter(member(ADA), contest, other.id)
    for nobody in (elsewhere.id, 999):
        with pytest.raises(NotFound):
            await house.contests.enter(member(ADA), contest, nobody)
    await house.contests.enter(member(ADA), contest, mine.id)
    second = await house.share("a second cat", ADA)
    await house.contests.enter(member(ADA), contest, second.id)
    assert [one.id for one in (await house.contests.look(member(ADA), contest)).entries] == [second.id]
    await house.opened.gallery.unshare(member(ADA), mine.id)
    with pytest.raises(NotFound):
        await house.contests.enter(member(ADA), contest, mine.id)


async def test_another_servers_contest_does_not_exist(house: House) -> None:
    """By its id, to look, enter, vote or cancel."""
    contest = await begun(house)
    stranger = Actor(ADA, GUILD + 1, CHANNEL, permissions=frozenset({"manage_guild"}))
    for act in (house.contests.look(stranger, contest), house.contests.vote(stranger, contest, 1),
                house.contests.enter(stranger, contest, 1), house.contests.cancel(stranger, contest)):  # fmt: skip
        with pytest.raises(NotFound):
            await act


async def test_nobody_votes_for_themselves_and_the_banned_not_at_all(house: House) -> None:
    """Nor for what was not entered."""
    contest = await begun(house)
    share, other = await house.share("a cat", ADA), await house.share("a dog", BOB)
    await house.contests.enter(member(ADA), contest, share.id)
    await house.at(2 * DAY)
    with pytest.raises(OwnEntry):
        await house.contests.vote(member(ADA), contest, share.id)
    with pytest.raises(NotFound):
        await house.contests.vote(member(7), contest, other.id)
    await house.opened.sanctions.sanction(7, GUILD, "ban", None, "spam", 1)
    with pytest.raises(Sanctioned):
        await house.contests.vote(member(7), contest, share.id)


async def test_managers_begin_one_at_a_time_and_call_it_off(house: House) -> None:
    """What they say is checked, and what they do is in the audit log."""
    with pytest.raises(MissingPermission):
        await house.contests.begin(member(ADA), "cats", "2 days", "1 day")
    for theme, entries, voting in (("", "1 day", "1 day"), ("x" * 201, "1 day", "1 day"), ("cats", "soon", "1 day"),
                                   ("cats", "5 minutes", "1 day"), ("cats", "1 day", "61 days")):  # fmt: skip
        with pytest.raises(InvalidOption):
            await house.contests.begin(MANAGER, theme, entries, voting)
    contest = await begun(house)
    with pytest.raises(ContestRunning):
        await begun(house)
    with pytest.raises(MissingPermission):
        await house.contests.cancel(member(ADA), contest)
    await house.contests.cancel(MANAGER, contest)
    with pytest.raises(ContestOver):
        await house.contests.cancel(MANAGER, contest)
    await house.at(3 * DAY)
    assert "closed" not in house.told
    acts = [one.action for one in (await house.opened.audit_log.page(GUILD)).records]
    assert acts == ["cancel_contest", "contest"]
    await begun(house)


# ------------------------------------------------------------------------------------------------------------ results


async def test_who_has_as_many_votes_has_the_same_place(house: House) -> None:
    """1, 1, 3; and what was removed before or after the end drops out."""
    contest = await begun(house)
    shares = [await house.share(f"cat {number}", ADA + number) for number in range(4)]
    for number, share in enumerate(shares):
        await house.contests.enter(member(ADA + number), contest, share.id)
    await house.at(2 * DAY)
    for voter, chosen in enumerate((0, 0, 1, 1, 2, 3, 3, 3)):
        await house.contests.vote(member(9000 + voter), contest, shares[chosen].id)
    await house.opened.generations.remove(shares[3].generation.id, 1, "no")
    await house.at(3 * DAY)
    result = (await house.contests.look(member(ADA), contest)).result
    assert [(place, share.prompt, votes) for place, share, votes in result] == [
        (1, "cat 0", 2), (1, "cat 1", 2), (3, "cat 2", 1)
    ]  # fmt: skip
    await house.opened.gallery.unshare(member(ADA), shares[0].id)
    result = (await house.contests.look(member(ADA), contest)).result
    assert [(place, share.prompt) for place, share, _ in result] == [(1, "cat 1"), (2, "cat 2")]


async def test_two_hundred_people_vote_at_once(database: Database) -> None:
    """On SQLite and PostgreSQL: one vote each, whatever they press how often; in a contest, and for a picture."""
    contest_log = ContestLog(database, lambda: START)
    log, shared = GenerationLog(database), Shares(database)
    shares = [await shared.share(await drawn(log, seeded("a cat", who)), 0, who) for who in (ADA, BOB)]
    record = await contest_log.begin(Draft(GUILD, CHANNEL, "cats", START + DAY, START + 2 * DAY), 1)
    for share in shares:
        await contest_log.enter(record.id, share.id, share.user_id)
    voting = ContestLog(database, lambda: START + DAY)
    await voting.move_on()
    await asyncio.gather(*(voting.vote(record.id, shares[voter % 2].id, 5000 + voter) for voter in range(200)))
    again = ((voter, share) for voter in range(10) for share in shares)
    await asyncio.gather(*(voting.vote(record.id, share.id, 5000 + voter) for voter, share in again))
    votes = await voting.votes(record.id)
    assert sum(votes.values()) == 200
    hearts = (shared.vote(shares[0].id, 5000 + voter, wanted=True) for voter in (*range(200), *range(20)))
    assert max([ballot.votes for ballot in await asyncio.gather(*hearts)]) == 200
    assert [one.votes for one in await shared.by_ids(GUILD, [shares[0].id])] == [200]
    assert [votes for _, _, votes in ranked(await voting.entries(record.id), votes)] == sorted(votes.values())[::-1]


# ------------------------------------------------------------------------------------------------------------- Discord


async def test_a_contest_in_discord(town: Town) -> None:
    """Begin, enter, vote over a restart, and read the result; the posts ping nobody and have working buttons."""
    role = town.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    olga = town.guild.add_member(town.env.create_user("olga"), roles=[role])
    told = answer(await olga.slash(town.pictures, "contest start", theme="*cats*", entries="1 day", voting="1 day"))
    assert "is announced in" in said(told)
    post = last(town)
    assert "Contest: \\*cats\\*" in said(post)
    assert "no picture in this gallery" in said(answer(await town.bo.click(post, custom_id=button(post, "enter"))))
    record, _ = await town.imagine("a cat", images=1)
    share = await town.services.shares.share(record.id, 0, town.ada.id)
    picker = answer(await town.ada.click(post, custom_id=button(post, "enter")))
    assert "“a cat” is your entry" in said(
        answer(await town.ada.select(picker, [str(share.id)], custom_id=button(picker, "enterpick")))
    )
    assert "No entries yet." in said(post)
    with town.env.time_context():
        await town.services.contests.move_on()
    assert ["1 entry" in said(one) for one in town.messages() if one.id == post.id] == [True]
    assert "There is a contest in this server already" in said(
        answer(await olga.slash(town.pictures, "contest start", theme="dogs"))
    )
    await town.restart()
    contest = await town.services.contests.newest(Actor(town.bo.id, town.guild.id))
    assert contest is not None
    await reach(town, ContestTable.voting_at)
    vote_post = last(town)
    assert not [one for message in town.messages() for one in buttons(message) if one.startswith("easel:enter:")]
    own = answer(await town.ada.click(vote_post, custom_id=button(vote_post, "entries")))
    assert "Your entry" in said(own)
    assert buttons(own) == [], "nobody is offered to vote for themselves"
    entries = answer(await town.bo.click(vote_post, custom_id=button(vote_post, "entries")))
    assert "a cat" in said(entries)
    await town.bo.click(entries, custom_id=button(entries, "castvote"))
    shown = answer(await town.bo.slash(town.pictures, "contest show"))
    assert "vote" not in said(shown).replace("Vote for the entry", "").replace("sees the votes", "")
    await reach(town, ContestTable.ends_at)
    assert "1 vote was cast." in said(town.pictures.last_message)
    assert f"by <@{town.ada.id}>" in said(town.pictures.last_message)
    told = said(answer(await town.bo.slash(town.pictures, "contest show")))
    assert "🥇 1 vote" in told
    assert "not the time" in said(answer(await town.bo.click(entries, custom_id=button(entries, "castvote"))))


async def test_a_contest_is_called_off_by_a_manager_alone(town: Town) -> None:
    """Who begins one is offered lengths."""
    role = town.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    olga = town.guild.add_member(town.env.create_user("olga"), roles=[role])
    offered = await olga.autocomplete(town.pictures, "contest start", "entries", "1", theme="cats")
    offered += await olga.autocomplete(town.pictures, "contest start", "voting", "3 d", theme="cats")
    assert {choice["value"] for choice in offered} >= {"1 day", "3 days"}
    await olga.slash(town.pictures, "contest start", theme="cats", entries="1 day", voting="1 day")
    assert "You need the permission" in said(answer(await town.bo.slash(town.pictures, "contest cancel")))
    asked = answer(await olga.slash(town.pictures, "contest cancel"))
    assert "Call off “cats”?" in said(asked)
    assert "Contest: cats" in said(answer(await town.bo.slash(town.pictures, "contest show"))), "asked, not done"
    forged = await town.forged(button(asked, "calloff"))
    assert "You need the permission" in said(answer(await town.bo.click(forged, custom_id=button(asked, "calloff"))))
    await olga.click(asked, custom_id=button(asked, "calloff"))
    assert "It was called off." in said(last(town)), "everybody hears of it"
    assert not [one for post in town.messages() for one in buttons(post) if one.startswith("easel:enter:")]
    assert "Begin" not in said(answer(await town.bo.slash(town.pictures, "contest show")))


async def test_a_manager_hears_where_nothing_may_be_announced(town: Town) -> None:
    """The contest is there all the same."""
    role = town.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    olga = town.guild.add_member(town.env.create_user("olga"), roles=[role])
    await town.services.guild_settings.set(GuildRecord(town.guild.id, gallery_channel_id=4), 1)
    told = said(answer(await olga.slash(town.pictures, "contest start", theme="cats")))
    assert "has begun, but Easel may not post in <#4>" in told
    assert "Contest: cats" in said(answer(await town.bo.slash(town.pictures, "contest show")))


async def test_forged_buttons_find_nothing(town: Town) -> None:
    """Ids that nobody wrote, of contests and pictures that are not there, or are another server's."""
    elsewhere = Draft(town.guild.id + 1, 1, "theirs", datetime.now(UTC) + DAY, datetime.now(UTC) + 2 * DAY)
    theirs = await ContestLog(town.services.database).begin(elsewhere, 1)
    for custom_id in (
        f"easel:entries:{theirs.id}:0", "easel:entries:zzzzzzzzzzzzz:0", f"easel:castvote:{theirs.id}:1:0",
        "easel:castvote:1:zzzzzzzzzzzzz:99999", f"easel:heart:{'9' * 40}",
    ):  # fmt: skip
        refused = said(answer(await town.bo.click(await town.forged(custom_id), custom_id=custom_id)))
        assert "There is no such contest" in refused or "was not found in the gallery" in refused


async def test_any_theme_is_shown_as_it_is(town: Town) -> None:
    """Markup, pings, text that runs the other way, and two hundred characters."""
    role = town.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    olga = town.guild.add_member(town.env.create_user("olga"), roles=[role])
    for theme, shown in (
        ("**@everyone** <@1> [x](http://x.y)", "\\*\\*@\u200beveryone\\*\\* \\<@\u200b1\\> \\[x\\](http\\://x\\.y)"),
        ("\u202eעברית", "עברית"), ("x" * 200, "x" * 200),
    ):  # fmt: skip
        await olga.slash(town.pictures, "contest start", theme=theme)
        assert f"Contest: {shown}\n" in said(last(town))
        asked = answer(await olga.slash(town.pictures, "contest cancel"))
        await olga.click(asked, custom_id=button(asked, "calloff"))


def last(town: Town) -> discord.Message:
    message = town.pictures.last_message
    assert message is not None
    return message


async def reach(town: Town, moment: InstrumentedAttribute[datetime]) -> None:
    """Let a moment of the contest come, and the calendar be looked at."""
    async with town.services.database.writing() as session:
        await session.execute(update(ContestTable).values({moment: datetime.now(UTC)}))
    with town.env.time_context():
        await town.services.contests.move_on()
