"""The request log, the gallery, sanctions and settings, on a real SQLite file and on a real PostgreSQL."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bot.database.audit import Act, AuditFilter, AuditLog
from bot.database.generations import GenerationLog
from bot.database.guild import Drawing, GuildRecord, Misuse, RoleRule
from bot.database.posts import PostLog
from bot.database.records import GenerationFilter, ImageRecord, PostRecord
from bot.database.reviews import Reviews
from bot.database.rows import normalise
from bot.database.sanctions import Sanctions
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.database.states import Overtaken
from bot.errors import InvalidOption, NoGallery, NotFound, NotYours
from bot.orders.order import Order
from inference.contract import Policy, Verdict
from tests.bot_fakes import ADA, BOB, CHANNEL, GUILD, an_interaction, an_order

MODERATOR = 9
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(database: Database, clock: Clock) -> GenerationLog:
    return GenerationLog(database, clock)


@pytest.fixture
def shares(database: Database, clock: Clock) -> Shares:
    return Shares(database, clock)


@pytest.fixture
def sanctions(database: Database, clock: Clock) -> Sanctions:
    return Sanctions(database, clock)


@pytest.fixture
def audit_log(database: Database, clock: Clock) -> AuditLog:
    return AuditLog(database, clock)


def seeded(prompt: str = "a cat", user_id: int = ADA, **options: object) -> Order:
    return an_order(prompt, user_id, **{"seed": 7, **options})


def image(generation_id: int, index: int) -> ImageRecord:
    return ImageRecord(
        generation_id, index, f"generations/{generation_id}/{index}.png", "ab" * 32, 7 + index, 0.5, 8, 8,
        filled="at sunset",
    )  # fmt: skip


async def drawn(log: GenerationLog, order: Order | None = None, images: int = 2) -> int:
    generation_id = await log.open(order or seeded())
    await draw_it(log, generation_id, images)
    await log.delivered(generation_id, 1)
    return generation_id


async def start_it(log: GenerationLog, generation_id: int) -> None:
    await log.record_queued(generation_id)
    await log.record_start(generation_id)


async def draw_it(log: GenerationLog, generation_id: int, images: int = 1) -> None:
    await start_it(log, generation_id)
    pictures = [image(generation_id, index) for index in range(images)]
    await log.record_pictures(generation_id, pictures, model="m", grid_key="g")


# ------------------------------------------------------------------------------------------------ the request log


async def test_an_order_comes_back_as_it_was_given(log: GenerationLog) -> None:
    """Every field of the order survives the row; a server's snowflake and the largest seed are not rounded."""
    order = seeded(
        negative_prompt="blur", images=9, guidance_scale=7.5, temperature=0.9, top_k=50, model="m", kind="remix",
        strength=0.3, seed=2**32 - 1, interaction=an_interaction(),
    )  # fmt: skip
    generation_id = await log.open(order)
    record = await log.get(generation_id)
    assert record is not None
    assert record.order == order
    assert (record.status, record.created_at, record.seed) == ("checking", NOON, 2**32 - 1)


async def test_each_step_leaves_its_time(log: GenerationLog, clock: Clock) -> None:
    """Checked, queued, started, finished, delivered: each at its own moment."""
    generation_id = await log.open(seeded())
    steps: list[Callable[[], Awaitable[None]]] = [
        lambda: log.record_verdict(generation_id, Verdict("flag", "violence", 0.6, "knife")),
        lambda: log.record_queued(generation_id),
        lambda: log.record_start(generation_id),
        lambda: log.record_pictures(generation_id, [image(generation_id, 0)], model="builtin", grid_key="g"),
        lambda: log.delivered(generation_id, 99),
    ]
    for step in steps:
        clock.now += timedelta(seconds=1)
        await step()
    record = await log.get(generation_id)
    assert record is not None
    times = (record.checked_at, record.queued_at, record.started_at, record.finished_at, record.delivered_at)
    assert times == tuple(NOON + timedelta(seconds=second) for second in range(1, 6))
    assert record.verdict == Verdict("flag", "violence", 0.6, "knife")
    assert (record.status, record.model, record.message_id, record.seconds) == ("delivered", "builtin", 99, 1.0)
    assert record.images == (image(generation_id, 0),)


async def test_delivered_without_a_message_keeps_the_one_known(log: GenerationLog) -> None:
    """The answer that told of the queue is still the generation's message."""
    generation_id = await log.open(seeded())
    await log.record_reply(generation_id, 5)
    await draw_it(log, generation_id)
    await log.delivered(generation_id, None)
    record = await log.get(generation_id)
    assert record is not None
    assert (record.message_id, record.status) == (5, "expired")


@pytest.mark.parametrize("ending", ["delivered", "fail", "record_cancelled", "block"])
async def test_every_ending_forgets_the_token(log: GenerationLog, database: Database, ending: str) -> None:
    """After delivery, failure, cancelling and blocking, the row holds no token."""
    generation_id = await log.open(seeded(interaction=an_interaction()))
    match ending:
        case "delivered":
            await start_it(log, generation_id)
            await log.delivered(generation_id, 1)
        case "fail":
            await log.fail(generation_id, "code", {})
        case "record_cancelled":
            await log.record_cancelled(generation_id)
        case _:
            await log.record_verdict(generation_id, Verdict("block", "hate"))
    async with database.reading() as session:
        assert (await session.execute(text("SELECT interaction_token FROM generations"))).all() == [(None,)]


async def test_expired_tokens_are_forgotten(log: GenerationLog, clock: Clock) -> None:
    """A token is of no use after its fifteen minutes, and does not stay; an hour is for clocks that were wrong."""
    clock.now = datetime.now(UTC)
    first = await log.open(seeded(interaction=an_interaction(minutes=15)))
    for minutes, known in ((16, True), (60, False)):
        clock.now += timedelta(minutes=minutes)
        await log.forget_expired_tokens()
        record = await log.get(first)
        assert record is not None
        assert (record.order.interaction is not None) == known


async def test_pages_are_complete_and_in_order(log: GenerationLog) -> None:
    """Newest first, no row twice, none missing, also when rows arrive between the pages."""
    ids = [await log.open(seeded(f"number {n}")) for n in range(7)]
    seen: list[int] = []
    page = await log.page(GenerationFilter(guild_id=GUILD), limit=3)
    while True:
        seen += [record.id for record in page.records]
        await log.open(seeded("late"))
        if page.next_before is None:
            break
        page = await log.page(GenerationFilter(guild_id=GUILD), before=page.next_before, limit=3)
    assert seen == ids[::-1]


async def test_filters_narrow_the_log(log: GenerationLog) -> None:
    """By person, server, status, category, words and removal, alone and together."""
    cat, dog = await log.open(seeded("A CAT in a hat")), await log.open(seeded("a dog", user_id=BOB))
    elsewhere = await log.open(seeded("a cat", guild_id=2))
    await log.record_verdict(dog, Verdict("block", "violence"))
    await log.remove(cat, by=MODERATOR, why="ugly")

    async def found(**wanted: object) -> list[int]:
        return [record.id for record in (await log.page(GenerationFilter(**wanted))).records]  # type: ignore[arg-type]

    assert await found(user_id=BOB) == [dog]
    assert await found(guild_id=GUILD) == [dog, cat]
    assert await found(status="blocked") == [dog]
    assert await found(category="violence") == [dog]
    assert await found(words="cat") == [elsewhere, cat]
    assert await found(words="hat ＣＡＴ") == [cat]
    assert await found(removed=True) == [cat]
    assert await found(removed=False, words="cat") == [elsewhere]
    assert await found(user_id=BOB, words="cat") == []


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  A\tCat ", "a cat"),
        ("ＣＡＴ", "cat"),
        ("c\u200bat", "cat"),
        ("STRASSE straße", "strasse strasse"),
        ("a\0b", "ab"),
    ],
)
def test_words_are_compared_in_one_form(text: str, normal: str) -> None:
    """Case, width, blanks, invisible characters and NUL (where LIKE would stop) make no difference."""
    assert normalise(text) == normal


async def test_wildcards_in_words_mean_themselves(log: GenerationLog) -> None:
    """`100%` does not find `1000`, and `a_b` does not find `axb`."""
    percent, _, line, _ = [await log.open(seeded(prompt)) for prompt in ("100% wool", "1000 wools", "a_b", "axb")]
    assert [one.id for one in (await log.page(GenerationFilter(words="100%"))).records] == [percent]
    assert [one.id for one in (await log.page(GenerationFilter(words="a_b"))).records] == [line]


async def test_unfinished_are_those_without_an_end(log: GenerationLog) -> None:
    """Checking, queued, running, and drawn but undelivered; in order; removed ones, too."""
    checking, queued, running, undelivered, removed, *ended = [await log.open(seeded()) for _ in range(8)]
    await log.record_queued(queued)
    await start_it(log, running)
    await draw_it(log, undelivered)
    await draw_it(log, ended[0])
    await log.delivered(ended[0], 1)
    await log.fail(ended[1], "code", {})
    await log.record_cancelled(ended[2])
    await log.remove(removed, by=MODERATOR, why="")
    assert [record.id for record in await log.unfinished()] == [checking, queued, running, undelivered, removed]


async def test_no_update_moves_a_row_backwards(log: GenerationLog) -> None:
    """Whoever believes it to be elsewhere is told; the row stays, and what is said twice does no harm."""
    generation_id = await drawn(log)
    writes: list[Callable[[], Awaitable[None]]] = [
        lambda: log.record_verdict(generation_id, Verdict("allow")),
        lambda: log.record_queued(generation_id),
        lambda: log.record_start(generation_id),
        lambda: log.record_pictures(generation_id, [], model="m", grid_key=None),
        lambda: log.delivered(generation_id, None),
        lambda: log.fail(generation_id, "code", {}),
        lambda: log.record_cancelled(generation_id),
    ]
    before = await log.get(generation_id)
    for write in writes:
        with pytest.raises(Overtaken, match="it is delivered"):
            await write()
    assert await log.get(generation_id) == before
    await log.delivered(generation_id, 2)
    after = await log.get(generation_id)
    assert after is not None
    assert after.message_id == 2


async def test_removing_and_restoring_is_audited(log: GenerationLog, audit_log: AuditLog) -> None:
    """One picture or the whole generation; who, why, before and after are in the audit log."""
    generation_id = await drawn(log)
    await log.remove(generation_id, MODERATOR, "second one is rude", image_index=1)
    record = await log.remove(generation_id, MODERATOR, "all of it")
    assert record.removal is not None
    assert (record.removal.by, record.removal.why) == (MODERATOR, "all of it")
    assert [one.removal is not None for one in record.images] == [False, True]
    record = await log.restore(generation_id, MODERATOR, "mistake")
    assert record.removal is None
    acts = [(one.action, one.subject, one.why, one.before, one.after) for one in (await audit_log.page(GUILD)).records]
    shown, removed = (("state", "shown"),), (("state", "removed"),)
    assert acts == [
        ("restore", f"generation:{generation_id}", "mistake", removed, shown),
        ("remove", f"generation:{generation_id}", "all of it", shown, removed),
        ("remove", f"generation:{generation_id}:1", "second one is rude", shown, removed),
    ]


async def test_what_is_not_there_is_not_found(log: GenerationLog) -> None:
    """Reading gives None; changing and removing raise."""
    assert await log.get(12345) is None
    with pytest.raises(NotFound, match="'generation' number=12345"):
        await log.remove(12345, 1, "")
    with pytest.raises(NotFound, match="'generation' number=12345"):
        await log.record_start(12345)
    generation_id = await drawn(log)
    with pytest.raises(NotFound, match="'picture' number=8"):
        await log.remove(generation_id, 1, "", image_index=7)


async def test_many_writers_at_once_all_get_through(log: GenerationLog) -> None:
    """Fifty orders and as many updates at the same moment: every row is there."""
    ids = await asyncio.gather(*(log.open(seeded(f"{n}")) for n in range(50)))
    await asyncio.gather(*(log.record_queued(generation_id) for generation_id in ids))
    assert len(set(ids)) == 50
    assert {record.status for record in await log.unfinished()} == {"queued"}


async def test_a_cancelled_caller_leaves_no_lock(log: GenerationLog) -> None:
    """A write whose caller is cancelled at any moment is carried through, and the next one works."""
    for moment in range(12):
        task = asyncio.create_task(log.open(seeded(f"moment {moment}")))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    generation_id = await log.open(seeded("after"))
    record = await log.get(generation_id)
    assert record is not None
    assert record.order.prompt == "after"


LISTS: dict[str, Callable[..., Awaitable[Any]]] = {
    "a server's": lambda log, *_: log.page(GenerationFilter(guild_id=GUILD), before=9),
    "a person's": lambda log, *_: log.page(GenerationFilter(user_id=ADA), before=9),
    "a person's in a server": lambda log, *_: log.page(GenerationFilter(guild_id=GUILD, user_id=ADA), before=9),
    "by status": lambda log, *_: log.page(GenerationFilter(guild_id=GUILD, status="delivered"), before=9),
    "by category": lambda log, *_: log.page(GenerationFilter(guild_id=GUILD, category="hate"), before=9),
    "newest shares": lambda _, shares, *__: shares.page(GUILD, "newest", "1.9"),
    "top shares": lambda _, shares, *__: shares.page(GUILD, "top", "1.9"),
    "sanctions": lambda *all_: all_[2].page(GUILD, before=9),
    "audit log": lambda *all_: all_[3].page(GUILD, before=9),
    "audit log of one": lambda *all_: all_[3].page(GUILD, before=9, wanted=AuditFilter(subject="user:1")),
}


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_is_read_along_an_index(
    log: GenerationLog,
    shares: Shares,
    sanctions: Sanctions,
    audit_log: AuditLog,
    database: Database,
    name: str,
) -> None:
    """No page makes the database read a whole table or sort: it stays fast however long the lists grow."""
    engine = database._engine.sync_engine
    plans: list[str] = []

    # PostgreSQL rightly reads a table whole while it is small: here it must not, where there is another way.
    explain = ["EXPLAIN QUERY PLAN"]
    if engine.dialect.name == "postgresql":
        explain = ["SET enable_seqscan = off", "SET enable_sort = off", "EXPLAIN"]

    def plan(connection: Connection, _: object, statement: str, parameters: Any, *__: object) -> None:
        if statement.startswith("SELECT") and not plans:
            plans.append("")  # what follows is no question of the list's
            for setting in explain[:-1]:
                connection.exec_driver_sql(setting)
            rows = connection.exec_driver_sql(f"{explain[-1]} {statement}", parameters)
            plans[0] = "\n".join(str(row) for row in rows)

    event.listen(engine, "before_cursor_execute", plan)
    await LISTS[name](log, shares, sanctions, audit_log)
    assert "Index Scan" in plans[0] or "USING INDEX" in plans[0]
    assert not re.search("SCAN|TEMP B-TREE|Seq Scan|Sort", plans[0]), plans[0]


# ------------------------------------------------------------------------------------------------ times


async def test_times_come_back_in_utc(log: GenerationLog, clock: Clock) -> None:
    """Whatever zone a time was given in, the same moment is read."""
    clock.now = datetime(2030, 1, 1, 3, tzinfo=timezone(timedelta(hours=9)))
    record = await log.get(await log.open(seeded()))
    assert record is not None
    assert record.created_at == clock.now
    assert record.created_at.tzinfo == UTC


async def test_a_time_without_a_zone_is_refused(log: GenerationLog, clock: Clock) -> None:
    """A bare time means different moments on different machines."""
    clock.now = datetime(2030, 1, 1)  # noqa: DTZ001  # the point
    with pytest.raises(Exception, match="has no time zone"):
        await log.open(seeded())


# ------------------------------------------------------------------------------------------------ the gallery


async def test_sharing_is_for_ones_own_shown_pictures(log: GenerationLog, shares: Shares) -> None:
    """Others' pictures, missing ones, removed ones and those of direct messages cannot be shared."""
    generation_id, private = await drawn(log), await drawn(log, seeded(guild_id=None))
    with pytest.raises(NotYours):
        await shares.share(generation_id, 0, BOB)
    with pytest.raises(NotFound, match="'picture' number=6"):
        await shares.share(generation_id, 5, ADA)
    with pytest.raises(NotFound, match="'generation' number=999"):
        await shares.share(999, 0, ADA)
    with pytest.raises(NoGallery):
        await shares.share(private, 0, ADA)
    await log.remove(generation_id, MODERATOR, "", image_index=0)
    with pytest.raises(NotFound):
        await shares.share(generation_id, 0, ADA)


async def test_sharing_twice_is_one_share(log: GenerationLog, shares: Shares) -> None:
    """A second press on the button changes nothing."""
    generation_id = await drawn(log, seeded("a cat"))
    first, second = await shares.share(generation_id, 1, ADA), await shares.share(generation_id, 1, ADA)
    assert first == second
    assert (first.prompt, first.image.index, first.votes, first.guild_id) == ("a cat", 1, 0, GUILD)


async def test_a_vote_counts_once_and_can_be_taken_back(log: GenerationLog, shares: Shares) -> None:
    """The same person's second press takes it back."""
    share = await shares.share(await drawn(log), 0, ADA)
    ballots = [await shares.vote(share.id, voter) for voter in (ADA, BOB, ADA)]
    assert [(ballot.votes, ballot.voted) for ballot in ballots] == [(1, True), (2, True), (1, False)]
    read = await shares.get(share.id)
    assert read is not None
    assert read.votes == 1


async def test_votes_at_the_same_moment_are_all_counted(log: GenerationLog, shares: Shares) -> None:
    """Two hundred people press at once."""
    share = await shares.share(await drawn(log), 0, ADA)
    await asyncio.gather(*(shares.vote(share.id, voter) for voter in range(1000, 1200)))
    read = await shares.get(share.id)
    assert read is not None
    assert read.votes == 200


async def test_a_picture_shared_at_the_same_moment_is_one_share(log: GenerationLog, shares: Shares) -> None:
    """The button was pressed in two windows."""
    generation_id = await drawn(log)
    made = await asyncio.gather(*(shares.share(generation_id, 0, ADA) for _ in range(8)))
    assert len({share.id for share in made}) == 1


@pytest.mark.parametrize("order", ["newest", "top"])
async def test_gallery_pages_are_complete_and_in_order(log: GenerationLog, shares: Shares, order: str) -> None:
    """By age, or by votes and then age; every share once; other servers' never."""
    made = [await shares.share(await drawn(log), 0, ADA) for _ in range(6)]
    await shares.share(await drawn(log, seeded(guild_id=2)), 0, ADA)
    for share, votes in zip(made, (1, 0, 2, 1, 0, 2), strict=True):
        for voter in range(votes):
            await shares.vote(share.id, voter)
    expected = [one.id for one in reversed(made)]
    if order == "top":
        expected = [made[number].id for number in (5, 2, 3, 0, 4, 1)]
    seen: list[int] = []
    cursor = None
    while True:
        page = await shares.page(GUILD, order, cursor, limit=2)  # type: ignore[arg-type]  # one of the two
        seen += [one.id for one in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == expected


async def test_removed_pictures_leave_the_gallery(log: GenerationLog, shares: Shares) -> None:
    """They are in no page, cannot be voted for, and come back when restored."""
    generation_id = await drawn(log)
    share = await shares.share(generation_id, 0, ADA)
    await log.remove(generation_id, MODERATOR, "")
    assert (await shares.page(GUILD)).records == ()
    assert await shares.get(share.id) is None
    with pytest.raises(NotFound):
        await shares.vote(share.id, BOB)
    await log.restore(generation_id, MODERATOR, "")
    assert [one.id for one in (await shares.page(GUILD)).records] == [share.id]


async def test_unsharing_is_for_the_owner_or_a_moderator(
    log: GenerationLog, shares: Shares, audit_log: AuditLog
) -> None:
    """With its votes; then it can be shared anew.  Only what a moderator did to somebody else is audited."""
    generation_id = await drawn(log)
    share = await shares.share(generation_id, 0, ADA)
    await shares.vote(share.id, BOB)
    await shares.unshare(share.id, ADA)
    with pytest.raises(NotFound):
        await shares.unshare(share.id, ADA)
    assert (await audit_log.page(GUILD)).records == ()
    again = await shares.share(generation_id, 0, ADA)
    assert again.votes == 0
    await shares.unshare(again.id, MODERATOR)
    (act,) = (await audit_log.page(GUILD)).records
    assert (act.action, act.actor_id, act.subject) == ("unshare", MODERATOR, f"share:{again.id}")


async def test_what_cannot_be_audited_is_not_unshared(
    log: GenerationLog, shares: Shares, audit_log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act and its entry are one transaction."""
    share = await shares.share(await drawn(log), 0, ADA)

    def refuse(*_: object) -> None:
        raise RuntimeError("no entry")

    monkeypatch.setattr("bot.database.shares.note_act", refuse)
    with pytest.raises(RuntimeError, match="no entry"):
        await shares.unshare(share.id, MODERATOR)
    assert await shares.get(share.id) is not None
    assert (await audit_log.page(GUILD)).records == ()


@pytest.mark.parametrize("cursor", ["12", "x.1", "3000000000.1", "1.99999999999999999999", "9" * 5000 + ".1"])
async def test_a_cursor_that_is_none_is_refused(shares: Shares, database: Database, cursor: str) -> None:
    """What comes back from a button is input like any other, and no column holds every number."""
    with pytest.raises(InvalidOption, match="no_place"):
        await shares.page(GUILD, "top", cursor)
    with pytest.raises(InvalidOption, match="no_place"):
        await Reviews(database).page(GUILD, cursor=cursor)


# ------------------------------------------------------------------------------------------------ sanctions


async def test_a_timeout_ends_by_itself(sanctions: Sanctions, clock: Clock) -> None:
    """It holds until its time, and not after."""
    await sanctions.sanction(ADA, GUILD, "timeout", NOON + timedelta(hours=1), "spam", MODERATOR)
    active = await sanctions.active(ADA, GUILD)
    assert active is not None
    assert (active.kind, active.reason, active.until) == ("timeout", "spam", NOON + timedelta(hours=1))
    assert await sanctions.active(BOB, GUILD) is None
    assert await sanctions.active(ADA, 2) is None
    clock.now += timedelta(hours=1)
    assert await sanctions.active(ADA, GUILD) is None


async def test_a_timeout_needs_an_end_to_come(sanctions: Sanctions) -> None:
    """One that has passed, or none, is refused by name."""
    for until in (None, NOON):
        with pytest.raises(InvalidOption) as refusal:
            await sanctions.sanction(ADA, GUILD, "timeout", until, "", MODERATOR)
        assert refusal.value.field == "until"


async def test_a_ban_everywhere_holds_in_every_server(sanctions: Sanctions) -> None:
    """Without a server it counts in all of them and in direct messages."""
    await sanctions.sanction(ADA, None, "ban", None, "", MODERATOR)
    for guild_id in (GUILD, 2, None):
        active = await sanctions.active(ADA, guild_id)
        assert active is not None
        assert active.kind == "ban"


async def test_sanctions_at_the_same_moment_replace_each_other(sanctions: Sanctions) -> None:
    """Of several moderators' bans one is in force, so that one lift ends it."""
    await asyncio.gather(*(sanctions.sanction(ADA, GUILD, "ban", None, "", by) for by in range(1, 9)))
    everything = (await sanctions.page(GUILD, limit=20)).records
    assert [one.lifted_at is None for one in everything].count(True) == 1
    assert len(everything) == 8


async def test_lifting_ends_it_and_is_audited(sanctions: Sanctions, audit_log: AuditLog) -> None:
    """Sanction, a harder one in its place, lift; the audit log tells all three; nothing is left to lift."""
    await sanctions.sanction(ADA, GUILD, "timeout", NOON + timedelta(hours=1), "spam", MODERATOR)
    await sanctions.sanction(ADA, GUILD, "ban", None, "more spam", MODERATOR)
    lifted = await sanctions.lift(ADA, GUILD, BOB, "promised")
    assert (lifted.kind, lifted.lifted_by) == ("ban", BOB)
    assert await sanctions.active(ADA, GUILD) is None
    with pytest.raises(NotFound):
        await sanctions.lift(ADA, GUILD, BOB)
    acts = (await audit_log.page(GUILD, wanted=AuditFilter(subject=f"user:{ADA}"))).records
    assert [(one.action, one.actor_id, one.why) for one in acts] == [
        ("lift", BOB, "promised"),
        ("ban", MODERATOR, "more spam"),
        ("timeout", MODERATOR, "spam"),
    ]
    assert dict(acts[1].before)["kind"] == "timeout"
    assert dict(acts[1].after)["kind"] == "ban"
    kinds = [(one.kind, one.replaced) for one in (await sanctions.page(GUILD, user_id=ADA)).records]
    assert kinds == [("ban", False), ("timeout", True)]


async def test_audit_pages_are_complete(audit_log: AuditLog) -> None:
    """Newest first, each once."""
    for number in range(5):
        await audit_log.note(Act(MODERATOR, "lift", f"user:{number}", GUILD))
    first = await audit_log.page(GUILD, limit=3)
    second = await audit_log.page(GUILD, before=first.next_before, limit=3)
    subjects = [one.subject for one in (*first.records, *second.records)]
    assert subjects == [f"user:{number}" for number in (4, 3, 2, 1, 0)]
    assert second.next_before is None


# ------------------------------------------------------------------------------------------------ settings


async def test_a_servers_choices_are_kept_and_audited(database: Database, audit_log: AuditLog) -> None:
    """Defaults first, then what was chosen; the audit log has both."""
    settings = GuildSettings(database)
    default = await settings.get(GUILD)
    assert default == GuildRecord(GUILD)
    assert default.allows(1)
    assert (await settings.get(None)).allows(1)
    await settings.set(GuildRecord(GUILD, (5, 6), 77), by=MODERATOR)
    chosen = await settings.get(GUILD)
    assert chosen == GuildRecord(GUILD, (5, 6), 77)
    assert (chosen.allows(5), chosen.allows(1)) == (True, False)
    (act,) = (await audit_log.page(GUILD)).records
    assert dict(act.before) == {"allowed_channels": "", "moderator_role": ""}
    assert dict(act.after) == {"allowed_channels": "5, 6", "moderator_role": "77"}


async def test_every_choice_comes_back_as_it_was_made(database: Database, audit_log: AuditLog) -> None:
    """Of a server and of a channel; each has its name in the audit log."""
    settings = GuildSettings(database)
    drawing = Drawing(
        "strict",
        1,
        4,
        spoiler=True,
        limit_per_person="5/hour",
        default_guidance=7.5,
        default_top_p=0.9,
        models=("a", "b"),
    )
    chosen = GuildRecord(
        GUILD, (5,), 6, 7, gallery_is_public=True, retention_days=30, policy=Policy(blocked_words=("cactus",)),
        drawing=drawing, gallery_channel_id=8, digest=True, sharing="opt_out", sharing_role_ids=(9,), language="pt-BR",
        roles=(RoleRule(10, "first", "50/day", ("mega",)),), misuse=Misuse(3, 12, 20),
    )  # fmt: skip
    await settings.set(chosen, by=MODERATOR)
    assert await settings.get(GUILD) == chosen
    (act,) = (await audit_log.page(GUILD)).records
    after = dict(act.after)
    assert after["roles"] == "10: priority=first, limit_per_person=50/day, models=mega"
    assert {after[name] for name in ("sharing", "sharing_roles", "language", "digest", "gallery_channel")} == {
        "opt_out", "9", "pt-BR", "on", "8",
    }  # fmt: skip
    await settings.change_channel(GUILD, 5, MODERATOR, lambda _: drawing)
    assert await settings.channel(GUILD, 5) == drawing
    await settings.set(chosen, by=MODERATOR)
    assert len((await audit_log.page(GUILD)).records) == 2, "what changes nothing is no act"


async def test_a_channels_choices_are_its_servers_alone(database: Database) -> None:
    """Whoever makes up the id of another server's channel neither changes nor takes what is chosen for it there."""
    settings = GuildSettings(database)
    await settings.change_channel(GUILD + 1, 5, MODERATOR, lambda _: Drawing(max_images=1))  # before the channel's own
    await settings.change_channel(GUILD, 5, MODERATOR, lambda _: Drawing(max_images=4))
    await settings.change_channel(GUILD + 1, 5, MODERATOR, lambda one: replace(one, default_images=2))
    found = [await settings.channel(guild_id, 5) for guild_id in (GUILD, GUILD + 1, None)]
    assert found == [Drawing(max_images=4), Drawing(max_images=1, default_images=2), Drawing()]


async def test_changes_of_different_choices_at_the_same_moment_are_both_kept(database: Database) -> None:
    """Two managers, two lists: neither takes back what the other chose."""
    settings = GuildSettings(database)
    await asyncio.gather(
        settings.change(GUILD, 1, lambda one: replace(one, digest=True)),
        settings.change(GUILD, 2, lambda one: replace(one, review_channel_id=7)),
    )
    assert await settings.get(GUILD) == GuildRecord(GUILD, digest=True, review_channel_id=7)


async def test_choices_at_the_same_moment_are_both_taken(database: Database, audit_log: AuditLog) -> None:
    """A server's first settings, from two administrators: one after the other."""
    settings = GuildSettings(database)
    await asyncio.gather(*(settings.set(GuildRecord(GUILD, (), role), by=role) for role in range(1, 9)))
    acts = (await audit_log.page(GUILD)).records
    assert len(acts) == 8
    assert dict(acts[0].after)["moderator_role"] == str((await settings.get(GUILD)).moderator_role_id)


async def test_a_removed_picture_that_is_drawn_again_stays_removed(log: GenerationLog) -> None:
    """Its files were lost, and come back; whoever removed it does not have to look again."""
    generation_id = await log.open(seeded())
    picture = ImageRecord(generation_id, 0, "key", "s" * 64, 7, 0.5, 8, 8)
    await log.record_queued(generation_id)
    await log.record_start(generation_id)
    await log.record_pictures(generation_id, [picture], model="m", grid_key=None)
    await log.remove(generation_id, 5, "not here", 0)
    await log.record_pictures(generation_id, [replace(picture, sha256="t" * 64)], model="m", grid_key=None)
    record = await log.get(generation_id)
    assert record is not None
    assert record.images[0].sha256 == "t" * 64
    assert record.images[0].removal is not None


async def test_posts_that_show_what_was_removed_are_due(log: GenerationLog, database: Database, clock: Clock) -> None:
    """All of a removed generation's; of a picture its copies, and grids from before; not what just failed."""
    posts = PostLog(database, clock)
    whole, part, held, kept = [await drawn(log) for _ in range(4)]
    for number, generation_id in enumerate((whole, part, held, kept)):
        await posts.add(PostRecord(10 + number, CHANNEL, generation_id))
    await posts.add(PostRecord(20, CHANNEL, part, 0))
    clock.now += timedelta(minutes=1)
    await log.remove(whole, MODERATOR, "")
    await log.remove(part, MODERATOR, "", 1)
    await log.remove(held, 0, "picture_check: nudity", 1)
    assert await posts.of_removed() == (part, whole)
    await posts.not_changed(10)
    clock.now += timedelta(minutes=1)
    await posts.drawn_anew(11)
    assert await posts.of_removed() == ()
    clock.now += timedelta(minutes=5)
    assert await posts.of_removed() == (whole,)
    clock.now += timedelta(days=8)
    assert await posts.of_removed() == ()
