"""Letters that stand for Latin ones: look-alikes, ornaments, and the alphabets of "fancy text" pages.

In: single characters.  Out: the letters a–z that they stand for.  Tables only; it knows no words.

What always means the same letter is in LOOK_ALIKES, or is said by its name in Unicode.  STYLES are letters of other
scripts, and signs, which somebody may really write with: only words that come out of them show that they are a dress.
"""

import functools
import re
import string
import unicodedata
from collections.abc import Mapping
from typing import Final

from confusable_homoglyphs import confusables

FOREIGN: Final = re.compile(r"[\u0590-\u0fff\u1780-\u18af\u2e80-\ua4cf\uac00-\ud7af]")
"""Scripts that are read for themselves, however much some of their letters look like Latin ones."""

LOOK_ALIKES: Final[Mapping[int, str]] = str.maketrans(
    {
        # Cyrillic and Greek letters that look like Latin ones, after lower-casing
        **dict(zip("аеорсухіјѕһԁԛԝкмтвнӏ", "aeopcyxijshdqwkmtbhl", strict=True)),
        **dict(zip("αβεικνορτυχηωγ", "abeikvoptuxnwy", strict=True)),
        # Latin letters whose names do not say which
        **dict(zip("ıɑłøđħɧŋɩɐəɛɔɯʃƨʉҳӿ", "ialodhhniaeeomssuxx", strict=True)),
        **dict(zip("⭕❌✖✝💲☪❗⛎", "oxxtsciu", strict=True)),
        "æ": "ae",
        "œ": "oe",
        # letters in black circles, black squares, and as halves of flags
        **{chr(first + k): chr(ord("a") + k) for first in (0x1F150, 0x1F170, 0x1F1E6) for k in range(26)},
    }
)
_NAMED: Final = re.compile(r"LATIN (?:[A-Z]+ )*?LETTER (?:[A-Z-]{2,} ){0,3}([A-Z])(?: WITH .*)?")
STYLES: Final[Mapping[int, str]] = str.maketrans(
    {
        **dict(zip("คς๒๔єђเןภ๓קรՇยשฬאץչɭ๏ﻮŦ", "acbdehijnmpstuvwxyzlogf", strict=True)),  # Thai, Hebrew, Armenian
        **dict(zip("卂乃匚乇千卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙", "abcefhijklmnopqrstuvwxyz", strict=True)),
        **dict(zip("ᗩᗷᑕᗪᗴᖴᘜᕼᒍᒪᗰᑎᑭᑫᖇᔕᑌᗯ᙭ᘔ", "abcdefghjlmnpqrsuwxz", strict=True)),  # Canadian syllables
        **dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", string.ascii_lowercase, strict=True)),  # Braille
        **dict(zip("ᚨᛒᚲᛞᛖᚠᚷᚺᛁᛃᚴᛚᛗᚾᛟᛈᛩᚱᛊᛏᚢᚡᚹᛪᚤᛉ", string.ascii_lowercase, strict=True)),  # runes
        **dict(zip("ДдБбЦцЯяИиЙйПпШшЩщФфЭэГгЖжЧчЛлłŁ", "aabbuurrnnnnnnwwwwooeerrxxyynnii", strict=True)),
        **dict(zip("₳฿₵₣₲₭₥₦₱₴₮₩Ꮆ", "abcfgkmnpstwg", strict=True)),  # money
    }
)
OTHERWISE: Final[Mapping[int, str]] = {**STYLES, **dict(zip(map(ord, "ДдГгłŁ"), "ddggll", strict=True))}
"""The same where a letter resembles two."""


@functools.cache
def named_letter(character: str) -> str:
    """The letter that a Latin one is called by, with hooks, tails and strokes or turned; others as they are."""
    if character.isascii() or not character.isalpha():
        return character
    found = _NAMED.fullmatch(unicodedata.name(character, ""))
    return found[1].lower() if found else character


_SOUNDED: Final = re.compile(r"(?!LATIN)(?:[A-Z]+ )+?LETTER (?:FINAL )?([A-Z]+)(?:-[A-Z]+)?(?: WITH .*)?")


@functools.cache
def sound_of(character: str) -> str:
    """What a letter of another alphabet sounds like, by its name (delta, ka, el); "" for any other."""
    if character.isascii() or not character.isalpha():
        return ""
    found = _SOUNDED.fullmatch(unicodedata.name(character, ""))
    if not found:
        return ""
    name = found[1]
    return (name[1] if name in ("EL", "EM", "EN", "ER", "ES", "EF") else name[0]).lower()


def writes_vowels(character: str) -> bool:
    """Whether a letter is of an alphabet in which English vowels can be told apart."""
    return unicodedata.name(character, "").startswith(("GREEK", "CYRILLIC", "GEORGIAN", "ARMENIAN", "COPTIC"))


@functools.cache
def published_look_alikes() -> Mapping[int, str]:
    """Unicode's own list (https://www.unicode.org/reports/tr39/): what looks like one Latin letter."""
    found: dict[int, str] = {}
    for character, twins in confusables.confusables_data.items():
        latin = [twin["c"] for twin in twins if len(twin["c"]) == 1 and twin["c"].isascii() and twin["c"].isalpha()]
        if len(character) == 1 and not character.isascii() and latin and not FOREIGN.match(character):
            found[ord(character)] = latin[0].lower()
    return found
