"""Why somebody does something about other people's pictures, in their own words."""

from typing import Final

from bot.errors import InvalidOption

MAX_REASON: Final = 400


def checked_reason(reason: str) -> str:
    """Without spaces around it.  Raises InvalidOption for one that is too long."""
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise InvalidOption("reason", "too_long", {"length": len(reason), "limit": MAX_REASON})
    return reason
