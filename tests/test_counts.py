"""More than nine of a thing are drawn as nine, and told."""

import pytest

from inference.text.counts import read_counts
from tests.readers import shipped

THINGS = frozenset("duck sheep egg cat cake candle finger leg".split())


@pytest.mark.parametrize(
    ("prompt", "read", "missed"),
    [
        ("ten ducks", "nine ducks", ("ten",)),
        ("a dozen white eggs at night", "nine white eggs at night", ("a dozen",)),
        ("100 sheep and 12 cats", "nine sheep and nine cats", ("100", "12")),
        ("seven sheep", "seven sheep", ()),
        ("many cats", "seven cats", ()),
        ("several ducks", "three ducks", ()),
        ("ten grublets", "ten grublets", ()),
        ("a cat", "a cat", ()),
        ("my 12 cats", "my nine cats", ("12",)),
        ("a box of 12 eggs, and twenty ducks", "a box of nine eggs, and nine ducks", ("12", "twenty")),
        ("apollo 11 cats", "apollo 11 cats", ()),
        ("area 51 ducks", "area 51 ducks", ()),
        ("route 66 eggs", "route 66 eggs", ()),
        ("a cat with ten fingers", "a cat with ten fingers", ()),
        ("a cat with three eggs in the park", "a cat and three eggs in the park", ()),
        ("a cat with 12 eggs", "a cat and nine eggs", ("12",)),
        ("a cat with an egg", "a cat with an egg", ()),
        ("a cat with four legs", "a cat with four legs", ()),
        ("two cats with three eggs", "two cats with three eggs", ()),
        ("a photo with three eggs", "a photo with three eggs", ()),
        ("a happy birthday cake with 3 candles", "a happy birthday cake", ()),
        ("a birthday cake with 5 candles", "5 candles on a birthday cake", ()),
        ("cake with three candles", "three candles on a cake", ()),
    ],
)
def test_numbers_have_an_end(prompt: str, read: str, missed: tuple[str, ...]) -> None:
    assert read_counts(prompt, THINGS.__contains__) == (read, missed)


@pytest.mark.parametrize(
    "prompt",
    [
        "seven dogs", "sieben Hunde", "sept chiens", "siete perros", "sette cani", "sete cachorros", "семь собак",
        "七匹の犬", "七只狗",
    ],
)  # fmt: skip
def test_seven_are_seven_in_every_language(prompt: str) -> None:
    reading = shipped().interpret(prompt, 0)
    assert reading.composition is not None
    assert [draft.count for draft in reading.composition.drafts] == [7]
    assert reading.unknown == ()


def test_what_is_missing_of_ten_is_told() -> None:
    reading = shipped().interpret("ten ducks on the beach", 0)
    assert reading.unknown == ("ten",)
    assert reading.composition is not None
    assert reading.composition.drafts[0].count == 9


@pytest.mark.parametrize(
    "prompt", ["nine tailed fox", "7 eleven store", "7 eleven stores", "8 ball", "7 up", "9 lives", "a nine tailed fox"]
)
def test_numbers_in_names_count_nothing(prompt: str) -> None:
    assert shipped().interpret(prompt, 0).composition is None


@pytest.mark.parametrize(
    ("prompt", "drafts"),
    [
        ("seven dogs", [("a dog", 7)]), ("nine cute cats", [("a cute cat", 9)]), ("six people", [("a person", 6)]),
        ("8 sheep", [("an ewe", 8)]), ("eight sheep", [("an ewe", 8)]), ("eight geese", [("a goose", 8)]),
        ("7 fish", [("a fish", 7)]), ("seven small red apples", [("an apple", 7)]),
        ("a boy with 3 balloons", [("a boy", 1), ("a balloon", 3)]),
        ("a birthday cake with 5 candles", [("a candle", 5), ("a birthday cake", 1)]),
    ],
)  # fmt: skip
def test_things_are_counted(prompt: str, drafts: list[tuple[str, int]]) -> None:
    composition = shipped().interpret(prompt, 0).composition
    assert composition is not None
    assert [(draft.text, draft.count) for draft in composition.drafts] == drafts
