"""What is to be kept out of a picture is not named to the model."""

import pytest

from inference.text.exclusions import left_in
from tests.readers import shipped

NAMES = frozenset({"snowman without snow", "face without mouth"})


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("a cat, no dog", "a cat"), ("no dogs, just a cat", "a cat"), ("there are no dogs, only cats", "cats"),
        ("a bicycle without wheels", "a bicycle"), ("a cat that is not black", "a cat"),
        ("a cat which isn't black", "a cat"), ("a street without any cars at night", "a street at night"),
        ("a cat but no dog", "a cat"), ("not a dog but a cat", "a cat"), ("a cat that has no tail", "a cat"),
        ("a forest, no people, no animals, at night", "a forest, at night"),
        ("a cat without a hat and a dog", "a cat and a dog"), ("a cat without a hat or a tail", "a cat"),
        ("a house with no windows and doors", "a house"),
        ("a house, no doors and windows, at night", "a house, at night"),
        ("a cat without a hat and two dogs", "a cat and two dogs"),
        ("a cat, don't draw any dogs", "a cat"), ("a cat not wearing a hat", "a cat"),
    ],
)  # fmt: skip
def test_what_is_excluded_is_left_out(prompt: str, left: str) -> None:
    assert left_in(prompt, NAMES.__contains__) == left


@pytest.mark.parametrize(
    "prompt",
    [
        "a snowman without snow", "a face without mouth on the beach", "a no entry sign", "no smoking", "no dogs",
        "a sign that says no dogs", 'a "no dogs"', "a not very happy cat", "person gesturing no", "dr no and a cat",
        "see no evil, hear no evil", "No Country for Old Men", "",
    ],
)  # fmt: skip
def test_names_signs_and_titles_stay(prompt: str) -> None:
    assert left_in(prompt, NAMES.__contains__) == prompt


@pytest.mark.parametrize(
    "prompt",
    [
        "eine Katze ohne Hund", "keine Hunde, nur eine Katze", "un chat qui n'est pas noir", "un chat sans chapeau",
        "un gato que no es negro", "un gato sin sombrero", "um gato que não é preto", "un gatto senza cappello",
        "кошка без собаки",
    ],
)  # fmt: skip
def test_other_languages_exclude_as_well(prompt: str) -> None:
    reading = shipped().read(prompt)
    assert (reading.text, reading.unknown, reading.filters) == ("a cat", (), ())


def test_what_is_excluded_is_not_told_as_unknown() -> None:
    assert shipped().interpret("a cat without a grublet", 4).unknown == ()
