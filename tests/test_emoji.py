"""Emoji in prompts are read by their names."""

import pytest

from inference.text.emoji import read_emoji


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("🐱🐶", "a cat face and a dog face"),
        ("🐱🐱 in space", "two cat faces in space"),
        ("a 🐱 and a ❤️", "a cat face and a red heart"),
        ("⭐ ⭐ ⭐", "three stars"),
        ("an astronaut 👩🏽‍🚀", "an astronaut a woman and a rocket"),
        ("🐧🐧🐧🐧🐧🐧🐧", "seven penguins"),
    ],
)
def test_emoji_are_said_in_words(typed: str, read: str) -> None:
    """Counted, joined, and once where an article is there already."""
    assert read_emoji(typed) == read


@pytest.mark.parametrize("typed", ["a cat  by the sea", "a → b", "猫", "x² ≤ 3 €", ""])
def test_what_is_no_emoji_stays(typed: str) -> None:
    """With all its spaces."""
    assert read_emoji(typed) == typed
