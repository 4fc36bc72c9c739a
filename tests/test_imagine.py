"""/imagine and what becomes of it, as people see it: from the first "thinking…" to every button below the pictures."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import simcord
from simcord.backend.errors import OptionError

from bot.database.records import GuildRecord
from bot.errors import LimitReached
from bot.grid import size_of
from tests.town import Town, answer, buttons, parts, said

RESULT_BUTTONS = (
    "pick:{0}:0", "pick:{0}:1", "pick:{0}:2", "pick:{0}:3",
    "reroll:{0}", "remix:{0}", "shareany:{0}", "details:{0}", "delete:{0}",
)  # fmt: skip


def expected(generation_id: int) -> list[str]:
    return ["easel:" + name.format(generation_id) for name in RESULT_BUTTONS]


# -------------------------------------------------------------------------------------------- the way to the grid


async def test_pictures_come_in_the_message_that_answered(town: Town) -> None:
    """There is one message: it answers at once, and in the end shows grid, facts and buttons."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a red heart", seed=7)
    record, message = await town.finished()
    assert result.acknowledged
    assert not result.ephemeral
    assert record.status == "done"
    assert message.id == record.message_id == answer(result).id
    assert len(town.messages()) == 1
    assert "a red heart" in said(message)
    assert f"by <@{town.ada.id}> · seed 7 · fake" in said(message)
    assert buttons(message) == expected(record.id)
    assert [file.filename for file in message.attachments] == [f"easel-{record.id}.png"]


async def test_the_answer_tells_of_queue_and_preview_until_the_pictures_come(town: Town) -> None:
    """Place in the queue, then a preview with the share done; each with a button to cancel."""
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a red heart")
    waiting = await town.shown("Next in the queue")
    assert buttons(waiting) == [f"easel:cancel:{(await town.newest()).id}"]
    town.pool.hold_after_preview()
    town.pool.capacity = 1
    drawing = await town.shown("50 %")
    assert [part["type"] for part in parts(drawing) if part["type"] == 12] == [12]
    assert drawing.attachments[0].filename == "preview-0.50.webp"
    town.pool.release()
    record, message = await town.finished()
    assert message.id == waiting.id == drawing.id
    assert buttons(message) == expected(record.id)
    assert len(message.attachments) == 1


async def test_nine_pictures_have_nine_buttons(town: Town) -> None:
    """Nine pictures fit the limits of a message: five buttons a row at most."""
    record, message = await town.imagine(images=9)
    picks = [f"easel:pick:{record.id}:{index}" for index in range(9)]
    assert buttons(message)[:9] == picks
    assert all(len(part["components"]) <= 5 for part in parts(message) if part["type"] == 1)


async def test_a_single_picture_is_upscaled_and_varied_without_picking(town: Town) -> None:
    """Where there is nothing to choose from, the buttons are one click nearer."""
    record, message = await town.imagine(images=1)
    assert buttons(message)[:2] == [f"easel:upscale:{record.id}:0", f"easel:vary:{record.id}:0"]


async def test_options_reach_the_inference_server(town: Town) -> None:
    """What is typed is what is drawn."""
    await town.imagine(
        "a cat", images=1, seed=5, guidance=4.0, temperature=0.5, top_k=100, negative="a dog"
    )  # fmt: skip
    request = town.pool.requests[-1]
    assert (request.prompt, request.negative_prompt, request.images, request.seed) == ("a cat", "a dog", 1, 5)
    assert (request.guidance_scale, request.temperature, request.top_k) == (4.0, 0.5, 100)


@pytest.mark.parametrize(
    "option", [{"seed": -1}, {"seed": 2**32}, {"guidance": 31.0}, {"temperature": 0.0}, {"top_k": -1}, {"images": 5}]
)
async def test_discord_itself_refuses_options_out_of_range(town: Town, option: dict[str, Any]) -> None:
    """The commands tell Discord their limits, so that the client shows them while one types."""
    with pytest.raises(OptionError):
        await town.ada.slash(town.pictures, "imagine", prompt="a cat", **option)


async def test_works_in_a_direct_message(town: Town) -> None:
    """In a direct message there is no gallery to share to, and everything else."""
    await town.ada.user.send_dm("hello")
    result = await town.ada.user.slash("imagine", prompt="a cat", images=1)
    await town.settled()
    record = await town.newest()
    assert record.order.requester.guild_id is None
    assert buttons(answer(result)) == [
        f"easel:{verb}:{record.id}{of}"
        for verb, of in [
            ("upscale", ":0"),
            ("vary", ":0"),
            ("reroll", ""),
            ("remix", ""),
            ("details", ""),
            ("delete", ""),
        ]
    ]


# ---------------------------------------------------------------------------------------------------- bad prompts


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("", "The prompt is empty"),
        (" \n\t ", "The prompt is empty"),
        ("\u200b\u2060\ufeff\u202e", "The prompt is empty"),
        ("x" * 4001, "Prompt has 4001 characters; at most 1000 are taken."),
    ],
)
async def test_what_cannot_be_drawn_is_refused_in_private(town: Town, prompt: str, sentence: str) -> None:
    """The refusal names the thing and the limit; nobody else sees it, and it costs nothing."""
    result = await town.ada.slash(town.pictures, "imagine", prompt=prompt)
    assert result.ephemeral
    assert sentence in said(result.response)
    assert town.pool.checked == []
    assert town.services.generator.pending() == []


@pytest.mark.parametrize(
    "prompt",
    ["🐱🎈", "חתול אדום על רקע כחול", "قطة حمراء", "a\u200bcat", "\u202etac a", "@everyone @here <@&1> <@1>",
     "**a** __b__ ||c|| `d` ```e``` > f # g", "[a](https://example.com) <t:0:R> </imagine:1> <:x:1>", "a\n\n\n# b\n- c",
     "*" * 1000, "\\", "<@1>" * 250],
)  # fmt: skip
async def test_odd_prompts_are_drawn_and_shown_without_harm(town: Town, prompt: str) -> None:
    """They reach the model unchanged, ping nobody, and stay one line in a layout within Discord's limits."""
    record, message = await town.imagine(prompt)
    assert record.order.prompt == prompt
    first, facts = said(message).splitlines()
    assert first.startswith("**")
    assert first.endswith("**")
    assert facts.startswith("-# by")
    assert len(said(message)) <= 4000
    assert not any(mark in first for mark in ("@everyone", "@here", "\u202e"))
    assert "<" not in first.replace("\\<", "")


async def test_no_message_of_the_bot_pings(town: Town) -> None:
    """Every request that carries text forbids all mentions, whatever the prompt says."""
    _, message = await town.imagine("@everyone <@&1> look at <@1>")
    await town.bo.click(message, custom_id=buttons(message)[0])
    await town.bo.click(message, custom_id=buttons(message)[-2])
    sent: list[Any] = [request.json for request in town.env.http_requests if isinstance(request.json, dict)]
    texts = [body for body in (one.get("data") or one for one in sent) if body.get("components")]
    assert len(texts) >= 3
    assert all(body["allowed_mentions"] == {"parse": []} for body in texts)


# -------------------------------------------------------------------------------------------------------- refusals


async def test_a_limit_is_told_in_private_with_the_time_to_try_again(town: Town) -> None:
    """Over the limit nothing is written, nothing shown to others, and Discord counts down the wait."""
    for _ in range(10):
        await town.imagine(images=1)
    result = await town.ada.slash(town.pictures, "imagine", prompt="one more")
    assert result.ephemeral
    assert "limit of 10 per 1 minute" in said(result.response)
    assert "Try again <t:" in said(result.response)
    assert len(town.messages()) == len(town.pool.requests) == 10


async def test_a_full_queue_is_told_in_private(town: Town) -> None:
    """One person may have five generations under way."""
    town.pool.capacity = 0
    for _ in range(5):
        await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    result = await town.ada.slash(town.pictures, "imagine", prompt="a sixth")
    assert result.ephemeral
    assert "5" in said(result.response)
    other = await town.bo.slash(town.pictures, "imagine", prompt="another person's first")
    assert not other.ephemeral


async def test_a_sanctioned_person_reads_why_and_until_when(town: Town) -> None:
    """Timed out from the bot: the reason and the end, for one's own eyes."""
    until = datetime.now(UTC) + timedelta(hours=2)
    await town.services.moderation.sanction(town.ada.id, town.guild.id, "timeout", until, "spam", town.mo.id)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert result.ephemeral
    assert "timed out from Easel: spam" in said(result.response)
    assert f"<t:{int(until.timestamp())}:R>" in said(result.response)


async def test_a_channel_that_is_not_allowed_names_those_that_are(town: Town) -> None:
    """The refusal says where to go."""
    art = town.guild.create_text_channel("art")
    await town.services.guild_settings.set(GuildRecord(town.guild.id, (art.id,)), by=town.mo.id)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert result.ephemeral
    assert f"Try <#{art.id}>." in said(result.response)


async def test_a_blocked_prompt_leaves_no_trace_in_the_channel(town: Town) -> None:
    """The person alone reads the category; the row keeps prompt and verdict."""
    town.pool.block("gore", "violence")
    result = await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    assert result.response is None
    assert [message.ephemeral for message in result.followups] == [True]
    assert "category: violence" in said(result.followups[0])
    assert town.pictures.history(viewer=town.bo) == []
    record = await town.newest()
    assert (record.status, record.order.prompt) == ("blocked", "some gore")


async def test_a_failure_is_told_to_the_person_alone(town: Town) -> None:
    """What failed while drawing leaves no public message either."""
    town.pool.fail_next(message="The server ran out of memory.")
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.settled()
    assert "ran out of memory" in said(answer(result))
    assert answer(result).ephemeral
    assert town.pictures.history(viewer=town.bo) == []


async def test_a_slow_admission_is_answered_at_once_and_its_refusal_stays_private(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where admission takes its time "thinking…" comes first; a refusal then takes it back."""
    go_on = asyncio.Event()
    generator = town.services.generator

    async def slow(order: object) -> int:
        await go_on.wait()
        raise LimitReached("Your", "1 per 1 minute", datetime.now(UTC))

    monkeypatch.setattr(
        type(generator), "admit", lambda self, order: town.env.external_wait(slow(order), reason="slow")
    )
    monkeypatch.setattr("bot.client.ADMISSION_PATIENCE", 0.0)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert result.deferred
    go_on.set()
    await town.env.settle()
    assert "limit of 1 per 1 minute" in said(answer(result))
    assert answer(result).ephemeral
    assert town.pictures.history(viewer=town.bo) == []


# --------------------------------------------------------------------------------------------------------- buttons


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


async def test_remix_opens_filled_and_draws_what_was_changed(town: Town) -> None:
    """The form holds prompt and negative prompt; what is submitted becomes a new generation."""
    first, message = await town.imagine("a cat", negative="a dog", images=1)
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    assert shown.modal is not None
    fields = [label["component"] for label in shown.modal["components"]]
    assert [field.get("value") for field in fields] == ["a cat", "a dog"]
    await town.bo.submit_modal(shown, {"prompt": "a red cat", "negative": ""})
    second, _ = await town.finished()
    assert (second.order.kind, second.order.parent_id) == ("remix", first.id)
    assert (second.order.prompt, second.order.negative_prompt, second.order.images) == ("a red cat", None, 1)
    assert second.order.requester.user_id == town.bo.id


async def test_a_remix_without_words_is_refused(town: Town) -> None:
    """The form's answer goes through the same check as the command's."""
    first, message = await town.imagine("a cat", images=1)
    shown = await town.ada.click(message, custom_id=f"easel:remix:{first.id}")
    result = await town.ada.submit_modal(shown, {"prompt": "\u200b", "negative": ""})
    assert "The prompt is empty" in said(answer(result))
    assert answer(result).ephemeral


async def test_a_picked_picture_is_shown_to_the_picker_with_its_own_buttons(town: Town) -> None:
    """Picking is private; from there one can upscale, vary and share."""
    record, message = await town.imagine(seed=10)
    result = await town.bo.click(message, custom_id=f"easel:pick:{record.id}:2")
    assert answer(result).ephemeral
    assert "Picture 3 of 4" in said(answer(result))
    assert "seed 12" in said(answer(result))
    assert buttons(answer(result)) == [f"easel:{verb}:{record.id}:2" for verb in ("upscale", "vary", "share")]


async def test_upscale_posts_a_larger_picture_for_everyone(town: Town) -> None:
    """Four times as wide, in a public message."""
    record, message = await town.imagine(images=1)
    result = await town.bo.click(message, custom_id=f"easel:upscale:{record.id}:0")
    posted = answer(result)
    assert not posted.ephemeral
    assert f"upscaled for <@{town.bo.id}>" in said(posted)
    assert size_of(await posted.attachments[0].read()) == (32, 32)


async def test_vary_starts_from_the_picture(town: Town) -> None:
    """The inference server gets the picked picture and how much of it to draw anew."""
    record, message = await town.imagine(seed=10)
    picked = await town.bo.click(message, custom_id=f"easel:pick:{record.id}:1")
    await town.bo.click(answer(picked), custom_id=f"easel:vary:{record.id}:1")
    second, _ = await town.finished()
    request = town.pool.requests[-1]
    assert request.init_image == await town.services.storage.get(record.images[1].key)
    assert request.strength == 0.5
    assert (second.order.kind, second.order.parent_id, second.order.images) == ("vary", record.id, 4)


async def test_rerolling_a_variation_starts_from_the_same_picture(town: Town) -> None:
    """A re-roll repeats what was done, not only what was said."""
    first, message = await town.imagine(images=1)
    await town.ada.click(message, custom_id=f"easel:vary:{first.id}:0")
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
    assert "**flag** (animals, 0.90)" in said(own)
    assert "flag" not in said(others)


async def test_details_of_the_longest_prompt_fit_a_message(town: Town) -> None:
    """4,000 characters is all that Discord takes, the command to repeat it included."""
    record, message = await town.imagine("ab " * 333, negative="cd " * 333, images=9)
    result = await town.ada.click(message, custom_id=f"easel:details:{record.id}")
    assert 1000 < len(said(answer(result))) <= 4000


async def test_the_owner_deletes(town: Town) -> None:
    """Message and row go; the pictures' buttons then find nothing."""
    record, message = await town.imagine()
    await town.ada.click(message, custom_id=f"easel:delete:{record.id}")
    assert town.messages() == []
    removed = await town.services.log.get(record.id)
    assert removed is not None
    assert removed.removal is not None
    assert removed.removal.by == town.ada.id


async def test_others_cannot_delete_and_moderators_can(town: Town) -> None:
    """A stranger is told so in private; a moderator's act is in the audit log."""
    record, message = await town.imagine()
    refused = await town.bo.click(message, custom_id=f"easel:delete:{record.id}")
    assert "belongs to someone else" in said(answer(refused))
    assert len(town.pictures.history(viewer=town.ada)) == 1
    await town.mo.click(message, custom_id=f"easel:delete:{record.id}")
    assert town.pictures.history(viewer=town.ada) == []
    audit = await town.services.moderation.audit_page(town.guild.id)
    assert [(entry.action, entry.actor_id) for entry in audit.records] == [("remove", town.mo.id)]


async def test_every_button_works_after_a_restart(town: Town) -> None:
    """A new bot process knows nothing but the buttons' ids, and that is enough."""
    record, message = await town.imagine("a cat", images=4)
    await town.restart()
    assert "Picture 1 of 4" in said(answer(await town.bo.click(message, custom_id=f"easel:pick:{record.id}:0")))
    assert "Generation" in said(answer(await town.bo.click(message, custom_id=f"easel:details:{record.id}")))
    assert (await town.bo.click(message, custom_id=f"easel:remix:{record.id}")).modal is not None
    picker = await town.ada.click(message, custom_id=f"easel:shareany:{record.id}")
    shared = await town.ada.select(answer(picker), ["1"])
    assert "in the gallery" in said(answer(shared))
    await town.bo.click(message, custom_id=f"easel:reroll:{record.id}")
    second, _ = await town.finished()
    assert second.order.parent_id == record.id
    await town.ada.click(message, custom_id=f"easel:delete:{record.id}")
    assert message.id not in [one.id for one in town.messages()]


async def test_a_generation_that_a_restart_interrupted_ends_in_its_own_message(town: Town) -> None:
    """What waited is taken up again and edits the same answer."""
    town.pool.capacity = 0
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    waiting = await town.shown("Next in the queue")
    await town.restart()
    record, message = await town.finished()
    assert record.status == "done"
    assert message.id == waiting.id == answer(result).id
    assert len(town.messages()) == 1


# ------------------------------------------------------------------------------------------------ queue and cancel


async def test_cancel_stops_and_says_so_in_the_answer(town: Town) -> None:
    """The owner presses Cancel: the work stops and the message becomes one line."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    record = await town.running()
    result = await town.ada.slash(town.pictures, "cancel")
    _, message = await town.finished()
    assert "Cancelled 1 generation." in said(answer(result))
    assert "cancelled" in said(message)
    assert buttons(message) == []
    assert town.pool.cancelled == 1
    cancelled = await town.services.log.get(record.id)
    assert cancelled is not None
    assert cancelled.status == "cancelled"


async def test_the_cancel_button_is_for_the_owner_and_moderators(town: Town) -> None:
    """A stranger's press is refused in private, a moderator's stops the work."""
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    waiting = await town.shown("Next in the queue")
    refused = await town.bo.click(waiting, label="Cancel")
    assert "belongs to someone else" in said(answer(refused))
    await town.mo.click(waiting, label="Cancel")
    await town.finished()
    assert (await town.newest()).status == "cancelled"


async def test_cancel_without_anything_to_cancel_says_so(town: Town) -> None:
    """Nothing in progress is no error of the bot's."""
    result = await town.ada.slash(town.pictures, "cancel")
    assert result.ephemeral
    assert "A generation of yours in progress was not found" in said(answer(result))


async def test_cancel_offers_ones_own_generations(town: Town) -> None:
    """The option completes from what the person has under way, and stops just that one."""
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.ada.slash(town.pictures, "imagine", prompt="a dog")
    await town.bo.slash(town.pictures, "imagine", prompt="a bird")
    choices = await town.ada.autocomplete(town.pictures, "cancel", "which", "")
    assert sorted(choice["name"] for choice in choices) == ["a cat", "a dog"]
    cat = next(choice["value"] for choice in choices if choice["name"] == "a cat")
    await town.ada.slash(town.pictures, "cancel", which=cat)
    await town.until(lambda: len(town.services.generator.pending()) == 2)
    assert {one.prompt for one in town.services.generator.pending()} == {"a dog", "a bird"}


async def test_the_queue_shows_true_places(town: Town) -> None:
    """Counts of all, places of one's own; other people's prompts stay theirs."""
    town.pool.hold()
    town.pool.capacity = 1
    await town.bo.slash(town.pictures, "imagine", prompt="a secret bird")
    await town.running()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.until(lambda: any(one.position == 1 for one in town.services.generator.pending()))
    result = await town.ada.slash(town.pictures, "queue")
    assert result.ephemeral
    assert "1 being drawn, 1 waiting" in said(answer(result))
    assert "Next in the queue" in said(answer(result))
    assert "a cat" in said(answer(result))
    assert "secret" not in said(answer(result))


async def test_help_names_the_commands(town: Town) -> None:
    """One private message that fits."""
    result = await town.ada.slash(town.pictures, "help")
    assert result.ephemeral
    assert all(command in said(answer(result)) for command in ("/imagine", "/queue", "/cancel", "/history", "/gallery"))


async def test_an_answer_does_not_wait_for_the_pictures(town: Town) -> None:
    """While nine pictures are being drawn, the next command is answered before they are."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat", images=9)
    await town.running()
    result = await town.bo.slash(town.pictures, "imagine", prompt="a dog")
    assert result.acknowledged
    assert town.pool.running >= 1


# ------------------------------------------------------------------------------------------------ Discord is unwell


async def test_after_the_token_has_run_out_the_pictures_are_posted_with_a_mention(town: Town) -> None:
    """After fifteen minutes the answer cannot be edited: a message takes its place and calls its owner, only them."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="@everyone a cat")
    await town.running()
    await town.env.advance_time(16 * 60)
    town.pool.release()
    record, message = await town.finished()
    assert record.message_id == message.id
    assert said(message).startswith(f"<@{town.ada.id}> your pictures are ready.")
    assert buttons(message) == expected(record.id)
    posted: list[Any] = [r.json for r in town.env.http_requests if r.method == "POST" and r.path.endswith("/messages")]
    assert posted[-1]["allowed_mentions"] == {"parse": [], "users": [town.ada.id]}
    assert len(town.messages()) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_passing_illness_of_discord_is_waited_out(town: Town, status: int) -> None:
    """The result is sent again until it arrives, in the same message."""
    town.pool.hold()
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/messages/*", status=status, times=2)  # one may hit the preview
    town.pool.release()
    record, message = await town.finished()
    assert message.id == record.message_id == answer(result).id
    assert buttons(message) == expected(record.id)


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10062), (500, 0)])
async def test_where_the_answer_cannot_be_edited_the_channel_serves(town: Town, status: int, code: int) -> None:
    """An invalid token, an unknown webhook or lasting trouble: the pictures come as a message."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/messages/*", status=status, code=code, times=None)
    town.pool.release()
    record, message = await town.finished()
    assert message.id == record.message_id
    assert said(message).startswith(f"<@{town.ada.id}>")
    assert buttons(message) == expected(record.id)


async def test_where_nothing_can_be_shown_the_pictures_wait_in_the_history(town: Town) -> None:
    """No way to the channel either: done, undelivered message, and /history has it."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/messages/*", status=401, code=50027, times=None)
    town.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=None)
    town.pool.release()
    await town.finished()
    assert (await town.newest()).status == "done"
    result = await town.ada.slash(town.pictures, "history")
    assert "a cat" in said(answer(result))


async def test_a_deleted_answer_is_not_posted_again(town: Town) -> None:
    """Who deletes the message while Easel draws does not want it there; the history keeps the pictures."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    await town.mo.delete(town.messages()[0])
    town.pool.release()
    await town.until(lambda: not town.services.generator.pending())
    assert town.messages() == []
    assert (await town.newest()).status == "done"


async def test_an_interaction_that_ended_before_the_answer_costs_nothing(town: Town) -> None:
    """Discord refuses the first answer (10062): nothing is drawn, and the queue forgets it."""
    town.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert town.services.generator.pending() == []
    assert town.pool.requests == []
    assert (await town.newest()).status == "failed"


def test_simcord_is_the_one_that_was_tried() -> None:
    """The demo touches SimCord's insides; another version must be looked at first."""
    assert simcord.__version__ == "3.2.1"
