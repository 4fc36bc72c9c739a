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
        ("a box turtle", "alone", [""]),
    ],
)  # fmt: skip
def test_props_are_put_together_with_things(prompt: str, layout: str, props: list[str]) -> None:
    composition = shipped().interpret(f"{prompt} on the beach", 0).composition
    assert composition is not None
    assert (composition.layout, [draft.prop for draft in composition.drafts]) == (layout, props)


def test_a_prop_takes_the_place_of_what_was_drawn() -> None:
    drawn = composed([DRAWN], Composition((Draft("a table"),)))
    assert (drawn == prop("table", SIDE)).all()
    green = composed([DRAWN], Composition((Draft("a box", "green"),)))
    near = np.abs(green.astype(int) - COLOURS["green"]).max(2) < 60
    assert near.mean() > 0.2
