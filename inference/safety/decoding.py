"""Undoing what is done to a text as a whole: codes, and dresses of letters.

In: any text, and a way to tell words from none.  Out: the text that is behind HTML and percent escapes, tags, base64,
numbers of letters and Morse, or upside down.  Whether that is meant is decided by how much of it are words.
"""

import base64
import functools
import html
import re
import string
import urllib.parse
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from inference.safety.alphabets import OTHERWISE, STYLES, sound_of, writes_vowels
from inference.safety.cyrillic import plain_cyrillic
from inference.safety.normalise import normalise
from inference.safety.skeletons import MAX_WORD

Knows = Callable[[str], bool]
"""Whether a plain word exists."""
Part = Callable[[str], list[str] | None]
"""Letters without gaps as the words that they are, or None."""
Fit = Callable[[Sequence[str]], str | None]
"""The commonest word that has one of these letters at each place."""

_FLIPPED: Final = str.maketrans("ɐɔǝɟƃɥıɾʞןɯɹʇʌʍʎqdbpnu‘’", "acefghijklmrtvwybpqdun'‘")
_FLIP_ONLY: Final = frozenset("ɐɔǝɟƃɥɾʞɯɹʇʌʍʎ")
_BASE64: Final = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{6,}={0,2}(?![\w+/=])")
_BASE32: Final = re.compile(r"(?<![\w=])[A-Z2-7]{16,}={0,6}(?![\w=])")
_SHORTCODE: Final = re.compile(r":(?:regional_indicator_)?([a-z]):(?: (?=:(?:regional_indicator_)?[a-z]:))?")
_CODED: Final = re.compile(
    r"&#[0-9xX][0-9a-fA-F]*;?|&\w+;|%[0-9a-fA-F]{2}|\\[ux]|\\[0-3][0-7]{2}|U\+[0-9a-fA-F]{4}|(?:=[2-7][0-9A-F]){3}"
)
_ESCAPE: Final = re.compile(
    r"\\[ux]\{([0-9a-fA-F]{2,5})\}|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|U\+([0-9a-fA-F]{4})\s?|=([2-7][0-9A-F])"
)
_OCTAL: Final = re.compile(r"\\([01][0-7]{2})")
_BBCODE: Final = re.compile(r"\[(\w{1,8})(?:=[^\[\]]{0,100})?\](.{0,200}?)\[/\1\]")
_MARKUP: Final = re.compile(
    r"<a?:\w{2,32}:\d{15,20}>|<(?:@[!&]?|#)\d{15,20}>"  # Discord's own emoji, mentions
    r"|</?[a-zA-Z][^<>]{0,40}>"  # HTML
)
_LINK: Final = re.compile(r"\[([^\[\]]{1,100})\]\((?:https?:)?//[^()\s]{1,200}\)")
_HYPHENATED: Final = re.compile(r"(?<=[^\W\d_])-[ \t]*\r?\n[ \t]*(?=[^\W\d_])")
_ROMAN: Final = tuple(
    f"{tens}{ones}" for tens in ("", "x", "xx") for ones in " i ii iii iv v vi vii viii ix".split(" ")
)
_PLACE: Final = rf"(?:[1-9]|1\d|2[0-6]|{'|'.join(sorted(filter(None, _ROMAN), key=len, reverse=True))})"
_PLACES: Final = re.compile(
    rf"(?<![\w.,-]){_PLACE}(?:(?:[-.,/·]{_PLACE}){{2,}}|(?: {_PLACE}){{3,}})(?![\w-])", re.IGNORECASE
)
"""Letters as their places in the alphabet, in Roman numerals too."""
_NUMBER: Final = re.compile(r"\w+")
_ROT47: Final = {code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}
_LATIN: Final = re.compile("[^a-z]+")
_WORD: Final = re.compile(r"(?<!\w)[a-z]{3,}(?!\w)")
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
_SPELT: Final = {
    name: name[0]
    for name in (
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar "
        "papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
    ).split()
}
"""The alphabet of radio operators."""
_SPELT_RUN: Final = re.compile(
    rf"\b(?:{'|'.join(_SPELT)})(?:[\s,.-]{{1,2}}(?:{'|'.join(_SPELT)})){{2,}}\b", re.IGNORECASE
)
_SOUND_ALIKE: Final = {"s": "cz", "k": "cq", "i": "y", "y": "ij", "v": "w", "p": "f", "f": "p"}
_VOWELS: Final = "aeiou"
_POLISH: Final = str.maketrans("łŁ", "lL")
"""What is a style only among others."""
LONG_BY_SOUND: Final = 5
"""Letters of a word that is recognised by its consonants."""
CODES_IN_CODES: Final = 3
LOOKED_AT: Final = 40
"""Words that tell whether a text is one."""


def decode(text: str, knows: Knows, fit: Fit, part: Part) -> str:
    """The text without codes; another one only where the result has words."""
    for _ in range(CODES_IN_CODES):
        if not _CODED.search(text):
            break
        text = urllib.parse.unquote(html.unescape(text))
        text = _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
        text = _ESCAPE.sub(lambda found: chr(int(next(filter(None, found.groups())), 16)), text)
    text = _downwards(_BBCODE.sub(r"\2", text))
    text = _SHORTCODE.sub(r"\1", _MARKUP.sub("", _LINK.sub(r"\1", _HYPHENATED.sub("", text))))
    text = _PLACES.sub(lambda found: _unplaced(found[0], knows, part), _unshifted(text, knows))
    text = _BASE32.sub(lambda found: _unbased(found[0], base64.b32decode, 8, knows), text)
    text = _BASE64.sub(lambda found: _unbased(found[0], base64.b64decode, 4, knows), text)
    for numbers, base in _NUMBERS:
        text = numbers.sub(lambda found, base=base: _unnumber(found[0], base, knows), text)  # type: ignore[misc]
    text = _MORSE_RUN.sub(lambda found: _unmorse(found[0], knows), text)
    text = _SPELT_RUN.sub(lambda found: "".join(_SPELT[w] for w in re.findall("[a-z]+", found[0].lower())), text)
    if _FLIP_ONLY.intersection(text):
        flipped = text.translate(_FLIPPED)[::-1]
        if share_known(normalise(flipped), knows) >= 0.5:
            return flipped
    return text if text.isascii() else _undress(plain_cyrillic(text, knows), knows, fit)


def share_known(plain: str, knows: Knows) -> float:
    """How much of a normalised text are words, of those in Latin letters; 1 where there are none."""
    words = words_of(plain)
    return sum(map(knows, words)) / len(words) if words else 1.0


def known_letters(plain: str, knows: Knows) -> int:
    """How many letters of a normalised text are in words."""
    return sum(len(word) for word in words_of(plain) if knows(word))


def words_of(plain: str) -> list[str]:
    """The first words in Latin letters that are long enough to tell anything."""
    return [match[0] for match in islice(_WORD.finditer(plain), LOOKED_AT)]


def _says(text: str, knows: Knows) -> bool:
    """Whether what was decoded is a text: two letters in five are in words, for a name may decode to anything."""
    if not text.isprintable():
        return False
    plain = normalise(text)
    letters = max(sum(map(str.isalpha, plain)), len(plain) // 2)  # "nude, 12yo" has few
    return sum(len(word) for word in words_of(plain) if knows(word)) * 5 >= 2 * min(letters, 4 * LOOKED_AT)


def _downwards(text: str) -> str:
    """Words that stand side by side, each to be read downwards."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) < 3 or len(lines[0]) < 2 or any(len(line) != len(lines[0]) for line in lines):
        return text
    if any(len(letter) > 1 for line in lines for letter in line):
        return text
    return " ".join("".join(filter(str.isalnum, word)) for word in zip(*lines, strict=True))


def _unbased(coded: str, decode_base: Callable[[str], bytes], block: int, knows: Knows) -> str:
    """What is coded in base64 or base32, in blocks of so many letters, once or several times."""
    text = coded
    for _ in range(CODES_IN_CODES):
        bare = text.rstrip("=")
        try:
            text = decode_base(bare + "=" * (-len(bare) % block)).decode("ascii")
        except ValueError:
            return coded
        if _says(text, knows):
            return text
        if not _BASE64.fullmatch(text):
            break
    return coded


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


def _unplaced(coded: str, knows: Knows, part: Part) -> str:
    places = [int(place) if place.isdecimal() else _ROMAN.index(place) for place in _NUMBER.findall(coded.lower())]
    if places == list(range(places[0], places[0] + len(places))):
        return coded  # who counts does not spell
    text = "".join(chr(96 + place) for place in places)
    return text if _says(text, knows) else " ".join(part(text) or [coded])


def _unshifted(text: str, knows: Knows) -> str:
    """A text in ROT47, which goes over all signs and both cases."""
    start = text[: 4 * LOOKED_AT]
    if not start.isascii() or sum(map(str.isalpha, start)) * 4 > len(start) * 3 or _says(start, knows):
        return text
    if not _says(start.translate(_ROT47), knows):
        return text
    return text.translate(_ROT47)


def _unmorse(coded: str, knows: Knows) -> str:
    signs = re.sub("[–−_]", "-", re.sub("[·•]", ".", coded))
    words = [word.split() for word in re.split(r"\s*[/|]\s*|\s{2,}", signs)]
    if not all(sign in _MORSE for word in words for sign in word):
        return coded
    text = " ".join("".join(_MORSE[sign] for sign in word) for word in words)
    return text if _says(text, knows) else coded


def _undress(text: str, knows: Knows, fit: Fit) -> str:
    """Words in letters of another script that only look like Latin ones, where English comes out of them."""
    words = text.split()
    if max(map(len, words), default=0) < 3:
        return text  # letters by themselves tell nothing
    dressed = list(dict.fromkeys(word for word in words if _is_dressed(word)))
    some = [_latin(word, knows, fit) for word in dressed[:: 1 + len(dressed) // LOOKED_AT]]
    if sum(len(meant) > 2 and knows(_LATIN.sub("", meant)) for meant in some) * 4 < sum(len(m) > 2 for m in some):
        return text  # where so few of those that stand here and there are words, most are none
    latin = {word: _latin(word, knows, fit) for word in dressed}
    letters = {word: _LATIN.sub("", meant) for word, meant in latin.items() if meant.isascii()}
    long = [letters.get(word, meant) for word, meant in latin.items() if len(meant) > 2]
    right = [meant for meant in long if knows(meant)]
    if len(right) * 2 <= len(long) or not any(len(meant) > 3 for meant in right):
        return text
    return " ".join(latin[word] if word in letters else word for word in words)


def _latin(word: str, knows: Knows, fit: Fit) -> str:
    for letters in (STYLES, OTHERWISE) if len(word) <= MAX_WORD else ():
        meant = normalise(word.translate(letters))
        if knows(meant.strip(".,;:!?\"'")):
            return meant
    heard = _by_sound(word, knows, fit) if len(word) <= MAX_WORD else None
    return heard or normalise(word.translate(STYLES))


def _is_dressed(word: str) -> bool:
    polish = word.translate(_POLISH)
    return polish.translate(STYLES) != polish or _has_sounds(word)


def _has_sounds(word: str) -> bool:
    return not word.isascii() and any(map(sound_of, word))


def _by_sound(word: str, knows: Knows, fit: Fit) -> str | None:
    """νακεδ: each letter as what it sounds like, some of them as what they look like; vowels as any in long words."""
    choices = [_meanings(letter) for letter in word.casefold().rstrip(".,;:!?\"'")]
    first = "".join(choice[0] for choice in choices)
    if knows(first):
        return first
    places = ["".join(meant for meant in choice if len(meant) == 1) for choice in choices]
    exact = fit(places)
    if exact is not None or len(places) < LONG_BY_SOUND or writes_vowels(word[0]):
        return exact
    return fit(list(map(_any_vowel, places)))


def _any_vowel(letters: str) -> str:
    """Who writes English in other letters has none for some of its vowels."""
    return f"{letters}{_VOWELS}" if set(letters).intersection(f"{_VOWELS}yvw") else letters


@functools.cache
def _meanings(letter: str) -> list[str]:
    """Latin letters that a letter may stand for, by sound, by shape, and by the shape of its capital."""
    sound, looks = sound_of(letter), normalise(letter)
    if not sound:
        return [looks]
    shapes = (looks, normalise(letter.upper()))
    return list(dict.fromkeys([sound, *_SOUND_ALIKE.get(sound, ""), *(one for one in shapes if one.isascii())]))
