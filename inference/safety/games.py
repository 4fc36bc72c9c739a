"""Language games: words whose letters children and chats change by a rule, letter by letter.

In: a run of letters that is no word.  Out: what it may have been made from.  It knows no words.

    pig       akednay   the beginning moved to the end
    robbers   nonakoked each consonant twice with a vowel between
    stuffed   nubakubed the same letters put in again and again
    stammered nanaked   the first letters said twice
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

_DOUBLED: Final = re.compile(r"([b-df-hj-np-tv-z])[aeiou]\1")


def _unpigged(letters: str) -> Iterator[str]:
    """What Pig Latin may have been made from: akednay, appleway."""
    if letters.endswith("ay") and len(letters) > 4:
        stem = letters[:-2]
        if stem[-1] in "wy":
            yield stem[:-1]
        for moved in range(1, min(4, len(stem))):
            yield stem[-moved:] + stem[:-moved]


def _unrobbed(letters: str) -> Iterator[str]:
    """What the robbers' language may have been made from: nonakokedod."""
    once = _DOUBLED.sub(r"\1", letters)
    if len(letters) - len(once) > 3:
        yield once


def _unstuffed(letters: str) -> Iterator[str]:
    """Without two to four letters that come again and again, three fifths of it at most: nubakubed."""
    for size in (2, 3, 4) if len(letters) > 7 else ():
        parts = [letters[at : at + size] for at in range(len(letters) - size + 1)]
        if len(set(parts)) == len(parts):
            return  # no letters come again, nor will more of them
        for part in dict.fromkeys(parts):
            count = letters.count(part)
            if count > 1 and count * size * 5 <= len(letters) * 3:
                yield letters.replace(part, "")


def _unstammered(letters: str) -> Iterator[str]:
    """Without its first letters, where they are said twice: wowoman."""
    for size in (1, 2, 3):
        if letters[:size] == letters[size : 2 * size]:
            yield letters[size:]


MADE: Final[Mapping[str, Callable[[str], Iterator[str]]]] = {
    "pig": _unpigged,
    "robbers": _unrobbed,
    "stuffed": _unstuffed,
    "stammered": _unstammered,
}
"""Games that are undone letter by letter."""
