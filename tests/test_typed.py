"""Commands typed as a message in the demo: what they mean, and what is said of those that mean nothing."""

from typing import Any

import pytest

from bot.demo.typed import Hint, Leaf, is_command, read, spread

PEOPLE = {"bo": 1002}


def option(name: str, kind: int = 3, *, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required, **more}


def leaf(*path: str, options: tuple[dict[str, Any], ...] = ()) -> Leaf:
    return Leaf({"id": 1, "name": path[0]}, path, {"options": list(options)})


CHOICES = [{"name": str(count), "value": count} for count in (1, 4, 9)]
ORDERS = [{"name": "newest", "value": "newest"}, {"name": "most votes", "value": "top"}]
LEAVES = (
    leaf(
        "imagine",
        options=(
            option("prompt", required=True),
            option("images", 4, choices=CHOICES),
            option("seed", 4, min_value=0, max_value=4294967295),
            option("guidance", 10, min_value=1.0),
        ),
    ),
    leaf("gallery", options=(option("order", choices=ORDERS), option("search", min_length=1, max_length=8))),
    leaf("queue"),
    leaf("mod", "log"),
    leaf("mod", "timeout", options=(option("person", 6, required=True), option("duration", required=True))),
    leaf("mod", "hide", options=(option("picture", 11, required=True), option("all", 5))),
)


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("/imagine a yellow star", "/imagine", {"prompt": "a yellow star"}),
        ("/IMAGINE  a yellow star ", "/imagine", {"prompt": "a yellow star"}),
        ("/imagine prompt:a cat images:9 seed:7", "/imagine", {"prompt": "a cat", "images": "9", "seed": "7"}),
        ("/imagine seed:7 prompt:a cat: the film", "/imagine", {"prompt": "a cat: the film", "seed": "7"}),
        ("/imagine a cat, style: pop art", "/imagine", {"prompt": "a cat, style: pop art"}),
        ("/gallery", "/gallery", {}),
        ("/gallery most votes", "/gallery", {"order": "top"}),
        ("/gallery order:TOP", "/gallery", {"order": "top"}),
        ("/queue", "/queue", {}),
        ("/mod log", "/mod log", {}),
        ("/mod timeout @Bo duration:10 minutes", "/mod timeout", {"person": "1002", "duration": "10 minutes"}),
    ],
)
def test_words_become_a_command(text: str, name: str, options: dict[str, Any]) -> None:
    """Free words are the first option that is needed; the others are named."""
    found, given = read(text, LEAVES, PEOPLE)
    assert (found.name, given) == (name, options)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/imagin a cat", "There is no command /imagin. Did you mean /imagine?"),
        ("/xyzzy", "There is no command /xyzzy."),
        ("/Settings", "Discord does not list /settings for you. Choose Mo or Olga at the top to try it."),
        ("/mod", "/mod is a group of commands: /mod log, /mod timeout, /mod hide."),
        ("/imagine", "/imagine also needs prompt, for example: /imagine prompt:…"),
        ("/imagine a cat images:5", "images is one of: 1, 4, 9."),
        ("/imagine a cat seed:-1", "seed is a whole number from 0 to 4,294,967,295, not “-1”."),
        ("/imagine a cat seed:lucky", "seed is a whole number from 0 to 4,294,967,295, not “lucky”."),
        ("/imagine a cat guidance:0.5", "guidance is a number from 1, not “0.5”."),
        ("/gallery search:an animal", "search is text from 1 to 8 characters long, not 9."),
        ("/queue please", "/queue takes no words: “please” is left over."),
        ("/mod timeout @Eve duration:1h", "Nobody here is called @Eve."),
        ("/mod hide picture:a.png", "picture cannot be typed: choose the command from the list that “/” opens."),
    ],
)
def test_what_cannot_be_run_is_hinted_at(text: str, hint: str) -> None:
    """It says what is missing or wrong, and what would be right."""
    with pytest.raises(Hint) as caught:
        read(text, LEAVES, PEOPLE, {"settings": ["Mo", "Olga"]})
    assert str(caught.value) == hint


@pytest.mark.parametrize(
    ("text", "expected"), [("/imagine", True), ("/ hello", False), ("hello", False), ("//", False)]
)
def test_only_a_slash_and_a_word_is_a_command(text: str, expected: bool) -> None:  # a parameter
    """Everything else is a message."""
    assert is_command(text) is expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"prompt": "a cat"}, {"prompt": "a cat"}),
        ({"prompt": "a cat images:9 seed:7"}, {"prompt": "a cat", "images": "9", "seed": "7"}),
        ({"prompt": "prompt:a cat seed:7"}, {"prompt": "a cat", "seed": "7"}),
        ({"prompt": "a cat images:9", "images": "4"}, {"prompt": "a cat images:9", "images": "4"}),
        ({"prompt": "a cat, style: pop art"}, {"prompt": "a cat, style: pop art"}),
    ],
)
def test_who_types_on_in_the_box_of_an_option_names_others(options: dict[str, Any], expected: dict[str, Any]) -> None:
    """The list that "/" opens leads into that box; what the form itself holds stays."""
    assert spread(LEAVES[0], options, PEOPLE) == expected
