"""The answer to an order where Discord is unwell, the token has run out, or the bot was restarted: nothing is lost."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import HTTPClient
from sqlalchemy import text

from bot.views import answer_message, attempt
from tests.bot_fakes import an_interaction, an_order
from tests.town import Town, answer, buttons, result_buttons, said


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
    assert buttons(message) == result_buttons(record.id)
    posted: list[Any] = [r.json for r in town.env.http_requests if r.method == "POST" and r.path.endswith("/messages")]
    assert posted[-1]["allowed_mentions"] == {"parse": [], "users": [town.ada.id]}
    assert len(town.messages()) == 1


async def test_what_was_posted_late_is_not_posted_again_in_a_busy_channel(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash before the row said so, however much was written between the order and its pictures."""
    monkeypatch.setattr("bot.views.reply.LOOKED_AT", 3)
    asked = HTTPClient.logs_from

    async def as_discord_does(
        http: HTTPClient, channel_id: int, limit: int, before: Any = None, after: Any = None, around: Any = None
    ) -> Any:
        """SimCord hands out the newest messages after one; Discord those next to it."""
        found = await asked(http, channel_id, 100, before=before, after=after, around=around)
        return found[-limit:] if after is not None else found[:limit]

    monkeypatch.setattr(HTTPClient, "logs_from", as_discord_does)
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    await town.env.advance_time(60)
    for number in range(5):
        await town.bo.send(town.pictures, f"message {number}")
    await town.env.advance_time(15 * 60)
    town.pool.release()
    record, message = await town.finished()
    async with town.services.database.writing() as session:
        await session.execute(text("UPDATE generations SET status = 'delivering', message_id = NULL"))
    await town.restart()
    again, _ = await town.finished()
    assert (again.id, again.status, again.message_id) == (record.id, "delivered", message.id)
    posted = [one.path for one in town.env.http_requests if one.method == "POST" and one.path.endswith("/messages")]
    assert len(posted) == 1, "Discord itself knows a nonce for some minutes only"


async def test_what_was_posted_late_is_taken_down_like_any_answer(town: Town) -> None:
    """The message that took the answer's place is known, too."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    await town.env.advance_time(16 * 60)
    town.pool.release()
    record, _ = await town.finished()
    await town.mo.slash(town.pictures, "mod remove", generation=record.id, reason="tasteless")
    assert town.pictures.history(viewer=town.bo) == []


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
    assert buttons(message) == result_buttons(record.id)


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10062)])
async def test_where_the_answer_cannot_be_edited_the_channel_serves(town: Town, status: int, code: int) -> None:
    """An invalid token or an unknown webhook: the pictures come as a message."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/messages/*", status=status, code=code, times=None)
    town.pool.release()
    record, message = await town.finished()
    assert message.id == record.message_id
    assert said(message).startswith(f"<@{town.ada.id}>")
    assert buttons(message) == result_buttons(record.id)


async def test_a_lasting_illness_is_waited_out_until_the_token_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result is tried for as long as its message can be edited; each try is of Discord's own making here."""
    now = 1000.0
    tries = 0
    monkeypatch.setattr(attempt, "FIRST_PAUSE", 0.0)
    for module in (attempt, answer_message):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    order = an_order(interaction=replace(an_interaction(), received=now))
    answered = answer_message.AnswerMessage(discord.Client(intents=discord.Intents.none()), 7, order, 99)

    async def ill() -> None:
        nonlocal now, tries
        now, tries = now + 60, tries + 1
        raise aiohttp.ClientConnectionError("the network is away")

    with pytest.raises(attempt.Unreachable):
        await answered.attempt(ill)
    assert tries == 15
    with pytest.raises(attempt.Unreachable):
        answered.webhook()


async def test_where_nothing_can_be_shown_the_pictures_wait_in_the_history(town: Town) -> None:
    """No way to the channel either: done, undelivered message, and /history has it."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/messages/*", status=401, code=50027, times=None)
    town.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=None)
    town.pool.release()
    _, message = await town.finished()
    assert (await town.newest()).status == "expired"
    assert said(message) == "Your pictures are ready: see `/history`."
    assert buttons(message) == []
    result = await town.ada.slash(town.pictures, "history")
    assert "a cat" in said(answer(result))


@pytest.mark.parametrize("status", [400, 403, 413])
async def test_a_grid_that_discord_takes_nowhere_leaves_no_endless_drawing(town: Town, status: int) -> None:
    """Refused as an edit and as a message: the answer says where the pictures are."""
    town.pool.hold_after_preview()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.shown("Drawing")
    town.env.inject_error("PATCH", "/webhooks/*/messages/*", status=status, code=40005, times=1)
    town.env.inject_error("POST", "/channels/*/messages", status=status, code=40005, times=None)
    town.pool.release()
    _, message = await town.finished()
    assert said(message) == "Your pictures are ready: see `/history`."
    assert buttons(message) == []


async def test_a_failure_after_the_token_has_run_out_is_told_in_the_answer(town: Town) -> None:
    """There are no private messages any more; silence would be worse than a public sentence."""
    town.pool.hold()
    town.pool.fail_next()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    await town.env.advance_time(16 * 60)
    town.pool.release()
    _, message = await town.finished()
    assert said(message) == "The drawing server ran out of memory. Fewer pictures may work."
    assert (len(town.messages()), buttons(message)) == (1, [])


async def test_cancelling_after_the_token_has_run_out_takes_the_button_away(town: Town) -> None:
    """No "Number 3 in the queue" stays behind."""
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.shown("Next in the queue")
    await town.env.advance_time(16 * 60)
    town.services.works.cancel((await town.newest()).id, town.ada.id)
    _, message = await town.finished()
    assert said(message) == "-# This generation was cancelled."
    assert buttons(message) == []


async def test_a_deleted_answer_is_not_posted_again(town: Town) -> None:
    """Who deletes the message while Easel draws does not want it there; the history keeps the pictures."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    await town.running()
    await town.mo.delete(town.messages()[0])
    town.pool.release()
    await town.until(lambda: not town.services.works.pending())
    assert town.messages() == []
    assert (await town.newest()).status == "expired"


async def test_an_interaction_that_ended_before_the_answer_costs_nothing(town: Town) -> None:
    """Discord refuses the first answer (10062): nothing is drawn, and the queue forgets it."""
    town.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert town.services.works.pending() == []
    assert town.pool.requests == []
    assert (await town.newest()).status == "failed"


async def test_a_generation_that_a_restart_interrupted_ends_in_its_own_message(town: Town) -> None:
    """What waited is taken up again and edits the same answer."""
    town.pool.capacity = 0
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    waiting = await town.shown("Next in the queue")
    await town.restart()
    record, message = await town.finished()
    assert record.status == "delivered"
    assert message.id == waiting.id == answer(result).id
    assert len(town.messages()) == 1
