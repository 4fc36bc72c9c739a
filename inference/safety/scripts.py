"""How scripts are written: where words begin and end in them.

In: a text, and a place in it.  Out: whether a word begins or ends there.  Japanese and Chinese have no spaces, Korean
ties particles to words, Arabic writes small words together with the next, Indic vowels are marks.
"""

import unicodedata
from typing import Final

MARKS: Final = "".join(
    letter for letter in map(chr, range(0x900, 0x1100)) if unicodedata.category(letter) in ("Mn", "Mc")
)
"""Vowels and the like of the scripts from Devanagari to Burmese: without them, car and moon are other words."""
_ARABIC_PREFIXES: Final = ("ال", "و", "ب", "ل", "لل", "وال", "بال", "ف", "ك")


def starts_word(text: str, first: int) -> bool:
    """Whether a word may begin here: after a sign, in a script without spaces, after an Arabic prefix."""
    before = text[first - 1]
    if not _is_of_a_word(before) or (is_unspaced(text[first]) and not _is_hangul(text[first])):
        return True
    if is_unspaced(before):
        return not _is_hangul(before) or not _is_hangul(text[first])
    if "\u0600" <= text[first] <= "\u06ff":  # Arabic writes "and", "the", "in", "for" together with the word
        start = text.rfind(" ", 0, first) + 1
        return text[start:first] in _ARABIC_PREFIXES
    return False


def ending(text: str, end: int) -> int:
    """Where the word ends that goes on at `end`."""
    while _is_of_a_word(text[end]) and not is_unspaced(text[end]):
        end += 1
    return end


def _is_of_a_word(letter: str) -> bool:
    return letter.isalpha() or letter in MARKS


def is_unspaced(letter: str) -> bool:
    """Of a script without spaces between words, or one that ties particles to them."""
    return "\u0e00" <= letter <= "\u0eff" or "\u2e80" <= letter <= "\ua4cf" or _is_hangul(letter)


def _is_hangul(letter: str) -> bool:
    return "\uac00" <= letter <= "\ud7af" or "\u1100" <= letter <= "\u11ff"
