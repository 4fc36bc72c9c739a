"""Places that the built-in model knows, times of day and weather there, and how captions say them.

Their names are those of `inference.painting.scenery`, which draws them.  It knows no model and no pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

PLACES: Mapping[str, tuple[str, ...]] = {
    "night": ("at night", "at night", "in the night", "under the stars", "under a night sky", "by moonlight"),
    "sunset": ("at sunset", "at sunset", "in front of a sunset", "in the evening", "at dusk"),
    "beach": ("on the beach", "on a beach", "at the beach", "on the sand by the sea", "on a tropical beach"),
    "space": ("in space", "in space", "in outer space", "among the stars", "floating in space", "in the galaxy"),
    "moon": ("on the moon", "on the moon", "on the surface of the moon", "on the lunar surface"),
    "forest": ("in a forest", "in the forest", "in the woods", "among trees", "in the jungle"),
    "desert": ("in the desert", "in a desert", "among sand dunes", "on the dunes"),
    "snow": ("in the snow", "in the snow", "in winter", "on a snowy day", "in a snowy landscape"),
    "fire": ("on fire", "in flames", "surrounded by fire", "in hell", "in front of flames"),
    "sea": ("in the sea", "in the ocean", "under water", "underwater", "under the sea"),
    "field": ("in a field", "in a meadow", "on the grass", "in the park", "on a sunny day", "on a green hill"),
    "city": ("in the city", "in a city", "in town", "in front of skyscrapers", "downtown", "on the street"),
    "mars": ("on mars", "on mars", "on the surface of mars", "on the red planet"),
    "mountains": ("in the mountains", "in the mountains", "on a mountain", "in front of mountains", "in the alps"),
    "room": ("at home", "in a room", "in the living room", "in the kitchen", "in a bedroom", "in the house", "indoors"),
    "library": ("in a library", "in the library", "in front of bookshelves", "at school", "in a bookshop"),
    "cave": ("in a cave", "in the cave", "in a dungeon", "in a dark cave", "underground"),
}
TIMES: Mapping[str, tuple[str, ...]] = {
    "night": ("at night", "at night", "at midnight", "under the stars", "by moonlight", "in the dark"),
    "sunset": ("at sunset", "at sunset", "in the evening", "at dusk", "at dawn"),
    "rain": ("in the rain", "in the rain", "in a storm", "on a rainy day", "when it rains"),
}
"""What the sky may be like over some places, and how that is said."""
OUTDOORS = ("beach", "forest", "desert", "snow", "field", "city", "mountains")
TIMED: Mapping[str, tuple[str, str]] = {f"{place} {time}": (place, time) for place in OUTDOORS for time in TIMES}
"""Names of backgrounds that are a place at a time."""

_RAIN = "field rain"
"""Where it rains when no place is named."""
_ARTICLE = re.compile(r" (?:an?|the)(?= )")


def _plain(phrase: str) -> str:
    return _ARTICLE.sub("", phrase.lower())


def _any(phrases: Iterable[str]) -> str:
    """One of them, with any articles in it."""
    return "|".join(one.replace(" ", " (?:(?:an?|the) )?") for one in sorted(phrases, key=len, reverse=True))


_SAID = {_plain(phrase): name for name, phrases in PLACES.items() for phrase in phrases}
_WHEN = {_plain(phrase): name for name, phrases in TIMES.items() for phrase in phrases}
WHERE = rf",? (?:(?P<place>{_any(_SAID)})(?:,? (?P<time>{_any(_WHEN)}))?|(?P<alone>{_any(_WHEN)}))"
"""A place, a place at a time, or a time, as captions say it."""
_AT_END = re.compile(rf"{WHERE}$", re.IGNORECASE)
_BEFORE_MORE = re.compile(
    rf"(?P<first>.+?)(?P<where>{WHERE}) "
    r"(?P<more>(?:and|in front of|next to|beside|near|above|along with|within|riding|wearing|seeing through|clad in"
    r"|tied with|winged with|vs\.?) .+)",
    re.IGNORECASE,
)

_ON_TABLE = re.compile(r" (?:above|on|on top of) (?:an?|the) (?:[\w-]+ )?tables?(?=$|,)", re.IGNORECASE)


def before_wood(text: str) -> str:
    """A prompt with a brown background for the table that things are on."""
    return _ON_TABLE.sub(" on a brown background", text)


def split_place(text: str) -> tuple[str, str]:
    """What a prompt says without its place, and that background's name; "" where it names none."""
    middle = _BEFORE_MORE.fullmatch(text)
    text = text if middle is None else f"{middle['first']} {middle['more']}{middle['where']}"
    found = _AT_END.search(text)
    if found is None:
        return text, ""
    place, time = _SAID.get(_plain(found["place"] or "")), _WHEN.get(_plain(found["time"] or found["alone"] or ""))
    if place is None:
        name = _RAIN if time == "rain" else str(time)
    else:
        name = f"{place} {time}" if f"{place} {time}" in TIMED else place
    return text[: found.start()], name
