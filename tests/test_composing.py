"""Things that were drawn by themselves are put together: whole, where they belong, and without their backgrounds."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from inference.painting.composing import composed
from inference.painting.cutting import cut_out
from inference.painting.painter import painted, thing
from inference.painting.scenery import background
from inference.pictures import Pixels
from inference.text.colours import COLOURS
from inference.text.compositions import Composition
from inference.text.drafts import Draft
from inference.text.scenery import PLACES, TIMED

SIDE = 192
BALL = Draft("a ball")
RUNS = {
    2: [2, 1], 3: [1, 2], 4: [2, 2], 5: [3, 3], 6: [3, 2], 7: [1, 3], 8: [1, 3], 9: [3, 3],
}  # fmt: skip
"""By how many there are, how many stretches across and down have any of them in them."""


def ball(colour: str = "red", ground: str = "white", blur: float = 0) -> Pixels:
    """A disc in the middle, two thirds of the picture wide."""
    canvas = Image.new("RGB", (SIDE, SIDE), COLOURS[ground])
    ImageDraw.Draw(canvas).ellipse((32, 32, 159, 159), COLOURS[colour])
    return np.asarray(canvas.filter(ImageFilter.GaussianBlur(blur)) if blur else canvas)


def is_like(pixels: Pixels, colour: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which pixels (H, W) have a colour, nearly."""
    return np.asarray(np.abs(pixels.astype(int) - np.array(COLOURS[colour])).max(-1) < 24)


def middle(pixels: Pixels, colour: str) -> tuple[float, float]:
    """Of all pixels in a colour: across, down, as shares."""
    down, across = np.nonzero(is_like(pixels, colour))
    return float(across.mean()) / SIDE, float(down.mean()) / SIDE


@pytest.mark.parametrize("count", range(2, 10))
def test_a_thing_is_copied(count: int) -> None:
    """As often as it is asked for, smaller, before the same background and in its colour."""
    after = composed([ball("green", "cyan")], Composition((Draft("a ball", "purple", count),)))
    share = thing(after)
    assert share is not None
    assert is_like(after[:1, :1], "cyan").all()
    columns, rows = ((share > 0.5).any(axis) for axis in (0, 1))
    runs = [int(np.diff(np.pad(line, 1).astype(int)).clip(0).sum()) for line in (columns, rows)]
    assert runs == RUNS[count]
    assert is_like(after, "purple").mean() > 0.1
    assert not is_like(after, "green").any()


def test_several_are_within_one() -> None:
    """Side by side behind its rim, which hides their feet."""
    drawn = [ball("red"), ball("blue"), ball("green")]
    after = composed(drawn, Composition((BALL, BALL, BALL), "within"))
    red, blue, green = (middle(after, colour) for colour in ("red", "blue", "green"))
    assert red[0] < 0.45 < green[0] < 0.55 < blue[0]
    assert red[1] == pytest.approx(blue[1], abs=0.02)
    assert red[1] < green[1]
    assert is_like(after, "green").sum() > 4 * is_like(after, "red").sum()


def test_a_vivid_background_leaves_no_rim() -> None:
    """What spreads from it into a pale thing is not put down elsewhere; what the thing itself has of it, within, is."""
    drawn = ball("white", "blue", blur=5).copy()
    drawn[90:102, 90:102] = COLOURS["blue"]
    cut = cut_out(drawn, drawn)
    assert cut is not None
    after = np.asarray(cut).astype(int)
    seen = after[..., 3] > 127
    blue = seen & (after[..., 2] - after[..., 0] > 90)
    assert 100 < blue.sum() <= 12 * 12
    assert seen.sum() > 0.9 * np.pi * 64**2


def test_pictures_of_one_drawing_have_it_cut_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes to stand; in another colour it is another thing."""
    cuts: list[Image.Image | None] = []

    def counted(picture: Pixels, painted: Pixels, *, is_hollow: bool) -> Image.Image | None:
        cuts.append(cut_out(picture, painted, is_hollow=is_hollow))
        return cuts[-1]

    monkeypatch.setattr("inference.painting.composing.cut_out", counted)
    drawing = ball(blur=1)
    blue, lone = (Composition((Draft("a ball", colour),), "alone", place="beach") for colour in ("blue", ""))
    pictures = [composed([drawing.copy()], one) for one in (lone, replace(lone, place="pink"), blue, lone)]
    assert len(cuts) == 2
    assert np.array_equal(pictures[0], pictures[3])
    assert is_like(pictures[2], "blue").any()
    assert not is_like(pictures[0], "blue").all()


def test_what_is_only_painted_stays_where_it_is() -> None:
    assert np.array_equal(composed([ball()], Composition((Draft("a ball", "blue"),))), painted(ball(), "blue"))


@pytest.mark.parametrize(
    ("layout", "first", "second"),
    [
        ("beside", (0.25, 0.5), (0.75, 0.5)), ("tied", (0.5, 0.46), (0.5, 0.77)),
        ("above", (0.5, 0.27), (0.5, 0.73)), ("riding", (0.5, 0.3), (0.5, 0.7)),
        ("within", (0.5, 0.3), (0.5, 0.65)), ("wearing", (0.5, 0.65), (0.5, 0.18)), ("with", (0.42, 0.5), (0.76, 0.7)),
        ("eyed", (0.5, 0.5), (0.5, 0.48)), ("dressed", (0.5, 0.3), (0.5, 0.68)),
        ("before", (0.5, 0.68), (0.5, 0.4)),
    ],
)  # fmt: skip
def test_two_things_stand_to_each_other_as_they_are_said_to(
    layout: str, first: tuple[float, float], second: tuple[float, float]
) -> None:
    """Both are seen, each in its own colour, and nothing sticks out of the picture."""
    after = composed([ball(), ball()], Composition((BALL, Draft("a ball", "blue")), layout))
    for colour, place in (("red", first), ("blue", second)):
        assert is_like(after, colour).mean() > 0.04
        assert middle(after, colour) == pytest.approx(place, abs=0.12)
    assert is_like(after[0], "white").all()
    assert is_like(after[-1], "white").all()


@pytest.mark.parametrize(("layout", "down"), [("above", 0.3), ("before", 0.75)])
def test_several_stand_side_by_side_to_one_thing(layout: str, down: float) -> None:
    """Upon it, or before its foot."""
    after = composed([ball(), ball()], Composition((Draft("a ball", count=2), Draft("a ball", "blue")), layout))
    reds = np.flatnonzero(np.diff(np.pad(is_like(after, "red").any(0), 1).astype(int)))
    assert len(reds) == 4
    assert middle(after, "red")[1] == pytest.approx(down, abs=0.1)
    assert is_like(after, "blue").mean() > 0.1


def test_a_hat_is_where_most_of_the_head_is() -> None:
    """Above the left of what is high there, not above the middle, nor above a tail."""
    side = ball().copy()
    side[:] = 255
    side[90:160, 30:160] = side[40:160, 30:80] = COLOURS["red"]
    side[40:160, 150:160] = COLOURS["red"]
    after = composed([side, ball()], Composition((BALL, Draft("a ball", "blue")), "wearing"))
    assert middle(after, "blue")[0] < 0.4


def test_a_hat_lies_between_ears() -> None:
    """On the head, not on their tips."""
    eared = ball().copy()
    eared[:] = 255
    eared[64:160, 40:152] = eared[30:160, 40:56] = eared[30:160, 136:152] = COLOURS["red"]
    after = composed([eared, ball()], Composition((BALL, Draft("a ball", "blue")), "wearing"))
    below = is_like(after, "blue")[:, SIDE // 2].nonzero()[0].max() + 1
    assert is_like(after, "red")[below + 2, SIDE // 2]


@pytest.mark.parametrize("layout", ["left", "right", "top", "bottom"])
def test_a_single_thing_stands_where_it_is_said_to(layout: str) -> None:
    after = composed([ball()], Composition((Draft("a ball", size=0.5),), layout))
    across, down = middle(after, "red")
    assert {"left": across < 0.3, "right": across > 0.7, "top": down < 0.3, "bottom": down > 0.7}[layout]
    assert is_like(after, "red").mean() < 0.06


@pytest.mark.parametrize("place", [*PLACES, *TIMED])
def test_a_place_takes_the_backgrounds_place(place: str) -> None:
    """All of it that no thing covers, at the size of what was drawn."""
    after = composed([ball("purple")], Composition((BALL,), place=place))
    behind = background(place, SIDE)
    changed = (after != behind).any(-1)
    assert 0.2 < changed.mean() < 0.6
    assert not changed[:, :8].any()


def test_things_stand_on_the_floor_of_a_place_where_it_has_one() -> None:
    """Side by side, however far down that is; before a colour they stay in the middle."""
    pair = Composition((BALL, BALL), place="field")
    floor = composed([ball("purple"), ball("purple")], pair)
    assert middle(floor, "purple")[1] > 0.65
    colour = composed([ball("purple"), ball("purple")], Composition((BALL, BALL), place="white"))
    assert middle(colour, "purple")[1] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_several_in_a_place_stand_on_its_floor(count: int) -> None:
    """None in the sky, and none cut by an edge, as the same number before a colour are not either."""
    after = composed([ball("purple")], Composition((Draft("a ball", count=count),), place="field"))
    purple = is_like(after, "purple")
    assert not purple[: round(0.45 * SIDE)].any()
    assert not purple[[0, -1]].any()
    assert not purple[:, [0, -1]].any()
    runs = np.diff(np.pad(purple[round(0.91 * SIDE)], 1).astype(int)).clip(0).sum()
    assert runs == {3: 3, 4: 2, 5: 3}[count]  # of the row in front


def test_one_thing_wears_several() -> None:
    """A hat above its glasses, and those above its tie."""
    colours = ("blue", "green", "black")
    drafts = (BALL, *(Draft("a ball", colour) for colour in colours))
    after = composed([ball()] * 4, Composition(drafts, "wearing+eyed+tied"))
    hat, glasses, tie = (middle(after, colour) for colour in colours)
    assert hat[1] < glasses[1] < tie[1]
    assert [across for across, _ in (hat, glasses, tie)] == pytest.approx([0.5] * 3, abs=0.03)
    assert is_like(after[[0, -1]], "white").all()


def test_wings_are_on_both_sides_behind_a_back() -> None:
    after = composed([ball(), ball()], Composition((BALL, Draft("a ball", "blue")), "winged"))
    wings = is_like(after, "blue")
    assert wings[:, : SIDE // 2].sum() == pytest.approx(wings[:, SIDE // 2 :].sum(), rel=0.05)
    assert middle(after, "red") == pytest.approx((0.5, 0.56), abs=0.03)
    assert middle(after, "blue")[1] < 0.5


def test_a_cut_leaves_no_rim_of_the_background() -> None:
    """Before black hardly a pixel is lighter than the thing was, though its outline was soft."""
    after = composed([ball("navy blue", blur=2)], Composition((BALL,), place="black"))
    assert (after.max(-1) > COLOURS["navy blue"][2] + 24).mean() < 0.02


def test_white_that_is_closed_in_stays() -> None:
    """The white of an eye; of what is hollow, one sees the background through it."""
    ring = ball().copy()
    ring[80:112, 80:112] = 255
    eye, through = (
        composed([ring], Composition((Draft("a ball", is_hollow=hollow),), place="green")) for hollow in (False, True)
    )
    assert is_like(eye, "white")[SIDE // 2, SIDE // 2]
    assert is_like(through, "green")[SIDE // 2, SIDE // 2]
    assert is_like(through, "red").sum() == pytest.approx(is_like(eye, "red").sum(), rel=0.02)


def test_what_cannot_be_cut_out_stays() -> None:
    """Nothing before a plain background, and no plain background; others are put together without it."""
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    empty = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for picture in (noise, empty):
        assert composed([picture], Composition((Draft("a ball", count=3),))) is picture
        after = composed([ball(), picture], Composition((BALL, BALL), "riding"))
        assert middle(after, "red") == pytest.approx((0.5, 0.5), abs=0.02)


@pytest.mark.parametrize("side", [1, 7, 50])
def test_pictures_of_any_size(side: int) -> None:
    picture = np.zeros((side, side, 3), np.uint8)
    picture[side // 3 : side // 2 + 1, side // 3 : side // 2 + 1] = 255
    for layout in ("beside", "riding", "wearing", "with", "before"):
        assert composed([picture, picture], Composition((BALL, BALL), layout)).shape == picture.shape
