"""Reports, appeals, the review queue and moderators' records, as people meet them in Discord."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
import simcord
from PIL import Image

from bot.actions.actor import Actor
from bot.database.guild import GuildRecord
from bot.database.records import GenerationRecord
from bot.errors import CannotAllow
from bot.views.custom_id import to_base36
from inference.contract import Verdict
from tests.town import Town, answer, button, buttons, parts, said


async def mod(town: Town, command: str, **options: Any) -> Any:
    return answer(await town.mo.slash(town.pictures, f"mod {command}", **options))


async def reported(town: Town, reason: str = "it looks at me") -> tuple[int, simcord.InteractionResult]:
    """Bo reports what Ada had drawn."""
    record, message = await town.imagine("a cat")
    shown = await town.bo.context_menu(town.pictures, "Report to moderators", message)
    assert shown.modal is not None
    return record.id, await town.bo.submit_modal(shown, {"reason": reason})


async def test_a_report_reaches_the_queue_and_its_answer_the_reporter(town: Town) -> None:
    """From the message's menu through the form to /mod review, and back as a direct message."""
    generation_id, thanked = await reported(town)
    assert "you will hear what they decide" in said(answer(thanked))
    queue = await mod(town, "review")
    assert queue.ephemeral
    assert "it looks at me" in said(queue)
    assert f"<@{town.bo.id}>" in said(queue)
    result = await town.mo.slash(town.pictures, "mod review")
    await town.mo.click(answer(result), custom_id=f"easel:takedown:{generation_id}")
    assert "is removed" in said(answer(result))
    after = await town.services.generations.get(generation_id)
    assert after is not None
    assert after.removal is not None
    assert "Nothing waits" in said(await mod(town, "review"))
    dm = [entry for entry in town.env.backend.transcript if "was removed" in str(entry)]
    assert dm


async def test_the_queue_goes_on_to_the_next(town: Town) -> None:
    """The newest waits behind the oldest; a decision can be put off."""
    first, _ = await reported(town, "the first")
    second, _ = await reported(town, "the second")
    shown = await mod(town, "review")
    assert "the first" in said(shown)
    await town.mo.click(shown, custom_id=button(shown, "review"))
    assert "the second" in said(shown)
    assert first != second


def labels(message: Any) -> list[str]:
    return [part["label"] for part in parts(message) if "label" in part]


async def test_a_decision_leaves_the_count_beside_the_way_on(town: Town) -> None:
    """Next says how many are left; with the last one decided there is no Next, but a word that nothing waits."""
    await reported(town, "the first")
    await reported(town, "the second")
    shown = await mod(town, "review")
    await town.mo.click(shown, custom_id=button(shown, "keep"))
    assert labels(shown) == ["Undo", "Next (1)"]
    await town.mo.click(shown, custom_id=button(shown, "review"))
    assert "the second" in said(shown)
    await town.mo.click(shown, custom_id=button(shown, "takedown"))
    assert labels(shown) == ["Undo"]
    assert "is removed" in said(shown)
    assert "Nothing waits for a decision" in said(shown)


async def test_a_decision_in_the_queue_is_audited_with_what_it_waited_for(town: Town) -> None:
    """Moderators press one button; the log has a reason all the same, but not the words of who reported."""
    town.pool.block("knife", "weapons", action="flag")
    record, message = await town.imagine("a knife")
    form = await town.bo.context_menu(town.pictures, "Report to moderators", message)
    await town.bo.submit_modal(form, {"reason": "it looks at me"})
    shown = await mod(town, "review")
    await town.mo.click(shown, custom_id=button(shown, "takedown"))
    told = said(await mod(town, "audit", action="review_remove"))
    assert f"**review: removed** Generation {record.id}: Reported, Flagged by the filter: weapons" in told
    assert "looks at me" not in told


async def test_report_and_appeal_take_no_reason(town: Town) -> None:
    """What is wrong may be plain to see; who must type a sentence rather says nothing."""
    generation_id, thanked = await reported(town, "")
    assert "The moderators will look at it" in said(answer(thanked))
    record = await appealed(town, "")
    waiting = [await town.services.reviews._reviews.of(one) for one in (generation_id, record.id)]
    assert [(one.kind, one.reason) for (one,) in waiting] == [("report", ""), ("appeal", "")]


async def test_the_queue_says_what_waits_and_reaches_the_person(town: Town) -> None:
    """How many wait, and for what; Time out and Ban beside the decision, which stays to be made."""
    await reported(town)
    queue = await mod(town, "review")
    assert "1 waiting · 🚩 Reported 1" in said(queue)
    assert {"takedown", "keep", "logentry", "timeout", "ban"} <= {one.split(":")[1] for one in buttons(queue)}
    form = await town.mo.click(queue, custom_id=button(queue, "timeout"))
    assert form.modal is not None
    told = answer(await town.mo.submit_modal(form, {"duration": "1 hour", "reason": "be kind", "removal": ""}))
    assert "cannot use Easel until" in said(told)
    again = await mod(town, "review")
    assert "it looks at me" in said(again)
    record = answer(await town.mo.click(again, custom_id=button(again, "record")))
    assert "be kind" in said(record)
    await town.mo.click(record, custom_id=button(record, "lift"))
    assert "may use Easel again; the timeout is lifted" in said(record)


async def test_a_decision_is_taken_back_with_one_press(town: Town) -> None:
    """What was removed is shown again, and waits again."""
    generation_id, _ = await reported(town)
    shown = await mod(town, "review")
    await town.mo.click(shown, custom_id=f"easel:takedown:{generation_id}")
    await town.mo.click(shown, custom_id=f"easel:takeback:{generation_id}")
    assert f"Request {generation_id} waits again" in said(shown)
    record = await town.services.generations.get(generation_id)
    assert record is not None
    assert record.removal is None
    assert "it looks at me" in said(await mod(town, "review"))
    await town.mo.click(shown, custom_id=f"easel:keep:{generation_id}")
    assert f"Generation {generation_id} stays" in said(shown)


async def test_only_the_bots_pictures_can_be_reported(town: Town) -> None:
    """A word about it, and nothing in the queue."""
    message = await town.bo.send(town.pictures, "hello")
    shown = await town.bo.context_menu(town.pictures, "Report to moderators", message)
    assert "nothing that Easel drew" in said(answer(shown))
    assert "Nothing waits" in said(await mod(town, "review"))


async def appealed(town: Town, reason: str) -> GenerationRecord:
    """A prompt of ada's that the filter blocked, and that she says this about."""
    town.pool.block("gore", "violence_gore")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    record = await town.newest()
    shown = await town.ada.click(answer(refused), custom_id=f"easel:appeal:{record.id}")
    assert shown.modal is not None
    await town.ada.submit_modal(shown, {"reason": reason})
    return record


async def test_a_blocked_prompt_can_be_appealed_and_granted(town: Town) -> None:
    """The refusal carries a button; what moderators grant passes the next time."""
    record = await appealed(town, "a football match")
    result = await town.mo.slash(town.pictures, "mod review")
    assert "a football match" in said(answer(result))
    assert not {"easel:keep", "easel:takedown"} & {one.rpartition(":")[0] for one in buttons(answer(result))}
    await town.mo.click(answer(result), custom_id=f"easel:allow:{record.id}")
    assert "allowed here" in said(answer(result))
    again, _ = await town.imagine("some gore")
    assert again.status == "delivered"


async def test_what_is_allowed_once_is_drawn_once_for_who_asked(town: Town) -> None:
    """Not for others, not a second time; and until it comes to a picture, it is not used up."""
    record = await appealed(town, "a football match")
    result = await town.mo.slash(town.pictures, "mod review")
    await town.mo.click(answer(result), custom_id=f"easel:once:{record.id}")
    assert "allowed once" in said(answer(result))
    assert any("one more time" in str(entry) for entry in town.env.backend.transcript)
    await town.mo.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    assert (await town.newest()).status == "blocked"
    statuses = []
    for _ in range(2):
        await town.ada.slash(town.pictures, "imagine", prompt="some gore")
        await town.settled()
        statuses.append((await town.newest()).status)
    assert statuses == ["delivered", "blocked"]


async def test_what_is_allowed_once_is_used_up_by_pictures_that_wait_in_the_history(town: Town) -> None:
    """As by those that are shown; not by pictures that were all held back."""
    record = await appealed(town, "a football match")
    moderator = Actor(town.mo.id, town.guild.id, permissions=frozenset({"manage_messages"}))
    await town.services.reviews.decide(moderator, record.id, "once")
    town.pool.picture_verdicts = dict.fromkeys(range(9), Verdict("hold", "nudity", 0.9))
    await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    town.pool.picture_verdicts = {}
    held = await town.newest()
    town.pool.hold()
    result = await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.running()
    await town.mo.delete(answer(result))
    town.pool.release()
    await town.settled()
    waiting = await town.newest()
    await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    assert [one.status for one in (held, waiting, await town.newest())] == ["expired", "expired", "blocked"]


async def test_only_what_was_blocked_can_be_allowed_once(town: Town) -> None:
    record, _ = await town.imagine("a cat")
    await town.services.reviews.report(Actor(town.bo.id, town.guild.id), record.id, None, "ugly")
    moderator = Actor(town.mo.id, town.guild.id, permissions=frozenset({"manage_messages"}))
    with pytest.raises(CannotAllow):
        await town.services.reviews.decide(moderator, record.id, "once")


async def test_what_no_server_can_allow_has_no_button_for_it(town: Town) -> None:
    """And a button from before the rule does nothing."""
    town.pool.block("naked", "minors")
    await town.ada.slash(town.pictures, "imagine", prompt="a naked child")
    await town.settled()
    record = await town.newest()
    await town.services.reviews.appeal(Actor(town.ada.id, town.guild.id), record.id, "a statue")
    result = await town.mo.slash(town.pictures, "mod review")
    assert f"easel:leave:{record.id}" in buttons(answer(result))
    assert f"easel:allow:{record.id}" not in buttons(answer(result))
    moderator = Actor(town.mo.id, town.guild.id, permissions=frozenset({"manage_messages"}))
    with pytest.raises(CannotAllow):
        await town.services.reviews.decide(moderator, record.id, "keep")


async def test_an_appeal_that_fails_says_so(town: Town) -> None:
    """To the moderator that it stays blocked, for nothing was drawn that could be removed; and to the person."""
    record = await appealed(town, "please")
    result = await town.mo.slash(town.pictures, "mod review")
    assert "listed words: gore" in said(answer(result))
    await town.mo.click(answer(result), custom_id=f"easel:leave:{record.id}")
    assert "left blocked" in said(answer(result))
    assert any("left this blocked" in str(entry) for entry in town.env.backend.transcript)


async def test_members_can_decide_nothing(town: Town) -> None:
    """The buttons ask, wherever they stand."""
    here = replace(await town.services.guild_settings.get(town.guild.id), review_channel_id=town.pictures.id)
    await town.services.guild_settings.set(here, town.mo.id)
    generation_id, _ = await reported(town)
    announced = next(one for one in town.messages() if f"easel:keep:{generation_id}" in buttons(one))
    pressed = await town.bo.click(announced, custom_id=f"easel:keep:{generation_id}")
    assert "Manage Messages" in said(answer(pressed))
    root = next(one for one in town.env.backend.commands[None].values() if one["name"] == "mod")
    town.guild.set_command_permissions(int(root["id"]), {town.bo: True})
    for command in ("review", "audit", "sanctions", "stats", "export"):
        refused = await town.bo.slash(town.pictures, f"mod {command}")
        assert "Manage Messages" in said(answer(refused))


async def test_reviews_are_announced_where_managers_want_it(town: Town) -> None:
    """A message with buttons in the review channel."""
    channel = town.guild.create_text_channel("moderators")
    chosen = replace(await town.services.guild_settings.get(town.guild.id), review_channel_id=channel.id)
    assert isinstance(chosen, GuildRecord)
    await town.services.guild_settings.set(chosen, town.mo.id)
    generation_id, _ = await reported(town)
    announced = channel.last_message
    assert announced is not None
    assert "it looks at me" in said(announced)
    assert f"easel:keep:{generation_id}" in buttons(announced)
    await town.mo.click(announced, custom_id=f"easel:keep:{generation_id}")
    assert "stays" in said(channel.last_message)


async def test_a_persons_record_and_who_is_out(town: Town) -> None:
    """Counts, sanctions, and the acts of moderators, each page for moderators alone."""
    await town.imagine("a cat")
    banned = await mod(town, "ban", person=town.ada, reason="spam", remove="1 day")
    assert "1 generation of theirs is removed" in said(banned)
    record = said(await mod(town, "user", person=town.ada))
    assert "1 request" in record
    assert "spam" in record
    assert "spam" in said(await mod(town, "sanctions"))
    record_again = await mod(town, "user", person=town.ada)
    await town.mo.click(record_again, custom_id=button(record_again, "lift"))
    assert "may use Easel again; the ban is lifted" in said(record_again)
    assert button(record_again, "undoremovals")
    audit = said(await mod(town, "audit"))
    assert "**ban**" in audit
    assert "**removal**" in audit
    assert "**removal**" not in said(await mod(town, "audit", action="ban"))


async def test_a_ban_from_within_the_log(town: Town) -> None:
    """Open an entry, press Ban, say why."""
    record, _ = await town.imagine("a cat")
    shown = await mod(town, "log")
    opened = answer(await town.mo.click(shown, custom_id=f"easel:logentry:{record.id}"))
    ban = next(one for one in buttons(opened) if one.startswith("easel:ban:"))
    form = await town.mo.click(opened, custom_id=ban)
    assert form.modal is not None
    done = await town.mo.submit_modal(form, {"reason": "spam", "removal": ""})
    assert "is banned" in said(answer(done))
    assert await town.services.sanctions.active(town.ada.id, town.guild.id) is not None


async def test_who_reports_again_is_told_so(town: Town) -> None:
    """What is new is added to what they said; moderators read one line."""
    record, message = await town.imagine("a cat")
    for reason, told in (
        ("ugly", "Thank you."), ("ugly", "You have reported this already."), ("and loud", "stands there, too"),
    ):  # fmt: skip
        form = await town.bo.context_menu(town.pictures, "Report to moderators", message)
        assert told in said(answer(await town.bo.submit_modal(form, {"reason": reason})))
    assert [one.reason for one in await town.services.reviews._reviews.of(record.id)] == ["ugly / and loud"]


async def test_forms_that_were_open_at_a_restart_are_taken(town: Town) -> None:
    """Report, appeal, ban: what was typed counts, although another process gets it."""
    drawn, message = await town.imagine("a cat")
    report = await town.bo.context_menu(town.pictures, "Report to moderators", message)
    town.pool.block("gore", "violence_gore")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    blocked = await town.newest()
    appeal = await town.ada.click(answer(refused), custom_id=f"easel:appeal:{blocked.id}")
    opened = answer(await town.mo.click(await mod(town, "log"), custom_id=f"easel:logentry:{drawn.id}"))
    ban = next(one for one in buttons(opened) if one.startswith("easel:ban:"))
    form = await town.mo.click(opened, custom_id=ban)
    await town.restart()
    await town.bo.submit_modal(report, {"reason": "it looks at me"})
    await town.ada.submit_modal(appeal, {"reason": "a football match"})
    await town.mo.submit_modal(form, {"reason": "spam", "removal": ""})
    assert [one.reason for one in await town.services.reviews._reviews.of(drawn.id)] == ["it looks at me"]
    assert [one.reason for one in await town.services.reviews._reviews.of(blocked.id)] == ["a football match"]
    assert await town.services.sanctions.active(town.ada.id, town.guild.id) is not None


async def test_the_log_knows_what_was_flagged_and_where_it_stands(town: Town) -> None:
    """Flagged and blocked together, each with a link to its message; blocked ones cannot be removed."""
    town.pool.block("knife", "violence_gore", action="flag")
    town.pool.block("gore", "violence_gore")
    record, message = await town.imagine("a knife")
    await town.imagine("a cat")
    await town.ada.slash(town.pictures, "imagine", prompt="gore")
    await town.settled()
    shown = said(await mod(town, "log", status="flagged"))
    assert "a knife" in shown
    assert "gore" in shown
    assert "a cat" not in shown
    assert f"https://discord.com/channels/{town.guild.id}/{town.pictures.id}/{message.id}" in shown
    blocked = await town.newest()
    opened = answer(await town.mo.click(await mod(town, "log"), custom_id=f"easel:logentry:{blocked.id}"))
    assert not [one for one in buttons(opened) if one.startswith("easel:remove")]
    assert record.id != blocked.id


async def test_statistics_and_export_come_as_files(town: Town) -> None:
    """A chart, and the log under a filter; the export is audited."""
    await town.imagine("a cat")
    await town.imagine("a dog", who=town.bo)
    stats = await mod(town, "stats", days=7)
    assert "2 requests in 7 days, 0 blocked" in said(stats)
    assert "🟦 requests · 🟥 blocked" in said(stats)
    for person in (town.ada, town.bo):
        assert f". <@{person.id}> · 1 request" in said(stats)
    assert "🟩 waiting" in said(stats)
    exported = await mod(town, "export", person=town.bo)
    assert await prompts_in(exported) == ["a dog"]
    audit = await town.services.moderation.audit(
        Actor(town.mo.id, town.guild.id, permissions=frozenset({"manage_messages"}))
    )
    assert [one.action for one in audit.records] == ["export"]


async def test_what_the_log_shows_is_exported_from_there(town: Town) -> None:
    """All that the filter finds, for moderators alone, in either form."""
    for prompt in ("a cat", "a dog", "another cat"):
        await town.imagine(prompt)
    shown = await mod(town, "log", words="cat", person=town.ada)
    as_csv = next(one for one in buttons(shown) if one.startswith("easel:logfile:csv:"))
    exported = answer(await town.mo.click(shown, custom_id=as_csv))
    assert await prompts_in(exported) == ["another cat", "a cat"]
    as_lines = next(one for one in buttons(shown) if one.startswith("easel:logfile:jsonl:"))
    (file,) = answer(await town.mo.click(shown, custom_id=as_lines)).attachments
    assert [json.loads(line)["prompt"] for line in (await file.read()).splitlines()] == ["another cat", "a cat"]
    (newest, *_) = (await town.services.audit_log.page(town.guild.id)).records
    assert newest.action == "export"
    assert "cat" in str(newest.after)


async def prompts_in(message: Any) -> list[str]:
    (file,) = message.attachments
    return [row["prompt"] for row in csv.DictReader(io.StringIO((await file.read()).decode()))]


async def test_what_went_with_a_ban_is_shown_again_by_a_button_or_with_the_lifting(town: Town) -> None:
    record, _ = await town.imagine("a cat")
    banned = await mod(town, "ban", person=town.ada, reason="spam", remove="1 day")
    undo = f"easel:undoremovals:{to_base36(town.ada.id)}:1"
    assert buttons(banned) == [f"easel:lift:{to_base36(town.ada.id)}", undo]
    assert await is_removed(town, record.id)
    told = await town.mo.click(banned, custom_id=undo)
    assert told is not None
    assert not await is_removed(town, record.id)
    await mod(town, "ban", person=town.ada, reason="spam", remove="1 day")
    lifted = said(await mod(town, "unban", person=town.ada, restore=True))
    assert "may use Easel again" in lifted
    assert "1 generation of theirs is shown again" in lifted
    assert not await is_removed(town, record.id)


async def is_removed(town: Town, generation_id: int) -> bool:
    record = await town.services.generations.get(generation_id)
    assert record is not None
    return record.removal is not None


async def test_a_held_picture_that_is_kept_is_shown(town: Town) -> None:
    """In the channel's grid; and hidden there again where the decision is taken back."""
    town.pool.picture_verdicts = {1: Verdict("hold", "nudity", 0.9, "picture_check", ("female_breast_exposed",))}
    record, _ = await town.imagine("a fountain", images=4)
    png = await town.services.storage.get(record.images[1].key)
    corner = Image.open(io.BytesIO(png)).convert("RGB").getpixel((0, 0))

    async def is_shown() -> bool:
        grid = Image.open(io.BytesIO(await town.messages()[0].attachments[0].read())).convert("RGB")
        return corner in {colour for _, colour in grid.getcolors(1 << 20) or []}

    assert not await is_shown()
    queue = await mod(town, "review")
    answered = answer(await town.mo.click(queue, custom_id=button(queue, "keep")))
    assert await is_shown()
    await town.mo.click(answered, custom_id=button(answered, "takeback"))
    assert not await is_shown()
    queue = await mod(town, "review")
    await town.mo.click(queue, custom_id=button(queue, "keep"))
    assert await is_shown()


async def test_a_held_picture_waits_for_a_moderator_who_shows_it(town: Town) -> None:
    """The channel never has it; whoever looks after the server is told why, and lets it be seen from its log entry."""
    town.pool.picture_verdicts = {1: Verdict("hold", "nudity", 0.9, "picture_check", ("female_breast_exposed",))}
    record, message = await town.imagine("a fountain", images=4)
    grid = Image.open(io.BytesIO(await message.attachments[0].read())).convert("RGB")
    colours = {colour for _, colour in grid.getcolors(1 << 20) or []}
    pngs = [await town.services.storage.get(image.key) for image in record.images]
    corners = [Image.open(io.BytesIO(png)).convert("RGB").getpixel((0, 0)) for png in pngs]
    assert [corner in colours for corner in corners] == [True, False, True, True]
    queue = await mod(town, "review")
    assert "Held back**, picture 2: nudity: seen in the picture: bare breasts" in said(queue)
    entry = answer(await town.mo.click(queue, custom_id=button(queue, "logentry")))
    assert "Picture 2 removed by Easel" in said(entry)
    await town.mo.click(entry, custom_id=f"easel:restore:{record.id}:1")
    assert "Picture 2 of generation" in said(entry)
    after = await town.services.generations.get(record.id)
    assert after is not None
    assert [image.removal for image in after.images] == [None] * 4
