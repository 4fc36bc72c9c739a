"""What is filled in where a prompt leaves something open, and what stays as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.contract import MAX_SEED, PLAIN_EVERY
from inference.text.colours import COLOURS
from inference.text.interpretations import interpretation
from inference.text.reader import Reader
from inference.text.scenery import OUTDOORS, PLACES, TIMES
from inference.training.evaluation.chat import read_prompts
from tests.readers import shipped, unphrased


def grid(prompt: str, images: int = PLAIN_EVERY) -> list[str]:
    """What the pictures of one grid are drawn from."""
    return [interpretation(prompt, seed)[0] for seed in range(images)]


@pytest.mark.parametrize(
    ("prompt", "others"),
    [
        (
            "a cat",
            [
                "a cat on a beige background", "a cat on the left on a light green background",
                "a cat on a cyan background",
            ],
        ),
        (
            "a beige cat and a dog",
            [f"a beige cat and a dog on a {colour} background" for colour in ("light green", "cyan", "pink")],
        ),
        (
            "a red heart on a blue background",
            [
                "a red heart on the left on a blue background", "a small red heart on a blue background",
                "a red heart on the right on a blue background",
            ],
        ),
        (
            "a fox in the snow",
            ["a fox in the snow at sunset", "a fox on the left in the snow", "a fox in the snow at night"],
        ),
        (
            "a frog on top of a pig",
            [f"a frog on top of a pig on a {colour} background" for colour in ("beige", "light green", "cyan")],
        ),
        (
            "a frog within a box",
            [f"a frog within a box on a {colour} background" for colour in ("beige", "light green", "cyan")],
        ),
        ("two fish in the sea", ["two fish in the sea, flat illustration", "two fish in the sea"] * 2),
    ],
)  # fmt: skip
def test_what_is_open_is_filled_in(prompt: str, others: list[str]) -> None:
    """A background, a spot, a size, a time of day, a style: each where the prompt names none."""
    assert grid(prompt) == [prompt, *others[: PLAIN_EVERY - 1]]


@pytest.mark.parametrize("prompt", ["small cats in space, 3d render", "cats in space, flat", "pixel art, background"])
def test_what_leaves_nothing_open_stays(prompt: str) -> None:
    """Nobody's words are said otherwise."""
    assert set(grid(prompt, 9)) == {prompt}


def test_a_grid_of_nine_shows_six_others() -> None:
    """Three pictures are drawn from the prompt as it is, all the rest differ."""
    readings = grid("a cat", 9)
    assert readings.count("a cat") == 3
    assert len(set(readings)) == 7


@given(st.text(max_size=80), st.integers(0, MAX_SEED))
def test_any_prompt_can_be_filled_in(prompt: str, seed: int) -> None:
    """All of its words stay, in their order; every fourth seed takes it as it is."""
    text, filled = interpretation(prompt, seed)
    assert text == prompt if seed % PLAIN_EVERY == 0 or not filled else len(text) > len(prompt)
    rest = iter(text)
    assert all(any(letter == other for other in rest) for letter in prompt.removeprefix("an"))


def test_only_what_scenes_have_is_filled_in() -> None:
    """Each filling, as a word of captions."""
    known = {f"on a {colour} background" for colour in COLOURS} | {word for words in TIMES.values() for word in words}
    known |= {"on the left", "on the right", "small", "flat illustration"}
    prompts = ["a cat", "a cat and a dog", "two cats in space", *(f"a cat {PLACES[place][0]}" for place in OUTDOORS)]
    for prompt in prompts:
        for seed in range(12):
            filled = interpretation(prompt, seed)[1]
            for part in sorted(known, key=len, reverse=True):
                filled = filled.replace(part, "")
            assert not filled.strip(), (prompt, seed)


def test_places_outdoors_may_have_a_time() -> None:
    """By their usual names; a day that is said to be sunny has none."""
    for place in OUTDOORS:
        assert interpretation(f"two cats {PLACES[place][0]}", 1)[1] == "at sunset"
    assert interpretation("two cats on a sunny day", 1)[1] != "at sunset"


def test_other_languages_are_filled_in_in_english() -> None:
    """The words of captions are; the plain reading keeps the prompt, for the encoder reads it itself."""
    assert shipped().interpret("ein roter Apfel", 4).text == "ein roter Apfel"
    reading = shipped().interpret("ein roter Apfel", 1)
    assert (reading.text, reading.filled) == ("a red apple on a beige background", "on a beige background")


def test_what_is_filled_in_reads_as_it_stands() -> None:
    """The encoder reads texts once more: nothing of them may be taken for another language or a way of drawing."""
    for prompt in read_prompts():
        for seed in range(1, PLAIN_EVERY):
            reading = shipped().interpret(prompt, seed)
            if reading.filled:
                again = unphrased().read(reading.text)
                kept, style = again.text.replace(",", "").split(), {"3d", "flat", "illustration"}
                assert sorted(set(kept) - style) == sorted(set(reading.text.replace(",", "").split()) - style)
                assert reading.unknown == shipped().read(prompt).unknown


def test_a_model_without_a_vocabulary_fills_nothing_in() -> None:
    """Nobody knows what its captions say."""
    assert Reader().interpret("a cat", 1).text == "a cat"
    assert Reader().interpret("a cat", 1).filled == ""


def test_a_name_with_in_names_no_place() -> None:
    """Nobody is "on the left in tuxedo"."""
    assert all("person in tuxedo" in said for said in grid("a person in tuxedo", 9))
