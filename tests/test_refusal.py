"""What was typed is not lost where it is refused: it is shown again, with what can be drawn instead."""

import pytest

from tests.town import Town, answer, button, buttons, said


@pytest.mark.parametrize(
    ("prompt", "instead", "handed_back"),
    [
        ("a cat --sed 7", "a cat --seed 7 --n 1", False),
        ("a cat --seed 7 --style pop", "a cat --seed 7 --n 1", True),
        ("a cat --sed 7 --foo --cfg lots --style pop", "a cat --seed 7 --n 1", True),
    ],
)
async def test_what_was_meant_is_one_press_away(town: Town, prompt: str, instead: str, handed_back: bool) -> None:
    """Also after a restart; the options of the command count in it.  Where it says less, what was typed stands by."""
    refused = answer(await town.ada.slash(town.pictures, "imagine", prompt=prompt, images=1))
    assert refused.ephemeral
    assert f"```\n{instead}\n```" in said(refused)
    assert (f"You had typed:\n```\n{prompt}\n```" in said(refused)) is handed_back
    await town.restart()
    await town.ada.click(refused, custom_id=button(refused, "idea"))
    record, _ = await town.finished()
    assert (record.order.prompt, record.seed, record.order.images) == ("a cat", 7, 1)


async def test_flags_of_other_bots_are_left_out_and_named(town: Town) -> None:
    """Who comes from Midjourney has pictures at the first try; also from a remix."""
    habit = "a cat --ar 16:9 --v 6 —stylize 250 --style raw --seed 7 --n 1"
    await town.ada.slash(town.pictures, "imagine", prompt=habit)
    record, message = await town.finished()
    assert (record.order.prompt, record.seed, record.order.style) == ("a cat", 7, None)
    assert "I can't do --ar 16:9, --v 6, --stylize 250, --style raw, so I left those out." in said(message)
    form = await town.ada.click(message, custom_id=button(message, "remix"))
    await town.ada.submit_modal(form, {"prompt": "a dog --tile", "negative": "", "flags": "--ar 3:1"})
    await town.settled()
    assert "I can't do --tile, --ar 3:1, so I left those out." in said(town.pictures.last_message)


async def test_what_cannot_be_mended_is_handed_back(town: Town) -> None:
    """A long prompt that took minutes to write, and one that starts from a picture, which no line holds."""
    long = "a very long cat " * 100
    refused = answer(await town.ada.slash(town.pictures, "imagine", prompt=long))
    assert "at most 1000" in said(refused)
    assert f"You had typed:\n```\n{long[:1000]}" in said(refused)
    assert buttons(refused) == []
    picture = ("a.png", b"no picture")
    refused = answer(await town.ada.slash(town.pictures, "imagine", prompt="a dog --sed 7", picture=picture))
    assert "You had typed:\n```\na dog --sed 7\n```" in said(refused)
    assert buttons(refused) == []


async def test_a_blocked_prompt_is_handed_back(town: Town) -> None:
    """To its author alone, with the way to appeal; in a direct message, where nobody decides, without."""
    town.pool.block("gore", "violence_gore")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a film with gore")
    await town.settled()
    assert "You had typed:\n```\na film with gore\n```" in said(answer(refused))
    assert button(answer(refused), "appeal")
    assert "If it is wrong here, press “Appeal”: this server's moderators look at it." in said(answer(refused))
    assert town.pictures.history(viewer=town.bo) == []
    await town.ada.user.send_dm("hello")
    refused = await town.ada.user.slash("imagine", prompt="a play with gore")
    await town.settled()
    assert "You had typed:\n```\na play with gore\n```" in said(answer(refused))
    assert "Appeal" not in said(answer(refused))
    assert buttons(answer(refused)) == []


async def test_what_no_server_lets_pass_is_not_promised(town: Town) -> None:
    """The moderators only hear of it."""
    town.pool.block("gore", "mass_harm")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a film with gore")
    await town.settled()
    assert "but no server can let this pass. With “Appeal”, this server's moderators hear of it." in said(
        answer(refused)
    )


async def test_a_ban_is_told_before_anything_is_asked(town: Town) -> None:
    """No form to fill in for nothing, and no word of pictures that are not there; what was drawn stays for others."""
    record, message = await town.imagine(images=1)
    await town.mo.slash(town.pictures, "mod ban", person=town.bo, reason="spam")
    for verb in ("remix", "reroll", f"vary:{record.id}:0:subtle", f"upscale:{record.id}:0:2"):
        custom_id = f"easel:{verb}" if ":" in verb else f"easel:{verb}:{record.id}"
        pressed = await town.bo.click(message, custom_id=custom_id)
        assert pressed.modal is None
        assert "You are banned from Easel: spam." in said(answer(pressed)), verb
    again = answer(await town.bo.slash(town.pictures, "again"))
    assert "You are banned from Easel" in said(again)
    assert len(town.pool.requests) == 1


async def test_what_was_deleted_is_not_drawn_again(town: Town) -> None:
    """From the buttons of a copy that stands, or of a message that Easel may not delete; a form says so, too."""
    record, message = await town.imagine(images=1)
    forged = await town.forged(f"easel:reroll:{record.id}")
    form = await town.bo.click(await town.forged(f"easel:remix:{record.id}"), custom_id=f"easel:remix:{record.id}")
    await town.delete(record, message)
    gone = f"Generation {record.id} was not found. It may have been removed."
    assert gone in said(answer(await town.bo.click(forged, custom_id=f"easel:reroll:{record.id}")))
    refused = answer(await town.bo.submit_modal(form, {"prompt": "a red cat", "negative": ""}))
    assert gone in said(refused)
    assert "You had typed:\n```\na red cat" in said(refused)
    assert "There is no order of yours to draw again" in said(answer(await town.ada.slash(town.pictures, "again")))
