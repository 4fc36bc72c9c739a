"""What somebody does with a thing is read as both of them, side by side; what scenes do have stays."""

import pytest

from inference.text.activities import read_activities, side_by_side

THINGS = frozenset(
    "owl book monkey drum cat glasses sunglasses crown box dog frog coffee bed fish ball robot girl dress sword"
    " head wing horse tree".split()
)


def read(prompt: str) -> str:
    return side_by_side(joined(prompt))


def joined(prompt: str) -> str:
    return read_activities(prompt, THINGS.__contains__, (THINGS | {"chef"}).__contains__)


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("an owl reading a book in a library", "an owl and a book in a library"),
        ("a monkey playing drums", "a monkey and a drum"),
        ("a cat in a box", "a cat and a box"),
        ("a cat wearing sunglasses", "a cat and sunglasses"),
        ("pepe the frog drinking coffee", "pepe the frog and a coffee"),
        ("the dog is sleeping in its bed at night", "the dog and a bed at night"),
        ("a dog with a ball", "a dog and a ball"),
        ("a chef holding a fish", "a chef and a fish"),
        ("a cat sleeping on a bed", "a cat above a bed"),
        ("a cat is sleeping on the bed", "a cat above a bed"),
        ("a black cat on a red box at night", "a black cat above a red box at night"),
        ("a girl in a red dress", "a girl and a red dress"),
        ("a frog driving a box", "a frog riding a box"),
        ("two cats playing drums", "two cats and a drum"),
        ("a cat and a dog are eating fish", "a cat and a dog and a fish"),
        ("a girl and a robot looking at a book", "a girl and a robot and a book"),
        ("two dogs riding a box", "two dogs above a box"),
        ("a dog on the moon eating fish", "a dog and a fish on the moon"),
        ("a dog on the beach at night with a ball", "a dog and a ball on the beach at night"),
        ("a cat guarding a box", "a cat and a box"),
        ("a cat hanging from a bed", "a cat and a bed"),
        ("a frog with wings", "a frog and a wing"),
        ("a cat in a crown and sunglasses", "a cat wearing a crown and sunglasses"),
        ("a cute orange cat holding an orange fish on the moon", "a cute orange cat and an orange fish on the moon"),
    ],
)
def test_both_things_are_named(prompt: str, meant: str) -> None:
    """With the article that fits, and with the place that was named."""
    assert read(prompt) == meant


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat wearing a crown",  # scenes have hats
        "an owl in a library", "a dog in space", "a cat in the box",  # a place, or one that is spoken of
        "a robot playing polo", "nobody reading a book", "a cat reading over a box",  # no thing
        "cats in a box",  # several
        "a cat on the left and a dog on the bed",
        "a ball and a sleeping dog",
        "a night dancing bed", "a cat wearing a dress and sunglasses", "a cat missing a ball",
        "a waving sword", "the holding ball",  # what is done stands where a name does
        "a cat on the beach", "a cat on a hill", "a hat on the head",
        "a fish on a red background",
        "a cat on the beach in the evening", "a cat", "a cat riding a dog", "a dog with balls", "",
        "a cat with a red background", "in a box",
        "a cat sitting in front of a box", "a girl walking in a field of trees",
    ],
)  # fmt: skip
def test_what_scenes_show_stays(prompt: str) -> None:
    assert read(prompt) == prompt


@pytest.mark.parametrize(
    ("prompt", "joint"),
    [
        ("a cat in a box", " within "), ("a dog sleeping in a bed", " within "),
        ("a girl in a dress", " clad in "), ("a dog with glasses", " seeing through "),
        ("a cat chasing a dog", " and "), ("two cats and a dog on a bed", " above "),
        ("three balls on a bed", " above "),
        ("a dog with a crown and glasses", " wearing a crown seeing through glasses"),
        ("a dog wearing a crown, glasses in the snow", " wearing a crown seeing through glasses in the snow"),
        ("a winged frog", " winged with a wing"), ("a girl on a horse", " riding "),
        ("a frog barking at a girl", " and "), ("a frog guarding a tree", " and "), ("a dog stealing a fish", " along"),
        ("a cat sitting under an old tree", " in front of an old tree"), ("a girl reading in the bed", " within a bed"),
        ("a robot holding a sword", " along with "), ("a cat wearing sunglasses", " seeing through "),
        ("a cat sitting on a bed", " above "), ("a dog driving a box", " riding "),
        ("a cat with a crown", " wearing "), ("a cat in a crown", " wearing "),
    ],
)  # fmt: skip
def test_what_is_put_together_is_told_how(prompt: str, joint: str) -> None:
    """In words that no prompt has by chance, or that scenes have."""
    assert joint in joined(prompt)


def test_reading_again_changes_nothing() -> None:
    once = read("a robot holding a sword under water")
    assert read(once) == once
