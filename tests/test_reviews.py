"""The review queue and a server's own words, in the database."""

from datetime import timedelta

import pytest

from bot.database.audit import AuditLog
from bot.database.blocked_terms import MAX_TERM, BlockedTerms
from bot.database.generations import GenerationLog
from bot.database.guild import GuildRecord, Misuse
from bot.database.records import GenerationFilter
from bot.database.reviews import NewReview, Reviews
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.errors import InvalidOption, NotFound
from bot.wording.moderating import review_line
from inference.contract import Verdict
from tests.bot_fakes import ADA, BOB, GUILD
from tests.test_database import NOON, Clock, drawn, seeded

MODERATOR = 9


@pytest.fixture
def reviews(database: Database) -> Reviews:
    return Reviews(database, Clock())


@pytest.fixture
def log(database: Database) -> GenerationLog:
    return GenerationLog(database, Clock())


async def test_the_gravest_comes_first_then_the_oldest(reviews: Reviews, log: GenerationLog) -> None:
    """Page by page, each generation once, however much is said of it."""
    first, second, third = await drawn(log), await drawn(log), await drawn(log)
    said = (("flag", third), ("flag", first), ("report", second), ("flag", second), ("report", first))
    for kind, generation_id in said:
        await reviews.open(NewReview(kind, GUILD, generation_id, ADA, by=BOB))  # type: ignore[arg-type]  # one of them
    seen, cursor = [], None
    while True:
        page = await reviews.page(GUILD, cursor=cursor, limit=2)
        seen += [(one.kind, one.generation_id) for one in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [("report", second), ("report", first), ("flag", third)]
    flags = (await reviews.page(GUILD, kind="flag")).records
    assert [one.generation_id for one in flags] == [third, first, second]
    assert (await reviews.page(GUILD + 1)).records == ()
    assert await reviews.count(GUILD) == 3
    assert await reviews.count(None, everywhere=True) == 3
    assert await reviews.count_by_kind(GUILD) == {"report": 2, "flag": 3}
    with pytest.raises(InvalidOption):
        await reviews.page(GUILD, cursor="3")


@pytest.mark.parametrize(
    ("measure", "blocked", "drawn_", "told"),
    [
        (Misuse(), 5, 0, "blocks:5:24"),
        (Misuse(), 4, 30, None),
        (Misuse(blocks=3), 3, 0, "blocks:3:24"),
        (Misuse(blocks=None), 20, 0, None),
        (Misuse(burst=10), 0, 10, "burst:10:10"),
        (Misuse(burst=10), 0, 9, None),
    ],
)
async def test_a_server_says_what_looks_like_misuse(
    database: Database, measure: Misuse, blocked: int, drawn_: int, told: str | None
) -> None:
    """Told once a day, of the same person in the same server; later orders count anew."""
    clock = Clock()
    log, reviews = GenerationLog(database, clock), Reviews(database, clock)
    await GuildSettings(database).set(GuildRecord(GUILD, misuse=measure), by=MODERATOR)
    await GuildSettings(database).set(GuildRecord(GUILD + 1, misuse=Misuse(blocks=1)), by=MODERATOR)
    for action, count in (("block", blocked), ("allow", drawn_)):
        for _ in range(count):
            generation_id = await log.open(seeded())
            await log.record_verdict(generation_id, Verdict(action, "violence_gore", 1.0))  # type: ignore[arg-type]
    found = (await reviews.page(GUILD, kind="misuse")).records
    assert [one.reason for one in found] == ([told] if told else [])
    clock.now += timedelta(minutes=11)
    generation_id = await log.open(seeded())
    await log.record_verdict(generation_id, Verdict("allow"))
    assert (await reviews.page(GUILD, kind="misuse")).records == found


async def test_one_person_reports_a_picture_once(reviews: Reviews, log: GenerationLog) -> None:
    """Another picture and another person are other reports."""
    generation_id = await drawn(log)
    report = NewReview("report", GUILD, generation_id, ADA, BOB, "ugly", 0)
    record, said = await reviews.open(report)
    assert said == "new"
    assert (record.reason, record.created_at) == ("ugly", NOON)
    assert await reviews.open(report) == (record, "before")
    assert (await reviews.open(NewReview("report", GUILD, generation_id, ADA, BOB, "", 1)))[1] == "new"
    assert (await reviews.open(NewReview("report", GUILD, generation_id, ADA, 3, "", 0)))[1] == "new"


async def test_what_is_added_to_a_report_is_read_whole(reviews: Reviews, log: GenerationLog) -> None:
    """What is cut is older; and a slash that somebody typed is no addition."""
    generation_id = await drawn(log)
    for reason in ("old " * 60 + "/ 1 / 2 / 3 / 4 / 5", "and it shows my own face"):
        record, _ = await reviews.open(NewReview("report", GUILD, generation_id, ADA, BOB, reason))
    assert len(record.words) == 2
    line = review_line("report", BOB, None, record.words)
    assert line.endswith("old… / and it shows my own face")
    assert len(line) < 300


async def test_a_decision_closes_all_that_was_said_and_can_be_taken_back(reviews: Reviews, log: GenerationLog) -> None:
    """One look at a generation answers everybody who reported it."""
    generation_id, other = await drawn(log), await drawn(log)
    for by in (BOB, 3):
        await reviews.open(NewReview("report", GUILD, generation_id, ADA, by))
    await reviews.open(NewReview("report", GUILD, other, ADA, BOB))
    closed = await reviews.close(generation_id, MODERATOR, "removed")
    assert [(one.by, one.outcome, one.closed_by) for one in closed] == [(BOB, "removed", MODERATOR), (3, "removed", 9)]
    assert await reviews.count(GUILD) == 1
    assert await reviews.close(generation_id, MODERATOR, "kept") == ()
    assert len(await reviews.reopen([one.id for one in closed], MODERATOR)) == 2
    assert await reviews.reopen([one.id for one in closed], 3) == ()
    assert await reviews.count(GUILD) == 2
    assert [one.outcome for one in await reviews.of(generation_id)] == [None, None]
    assert await reviews.counts(GUILD, ADA) == {"report": 3}


async def test_a_servers_words_are_kept_and_audited(database: Database) -> None:
    """Added, changed, taken out; the operator's count everywhere; nobody takes out another server's."""
    terms, audit_log = BlockedTerms(database, Clock()), AuditLog(database)
    word = await terms.add(GUILD, "foo bar", "block", MODERATOR)
    assert (await terms.add(GUILD, "foo bar", "flag", MODERATOR)).id == word.id
    everywhere = await terms.add(None, "baz", "block", 0)
    await terms.add(GUILD + 1, "elsewhere", "block", MODERATOR)
    assert [(one.term, one.action) for one in await terms.of(GUILD)] == [("baz", "block"), ("foo bar", "flag")]
    assert [one.term for one in await terms.of(None)] == ["baz"]
    with pytest.raises(NotFound):
        await terms.remove(GUILD, everywhere.id, MODERATOR)
    await terms.remove(GUILD, word.id, MODERATOR)
    acts = (await audit_log.page(GUILD)).records
    assert [one.action for one in acts] == ["allow_term", "block_term", "block_term"]
    assert dict(acts[0].before) == {"term": "foo bar", "action": "flag"}
    with pytest.raises(InvalidOption, match=str(MAX_TERM)):
        await terms.add(GUILD, "x" * 101, "block", MODERATOR)


# ------------------------------------------------------------------------------------------------ search by words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cat", ["a cat", "cats & dogs"]),
        ("CA", ["a cat", "cats & dogs"]),
        ("at", []),
        ("dog cat", ["cats & dogs"]),
        ("& dogs", ["cats & dogs"]),
        ("it's", ['it\'s "quoted"']),
        ('"quoted"', ['it\'s "quoted"']),
        ('quoted" OR cat', []),
        ("NEAR(cat dogs)", []),
        ("猫", ["夜の猫"]),
        ("夜", ["夜の猫"]),
        ("*", []),
        ("rowid:1", []),
        ("\0", ["夜の猫", 'it\'s "quoted"', "cats & dogs", "a cat"]),
    ],
)
async def test_words_are_found_by_their_beginnings(log: GenerationLog, words: str, found: list[str]) -> None:
    """Whatever is typed is text, never the index's own language."""
    for prompt in ("a cat", "cats & dogs", 'it\'s "quoted"', "夜の猫"):
        await log.open(seeded(prompt))
    page = await log.page(GenerationFilter(guild_id=GUILD, words=words))
    assert sorted(one.order.prompt for one in page.records) == sorted(found)


async def test_search_turns_pages(log: GenerationLog) -> None:
    """Newest first, each once, under the other filters, too."""
    ids = [await log.open(seeded(f"cat {count}", ADA if count % 2 else BOB)) for count in range(6)]
    wanted, seen, before = GenerationFilter(words="cat", user_id=ADA), [], None
    while True:
        page = await log.page(wanted, before, limit=2)
        seen += [one.id for one in page.records]
        before = page.next_before
        if before is None:
            break
    assert seen == [ids[5], ids[3], ids[1]]
