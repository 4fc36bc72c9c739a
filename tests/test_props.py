"""What the model cannot draw is drawn by hand, and put together as all else is."""

import numpy as np
import pytest

from inference.painting.composing import composed
from inference.painting.cutting import cut_out
from inference.painting.props import prop
from inference.text.colours import COLOURS
from inference.text.compositions import Composition
from inference.text.drafts import PROPS, Draft
from tests.readers import shipped

SIDE = 96
DRAWN = np.full((SIDE, SIDE, 3), 90, np.uint8)
DRAWN[20:70, 20:70] = (200, 30, 60)
"""What a model has drawn in their place."""


@pytest.mark.parametrize("name", sorted(PROPS))
def test_a_prop_stands_before_white(name: str) -> None:
    """So that it is cut out and painted as what a model draws."""
    pixels = prop(name, SIDE)
    assert (pixels[[0, -1]] == 255).all()
    cut = cut_out(pixels, pixels)
    assert cut is not None
    assert cut.width > 0.6 * SIDE


@pytest.mark.parametrize("name", sorted(PROPS))
def test_props_are_known_by_name(name: str) -> None:
    """Alone and in a place, and nothing is told as missing."""
    for prompt in (f"a {name}", f"a green {name} on the beach"):
        reading = shipped().interpret(prompt, 0)
        assert reading.composition is not None
        assert [draft.prop for draft in reading.composition.drafts] == [name]
        assert (reading.unknown, reading.is_put_together) == ((), True)


@pytest.mark.parametrize(
    ("prompt", "layout", "props"),
    [
        ("a cat in a box", "within", ["", "box"]), ("a cat on a table", "above", ["", "table"]),
        ("eine Katze auf einem Tisch", "above", ["", "table"]), ("a dog jumping over a fence", "above", ["", "fence"]),
        ("ein Hund springt über einen Zaun", "above", ["", "fence"]),
        ("a cat behind a fence", "before", ["fence", ""]), ("a penguin on a skateboard", "riding", ["", ""]),
        ("a dog and a cat in a box", "within", ["", "", "box"]), ("two cats in a box", "within", ["", "box"]),
        ("a cat under a table", "before", ["", "table"]),
        ("кошка за забором", "before", ["fence", ""]), ("a lunch box", "alone", ["box"]),
        ("a box turtle", "alone", [""]), ("a wooden table", "alone", ["table"]), ("a coffee table", "alone", ["table"]),
        ("THREE BOXES", "alone", ["box"]), ("a white picket fence", "alone", ["fence"]),
        ("a cat on a big wooden table", "above", ["", "table"]), ("a cat on a pool table", "above", ["", ""]),
        ("a beverage box", "alone", [""]), ("a takeout box", "alone", [""]), ("two bento boxes", "alone", [""]),
        ("a periodic table", "alone", [""]), ("a dog in a card file box", "within", ["", ""]),
    ],
)  # fmt: skip
def test_props_are_put_together_with_things(prompt: str, layout: str, props: list[str]) -> None:
    composition = shipped().interpret(f"{prompt} on the beach", 0).composition
    assert composition is not None
    assert (composition.layout, [draft.prop for draft in composition.drafts]) == (layout, props)


def test_a_prop_takes_the_place_of_what_was_drawn() -> None:
    drawn = composed([DRAWN], Composition((Draft("a table", prop="table"),)))
    assert (drawn == prop("table", SIDE)).all()
    green = composed([DRAWN], Composition((Draft("a box", "green", prop="box"),)))
    near = np.abs(green.astype(int) - COLOURS["green"]).max(2) < 60
    assert near.mean() > 0.2


@pytest.mark.parametrize("seed", [0, 4, 8])
@pytest.mark.parametrize(
    "prompt",
    [
        "a family dinner at the table", "a boy who sleeps in a box", "a kitchen with a big table", "a bento box",
        "a pool table", "a periodic table", "a card file box",
    ],
)  # fmt: skip
def test_what_ends_in_a_prop_is_drawn(prompt: str, seed: int) -> None:
    """By the model, whole, in all takes: none of it is hidden by a table."""
    reading = shipped().interpret(prompt, seed)
    assert reading.drawn == (prompt,)
    assert reading.composition is None or not reading.composition.drafts[0].prop


@pytest.mark.parametrize(
    ("prompt", "drawn"),
    [
        ("a cat on a table", ("a cat",)), ("a cat behind a fence", ("a cat",)),
        ("a dog and a cat in a box", ("a dog", "a cat")), ("a table", ("a table",)),
        ("a box on a table", ("a box",)), ("a cat and a dog", ("a cat", "a dog")),
    ],
)  # fmt: skip
def test_nothing_is_drawn_for_a_prop(prompt: str, drawn: tuple[str, ...]) -> None:
    """But something is for every picture."""
    assert shipped().interpret(prompt, 0).drawn == drawn


def test_what_is_drawn_is_put_to_props() -> None:
    """Whichever stands first: there are fewer pictures than drafts."""
    fence, cat = Draft("a fence", prop="fence"), Draft("a cat")
    for drafts, layout in (((fence, cat), "before"), ((cat, fence), "above")):
        after = composed([DRAWN], Composition(drafts, layout))
        assert (np.abs(after.astype(int) - DRAWN[40, 40]).max(2) < 24).any()
        assert not (after == prop("fence", SIDE)).all()


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a chess set on a table", "a chess pawn set on a brown background"),
        ("a still life with fruits on a table", "a still life with red apples on a brown background"),
        ("a cat on a table", "a cat above a table"),
        ("a family dinner at the table", "a family dinner at the table"),
    ],
)
def test_on_a_table_that_is_not_put_together_it_is_brown(prompt: str, read: str) -> None:
    assert shipped().read(prompt).text == read
