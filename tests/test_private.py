"""What is ordered as private: seen by its owner alone, and by who reads the request log."""

from typing import Any

import pytest

from bot.actions.actor import Actor
from bot.database.records import GenerationRecord
from bot.errors import KeptPrivate, NotFound
from tests.town import Town, answer, buttons, said


async def private(town: Town, prompt: str = "a secret garden", **options: Any) -> tuple[GenerationRecord, Any]:
    """Ada draws something for herself."""
    result = await town.ada.slash(town.pictures, "imagine", prompt=prompt, private=True, **options)
    assert result.ephemeral
    await town.settled()
    return await town.newest(), answer(result)


async def test_the_pictures_are_shown_to_their_owner_alone(town: Town) -> None:
    """From the first word on; with nothing to share them by, and nothing of them in the channel."""
    record, message = await private(town)
    assert record.order.private
    assert record.status == "delivered"
    assert "🔒 private" in said(message)
    assert not [one for one in buttons(message) if one.split(":")[1] in ("shareany", "report")]
    assert town.pictures.history(viewer=town.bo) == []
    assert [one.id for one in town.pictures.history(viewer=town.ada)] == [message.id]


async def test_what_is_made_from_them_is_private_too(town: Town) -> None:
    """Picked, upscaled, varied, completed, drawn again."""
    record, message = await private(town)
    picked = await town.pick(message, 0)
    assert not [one for one in buttons(picked) if ":share" in one]
    for custom_id in (f"easel:vary:{record.id}:0:subtle", f"easel:complete:{record.id}:0"):
        assert (await town.ada.click(picked, custom_id=custom_id)).ephemeral
    assert (await town.ada.click(picked, custom_id=f"easel:upscale:{record.id}:0:2")).ephemeral
    assert (await town.ada.click(message, custom_id=f"easel:reroll:{record.id}")).ephemeral
    await town.settled()
    assert (await town.newest()).order.private
    assert (await town.ada.slash(town.pictures, "again")).ephemeral
    await town.settled()
    assert town.pictures.history(viewer=town.bo) == []


async def test_again_repeats_what_is_still_being_drawn(town: Town) -> None:
    """In private as that one, whatever was drawn in public before."""
    await town.imagine("a cat")
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a secret garden", private=True)
    running = await town.running()
    assert (await town.ada.slash(town.pictures, "again")).ephemeral
    town.pool.release()
    await town.settled()
    again = await town.newest()
    assert (again.order.prompt, again.order.private) == ("a secret garden", True)
    assert again.order.parent_id == running.id


@pytest.mark.parametrize("who", ["bo", "mo"])
async def test_nobody_else_finds_them(town: Town, who: str) -> None:
    """By id, by autocomplete, in galleries; a moderator neither, but in the log."""
    record, _ = await private(town)
    person = getattr(town, who)
    told = answer(await person.slash(town.pictures, "details", which=str(record.id)))
    assert "was not found" in said(told)
    assert "a secret" not in said(answer(await person.slash(town.pictures, "queue")))
    assert await town.services.suggestions.prompts(_actor(town, person), "secret") == []
    assert "a secret" not in said(answer(await person.slash(town.pictures, "gallery")))
    assert "a secret" not in said(answer(await person.slash(town.pictures, "history")))


async def test_a_gallery_tells_nothing_of_what_was_made_in_private(town: Town) -> None:
    """Not even that somebody made something from a shared picture."""
    shared, message = await town.imagine("a garden", images=1)
    share = await town.services.shares.share(shared.id, 0, town.ada.id)
    remix = await town.bo.click(message, custom_id=f"easel:remix:{shared.id}")
    await town.bo.submit_modal(remix, {"prompt": "a secret garden --private", "negative": ""})
    await town.settled()
    child = await town.newest()
    assert (child.order.private, child.order.parent_id) == (True, shared.id)
    family = await town.services.gallery.family(_actor(town, town.ada), share)
    assert family.descendants == ()


async def test_they_are_never_shared(town: Town) -> None:
    """Whichever door somebody tries: the rule stands with the action, and once more with the table."""
    record, _ = await private(town)
    with pytest.raises(KeptPrivate):
        await town.services.gallery.share(_actor(town, town.ada), record.id, 0)
    with pytest.raises(KeptPrivate):
        await town.services.shares.share(record.id, 0, town.ada.id)


async def test_the_request_log_has_them(town: Town) -> None:
    """Moderators look after what is private, too: they see it there, and may take it down."""
    record, _ = await private(town)
    shown = answer(await town.mo.slash(town.pictures, "mod log"))
    assert "a secret garden" in said(shown)
    assert "🔒 private" in said(shown)
    assert "[message]" not in said(shown)
    await town.mo.slash(town.pictures, "mod remove", generation=record.id, reason="no")
    removed = await town.services.generations.get(record.id)
    assert removed is not None
    assert removed.removal is not None
    with pytest.raises(NotFound):
        await town.services.pictures.find(_actor(town, town.ada), record.id)


async def test_a_stranger_does_not_even_learn_that_there_is_one(town: Town) -> None:
    """Deleting by id answers as for what never was."""
    record, _ = await private(town)
    with pytest.raises(NotFound):
        await town.services.removals.deletable(_actor(town, town.bo), record.id)


async def test_one_that_comes_too_late_waits_in_the_history(town: Town) -> None:
    """After the token's end there is only the channel left, and that is everybody's."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a secret garden", private=True)
    await town.running()
    town.env.inject_error("PATCH", "/webhooks/*/*/messages/*", status=401, code=50027, times=20)
    town.pool.release()
    await town.settled()
    record = await town.newest()
    assert record.status == "expired"
    assert town.pictures.history(viewer=town.bo) == []
    assert "a secret garden" in said(answer(await town.ada.slash(town.pictures, "history")))


async def test_a_refusal_stays_private(town: Town) -> None:
    """Also one that comes after the first word."""
    town.pool.block("secret")
    await town.ada.slash(town.pictures, "imagine", prompt="a secret garden", private=True)
    await town.settled()
    assert town.pictures.history(viewer=town.bo) == []
    assert "not accepted" in said(town.pictures.history(viewer=town.ada)[-1])


async def test_a_flag_does_it_too(town: Town) -> None:
    """For habit's sake."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat --private --top-p 0.5")
    await town.settled()
    assert result.ephemeral
    assert town.pool.requests[-1].top_p == 0.5


def _actor(town: Town, person: Any) -> Actor:
    permissions = frozenset({"manage_messages"}) if person is town.mo else frozenset()
    return Actor(person.id, town.guild.id, town.pictures.id, permissions=permissions)
