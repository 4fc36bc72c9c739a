"""What people say around a picture that they ask for is not drawn; who leaves the choice gets something pleasant."""

import pytest

from inference.text.courtesies import PLEASANT, asked_for
from inference.text.reader import Reader
from tests.readers import shipped


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("hello bot draw me a cat", "a cat"), ("can you draw a dog please?", "a dog"),
        ("hi, could you please paint a house", "a house"), ("I would like you to draw a cat for me, thanks!", "a cat"),
        ("i want to see a dragon", "a dragon"), ("make me a sandwich", "a sandwich"), ("draw cats", "cats"),
        ("draw me a picture of a cat", "a cat"), ("just a cat", "a cat"),
        ("Bitte male mir eine Katze", "eine Katze"), ("kannst du mir bitte eine Katze malen?", "eine Katze"),
        ("dessine-moi un mouton", "un mouton"), ("peux-tu dessiner un chat s'il te plaît", "un chat"),
        ("dibújame un gato por favor", "un gato"), ("você pode desenhar um gato", "um gato"),
        ("disegnami un gatto, per favore", "un gatto"),
    ],
)  # fmt: skip
def test_only_what_is_asked_for_is_read(prompt: str, asked: str) -> None:
    assert asked_for(prompt) == asked


@pytest.mark.parametrize(
    "prompt",
    [
        "ok hand",
        "paint splashes",
        "draw",
        "please",
        "hello",
        "a man drawing a cat",
        "show jumping",
        "a sign that says thanks",
        "a cat",
        "",
    ],
)
def test_words_that_ask_for_nothing_stay(prompt: str) -> None:
    assert asked_for(prompt) == prompt


@pytest.mark.parametrize(
    "prompt",
    ["surprise me", "please draw something nice", "anything you want", "male mir etwas Schönes", "surprends-moi !"],
)
def test_who_leaves_the_choice_gets_something(prompt: str) -> None:
    """Each picture of a grid shows something else, and says what."""
    readings = [shipped().interpret(prompt, seed) for seed in range(9)]
    assert [reading.filled for reading in readings] == list(PLEASANT[:9])
    assert not any(reading.unknown for reading in readings)
    assert shipped().interpret(prompt, 2).composition == shipped().interpret(PLEASANT[2], 0).composition


@pytest.mark.parametrize("prompt", PLEASANT)
def test_what_is_pleasant_can_be_drawn(prompt: str) -> None:
    assert shipped().interpret(prompt, 4).unknown == ()


def test_models_without_a_vocabulary_read_everything() -> None:
    assert Reader().interpret("surprise me", 1).text == "surprise me"
