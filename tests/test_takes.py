"""Pictures of the same words differ for the eye, and a variation shows what its picture shows."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.contract import PLAIN_EVERY
from inference.painting.composing import composed
from inference.pictures import Pixels, encode_png, seed_of
from inference.text.compositions import Composition
from inference.text.drafts import Draft
from inference.text.reader import Reading
from inference.text.takes import PLAIN, VARIED
from tests.readers import shipped

PLAIN_SEEDS = range(0, PLAIN_EVERY * len(PLAIN), PLAIN_EVERY)


def shown(reading: Reading) -> tuple[object, ...]:
    """What is to be seen, however it is."""
    composition = reading.composition
    assert composition is not None
    things = [(draft.text.partition(",")[0], draft.colour, draft.count, draft.size) for draft in composition.drafts]
    return things, composition.layout, composition.place


@pytest.mark.parametrize("prompt", ["a cat", "a red heart", "a cat and a dog on the beach"])
def test_plain_pictures_differ(prompt: str) -> None:
    """Nothing is filled in, and yet each has another size, or is mirrored."""
    readings = [shipped().interpret(prompt, seed) for seed in PLAIN_SEEDS]
    assert {reading.filled for reading in readings} == {""}
    looks = {(one.composition.is_mirrored, one.composition.scale) for one in readings if one.composition is not None}
    assert len(looks | {(False, 1.0)}) == len(PLAIN)


@pytest.mark.parametrize(
    ("prompt", "is_mirrored", "is_smaller"),
    [
        ("a cat", True, True), ("a cat on the left", False, False), ("a huge dragon", True, False),
        ("a newspaper", False, True), ("a cat to the left of a dog", False, False),
    ],
)  # fmt: skip
def test_what_a_prompt_says_stays(prompt: str, *, is_mirrored: bool, is_smaller: bool) -> None:
    """Sides, sizes, and what could not be read in a mirror."""
    composition = shipped().interpret(prompt, PLAIN_EVERY).composition
    assert composition is not None
    assert (composition.is_mirrored, composition.scale < 1) == (is_mirrored, is_smaller)


@pytest.mark.parametrize("seed", [0, 1, 6, 4 * 123_457])
def test_a_variation_shows_what_its_picture_shows(seed: int) -> None:
    """The same things in the same places, whatever was filled in for the picture, and four that differ."""
    prompt = "two dogs and a red balloon on a beach"
    picture = shipped().interpret(prompt, seed)
    variations = [shipped().interpret(prompt, new, seed) for new in range(800, 800 + len(VARIED))]
    for one in variations:
        assert (shown(one), one.filled) == (shown(picture), picture.filled)
    assert len({one.composition for one in variations}) == len(VARIED)


@pytest.mark.parametrize(
    ("prompt", "is_put_together"),
    [("a cat", False), ("a purple horse", True), ("a cat, pixel art", True), ("a cat in a forest", True)],
)
def test_what_is_put_together_is_so_at_all_seeds(prompt: str, *, is_put_together: bool) -> None:
    for seed in PLAIN_SEEDS:
        assert shipped().interpret(prompt, seed).is_put_together == is_put_together


def square(colour: tuple[int, int, int]) -> Pixels:
    """One on the left of a white picture."""
    pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[16:48, 8:40] = colour
    return pixels


def middle(picture: Pixels, colour: tuple[int, int, int]) -> tuple[float, int]:
    """Where a colour is, across, and how many pixels have it."""
    down, across = np.nonzero((np.abs(picture.astype(int) - colour) < 24).all(2))
    return float(across.mean()) / len(picture), len(down)


RED, BLUE = (200, 20, 20), (20, 20, 200)


def test_one_thing_is_mirrored_and_smaller_where_it_is() -> None:
    whole = composed([square(RED)], Composition((Draft("a"),)))
    small = composed([square(RED)], Composition((Draft("a"),), is_mirrored=True, scale=0.5))
    assert middle(whole, RED)[0] < 0.4
    assert middle(small, RED)[0] > 0.55
    assert middle(small, RED)[1] == pytest.approx(middle(whole, RED)[1] / 4, rel=0.2)
    assert (small[0] == 255).all()


@pytest.mark.parametrize("place", ["", "beach"])
def test_who_is_on_the_left_stays_there(place: str) -> None:
    """Things beside each other are mirrored one by one, and stand on the floor when they are smaller."""
    before, after = (
        composed([square(RED), square(BLUE)], Composition((Draft("a"), Draft("b")), "beside", place, *take))
        for take in ((False, 1.0), (True, 0.7))
    )
    assert middle(after, RED)[1] < 0.7 * middle(before, RED)[1]
    assert middle(after, RED)[0] < middle(after, BLUE)[0]
    if place:
        feet = [int(np.nonzero((np.abs(one.astype(int) - BLUE) < 24).all(2))[0].max()) for one in (before, after)]
        assert feet[1] == pytest.approx(feet[0], abs=2)


def test_only_our_pictures_tell_their_seed() -> None:
    assert seed_of(encode_png(square(RED), 4_294_967_295, model="a (seed 3) b")) == 4_294_967_295
    file = io.BytesIO()
    Image.fromarray(square(RED)).save(file, "PNG")
    assert seed_of(file.getvalue()) is None
    assert seed_of(b"no picture") is None


def test_what_is_measured_is_what_was_drawn() -> None:
    """A judge that knows things facing one way is shown them so; what a colour or a number does to them stays."""
    for prompt in ("a cat", "two blue dogs"):
        plain, *others = (shipped().interpret(prompt, seed).as_drawn for seed in PLAIN_SEEDS)
        for other in others:
            assert (other.drawn, other.text) == (plain.drawn, plain.text)
            assert plain.composition is None or other.composition == plain.composition
