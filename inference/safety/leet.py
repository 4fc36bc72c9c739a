"""What one disguised word may spell: signs and digits stand for its letters, letters are stretched or filled up.

In: a word as it is written.  Out: spellings of it in letters alone, likely ones first.
It knows no words; which of the spellings is one, `respell.Speller` finds.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from inference.safety.skeletons import MAX_WORD

MEANT: Final[Mapping[str, str]] = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "€": "e", "£": "l", "¢": "c", "!": "i", "|": "il", "+": "t", "(": "c", "<": "c", "^": "a",
    "¥": "y", "§": "s", "#": "h",
}  # fmt: skip
"""The letters that a digit or a sign looks like, the one that it mostly means first."""
_BUILT_LETTERS: Final[Mapping[str, str]] = {
    "|\\/|": "m", "/\\/\\": "m", "\\/\\/": "w", "|\\|": "n", "/\\/": "n", "|-|": "h", "|_|": "u", "|<": "k", "|)": "d",
    "|>": "p", "|=": "f", "\\/": "v", "()": "o", "vv": "w", "/-\\": "a", "}{": "h", "><": "x",
}  # fmt: skip
"""Letters that are built of several signs."""
_FEWEST_CHANGES: Final = (0, 1, 2, 4, 3, 5, 6, 7)
"""Of three signs with two meanings each, all eight ways, those first in which most have their usual one."""
LEET_KEPT: Final = 1 << 10
"""Words of which it is remembered what they spell: it is asked several times of each."""
_LEET_SIGNS: Final = frozenset("@$€!")
_LETTER: Final = re.compile(r"[^\W\d_]")
_LEET_SIGN: Final = re.compile(f"[{re.escape(''.join(MEANT))}]")
_DOUBLE: Final = re.compile(r"(.)\1")
_AGAIN: Final = re.compile(r"(.)\1.*(.)\2|(.)\3\3|vv")
"""More than one double letter, which many words have."""
_RUNS: Final = re.compile(r"(.)\1*")
_BUILT: Final = re.compile("|".join(map(re.escape, _BUILT_LETTERS)))
_DRAWN_OUT: Final = re.compile(r"([a-z])-(?=\1)")
"""A letter that is said twice: na-aked."""
_FILLED: Final = re.compile(r"\w(?:(\w)\w)(?:\1\w)+")
"""Letters with always the same one between them: n1a1k1e1d."""


def spellings(token: str, core: str, telling: Callable[[str], bool]) -> Iterator[str]:
    """Likely words first: signs left out, digits as letters, fewer of a stretched letter, a `telling` word backwards.

    `core` is the token without what stands around it; where signs were letters, they may stand there too.
    """
    edges, bare = token.strip(".,;:?\"'[]{}«»“”‘’…–—"), token.strip(".,;:?\"'")
    filled = _FILLED.fullmatch(core)
    if core == edges == bare and core.isascii() and core.isalpha() and not filled and not _AGAIN.search(core):
        return  # letters that can only spell what they are
    tight = "".join(sign for sign in core if sign.isalnum() or sign in _LEET_SIGNS)
    forms = [core[::2]] if filled and len(core) > 6 else []
    forms.append(tight)
    for spelt in dict.fromkeys((core, edges, tight)):
        forms += leet(spelt)
    built = _BUILT.sub(lambda found: _BUILT_LETTERS[found[0]], bare)
    if built != bare:
        forms += [built, *leet(built)]
    if "-" in core:
        forms.append(_DRAWN_OUT.sub("", core))
    for form in dict.fromkeys(forms):
        if len(form) < 3 or not (form.isascii() and form.isalpha()):
            continue
        if form != core and len(form) <= MAX_WORD:
            yield form
        yield from _unstretched(form)
        if form != core and len(form) > 3 and telling(form[::-1]):
            yield form[::-1]


@functools.lru_cache(LEET_KEPT)
def leet(core: str) -> Sequence[str]:
    """The word with its digits and signs as the letters that they look like, what they mostly mean first."""
    if not 3 <= len(core) <= MAX_WORD * 2 or _LEET_SIGN.search(core) is None or _LETTER.search(core) is None:
        return ()
    choices = [MEANT.get(sign, sign) for sign in core]
    wide = [index for index, choice in enumerate(choices) if len(choice) > 1]
    for index in wide[3:]:
        choices[index] = choices[index][0]
    if not wide:
        return ("".join(choices),)
    found = tuple(map("".join, product(*choices)))
    return found if len(wide) < 3 else tuple(found[at] for at in _FEWEST_CHANGES)


def spelt(word: str) -> str:
    """What its digits mostly mean."""
    return next(iter(leet(word)), word)


def _unstretched(form: str) -> Iterator[str]:
    if _DOUBLE.search(form) is None:
        return
    runs = [(run[0][0], len(run[0])) for run in _RUNS.finditer(form)]
    if len(runs) > MAX_WORD:
        return  # no word has so many letters, however few are left of each
    stretched = [index for index, (_, length) in enumerate(runs) if length > 2]
    if not stretched:
        stretched = [index for index, (_, length) in enumerate(runs) if length > 1]
        if len(stretched) < 2:
            return  # one double letter is how words are written
    for twice in [None, *stretched[:6]]:  # "fuuuck" has one u, "asssss" two s
        yield "".join(
            letter * (2 if index == twice else 1 if index in stretched else length)
            for index, (letter, length) in enumerate(runs)
        )
