"""Options at the end of a prompt."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidOption
from bot.orders.flags import Mended, mended, read_flags
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
        ("a cat --v 6 --stylise 100 --no cars", "a cat",
         {"negative_prompt": "cars", "ignored": ("--v 6", "--stylise 100")}),
        ("a cat —v 6.1 —tile", "a cat", {"ignored": ("--v 6.1", "--tile")}),
        ("a cat —fast asleep", "a cat —fast asleep", {}),
        ("a cat --tile on a mat --q 2 at night", "a cat on a mat at night", {"ignored": ("--tile", "--q 2")}),
        ("--niji 6 a cat --s250", "a cat", {"ignored": ("--niji 6", "--s250")}),
        ("a cat --sref https://a.b/c.png https://a.b/d.png --iw 2", "a cat",
         {"ignored": ("--sref https://a.b/c.png https://a.b/d.png", "--iw 2")}),
        ("a cat --sampler euler_a --steps 30 --seed -1", "a cat", {"ignored": ("--sampler euler_a", "--steps 30")}),
        ("--seed 7", "", {"seed": 7}),
    ],
)  # fmt: skip
def test_flags_are_read(typed: str, prompt: str, said: dict[str, Any]) -> None:
    """Also behind the dash that a telephone makes of two hyphens; dashes of prose stay.

    What other bots have is left out with its value, and known to be.
    """
    flags = read_flags(typed)
    assert (flags.prompt, flags.said()) == (prompt, said)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("a cat --sed 7", r"There is no --sed\. Did you mean --seed\?"),
        ("a cat --foo 7 --xyzzy", r"I do not know --foo, --xyzzy\. There are --seed, --n"),
        ("a cat --sed 7 --n 3 --cfg lots", r"(?s)Did you mean --seed\?\n.*one of: 1, 4, 9\.\n--cfg takes a number"),
        ("a cat --cfg 99", r"Guidance scale is 99; it must be from 1\.0 to 30\.0\."),
        ("a cat --seed -5", r"Seed is -5; it must be from 0 to 4294967295\."),
        ("a cat --temperature nan", r"Temperature is nan; it must be"),
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
    """A misspelt flag is not drawn; all that is wrong is told at once."""
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
        ("a cat --sed 7 --n 1", {}, "prompt", Mended("a cat --seed 7 --n 1", whole=True)),
        ("a cat --sed 7 --n 3 --v 6", {}, "images", Mended("a cat --seed 7", whole=False)),
        ("a cat --foo 100 --no cars", {}, "prompt", Mended("a cat --no cars", whole=False)),
        ("a cat --foo", {"images": 9, "spoiler": True, "private": False}, "prompt",
         Mended("a cat --n 9 --spoiler", whole=False)),
        ("a cat --size 9x9 --seed 7", {}, "size", Mended("a cat --seed 7", whole=False)),
        ("a cat --style pop", {"guidance_scale": 4.0}, "style", Mended("a cat --guidance 4", whole=False)),
        ("a cat --style noirr --n 1", {}, "style", Mended("a cat --style Noir --n 1", whole=True)),
        ("a cat", {"size": "9x9"}, "size", Mended("a cat", whole=False)),
        ("a cat --seed seven", {}, "seed", Mended("a cat", whole=False)),
        ("--foo 7", {}, "prompt", None),
        ("a cat", {}, "prompt", None),
    ],
)  # fmt: skip
def test_a_refused_line_is_mended(typed: str, named: dict[str, Any], refused: str, instead: Mended | None) -> None:
    """Without what was refused, or with the flag that was meant; options stand in it as flags."""
    assert mended(typed, named, {refused: "Noir" if "noirr" in typed else None}) == instead
