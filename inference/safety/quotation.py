"""How what was found is shown to people: as they wrote it, and as it was read where they disguised it.

In: plain terms, and the evidence of a text.  Out: the same terms as they stand there, with accents and in their own
alphabet, or "h3nt41 → hentai".
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from inference.safety.normalise import normalise
from inference.safety.reading import Evidence
from inference.safety.scripts import MARKS

LONGEST: Final = 40
"""Letters of what was written that are shown beside what was meant."""
_WORD: Final = re.compile(r"[^\W_]+")
_SIGN: Final = re.compile(rf"[^\w{MARKS}'’-]|[\d_]")
_EDGES: Final = ".,;:!?\"'()[]{}<>«»“”‘’…-–—。、"
_STROKED: Final = frozenset("øłđæœßıþðħŋ")
"""Letters of languages that are no others with accents."""


def quoted(terms: Iterable[str], evidence: Evidence) -> tuple[str, ...]:
    """Each term, as it was written."""
    lower = " ".join(evidence.written.lower().split())
    terms = tuple(terms)
    written = {} if all(term in lower for term in terms) else _written_words(evidence.written)
    return tuple(term if term in lower else _quoted(term, evidence, written) for term in terms)


def _quoted(term: str, evidence: Evidence, written: Mapping[str, str]) -> str:
    words = term.split()
    shown = [written.get(word) or _changed(word, evidence, written) for word in words]
    if all(word == one or (word in written and _is_plain(one)) for word, one in zip(words, shown, strict=True)):
        return " ".join(word if word == one.casefold() else one for word, one in zip(words, shown, strict=True))
    disguise = " ".join(one for one, _ in groupby(shown))[:LONGEST]
    meant = (
        one if word in written and _is_plain(one) else evidence.spelling.get(word, word)
        for word, one in zip(words, shown, strict=True)
    )
    return f"{disguise} → {' '.join(meant)}"


def _changed(word: str, evidence: Evidence, written: Mapping[str, str]) -> str:
    """What it was read from."""
    for before, meant in evidence.reading.changes:
        if word == meant or (len(meant) < LONGEST and word in meant.split()):
            old = _same_place(word, before.split(), meant.split()) or before
            return written.get(old, old)
    return word


def _same_place(word: str, before: Sequence[str], meant: Sequence[str]) -> str | None:
    """What stood where a word of a text stands now, if it is written much the same."""
    if word not in meant or len(before) != len(meant):
        return None
    old = before[meant.index(word)]
    alike = sum(one == other for one, other in zip(normalise(old), word, strict=False))
    return old if alike * 2 >= len(word) else None


def _written_words(text: str) -> dict[str, str]:
    """By what they are when made plain, how words stand in the text."""
    found: dict[str, str] = {}
    for token in text.split():
        core = token.strip(_EDGES)
        for word in (core, *_WORD.findall(core)):
            found.setdefault(word.lower() if word.isascii() else normalise(word), word)
    return found


def _is_plain(word: str) -> bool:
    """Whether a word is written as its language does it, in one alphabet and without ornaments."""
    composed = unicodedata.normalize("NFC", word)
    if unicodedata.normalize("NFKC", composed) != composed or _SIGN.search(composed):
        return False
    alphabets = {unicodedata.name(letter, "").split(" ")[0] for letter in composed if letter.isalpha()}
    if len(alphabets & {"LATIN", "GREEK", "CYRILLIC"}) > 1 or ("LATIN" in alphabets and len(alphabets) > 1):
        return False
    if "LATIN" not in alphabets:
        return bool(alphabets)
    return all(
        letter in _STROKED or unicodedata.normalize("NFD", letter)[0].isascii() for letter in composed.casefold()
    )
