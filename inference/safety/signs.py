"""Pictures that stand for sexual acts where they stand together: an aubergine and drops.

In: a text as it was read, and its words.  Out: matches of the kind SEVERE, at the first word.  A text of pictures alone
has none, and no pictures.
"""

import re
from collections.abc import Iterator
from typing import Final

from inference.safety.lexicon import Kind, Match, Words

_JOINED: Final = "[\\s\N{VARIATION SELECTOR-16}]*"
_TOGETHER: Final = ("🍆💦", "💦🍆", "🍆👅", "👅🍆", "🍑👅", "👅🍑", "👉👌")
"""An aubergine or a peach by itself, and both of them, are food."""
_SIGNS: Final = re.compile("|".join(_JOINED.join(pair) for pair in _TOGETHER))


def signs(words: Words, text: str) -> Iterator[Match]:
    """What pictures say."""
    found = _SIGNS.search(text) if words.words else None
    if found:
        yield Match(Kind.SEVERE, "sexual", found[0], 0, 0)
