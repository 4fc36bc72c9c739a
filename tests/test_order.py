"""Orders: what is taken as it is, and what is refused."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.imagine import Imagine
from bot.demo.typed import Leaf, read
from bot.errors import InvalidOption
from bot.orders.command import command_line
from bot.orders.order import RECIPE, Kind, Order
from bot.wording.drawing import OPTIONS
from inference.contract import (
    MAX_GUIDANCE_SCALE,
    MAX_SEED,
    MAX_TEMPERATURE,
    MAX_TOP_K,
    MIN_TOP_P,
    GenerationRequest,
    visible,
)
from tests.bot_fakes import an_order


@pytest.mark.parametrize("text", ["a", "🐙", "م", " . ", "\u202eabc", "👩\u200d🚀"])
def test_text_that_shows_something_is_visible(text: str) -> None:
    """Letters, marks, emoji and right-to-left text count."""
    assert visible(text)


@pytest.mark.parametrize("text", ["", " \u00a0\u3000", "\u200b\u2060\ufeff", "\u202e", "\x00\x07", "\u3164", "\ufe0f"])
def test_text_that_shows_nothing_is_not(text: str) -> None:
    """Spaces of all kinds, controls, zero-width characters, direction marks and fillers do not count."""
    assert not visible(text)


@given(st.text(max_size=1200))
def test_any_text_is_either_taken_or_refused_by_name(text: str) -> None:
    """No prompt leads to another error than InvalidOption, and what is taken is sent unchanged."""
    order = an_order(text)
    if not visible(text) or len(text) > 1000 or "\0" in text:
        with pytest.raises(InvalidOption) as refusal:
            order.check()
        assert refusal.value.field == "prompt"
    else:
        order.check()
        assert order.request(default_seed=0).prompt == text


@pytest.mark.parametrize(("text", "name"), [("a\0b", "U+0000"), ("half \ud83d", "U+D83D")])
def test_what_no_database_can_hold_is_refused_by_name(text: str, name: str) -> None:
    """NUL and half an emoji, in either prompt."""
    for order in (an_order(text), an_order(negative_prompt=text)):
        with pytest.raises(InvalidOption, match=re.escape(name)):
            order.check()


def test_an_invisible_negative_prompt_is_none_at_all() -> None:
    """It would steer away from nothing."""
    assert an_order(negative_prompt=" \u200b").request(default_seed=0).negative_prompt is None


def test_the_orders_own_seed_wins() -> None:
    """Chance is for those who did not choose."""
    assert an_order(seed=3).request(default_seed=9).seed == 3
    assert an_order().request(default_seed=9).seed == 9


def test_what_to_leave_out_is_one_line() -> None:
    """Discord's options may hold line breaks, and the field of a form, which takes it again, must not."""
    assert an_order(negative_prompt="a dog\n\n a\tmouse ").request(default_seed=0).negative_prompt == "a dog a mouse"
    assert an_order(negative_prompt=" \n ").negative_prompt is None
    assert an_order("a\ncat").prompt == "a\ncat"


WORDS = st.text("abc ,.é-猫", min_size=1).map(str.strip).filter(lambda words: visible(words) and "--" not in words)
AS_TYPED: dict[str, tuple[str, Callable[[str], Any], st.SearchStrategy[Any]]] = {
    "prompt": ("prompt", str, WORDS),
    "images": ("images", int, st.sampled_from([1, 4, 9])),
    "seed": ("seed", int, st.integers(0, MAX_SEED)),
    "guidance_scale": ("guidance", float, st.none() | st.floats(1, MAX_GUIDANCE_SCALE)),
    "temperature": ("temperature", float, st.none() | st.floats(0.01, MAX_TEMPERATURE)),
    "top_k": ("top_k", int, st.none() | st.integers(0, MAX_TOP_K)),
    "top_p": ("top_p", float, st.none() | st.floats(MIN_TOP_P, 1)),
    "negative_prompt": ("negative", str, st.none() | WORDS.map(lambda words: " ".join(words.split()))),
    "spoiler": ("spoiler", bool, st.booleans()),
    "private": ("private", bool, st.booleans()),
    "model": ("model", str, st.none() | st.sampled_from(["small", "mega-v1"])),
    "size": ("size", str, st.none() | st.sampled_from(["256x256", "512x768"])),
}
"""Of each field of an order: the option of /imagine, how its value is read, and what it may be."""
NOT_TYPED = {
    "requester",
    "kind",
    "parent_id",
    "init_image",
    "strength",
    "keep_rows",
    "priority",
    "interaction",
    "ignored",
}
IN_THE_PROMPT = {"style"}  # its words were added already; named again, they would be added twice


@given(st.fixed_dictionaries({field: values for field, (_, _, values) in AS_TYPED.items()}))
def test_the_line_that_repeats_an_order_holds_all_of_it(options: dict[str, Any]) -> None:
    """Read again as it is pasted, it is the same order; a field added to orders has to be decided on."""
    assert {field.name for field in fields(Order)} == AS_TYPED.keys() | NOT_TYPED | IN_THE_PROMPT
    order = an_order(**options)
    kinds = {parameter.name: parameter for parameter in Imagine.imagine.parameters}
    specs = [{"name": name, "type": one.type.value, "required": one.required} for name, one in kinds.items()]
    leaf = Leaf({"name": "imagine"}, ("imagine",), {"options": specs})
    _, typed = read(command_line(order, options["seed"], options["images"]), [leaf], {})
    again = {field: kind(typed[name]) for field, (name, kind, _) in AS_TYPED.items() if name in typed}
    assert an_order(**again) == order


def test_a_recipe_has_all_that_a_server_is_asked_for() -> None:
    """A new option of a request is shown wherever a picture's recipe is, and has a name there."""
    apart = {"prompt", "model", "seed", "images", "init_image"}  # said on their own
    asked = {one.name for one in fields(GenerationRequest)} & {one.name for one in fields(Order)}
    assert asked - apart == set(RECIPE) - {"style"}
    assert set(RECIPE) <= set(OPTIONS)


def test_a_recipe_tells_what_was_chosen() -> None:
    order = an_order("a cat", top_k=0, top_p=0.9, style="ink", size="512x512", strength=0.3, keep_rows=8)
    chosen = {"top_k": 0, "top_p": 0.9, "style": "ink", "strength": 0.3, "keep_rows": 8, "size": "512x512"}
    assert order.recipe() == chosen
    assert an_order("a cat").recipe() == {}


@pytest.mark.parametrize(("kind", "same"), [("vary", True), ("reroll", True), ("imagine", False), ("complete", False)])
def test_only_what_goes_on_from_a_picture_of_its_own_has_the_same_prompt(kind: Kind, *, same: bool) -> None:
    """A picture that somebody brings along was drawn from other words, or by somebody else."""
    assert an_order(kind=kind, init_image=b"any", strength=0.5).request(0).same_prompt == same
    assert not an_order(kind=kind).request(0).same_prompt
