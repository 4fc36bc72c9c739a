"""What people may do to what exists, without any Discord: who may, what becomes of it, and what the audit log tells."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.actions.actor import Actor
from bot.actions.moderation import Target
from bot.database.records import GenerationFilter, GenerationRecord
from bot.errors import (
    AlreadyDecided,
    CannotSanction,
    DirectMessagesRefused,
    DrawnElsewhere,
    LimitReached,
    MissingPermission,
    NoGallery,
    NotFound,
    NothingToCancel,
    NotSanctioned,
    NotYours,
    OwnWork,
    RemovedByOperator,
    Sanctioned,
    ServersOnly,
    TooLate,
)
from bot.services import Services
from bot.storage.folder import Storage
from inference.contract import Verdict
from tests.bot_fakes import (
    ADA,
    BOB,
    CHANNEL,
    GUILD,
    FakePool,
    FakePosts,
    FakeReply,
    an_order,
    draw,
    finish,
    order_one,
    services,
)

MO, OWNER, ELSEWHERE = 1003, 1004, GUILD + 1
ada = Actor(ADA, GUILD, CHANNEL, "ada")
bob = Actor(BOB, GUILD, CHANNEL, "bob")
mo = Actor(MO, GUILD, CHANNEL, "mo", permissions=frozenset(("manage_messages", "moderate_members", "ban_members")))
stranger = replace(mo, guild_id=ELSEWHERE)
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def posts() -> FakePosts:
    return FakePosts()


@pytest.fixture
async def opened(tmp_path: Path, pool: FakePool, posts: FakePosts) -> AsyncIterator[Services]:
    async with services(tmp_path, pool, posts) as opened:
        yield opened


async def audited(opened: Services, guild_id: int | None = GUILD) -> list[tuple[int, str, str]]:
    page = await opened.audit_log.page(guild_id)
    return [(entry.actor_id, entry.action, entry.subject) for entry in page.records]


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "pictures").rglob("*") if path.is_file()}


# ---------------------------------------------------------------------------------------------------------- actors


def test_administrators_may_everything_in_their_server_and_nobody_in_direct_messages() -> None:
    """Permissions belong to a server; the operator needs none."""
    administrator = replace(ada, permissions=frozenset({"administrator"}))
    assert administrator.is_moderator
    assert administrator.is_manager
    assert not replace(administrator, guild_id=None).is_moderator
    assert Actor.operator().is_moderator
    assert not ada.is_moderator


async def test_ones_own_is_seen_everywhere_other_peoples_where_it_was_drawn(opened: Services) -> None:
    """A direct message is nobody else's: two people without a server are not in the same place."""
    here, private = await draw(opened), await draw(opened, an_order(guild_id=None))
    assert bob.sees(here)
    assert replace(ada, guild_id=None).sees(here)
    assert ada.sees(private)
    assert not stranger.sees(here)
    assert not replace(bob, guild_id=None, channel_id=9).sees(private)
    assert replace(bob, guild_id=None).sees(private)  # in the same group message
    with pytest.raises(NotFound):
        await opened.pictures.find(stranger, here.id)


# -------------------------------------------------------------------------------------------------------- removing


async def test_an_owners_delete_takes_every_message_down_and_erases_the_files_at_once(
    opened: Services, posts: FakePosts, tmp_path: Path
) -> None:
    """Answer and copies go, nothing stays on disk, and one's own delete is no matter for the audit log."""
    record = await draw(opened)
    await opened.pictures.copied(record.id, 1, CHANNEL, 777)
    removed = await opened.removals.delete(ada, record.id)
    assert removed.gone
    assert posts.taken_down == [555, 777]
    assert files(tmp_path) == set()
    assert await audited(opened) == []
    with pytest.raises(NotFound):
        await opened.pictures.find(ada, record.id)
    assert await opened.eraser.erase() == 0


async def test_a_moderators_removal_keeps_the_files_for_review(
    opened: Services, posts: FakePosts, tmp_path: Path
) -> None:
    """They can still look into the entry; after the period nothing is left."""
    record = await draw(opened)
    await opened.removals.remove(mo, record.id, "tasteless")
    assert posts.taken_down == [555]
    assert await audited(opened) == [(MO, "remove", f"generation:{record.id}")]
    assert await opened.eraser.erase() == 0
    assert len(files(tmp_path)) == 5
    opened.eraser._now = lambda: datetime.now(UTC) + timedelta(days=31)
    assert await opened.eraser.erase() == 1
    assert files(tmp_path) == set()
    assert await opened.eraser.erase() == 0


async def test_files_that_cannot_be_deleted_keep_no_others(
    opened: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: what is due behind them goes all the same."""
    stuck, free = await draw(opened), await draw(opened)
    for record in (stuck, free):
        await opened.generations.remove(record.id, MO, "tasteless")
    delete, due = opened.storage.delete, opened.eraser._erasures.due

    async def refuse(key: str) -> None:
        if f"/{stuck.id}/" in key:
            raise PermissionError(13, "Permission denied")
        await delete(key)

    monkeypatch.setattr(opened.storage, "delete", refuse)
    monkeypatch.setattr(opened.eraser._erasures, "due", partial(due, limit=1))
    opened.eraser._now = lambda: datetime.now(UTC) + timedelta(days=31)
    assert await opened.eraser.erase() == 1
    assert {path.parent.name for path in (tmp_path / "pictures").rglob("*.png")} == {str(stuck.id)}


async def test_removing_one_picture_redraws_its_messages_and_deletes_its_copies(
    opened: Services, posts: FakePosts, tmp_path: Path
) -> None:
    """Copies of the others stay; in the end only its file and the grid that shows it are erased."""
    record = await draw(opened)
    await opened.pictures.copied(record.id, 0, CHANNEL, 770)
    await opened.pictures.copied(record.id, 1, CHANNEL, 771)
    await opened.removals.remove(mo, record.id, "tasteless", 1)
    assert (posts.redrawn, posts.taken_down) == ([555], [771])
    opened.eraser._now = lambda: datetime.now(UTC) + timedelta(days=31)
    await opened.eraser.erase()
    assert files(tmp_path) == {Path(record.images[index].key).name for index in (0, 2, 3)}
    with pytest.raises(NotFound):
        await opened.pictures.picture(ada, record.id, 1)


async def test_of_two_pictures_that_are_the_same_one_can_be_removed(
    opened: Services, pool: FakePool, tmp_path: Path
) -> None:
    """They are one file, which goes with the last of them."""
    pool.alike = True
    record = await draw(opened)
    assert len(files(tmp_path)) == 2  # the picture and the grid
    opened.eraser._now = lambda: datetime.now(UTC) + timedelta(days=31)
    for index in range(4):
        assert await opened.storage.get(record.images[3].key)
        await opened.removals.remove(mo, record.id, "tasteless", index)
        await opened.eraser.erase()
    assert files(tmp_path) == set()


async def test_a_variations_start_goes_with_the_picture_that_it_copies(opened: Services, tmp_path: Path) -> None:
    """Also that of a re-roll of the variation; what others started from stays."""
    record = await draw(opened)
    varied = await draw(opened, await opened.pictures.vary(bob, record.id, 0))
    again = await draw(opened, await opened.pictures.reroll(bob, varied.id))
    other = await draw(opened, await opened.pictures.vary(bob, again.id, 0))
    await opened.removals.delete(ada, record.id)
    for gone in (varied.id, again.id):
        after = await opened.generations.get(gone)
        assert after is not None
        assert after.init_image_key is None
        assert not list((tmp_path / "pictures" / "generations" / str(gone)).glob("from-*"))
    assert len(list((tmp_path / "pictures" / "generations" / str(other.id)).glob("from-*"))) == 1
    repeated = await opened.pictures.reroll(bob, varied.id)
    assert (repeated.init_image, repeated.strength) == (None, None)


async def test_a_message_that_cannot_be_taken_down_is_told_and_tried_again(opened: Services, posts: FakePosts) -> None:
    """It stays known, so that the next removal finds it."""
    record = await draw(opened)
    posts.stubborn.add(555)
    assert not (await opened.removals.remove(mo, record.id, "tasteless")).gone
    posts.stubborn.clear()
    assert (await opened.removals.remove(mo, record.id, "tasteless")).gone


async def test_what_still_stands_of_something_removed_is_taken_down_later(opened: Services, posts: FakePosts) -> None:
    """What the command line removed, where there is no Discord, and what Discord refused; not what was not removed."""
    outside, own, kept = await draw(opened), await draw(opened), await draw(opened)
    for number, record in enumerate((outside, own, kept)):
        await opened.pictures.copied(record.id, 1, CHANNEL, 777 + number)
    await opened.generations.remove(outside.id, 0, "by the operator")
    posts.stubborn.add(778)
    assert not (await opened.removals.delete(ada, own.id)).gone
    await opened.removals.take_down_again()
    assert 777 in posts.taken_down
    assert 778 not in posts.taken_down
    posts.stubborn.clear()
    after(opened, timedelta(minutes=6))
    posts.connected = False
    await opened.removals.take_down_again()
    assert 778 not in posts.taken_down
    posts.connected = True
    for _ in range(2):
        await opened.removals.take_down_again()
    assert posts.taken_down.count(777) == posts.taken_down.count(778) == 1
    assert 779 not in posts.taken_down


def after(opened: Services, time: timedelta) -> None:
    """What stands in Discord is looked after as it is so much later."""
    opened.removals._post_log._now = lambda: datetime.now(UTC) + time


async def test_a_long_illness_of_discord_is_outlived(opened: Services, posts: FakePosts) -> None:
    """Every few minutes for a week, however often that is; then who deletes what still stands is a person."""
    record = await draw(opened)
    other, _ = await order_one(opened, an_order(), FakeReply(777))
    await finish(opened, other)
    posts.stubborn |= {555, 777}
    assert not (await opened.removals.remove(mo, record.id, "tasteless")).gone
    for minutes in range(0, 600, 6):
        after(opened, timedelta(minutes=minutes))
        await opened.removals.take_down_again()
    posts.stubborn.remove(555)
    await opened.removals.take_down_again()
    assert posts.taken_down == [], "it was tried a moment ago"
    after(opened, timedelta(days=6))
    await opened.removals.take_down_again()
    assert posts.taken_down == [555]
    assert not (await opened.removals.remove(mo, other, "tasteless")).gone
    posts.stubborn.clear()
    after(opened, timedelta(days=8))
    await opened.removals.take_down_again()
    assert 777 not in posts.taken_down


async def test_a_picture_that_discord_did_not_let_be_drawn_over_goes_later(opened: Services, posts: FakePosts) -> None:
    """One of a grid's, with its copies; what shows it no more is left alone."""
    record = await draw(opened)
    await opened.pictures.copied(record.id, 1, CHANNEL, 771)
    await opened.pictures.copied(record.id, 2, CHANNEL, 772)
    posts.stubborn |= {555, 771}
    assert not (await opened.removals.remove(mo, record.id, "tasteless", 1)).gone
    posts.stubborn.clear()
    after(opened, timedelta(minutes=6))
    for _ in range(2):
        await opened.removals.take_down_again()
    assert (posts.redrawn, posts.taken_down) == ([555], [771])


async def test_a_file_that_cannot_be_read_holds_up_nothing_older(
    opened: Services, posts: FakePosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storage that refuses it, or no picture; it is tried again in its turn."""
    older, newer = await draw(opened), await draw(opened)
    await opened.pictures.copied(older.id, 1, CHANNEL, 771)
    await opened.pictures.copied(newer.id, 1, CHANNEL, 772)
    await opened.generations.remove(older.id, 0, "by the operator")
    await opened.generations.remove(newer.id, MO, "tasteless", 1)
    tried = []

    async def refuse(_: Storage, record: GenerationRecord, *__: object) -> None:
        tried.append(record.id)
        raise PermissionError(13, "Access denied")

    monkeypatch.setattr("bot.actions.removals.shown_grid", refuse)
    for _ in range(2):
        await opened.removals.take_down_again()
    assert (771 in posts.taken_down, tried) == (True, [newer.id])
    monkeypatch.undo()
    after(opened, timedelta(minutes=6))
    await opened.removals.take_down_again()
    assert 772 in posts.taken_down


async def test_nobody_removes_what_is_neither_theirs_nor_theirs_to_moderate(opened: Services) -> None:
    """Strangers, members and the moderators of another server."""
    record = await draw(opened)
    with pytest.raises(NotYours):
        await opened.removals.delete(bob, record.id)
    with pytest.raises(MissingPermission):
        await opened.removals.remove(bob, record.id, "why")
    for act in (opened.removals.delete(stranger, record.id), opened.removals.remove(stranger, record.id, "why")):
        with pytest.raises(NotFound):
            await act
    assert await audited(opened) == []


async def test_a_moderators_delete_and_cancel_are_audited_an_owners_are_not(opened: Services, pool: FakePool) -> None:
    """One rule: whoever acts on what is not theirs is audited."""
    pool.hold()
    first, second = [(await order_one(opened, an_order()))[0] for _ in range(2)]
    await pool.begun.wait()
    await opened.pictures.cancel(mo, first)
    await opened.pictures.cancel(ada, second)
    assert (await finish(opened, first)).status == (await finish(opened, second)).status == "cancelled"
    pool.release()
    await opened.removals.delete(mo, first, "no")
    assert await audited(opened) == [
        (MO, "remove", f"generation:{first}"), (MO, "cancel", f"generation:{first}")
    ]  # fmt: skip
    with pytest.raises(TooLate):
        await opened.pictures.cancel(ada, second)
    with pytest.raises(NothingToCancel):
        opened.pictures.cancel_own(ada)


async def test_a_copy_is_for_whom_it_was_made_for_its_owner_and_moderators(opened: Services) -> None:
    """Only the moderator's act is audited."""
    record = await draw(opened)
    with pytest.raises(NotYours):
        await opened.pictures.discard(replace(bob, user_id=77), record.id, 1, BOB)
    for actor in (bob, ada, mo):
        await opened.pictures.discard(actor, record.id, 1, BOB)
    assert await audited(opened) == [(MO, "discard", f"generation:{record.id}")]


# --------------------------------------------------------------------------------------------------------- reviews


async def test_nobody_judges_their_own_pictures_but_who_manages_the_server(opened: Services) -> None:
    """A moderator may remove them, and does not learn who reported them; other moderators do."""
    record = await draw(opened, an_order("a cat", MO))
    await opened.reviews.report(bob, record.id, 0, "ugly")
    for said in (await opened.reviews.of(mo, record.id), (await opened.reviews.page(mo)).records):
        assert [(one.by, one.words) for one in said] == [(0, ("ugly",))]
    other = replace(mo, user_id=1009)
    assert [one.by for one in await opened.reviews.of(other, record.id)] == [BOB]
    with pytest.raises(OwnWork):
        await opened.reviews.decide(mo, record.id, "keep")
    owner = replace(mo, permissions=mo.permissions | {"manage_guild"})
    kept = await opened.reviews.decide(owner, record.id, "keep")
    await opened.reviews.undo(owner, record.id, [one.id for one in kept.closed])
    assert (await opened.reviews.decide(mo, record.id, "remove")).gone


async def test_who_decides_too_late_removes_nothing_and_takes_nothing_back(opened: Services, posts: FakePosts) -> None:
    """Two moderators have the same report before them; the quicker decision stands, and is audited."""
    record, other = await draw(opened), replace(mo, user_id=1009)
    report, _ = await opened.reviews.report(bob, record.id, None, "ugly")
    await opened.reviews.decide(mo, record.id, "keep", "a cat")
    with pytest.raises(AlreadyDecided):
        await opened.reviews.decide(other, record.id, "remove")
    assert (await opened.pictures.find(bob, record.id)).removal is None
    assert posts.taken_down == []
    await opened.reviews.undo(mo, record.id, [report.id])
    with pytest.raises(NotFound):
        await opened.reviews.undo(other, record.id, [report.id])
    decided = await opened.reviews.decide(other, record.id, "remove")
    assert decided.gone
    with pytest.raises(AlreadyDecided):
        await opened.reviews.decide(mo, record.id, "keep")
    with pytest.raises(NotFound):
        await opened.pictures.find(bob, record.id)
    generation = f"generation:{record.id}"
    assert await audited(opened) == [
        (1009, "review_remove", generation), (1009, "remove", generation),
        (MO, "review_undo", generation), (MO, "review_keep", generation),
    ]  # fmt: skip


async def test_what_the_operator_removed_only_they_show_again(opened: Services) -> None:
    """All of it or a picture; no moderator's removal takes its place, and it takes that of theirs."""
    operator, record = Actor.operator(), await draw(opened)
    await opened.removals.remove(mo, record.id, "tasteless", 2)
    for index in (1, 2, None):
        await opened.removals.remove(operator, record.id, "illegal", index)
        await opened.removals.remove(mo, record.id, "mine now", index)
        with pytest.raises(RemovedByOperator):
            await opened.removals.restore(mo, record.id, "", index)
    removed = await opened.moderation.entry(mo, record.id)
    assert removed.removal is not None
    assert (removed.removal.why, removed.can_restore()) == ("illegal", False)
    for index in (None, 1, 2):
        await opened.removals.restore(operator, record.id, "", index)
    assert [one.removal for one in (await opened.pictures.find(bob, record.id)).images] == [None] * 4
    await opened.removals.remove(mo, record.id, "tasteless")
    assert (await opened.removals.restore(mo, record.id)).removal is None


async def test_what_the_operator_decided_no_moderator_takes_back(opened: Services) -> None:
    """It stays decided and removed; and what went with their ban does not come back with it."""
    operator, reported, other = Actor.operator(), await draw(opened), await draw(opened)
    await opened.reviews.report(bob, reported.id, None, "ugly")
    await opened.reviews.decide(operator, reported.id, "remove")
    with pytest.raises(RemovedByOperator):
        await opened.reviews.undo(mo, reported.id)
    assert (await opened.reviews.page(mo)).records == ()
    ban = await opened.moderation.sanction(operator, Target(ADA), "ban", None, "spam")
    await opened.removals.remove_all_of(operator, ADA, datetime.now(UTC) - timedelta(hours=1), "spam", ban.id)
    with pytest.raises(NotFound):
        await opened.removals.restore_all_of(mo, ADA, ban.id)
    assert not (await opened.moderation.entry(mo, other.id)).can_restore()
    assert await opened.removals.restore_all_of(operator, ADA, ban.id) == 1


async def test_keeping_what_the_filter_held_back_shows_nothing_that_the_operator_removed(
    opened: Services, pool: FakePool
) -> None:
    """Neither has an id on Discord: the row tells who it was."""
    pool.picture_verdicts = {1: Verdict("hold", "nudity", 0.9)}
    record = await draw(opened)
    await opened.removals.remove(Actor.operator(), record.id, "illegal", 1)
    for _ in range(2):
        await opened.reviews.decide(mo, record.id, "keep")
        after = await opened.moderation.entry(mo, record.id)
        assert [image.index for image in after.images if image.removal is not None] == [1]
        await opened.reviews.undo(mo, record.id)


async def test_a_picture_that_the_command_line_removed_leaves_its_grid(opened: Services, posts: FakePosts) -> None:
    """Where there is no Discord, only the row says so; a bot that runs takes it out."""
    record = await draw(opened)
    await opened.generations.remove(record.id, 0, "by the operator", 1, by_operator=True)
    for _ in range(2):
        await opened.removals.take_down_again()
    assert (posts.redrawn, posts.taken_down) == ([555], [])


async def test_what_cannot_be_audited_does_not_happen(opened: Services) -> None:
    """The note and the act are one transaction: a decision with its removal, taking it back, a cover."""
    record, kept = await draw(opened), await draw(opened)
    for one in (record, kept):
        await opened.reviews.report(bob, one.id, None, "ugly")
    await opened.reviews.decide(mo, kept.id, "keep")
    async with opened.database.writing() as session:
        await session.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END")
        )
    for act in (
        opened.reviews.decide(mo, record.id, "remove"), opened.reviews.decide(mo, record.id, "keep"),
        opened.reviews.undo(mo, kept.id), opened.pictures.cover(mo, record.id),
    ):  # fmt: skip
        with pytest.raises(IntegrityError):
            await act
    assert [one.generation_id for one in (await opened.reviews.page(mo)).records] == [record.id]
    after = await opened.pictures.find(bob, record.id)
    assert (after.removal, after.order.spoiler) == (None, False)
    assert (await opened.pictures.cover(ada, record.id)).order.spoiler


async def test_a_cover_is_put_on_and_taken_off_and_audited_where_it_is_a_moderators(opened: Services) -> None:
    """Each press the other way round."""
    record = await draw(opened)
    assert [(await opened.pictures.cover(actor, record.id)).order.spoiler for actor in (mo, ada, mo, mo)] == [
        True, False, True, False
    ]  # fmt: skip
    assert not (await opened.pictures.find(bob, record.id)).order.spoiler
    acts = [action for _, action, _ in await audited(opened)]
    assert acts == ["uncover", "cover", "cover"]


async def test_a_decision_about_what_its_owner_deleted_is_taken_back_and_the_picture_stays_deleted(
    opened: Services,
) -> None:
    """It waits again; nobody but the owner could have said that it is shown."""
    record = await draw(opened)
    report, _ = await opened.reviews.report(bob, record.id, None, "ugly")
    await opened.removals.delete(ada, record.id)
    await opened.reviews.decide(mo, record.id, "remove")
    await opened.reviews.undo(mo, record.id)
    assert [one.id for one in (await opened.reviews.page(mo)).records] == [report.id]
    found = await opened.generations.get(record.id)
    assert found is not None
    assert found.removal is not None
    assert found.removal.by == ADA


# --------------------------------------------------------------------------------------------------------- gallery


async def test_only_ones_own_pictures_are_shared_and_only_where_they_were_drawn(opened: Services) -> None:
    """Every other case has its own refusal."""
    record = await draw(opened)
    share = await opened.gallery.share(ada, record.id, 2)
    assert (share.guild_id, share.image.index) == (GUILD, 2)
    with pytest.raises(NotYours):
        await opened.gallery.share(bob, record.id, 2)
    with pytest.raises(DrawnElsewhere):
        await opened.gallery.share(replace(ada, guild_id=ELSEWHERE), record.id, 2)
    with pytest.raises(NoGallery):
        await opened.gallery.share(replace(ada, guild_id=None), record.id, 2)
    with pytest.raises(NotFound):
        await opened.gallery.share(ada, record.id, 4)


async def test_the_sanctioned_neither_share_nor_vote_nor_copy(opened: Services) -> None:
    """What they shared before, they may still take out."""
    record = await draw(opened)
    share = await opened.gallery.share(ada, record.id, 0)
    await opened.moderation.sanction(mo, Target(ADA, OWNER), "ban", None, "spam")
    for act in (
        opened.gallery.share(ada, record.id, 1), opened.gallery.vote(ada, share.id),
        opened.pictures.copy(ada, record.id, 0),
    ):  # fmt: skip
        with pytest.raises(Sanctioned):
            await act
    await opened.gallery.unshare(ada, share.id)
    assert await audited(opened) == [(MO, "ban", f"user:{ADA}")]


async def test_a_moderator_takes_out_of_the_gallery_what_is_there(opened: Services) -> None:
    """Audited; members and strangers may not."""
    record = await draw(opened)
    share = await opened.gallery.share(ada, record.id, 0)
    with pytest.raises(NotYours):
        await opened.gallery.unshare(bob, share.id)
    with pytest.raises(NotFound):
        await opened.gallery.unshare(stranger, share.id)
    await opened.gallery.unshare(mo, share.id)
    assert await audited(opened) == [(MO, "unshare", f"share:{share.id}")]


async def test_a_vote_counts_once_and_is_taken_back(opened: Services) -> None:
    """Within its server."""
    share = await opened.gallery.share(ada, (await draw(opened)).id, 0)
    assert [(await opened.gallery.vote(actor, share.id)).votes for actor in (ada, bob, ada)] == [1, 2, 1]
    with pytest.raises(NotFound):
        await opened.gallery.vote(stranger, share.id)


# ------------------------------------------------------------------------------------------------------- sanctions


@pytest.mark.parametrize(("kind", "until"), [("ban", None), ("timeout", LATER)])
async def test_a_sanction_stops_what_the_person_has_under_way_in_that_server(
    opened: Services, pool: FakePool, kind: Any, until: datetime | None
) -> None:
    """Waiting or running, and nobody else's; a server's sanction reaches no other place."""
    pool.hold()
    pool.capacity = 1
    running, waiting = [(await order_one(opened, an_order()))[0] for _ in range(2)]
    private, _ = await order_one(opened, an_order(guild_id=None))
    bobs, _ = await order_one(opened, an_order(user_id=BOB))
    await pool.begun.wait()
    await opened.moderation.sanction(mo, Target(ADA, OWNER), kind, until, "spam")
    stopped = [await finish(opened, generation_id) for generation_id in (running, waiting)]
    assert [record.status for record in stopped] == ["cancelled", "cancelled"]
    pool.release()
    rest = [await finish(opened, generation_id) for generation_id in (private, bobs)]
    assert [record.status for record in rest] == ["delivered", "delivered"]


async def test_a_sanction_from_another_process_holds_before_anything_is_drawn(opened: Services, pool: FakePool) -> None:
    """The operator's command line knows no queue: each generation asks once more when its turn comes."""
    pool.capacity = 0
    reply = FakeReply()
    generation_id, _ = await order_one(opened, an_order(), reply)
    await asyncio.wait_for(reply.heard.wait(), 30)
    await opened.sanctions.sanction(ADA, None, "ban", None, "spam", 0)
    pool.capacity = 1
    record = await finish(opened, generation_id)
    assert (record.status, pool.requests) == ("failed", [])
    assert isinstance(reply.errors[0], Sanctioned)


async def test_the_operators_ban_counts_everywhere_and_only_they_lift_it(opened: Services) -> None:
    """In servers and in direct messages."""
    operator = Actor.operator()
    await opened.moderation.sanction(operator, Target(ADA), "ban", None, "spam")
    for guild_id in (GUILD, ELSEWHERE, None):
        with pytest.raises(Sanctioned):
            await draw(opened, an_order(guild_id=guild_id))
    with pytest.raises(NotSanctioned) as refused:
        await opened.moderation.lift(mo, ADA)
    assert refused.value.everywhere
    assert (await opened.moderation.sanctions(operator)).records[0].user_id == ADA
    await opened.moderation.lift(operator, ADA)
    assert await opened.moderation.in_force(mo, ADA) is None
    assert await audited(opened, None) == [(0, "lift", f"user:{ADA}"), (0, "ban", f"user:{ADA}")]


async def test_nobody_is_sanctioned_where_the_servers_owner_is_not_known(opened: Services) -> None:
    """They might be the one."""
    with pytest.raises(CannotSanction) as refused:
        await opened.moderation.sanction(mo, Target(ADA, None), "ban", None, "spam")
    assert refused.value.reason == "owner_unknown"
    assert await audited(opened) == []


async def test_who_may_only_time_out_touches_no_ban(opened: Services) -> None:
    """Neither lifts it nor puts a timeout in its place."""
    guard = replace(mo, user_id=77, permissions=frozenset({"moderate_members"}))
    await opened.moderation.sanction(mo, Target(ADA, OWNER), "ban", None, "spam")
    with pytest.raises(MissingPermission):
        await opened.moderation.sanction(guard, Target(ADA, OWNER), "timeout", LATER, "x")
    with pytest.raises(MissingPermission):
        await opened.moderation.lift(guard, ADA)
    with pytest.raises(NotSanctioned):
        await opened.moderation.lift(guard, BOB)


async def test_no_sanction_shortens_what_is_in_force(opened: Services) -> None:
    """A timeout over a ban, or over a longer one, would be a pardon; what lasts longer takes its place."""
    target = Target(ADA, OWNER)
    first = await opened.moderation.sanction(mo, target, "timeout", LATER, "spam")
    with pytest.raises(CannotSanction) as refused:
        await opened.moderation.sanction(mo, target, "timeout", LATER - timedelta(minutes=30), "x")
    assert (refused.value.reason, refused.value.until) == ("timed_out", LATER)
    assert await opened.moderation.in_force(mo, ADA) == first
    await opened.moderation.sanction(mo, target, "timeout", LATER + timedelta(hours=1), "more spam")
    ban = await opened.moderation.sanction(mo, target, "ban", None, "still spam")
    for actor, guild_id in ((mo, GUILD), (Actor.operator(), None)):
        if guild_id is None:
            ban = await opened.moderation.sanction(actor, target, "ban", None, "spam")
        with pytest.raises(CannotSanction) as refused:
            await opened.moderation.sanction(actor, target, "timeout", LATER, "x")
        assert (refused.value.reason, refused.value.until) == ("banned", None)
        assert await opened.sanctions.active(ADA, guild_id, exactly=True) == ban
    await opened.moderation.lift(mo, ADA)
    assert (await opened.moderation.sanction(mo, target, "timeout", LATER, "x")).until == LATER


@pytest.mark.parametrize("choice", ["allow", "refuse"])
async def test_direct_messages_can_be_refused(tmp_path: Path, choice: str) -> None:
    """Where no server's moderators see them; servers go on as they were."""
    async with services(tmp_path, direct_messages=choice) as opened:
        assert (await draw(opened)).status == "delivered"
        if choice == "refuse":
            with pytest.raises(DirectMessagesRefused):
                await draw(opened, an_order(guild_id=None))
        else:
            assert (await draw(opened, an_order(guild_id=None))).status == "delivered"


# --------------------------------------------------------------------------------------------------- the request log


async def test_moderators_read_their_servers_log_and_the_operator_reads_all(opened: Services) -> None:
    """Direct messages are in no server's log."""
    here, private = await draw(opened), await draw(opened, an_order(guild_id=None))

    async def seen(actor: Actor) -> list[int]:
        page = await opened.moderation.log(actor, GenerationFilter())
        return [record.id for record in page.records]

    assert await seen(mo) == [here.id]
    assert await seen(stranger) == []
    assert await seen(Actor.operator()) == [private.id, here.id]
    with pytest.raises(MissingPermission):
        await seen(ada)
    with pytest.raises(NotFound):
        await opened.moderation.entry(mo, private.id)


# ---------------------------------------------------------------------------------------------------------- settings


async def test_managers_change_one_choice_and_leave_the_others(opened: Services) -> None:
    """Audited, with what was before and what is now; members may only look."""
    manager = replace(mo, permissions=frozenset({"manage_guild"}))
    await opened.server_settings.change(manager, moderator_role_id=5)
    chosen = await opened.server_settings.change(manager, allowed_channel_ids=(CHANNEL,))
    assert (chosen.moderator_role_id, chosen.allowed_channel_ids) == (5, (CHANNEL,))
    assert await opened.server_settings.get(ada) == chosen
    assert [action for _, action, _ in await audited(opened)] == ["settings", "settings"]
    with pytest.raises(MissingPermission):
        await opened.server_settings.change(ada, moderator_role_id=None)
    with pytest.raises(ServersOnly):
        await opened.server_settings.get(replace(ada, guild_id=None))


async def test_copies_for_the_channel_count_as_orders_do(tmp_path: Path) -> None:
    """One person cannot post fifteen large pictures in a second; looking alone has a wider limit of its own."""
    async with services(tmp_path, limit_per_person="3/hour") as opened:
        record = await draw(opened)
        for _ in range(2):
            await opened.pictures.copy(ada, record.id, 0)
        with pytest.raises(LimitReached):
            await opened.pictures.copy(ada, record.id, 0)
        for _ in range(15):
            await opened.pictures.look(ada, record.id, 0)
        with pytest.raises(LimitReached):
            await opened.pictures.look(ada, record.id, 0)
        with pytest.raises(LimitReached):
            await opened.pictures.files(ada, record.id)


def test_a_moderators_role_adds_what_easel_lets_moderators_do() -> None:
    """To whoever has it, beside what Discord lets them do; a misclick on @everyone makes nobody a moderator."""
    keeper = Actor(ADA, GUILD, permissions=frozenset(("ban_members",)), role_ids=frozenset((GUILD, 5)))
    assert keeper.recognised(5).permissions == {"ban_members", "manage_messages", "moderate_members"}
    for role_id in (None, 6, GUILD):
        assert keeper.recognised(role_id) == keeper
    assert not keeper.recognised(5).is_manager
