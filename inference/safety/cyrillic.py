"""Words in Cyrillic letters that are disguised as Latin ones are: г0лая, с3кс, г*лая, гооолая.

In: a text as it was written, and a way to tell words from none.  Out: the same text with letters in the place of the
signs and digits among its Cyrillic letters, those that make a listed word where some do.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

from inference.safety.normalise import normalise

LONGEST: Final = 24
"""Letters of a word that is looked at."""
MANY_SIGNS: Final = 4

_ALPHABET: Final = "аоеиутнсрлвкмдпыбзгчхжшйцюэщфяьё"
_MEANT: Final = {
    "0": "о", "1": "ил", "3": "зе", "4": "ча", "6": "б", "8": "в", "9": "я", "@": "а", "$": "с", "€": "е", "!": "и",
    "#": "н", "*": _ALPHABET,
}  # fmt: skip
_LETTER: Final = "[a-zа-яё\u0450-\u045f]"
_SIGNED: Final = re.compile(
    rf"(?<!\w)(?=\w*[а-яё])(?:{_LETTER}+(?:[{re.escape(''.join(_MEANT))}]{{1,2}}{_LETTER}+)+)[0349@$]?(?!\w)",
    re.IGNORECASE,
)
_STRETCHED: Final = re.compile(r"(?<!\w)(?=\w*([а-яё])\1\1)[а-яё]+(?!\w)", re.IGNORECASE)
_RUN: Final = re.compile(r"(.)\1\1+", re.IGNORECASE)


def plain_cyrillic(text: str, knows: Callable[[str], bool]) -> str:
    """The text with letters for signs, and one for a stretched one."""
    text = _SIGNED.sub(lambda found: _first_known(found[0], _spelt(found[0]), knows), text)
    return _STRETCHED.sub(lambda found: _first_known(found[0], _unstretched(found[0]), knows), text)


def _first_known(word: str, spellings: Iterator[str], knows: Callable[[str], bool]) -> str:
    """The first spelling that is a word; the likeliest where none is, for it may have another ending."""
    found = list(spellings) if len(word) <= LONGEST else []
    likeliest = found[0] if found and "*" not in word else word
    return next((spelling for spelling in found if knows(normalise(spelling))), likeliest)


def _spelt(word: str) -> Iterator[str]:
    signs = sum(sign in _MEANT for sign in word)
    if signs <= MANY_SIGNS and word.count("*") < 2:
        yield from map("".join, product(*(_MEANT.get(sign, sign) for sign in word)))


def _unstretched(word: str) -> Iterator[str]:
    yield _RUN.sub(r"\1", word)
    yield _RUN.sub(r"\1\1", word)
