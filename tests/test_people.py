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
        ("a girl standing in the rain", "a person standing in the rain"),
        ("a child sleeping at night", "a person in bed at night"),
        ("a man sleeping in bed", "a person in bed"),
        ("a boy napping, flat illustration", "a person in bed, flat illustration"),
        ("two girls on their bikes", "a person biking and a person biking"),
        ("a woman bathing in a hot tub", "a person taking bath"),
        ("a boy bathing", "a person taking bath"),
        ("students typing on laptops", "a technologist and a technologist"),
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
        "a girl standing under a tree", "a child standing in front of a castle at night",
        "a boy sleeping on a cloud", "a man sleeping on a bench at night", "a boy sleeping on the beach",
        "a sleeping girl under the stars", "a woman bathing in a river",
        "a running man with a dog", "a walking man with a hat", "a walking woman with an umbrella",
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
        ("two kids playing basketball", ("a person bouncing ball",) * 2),
        ("people playing handball", ("a person playing handball",) * 4),
        ("three people rowing a boat", ("a person rowing boat",) * 3),
        ("two people dancing under a tree", ("a man dancing", "a woman dancing", "a tree")),
        ("a girl standing under a tree", ("a girl", "a tree")),
        ("a child standing in front of a castle", ("a child", "a castle")),
        ("a woman walking in front of a castle", ("a person walking", "a castle")),
        ("a boy sleeping on a cloud", ("a boy", "a cloud on a blue background")),
        ("a man sleeping on a bench", ("a man", "a chair")),
        ("a running man with a dog", ("a running man", "a dog")),
        ("a walking man with a hat", ("a walking man", "a top hat")),
        ("a doctor and a nurse", ("a health worker", "a health worker")),
        ("un médecin et une infirmière", ("a health worker", "a health worker")),
        ("一个医生和一个护士", ("a health worker", "a health worker")),
    ],
)
def test_none_of_two_people_is_missing(prompt: str, drawn: tuple[str, ...]) -> None:
    """Each is drawn by itself, doing what it does."""
    reading = shipped().interpret(prompt, 0)
    assert (reading.drawn, reading.unknown) == (drawn, ())


@pytest.mark.parametrize(
    ("prompt", "drawn", "place"),
    [
        ("a man walking down the street", ("a person walking",), "city"),
        ("a woman walking along the road at night", ("a person walking",), "city night"),
        ("two people walking down the street", ("a person walking",) * 2, "city"),
        ("a car driving down the road", ("a car",), "city"),
        ("a woman bathing in a river", ("a woman",), "beach"),
        ("a sleeping girl under the stars", ("a sleeping girl",), "night"),
        ("a girl sleeping at home", ("a person in bed",), "room"),
        ("a man on a laptop in a cafe", ("a technologist",), "room"),
        ("a woman reading a book in a café", ("a woman", "a book"), "room"),
        ("a cat in a restaurant", ("a cat",), "room"),
    ],
)
def test_where_people_do_it_is_behind_them(prompt: str, drawn: tuple[str, ...], place: str) -> None:
    reading = shipped().interpret(prompt, 0)
    assert reading.composition is not None
    assert (reading.drawn, reading.composition.place, reading.unknown) == (drawn, place, ())
