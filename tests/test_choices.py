"""Choosing a model and a size: what is offered, and what is refused before it waits."""

from dataclasses import replace

import pytest

from bot.database.guild import Drawing, GuildRecord
from bot.errors import InvalidOption
from bot.orders.choices import (
    as_offered,
    check_choices,
    chosen_model,
    in_shape,
    model_lines,
    size_lines,
    with_defaults,
)
from bot.orders.entitlement import Ceiling, entitled
from bot.orders.order import Order
from bot.wording.render import explain
from inference.contract import ModelDescription
from tests.bot_fakes import FAKE_MODEL, FakePool, an_order

PAINTER = ModelDescription("painter", "oil and canvas", sizes=("512x512", "768x512", "512x768"))
MODELS = (FAKE_MODEL, PAINTER)


def pool(models: tuple[ModelDescription, ...] = MODELS, capacity: int = 8) -> FakePool:
    """With a `capacity` of 0 a server is away."""
    pool = FakePool(capacity)
    pool.served = models
    return pool


def refusal(order: Order, models: tuple[ModelDescription, ...] = MODELS) -> tuple[str, str]:
    with pytest.raises(InvalidOption) as error:
        check_choices(order, pool(models))
    return error.value.field, error.value.problem


def test_what_a_model_has_not_is_refused_by_name() -> None:
    """Of the model that is chosen, or of the first."""
    assert refusal(an_order(model="painter", guidance_scale=3.0)) == ("guidance_scale", "not_supported")
    assert refusal(an_order(model="painter", size="64x64")) == ("size", "unknown_size")
    assert refusal(an_order(size="512x512")) == ("size", "unknown_size")
    assert refusal(an_order(model="giga")) == ("model", "no_such_model")


@pytest.mark.parametrize(
    ("capacity", "said"),
    [
        (8, "There is no model giga here. There are: fake, painter."),
        (0, "No drawing server has the model giga now."),
    ],
)
def test_a_model_that_is_nowhere_is_answered_with_those_that_there_are(capacity: int, said: str) -> None:
    """Only where a server is away may it come back."""
    with pytest.raises(InvalidOption) as refused:
        check_choices(an_order(model="giga"), pool(capacity=capacity))
    assert explain(refused.value) == said


def test_a_negative_prompt_that_nothing_would_read_is_refused() -> None:
    """A guidance of 1 is none, and without guidance a negative prompt changes nothing; left to the model, it is."""
    unread = an_order(guidance_scale=1.0, negative_prompt="dogs")
    with pytest.raises(InvalidOption) as refused:
        check_choices(unread, pool())
    assert explain(refused.value) == "A negative prompt needs a guidance scale above 1; it is 1.0."
    for heard in ({"guidance_scale": 1.5}, {"guidance_scale": None}, {"negative_prompt": None}):
        check_choices(replace(unread, **heard), pool())


def test_what_a_model_has_is_taken() -> None:
    """And where nobody knows what there is, the server will say."""
    check_choices(an_order(guidance_scale=3.0), pool())
    check_choices(an_order(model="painter", size="768x512"), pool())
    check_choices(an_order(model="giga", size="1x1"), pool(()))
    unknown = ModelDescription("new", "never loaded", loaded=False)
    check_choices(an_order(model="new", top_k=3), pool((unknown,)))
    check_choices(an_order(model="new", top_k=3), pool((replace(unknown, sizes=("512x512", "640x448")),)))
    assert refusal(an_order(model="painter", top_k=3), (replace(PAINTER, loaded=False, seeds=True),)) == (
        "top_k", "not_supported"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "size"),
    [("1:1", "512x512"), ("16:9", "768x512"), ("3:2", "768x512"), ("2:3", "512x768"), ("9:16", "512x768"),
     ("768x512", "768x512"), (None, None)],
)  # fmt: skip
def test_a_shape_is_the_nearest_size_of_the_model(shape: str | None, size: str | None) -> None:
    """For who is used to --ar; what is a size already stays one."""
    assert in_shape(shape, PAINTER) == size


def test_a_shape_that_the_model_has_not_is_left_to_it() -> None:
    """It is drawn all the same, and the shape is told as ignored: who types --ar types it every time."""
    assert in_shape("16:9", FAKE_MODEL) is in_shape("1:3", PAINTER) is in_shape("1:1", None) is None
    here = entitled(GuildRecord(1), Drawing(), (), Ceiling())
    chosen = with_defaults({"size": "16:9", "ignored": ("--v 6",)}, here, MODELS)
    assert (chosen["size"], chosen["ignored"]) == (None, ("--v 6", "--ar 16:9"))
    again = as_offered(an_order(size="3:1"), an_order(), None, MODELS)
    assert (again.size, again.ignored) == (None, ("--ar 3:1",))


def test_models_and_sizes_are_offered_in_words() -> None:
    """What is typed so far may stand anywhere in the line."""
    assert model_lines("", MODELS) == [("fake: tiles of one colour", "fake"), ("painter: oil and canvas", "painter")]
    assert model_lines("OIL", MODELS) == [("painter: oil and canvas", "painter")]
    assert size_lines("", PAINTER) == [
        ("512 × 512, square", "512x512"), ("768 × 512, landscape", "768x512"), ("512 × 768, portrait", "512x768")
    ]  # fmt: skip
    assert size_lines("portrait", PAINTER) == [("512 × 768, portrait", "512x768")]
    assert size_lines("", chosen_model("giga", MODELS)) == []
