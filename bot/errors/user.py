"""What every error that a person may read can tell of itself."""

import re
from datetime import datetime
from typing import Any

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


class UserError(Exception):
    """A subclass is a dataclass of what its sentence needs.  From `retry_at` (UTC) on, another try makes sense.

    `more` is what was wrong at the same time, told with it.
    """

    more: tuple["UserError", ...] = ()

    @property
    def code(self) -> str:
        return code_of(type(self))

    @property
    def details(self) -> dict[str, Any]:
        """Its fields as JSON takes them."""
        return {name: _plain(getattr(self, name)) for name in getattr(self, "__dataclass_fields__", ())}

    @property
    def retry_at(self) -> datetime | None:
        return None

    def __str__(self) -> str:
        told = [self.code, *(f"{name}={value!r}" for name, value in self.details.items())]
        return " ".join(told) if hasattr(self, "__dataclass_fields__") else super().__str__() or self.code


def code_of(kind: type[UserError]) -> str:
    """LimitReached → "limit_reached"."""
    return _WORDS.sub("_", kind.__name__).lower()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
