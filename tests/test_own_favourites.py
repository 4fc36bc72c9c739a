"""Favourites of one's own pictures, hiding behind a cover, and the small buttons of a picture."""

from typing import Any

import pytest

from bot.actions.actor import Actor
from bot.database.erasure_requests import ErasureRequests
from bot.database.favourites import OwnFavourites
from bot.database.generations import GenerationLog
from bot.database.personal import PersonalData
from bot.database.records import ImageRecord
from bot.database.session import Database
from bot.errors import InvalidOption
from bot.views.picture import Keep
from tests.bot_fakes import ADA, BOB, an_order
from tests.scenes.scene import acting, posted
from tests.town import Town, answer, buttons, parts, said


async def drawn(database: Database, user_id: int = ADA) -> int:
    """A generation with two pictures in the log."""
    log = GenerationLog(database)
    row = await log.open(an_order(user_id=user_id, seed=7))
    await log.record_queued(row)
    await log.record_start(row)
    images = [ImageRecord(row, index, f"{row}/{index}.png", f"{row}{index}", index, None, 8, 8) for index in range(2)]
    await log.record_pictures(row, images, model="fake", grid_key=None)
    return row


async def test_ones_own_are_kept_dropped_and_paged(database: Database) -> None:
    """Newest first, in pages, without what was removed; another's are another's."""
    mine = OwnFavourites(database)
    rows = [await drawn(database) for _ in range(3)]
    for row in rows:
        assert await mine.toggle(ADA, row, 0)
        assert await mine.toggle(ADA, row, 1)
    assert not await mine.toggle(ADA, rows[1], 0)
    await GenerationLog(database).remove(rows[0], ADA, "")
    seen, cursor = [], None
    while True:
        page = await mine.page(ADA, cursor, 2)
        seen += [(one.record.id, one.image.index) for one in page.favourites]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [(rows[2], 1), (rows[2], 0), (rows[1], 1)]
    assert (await mine.page(BOB, None, 2)).favourites == ()
    personal = PersonalData(database)
    assert (await personal.kept(ADA)).favourites == 5
    assert len(dict([one async for one in personal.listed(ADA)])["own_favourites"]) == 5
    await ErasureRequests(database).ask(ADA)
    assert (await personal.kept(ADA)).favourites == 0


async def test_favourites_are_searched(town: Town) -> None:
    """This server's and one's own, page by page."""
    for number in range(6):
        record, _ = await town.imagine(f"a cat number {number}", images=1)
        await town.services.pictures.keep(acting(town, town.ada), record.id, 0)
    dog, _ = await town.imagine("a dog", images=1)
    await town.services.pictures.keep(acting(town, town.ada), dog.id, 0)
    result = await town.ada.slash(town.pictures, "favourites", search="cat")
    assert "### Favourites of your own · “cat”" in said(answer(result))
    assert "dog" not in said(answer(result))
    await town.restart()
    await town.ada.click(answer(result), custom_id=buttons(answer(result))[-1])
    assert "a cat number 0" in said(answer(result))
    assert "dog" not in said(answer(result))
    with town.env.time_context():
        share = await town.services.gallery.share(acting(town, town.ada), dog.id, 0)
        await town.services.gallery.favour(acting(town, town.ada), share.id)
    found = said(answer(await town.ada.slash(town.pictures, "favourites", search="do")))
    assert "### Your favourites in this server · “do”" in found
    assert "a dog" in found
    none = said(answer(await town.ada.slash(town.pictures, "favourites", search="owl")))
    assert none == "### Your favourites in this server · “owl”\nNothing here is like that."


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", "1.x", "-1.0", "9" * 30 + ".0"])
async def test_a_cursor_that_is_none_is_refused(database: Database, cursor: str) -> None:
    """They stand in the ids of buttons."""
    with pytest.raises(InvalidOption):
        await OwnFavourites(database).page(ADA, cursor, 2)


async def test_an_unshared_picture_becomes_a_favourite(town: Town) -> None:
    """By ⭐ below it; /favourites begins with it where there is none of the server's, and opens it after a restart."""
    record, message = await town.imagine("a quiet lake")
    picked = await town.pick(message, 1)
    told = answer(await town.ada.click(picked, custom_id=f"easel:keeppic:{record.id}:1"))
    assert "among your `/favourites` now" in said(told)
    await town.restart()
    own = answer(await town.ada.slash(town.pictures, "favourites"))
    assert "a quiet lake" in said(own)
    await town.ada.click(own, custom_id="easel:favourites:")
    (turned,) = (one for one in town.pictures.history(viewer=town.ada) if one.id == own.id)
    assert "no favourites here yet" in said(turned)
    await town.ada.click(turned, custom_id="easel:ownfavourites:")
    (own,) = (one for one in town.pictures.history(viewer=town.ada) if one.id == own.id)
    assert "a quiet lake" in said(own)
    opened = answer(await town.ada.click(own, custom_id=f"easel:open:{record.id}:1"))
    assert "Picture 2 of 4" in said(opened)
    dropped = answer(await town.ada.click(own, custom_id=f"easel:keeppic:{record.id}:1"))
    assert "no longer" in said(dropped)


async def test_only_ones_own_are_kept_so(town: Town) -> None:
    """What others draw is kept through the gallery, once they share it."""
    record, _ = await town.imagine()
    refused = answer(
        await town.bo.click(await posted(town, Keep(record.id, 1)), custom_id=f"easel:keeppic:{record.id}:1")
    )
    assert "belongs to someone else" in said(refused)


async def test_own_favourites_in_a_direct_message(town: Town) -> None:
    """Where there is no server, there are one's own alone."""
    await town.ada.user.send_dm("hello")
    result = await town.ada.user.slash("favourites")
    assert "among your own pictures yet" in said(answer(result))


async def test_the_file_is_handed_out_as_it_was_drawn(town: Town) -> None:
    """To whoever asks, alone."""
    record, message = await town.imagine()
    picked = await town.pick(message, 1, town.bo)
    handed = answer(await town.bo.click(picked, custom_id=f"easel:original:{record.id}:1"))
    assert handed.ephemeral
    assert await handed.attachments[0].read() == await town.services.storage.get(record.images[1].key)


# -------------------------------------------------------------------------------------------------------- a cover


def covered(message: Any) -> list[bool]:
    return [item.get("spoiler", False) for part in parts(message) if part["type"] == 12 for item in part["items"]]


def current(town: Town, message: Any) -> Any:
    return next(one for one in town.messages() if one.id == message.id)


async def test_a_result_is_hidden_and_shown_again(town: Town) -> None:
    """By its owner and by moderators, whose act is in the audit log; by nobody else; and after a restart."""
    record, message = await town.imagine()
    cover = f"easel:cover:{record.id}"
    refused = answer(await town.bo.click(message, custom_id=cover))
    assert "belongs to someone else" in said(refused)
    assert covered(current(town, message)) == [False]
    await town.ada.click(message, custom_id=cover)
    assert covered(current(town, message)) == [True]
    assert buttons(current(town, message)) == buttons(message)
    await town.restart()
    await town.mo.click(current(town, message), custom_id=cover)
    assert covered(current(town, message)) == [False]
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(entry.action, entry.actor_id) for entry in audit.records] == [("uncover", town.mo.id)]


async def test_what_is_hidden_is_hidden_in_the_gallery_too(town: Town) -> None:
    """The share follows its picture."""
    record, message = await town.imagine(images=1)
    await town.services.gallery.share(Actor(town.ada.id, town.guild.id), record.id, 0)
    await town.ada.click(message, custom_id=f"easel:cover:{record.id}")
    shown = answer(await town.bo.slash(town.pictures, "gallery"))
    assert covered(shown) == [True]


async def test_a_report_begins_below_the_picture(town: Town) -> None:
    """The same form as by the menu."""
    record, message = await town.imagine()
    asked = await town.bo.click(message, custom_id=f"easel:report:{record.id}")
    assert asked.modal is not None


async def test_the_style_is_named_in_the_result(town: Town) -> None:
    """And stays with what is drawn again; a remix has words of its own."""
    await town.ada.slash(town.pictures, "style create", name="noir", suffix="in black and white")
    record, message = await town.imagine("a cat", style="noir")
    assert "style noir" in said(message)
    assert record.order.prompt == "a cat in black and white"
    await town.ada.click(message, custom_id=f"easel:reroll:{record.id}")
    again, shown = await town.finished()
    assert again.order.style == "noir"
    assert "style noir" in said(shown)
