"""What was typed is not lost where it is refused: it is shown again, with what can be drawn instead."""

import pytest

from tests.town import Town, answer, button, buttons, said


@pytest.mark.parametrize(
    ("prompt", "instead", "drawn"),
    [
        ("a cat --sed 7", "a cat --seed 7", ("a cat", 7)),
        ("a cat --seed 7 --stylize 250", "a cat --seed 7", ("a cat", 7)),
        ("a cat --ar 16:9 --seed 7", "a cat --seed 7", ("a cat", 7)),
        ("a cat --seed 7 --style raw", "a cat --seed 7", ("a cat", 7)),
    ],
)
async def test_what_was_meant_is_one_press_away(town: Town, prompt: str, instead: str, drawn: tuple[str, int]) -> None:
    """Also after a restart; the options of the command count in it."""
    refused = answer(await town.ada.slash(town.pictures, "imagine", prompt=prompt, images=1))
    assert refused.ephemeral
    assert f"```\n{instead} --n 1\n```" in said(refused)
    await town.restart()
    await town.ada.click(refused, custom_id=button(refused, "idea"))
    record, _ = await town.finished()
    assert (record.order.prompt, record.seed, record.order.images) == (*drawn, 1)


async def test_what_is_offered_and_refused_is_offered_without(town: Town) -> None:
    """One fault hid another: each press takes one away."""
    refused = answer(await town.ada.slash(town.pictures, "imagine", prompt="a cat --v 6 --ar 16:9 --n 1"))
    assert "```\na cat --ar 16:9 --n 1\n```" in said(refused)
    again = answer(await town.ada.click(refused, custom_id=button(refused, "idea")))
    assert again.ephemeral
    assert "```\na cat --n 1\n```" in said(again)
    await town.ada.click(again, custom_id=button(again, "idea"))
    assert (await town.finished())[0].order.prompt == "a cat"


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
    assert town.pictures.history(viewer=town.bo) == []
    await town.ada.user.send_dm("hello")
    refused = await town.ada.user.slash("imagine", prompt="a play with gore")
    await town.settled()
    assert "You had typed:\n```\na play with gore\n```" in said(answer(refused))
    assert buttons(answer(refused)) == []
