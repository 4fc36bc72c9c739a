"""Discord's numbered errors: each has a name, and whoever can still be told reads what it means."""

import pytest

from bot.views.details import Details
from bot.views.discord_codes import TOKEN_GONE, UNHEARD, Code
from bot.views.picture import Upscale, Vary
from bot.views.remix import Reroll
from bot.wording.phrases import DISCORD_ERRORS
from tests.scenes.scene import acting, posted
from tests.town import Town, answer, said


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (404, 10003, "This channel is gone."),
        (404, 10008, "This message is gone already."),
        (400, 30046, "Discord lets messages older than an hour be changed only now and then."),
        (413, 40005, "it is larger than this server takes"),
        (403, 50001, "Easel may not see this channel."),
        (403, 50007, "Discord does not let Easel write to this person privately."),
        (403, 50013, "Easel lacks a permission here."),
        (400, 200000, "This server's AutoMod did not let Easel's message through."),
    ],
)
async def test_who_pressed_reads_what_discord_refused(town: Town, status: int, code: int, sentence: str) -> None:
    """In private, and nothing of it is a fault in the log."""
    record, message = await town.imagine("a cat")
    town.env.inject_error("PATCH", "/webhooks/*/*/messages/*", status=status, code=code)
    result = await town.ada.click(message, custom_id=f"easel:cover:{record.id}")
    assert sentence in said(answer(result))
    assert answer(result).ephemeral
    assert town.broken == []


@pytest.mark.parametrize(("status", "code"), [(404, 10015), (404, 10062), (400, 40060), (401, 50027)])
async def test_where_nobody_can_be_told_nobody_is(town: Town, status: int, code: int) -> None:
    """The interaction is over, or has been answered by another process; that is no fault, either."""
    record, message = await town.imagine("a cat")
    town.env.inject_error("POST", "/interactions/*/*/callback", status=status, code=code)
    result = await town.ada.click(message, custom_id=f"easel:details:{record.id}")
    assert result.followups == []
    assert town.broken == []
    assert [entry["code"] for entry in town.logs if entry["event"] == "interaction.answered_too_late"] == [code]


def test_every_code_is_told_or_cannot_be() -> None:
    assert {code.name for code in Code} == {*DISCORD_ERRORS, *(code.name for code in UNHEARD)}
    assert UNHEARD > TOKEN_GONE


async def test_a_decision_stands_where_its_reporter_takes_no_direct_messages(town: Town) -> None:
    """Discord's 50007; the log says that they were not told."""
    record, _ = await town.imagine("a cat")
    with town.env.time_context():
        await town.services.reviews.report(acting(town, town.bo), record.id, None, "it looks at me")
    queue = answer(await town.mo.slash(town.pictures, "mod review"))
    town.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    await town.mo.click(queue, custom_id=f"easel:takedown:{record.id}")
    after = await town.services.generations.get(record.id)
    assert after is not None
    assert after.removal is not None
    assert [entry["event"] for entry in town.logs].count("review.not_told") >= 1
    assert town.broken == []


async def test_nobody_gets_direct_messages_about_what_others_had_drawn(town: Town) -> None:
    """Whatever is varied, enlarged, looked up, shared, voted for; and in a direct message nothing of it is seen."""
    record, _ = await town.imagine("a secret cat")
    for press in (Upscale(record.id, 0, 2), Vary(record.id, 0, "subtle"), Reroll(record.id), Details(record.id)):
        await town.bo.click(await posted(town, press), custom_id=press.custom_id)
        await town.settled()
    with town.env.time_context():
        share = await town.services.gallery.share(acting(town, town.ada), record.id, 0)
        await town.services.gallery.vote(acting(town, town.bo), share.id)
    assert [entry for entry in town.env.backend.transcript if "/users/@me/channels" in str(entry)] == []
    await town.bo.user.send_dm("hello")
    told = answer(await town.bo.user.slash("details", which=str(record.id)))
    assert "was not found" in said(told)
