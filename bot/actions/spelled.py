"""Filters that somebody spelled into the words of a search: "user:42 knife".

In: the words.  Out: the words without them, and which filter is meant by each.  Whether there is such a person or
channel is not known here.
"""

import re
from dataclasses import dataclass
from typing import Final

_NAMES: Final = {
    "user": "person", "person": "person", "author": "person", "by": "person", "from": "person", "channel": "channel",
    "in": "channel", "status": "status", "category": "category",
}  # fmt: skip
_PERSON: Final = re.compile(r"<@!?(\d{1,19})>|(\d{15,19})")  # a mention, or an id as Discord's are
_CHANNEL: Final = re.compile(r"<#(\d{1,19})>")


@dataclass(frozen=True, slots=True)
class Spelled:
    """`filters` are values by field: person, channel, status, category."""

    words: str
    filters: dict[str, str]


def spelled(words: str) -> Spelled | None:
    """None where all of it is words."""
    rest, filters = [], {}
    for word in words.split():
        name, _, value = word.partition(":")
        person, channel = _PERSON.fullmatch(word), _CHANNEL.fullmatch(word)
        if person is not None:
            filters["person"] = person[1] or person[2]
        elif channel is not None:
            filters["channel"] = channel[1]
        elif value and name.lower() in _NAMES:
            filters[_NAMES[name.lower()]] = value.strip("<@#!>")
        else:
            rest.append(word)
    return Spelled(" ".join(rest), filters) if filters else None
