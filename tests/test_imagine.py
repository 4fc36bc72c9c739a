"""/imagine, /queue, /cancel and /help as people see them: the way to the grid, and every refusal on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simcord.backend.errors import OptionError

from bot.database.guild import GuildRecord
from inference.contract import ModelDescription
from tests.bot_fakes import FAKE_MODEL
from tests.test_uploads import a_file
from tests.town import Town, answer, button, buttons, parts, result_buttons, said

# -------------------------------------------------------------------------------------------- the way to the grid


async def test_pictures_come_in_the_message_that_answered(town: Town) -> None:
    """There is one message: it answers at once, and in the end shows grid, facts and buttons."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a red heart", seed=7)
    record, message = await town.finished()
    assert result.acknowledged
    assert not result.ephemeral
    assert record.status == "delivered"
    assert message.id == record.message_id == answer(result).id
    assert len(town.messages()) == 1
    assert "a red heart" in said(message)
    assert f"by <@{town.ada.id}> · seed 7 · fake" in said(message)
    assert buttons(message) == result_buttons(record.id)
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
    assert buttons(message) == result_buttons(record.id)
    assert len(message.attachments) == 1


async def test_nine_pictures_have_nine_names(town: Town) -> None:
    """One can be chosen by where it stands; no row holds more than five buttons."""
    _, message = await town.imagine(images=9)
    (chooser,) = (part for part in parts(message) if part["type"] == 3)
    assert len(chooser["options"]) == 9
    assert chooser["options"][4]["label"] == "Picture 5, middle"
    assert all(len(part["components"]) <= 5 for part in parts(message) if part["type"] == 1)


async def test_a_single_picture_is_upscaled_and_varied_without_picking(town: Town) -> None:
    """Where there is nothing to choose from, the buttons are one click nearer."""
    record, message = await town.imagine(images=1)
    verbs = ("upscale{}:2", "upscale{}:4", "keeppic{}", "vary{}:subtle", "vary{}:strong", "complete{}")
    assert buttons(message)[:6] == [f"easel:{verb.format(f':{record.id}:0')}" for verb in verbs]
    assert f"easel:original:{record.id}:0" in buttons(message)[6:]


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
    verbs = ("upscale{}:0:2", "upscale{}:0:4", "keeppic{}:0", "vary{}:0:subtle", "vary{}:0:strong",
             "complete{}:0", "reroll{}", "remix{}", "details{}", "original{}:0", "cover{}", "delete{}")  # fmt: skip
    assert buttons(answer(result)) == [f"easel:{verb.format(f':{record.id}')}" for verb in verbs]


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
    assert town.services.works.pending() == []


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
    await town.pick(message, 0, town.bo)
    await town.bo.click(message, custom_id=next(one for one in buttons(message) if "details" in one))
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
    assert "limit of 10 per minute" in said(result.response)
    assert "Try again after <t:" in said(result.response)
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
    """Timed out from the bot: the reason and the end, for one's own eyes, whatever they ask to have made."""
    record, message = await town.imagine("a cat")
    await town.services.shares.share(record.id, 0, town.ada.id)
    picture = await town.pick(message, 0)
    idea = answer(await town.ada.slash(town.pictures, "enhance", prompt="a cat"))
    until = datetime.now(UTC) + timedelta(hours=2)
    await town.services.sanctions.sanction(town.ada.id, town.guild.id, "timeout", until, "spam", town.mo.id)
    file = ("me.jpg", a_file("JPEG"))
    ways = [
        town.ada.slash(town.pictures, "imagine", prompt="a cat"),
        town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=file),
        *(town.ada.slash(town.pictures, name) for name in ("again", "limits")),
        town.ada.slash(town.pictures, "enhance", prompt="a cat"),
        town.ada.slash(town.pictures, "describe", picture=file),
        town.ada.click(idea, custom_id="easel:idea:0"),
        town.ada.click(message, custom_id=f"easel:reroll:{record.id}"),
        *(town.ada.click(picture, custom_id=button(picture, verb)) for verb in ("upscale", "vary", "complete")),
    ]
    for way in ways:
        result = await way
        told = answer(result)
        assert told.ephemeral
        assert "timed out from Easel: spam" in said(told)
        assert f"<t:{int(until.timestamp())}:R>" in said(told)
    assert len(town.pool.requests) == 1
    assert town.pool.described == []


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
    assert "the filter takes it for violence." in said(result.followups[0])
    assert town.pictures.history(viewer=town.bo) == []
    record = await town.newest()
    assert (record.status, record.order.prompt) == ("blocked", "some gore")


async def test_a_failure_is_told_to_the_person_alone(town: Town) -> None:
    """What failed while drawing leaves no public message either."""
    town.pool.fail_next()
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.settled()
    assert "ran out of memory" in said(answer(result))
    assert answer(result).ephemeral
    assert town.pictures.history(viewer=town.bo) == []


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
    cancelled = await town.services.generations.get(record.id)
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
    assert "Nothing of yours is in progress" in said(answer(result))


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
    await town.until(lambda: len(town.services.works.pending()) == 2)
    assert {one.prompt for one in town.services.works.pending()} == {"a dog", "a bird"}


async def test_the_queue_shows_true_places(town: Town) -> None:
    """Counts of all, places of one's own; other people's prompts stay theirs."""
    town.pool.hold()
    town.pool.capacity = 1
    await town.bo.slash(town.pictures, "imagine", prompt="a secret bird")
    await town.running()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.until(lambda: any(one.position == 1 for one in town.services.works.pending()))
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


async def test_help_tells_moderators_of_what_is_theirs(town: Town) -> None:
    """And nobody else, who could use none of it."""
    names = ("/mod log", "/mod remove", "/mod timeout", "/mod ban", "/mod unban")
    told = said(answer(await town.mo.slash(town.pictures, "help")))
    assert all(name in told for name in names)
    assert "/mod" not in said(answer(await town.ada.slash(town.pictures, "help")))


async def test_an_answer_does_not_wait_for_the_pictures(town: Town) -> None:
    """While nine pictures are being drawn, the next command is answered before they are."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat", images=9)
    await town.running()
    result = await town.bo.slash(town.pictures, "imagine", prompt="a dog")
    assert result.acknowledged
    assert town.pool.running >= 1


# ------------------------------------------------------------------------------------------------ models and sizes

PAINTER = ModelDescription("painter", "oil and canvas", sizes=("512x512", "768x512"))


async def test_a_model_and_a_size_are_chosen(town: Town) -> None:
    """They are offered as they are typed, reach the server, and are kept for a repetition."""
    town.pool.served = (FAKE_MODEL, PAINTER)
    record, _ = await town.imagine("a red heart", model="painter", size="768x512")
    assert (town.pool.requests[-1].model, town.pool.requests[-1].size) == ("painter", "768x512")
    assert record.order.size == "768x512"
    offered = await town.ada.autocomplete(town.pictures, "imagine", "model", "", prompt="a red heart")
    assert [choice["value"] for choice in offered] == ["fake", "painter"]
    offered = await town.ada.autocomplete(town.pictures, "imagine", "size", "land", prompt="x", model="painter")
    assert [choice["value"] for choice in offered] == ["768x512"]


async def test_what_the_model_has_not_is_said_before_anything_waits(town: Town) -> None:
    """To the person alone, with what there is."""
    town.pool.served = (FAKE_MODEL, PAINTER)
    for options, sentence in (
        ({"model": "giga"}, "There is no model giga here. There are: fake, painter."),
        ({"model": "painter", "size": "64x64"}, "draws 512x512, 768x512"),
        ({"model": "painter", "negative": "cars"}, "Negative prompt is not possible with the model"),
    ):
        result = await town.ada.slash(town.pictures, "imagine", prompt="a red heart", **options)
        assert result.ephemeral
        assert sentence in said(answer(result))
    assert town.pool.requests == []


async def test_pictures_that_cannot_be_kept_are_shown_and_say_so(town: Town) -> None:
    """A full disk: what needs their files is not offered, and the operator sees it in the numbers."""
    folder = town.folder / "pictures" / "generations"
    folder.write_bytes(b"")  # no folder can be made there
    record, message = await town.imagine()
    assert (record.status, record.images) == ("delivered", ())
    assert "storage takes no files" in said(message)
    assert not {one.split(":")[1] for one in buttons(message)} & {"choose", "zip", "shareany"}
    assert any(one.startswith("easel:reroll:") for one in buttons(message))
    assert b"easel_bot_unkept_total 1.0" in town.services.metrics.render(0, 0, ())
    assert {one["event"] for one in town.broken} == {"storage.not_saved", "generation.pictures_not_saved"}
    town.logs.clear()
    folder.unlink()
    await town.bo.click(message, custom_id=f"easel:reroll:{record.id}")
    _, again = await town.finished()
    assert "storage takes no files" not in said(again)
