"""Every button below the pictures: what it does, for whom, and that it outlives the bot."""

import io
import zipfile
from dataclasses import replace
from unittest.mock import Mock

import discord
import pytest
from PIL import Image

from bot.database.posts import PostLog
from bot.errors import NoEndpoint
from bot.generation.grid import PictureFile, size_of
from bot.views.double_press import MOMENT, LastPresses
from tests.bot_fakes import FAKE_MODEL
from tests.town import Town, answer, buttons, parts, result_buttons, said


async def test_reroll_belongs_to_whoever_pressed(town: Town) -> None:
    """Same words and options, a new seed, the presser as owner, in a message of its own."""
    first, message = await town.imagine("a cat", seed=7, temperature=0.5)
    await town.bo.click(message, custom_id=f"easel:reroll:{first.id}")
    second, newer = await town.finished()
    assert second.order.kind == "reroll"
    assert second.order.parent_id == first.id
    assert second.order.requester.user_id == town.bo.id
    assert (second.order.prompt, second.order.temperature) == ("a cat", 0.5)
    assert second.seed != 7
    assert newer.id != message.id
    assert f"by <@{town.bo.id}>" in said(newer)


async def test_a_reroll_leaves_the_model_to_the_server(town: Town) -> None:
    """The model that drew the first may be gone since; asking for it by name would be refused."""
    first, message = await town.imagine("a cat")
    await town.bo.click(message, custom_id=f"easel:reroll:{first.id}")
    await town.finished()
    assert first.model == "fake"
    assert [request.model for request in town.pool.requests] == [None, None]


async def test_an_old_order_is_rerolled_by_a_model_that_has_changed(town: Town) -> None:
    """Sizes and numbers that it has not any more are left to it; words that it cannot take are refused."""
    old, message = await town.imagine("a cat", size="256x256", guidance=20.0, top_k=64, negative="a dog")
    town.pool.served = (replace(FAKE_MODEL, sizes=("512x512",), guidance=(1.0, 10.0), sampling=False),)
    await town.ada.click(message, custom_id=f"easel:reroll:{old.id}")
    new, _ = await town.finished()
    request = town.pool.requests[-1]
    assert new.order.parent_id == old.id
    assert (request.size, request.guidance_scale, request.top_k, request.negative_prompt) == (None, None, None, "a dog")
    shown = await town.ada.click(message, custom_id=f"easel:remix:{old.id}")
    refused = answer(await town.ada.submit_modal(shown, {"prompt": "a cat --size 64x64", "negative": ""}))
    assert "Size is 64x64; the model fake draws 512x512." in said(refused), "what is asked for anew is not dropped"
    assert "You had typed:\n```\na cat --size 64x64" in said(refused), "and what was typed is not lost"


async def test_one_picture_has_one_button_for_its_file(town: Town) -> None:
    """As the picture itself; of several there is an archive. Both are called the same."""
    record, message = await town.imagine(images=1)
    files = {part["custom_id"]: part["label"] for part in parts(message) if part.get("label") == "Download"}
    assert files == {f"easel:original:{record.id}:0": "Download"}
    handed = answer(await town.bo.click(message, custom_id=f"easel:original:{record.id}:0"))
    assert [one.filename for one in handed.attachments] == [f"easel-{record.id}-1.png"]


async def test_remix_opens_filled_and_draws_what_was_changed(town: Town) -> None:
    """The form holds prompt and negative prompt; what is submitted becomes a new generation."""
    first, message = await town.imagine("a cat", negative="a dog", images=1)
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    assert shown.modal is not None
    fields = [label["component"] for label in shown.modal["components"]]
    assert [field.get("value") for field in fields] == ["a cat", "a dog", "--n 1"]
    await town.bo.submit_modal(shown, {"prompt": "a red cat", "negative": ""})
    second, _ = await town.finished()
    assert (second.order.kind, second.order.parent_id) == ("remix", first.id)
    assert (second.order.prompt, second.order.negative_prompt, second.order.images) == ("a red cat", None, 1)
    assert second.order.requester.user_id == town.bo.id


async def test_a_remix_form_holds_the_options_too(town: Town) -> None:
    """As flags, to be changed; what is taken away is left to the model, and the rest stays."""
    first, message = await town.imagine("a cat", images=1, guidance=3.5, temperature=0.8)
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    assert "--n 1 --guidance 3.5 --temperature 0.8" in str(shown.modal)
    flags = "--n 4 --temperature 0.5 --seed 9"
    await town.bo.submit_modal(shown, {"prompt": "a dog", "negative": "", "flags": flags})
    second, _ = await town.finished()
    order = second.order
    assert (order.prompt, order.images, order.temperature, order.guidance_scale) == ("a dog", 4, 0.5, None)
    assert second.seed == 9


async def test_a_remix_form_takes_an_option_with_line_breaks(town: Town) -> None:
    """Discord refuses a line break in a field of one line, and options may hold some."""
    first, message = await town.imagine("a\ncat", negative="a dog\n\na mouse", images=1)
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    assert shown.modal is not None
    fields = [label["component"] for label in shown.modal["components"]]
    assert [(field["style"], field.get("value")) for field in fields] == [
        (2, "a\ncat"),
        (1, "a dog a mouse"),
        (1, "--n 1"),
    ]


async def test_a_remix_without_words_is_refused(town: Town) -> None:
    """The form's answer goes through the same check as the command's."""
    first, message = await town.imagine("a cat", images=1)
    shown = await town.ada.click(message, custom_id=f"easel:remix:{first.id}")
    result = await town.ada.submit_modal(shown, {"prompt": "\u200b", "negative": ""})
    assert "The prompt is empty" in said(answer(result))
    assert answer(result).ephemeral


async def test_a_picked_picture_is_shown_to_the_picker_with_its_own_buttons(town: Town) -> None:
    """Picking is private; there one can upscale, vary and draw again, and, where it is one's own, share and keep."""
    record, message = await town.imagine(seed=10)
    (chooser,) = (part for part in parts(message) if part["type"] == 3)
    assert chooser["options"][2]["label"] == "Picture 3, bottom left"
    assert chooser["options"][2]["description"] == "seed 12"
    picked = await town.pick(message, 2, town.bo)
    assert picked.ephemeral
    assert "Picture 3 of 4" in said(picked)
    assert "seed 12" in said(picked)
    assert "8 × 8 pixels" in said(picked)
    one, whole = f"{record.id}:2", record.id
    everybodys = [
        f"upscale:{one}:2", f"upscale:{one}:4", f"reroll:{whole}", f"remix:{whole}", f"vary:{one}:subtle",
        f"vary:{one}:strong", f"complete:{one}", f"original:{one}", f"details:{whole}",
    ]  # fmt: skip
    assert buttons(picked) == [f"easel:{verb}" for verb in everybodys]
    own = buttons(await town.pick(message, 2))
    assert own == [f"easel:{verb}" for verb in (*everybodys[:7], f"keeppic:{one}", f"share:{one}", *everybodys[7:])]


async def test_the_pictures_of_a_grid_are_upscaled_and_varied_by_their_numbers(town: Town) -> None:
    """U3 and V3, as Midjourney has them; what is enlarged can be drawn again, kept and downloaded like the grid."""
    record, message = await town.imagine(seed=10)
    rows = [part for part in parts(message) if part["type"] == 1]
    named = [[one.get("label") for one in row["components"]] for row in rows[:2]]
    assert named == [["U1", "U2", "U3", "U4"], ["V1", "V2", "V3", "V4"]]
    await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:2")
    copy = await town.shown("Picture 3 of 4")
    one, whole = f"{record.id}:2", record.id
    assert buttons(copy) == [
        f"easel:{verb}" for verb in (
            f"vary:{one}:subtle", f"vary:{one}:strong", f"complete:{one}", f"reroll:{whole}", f"remix:{whole}",
            f"keeppic:{one}", f"share:{one}", f"original:{one}", f"details:{whole}", f"discard:{one}:{town.bo.id}",
        )
    ]  # fmt: skip
    await town.bo.click(message, custom_id=f"easel:vary:{record.id}:2")
    varied, shown = await town.finished()
    assert (varied.order.kind, varied.order.strength, varied.order.requester.user_id) == ("vary", 0.5, town.bo.id)
    assert buttons(shown) == result_buttons(varied.id)
    _, nine = await town.imagine("a dog", images=9)
    assert not any(one.startswith("easel:upscale") for one in buttons(nine))


async def test_all_pictures_are_downloaded_as_one_file(town: Town) -> None:
    """Each as it was drawn, and what was ordered; for whoever asks, alone."""
    record, message = await town.imagine("a cat", seed=10, top_p=0.9, size="256x256")
    handed = answer(await town.bo.click(message, custom_id=f"easel:zip:{record.id}"))
    assert handed.ephemeral
    (attachment,) = handed.attachments
    assert attachment.filename == f"easel-{record.id}.zip"
    with zipfile.ZipFile(io.BytesIO(await attachment.read())) as archive:
        names = archive.namelist()
        assert archive.read(names[1]) == await town.services.storage.get(record.images[1].key)
        about = archive.read(f"easel-{record.id}.txt").decode()
    assert names == [*(f"easel-{record.id}-{index}.png" for index in range(1, 5)), f"easel-{record.id}.txt"]
    assert "Prompt: a cat\n" in about
    assert "Seed: 10\nTop p: 0.9\nSize: 256x256\n" in about


async def test_upscale_posts_a_larger_picture_for_everyone(town: Town) -> None:
    """Four times as wide as the picture, and as what the private view shows, in a public message."""
    record, message = await town.imagine(images=1)
    result = await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0:4")
    posted = answer(result)
    assert not posted.ephemeral
    assert f"32 × 32 pixels, upscaled for <@{town.bo.id}>" in said(posted)
    assert size_of(await posted.attachments[0].read()) == (32, 32)


async def test_an_upscaling_that_fails_is_its_askers_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it stays in the channel, nor among the messages that would have to go with the picture."""

    async def fail(*_: object, **__: object) -> PictureFile:
        raise NoEndpoint("draw", 300)

    record, message = await town.imagine(images=1)
    before = [one.id for one in town.pictures.history(viewer=town.ada)]
    monkeypatch.setattr("bot.views.picture.enlarged", fail)
    told = answer(await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0:4"))
    assert told.ephemeral
    assert "no drawing server was ready" in said(told)
    assert [one.id for one in town.pictures.history(viewer=town.ada)] == before
    assert [post.message_id for post in await PostLog(town.services.database).of(record.id)] == [message.id]


async def test_why_an_upscaling_failed_is_told_where_its_message_stays(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what stays is known, to go with the picture."""

    async def fail(*_: object, **__: object) -> PictureFile:
        raise NoEndpoint("draw", 300)

    async def refuse(*_: object) -> None:
        raise discord.HTTPException(Mock(status=503, reason="Unavailable"), "")

    record, message = await town.imagine(images=1)
    monkeypatch.setattr("bot.views.picture.enlarged", fail)
    monkeypatch.setattr("bot.views.picture.take_back", refuse)
    told = await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0:4")
    assert "no drawing server was ready" in said(answer(told))
    assert len(await PostLog(town.services.database).of(record.id)) == 2


async def test_a_network_enlarges_where_a_server_has_one(town: Town) -> None:
    """What it has not done is resampled; the message says what it was. Without it, Lanczos alone."""
    record, message = await town.imagine(images=1)
    town.pool.upscales = True
    posted = answer(await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0:4"))
    assert f"32 × 32 pixels, upscaled for <@{town.bo.id}> · Swin2SR · seed" in said(posted)
    larger = await posted.attachments[0].read()
    assert size_of(larger) == (32, 32)
    with Image.open(io.BytesIO(larger)) as picture:
        assert picture.convert("RGB").getextrema() == ((0, 0),) * 3


async def test_vary_starts_from_the_picture(town: Town) -> None:
    """The inference server gets the picked picture and how much of it to draw anew."""
    record, message = await town.imagine(seed=10)
    await town.bo.click(await town.pick(message, 1, town.bo), custom_id=f"easel:vary:{record.id}:1:strong")
    second, _ = await town.finished()
    request = town.pool.requests[-1]
    assert request.init_image == await town.services.storage.get(record.images[1].key)
    assert request.strength == 0.75
    assert (second.order.kind, second.order.parent_id, second.order.images) == ("vary", record.id, 4)


async def test_rerolling_a_variation_starts_from_the_same_picture(town: Town) -> None:
    """A re-roll repeats what was done, not only what was said."""
    first, message = await town.imagine(images=1)
    await town.ada.click(message, custom_id=f"easel:vary:{first.id}:0:subtle")
    second, message = await town.finished()
    await town.ada.click(message, custom_id=f"easel:reroll:{second.id}")
    await town.finished()
    assert town.pool.requests[-1].init_image == town.pool.requests[-2].init_image is not None


async def test_details_hold_every_parameter_and_the_verdict_for_the_owner_only(town: Town) -> None:
    """Everyone may know how a picture came about; what the filter thought is the owner's business."""
    town.pool.block("cat", "animals", action="flag")
    record, message = await town.imagine("a cat", seed=10, temperature=0.5, negative="a dog")
    own = answer(await town.ada.click(message, custom_id=f"easel:details:{record.id}"))
    others = answer(await town.bo.click(message, custom_id=f"easel:details:{record.id}"))
    assert own.ephemeral
    assert others.ephemeral
    assert "Picture 4: seed 13" in said(own)
    assert "/imagine prompt:a cat images:4 seed:10 temperature:0.5 negative:a dog" in said(own)
    assert "**flagged** (animals, 0.9)" in said(own)
    assert "flag" not in said(others)


async def test_details_of_the_longest_prompt_fit_a_message(town: Town) -> None:
    """4,000 characters is all that Discord takes, the command to repeat it included."""
    record, message = await town.imagine("ab " * 333, negative="cd " * 333, images=9)
    result = await town.ada.click(message, custom_id=f"easel:details:{record.id}")
    assert 1000 < len(said(answer(result))) <= 4000


async def test_the_owner_deletes_after_being_asked(town: Town) -> None:
    """The question is private and says what would go; message and row go when it is confirmed."""
    record, message = await town.imagine("a cat")
    asked = answer(await town.ada.click(message, custom_id=f"easel:delete:{record.id}"))
    assert asked.ephemeral
    assert said(asked).startswith("Delete these 4 pictures from the channel")
    assert "a cat" in said(asked)
    assert message.id in [one.id for one in town.messages()]
    await town.ada.click(asked, custom_id=f"easel:erase:{record.id}")
    assert [said(one) for one in town.pictures.history(viewer=town.ada)] == ["Deleted."]
    removed = await town.services.generations.get(record.id)
    assert removed is not None
    assert removed.removal is not None
    assert removed.removal.by == town.ada.id


async def test_what_is_asked_about_may_be_kept(town: Town) -> None:
    """The question goes, the pictures stay."""
    record, message = await town.imagine()
    asked = answer(await town.ada.click(message, custom_id=f"easel:delete:{record.id}"))
    await town.ada.click(asked, custom_id=f"easel:spare:{record.id}")
    assert [one.id for one in town.messages()] == [message.id]
    kept = await town.services.generations.get(record.id)
    assert kept is not None
    assert kept.removal is None


async def test_a_second_press_says_that_it_is_gone_already(town: Town) -> None:
    """On the question as on an old page of the history; nothing breaks, nothing happens twice."""
    record, message = await town.imagine()
    history = answer(await town.ada.slash(town.pictures, "history"))
    first, second = [answer(await town.ada.click(message, custom_id=f"easel:delete:{record.id}")) for _ in range(2)]
    await town.ada.click(first, custom_id=f"easel:erase:{record.id}")
    await town.ada.click(second, custom_id=f"easel:erase:{record.id}")
    (answered,) = (one for one in town.pictures.history(viewer=town.ada) if one.id == second.id)
    assert said(answered) == "These pictures are deleted already."
    assert not buttons(answered)
    late = await town.ada.click(history, custom_id=f"easel:delete:{record.id}")
    assert said(answer(late)) == "These pictures are deleted already."


async def test_a_message_that_is_gone_is_said_to_be_gone(town: Town) -> None:
    """Discord's 10008 is no fault of Easel's."""
    record, message = await town.imagine(images=1)
    copy = answer(await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0:4"))
    town.env.inject_error("DELETE", "/webhooks/*/*/messages/@original", status=404, code=10008)
    result = await town.bo.click(copy, custom_id=f"easel:discard:{record.id}:0:{town.bo.id}")
    assert said(answer(result)) == "This message is gone already."


async def test_the_owner_deletes_where_the_bot_may_not_see_the_channel(town: Town) -> None:
    """A second press on the message allows what the bot's own permissions do not."""
    record, message = await town.imagine()
    town.env.inject_error("DELETE", "/channels/*/messages/*", status=403, code=50001)
    told = await town.delete(record, message)
    assert "once more" in said(told)
    assert message.id in [one.id for one in town.messages()]
    await town.ada.click(message, custom_id=f"easel:delete:{record.id}")
    assert message.id not in [one.id for one in town.messages()]


async def test_an_upscaled_copy_can_be_deleted_by_those_it_concerns(town: Town) -> None:
    """Who asked for it, whose picture it is, and moderators, whose act is in the audit log; nobody else."""
    record, message = await town.imagine(images=1)
    eve = town.guild.add_member(town.env.create_user("eve"))
    for who in (town.bo, town.ada, town.mo):
        copy = answer(await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0:4"))
        discard = f"easel:discard:{record.id}:0:{town.bo.id}"
        refused = await eve.click(copy, custom_id=discard)
        assert "belongs to someone else" in said(answer(refused))
        await who.click(copy, custom_id=discard)
        assert copy.id not in [one.id for one in town.pictures.history(viewer=town.ada)]
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(entry.action, entry.actor_id) for entry in audit.records] == [("discard", town.mo.id)]
    unchanged = await town.services.generations.get(record.id)
    assert unchanged is not None
    assert unchanged.removal is None


async def test_others_cannot_delete_and_moderators_can(town: Town) -> None:
    """A stranger is told so in private; a moderator's act is in the audit log."""
    record, message = await town.imagine()
    refused = await town.bo.click(message, custom_id=f"easel:delete:{record.id}")
    assert "belongs to someone else" in said(answer(refused))
    assert len(town.pictures.history(viewer=town.ada)) == 1
    assert f"of <@{town.ada.id}>" in said(answer(await town.mo.click(message, custom_id=f"easel:delete:{record.id}")))
    await town.delete(record, message, town.mo)
    assert town.pictures.history(viewer=town.ada) == []
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(entry.action, entry.actor_id) for entry in audit.records] == [("remove", town.mo.id)]


async def test_every_button_works_after_a_restart(town: Town) -> None:
    """A new bot process knows nothing but the buttons' ids, and that is enough."""
    record, message = await town.imagine("a cat", images=4)
    await town.restart()
    assert "Picture 1 of 4" in said(await town.pick(message, 0, town.bo))
    assert "Generation" in said(answer(await town.bo.click(message, custom_id=f"easel:details:{record.id}")))
    assert (await town.bo.click(message, custom_id=f"easel:remix:{record.id}")).modal is not None
    picker = await town.ada.click(message, custom_id=f"easel:shareany:{record.id}")
    shared = await town.ada.select(answer(picker), ["1"])
    assert "in the gallery" in said(answer(shared))
    await town.bo.click(message, custom_id=f"easel:reroll:{record.id}")
    second, _ = await town.finished()
    assert second.order.parent_id == record.id
    await town.delete(record, message)
    assert message.id not in [one.id for one in town.messages()]


async def test_an_upscaled_copy_goes_with_the_picture_that_it_shows(town: Town) -> None:
    """The owner deletes the generation: nothing that shows it is left in the channel, whoever had it upscaled."""
    record, message = await town.imagine()
    for index in range(2):
        picked = await town.pick(message, index, town.bo)
        await town.bo.click(picked, custom_id=f"easel:upscale:{record.id}:{index}:2")
    await town.mo.slash(town.pictures, "mod remove", generation=record.id, reason="no", picture=1)
    assert len(town.pictures.history(viewer=town.ada)) == 2
    await town.delete(record, message)
    assert [said(one) for one in town.pictures.history(viewer=town.ada)] == ["Deleted."]


async def test_a_double_press_draws_once(town: Town) -> None:
    """By the same person on the same button; another person, or a moment later the same one, gets their own."""
    clock = [0.0]
    town.bot.last_presses = LastPresses(lambda: clock[0])
    record, message = await town.imagine("a cat", images=1)
    for who, at in ((town.bo, 0.0), (town.bo, 0.5), (town.ada, 0.5), (town.bo, MOMENT)):
        clock[0] = at
        await who.click(message, custom_id=f"easel:reroll:{record.id}")
        await town.settled()
    drawn = [said(message) for message in town.messages() if "re-roll" in said(message)]
    owners = [town.bo.id if f"-# by <@{town.bo.id}>" in one else town.ada.id for one in drawn]
    assert owners == [town.bo.id, town.ada.id, town.bo.id]
    assert len(town.pool.requests) == 4
