"""Other ways to say where something is, for places that the built-in scenes have.

In: a prompt. Out: the same with the places that captions name: "a duck on a lake" is read as "a duck on the beach", for
scenes in the sea are under water. It knows the places of the built-in scenes alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_MEANT: Mapping[str, str] = {
    "on the beach": (
        r"(?:on|by|at|near|beside) (?:an? |the )?(?:sea|ocean|lake|lagoon|river|pond|swamp|water|shore|coast)"
    ),
    "in the sea": r"in (?:an? |the )?(?:lake|lagoon|river|pond|swamp|water)",
    "in the snow": (
        r"(?:in|on|at) (?:an? |the )?(?:arctic|antarctic|antarctica|north pole|south pole|ice|iceberg|glacier|tundra)"
    ),
    "in the desert": r"in (?:the )?(?:sahara|savannah?|wasteland)",
    "in the jungle": r"in (?:an? |the )?(?:rain ?forest|enchanted forest)",
    "at night": r"(?:under (?:an? |the )?(?:full )?moon|in (?:the )?moonlight|in (?:an? |the )?(?:graveyard|cemetery))",
    "on a rainy day": r"in (?:the )?(?:fog|mist)",
}  # fmt: skip
_PATTERNS = {meant: re.compile(rf"\b{words}(?=\s*(?:,|\.|$)| (?:at|in|on|under)\b)") for meant, words in _MEANT.items()}


def read_places(text: str) -> str:
    """`text` with places that are known, where it names one that is like them."""
    for meant, pattern in _PATTERNS.items():
        text = pattern.sub(meant, text)
    return text
