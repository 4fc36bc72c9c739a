"""Disguises come off, and nothing that anybody can type breaks the reading."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.safety.normalise import join_spaced, normalise

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


@pytest.mark.parametrize("text", ["नग्न बच्चा", "ポルノ", "가나다", "ภาษาไทย"])
def test_scripts_keep_the_marks_that_they_are_written_with(text: str) -> None:
    """The vowels of Hindi and the voicing of kana are no disguise."""
    assert normalise(text) == text


def test_marks_heaped_on_a_letter_come_off_in_any_script() -> None:
    """Only those that belong there stay."""
    assert normalise("न\u0336ग\u0334्न") == "नग्न"


@given(ANY_TEXT)
@example("\u1e9e\u0345\u03b9")
@example("İ")
def test_normalising_is_idempotent(text: str) -> None:
    """A normalised text is its own normal form."""
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("spaced", "joined"),
    [
        ("k i l l", "kill"),
        ("k.i.l.l it", "kill it"),
        ("a 1 6 year old", "a 16 year old"),
        ("the 1 9 8 0 s", "the 1980s"),
        ("f/1.8", "f/1.8"),
        ("i am a dog", "i am a dog"),
    ],
)
def test_single_letters_are_joined(spaced: str, joined: str) -> None:
    """Numbers too, but no article with the number behind it."""
    assert join_spaced(spaced) == joined
