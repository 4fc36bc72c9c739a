"""A drawn thing is found before its background and painted, and nothing else is."""

import numpy as np
import pytest

from inference.painting.filters import FILTERS, filtered
from inference.painting.finishing import finished
from inference.painting.painter import painted, thing
from inference.painting.recolouring import Paint, recolour
from inference.pictures import Pixels
from inference.text.colours import COLOURS
from inference.text.compositions import Composition
from inference.text.drafts import Draft
from inference.text.reader import Reading
from inference.text.styles import read_styles


def drawn(colour: str = "red", ground: str = "white", copies: int = 1) -> Pixels:
    """Rings of a colour, with the background's colour in the middle, where an eye would be."""
    picture = np.full((96, 96, 3), COLOURS[ground], np.uint8)
    for left in range(8, 8 + 44 * copies, 44):
        picture[24:64, left : left + 40] = COLOURS[colour]
        picture[36:52, left + 12 : left + 28] = COLOURS[ground]
    return picture


def nearest(pixel: Pixels) -> str:
    return min(COLOURS, key=lambda name: int(np.abs(np.array(COLOURS[name]) - pixel).sum()))


@pytest.mark.parametrize("ground", ["white", "beige", "cyan"])
@pytest.mark.parametrize("colour", ["blue", "green", "purple", "orange", "black", "pink"])
def test_a_thing_takes_the_colour_and_its_background_stays(colour: str, ground: str) -> None:
    """Also what is closed in by the thing and has another colour."""
    before = drawn(ground=ground)
    after = painted(before, colour)
    assert nearest(after[28, 28]) == colour
    assert np.array_equal(after[:20], before[:20])
    assert np.abs(after[44, 28].astype(int) - COLOURS[ground]).max() <= 8


def test_all_copies_are_painted() -> None:
    after = painted(drawn(copies=2), "green")
    assert nearest(after[28, 20]) == nearest(after[28, 64]) == "green"


def test_shades_are_painted_as_each_would_be_alone() -> None:
    """Though a new colour is found once for many that are nearly the same."""
    shaded = np.full((96, 96, 3), 255, np.uint8)
    shaded[16:80, 16:80] = np.linspace((120, 10, 10), (250, 60, 60), 64).round().astype(np.uint8)
    after = painted(shaded, "blue")[16:80, 16:80]
    alone = recolour(
        np.dstack([shaded, np.full((96, 96), 255, np.uint8)])[16:80, 16:80],
        COLOURS["blue"],
        Paint.of(np.dstack([shaded, 255 * (shaded[..., 1] < 255).astype(np.uint8)])[::4, ::4]),
    )[..., :3]
    assert np.abs(after.astype(int) - alone).max() <= 4


def test_what_is_closed_in_belongs_to_the_thing() -> None:
    """As the white of an eye does; what is open to the edge does not."""
    share = thing(drawn())
    assert share is not None
    assert share[44, 28] == 1
    assert share[44, 80] == 0


def test_what_is_seen_through_a_loop_is_not_the_things_colour() -> None:
    """Nor is it painted, though the thing has another colour that is further from its main one."""
    picture = np.full((96, 96, 3), 255, np.uint8)
    picture[16:80, 16:80] = COLOURS["teal"]
    picture[68:80, 16:80] = COLOURS["orange"]
    picture[20:52, 32:64] = 254
    after = painted(picture, "red")
    assert nearest(after[40, 20]) == "red"
    assert np.array_equal(after[24:48, 36:60], picture[24:48, 36:60])


def test_what_is_hollow_does_not_have_the_colour_behind_it() -> None:
    """More white is seen through a wheel than the wheel has red; through what is not hollow, it is the thing's own."""
    wheel = np.full((96, 96, 3), 255, np.uint8)
    wheel[16:80, 16:80] = COLOURS["red"]
    wheel[24:72, 24:72] = 255
    assert painted(wheel, "white") is wheel
    assert nearest(painted(wheel, "white", is_hollow=True)[20, 48]) == "white"
    assert nearest(painted(wheel, "blue", is_hollow=True)[20, 48]) == "blue"
    composition = Composition((Draft("a wheel", "blue", is_hollow=True),))
    assert np.array_equal(
        finished([wheel], Reading("", composition=composition))[0], painted(wheel, "blue", is_hollow=True)
    )


def test_noise_beside_a_pale_outline_is_not_painted() -> None:
    """A codec leaves some there; of a dark thing it is far from the main colour anyway."""
    picture = np.full((96, 96, 3), 255, np.uint8)
    picture[22:74, 22:74] = 0
    picture[24:72, 24:72] = 225
    noisy = picture.copy()
    noisy[18:21, 24:72] = 243
    changed = (painted(noisy, "red") != noisy).any(-1)
    assert changed[48, 48]
    assert not changed[18:21].any()


def test_what_there_is_nothing_to_paint_in_stays() -> None:
    """No colour, one that the thing has, no thing, and a place instead of a background."""
    ring = drawn()
    assert painted(ring, "") is ring
    assert painted(ring, "red") is ring
    empty = np.full((96, 96, 3), 255, np.uint8)
    assert painted(empty, "red") is empty
    place = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    assert painted(place, "red") is place


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 50, 3), (64, 33, 3)])
def test_pictures_of_any_size(shape: tuple[int, ...]) -> None:
    assert painted(np.zeros(shape, np.uint8), "blue").shape == shape


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_changes_a_picture_of_any_size_and_always_alike(name: str) -> None:
    """On a plain ground the ground stays plain; what stands on it is still seen.  Its own name asks for it."""
    for picture in (drawn()[1:, 3:], drawn()[:61, :87]):
        after = filtered(picture, (name,))
        assert (after.shape, after.dtype) == (picture.shape, picture.dtype)
        assert not np.array_equal(after, picture)
        assert np.array_equal(after, filtered(picture, (name,)))
        ground, ring = after[2:12, 2:84].mean((0, 1)), after[30:34, 12:44].mean((0, 1))
        assert np.abs(after[2:12, 2:84] - ground).max() < 16
        assert np.abs(ground - ring).max() > 40
    assert read_styles(f"a cat, {name}").filters == (name,)


def test_filters_do_what_they_are_called() -> None:
    """Grey is grey, brown is brown, pixels are large and few in colour."""
    noise = np.random.default_rng(3).integers(0, 256, (96, 96, 3), np.uint8)
    for name in ("black and white", "sketch"):
        grey = filtered(noise, (name,))
        assert np.array_equal(grey[..., 0], grey[..., 1])
        assert np.array_equal(grey[..., 1], grey[..., 2])
    sepia = filtered(noise, ("sepia",)).astype(int)
    assert (sepia[..., 0] > sepia[..., 1]).all()
    assert (sepia[..., 1] > sepia[..., 2]).all()
    large = filtered(noise, ("pixel art",))
    assert np.array_equal(large[::2, ::2], large[1::2, 1::2])
    assert len(np.unique(large.reshape(-1, 3), axis=0)) <= 24


def test_a_picture_is_judged_before_it_is_filtered() -> None:
    """But in its colour."""
    apple = Composition((Draft("an apple", "blue"),))
    plain, shown = finished([drawn()], Reading("an apple", composition=apple, filters=("black and white",)))
    assert np.array_equal(plain, painted(drawn(), "blue"))
    assert np.array_equal(shown, filtered(plain, ("black and white",)))
