"""Other words for the sixteen colours, and for shades of them that scenes do not have.

In: a prompt. Out: the same with the colours that captions name ("a crimson rose" is read as "a red rose").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (222, 38, 42), "orange": (250, 140, 30), "yellow": (252, 220, 50), "green": (44, 160, 60),
    "blue": (40, 96, 220), "purple": (130, 60, 180), "pink": (252, 150, 190), "brown": (130, 82, 46),
    "black": (18, 18, 20), "gray": (136, 138, 144), "white": (255, 255, 255), "cyan": (60, 210, 230),
    "teal": (16, 130, 130), "navy blue": (20, 32, 96), "light green": (160, 230, 130), "beige": (240, 224, 190),
}  # fmt: skip
"""The sixteen, as red, green and blue of 0–255."""

_MEANT: Mapping[str, str] = {
    "red": "scarlet crimson ruby vermilion maroon burgundy cherry-red blood-red",
    "orange": "amber tangerine peach coral copper",
    "yellow": "lemon mustard blonde blond",
    "green": "emerald olive jade dark-green",
    "light green": "lime lime-green mint mint-green",
    "cyan": "aqua sky-blue light-blue baby-blue azure",
    "teal": "turquoise",
    "blue": "sapphire cobalt royal-blue",
    "navy blue": "dark-blue indigo midnight-blue",
    "purple": "violet lilac lavender mauve",
    "pink": "magenta fuchsia hot-pink rose-coloured",
    "gray": "silver silvery charcoal ash-gray dark-gray light-gray",
    "brown": "chocolate-brown tan bronze chestnut auburn",
    "beige": "cream cream-coloured ivory sand-coloured",
    "black": "jet-black ebony pitch-black",
    "white": "snow-white off-white",
}
_READ = {form: colour for colour, forms in _MEANT.items() for form in forms.split()}
_PATTERN = re.compile(
    r"(?<!ice )\b("
    + "|".join(sorted((form.replace("-", "[ -]") for form in _READ), key=len, reverse=True))
    + r")(?= [a-z])"
    r"(?! (?:medal|retriever|gate|bar|coin|cream|tree|pie|juice|stone|ring|key|bell|sauce|cheese|bread)\b)",
    re.IGNORECASE,
)


def read_colours(text: str) -> str:
    """A prompt with known colours for others, where something follows that can have them."""
    return _PATTERN.sub(lambda found: _READ[found.group(1).lower().replace(" ", "-")], text)
