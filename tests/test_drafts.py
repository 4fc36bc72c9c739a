"""Which prompts are drawn without their colour and painted, and which are drawn as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.text.colours import COLOURS
from inference.text.drafts import Draft, read_draft
from tests.test_interpretations import SHIPPED

THINGS = frozenset("apple owl heart star cat cats balloon balloons horse saucer pizza rose car dragon".split())
NAMES = frozenset({"black cat", "red apple", "two hearts"})


def draft(prompt: str) -> Draft | None:
    return read_draft(prompt, NAMES.__contains__, THINGS.__contains__)


@pytest.mark.parametrize(
    ("prompt", "text", "colour"),
    [
        ("a blue apple", "an apple", "blue"),
        ("an orange cat", "a cat", "orange"),
        ("a navy blue rose, flat illustration", "a rose, flat illustration", "navy blue"),
        ("red balloons", "balloons", "red"),
        ("a cute purple cat", "a cute cat", "purple"),
        ("a red flying saucer on the left", "a flying saucer on the left", "red"),
        ("a red slice of pizza", "a slice of pizza", "red"),
        ("a green heart on a blue background", "a heart on a blue background", "green"),
        ("a blue heart on a navy blue background", "a heart on a navy blue background", "blue"),
        ("green heart, light green background", "heart, light green background", "green"),
        ("the Grey horse", "the horse", "gray"),
        ("a white cat", "a cat on a cyan background", "white"),
        ("a pink cat", "a cat on a white background", "pink"),
        ("a pink cat on a beige background", "a cat on a beige background", "pink"),
    ],
)
def test_a_thing_in_a_colour_has_a_draft(prompt: str, text: str, colour: str) -> None:
    """With what the prompt says beside; before another background where an unnamed one may have the same colour."""
    assert draft(prompt) == Draft(text, colour)


@pytest.mark.parametrize(
    ("prompt", "text", "colour", "count"),
    [
        ("five red balloons", "a balloon", "red", 5),
        ("two cats", "a cat", "", 2),
        ("3 small owls on a blue background", "a small owl on a blue background", "", 3),
        ("four pink cats", "a cat on a white background", "pink", 4),
        ("two blue apples on the left", "two apples on the left", "blue", 1),  # where they stand is for the model
    ],
)
def test_copies_have_a_draft_of_one(prompt: str, text: str, colour: str, count: int) -> None:
    assert draft(prompt) == Draft(text, colour, count)


@pytest.mark.parametrize(
    "prompt",
    [
        "two hearts", "two cats in space", "two cats and a star", "three wugs", "six cats", "cats",
        "a cat", "an orange", "a black cat", "a red apple",  # no colour, or one of the name
        "a cat with a blue star", "a red cat and a star", "a cat on a red star", "a red cat riding a dragon",
        "a green dragon breathing apple", "a red and blue star", "a red blue star", "a red star of a cat on a horse",
        "a red car in space", "a red car at night", "a red car in the rain",  # a place is no plain background
        "a green heart on a green background", "a gray heart on a grey background",
        "a purple wug", "", "red", "a red",
    ],
)  # fmt: skip
def test_all_else_is_drawn_as_it_is(prompt: str) -> None:
    assert draft(prompt) is None


@pytest.mark.parametrize("seed", range(4))
def test_what_is_filled_in_stands_in_the_draft(seed: int) -> None:
    """Whatever the model fills in, in whichever language; its words of the colour are no longer there."""
    for prompt in ("a blue horse", "un caballo azul"):
        reading = SHIPPED.interpret(prompt, 4 + seed)
        assert reading.colour == "blue"
        assert reading.drawn.startswith(("a horse", "a small horse"))
        assert "blue" not in reading.drawn
        assert (reading.filled in reading.drawn) or "small" in reading.filled


def test_names_of_things_stay_whole() -> None:
    assert SHIPPED.interpret("a black cat", 0).draft is None
    assert SHIPPED.interpret("a blue whale", 0).draft is None


@given(st.text(max_size=60) | st.lists(st.sampled_from([*COLOURS, *THINGS, "a", "on", "background"])).map(" ".join))
def test_any_prompt_can_be_read(prompt: str) -> None:
    """A draft is no draft itself."""
    found = draft(prompt)
    assert found is None or ((found.colour in COLOURS or found.count > 1) and found.text)
