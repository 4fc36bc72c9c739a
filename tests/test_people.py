"""What people do is drawn by the picture that there is of it."""

import pytest

from inference.text.people import read_people
from tests.readers import shipped


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("two people dancing", "a man dancing and a woman dancing"),
        ("a couple dancing in the rain", "a man dancing and a woman dancing in the rain"),
        ("a man and a woman dancing", "a man dancing and a woman dancing"),
        ("two dancing women", "a woman dancing and a woman dancing"),
        ("a happy boy riding his bike through a forest", "a person biking in a forest"),
        ("three kids running on the beach", "a person running and a person running and a person running on the beach"),
        ("a man walking his dog", "a person walking and a dog"),
        ("two men fighting", "people wrestling"),
        ("a woman singing a song at night", "a singer at night"),
        ("a sleeping child", "a person in bed"),
        ("a girl painting a picture", "an artist"),
    ],
)
def test_people_do_what_they_are_said_to(prompt: str, read: str) -> None:
    assert read_people(prompt) == read


@pytest.mark.parametrize(
    ("prompt", "read"),
    [("A MAN RUNNİNG", "a person running"), ("a girl dancıng", "a woman dancing"), ("a boy ſkiing", "a skier")],
)
def test_letters_that_only_patterns_take_for_others_are_read(prompt: str, read: str) -> None:
    assert read_people(prompt) == read


@pytest.mark.parametrize(
    "prompt",
    [
        "a dog running", "a robot dancing", "a man", "a man eating a pizza", "a woman with a bike",
        "an old man walking", "running shoes", "a walking stick", "two cats sleeping", "a man dancing with a bear", "",
    ],
)  # fmt: skip
def test_all_else_stays_as_it_is(prompt: str) -> None:
    assert read_people(prompt) == prompt


@pytest.mark.parametrize(
    ("prompt", "drawn"),
    [
        ("two people dancing", ("a man dancing", "a woman dancing")),
        ("a family having dinner", ("a man", "a woman")),
        ("a mother and her child", ("a woman", "her child")),
        ("an elderly couple on a bench", ("an old man", "an old woman", "a chair")),
        ("zwei tanzende Menschen", ("a man dancing", "a woman dancing")),
        ("a doctor and a nurse", ("a health worker", "a health worker")),
        ("un médecin et une infirmière", ("a health worker", "a health worker")),
        ("一个医生和一个护士", ("a health worker", "a health worker")),
    ],
)
def test_none_of_two_people_is_missing(prompt: str, drawn: tuple[str, ...]) -> None:
    """Each is drawn by itself, doing what it does."""
    reading = shipped().interpret(prompt, 0)
    assert (reading.drawn, reading.unknown) == (drawn, ())
