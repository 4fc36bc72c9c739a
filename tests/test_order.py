"""Orders: what is taken as it is, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidOption
from inference.contract import visible
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
