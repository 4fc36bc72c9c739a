"""Undoing what is done to a text as a whole: codes, and letters turned round.

In: any text, and a way to tell words from none.  Out: the text that is behind HTML and percent escapes, tags and
base64; and what it would say upside down, backwards or in ROT13.  It decides by how much of it are words.
"""

import base64
import codecs
import html
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Final

from inference.safety.normalise import normalise

_FLIPPED: Final = str.maketrans("ɐɔǝɟƃɥıɾʞןɯɹʇʌʍʎqdbpnu‘’", "acefghijklmrtvwybpqdun'‘")
_FLIP_ONLY: Final = frozenset("ɐɔǝɟƃɥɾʞɯɹʇʌʍʎ")
_BASE64: Final = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{8,}={0,2}(?![\w+/=])")
_CODED: Final = re.compile(r"&#?\w+;|%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")
_WORD: Final = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
LOOKED_AT: Final = 40
"""Words that tell whether a text is one."""


def decode(text: str, knows: Callable[[str], bool]) -> str:
    """The text without codes; another one only where the result has words."""
    if _CODED.search(text):
        text = urllib.parse.unquote(html.unescape(text))
        text = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    text = _BASE64.sub(lambda found: _unbase64(found[0], knows), _TAG.sub("", text))
    if _FLIP_ONLY.intersection(text):
        flipped = text.translate(_FLIPPED)[::-1]
        if share_known(normalise(flipped), knows) >= 0.5:
            return flipped
    return text


def turned(plain: str) -> Iterator[str]:
    """A normalised text backwards, each word backwards, and in ROT13."""
    yield plain[::-1]
    yield " ".join(word[::-1] for word in plain.split())
    yield codecs.encode(plain, "rot13")


def share_known(plain: str, knows: Callable[[str], bool]) -> float:
    """How much of a normalised text are words, of those in Latin letters; 1 where there are none."""
    words = [word for word in _WORD.findall(plain) if len(word) > 2 and word.isascii()][:LOOKED_AT]
    return sum(map(knows, words)) / len(words) if words else 1.0


def _unbase64(coded: str, knows: Callable[[str], bool]) -> str:
    bare = coded.rstrip("=")
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("ascii")
    except ValueError:
        return coded
    return text if text.isprintable() and _WORD.search(text) and share_known(normalise(text), knows) >= 0.5 else coded
