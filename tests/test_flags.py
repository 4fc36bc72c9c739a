"""Options at the end of a prompt."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidOption
from bot.orders.flags import read_flags
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
        ("a cat --seed", "--seed takes a whole number"),
        ("a cat --seed 7 on a mat", "--seed takes a whole number, not “7 on a mat”"),
        ("a cat --n 1.5", "--n takes a whole number"),
        ("a cat --n 3", r"Images is “3”; it must be one of: 1, 4, 9\."),
        ("a cat --images 0", r"Images is “0”; it must be one of: 1, 4, 9\."),
        ("a cat --cfg lots", "--cfg takes a number"),
        ("a cat --no", "--no needs words"),
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
