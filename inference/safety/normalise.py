"""Undoing the ways in which people write a word so that a filter does not see it.

In: any text.  Out: the same text in plain lower-case letters, and the other readings that a person may see in it.
Pure functions that never raise.  It knows no word that is good or bad.
"""

import re
import unicodedata
from typing import Final

_LOOK_ALIKES: Final = str.maketrans(
    {
        # Cyrillic and Greek letters that look like Latin ones, after lower-casing
        **dict(zip("аеорсухіјѕһԁԛԝкмтвнӏ", "aeopcyxijshdqwkmtbhl", strict=True)),
        **dict(zip("αβεικνορτυχηωγ", "abeikvoptuxnwy", strict=True)),
        # Latin letters with strokes and hooks, which no decomposition takes off
        **dict(zip("ıɑɡłøđħŋƒɩʋɐəɛɔ", "iaglodhnfivaeeo", strict=True)),
        "æ": "ae",
        "œ": "oe",
        # small capitals
        **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)),
        # letters in black circles, black squares, and as halves of flags
        **{chr(first + k): chr(ord("a") + k) for first in (0x1F150, 0x1F170, 0x1F1E6) for k in range(26)},
    }
)
_LEET: Final = str.maketrans("013457@$€", "oieastase")
_LEET_WORD: Final = re.compile(r"[\w@$€!|]*[a-z][\w@$€!|]*")
_BAR_INSIDE: Final = re.compile(r"(?<=[a-z])[!|]+(?=[a-z])")
_INSIDE: Final = re.compile(r"(?<=[a-z0-9@$])[._*~^'’`|/\\-]+(?=[a-z0-9@$])")
_SPACED: Final = re.compile(r"(?<![^\W_])[^\W_](?:[\s._*~,|/\\-]{1,3}[^\W_](?![^\W_])){2,}")
_SEPARATOR: Final = re.compile(r"[\s._*~,|/\\-]+")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")


def normalise(text: str) -> str:
    """Compatibility forms, case, accents, invisible characters, look-alikes and white space made plain; idempotent.

    Compatibility forms are those of Unicode's NFKC (https://unicode.org/reports/tr15/).
    """
    for _ in range(8):  # one form may make room for another; real texts settle in the second round
        plainer = _normalise_once(text)
        if plainer == text:
            break
        text = plainer
    return text


def readings(text: str) -> tuple[str, ...]:
    """The ways in which the text may be meant, the plain one first: "p0rn" also as "porn", "k i l l" as "kill"."""
    plain = normalise(text)
    found = dict.fromkeys([plain, spell_out(plain), join_spaced(plain), _INSIDE.sub("", plain)])
    for reading in list(found):
        found[spell_out(join_spaced(reading))] = None
    for reading in list(found):
        for keep in (1, 2):  # "fuuuck" loses all but one, "assss" all but two
            found[shorten_stretched(reading, keep)] = None
    return tuple(found)


def spell_out(text: str) -> str:
    """Digits and signs that stand for letters ("s3x", "@ss") as those letters, in words that have a letter."""

    def spell(word: re.Match[str]) -> str:
        return _BAR_INSIDE.sub("i", word[0].translate(_LEET))

    return _LEET_WORD.sub(spell, text)


def join_spaced(text: str) -> str:
    """Three or more single letters, one by one ("k i l l", "k.i.l.l"), as one word."""
    return _SPACED.sub(lambda run: _SEPARATOR.sub("", run[0]), text)


def shorten_stretched(text: str, keep: int) -> str:
    """Runs of three or more of one letter ("noooo") shortened to `keep`."""
    return _STRETCHED.sub(lambda run: run[1] * keep, text)


def _normalise_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    kept = [_visible(character) for character in unicodedata.normalize("NFD", text)]
    text = unicodedata.normalize("NFKC", "".join(kept).translate(_LOOK_ALIKES))
    return " ".join(text.split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf", "Cs", "Co", "Cn"):
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else character
