"""Disguises come off, and nothing that anybody can type breaks the reading."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.safety.normalise import normalise, readings

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Hello World", "hello world"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("𝓬𝓾𝓻𝓼𝓲𝓿𝓮 𝔣𝔯𝔞𝔨𝔱𝔲𝔯 𝚖𝚘𝚗𝚘", "cursive fraktur mono"),
        ("ⓒⓘⓡⓒⓛⓔ 🅑🅛🅐🅒🅚 🆂🆀🆄🅰🆁🅴", "circle black square"),
        ("🇫🇱🇦🇬", "flag"),
        ("zero\u200bwidth\u200d\ufeff \u2060joiner", "zerowidth joiner"),
        ("\u202eright to left", "right to left"),
        ("soft\u00adhyphen", "softhyphen"),
        ("Z̸̡͓a̶l̷g̴o̵ ünïcödé", "zalgo unicode"),
        ("суrіllіс аnd grеек", "cyrillic and greek"),
        ("ᴄᴀᴘɪᴛᴀʟꜱ", "capitals"),
        ("a\tb\u00a0c\u2003d\n\ne", "a b c d e"),
        ("straße", "strasse"),
        ("", ""),
    ],
)
def test_disguises_come_off(written: str, plain: str) -> None:
    """Styles, widths, invisible characters, accents, look-alikes and white space."""
    assert normalise(written) == plain


@pytest.mark.parametrize("word", ["кот", "猫", "قطة", "बिल्ली", "🐈"])
def test_other_scripts_keep_something(word: str) -> None:
    """They may lose their marks, but a prompt in another language does not vanish."""
    assert normalise(word)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("w0rd", "word"),
        ("w@rd$", "wards"),
        ("w!th", "with"),
        ("t3$t", "test"),
        ("w o r d", "word"),
        ("w.o.r.d here", "word here"),
        ("the w-o-r-d", "the word"),
        ("w  o  r  d", "word"),
        ("w 0 r d", "word"),
        ("wo.rd", "word"),
        ("wo*rd", "word"),
        ("wooooord", "word"),
        ("asssss", "ass"),
        ("𝐰 𝟎 𝐫 𝐝", "word"),
        ("w\u200bo\u200br\u200bd", "word"),
    ],
)
def test_words_in_disguise_have_a_plain_reading(written: str, meant: str) -> None:
    """Digits and signs for letters, letters one by one, signs between, stretched letters, and combinations."""
    assert meant in readings(written)


@pytest.mark.parametrize("text", ["a cat in a hat", "i am a dog", "80s style, 4k, f/1.8", "wow!!! cool", "2 + 2 = 4"])
def test_the_plain_reading_comes_first(text: str) -> None:
    """Whatever else may be read into a text, it is also what it says."""
    assert readings(text)[0] == text


def test_an_ordinary_prompt_has_one_reading() -> None:
    """So that checking costs microseconds."""
    assert readings("a watercolour painting of a balrog playing chess with a cat") == (
        "a watercolour painting of a balrog playing chess with a cat",
    )


@given(ANY_TEXT)
@example("\u1e9e\u0345\u03b9")
@example("İ")
def test_normalising_is_idempotent(text: str) -> None:
    """A normalised text is its own normal form."""
    once = normalise(text)
    assert normalise(once) == once


@given(ANY_TEXT)
def test_every_text_has_readings(text: str) -> None:
    """Nothing raises, and the first is the normal form."""
    assert readings(text)[0] == normalise(text)


@given(st.text("po rn.0-", max_size=300))
def test_there_are_few_readings(text: str) -> None:
    """Their number does not grow with the text."""
    assert len(readings(text)) <= 24


@pytest.mark.parametrize("text", ["a" * 1000, "a " * 500, "a." * 500, "@" * 1000, "!|" * 500, "ﷺ" * 1000])
def test_no_text_takes_long(text: str) -> None:
    """The longest prompts, made to be awkward, are read in a moment of processor time: nothing is quadratic."""
    started = time.thread_time()
    readings(text)
    assert time.thread_time() - started < 1
