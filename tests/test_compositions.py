"""Which prompts are drawn thing by thing, painted and put together, and which are drawn as they are."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.text.colours import COLOURS
from inference.text.compositions import MOST, Composition, read_composition
from inference.text.drafts import Draft, Names
from inference.text.scenery import PLACES, TIMED, TIMES
from inference.text.worn import read_worn
from tests.readers import shipped

THINGS = frozenset("apple owl heart star cat cats balloon balloons horse saucer pizza rose car dragon hat box".split())
NAMES = frozenset({"black cat", "red apple", "two hearts", "sunset over hills", "bow and arrow", "horse face"})


def read(prompt: str) -> Composition | None:
    return read_composition(
        prompt,
        Names(
            NAMES.__contains__,
            (THINGS | {"kitty", "cute"}).__contains__,
            THINGS.__contains__,
            {"dragon", "owl"}.__contains__,
            {"box"}.__contains__,
        ),
    )


@pytest.mark.parametrize(
    ("prompt", "text", "colour"),
    [
        ("a blue apple", "an apple", "blue"),
        ("an orange cat", "a cat", "orange"),
        ("a navy blue rose, flat illustration", "a rose, flat illustration", "navy blue"),
        ("red balloons", "balloons", "red"),
        ("a cute purple cat", "a cute cat", "purple"),
        ("a red slice of pizza", "a slice of pizza", "red"),
        ("the Grey horse", "the horse", "gray"),
        ("an orange sunset over hills", "a sunset over hills", "orange"),
    ],
)
def test_a_thing_in_a_colour_has_a_draft(prompt: str, text: str, colour: str) -> None:
    """With what the prompt says beside."""
    assert read(prompt) == Composition((Draft(text, colour),))


@pytest.mark.parametrize(
    ("prompt", "text", "colour", "ground"),
    [
        ("a cat on a blue background", "a cat", "", "blue"),
        ("cat on black background", "cat", "", "black"),
        ("cat against the red background", "cat", "", "red"),
        ("a dragon on a pink background", "a dragon on a blue background", "", "pink"),  # it is pale
        ("a green heart on a blue background", "a heart", "green", "blue"),
        ("a blue heart on a navy blue background", "a heart", "blue", "navy blue"),
        ("green heart, light green background", "heart", "green", "light green"),
        ("a pink cat on a grey background, flat", "a cat, flat", "pink", "gray"),
        ("a white cat", "a cat", "white", "cyan"),
        ("a pink cat", "a cat", "pink", "white"),
        ("a white dragon", "a dragon on a blue background", "white", "cyan"),
    ],
)
def test_a_background_is_painted_behind_the_draft(prompt: str, text: str, colour: str, ground: str) -> None:
    """Named, or another one where an unnamed one may have the thing's colour."""
    composition = read(prompt)
    assert composition is not None
    assert [(draft.text, draft.colour) for draft in composition.drafts] == [(text, colour)]
    assert composition.place == ground


@pytest.mark.parametrize(
    ("prompt", "text", "colour", "count"),
    [
        ("five red balloons", "a balloon", "red", 5),
        ("nine blue cats", "a cat", "blue", 9),
        ("two cats", "a cat", "", 2),
    ],
)
def test_copies_have_a_draft_of_one(prompt: str, text: str, colour: str, count: int) -> None:
    assert read(prompt) == Composition((Draft(text, colour, count),))


CAT, HAT = Draft("a cat"), Draft("a hat")
BOX, BLUE_BOX = (Draft("a box", colour, is_hollow=True, prop="box") for colour in ("", "blue"))


@pytest.mark.parametrize(
    ("prompt", "composition"),
    [
        ("a cat and a hat", Composition((CAT, HAT), "beside")),
        ("a cat vs a hat", Composition((CAT, HAT), "beside")),
        ("a cat to the right of a hat", Composition((HAT, CAT), "beside")),
        ("a cat under a hat", Composition((HAT, CAT), "above")),
        ("a cat riding a hat at night", Composition((CAT, HAT), "riding", "night")),
        ("a cat within a hat", Composition((CAT, HAT), "within")),
        ("a cat along with a hat", Composition((CAT, HAT), "with")),
        ("a cat in front of a hat", Composition((CAT, HAT), "before")),
        ("a cat wearing a blue hat", Composition((CAT, Draft("a hat", "blue")), "wearing")),
        ("a red heart and a blue star, flat",
         Composition((Draft("a heart, flat", "red"), Draft("a star, flat", "blue")), "beside")),
        ("a cat, 2 hearts and a hat", Composition((CAT, Draft("a heart", count=2), HAT), "beside")),
        ("a cat and a hat on a blue background",
         Composition((CAT, HAT), "beside", "blue")),
        ("a red car in space", Composition((Draft("a car", "red"),), place="space")),
        ("a cat on the beach at night", Composition((CAT,), place="beach night")),
        ("a cat at night in front of a hat", Composition((CAT, HAT), "before", "night")),
        ("a cat on the moon and a hat", Composition((CAT, HAT), "beside", "moon")),
        ("a cat and hat playing together in a kitchen", Composition((CAT, Draft("hat")), "beside", "room")),
        ("a cat is sleeping on a beach", Composition((CAT,), place="beach")),
        ("a cat on the left and a hat on the right", Composition((CAT, HAT), "beside")),
        ("a cat on the right, and a hat on the left side", Composition((HAT, CAT), "beside")),
        ("a cat next to a hat under a star", Composition((CAT, HAT, Draft("a star")), "beside")),
        ("two cats above a hat", Composition((Draft("a cat", count=2), HAT), "above")),
        ("3 owls, a heart and a cat in front of a hat",
         Composition((Draft("an owl on a blue background", count=3, is_pale=True), Draft("a heart"), CAT, HAT),
                     "before", "white")),
        ("two cats above two hats", Composition((Draft("a cat", count=2), Draft("a hat", count=2)), "beside")),
        ("a cat behind a hat", Composition((HAT, CAT), "before")),
        ("a cat sitting next to a hat", Composition((CAT, HAT), "beside")),
        ("a horse wearing a hat", Composition((Draft("a horse face"), HAT), "wearing")),
        ("a cute black horse clad in a hat", Composition((Draft("a horse face", "black"), HAT), "dressed")),
        ("two horses and three cats",
         Composition((Draft("a horse face", count=2), Draft("a cat", count=3)), "beside")),
        ("a cat & a hat!", Composition((CAT, HAT), "beside")),
        ("1 cat and 1 hat", Composition((CAT, HAT), "beside")),
        ("a cat beneath a hat", Composition((HAT, CAT), "above")),
        ("a kitty in space", Composition((Draft("a kitty"),), place="space")),
        ("a pink cat and a white hat",
         Composition((Draft("a cat", "pink"), Draft("a hat", "white")), "beside", "cyan")),
        ("a cyan cat and a dragon",
         Composition((Draft("a cat", "cyan", size=0.85), Draft("a dragon on a blue background", is_pale=True)),
                     "beside", "light green")),
        ("a cat in the rain", Composition((CAT,), place="field rain")),
        ("a cat, in space, at dusk", Composition((CAT,), place="space")),  # there is no dusk
        ("a cat on the left", Composition((CAT,), "left")),
        ("a tiny cat at the top in the desert", Composition((Draft("a cat", size=0.4),), "top", "desert")),
        ("3 small stars on a blue background",
         Composition((Draft("a star", count=3, size=0.6),), place="blue")),
        ("a small cat", Composition((Draft("a cat", size=0.6),))),
        ("a blue box and a box", Composition((BLUE_BOX, BOX), "beside")),
        ("a dragon in space", Composition((Draft("a dragon on a blue background", is_pale=True),), place="space")),
        ("a cat and a dragon",
         Composition((Draft("a cat", size=0.85), Draft("a dragon on a blue background", is_pale=True)),
                     "beside", "white")),
        ("a horse wearing a hat seeing through a box tied with a rose",
         Composition((Draft("a horse face"), HAT, BOX, Draft("a rose")), "wearing+eyed+tied")),
        ("a horse cat", Composition((CAT,))),
        ("a cute horse cat in space", Composition((Draft("a cute cat"),), place="space")),
        ("a pizza cat", Composition((CAT, Draft("a pizza")), "with")),
        ("a pizza cat on the left", Composition((CAT,), "left")),
        ("a horse cat wearing a pizza hat", Composition((CAT, HAT), "wearing")),
        ("a black cat wearing a hat", Composition((Draft("a black cat"), HAT), "wearing")),
        ("a cat landing in space", Composition((CAT,), place="space")),
        ("a cat winged with a hat", Composition((CAT, HAT), "winged")),
        ("an apple above a dragon",
         Composition((Draft("an apple", size=0.85), Draft("a dragon on a blue background", is_pale=True)),
                     "above", "white")),
        ("a big apple above a dragon",
         Composition((Draft("an apple"), Draft("a dragon on a blue background", is_pale=True)), "above", "white")),
        ("a bow and arrow and a cat", Composition((Draft("a bow and arrow"), CAT), "beside")),
    ],
)  # fmt: skip
def test_things_and_places_are_put_together(prompt: str, composition: Composition) -> None:
    assert read(prompt) == composition


@pytest.mark.parametrize("name", [*PLACES, *TIMED])
def test_every_place_is_put_behind_things(name: str) -> None:
    """However captions say it."""
    place, time = TIMED.get(name, (name, ""))
    for phrase in PLACES[place]:
        for when in TIMES.get(time, ("",)):
            composition = read(f"a cat {phrase} {when}".strip())
            assert composition is not None
            assert composition.place == name


@pytest.mark.parametrize(
    "prompt",
    [
        "two hearts", "three wugs", "ten cats", "cats", "six cats and four owls",
        "a cat", "an orange", "a black cat", "a red apple",  # no colour, or one of the name
        "a bow and arrow",
        "a cat with a blue star", "a cat on a red star", "a green dragon breathing apple", "a red and blue star",
        "a red blue star", "a red star of a cat on a horse", "a cat and a wug",
        "a cat on the left and a dragon", "a cat and an owl on the left", "two cats on the left",
        "a cat, cute", "a cute and happy cat", "a cat and no hat", "a cat and it", "ten red balloons",
        "a cat and a kitty",
        "a green heart on a green background", "a gray heart on a grey background",
        "a purple wug", "a wug in space", "in space", "", "red", "a red",
    ],
)  # fmt: skip
def test_all_else_is_drawn_as_it_is(prompt: str) -> None:
    assert read(prompt) is None


@pytest.mark.parametrize("seed", range(4))
def test_what_is_filled_in_stands_in_the_draft(seed: int) -> None:
    """Whatever the model fills in, in whichever language; its words of the colour are no longer there."""
    for prompt in ("a blue horse", "un caballo azul"):
        reading = shipped().interpret(prompt, 4 + seed)
        assert reading.composition is not None
        assert reading.composition.drafts[0].colour == "blue"
        assert reading.drawn[0].startswith("a horse")
        assert "blue" not in reading.drawn[0]


def test_names_of_things_stay_whole() -> None:
    assert shipped().interpret("a black cat", 0).composition is None
    assert shipped().interpret("a blue whale", 0).composition is None


WORDS = [*COLOURS, *THINGS, "a", "two", "small", "on", "background", "and", "above", "in space", "on the left", ","]


@pytest.mark.parametrize(
    "prompt",
    [
        "bow and arrow and " * 55 + "wug",
        "cat beneath " * 80 + "cat",
        "cat, " * 200,
        "a cat and " * 100,
        "a" + " " * 998,
    ],
)
def test_no_prompt_takes_long(prompt: str) -> None:
    """There is room for five things: what is longer is not taken apart in all ways."""
    asked = Counter[str]()

    def count(word: str) -> bool:
        asked[""] += 1
        return word in THINGS | NAMES

    read_composition(prompt[:200], Names(count, count, count, count, count))
    read_composition(prompt, Names(count, count, count, count, count))
    assert asked[""] < 3000


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_any_prompt_can_be_read(prompt: str) -> None:
    """What is drawn of it is drawn as it is, and there is room for all of it."""
    found = read(prompt)
    if found is not None:
        assert 1 <= sum(draft.count for draft in found.drafts) <= MOST + (found.layout in {"above", "before"})
        assert all(draft.text and draft.colour in {"", *COLOURS} for draft in found.drafts)


@pytest.mark.parametrize("again", ["and ", "and a scarf ", ", and a hat"])
def test_much_of_what_joins_is_read_once(again: str) -> None:
    """In steps that grow with the text: this would not end in a lifetime if each word could belong to two parts."""
    text = "a cat with a hat " + 60 * again + "!"
    assert read_worn(text, lambda piece: False) == text
