"""Errors that the request log has kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from bot.errors.admission import Sanctioned
from bot.errors.drawing import Broken, GenerationFailed, InvalidOption, NoEndpoint, NotRead, NotSaved
from bot.errors.pictures import NotFound
from bot.errors.user import UserError, code_of


def restored(code: str, details: Mapping[str, Any]) -> UserError:
    """The error as the request log kept it, as far as it can be told from there."""
    kept: tuple[type[UserError], ...] = (Sanctioned, InvalidOption, NotFound, NoEndpoint, NotSaved, NotRead, Broken)
    for kind in kept:
        if code == code_of(kind):
            try:
                return kind(**{name: _revived(name, value) for name, value in details.items()})
            except TypeError:  # written by another version
                break
    return GenerationFailed(code, details)


def _revived(name: str, value: object) -> object:
    return datetime.fromisoformat(cast("str", value)) if name == "until" and value is not None else value
