"""Undoing the ways in which people write a word so that a filter does not see it.

In: any text.  Out: the same text in plain lower-case letters.  Pure functions that never raise.
It knows letters only; what needs to know words is in respell.py.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from inference.safety.alphabets import FOREIGN, LOOK_ALIKES, named_letter, published_look_alikes

_SPACED: Final = re.compile(
    r"(?<![^\W_])[^\W_](?:([\W_]{1,5}|\W{1,3}[a-z]{2,8}\W{1,3})[^\W_](?:\1[^\W_])+"
    r"|(?:[\s._~,|/\\-]{1,3}[^\W_]){4,})(?![^\W_])"
)
"""Always the same between the letters; or anything, where they are many."""
_BEFORE_NUMBER: Final = re.compile(r"[a-z][\s,]+(?=\d(?:[\s.,/]*\d)*(?:[\s.,/]*[a-z])?$)")
_SEPARATOR: Final = re.compile(r"[\s._*~,|/\\-]+")
_SIGNS: Final = re.compile(r"[^\W_][._*~|/\\-][^\W_]")
_BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that are nothing to see."""
_STRAY_MARKS: Final = re.compile(
    r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # accents, and what is heaped on letters
    r"\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"  # vowels that Hebrew and Arabic do without
)


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


def join_spaced(text: str) -> str:
    """Three or more single letters, one by one ("k i l l", "k.i.l.l"), as one word; digits too ("1 9 8 0 s")."""
    return _SPACED.sub(_join, text)


def _join(run: re.Match[str]) -> str:
    article, rest = _BEFORE_NUMBER.match(run[0]), run[0]
    if run[1] and not _SEPARATOR.fullmatch(run[1]):  # 'n', 'a', 'k'; n and a and k
        return "".join(re.findall(r"(?<![^\W_])[^\W_](?![^\W_])", rest))
    if _SIGNS.search(rest) and " " in rest:  # "k.i.l.l i.t": the signs are within words, the spaces between them
        return " ".join(_SEPARATOR.sub("", word) for word in rest.split(" "))
    if sum(map(str.isalpha, rest)) < 2 and not all(sign.isalnum() or sign.isspace() for sign in rest):
        return rest  # f/1.8
    if article is not None:  # "a 1 6 year old"
        return article[0] + _SEPARATOR.sub("", rest[article.end() :])
    return _SEPARATOR.sub("", rest)


def _normalise_once(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().translate(_VISIBLE).split())
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    folded = _with_marks(text) if FOREIGN.search(text) else text.translate(_FOLDED)
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _with_marks(text: str) -> str:
    """Folded, but for marks that are part of how a script is written: the vowels of Hindi, the tones of Thai."""
    kept: list[str] = []
    letter = ""
    for character in text:
        folded = _FOLDED[ord(character)]
        if folded or unicodedata.category(character) not in ("Mn", "Me"):
            letter = character
        elif _STRAY_MARKS.match(character) is None and FOREIGN.match(letter):
            folded = character
        kept.append(folded)
    return "".join(kept)


class _Table(dict[int, str]):
    """For `str.translate`: what a character becomes, found out when it is first met."""

    def __init__(self, become: Callable[[str], str]) -> None:
        super().__init__()
        self._become = become

    def __missing__(self, code: int) -> str:
        self[code] = meant = self._become(chr(code))
        return meant


def _visible(character: str) -> str:
    if "\U000e0020" <= character <= "\U000e007a":  # invisible, and letters none the less
        return chr(ord(character) - 0xE0000)
    if character in _BLANKS:
        return ""
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf", "Cs", "Co", "Cn"):
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else character


def _folded(character: str) -> str:
    """The letter that a character stands for wherever it stands."""
    seen = _visible(character).translate(published_look_alikes()).translate(LOOK_ALIKES)
    return "".join(map(named_letter, seen))


_VISIBLE: Final = _Table(_visible)
_FOLDED: Final = _Table(_folded)
