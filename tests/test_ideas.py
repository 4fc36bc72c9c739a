"""/enhance and /describe: what is proposed, what is not, and that each proposal can be drawn."""

import random
from typing import Any

import pytest

from bot.orders.grammar import grammar
from bot.views.ideas import FIRST_PROPOSAL
from inference.contract import MAX_INIT_IMAGE_BYTES, MAX_PROMPT_CHARACTERS, ModelDescription
from tests.bot_fakes import FAKE_MODEL
from tests.test_uploads import a_file
from tests.town import Town, answer, buttons, parts, said


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # no secret hangs on it


def proposals(message: Any) -> list[str]:
    """What stands in the blocks that buttons belong to."""
    shown = [part["content"] for part in parts(message) if part["type"] == 10 and part.get("id", 0) >= FIRST_PROPOSAL]
    return [content.strip("`\n") for content in shown]


# -------------------------------------------------------------------------------------------------------- grammar


@pytest.mark.parametrize("vocabulary", ["few", "many"])
def test_versions_differ_and_begin_with_the_prompt(vocabulary: Any) -> None:
    """Whatever chance says: three of them, with no piece twice."""
    for seed in range(50):
        pieces = grammar().candidates("a cat", vocabulary, chance(seed))
        versions = grammar().versions("a cat", vocabulary, pieces, 3)
        assert len(set(versions)) == 3
        assert all(version.startswith("a cat") and len(version) > len("a cat") for version in versions)
        added = [version.removeprefix("a cat") for version in versions]
        used = [piece for piece in pieces if any(piece.words in words for words in added)]
        assert all(sum(piece.words in words for words in added) == 1 for piece in used)


def test_what_a_prompt_says_already_is_not_added() -> None:
    """Neither the words nor half of them."""
    pieces = {piece.words for piece in grammar().candidates("a cat, symmetrical, in dust", "many", chance(1))}
    assert pieces
    assert not any("symmetrical" in one for one in pieces)


@pytest.mark.parametrize(
    ("prompt", "vocabulary", "kinds"),
    [
        ("two penguins in the snow", "few", {"subject", "medium", "light"}),
        ("a cat at night on a red background, pixel art", "few", {"subject"}),
        ("a cat, oil painting", "many", {"subject", "light", "composition"}),
        ("a cat by moonlight", "many", {"subject", "medium", "composition"}),
    ],
)
def test_what_a_prompt_has_chosen_itself_stays_its_own(prompt: str, vocabulary: Any, kinds: set[str]) -> None:
    """Nobody is in the snow under the sea."""
    pieces = grammar().candidates(prompt, vocabulary, chance(1))
    assert {piece.kind for piece in pieces} == kinds
    assert grammar().versions(prompt, vocabulary, pieces, 3)


def test_the_same_chance_makes_the_same_versions() -> None:
    """So that a test can say what comes."""
    first, second = (grammar().candidates("a cat", "many", chance(7)) for _ in range(2))
    assert first == second


def test_too_few_pieces_make_fewer_versions() -> None:
    """None is made twice."""
    assert grammar().versions("a cat", "many", [], 3) == []


# ------------------------------------------------------------------------------------------------------- /enhance


async def test_a_prompt_gets_three_versions_each_drawn_by_a_button(town: Town) -> None:
    """In private; what is drawn from there is everybody's. The buttons work after a restart."""
    shown = answer(await town.ada.slash(town.pictures, "enhance", prompt="  a  cat. "))
    assert shown.ephemeral
    assert "Richer versions" in said(shown)
    versions = proposals(shown)
    assert len(set(versions)) == 3
    assert all(version.startswith("a cat, ") for version in versions)
    assert buttons(shown) == [f"easel:idea:{number}" for number in range(3)]
    await town.restart()
    await town.ada.click(shown, custom_id="easel:idea:1")
    record, message = await town.finished()
    assert record.order.prompt == versions[1]
    assert not message.flags.ephemeral


async def test_flags_are_kept_for_what_is_drawn(town: Town) -> None:
    """They are no words to make more of; each proposal shows them, and the drawing follows them."""
    record, _ = await town.imagine("a penguin on ice", images=1)
    await town.services.shares.share(record.id, 0, town.ada.id)
    await town.services.meaning.read()
    shown = answer(await town.ada.slash(town.pictures, "enhance", prompt="a penguin, --n 1 --seed 5 --private"))
    versions = proposals(shown)
    assert len(versions) == 4
    assert all(one.startswith("a penguin") and one.endswith(" --n 1 --seed 5 --private") for one in versions)
    await town.ada.click(shown, custom_id="easel:idea:0")
    drawn, _ = await town.finished()
    order = drawn.order
    assert (f"{order.prompt} --n 1 --seed 5 --private", order.images, drawn.seed) == (versions[0], 1, 5)
    assert order.private


async def test_a_model_of_few_words_is_offered_what_it_knows(town: Town) -> None:
    """The server says which words it does not know; those of the prompt itself do not count, but are named."""
    town.pool.served = (ModelDescription("small", few_words=True, pictures=("vary",)),)
    town.pool.unknown_words = ("balrog", "night", "pixel", "background", "moon", "forest", "sunset", "stars", "3d")
    told = answer(await town.ada.slash(town.pictures, "enhance", prompt="a balrog"))
    versions = proposals(told)
    assert versions
    assert "I don't know “balrog”: I would draw something like it, or leave it out." in said(told)
    assert not [one for one in versions for word in town.pool.unknown_words[1:] if word in one]
    town.pool.unknown_words = tuple("abcdefghijklmnopqrstuvwxyz")[1:]
    told = answer(await town.ada.slash(town.pictures, "enhance", prompt="aaa"))
    assert "Nothing can be added" in said(told)
    assert proposals(told) == []


async def test_what_this_server_shared_near_the_prompt_is_offered_too(town: Town) -> None:
    """Not the prompt itself, and each once; in direct messages there is no server."""
    for prompt in ("a cat on a roof", "a cat on a roof", "a cat"):
        record, _ = await town.imagine(prompt, images=1)
        await town.services.shares.share(record.id, 0, town.ada.id)
    await town.services.meaning.read()
    shown = answer(await town.bo.slash(town.pictures, "enhance", prompt="a cat"))
    assert proposals(shown)[3:] == ["a cat on a roof"]
    assert "near it" in said(shown)
    await town.ada.user.send_dm("hello")
    assert len(proposals(answer(await town.ada.user.slash("enhance", prompt="a cat")))) == 3


async def test_a_prompt_that_may_not_be_drawn_is_not_made_richer(town: Town) -> None:
    """And a version that the filter refuses is left out."""
    town.pool.block("gore", "violence_gore")
    told = answer(await town.ada.slash(town.pictures, "enhance", prompt="gore"))
    assert "not accepted" in said(told)
    for word in ("light", "photograph", "render"):
        town.pool.block(word)
    assert not [one for one in proposals(answer(await town.ada.slash(town.pictures, "enhance", prompt="a cat")))
                if "light" in one or "photograph" in one or "render" in one]  # fmt: skip


@pytest.mark.parametrize("prompt", [" ", "--n 1", " . --seed 5", "x" * (MAX_PROMPT_CHARACTERS + 1)])
async def test_what_is_no_prompt_is_told(town: Town, prompt: str) -> None:
    """As `/imagine` does."""
    told = answer(await town.ada.slash(town.pictures, "enhance", prompt=prompt))
    assert "Prompt" in said(told) or "prompt is empty" in said(told)
    assert proposals(told) == []


async def test_a_long_prompt_is_not_made_too_long(town: Town) -> None:
    """A version that no model would take is none."""
    told = answer(await town.ada.slash(town.pictures, "enhance", prompt="x" * (MAX_PROMPT_CHARACTERS - 2)))
    assert "Nothing can be added" in said(told)


async def test_without_a_ready_server_it_says_so(town: Town) -> None:
    """Nothing is proposed unchecked."""
    town.pool.can_check = False
    told = answer(await town.ada.slash(town.pictures, "enhance", prompt="a cat"))
    assert "could not be checked" in said(told)


# ------------------------------------------------------------------------------------------------------ /describe


async def test_a_picture_is_put_into_words_that_can_be_drawn(town: Town) -> None:
    """What it shows, what it may be besides, and what the server shared that fits."""
    for prompt in ("a cat on a roof", "a dog"):
        record, _ = await town.imagine(prompt, images=1)
        await town.services.shares.share(record.id, 0, town.ada.id)
    shown = answer(await town.bo.slash(town.pictures, "describe", picture=("me.jpg", a_file("JPEG"))))
    assert shown.ephemeral
    assert "**cat** (or dog)" in said(shown)
    assert proposals(shown) == ["a cat on a blue background", "a dog on a blue background", "a cat on a roof"]
    await town.bo.click(shown, custom_id="easel:idea:2")
    record, _ = await town.finished()
    assert record.order.prompt == "a cat on a roof"
    assert record.init_image_key is None


async def test_nothing_of_the_picture_is_kept(town: Town) -> None:
    """It is looked at, cleaned, and forgotten."""
    before = {path for path in town.folder.rglob("*") if path.is_file()}
    await town.ada.slash(town.pictures, "describe", picture=("me.jpg", a_file("JPEG")))
    assert set(town.folder.rglob("*.png")) <= before
    assert town.pool.described[-1].image.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"not a picture", "cannot be read"), (b"\0" * (MAX_INIT_IMAGE_BYTES + 1), "at most")],
    ids=["nonsense", "heavy"],
)
async def test_a_bad_picture_is_told(town: Town, data: bytes, sentence: str) -> None:
    """In private, as everything here."""
    told = answer(await town.ada.slash(town.pictures, "describe", picture=("me.jpg", data)))
    assert sentence in said(told)
    assert told.ephemeral


async def test_a_proposal_that_is_gone_says_so(town: Town) -> None:
    """A button whose message has lost its words, as after an edit by a later version."""
    shown = answer(await town.ada.slash(town.pictures, "enhance", prompt="a cat"))
    raw = town.env.backend.messages[town.pictures.id][shown.id]
    (section,) = (one for one in raw.components if one.get("accessory", {}).get("custom_id") == "easel:idea:0")
    section["components"][0]["id"] = 7
    told = answer(await town.ada.click(shown, custom_id="easel:idea:0"))
    assert "This proposal is gone" in said(told)


async def test_proposals_are_drawn_as_the_place_wants_it(town: Town) -> None:
    """With its default model and number of pictures."""
    assert FAKE_MODEL in town.pool.models()
    shown = answer(await town.ada.slash(town.pictures, "enhance", prompt="a cat"))
    await town.ada.click(shown, custom_id="easel:idea:0")
    record, _ = await town.finished()
    assert (record.order.images, record.order.kind, record.order.parent_id) == (4, "imagine", None)
