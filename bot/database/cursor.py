"""Where a page of a list ended, as it travels in addresses and buttons: two numbers, as "12.345".

In: such a text, from anybody.  Out: the numbers, which the columns that they are compared with can hold.
"""

from typing import Final

from bot.errors import InvalidOption

INTEGER: Final = 2**31
BIGINT: Final = 2**63


def place_of(cursor: str, first: int = INTEGER) -> tuple[int, int]:
    """`first` bounds the first number, the second is an id.  Raises InvalidOption."""
    try:
        place, row_id = map(int, cursor.split("."))
    except ValueError as error:
        raise InvalidOption("cursor", "no_place", {"value": cursor[:40]}) from error
    if abs(place) >= first or abs(row_id) >= BIGINT:
        raise InvalidOption("cursor", "no_place", {"value": cursor[:40]})
    return place, row_id
