"""More than nine of a thing are drawn as nine, and told."""

import pytest

from inference.text.counts import read_counts
from tests.readers import shipped

THINGS = frozenset("duck sheep egg cat".split())


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
