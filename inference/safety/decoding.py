"""Undoing what is done to a text as a whole: codes, dresses of letters, and letters turned round.

In: any text, and a way to tell words from none.  Out: the text that is behind HTML and percent escapes, tags, base64,
numbers of letters and Morse; and what it would say backwards, upside down, or with each letter some places further on
in the alphabet.  Whether that is meant is decided by how much of it are words.
"""

import base64
import html
import re
import string
import urllib.parse
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from inference.safety.alphabets import OTHERWISE, STYLES
from inference.safety.normalise import normalise

Knows = Callable[[str], bool]
"""Whether a plain word exists."""

_FLIPPED: Final = str.maketrans("ɐɔǝɟƃɥıɾʞןɯɹʇʌʍʎqdbpnu‘’", "acefghijklmrtvwybpqdun'‘")
_FLIP_ONLY: Final = frozenset("ɐɔǝɟƃɥɾʞɯɹʇʌʍʎ")
_BASE64: Final = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{8,}={0,2}(?![\w+/=])")
_CODED: Final = re.compile(r"&#?\w+;|%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|U\+[0-9a-fA-F]{4}")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|U\+([0-9a-fA-F]{4})\s?")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")
_WORD: Final = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
_NUMBERS: Final = tuple(
    (re.compile(pattern), base)
    for pattern, base in (
        (r"(?<!\w)[01]{7,8}(?: ?[01]{8}){2,}(?!\w)", 2),
        (r"(?<!\w)(?:0x)?[2-7][0-9a-fA-F](?:[ ,]{0,2}(?:0x)?[2-7][0-9a-fA-F]){3,}(?!\w)", 16),
        (r"(?<!\w)(?:[3-9]\d|1[0-2]\d)(?:[ ,]{1,2}(?:[3-9]\d|1[0-2]\d)){3,}(?!\w)", 10),
    )
)
"""Letters as numbers of ASCII, by base."""
_MORSE_RUN: Final = re.compile(r"[.·•\-–−_]{1,5}(?:[ /|]{1,3}[.·•\-–−_]{1,5}){2,}")
_MORSE_SIGNS: Final = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
_MORSE: Final = dict(zip(_MORSE_SIGNS.split(), string.ascii_lowercase, strict=True))
_SHIFTED: Final = {
    by: str.maketrans(string.ascii_lowercase, string.ascii_lowercase[by:] + string.ascii_lowercase[:by])
    for by in range(1, 26)
}
_MIRRORED: Final = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[::-1])
LOOKED_AT: Final = 40
"""Words that tell whether a text is one."""


def decode(text: str, knows: Knows) -> str:
    """The text without codes; another one only where the result has words."""
    if _CODED.search(text):
        text = urllib.parse.unquote(html.unescape(text))
        text = _ESCAPE.sub(lambda found: chr(int(next(filter(None, found.groups())), 16)), text)
    text = _BASE64.sub(lambda found: _unbase64(found[0], knows), _TAG.sub("", text))
    for numbers, base in _NUMBERS:
        text = numbers.sub(lambda found, base=base: _unnumber(found[0], base, knows), text)  # type: ignore[misc]
    text = _MORSE_RUN.sub(lambda found: _unmorse(found[0], knows), text)
    if _FLIP_ONLY.intersection(text):
        flipped = text.translate(_FLIPPED)[::-1]
        if share_known(normalise(flipped), knows) >= 0.5:
            return flipped
    return text if text.isascii() else _undress(text, knows)


def turned(plain: str) -> Iterator[tuple[str, int]]:
    """A normalised text backwards, each word backwards, in ROT13 and the other shifts of letters, and mirrored.

    With each, how many letters of words are no chance: there are many shifts.
    """
    yield plain[::-1], 4
    yield " ".join(word[::-1] for word in plain.split()), 4
    for by, shifted in _SHIFTED.items():
        yield plain.translate(shifted), 4 if by == 13 else 12
    yield plain.translate(_MIRRORED), 12


def share_known(plain: str, knows: Knows) -> float:
    """How much of a normalised text are words, of those in Latin letters; 1 where there are none."""
    words = words_of(plain)
    return sum(map(knows, words)) / len(words) if words else 1.0


def words_of(plain: str) -> list[str]:
    """The first words in Latin letters that are long enough to tell anything."""
    found = (match[0] for match in _WORD.finditer(plain))
    return list(islice((word for word in found if len(word) > 2 and word.isascii()), LOOKED_AT))


def _says(text: str, knows: Knows) -> bool:
    """Whether what was decoded is a text."""
    return text.isprintable() and bool(_WORD.search(text)) and share_known(normalise(text), knows) >= 0.5


def _unbase64(coded: str, knows: Knows) -> str:
    bare = coded.rstrip("=")
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("ascii")
    except ValueError:
        return coded
    return text if _says(text, knows) else coded


def _unnumber(coded: str, base: int, knows: Knows) -> str:
    bare = coded.replace("0x", "")
    if base == 10:
        numbers = re.findall(r"\d+", bare)
    else:
        digits = re.sub(r"[^0-9a-fA-F]", "", bare)
        size = 8 if base == 2 else 2
        digits = digits.zfill(-(-len(digits) // size) * size)
        numbers = [digits[at : at + size] for at in range(0, len(digits), size)]
    text = "".join(chr(int(number, base)) for number in numbers)
    return text if text.isascii() and _says(text, knows) else coded


def _unmorse(coded: str, knows: Knows) -> str:
    signs = re.sub("[–−_]", "-", re.sub("[·•]", ".", coded))
    words = [word.split() for word in re.split(r"\s*[/|]\s*|\s{2,}", signs)]
    if not all(sign in _MORSE for word in words for sign in word):
        return coded
    text = " ".join("".join(_MORSE[sign] for sign in word) for word in words)
    return text if _says(text, knows) else coded


def _undress(text: str, knows: Knows) -> str:
    """Words in letters of another script that only look like Latin ones, where English comes out of them."""
    words = text.split()
    latin = {word: _latin(word, knows) for word in words if word.translate(STYLES) != word}
    letters = {word: re.sub("[^a-z]+", "", meant) for word, meant in latin.items() if meant.isascii()}
    long = [meant for meant in letters.values() if len(meant) > 2]
    right = [meant for meant in long if knows(meant)]
    if len(right) * 2 <= len(long) or not any(len(meant) > 3 for meant in right):
        return text
    return " ".join(latin[word] if word in letters else word for word in words)


def _latin(word: str, knows: Knows) -> str:
    for letters in (STYLES, OTHERWISE):
        meant = normalise(word.translate(letters))
        if knows(meant.strip(".,;:!?\"'")):
            return meant
    return normalise(word.translate(STYLES))
