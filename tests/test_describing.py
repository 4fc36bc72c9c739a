"""Pictures in words, and words that a model knows: on scenes that nothing was trained on, and over HTTP."""

import base64
import functools
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from inference.contract import DescribeRequest, Description, InvalidRequest, KnownWords, Thing, WordsRequest
from inference.pictures import Pixels
from inference.ranking.description import DETECTOR_FOLDER, Describer, captions, plain_background
from inference.server.describing import LazyDescriber
from inference.text.colours import COLOURS
from tests.test_server import running

SIDE = 192


@functools.cache
def describer() -> Describer:
    return Describer.load()


def scene(number: int) -> Pixels:
    """One of the 64 scenes that are kept for evaluation, eight a row."""
    with Picture.open(Path(DETECTOR_FOLDER) / "scenes.webp") as sheet:
        row, column = divmod(number, 8)
        box = (column * SIDE, row * SIDE, (column + 1) * SIDE, (row + 1) * SIDE)
        return np.asarray(sheet.convert("RGB").crop(box))


@pytest.mark.parametrize(
    ("number", "names", "count", "place"),
    [
        (1, ("sport utility vehicle", "car"), 1, "in the sea"),
        (2, ("vampire",), 5, "at sunset"),
        (7, ("penguin",), 3, "in space"),
        (9, ("cricket",), 3, "on a white background"),
        (11, ("turkey",), 1, "on a white background"),
        (12, ("monkey",), 1, "in the snow"),
        (14, ("fox",), 4, "on a white background"),
        (15, ("face holding back tears",), 4, "on an orange background"),
    ],
)
def test_scenes_are_told_by_their_things_and_their_place(
    number: int, names: tuple[str, ...], count: int, place: str
) -> None:
    """What a person sees in them."""
    described = describer().describe_pixels(scene(number))
    assert described.things[0].names[0] in names
    assert (described.things[0].count, described.place) == (count, place)


def test_captions_are_prompts() -> None:
    """All that is seen, then less, then what it may be besides; each once."""
    things = (Thing(("penguin", "ring"), 3, 1.0), Thing(("evergreen tree",), 1, 0.9))
    assert captions(things, "in space") == (
        "three penguins and an evergreen tree in space", "three penguins in space", "three rings in space",
    )  # fmt: skip
    assert captions((Thing(("owl",), 12, 1.0),), "at night") == ("many owls at night",)
    assert captions((), "at night") == ()


def test_the_text_that_fits_scores_best() -> None:
    """By the things that it names, and else by how near the judge finds it."""
    texts = ("a castle", "three penguins in space", "a red car", "penguin")
    scores = describer().describe_pixels(scene(7), texts).scores
    assert sorted(range(4), key=lambda one: -scores[one])[:2] in ([1, 3], [3, 1])
    assert describer().describe_pixels(scene(7)).scores == ()


@pytest.mark.parametrize("name", COLOURS)
def test_a_plain_background_has_a_name(name: str) -> None:
    """By the edge, whatever is in the middle; a gradient is none."""
    pixels = np.full((96, 96, 3), COLOURS[name], np.uint8)
    pixels[20:70, 20:70] = 7
    assert plain_background(pixels) == name
    pixels[:48] = 255 - pixels[:48]
    assert plain_background(pixels) is None


# ------------------------------------------------------------------------------------------------------ over HTTP


class Told:
    """Describes everything as a cat."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, tuple[str, ...]]] = []

    def describe(self, image: bytes, texts: Any = ()) -> Description:
        self.asked.append((image, tuple(texts)))
        return Description((Thing(("cat",), 2, 0.9),), "at night", ("two cats at night",), tuple(0.5 for _ in texts))


def a_png() -> bytes:
    file = io.BytesIO()
    Picture.new("RGB", (32, 32), "red").save(file, "PNG")
    return file.getvalue()


async def test_a_picture_is_described_over_http() -> None:
    """Loaded at the first question, once."""
    loads: list[Told] = []

    def load() -> Told:
        loads.append(Told())
        return loads[-1]

    async with running(describer=LazyDescriber(load)) as client:
        for _ in range(2):
            body = DescribeRequest(a_png(), ("a cat",)).to_json()
            answer = await client.post("/v1/describe", json=body)
            described = Description.from_json(await answer.json())
    assert described == Description((Thing(("cat",), 2, 0.9),), "at night", ("two cats at night",), (0.5,))
    (told,) = loads
    assert told.asked == [(a_png(), ("a cat",))] * 2


async def test_what_is_no_picture_is_refused_over_http() -> None:
    """By field, as everywhere."""
    async with running(describer=LazyDescriber(describer)) as client:
        body = {"image": base64.b64encode(b"nothing").decode()}
        answer = await client.post("/v1/describe", json=body)
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "unreadable_picture"
        assert (await client.post("/v1/describe", json={})).status == 400


async def test_a_server_may_not_describe() -> None:
    """It says so."""
    async with running() as client:
        answer = await client.post("/v1/describe", json=DescribeRequest(a_png()).to_json())
        assert answer.status == 501


async def test_words_are_asked_over_http() -> None:
    """A model that reads everything knows them all; one that is not here is named."""
    async with running() as client:
        answer = await client.post("/v1/words", json=WordsRequest(("a cat", "a balrog")).to_json())
        assert KnownWords.from_json(await answer.json()) == KnownWords(((), ()))
        answer = await client.post("/v1/words", json=WordsRequest(("a cat",), "other").to_json())
        assert answer.status == 404


@pytest.mark.parametrize(
    "document", [{"texts": ["a"] * 65}, {"texts": []}, {"texts": [7]}, {"image": "!", "texts": []}, [], {"images": ""}]
)
def test_bad_requests_are_refused(document: object) -> None:
    """Before anything is decoded."""
    with pytest.raises(InvalidRequest):
        DescribeRequest.from_json(document)
    with pytest.raises(InvalidRequest):
        WordsRequest.from_json(document)


@pytest.mark.parametrize("document", [{}, {"things": 1, "place": "", "scores": []}, {"unknown": "a"}, None])
def test_nonsense_is_no_answer(document: object) -> None:
    """The pool takes the server for ill."""
    for kind in (Description, KnownWords):
        with pytest.raises(ValueError, match="not"):
            kind.from_json(document)
