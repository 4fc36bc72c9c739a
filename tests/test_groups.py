"""A group is read as those who are in it, where they can be drawn."""

import pytest

from inference.text.groups import read_groups
from tests.readers import shipped

THINGS = frozenset("duck elephant cat wolf sheep flower rose mushroom apple".split())


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a family", "a man and a woman"), ("a happy family on the beach", "a man and a woman on the beach"),
        ("my parents", "a man and a woman"), ("an elderly couple at night", "an old man and an old woman at night"),
        ("a group of friends", "two men and two women"),
        ("a couple dancing in the kitchen", "a man and a woman dancing in the kitchen"),
        ("a crowd of people", "two men and two women"),
        ("people in a park", "two men and two women in a park"),
        ("a rock band", "a guitar, a trumpet and a microphone"),
        ("a family of ducks", "three ducks"), ("a couple of cute cats", "two cute cats"),
        ("a herd of elephants at night", "four elephants at night"), ("a flock of sheep", "four sheep"),
        ("a garden full of flowers", "five flowers in a field"),
        ("a forest full of red mushrooms at night", "five red mushrooms in a forest at night"),
        ("a banana in the fridge", "a banana in the white file cabinet"),
        ("a red fridge", "a red file cabinet"), ("an open fridge at night", "an open white file cabinet at night"),
        ("a slice of apple", "an apple"), ("a stack of apples in a field", "apples in a field"),
        ("an apple slice", "an apple"), ("a big bowl of red apples", "red apples"),
        ("a man in a black suit at night", "a person in tuxedo at night"),
    ],
)  # fmt: skip
def test_groups_are_read_as_their_members(prompt: str, read: str) -> None:
    assert read_groups(prompt, THINGS.__contains__) == read


@pytest.mark.parametrize(
    "prompt",
    [
        "a bunch of grublets", "a band of gold", "people hugging", "people with bunny ears", "a family car",
        "a party hat", "a garden full of grublets", "a glass full of apples", "two friends", "a crowded street",
        "a fridge magnet", "a slice of grublet", "a pot of food", "a man in a suit of armor",
        "a man wearing a suit jacket", "",
    ],
)  # fmt: skip
def test_all_else_stays(prompt: str) -> None:
    assert read_groups(prompt, THINGS.__contains__) == prompt


@pytest.mark.parametrize(
    "prompt",
    ["a family", "eine Familie", "une famille", "una familia", "una famiglia", "uma família", "семья", "家族", "家庭"],
)
def test_families_have_two_heads_in_every_language(prompt: str) -> None:
    assert shipped().interpret(prompt, 4).drawn == ("a man", "a woman")


@pytest.mark.parametrize(
    "prompt",
    ["eine Familie in der Küche", "une famille dans la cuisine", "una familia en la cocina", "uma família na cozinha"],
)
def test_families_stand_in_kitchens(prompt: str) -> None:
    """Whose name is also the word for cooking, in some languages."""
    composition = shipped().interpret(prompt, 4).composition
    assert composition is not None
    assert composition.place == "room"


@pytest.mark.parametrize(
    ("prompt", "drafts"),
    [
        ("three balloons, one red one blue one yellow", [("a balloon", c, 1) for c in ("red", "blue", "yellow")]),
        ("three balloons: one red, one blue, and one pink", [("a balloon", c, 1) for c in ("red", "blue", "pink")]),
        ("two cats, one black and one white", [("a black cat", "", 1), ("a cat", "white", 1)]),
        ("two balloons in red and blue in the park", [("a balloon", "red", 1), ("a balloon", "blue", 1)]),
        ("three red balloons", [("a balloon", "red", 3)]),
    ],
)
def test_each_has_its_colour(prompt: str, drafts: list[tuple[str, str, int]]) -> None:
    composition = shipped().interpret(prompt, 0).composition
    assert composition is not None
    assert [(draft.text, draft.colour, draft.count) for draft in composition.drafts] == drafts


@pytest.mark.parametrize("prompt", ["three balloons, red", "three balloons, one red", "two grublets, one red one blue"])
def test_there_are_as_many_colours_as_things(prompt: str) -> None:
    assert read_groups(prompt, {"balloon"}.__contains__) == prompt


@pytest.mark.parametrize("ground", ["black", "white"])
def test_a_black_cat_stays_black_before_black(ground: str) -> None:
    composition = shipped().interpret(f"black cat on {ground} background", 0).composition
    assert composition is not None
    assert (composition.drafts[0].text, composition.place) == ("black cat", ground)
