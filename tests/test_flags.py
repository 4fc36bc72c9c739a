"""Options at the end of a prompt."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidOption
from bot.orders.flags import mended, read_flags
from bot.wording.render import explain


@pytest.mark.parametrize(
    ("typed", "prompt", "said"),
    [
        ("a cat", "a cat", {}),
        ("a cat --seed 7", "a cat", {"seed": 7}),
        ("a cat --n 4 --no cars, dogs --seed 7", "a cat", {"images": 4, "negative_prompt": "cars, dogs", "seed": 7}),
        ("a cat --cfg 3.5 --top-k 64 --temperature .8", "a cat",
         {"guidance_scale": 3.5, "top_k": 64, "temperature": 0.8}),
        ("a cat —seed 7 –n 1", "a cat", {"seed": 7, "images": 1}),
        ("a cat --spoiler", "a cat", {"spoiler": True}),
        ("a cat --ar 16:9 --top_p 0.9", "a cat", {"size": "16:9", "top_p": 0.9}),
        ("a cat — asleep", "a cat — asleep", {}),
        ("a cat —asleep", "a cat —asleep", {}),
        ("well-known -- really", "well-known -- really", {}),
        ("  a cat ", "  a cat ", {}),
        ("--seed 7", "", {"seed": 7}),
    ],
)  # fmt: skip
def test_flags_are_read(typed: str, prompt: str, said: dict[str, Any]) -> None:
    """Also behind the dash that a telephone makes of two hyphens; dashes of prose stay."""
    flags = read_flags(typed)
    assert (flags.prompt, flags.said()) == (prompt, said)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("a cat --sed 7", r"There is no --sed\. Did you mean --seed\?"),
        ("a cat --chaos 7", r"There is no --chaos\..* There are --seed, --n"),
        ("a cat --stylize 100", r"There is no --stylize\. There are"),
        ("a cat --seed", "--seed takes a whole number"),
        ("a cat --seed 7 on a mat", "--seed takes a whole number, not “7 on a mat”"),
        ("a cat --n 1.5", "--n takes a whole number"),
        ("a cat --n 3", r"Images is “3”; it must be one of: 1, 4, 9\."),
        ("a cat --images 0", r"Images is “0”; it must be one of: 1, 4, 9\."),
        ("a cat --cfg lots", "--cfg takes a number"),
        ("a cat --no", "--no has nothing behind it"),
        ("a cat --spoiler please", "--spoiler takes no value"),
    ],
)
def test_what_is_no_flag_is_refused_with_what_would_be(typed: str, sentence: str) -> None:
    """A misspelt flag is not drawn."""
    with pytest.raises(InvalidOption) as refused:
        read_flags(typed)
    assert re.search(sentence, explain(refused.value))


@given(st.text(max_size=200).filter(lambda text: "-" not in text and "—" not in text and "–" not in text))
def test_words_without_dashes_are_left_alone(typed: str) -> None:
    """Every character of them."""
    assert read_flags(typed).prompt == typed


@pytest.mark.parametrize(
    ("typed", "named", "refused", "instead"),
    [
        ("a cat --sed 7 --n 1", {}, "prompt", "a cat --seed 7 --n 1"),
        ("a cat --v 6 --stylize 100 --no cars", {}, "prompt", "a cat --no cars"),
        ("a cat --chaos 7", {"images": 9, "spoiler": True, "private": False}, "prompt", "a cat --n 9 --spoiler"),
        ("a cat --ar 16:9 --seed 7", {}, "size", "a cat --seed 7"),
        ("a cat --n 3", {}, "images", "a cat"),
        ("a cat --style raw", {"guidance_scale": 4.0}, "style", "a cat --guidance 4"),
        ("a cat", {"size": "9x9"}, "size", "a cat"),
        ("a cat --seed seven", {}, "prompt", None),
        ("--chaos 7", {}, "prompt", None),
        ("a cat", {}, "prompt", None),
    ],
)  # fmt: skip
def test_a_refused_line_is_mended(typed: str, named: dict[str, Any], refused: str, instead: str | None) -> None:
    """Without what was refused, or with the flag that was meant; options stand in it as flags."""
    assert mended(typed, named, refused) == instead
