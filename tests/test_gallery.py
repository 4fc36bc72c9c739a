"""Sharing, the gallery, and votes."""

import random
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.actions.actor import Actor
from bot.database.guild import GuildRecord
from bot.database.records import GenerationRecord, ImageRecord
from bot.generation import together
from bot.generation.provenance import NoSeal
from bot.storage.folder import FolderStorage
from bot.views.sharing import Share
from tests.bot_fakes import an_order, draw
from tests.scenes.scene import posted
from tests.town import Town, answer, button, buttons, parts, said


async def share(town: Town, record: GenerationRecord, index: int = 0) -> Any:
    """Ada shares a picture of hers by its button; returns the answer that she reads."""
    assert record.message_id is not None
    message = next(one for one in town.messages() if one.id == record.message_id)
    if len(record.images) == 1:
        return answer(await town.ada.click(message, custom_id=f"easel:shareany:{record.id}"))
    picker = await town.ada.click(message, custom_id=f"easel:shareany:{record.id}")
    return answer(await town.ada.select(answer(picker), [str(index)], custom_id=button(answer(picker), "sharepick")))


async def test_sharing_a_grid_asks_which_picture(town: Town) -> None:
    """The chosen one is in the gallery, with its prompt and its owner."""
    record, _ = await town.imagine("a cat", images=4)
    told = await share(town, record, index=2)
    assert told.ephemeral
    assert "Picture 3 is in the gallery" in said(told)
    shown = answer(await town.bo.slash(town.pictures, "gallery"))
    assert shown.ephemeral
    assert "a cat" in said(shown)
    assert f"by <@{town.ada.id}>" in said(shown)
    assert await shown.attachments[0].read() == await town.services.storage.get(record.images[2].key)


async def test_who_shares_twice_is_told_so(town: Town) -> None:
    """The answer takes the place of the question; a second one says that the picture was there already."""
    record, message = await town.imagine("a cat", images=4)
    asked = answer(await town.ada.click(message, custom_id=f"easel:shareany:{record.id}"))
    await town.ada.select(asked, ["1"], custom_id=button(asked, "sharepick"))
    (told,) = (one for one in town.pictures.history(viewer=town.ada) if one.flags.ephemeral)
    assert "Picture 2 is in the gallery now" in said(told)
    again = answer(await town.ada.click(await town.pick(message, 1), custom_id=f"easel:share:{record.id}:1"))
    assert "Picture 2 is in the gallery already" in said(again)
    assert len((await town.services.shares.page(town.guild.id)).records) == 1


async def test_only_ones_own_pictures_can_be_shared(town: Town) -> None:
    """Neither from the grid nor from a picked picture."""
    record, message = await town.imagine("a cat", images=4)
    refused = await town.bo.click(message, custom_id=f"easel:shareany:{record.id}")
    assert "belongs to someone else" in said(answer(refused))
    refused = await town.bo.click(await posted(town, Share(record.id, 0)), custom_id=f"easel:share:{record.id}:0")
    assert "belongs to someone else" in said(answer(refused))
    assert (await town.services.shares.page(town.guild.id)).records == ()


async def test_a_picture_is_shared_only_where_it_was_drawn(town: Town) -> None:
    """Elsewhere a ban from that server would not be noticed; /history offers the button everywhere."""
    record, _ = await town.imagine("a cat", images=1)
    await town.services.sanctions.sanction(town.ada.id, town.guild.id, "ban", None, "spam", town.mo.id)
    other = town.env.create_guild("Other")
    elsewhere = other.create_text_channel("elsewhere")
    ada = other.add_member(town.ada.user)
    shown = answer(await ada.slash(elsewhere, "history"))
    refused = await ada.click(shown, custom_id=f"easel:shareany:{record.id}")
    assert "only in the server where it was drawn" in said(answer(refused))
    assert (await town.services.shares.page(town.guild.id)).records == ()


async def test_an_empty_gallery_says_how_to_fill_it(town: Town) -> None:
    """The first visitor learns about Share."""
    assert "Press *Share*" in said(answer(await town.bo.slash(town.pictures, "gallery")))


async def test_votes_count_once_a_person_and_can_be_taken_back(town: Town) -> None:
    """The heart shows the number of people, and the page follows each press."""
    record, _ = await town.imagine("a cat", images=1)
    await share(town, record)
    shares = await town.services.shares.page(town.guild.id)
    vote = f"easel:vote:{shares.records[0].id}:newest:"
    of_bo = await town.bo.slash(town.pictures, "gallery")
    await town.bo.click(answer(of_bo), custom_id=vote)
    assert label_of(answer(of_bo), vote) == "1"
    of_mo = await town.mo.slash(town.pictures, "gallery")
    await town.mo.click(answer(of_mo), custom_id=vote)
    assert label_of(answer(of_mo), vote) == "2"
    await town.mo.click(answer(of_mo), custom_id=vote)
    assert label_of(answer(of_mo), vote) == "1"


async def test_most_votes_come_first_on_request(town: Town) -> None:
    """The newest first by default; /gallery order:top and the trophy button sort by votes."""
    first, _ = await town.imagine("a cat", images=1)
    second, _ = await town.imagine("a dog", images=1)
    await share(town, first)
    await share(town, second)
    oldest = (await town.services.shares.page(town.guild.id)).records[-1]
    await town.services.shares.vote(oldest.id, town.bo.id)
    newest = await town.bo.slash(town.pictures, "gallery")
    assert said(answer(newest)).index("a dog") < said(answer(newest)).index("a cat")
    top = await town.bo.slash(town.pictures, "gallery", order="top")
    assert said(answer(top)).index("a cat") < said(answer(top)).index("a dog")
    await town.bo.click(answer(newest), custom_id="easel:gallery:top:")
    assert said(answer(newest)).index("a cat") < said(answer(newest)).index("a dog")


async def test_pages_turn_even_after_a_restart(town: Town) -> None:
    """Four on a page; *More* shows the rest."""
    record, _ = await town.imagine("a cat", images=9)
    for index in range(5):
        await town.services.shares.share(record.id, index, town.ada.id)
    result = await town.bo.slash(town.pictures, "gallery")
    assert len(answer(result).attachments) == 4
    more = buttons(answer(result))[-1]
    await town.restart()
    await town.bo.click(answer(result), custom_id=more)
    assert len(answer(result).attachments) == 1


async def test_remix_from_the_gallery(town: Town) -> None:
    """Anybody may start from a shared prompt, and the message of what they draw names whose it was; two pictures of
    one generation do not get in each other's way."""
    record, _ = await town.imagine("a cat", images=4)
    for index in (0, 1):
        await town.services.shares.share(record.id, index, town.ada.id)
    gallery = answer(await town.bo.slash(town.pictures, "gallery"))
    assert len(set(buttons(gallery))) == len(buttons(gallery))
    shown = await town.bo.click(gallery, custom_id=f"easel:remix:{record.id}:1")
    await town.bo.submit_modal(shown, {"prompt": "a red cat", "negative": ""})
    remixed, message = await town.finished()
    assert (remixed.order.parent_id, remixed.order.requester.user_id) == (record.id, town.bo.id)
    credit = f"remix · made from a picture by <@{town.ada.id}>"
    assert credit in said(message)
    await town.bo.click(message, custom_id=button(message, "cover"))
    assert [credit in said(one) for one in town.messages() if one.id == message.id] == [True]


async def test_owner_and_moderator_take_out_and_others_have_no_button(town: Town) -> None:
    """A moderator's act is in the audit log; the owner's is their own affair."""
    record, _ = await town.imagine("a cat", images=4)
    mine, other = [await town.services.shares.share(record.id, index, town.ada.id) for index in (0, 1)]
    assert not any("unshare" in name for name in buttons(answer(await town.bo.slash(town.pictures, "gallery"))))
    await town.ada.click(answer(await town.ada.slash(town.pictures, "gallery")), custom_id=f"easel:unshare:{mine.id}")
    await town.mo.click(answer(await town.mo.slash(town.pictures, "gallery")), custom_id=f"easel:unshare:{other.id}")
    assert (await town.services.shares.page(town.guild.id)).records == ()
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(entry.action, entry.actor_id, entry.subject) for entry in audit.records] == [
        ("unshare", town.mo.id, f"share:{other.id}")
    ]


async def test_what_a_moderator_removes_leaves_the_gallery(town: Town) -> None:
    """Removal reaches shares too, and their votes find nothing."""
    record, _ = await town.imagine("a cat", images=1)
    await share(town, record)
    result = await town.bo.slash(town.pictures, "gallery")
    vote = next(name for name in buttons(answer(result)) if "vote" in name)
    await town.services.generations.remove(record.id, town.mo.id, "why")
    refused = await town.bo.click(answer(result), custom_id=vote)
    assert "was not found" in said(answer(refused))
    assert "Nothing is shared yet" in said(answer(await town.bo.slash(town.pictures, "gallery")))


async def test_banned_people_neither_share_nor_vote(town: Town) -> None:
    """A sanction covers the gallery."""
    record, message = await town.imagine("a cat", images=1)
    await town.services.sanctions.sanction(town.ada.id, town.guild.id, "ban", None, "spam", town.mo.id)
    refused = await town.ada.click(message, custom_id=f"easel:shareany:{record.id}")
    assert "banned from Easel: spam. The ban lasts until this server's moderators lift it" in said(answer(refused))
    assert (await town.services.shares.page(town.guild.id)).records == ()


async def test_a_server_says_who_may_share(town: Town) -> None:
    """Nobody, or the members with a role; what is shared already stays."""
    record, message = await town.imagine("a cat", images=1)
    painters = town.guild.create_role("Painters")
    chosen = GuildRecord(town.guild.id, sharing_role_ids=(painters.id,))
    await town.services.guild_settings.set(chosen, town.mo.id)
    refused = await town.ada.click(message, custom_id=f"easel:shareany:{record.id}")
    assert f"only members with one of these roles share pictures: <@&{painters.id}>" in said(answer(refused))
    town.env.backend.add_member_role(town.guild.id, town.ada.id, painters.id)
    assert "is in the gallery" in said(await share(town, record))
    await town.services.guild_settings.set(replace(chosen, sharing="off"), town.mo.id)
    record, message = await town.imagine("a dog", images=1)
    refused = await town.ada.click(message, custom_id=f"easel:shareany:{record.id}")
    assert "have switched sharing off" in said(answer(refused))
    assert len((await town.services.shares.page(town.guild.id)).records) == 1


def label_of(message: Any, custom_id: str) -> str:
    from tests.town import parts

    return next(str(part["label"]) for part in parts(message) if part.get("custom_id") == custom_id)


async def test_favourites_are_kept_and_dropped(town: Town) -> None:
    """Everybody has their own, for themselves, also after a restart; what leaves the gallery leaves them."""
    records = [(await town.imagine(prompt, images=1))[0] for prompt in ("a cat", "a dog")]
    for record in records:
        await share(town, record)
    cat, dog = (f"easel:favour:{one.id}" for one in reversed((await town.services.shares.page(town.guild.id)).records))
    gallery = answer(await town.bo.slash(town.pictures, "gallery"))
    told = answer(await town.bo.click(gallery, custom_id=cat))
    assert told.ephemeral
    assert said(told) == "It is among your `/favourites` now."
    await town.bo.click(gallery, custom_id=dog)
    await town.restart()
    shown = answer(await town.bo.slash(town.pictures, "favourites"))
    assert shown.ephemeral
    assert (said(shown).count("**"), len(shown.attachments)) == (4, 2)
    assert "no longer" in said(answer(await town.bo.click(shown, custom_id=cat)))
    shown = said(answer(await town.bo.slash(town.pictures, "favourites")))
    assert "a dog" in shown
    assert "a cat" not in shown
    await town.mo.slash(town.pictures, "mod remove", generation=records[1].id, reason="no")
    assert "no favourites here yet" in said(answer(await town.bo.slash(town.pictures, "favourites")))
    assert "no favourites here yet" in said(answer(await town.ada.slash(town.pictures, "favourites")))
    gone = await town.bo.click(gallery, custom_id=dog)
    assert "It may have been removed" in said(answer(gone))


async def test_favourites_turn_pages(town: Town) -> None:
    """Four a page, newest first, and back."""
    for number in range(5):
        record, _ = await town.imagine(f"cat {number}", images=1)
        shared = await town.services.shares.share(record.id, 0, town.ada.id)
        await town.services.shares.favour(shared.id, town.bo.id)
    shown = answer(await town.bo.slash(town.pictures, "favourites"))
    assert "cat 0" not in said(shown)
    await town.bo.click(shown, custom_id=buttons(shown)[-2])
    (turned,) = (one for one in town.pictures.history(viewer=town.bo) if one.id == shown.id)
    assert "cat 0" in said(turned)
    await town.bo.click(turned, custom_id="easel:favourites:")
    (back,) = (one for one in town.pictures.history(viewer=town.bo) if one.id == shown.id)
    assert "cat 4" in said(back)


async def test_the_gallery_is_looked_at_in_many_ways(town: Town) -> None:
    """By chance, one's own, the best of a while; searched by meaning, page by page, also after a restart."""
    for number, who in enumerate((town.ada, town.ada, town.ada, town.ada, town.ada, town.bo)):
        record, _ = await town.imagine(f"small cat {number}", images=1, who=who)
        await town.services.shares.share(record.id, 0, who.id)
    await town.services.meaning.read()
    mine = said(answer(await town.bo.slash(town.pictures, "gallery", order="mine")))
    assert mine.count("**small cat") == 1
    await town.services.shares.vote(1, town.bo.id)
    for order in ("random", "day", "week"):
        shown = said(answer(await town.bo.slash(town.pictures, "gallery", order=order)))
        assert 2 <= shown.count("**small cat") <= 4
        assert shown.count(" vote") == shown.count("**small cat")
    assert shown.index("· 1 vote ·") < shown.index("· 0 votes ·"), "an order says what it goes by"
    found = answer(await town.bo.slash(town.pictures, "gallery", search="small  cat 3"))
    assert said(found).startswith("### Gallery · “small cat 3”\n**small cat 3**")
    more = buttons(found)[-1]
    assert more == "easel:gallery:meaning:4:small cat 3"
    await town.restart()
    await town.bo.click(found, custom_id=more)
    (turned,) = (one for one in town.pictures.history(viewer=town.bo) if one.id == found.id)
    assert said(turned).count("**small cat") == 2
    town.pool.can_check = False
    lost = said(answer(await town.bo.slash(town.pictures, "gallery", search="cat")))
    assert "so these hold the words themselves" in lost
    assert lost.count("**small cat") == 4
    nothing = said(answer(await town.bo.slash(town.pictures, "gallery", search="zebra", by="words")))
    assert "Nothing here is like that." in nothing


async def test_by_chance_there_are_always_others(town: Town) -> None:
    """With a press; elsewhere there is no such button."""
    record, _ = await town.imagine("a cat", images=1)
    await town.services.shares.share(record.id, 0, town.ada.id)
    shown = answer(await town.bo.slash(town.pictures, "gallery", order="random"))
    assert buttons(shown)[-1] == "easel:gallery:random:"
    await town.bo.click(shown, custom_id="easel:gallery:random:")
    assert "easel:gallery:random:" not in buttons(answer(await town.bo.slash(town.pictures, "gallery")))


async def test_the_gallery_leads_to_its_page_where_that_has_an_address(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to this machine's own, which nobody else can open."""
    assert not any("url" in one for one in parts(answer(await town.bo.slash(town.pictures, "gallery"))))
    chosen = town.services.settings.model_copy(update={"web_url": "https://easel.example"})
    monkeypatch.setattr(town.bot, "services", replace(town.services, settings=chosen))
    shown = parts(answer(await town.bo.slash(town.pictures, "gallery")))
    assert [one["url"] for one in shown if "url" in one] == [f"https://easel.example/gallery/{town.guild.id}"]


async def test_forged_buttons_change_nothing(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """Ids that nobody wrote: of another server's pictures, of somebody else's, of none, and pages that are none."""
    elsewhere = await draw(town.services, an_order("theirs", town.ada.id, images=1, guild_id=town.guild.id + 1))
    theirs = await town.services.shares.share(elsewhere.id, 0, town.ada.id)
    record, _ = await town.imagine("a cat", images=1)
    mine = await town.services.shares.share(record.id, 0, town.ada.id)
    hidden, _ = await town.imagine("a love letter", images=1, private=True)
    nobodys = ("0", "9" * 18, "9" * 40)
    forged = [
        f"easel:{verb}:{share_id}{rest}"
        for verb, rest in (("vote", ":newest:"), ("vote", ":top:1.1"), ("heart", ""), ("favour", ""), ("unshare", ""))
        for share_id in (str(theirs.id), *nobodys)
    ]
    forged += [f"easel:unshare:{mine.id}"]
    forged += [
        f"easel:{verb}:{generation_id}{rest}"
        for verb, rest in (("remix", ":0"), ("share", ":0"), ("shareany", ""))
        for generation_id in (str(elsewhere.id), str(hidden.id), *nobodys)
    ]
    forged += [f"easel:share:{record.id}:7", f"easel:share:{record.id}:{'9' * 40}"]
    forged += [f"easel:gallery:{way}" for way in ("newest:x", "top:1.", f"newest:{'9' * 30}.1", "words:-1.x:cat")]
    for custom_id in forged:
        told = said(answer(await town.bo.click(await town.forged(custom_id), custom_id=custom_id)))
        assert told, custom_id
        assert "Something broke" not in told, custom_id
    for custom_id in (f"easel:choose:{record.id}", f"easel:sharepick:{record.id}", "easel:enterpick:1"):
        for value in ("x", "-1", "²", "9", "9" * 40):
            choice = await town.bo.select(await town.forged(custom_id, value), [value], custom_id=custom_id)
            assert "Something broke" not in said(answer(choice)), (custom_id, value)
    assert await town.services.shares.standing(theirs.id, town.bo.id) == (False, False)
    for share_id in (mine.id, theirs.id):
        share = await town.services.shares.get(share_id)
        assert share is not None
        assert share.votes == 0
    for generation_id in (elsewhere.id, record.id, hidden.id):
        assert len(await town.services.shares.of_generations(town.guild.id, [generation_id])) == (
            generation_id == record.id
        )
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


async def test_a_lost_file_is_said_in_its_place(town: Town) -> None:
    """The others are shown, and its buttons stay."""
    records = [(await town.imagine(prompt, images=1))[0] for prompt in ("a cat", "a lost fox")]
    with town.env.time_context():
        for record in records:
            await town.services.gallery.share(Actor(town.ada.id, town.guild.id), record.id, 0)
    await town.services.storage.delete(records[1].images[0].key)
    page = answer(await town.bo.slash(town.pictures, "gallery"))
    assert [attachment.filename for attachment in page.attachments] == ["easel-share-1.png"]
    assert "a lost fox" in said(page)
    assert "Its picture file is missing" in said(page)
    assert sum(one.startswith("easel:vote:") for one in buttons(page)) == 2


async def test_pictures_of_a_message_are_together_below_what_discord_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five of a large model would not be, each as it is; what is small enough stays a PNG."""
    monkeypatch.setattr(together, "MESSAGE_BYTES", 900_000)
    storage, images = FolderStorage(tmp_path), []
    for index, side in enumerate((600, 600, 20)):
        noise = BytesIO()
        points = random.Random(index).randbytes(3 * side * side)  # noqa: S311  # for a PNG as large as its points
        Image.frombytes("RGB", (side, side), points).save(noise, "PNG")
        digest = sha256(noise.getvalue()).hexdigest()
        images.append(ImageRecord(1, index, f"generations/1/{digest}.png", digest, 7, None, side, side))
        await storage.put(images[-1].key, noise.getvalue())
    lost = replace(images[0], key="generations/1/lost.png")
    found = await together.together(storage, NoSeal(), [*images, lost])
    assert [one and one.suffix for one in found] == ["webp", "webp", "png", None]
    assert sum(len(one.data) for one in found if one) <= 900_000
