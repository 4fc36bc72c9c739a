"""/details, /again, /limits, /about, suggestions and the menus of a message, as people meet them."""

from dataclasses import replace
from typing import Any

import pytest

from bot.actions.actor import Actor
from bot.database.records import Style
from tests.bot_fakes import FAKE_MODEL
from tests.scenes.scene import acting
from tests.town import Town, answer, said


async def test_flags_reach_the_inference_server_and_options_win(town: Town) -> None:
    """What is typed behind the words counts where no option says otherwise."""
    await town.imagine("a cat --seed 5 --n 1 --no a dog", seed=7)
    request = town.pool.requests[-1]
    assert (request.prompt, request.negative_prompt, request.images, request.seed) == ("a cat", "a dog", 1, 7)
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat --sed 7")
    assert answer(refused).ephemeral
    assert "Did you mean --seed?" in said(answer(refused))


async def test_flags_count_in_a_remix(town: Town) -> None:
    """The form's words are read like the command's."""
    first, message = await town.imagine("a cat", images=1)
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    await town.bo.submit_modal(shown, {"prompt": "a red cat --seed 9", "negative": ""})
    second, _ = await town.finished()
    assert (second.order.prompt, second.seed) == ("a red cat", 9)


async def test_what_to_leave_out_adds_up(town: Town) -> None:
    """The flag's words and those of the option or the form's box, each once."""
    first, message = await town.imagine("a frog --no water", negative="a pond", images=1)
    assert first.order.negative_prompt == "a pond, water"
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    await town.bo.submit_modal(shown, {"prompt": "a green frog --no water", "negative": "pond"})
    second, _ = await town.finished()
    assert (second.order.prompt, second.order.negative_prompt) == ("a green frog", "pond, water")
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    await town.bo.submit_modal(shown, {"prompt": "a blue frog --no Pond", "negative": "pond"})
    third, _ = await town.finished()
    assert third.order.negative_prompt == "Pond"


async def test_again_draws_ones_last_prompt_with_another_seed(town: Town) -> None:
    """One's own: what others drew since does not matter."""
    first, _ = await town.imagine("a cat", seed=7, images=1)
    await town.imagine("a dog", who=town.bo)
    await town.ada.slash(town.pictures, "again")
    second, _ = await town.finished()
    assert (second.order.prompt, second.order.images, second.order.parent_id) == ("a cat", 1, first.id)
    assert second.seed != 7
    refused = await town.mo.slash(town.pictures, "again")
    assert "There is no order of yours to draw again" in said(answer(refused))


async def test_details_are_found_by_link_and_by_id(town: Town) -> None:
    """A link to the message, or the number that *Details* shows; a stranger's server has none of them."""
    record, message = await town.imagine("a cat", seed=10)
    link = f"https://discord.com/channels/{town.guild.id}/{town.pictures.id}/{message.id}"
    for which in (link, str(record.id), f" #{record.id}"):
        told = answer(await town.bo.slash(town.pictures, "details", which=which))
        assert told.ephemeral
        assert "Picture 1: seed 10" in said(told)
    other = town.env.create_guild("Other")
    elsewhere, eve = other.create_text_channel("elsewhere"), other.add_member(town.env.create_user("eve"))
    assert "was not found" in said(answer(await eve.slash(elsewhere, "details", which=str(record.id))))


@pytest.mark.parametrize("which", ["", "a cat", "https://example.com/channels/1/2/3", "-7", "9" * 30])
async def test_what_names_no_generation_is_refused(town: Town, which: str) -> None:
    """With the two ways to name one."""
    told = said(answer(await town.ada.slash(town.pictures, "details", which=which)))
    assert "Give a link to a message of Easel’s" in told


async def test_a_message_tells_who_made_it_and_can_be_remixed(town: Town) -> None:
    """By a right-click; a message that shows nothing of Easel's says so."""
    _, message = await town.imagine("a cat", images=1)
    told = answer(await town.bo.context_menu(town.pictures, "Who made this?", target=message))
    assert told.ephemeral
    assert "a cat" in said(told)
    shown = await town.bo.context_menu(town.pictures, "Remix", message)
    await town.bo.submit_modal(shown, {"prompt": "a red cat", "negative": ""})
    second, _ = await town.finished()
    assert (second.order.prompt, second.order.requester.user_id) == ("a red cat", town.bo.id)
    chat = await town.ada.send(town.pictures, "hello")
    refused = await town.bo.context_menu(town.pictures, "Who made this?", chat)
    assert "shows nothing that Easel drew" in said(answer(refused))


async def test_a_message_is_reported_to_the_moderators(town: Town) -> None:
    """Its reporter says why and is thanked in private; it waits in the review queue."""
    record, message = await town.imagine("a cat", images=1)
    shown = await town.bo.context_menu(town.pictures, "Report to moderators", message)
    told = answer(await town.bo.submit_modal(shown, {"reason": "It is not a cat."}))
    assert told.ephemeral
    assert "The moderators will look at it" in said(told)
    moderator = Actor(town.mo.id, town.guild.id, permissions=frozenset(("manage_messages",)))
    (review,) = (await town.services.reviews.page(moderator)).records
    assert (review.generation_id, review.by, review.reason) == (record.id, town.bo.id, "It is not a cat.")


async def test_prompts_are_suggested(town: Town) -> None:
    """One's own first, then what the server shared; each once, every typed word in it, none too long for Discord."""
    for prompt in ("a red cat", "A red  cat", "a dog", "x" * 101, "a blue cat"):
        await town.imagine(prompt, images=1)
    shared, _ = await town.imagine("a cat in a hat", who=town.bo, images=1)
    await town.imagine("a secret cat", who=town.bo, images=1)
    await town.services.shares.share(shared.id, 0, town.bo.id)
    assert await suggested(town, "") == ["a blue cat", "a dog", "A red cat", "a cat in a hat"]
    assert await suggested(town, "cat red") == ["A red cat"]
    assert await suggested(town, "cat hat") == ["a cat in a hat"]
    await town.restart()
    assert await suggested(town, "dog") == ["a dog"]


async def test_favourites_and_styles_are_suggested(town: Town) -> None:
    """Favourites behind one's own, before what else is shared; a style behind what was typed, by its name if begun."""
    shares = []
    for prompt in ("a lion by the sea", "a lion on a hill"):
        record, _ = await town.imagine(prompt, who=town.bo, images=1)
        with town.env.time_context():
            shares.append(await town.services.gallery.share(acting(town, town.bo), record.id, 0))
    with town.env.time_context():
        await town.services.gallery.vote(acting(town, town.mo), shares[1].id)
    assert await suggested(town, "lion") == ["a lion on a hill", "a lion by the sea"]
    with town.env.time_context():
        await town.services.gallery.favour(acting(town, town.ada), shares[0].id)
    assert await suggested(town, "lion") == ["a lion by the sea", "a lion on a hill"]
    for name in ("Old Ink", "Noir"):
        await town.services.styles.put(acting(town, town.ada), Style(name, suffix="x"), for_server=False)
    assert await suggested(town, "a lion by") == [
        "a lion by the sea", "a lion by --style Noir", "a lion by --style Old Ink",
    ]  # fmt: skip
    assert await suggested(town, "a lion --style old") == ["a lion --style Old Ink"]
    assert await suggested(town, "a lion --style") == ["a lion --style Noir", "a lion --style Old Ink"]
    assert await suggested(town, "") == ["a lion by the sea", "a lion on a hill"]


async def suggested(town: Town, typed: str) -> list[Any]:
    choices = await town.ada.autocomplete(town.pictures, "imagine", "prompt", typed)
    return [choice["value"] for choice in choices]


async def test_what_is_left_is_told_in_private(town: Town) -> None:
    """Every limit with what is left of it."""
    await town.imagine("a cat")
    told = answer(await town.ada.slash(town.pictures, "limits"))
    assert told.ephemeral
    assert "What you have left" in said(told)
    assert "left of" in said(told)
    assert "0 generations of yours under way" in said(told)


async def test_about_names_the_model_and_what_is_kept(town: Town) -> None:
    """With the version; also where no model is ready."""
    told = said(answer(await town.ada.slash(town.pictures, "about")))
    assert "### Easel" in told
    assert "AI-generated" in told
    assert "Kept: your prompts" in told
    assert "**fake** tiles of one colour · 256 × 256" in told
    town.pool.served = (replace(FAKE_MODEL, description=""),)
    assert "**fake** · 256 × 256" in said(answer(await town.ada.slash(town.pictures, "about")))
