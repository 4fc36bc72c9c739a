"""/mod: the request log, sanctions and removals, and who may use them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.actions.moderation import sanction_length
from bot.database.guild import Drawing, GuildRecord
from bot.errors import InvalidOption
from tests.bot_fakes import locked
from tests.town import Town, answer, button, buttons, parts, said

MAY_TIME_OUT = discord.Permissions(manage_messages=True, moderate_members=True)


async def mod(town: Town, command: str, **options: Any) -> Any:
    return answer(await town.mo.slash(town.pictures, f"mod {command}", **options))


# ------------------------------------------------------------------------------------------------------------- log


async def test_the_log_shows_every_request_of_the_server_in_private(town: Town) -> None:
    """Drawn, blocked and failed ones, newest first, with person and verdict."""
    town.pool.block("gore", "violence")
    await town.imagine("a cat")
    await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    shown = await mod(town, "log")
    assert shown.ephemeral
    assert said(shown).index("some gore") < said(shown).index("a cat")
    assert "⛔ blocked" in said(shown)
    assert "blocked: violence" in said(shown)
    assert f"<@{town.ada.id}>" in said(shown)


async def test_the_log_filters(town: Town) -> None:
    """By person, status, category, words, channel, time and score, alone and together."""
    town.pool.block("gore", "violence_gore")
    for who, prompt in ((town.ada, "a red cat"), (town.bo, "a blue cat"), (town.bo, "gore")):
        await who.slash(town.pictures, "imagine", prompt=prompt)
        await town.settled()
    assert prompts(await mod(town, "log", person=town.bo)) == ["gore", "a blue cat"]
    assert prompts(await mod(town, "log", status="blocked")) == ["gore"]
    assert prompts(await mod(town, "log", category="violence_gore")) == ["gore"]
    assert prompts(await mod(town, "log", score=0.5)) == ["gore"]
    assert prompts(await mod(town, "log", score=0.95)) == []
    assert len(prompts(await mod(town, "log", channel=town.pictures))) == 3
    assert prompts(await mod(town, "log", channel=town.guild.create_text_channel("other"))) == []
    assert len(prompts(await mod(town, "log", since="1 hour"))) == 3
    assert prompts(await mod(town, "log", until="1 hour")) == []
    assert len(prompts(await mod(town, "log", since="2026-01-01", until="2999-01-01"))) == 3
    assert prompts(await mod(town, "log", since="2999-01-01")) == []
    assert prompts(await mod(town, "log", words="CAT red")) == ["a red cat"]
    assert prompts(await mod(town, "log", person=town.ada, status="blocked")) == []


async def test_the_log_turns_pages_under_its_filter_even_after_a_restart(town: Town) -> None:
    """Six entries a page; the button's id holds the filter."""
    for count in range(7):
        await town.imagine(f"cat number {count}", images=1)
    await town.imagine("a dog", images=1, who=town.bo)
    result = await town.mo.slash(town.pictures, "mod log", person=town.ada, status="delivered", words="cat number")
    assert prompts(answer(result)) == [f"cat number {count}" for count in (6, 5, 4, 3, 2, 1)]
    older = button(answer(result), "modlog", -1)
    assert len(older) <= 100
    await town.restart()
    await town.mo.click(answer(result), custom_id=older)
    assert prompts(answer(result)) == ["cat number 0"]


async def test_the_log_of_another_server_stays_there(town: Town) -> None:
    """A moderator here reads what happened here."""
    await town.imagine("a cat")
    other = town.env.create_guild("Other")
    channel = other.create_text_channel("other")
    mod_role = other.create_role("Mods", permissions=discord.Permissions(manage_messages=True))
    stranger = other.add_member(town.env.create_user("stranger"), roles=[mod_role])
    assert prompts(answer(await stranger.slash(channel, "mod log"))) == []
    removed = await stranger.slash(channel, "mod remove", generation=1, reason="why")
    assert "was not found" in said(answer(removed))


async def test_an_entry_opens_with_pictures_and_can_be_removed(town: Town) -> None:
    """Details, verdict, grid and *Remove*, which takes the message down and writes the audit log."""
    record, _ = await town.imagine("a cat")
    shown = await mod(town, "log")
    opened = answer(await town.mo.click(shown, custom_id=f"easel:logentry:{record.id}"))
    assert "Filter: **allowed**" in said(opened)
    assert len(opened.attachments) == 1
    await town.mo.click(opened, custom_id=f"easel:remove:{record.id}")
    assert town.pictures.history(viewer=town.bo) == []
    assert await audited(town) == [("remove", f"generation:{record.id}")]
    again = answer(await town.mo.click(await mod(town, "log"), custom_id=f"easel:logentry:{record.id}"))
    await town.mo.click(again, custom_id=f"easel:restore:{record.id}:")
    assert f"Generation {record.id} is shown again." in said(again)


async def test_a_blocked_entry_opens_without_pictures(town: Town) -> None:
    """What was never drawn has details only."""
    town.pool.block("gore", "violence")
    await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    record = await town.newest()
    opened = answer(await town.mo.click(await mod(town, "log"), custom_id=f"easel:logentry:{record.id}"))
    assert "Filter: **blocked** (violence, 0.9)" in said(opened)
    assert f"<#{town.pictures.id}>" in said(opened)
    assert opened.attachments == []


async def test_the_log_says_what_it_shows_and_refuses_what_is_no_time(town: Town) -> None:
    shown = said(await mod(town, "log", channel=town.pictures, since="2026-05-03", score=0.5))
    assert f"in <#{town.pictures.id}> · since <t:1777766400:f> · score at least 0.5" in shown
    assert "“soon”; write a day" in said(await mod(town, "log", since="soon"))
    assert "“900000 days”; write a day" in said(await mod(town, "log", since="900000 days"))


async def test_a_filter_among_the_words_gets_a_hint(town: Town) -> None:
    """user:42 is no word of any prompt."""
    assert "options of their own" in said(await mod(town, "log", words="user:42"))
    assert "options of their own" not in said(await mod(town, "log", words="a cat: red"))


async def test_filters_that_the_next_pages_button_cannot_hold_are_refused(town: Town) -> None:
    """Before anything is shown, so that nobody turns to a page under another filter."""
    everything = {"person": town.ada, "channel": town.pictures, "status": "delivering", "category": "hate_harassment",
                  "words": "x" * 30, "since": "2 days", "until": "1 day", "score": 0.5}  # fmt: skip
    assert "So many filters at once do not fit" in said(await mod(town, "log", **everything))


async def test_a_failed_entry_says_what_failed(town: Town) -> None:
    """The server's code and its words, for the moderator who is asked about it."""
    town.pool.fail_next("out_of_memory")
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.settled()
    record = await town.newest()
    shown = said(answer(await town.mo.click(await mod(town, "log"), custom_id=f"easel:logentry:{record.id}")))
    assert r"Error **out\_of\_memory**: The drawing server ran out of memory." in shown
    assert "To repeat it" not in shown


async def test_long_prompts_fit_the_page(town: Town) -> None:
    """Six prompts made of nothing but marks stay within 4,000 characters."""
    for _ in range(6):
        await town.imagine("*_" * 500, images=1)
    assert len(said(await mod(town, "log"))) <= 4000


# ------------------------------------------------------------------------------------------------------- sanctions


async def test_a_timeout_holds_until_its_end_and_can_be_lifted(town: Town) -> None:
    """The person is refused at once, the log shows it, the audit log has both acts."""
    told = await mod(town, "timeout", person=town.ada, duration="2h", reason="spam")
    assert told.ephemeral
    assert "cannot use Easel until" in said(told)
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert "timed out from Easel: spam" in said(answer(refused))
    assert "⛔ timeout until" in said(await mod(town, "log", person=town.ada))
    sanction = await town.services.sanctions.active(town.ada.id, town.guild.id)
    assert sanction is not None
    assert sanction.until is not None
    assert timedelta(minutes=119) < sanction.until - datetime.now(UTC) <= timedelta(hours=2)
    assert "may use Easel again" in said(await mod(town, "unban", person=town.ada, reason="sorry"))
    record, _ = await town.imagine("a cat")
    assert record.status == "delivered"
    assert await audited(town) == [("lift", f"user:{town.ada.id}"), ("timeout", f"user:{town.ada.id}")]


async def test_a_ban_counts_in_this_server_only(town: Town) -> None:
    """Another server makes up its own mind."""
    await mod(town, "ban", person=town.ada, reason="spam")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert "banned from Easel: spam" in said(answer(refused))
    other = town.env.create_guild("Other")
    channel = other.create_text_channel("other")
    ada = other.add_member(town.ada.user)
    assert not (await ada.slash(channel, "imagine", prompt="a cat")).ephemeral


async def test_a_timeout_frees_nobody_from_a_ban(town: Town) -> None:
    """It names what is in force and the cure; a ban in a timeout's place is told as such in the audit log."""
    await mod(town, "timeout", person=town.ada, duration="2h", reason="spam")
    shorter = said(await mod(town, "timeout", person=town.ada, duration="1m", reason="x"))
    assert "is timed out for longer" in shorter
    await mod(town, "ban", person=town.ada, reason="spam")
    assert "Sanction: timeout → ban" in said(await mod(town, "audit"))
    refused = said(await mod(town, "timeout", person=town.ada, duration="1m", reason="x"))
    assert "is banned, and a timeout would end the ban. Lift the ban first." in refused
    assert [action for action, _ in await audited(town)] == ["ban", "timeout"]


async def test_a_lift_brings_back_what_went_with_the_timeout_before_the_ban(town: Town) -> None:
    """The ban takes over what was removed with the timeout; where there is nothing to bring back, that is said."""
    record, _ = await town.imagine("a cat")
    await mod(town, "timeout", person=town.ada, duration="1h", reason="spam", remove="1 day")
    await mod(town, "ban", person=town.ada, reason="spam")
    assert "1 generation of theirs is shown again" in said(await mod(town, "unban", person=town.ada, restore=True))
    shown = await town.services.generations.get(record.id)
    assert shown is not None
    assert shown.removal is None
    await mod(town, "ban", person=town.ada, reason="spam")
    nothing = said(await mod(town, "unban", person=town.ada, restore=True))
    assert "Nothing that was removed with it is left to show again." in nothing


async def test_lifting_nothing_says_so(town: Town) -> None:
    """No sanction, no lifting."""
    assert "is neither banned nor timed out" in said(await mod(town, "unban", person=town.ada))


async def test_who_may_only_time_out_can_neither_shorten_nor_lift_a_ban(town: Town) -> None:
    """A timeout takes the place of what is in force: over a ban it would be a pardon.  Timeouts they do lift."""
    guards = town.guild.create_role("Guards", permissions=MAY_TIME_OUT)
    guard = town.guild.add_member(town.env.create_user("guard"), roles=[guards])
    await mod(town, "ban", person=town.ada, reason="spam")
    refused = await guard.slash(town.pictures, "mod timeout", person=town.ada, duration="1m", reason="x")
    assert "You need the permission “Ban Members”" in said(answer(refused))
    refused = await guard.slash(town.pictures, "mod unban", person=town.ada)
    assert "You need the permission “Ban Members”" in said(answer(refused))
    assert await audited(town) == [("ban", f"user:{town.ada.id}")]
    await guard.slash(town.pictures, "mod timeout", person=town.bo, duration="1h", reason="x")
    lifted = await guard.slash(town.pictures, "mod unban", person=town.bo)
    assert "the timeout is lifted" in said(answer(lifted))


async def test_owner_and_administrators_are_out_of_a_moderators_reach(town: Town) -> None:
    """Neither ban nor timeout; the owner may sanction an administrator, and one administrator another."""
    administrators = town.guild.create_role("Administrators", permissions=discord.Permissions(administrator=True))
    boss, chief = (
        town.guild.add_member(town.env.create_user(name), roles=[administrators]) for name in ("boss", "chief")
    )
    owner = simcord.MemberActor(town.env, town.guild, town.guild.owner)
    for command, options in (("ban", {}), ("timeout", {"duration": "1h"})):
        assert "owns this server" in said(await mod(town, command, person=owner, reason="x", **options))
        assert "is an administrator" in said(await mod(town, command, person=boss, reason="x", **options))
    refused = await boss.slash(town.pictures, "mod ban", person=owner, reason="x")
    assert "owns this server" in said(answer(refused))
    assert await audited(town) == []
    assert "is banned" in said(answer(await owner.slash(town.pictures, "mod ban", person=boss, reason="x")))
    assert "is banned" in said(answer(await boss.slash(town.pictures, "mod ban", person=chief, reason="x")))


async def test_moderators_cannot_sanction_themselves_or_bots(town: Town) -> None:
    """Two slips of the finger that would otherwise need another moderator."""
    assert "yourself" in said(await mod(town, "ban", person=town.mo, reason="oops"))
    robot = town.guild.add_member(town.env.create_user("robot", bot=True))
    assert "is a bot" in said(await mod(town, "ban", person=robot, reason="oops"))
    assert await audited(town) == []


@pytest.mark.parametrize("duration", ["", "soon", "5", "0m", "-3h", "366 days", "999999w", "1 lightyear"])
async def test_other_durations_are_refused_with_the_way_to_write_them(town: Town, duration: str) -> None:
    """Named in the refusal; nobody is sanctioned."""
    with pytest.raises(InvalidOption, match=r"no_duration|wrong_duration"):
        sanction_length("duration", duration)
    told = await mod(town, "timeout", person=town.ada, duration=duration, reason="spam")
    assert told.ephemeral
    assert await town.services.sanctions.active(town.ada.id, town.guild.id) is None


# --------------------------------------------------------------------------------------------------------- removal


async def test_remove_takes_the_message_down(town: Town) -> None:
    """By id, with a reason that is kept."""
    record, _ = await town.imagine("a cat")
    assert "is removed" in said(await mod(town, "remove", generation=record.id, reason="tasteless"))
    assert town.pictures.history(viewer=town.bo) == []
    removed = await town.services.generations.get(record.id)
    assert removed is not None
    assert removed.removal is not None
    assert (removed.removal.by, removed.removal.why) == (town.mo.id, "tasteless")


async def test_a_removal_is_taken_back_with_one_press(town: Town) -> None:
    """Here of one picture, after a restart; it is audited.  So is what a moderator removes of their own."""
    record, _ = await town.imagine("a cat", images=4)
    told = await mod(town, "remove", generation=record.id, picture=2, reason="tasteless")
    await town.restart()
    await town.mo.click(told, custom_id=f"easel:restore:{record.id}:1")
    assert f"Picture 2 of generation {record.id} is shown again." in said(told)
    assert buttons(told) == []
    after = await town.services.generations.get(record.id)
    assert after is not None
    assert [image.removal for image in after.images] == [None] * 4
    assert await audited(town) == [("restore", f"generation:{record.id}:1"), ("remove", f"generation:{record.id}:1")]
    own, _ = await town.imagine("a dog", who=town.mo)
    await town.mo.click(
        await mod(town, "remove", generation=own.id, reason="mine"), custom_id=f"easel:restore:{own.id}:"
    )
    assert (await audited(town))[:2] == [("restore", f"generation:{own.id}"), ("remove", f"generation:{own.id}")]


async def test_remove_one_picture_cuts_it_out_of_its_message(town: Town) -> None:
    """The others stay, in a smaller grid, with their buttons."""
    record, message = await town.imagine("a cat", images=4)
    before = await message.attachments[0].read()
    await mod(town, "remove", generation=record.id, picture=2, reason="tasteless")
    after = town.messages()[0]
    assert await after.attachments[0].read() != before
    (chooser,) = (part for part in parts(after) if part["type"] == 3)
    labels = [option["label"] for option in chooser["options"]]
    assert labels == ["Picture 1, top left", "Picture 3, bottom left", "Picture 4, bottom right"]
    refused = await town.bo.click(after, custom_id=f"easel:details:{record.id}")
    assert "Picture 2: seed" in said(answer(refused))
    assert "removed" in said(answer(refused))


async def test_remove_stops_what_is_still_being_drawn(town: Town) -> None:
    """A generation taken down while it waits never comes."""
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.shown("Next in the queue")
    record = await town.newest()
    await mod(town, "remove", generation=record.id, reason="no")
    await town.settled()
    assert (await town.newest()).status == "cancelled"


async def test_remove_tells_when_the_message_still_stands(town: Town) -> None:
    """The moderator learns that the picture can still be seen, and which permission is missing."""
    record, _ = await town.imagine("a cat")
    town.env.inject_error("DELETE", "/channels/*/messages/*", status=403, code=50001)
    told = said(await mod(town, "remove", generation=record.id, reason="tasteless"))
    assert "it still stands in the channel" in told
    assert "View Channel" in told


async def test_remove_names_what_it_does_not_find(town: Town) -> None:
    """Neither a generation that never was nor a picture too many."""
    record, _ = await town.imagine("a cat", images=4)
    assert "Generation 99" in said(await mod(town, "remove", generation=99, reason="no"))
    assert "Picture 5" in said(await mod(town, "remove", generation=record.id, picture=5, reason="no"))


# ----------------------------------------------------------------------------------------------------- permissions


@pytest.mark.parametrize(
    ("command", "options", "permission"),
    [
        ("log", {}, "Manage Messages"),
        ("timeout", {"duration": "1h", "reason": "x"}, "Timeout Members"),
        ("ban", {"reason": "x"}, "Ban Members"),
        ("unban", {}, "Timeout Members"),
        ("remove", {"generation": 1, "reason": "x"}, "Manage Messages"),
    ],
)
async def test_permissions_are_asked_in_code(
    town: Town, command: str, options: dict[str, Any], permission: str
) -> None:
    """A server may let anyone see /mod; that alone lets nobody act."""
    record, _ = await town.imagine("a cat")
    root = next(one for one in town.env.backend.commands[None].values() if one["name"] == "mod")
    town.guild.set_command_permissions(int(root["id"]), {town.bo: True})
    if command in ("timeout", "ban", "unban"):
        options = {**options, "person": town.ada}
    refused = answer(await town.bo.slash(town.pictures, f"mod {command}", **options))
    assert int(root["default_member_permissions"]) == discord.Permissions(manage_messages=True).value
    assert refused.ephemeral
    assert f"You need the permission “{permission}”" in said(refused)
    assert await audited(town) == []
    unchanged = await town.services.generations.get(record.id)
    assert unchanged is not None
    assert unchanged.removal is None


async def test_members_do_not_see_the_command(town: Town) -> None:
    """By default Discord shows /mod to moderators only."""
    assert not [name for name in town.bo.available_commands(town.pictures) if name.startswith("mod")]
    assert "mod log" in town.mo.available_commands(town.pictures)


async def test_the_audit_log_turns_pages_for_moderators_alone(town: Town) -> None:
    """Ten acts a page, over a restart; who is no moderator any more reads nothing."""
    for _ in range(6):
        for command in ("timeout", "unban"):
            options = {"duration": "1h", "reason": "spam"} if command == "timeout" else {}
            await town.mo.slash(town.pictures, f"mod {command}", person=town.ada, **options)
    shown = await mod(town, "audit")
    first = said(shown)
    await town.restart()
    await town.mo.click(shown, custom_id=button(shown, "audit"))
    assert said(shown) != first
    await town.mo.click(shown, custom_id=button(shown, "audit"))
    assert said(shown) == first
    town.env.backend.get_guild(town.guild.id).members[town.mo.id].role_ids.clear()
    refused = await town.mo.click(shown, custom_id=button(shown, "audit"))
    assert "You need the permission" in said(answer(refused))


async def test_the_audit_log_is_narrowed_to_a_person_and_a_time(town: Town) -> None:
    """What was done about whom, and when."""
    for person, reason in ((town.ada, "of cats"), (town.bo, "of dogs")):
        await mod(town, "timeout", person=person, duration="1 hour", reason=reason)
    about = said(await mod(town, "audit", person=town.ada))
    assert ("of cats" in about, "of dogs" in about) == (True, False)
    assert "of dogs" in said(await mod(town, "audit", since="1 hour"))
    assert "Nothing matches" in said(await mod(town, "audit", until="2 days"))


async def test_the_audit_log_says_what_was_set_from_what_to_what(town: Town) -> None:
    """In the words of the settings' page, with channels as Discord shows them; the same in the reader's language."""
    chosen = GuildRecord(town.guild.id, review_channel_id=town.pictures.id, drawing=Drawing(max_images=4))
    await town.services.guild_settings.set(chosen, town.mo.id)
    await mod(town, "timeout", person=town.ada, duration="10m", reason="spam")
    shown = said(await mod(town, "audit"))
    assert f"<@{town.mo.id}> **settings** this server" in shown
    assert f"-# Review channel: <#{town.pictures.id}>" in shown
    assert "-# At most: 4 pictures" in shown
    assert "-# Until: <t:" in shown
    assert "guild" not in shown


async def test_a_timeout_that_a_ban_replaced_is_neither_lifted_nor_over(town: Town) -> None:
    """It is replaced, though its end may still lie ahead; the web pages say the same."""
    await mod(town, "timeout", person=town.ada, duration="10m", reason="spam")
    await mod(town, "ban", person=town.ada, reason="more spam")
    for command, options in (("sanctions", {}), ("user", {"person": town.ada})):
        shown = said(await mod(town, command, **options))
        assert "(replaced)" in shown
        assert not any(word in shown for word in ("(over)", "(lifted)"))


async def test_the_audit_log_counts_pictures_as_people_do(town: Town) -> None:
    """The second picture is number 2 where it is removed and where that is read."""
    await town.imagine("a cat")
    record = await town.newest()
    await mod(town, "remove", generation=record.id, picture=2, reason="ugly")
    assert f"**removal** Picture 2 of generation {record.id}" in said(await mod(town, "audit"))
    assert await audited(town) == [("remove", f"generation:{record.id}:1")]


async def test_the_audit_log_says_whether_there_is_nothing_or_nothing_that_matches(town: Town) -> None:
    """An act is chosen by name, and told in the same words."""
    assert "Nothing yet." in said(await mod(town, "audit"))
    await town.services.sanctions.sanction(town.ada.id, town.guild.id, "ban", None, "spam", town.mo.id)
    await town.services.sanctions.lift(town.ada.id, town.guild.id, town.mo.id)
    assert "**lifted**" in said(await mod(town, "audit", action="lift"))
    assert "**ban**" not in said(await mod(town, "audit", action="lift"))
    assert "Nothing matches." in said(await mod(town, "audit", action="block_term"))


async def test_sanctions_turn_pages(town: Town) -> None:
    """Ten a page."""
    people = [town.guild.add_member(town.env.create_user(f"spammer{number}")) for number in range(11)]
    for person in people:
        await town.services.sanctions.sanction(person.id, town.guild.id, "ban", None, "spam", town.mo.id)
    shown = await mod(town, "sanctions")
    assert f"<@{people[0].id}>" not in said(shown)
    await town.mo.click(shown, custom_id=button(shown, "sanctions"))
    assert f"<@{people[0].id}>" in said(shown)


async def test_who_is_in_the_log_is_timed_out_from_there(town: Town) -> None:
    """By the form below an entry, after a restart, too; by nobody without the permission."""
    record, _ = await town.imagine("a cat")
    opened = answer(await town.mo.click(await mod(town, "log"), custom_id=f"easel:logentry:{record.id}"))
    await town.restart()
    shown = await town.mo.click(opened, custom_id=button(opened, "timeout"))
    assert shown.modal is not None
    told = answer(await town.mo.submit_modal(shown, {"duration": "1h", "reason": "spam"}))
    assert "cannot use Easel until" in said(told)
    assert await town.services.sanctions.active(town.ada.id, town.guild.id) is not None
    town.env.backend.get_guild(town.guild.id).members[town.mo.id].role_ids.clear()
    refused = await town.mo.click(opened, custom_id=button(opened, "timeout"))
    assert "You need the permission" in said(answer(refused))


async def test_buttons_of_the_log_ask_again(town: Town) -> None:
    """A moderator who lost the permission since opening the log is refused."""
    record, _ = await town.imagine("a cat")
    shown = await mod(town, "log")
    town.env.backend.get_guild(town.guild.id).members[town.mo.id].role_ids.clear()
    refused = await town.mo.click(shown, custom_id=f"easel:logentry:{record.id}")
    assert "You need the permission" in said(answer(refused))


def prompts(message: Any) -> list[str]:
    """The prompts of a page of the log."""
    return [line.strip("*") for line in said(message).splitlines() if line.startswith("**")]


async def audited(town: Town) -> list[tuple[str, str]]:
    page = await town.services.audit_log.page(town.guild.id)
    return [(entry.action, entry.subject) for entry in page.records]


# ------------------------------------------------------------------------------------------- when things are not well


async def test_a_locked_database_delays_the_act_not_the_answer(town: Town, tmp_path: Path) -> None:
    """Discord waits three seconds for an answer: it comes first, and the act when the database lets it happen."""
    with locked(tmp_path):
        before = len(town.env.http_requests)
        acting = asyncio.create_task(town.mo.slash(town.pictures, "mod ban", person=town.ada, reason="spam"))
        await town.until(lambda: any("/callback" in one.path for one in town.env.http_requests[before:]))
        assert await town.services.sanctions.active(town.ada.id, town.guild.id) is None
    assert "is banned" in said(answer(await acting))
    assert await audited(town) == [("ban", f"user:{town.ada.id}")]


async def test_the_owner_is_asked_for_where_the_client_does_not_know_the_server(town: Town) -> None:
    """Else a moderator could sanction them; and where Discord does not say, nobody is sanctioned."""
    owner = simcord.MemberActor(town.env, town.guild, town.guild.owner)
    town.bot._connection._guilds.pop(town.guild.id)
    assert "owns this server" in said(await mod(town, "ban", person=owner, reason="x"))
    assert "is banned" in said(await mod(town, "ban", person=town.ada, reason="x"))
    town.env.inject_error("GET", "/guilds/*", status=403, code=50001)
    assert "does not say who owns" in said(await mod(town, "ban", person=town.bo, reason="x"))
    assert await audited(town) == [("ban", f"user:{town.ada.id}")]


async def test_a_sanction_stops_what_the_person_waits_for(town: Town) -> None:
    """Nothing of a banned person's appears in the channel any more."""
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.shown("Next in the queue")
    await mod(town, "ban", person=town.ada, reason="spam")
    await town.settled()
    assert (await town.newest()).status == "cancelled"
