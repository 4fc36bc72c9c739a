"""Wherever Easel is used: brought along to a server that has not added it, in threads, in posts of a forum."""

from typing import Any, Final

import discord
import pytest
import simcord.interactions

from tests.town import Town, answer, buttons, said

EXTERNAL = discord.Permissions(use_external_apps=True).value
FOLLOW_UPS = 5  # as many as Discord lets an app send that a person has brought along, for one interaction


class Guests:
    """Whoever does something has brought Easel along; `may_speak` is whether the server lets that be seen."""

    def __init__(self) -> None:
        self.may_speak = True


@pytest.fixture
def guests(monkeypatch: pytest.MonkeyPatch) -> Guests:
    """Interactions as Discord sends them for a user install, in a server that has not added the app."""
    state, build = Guests(), simcord.interactions.base_payload

    def payload(*arguments: Any, **named: Any) -> tuple[Any, dict[str, Any]]:
        record, sent = build(*arguments, **named)
        user = sent["member"]["user"] if "member" in sent else sent["user"]
        sent["authorizing_integration_owners"] = {"1": user["id"]}
        if "member" in sent:
            granted = int(sent["member"]["permissions"])
            granted = granted | EXTERNAL if state.may_speak else granted & ~EXTERNAL
            sent["member"]["permissions"] = str(granted)
        return record, sent

    monkeypatch.setattr(simcord.interactions, "base_payload", payload)
    return state


# ------------------------------------------------------------------------------------------------------- brought along


async def test_a_guest_draws_in_a_server_that_has_not_added_easel(town: Town, guests: Guests) -> None:
    """Everybody sees it; there is no gallery, no report, no log of that server."""
    assert guests.may_speak
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    record, message = await town.finished()
    assert not result.ephemeral
    assert record.order.requester.guild_id is None
    assert not [one for one in buttons(message) if one.split(":")[1] in ("shareany", "report")]
    assert "a cat" not in said(answer(await town.mo.slash(town.pictures, "history")))


async def test_where_guests_may_not_speak_everything_is_private(town: Town, guests: Guests) -> None:
    """Discord would hide it anyway; the first word says so, and what follows fits."""
    guests.may_speak = False
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.settled()
    record = await town.newest()
    assert result.ephemeral
    assert record.status == "delivered"
    assert not record.order.private  # it is nobody's wish
    picked = await town.pick(answer(result), 0)
    copy = await town.ada.click(picked, custom_id=f"easel:upscale:{record.id}:0:2")
    assert copy.ephemeral
    assert (await town.ada.click(answer(result), custom_id=f"easel:reroll:{record.id}")).ephemeral
    await town.settled()
    assert town.pictures.history(viewer=town.bo) == []


async def test_others_in_the_chat_may_press_too(town: Town, guests: Guests) -> None:
    """Outside of servers that have Easel, who is in the chat sees what was drawn there."""
    assert guests.may_speak
    record, message = await town.imagine("a cat")
    told = answer(await town.bo.click(message, custom_id=f"easel:details:{record.id}"))
    assert "Generation" in said(told)
    elsewhere = town.guild.create_text_channel("elsewhere")
    told = answer(await town.bo.slash(elsewhere, "details", which=str(record.id)))
    assert "was not found" in said(told)


async def test_a_guest_has_no_power_there(town: Town, guests: Guests) -> None:
    """A moderator of a server that has not added Easel moderates nothing of it."""
    assert guests.may_speak
    record, message = await town.imagine("a cat")
    refused = answer(await town.mo.click(message, custom_id=f"easel:delete:{record.id}"))
    assert "was not found" in said(refused)


async def test_a_late_result_waits_in_the_history(town: Town, guests: Guests) -> None:
    """The bot is no member there, so there is no channel to post to."""
    assert guests.may_speak
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/*/messages/*", status=401, code=50027, times=20)
    town.env.inject_error("*", "/channels/*", status=403, code=50001, times=None)
    town.pool.release()
    await town.settled()
    assert (await town.newest()).status == "expired"
    town.env.backend.faults.clear()
    assert "a cat" in said(answer(await town.ada.slash(town.pictures, "history")))


ANSWERED: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("again", {}), ("queue", {}), ("cancel", {}), ("history", {}), ("favourites", {}), ("details", {"which": "1"}),
    ("help", {}), ("limits", {}), ("about", {}), ("enhance", {"prompt": "a cat"}),
    ("describe", {"picture": ("a.png", b"x")}), ("style list", {}), ("imagine", {"prompt": ""}),
    ("imagine", {"prompt": "a cat"}),
)  # fmt: skip


async def test_no_answer_takes_more_words_than_a_guest_has(town: Town, guests: Guests) -> None:
    """Five follow-ups an interaction; edits of the answer do not count."""
    guests.may_speak = False
    said_by: dict[str, int] = {}
    for command, options in ANSWERED:
        result = await town.ada.slash(town.pictures, command, **options)
        await town.settled()
        said_by[f"/{command} {options}"] = len(result.followups)
        assert town.pictures.history(viewer=town.bo) == [], command
    assert {command: count for command, count in said_by.items() if count > FOLLOW_UPS} == {}


# ------------------------------------------------------------------------------------------------------- threads


async def test_threads_and_posts_of_a_forum_are_places_to_draw(town: Town) -> None:
    """The answer stands in the thread, and its buttons work there."""
    forum = town.guild.create_forum_channel("ideas")
    for parent in (town.pictures, forum):
        town.env.backend.create_thread(parent.id, "cats", town.ada.id, broadcast=parent is town.pictures)
        (place,) = parent.threads
        result = await town.ada.slash(place, "imagine", prompt="a cat", images=1)
        await town.settled()
        record = await town.newest()
        assert record.order.requester.channel_id == place.id
        assert record.message_id == answer(result).id
        told = answer(await town.bo.click(answer(result), custom_id=f"easel:details:{record.id}"))
        assert "Generation" in said(told)


async def test_a_late_result_is_posted_in_the_thread(town: Town) -> None:
    """Where it was ordered, not beside it."""
    town.env.backend.create_thread(town.pictures.id, "cats", town.ada.id)
    (thread,) = town.pictures.threads
    town.pool.hold()
    await town.ada.slash(thread, "imagine", prompt="a cat", images=1)
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/*/messages/*", status=401, code=50027, times=20)
    town.pool.release()
    await town.settled()
    record = await town.newest()
    assert record.status == "delivered"
    assert thread.history()[-1].id == record.message_id
    assert f"<@{town.ada.id}>" in said(thread.history()[-1])
