"""Flags of other bots, typed by habit: nothing here does what they do, so they are left out, and named.

In: a flag's name and the words behind it.  Out: whether another bot has it, and which of the words are its value.
"""

import difflib
import re
from typing import Final

_BARE: Final = frozenset(
    ("beta", "creative", "draft", "fast", "hd", "hires", "light", "loop", "mp4", "public", "raw", "relax", "sameseed",
     "stealth", "test", "testp", "tile", "tiling", "turbo", "upanime", "upbeta", "uplight", "video")
)  # fmt: skip
_VALUED: Final = frozenset(
    ("c", "chaos", "clip-skip", "cref", "cw", "denoise", "exp", "h", "height", "iw", "niji", "oref", "ow", "p",
     "profile", "q", "quality", "r", "repeat", "s", "sref", "steps", "stop", "strength", "stylize", "sv", "sw", "v",
     "version", "w", "weird", "width")
)  # fmt: skip
_NAMED: Final = frozenset(("bs", "lora", "motion", "sampler", "scheduler", "sd"))
NAMES: Final = _BARE | _VALUED | _NAMED

STYLES: Final = frozenset(("raw", "cute", "expressive", "original", "scenic", "4a", "4b", "4c"))
"""What Midjourney takes behind `--style`."""

_LONG: Final = sorted(name for name in NAMES if len(name) > 4)
_ALIKE: Final = 0.8
_WRITTEN_TOGETHER: Final = re.compile(r"(niji|[cqsvw])\d[\d.]*")
_VALUE: Final = re.compile(r"(?:(?:\S*\d\S*|\S+://\S+|random|low|high)(?:\s+|$))+", re.IGNORECASE)
_WORD: Final = re.compile(r"\S+\s*")


def meant(name: str) -> str | None:
    """Which flag of another bot this is, also where it is misspelt or has its number in it ("stylise", "v6")."""
    if name in NAMES or _WRITTEN_TOGETHER.fullmatch(name):
        return name
    return next(iter(difflib.get_close_matches(name, _LONG, n=1, cutoff=_ALIKE)), None)


def split(name: str, words: str) -> tuple[str, str]:
    """The words behind such a flag: its value, and what goes on with the prompt."""
    pattern = None if name in _BARE or name not in NAMES else _WORD if name in _NAMED else _VALUE
    found = pattern.match(words) if pattern is not None else None
    return ("", words.strip()) if found is None else (found.group().strip(), words[found.end() :].strip())
