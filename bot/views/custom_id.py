"""Custom ids: what Discord keeps of a button, and hands back with each press.

In: a verb, its version, and the typed fields of a class.  Out: `easel:<verb>:<field>:…`, written and read by the same
declaration.  Knows no Discord.

Ids stand in messages for years.  A field that is added later goes last and has a default: ids without it are still
read.  Where fields change otherwise, the verb gets its next version (`easel:<verb>.2:…`), and the old class stays.
"""

import dataclasses
import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

PREFIX: Final = "easel"
MAX_LENGTH: Final = 100  # Discord's limit
LARGEST: Final = 2**63 - 1
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE_36: Final = "base 36"

Base36 = Annotated[int, _BASE_36]
"""A number that is written a third shorter."""

T = TypeVar("T")


def unwritten(*, default: T) -> T:
    """A field that only the button's look depends on: its id does not hold it, and a press finds the default."""
    field: T = dataclasses.field(default=default, metadata={"written": False})
    return field


def number_of(written: str, base: int = 10) -> int:
    """A forged number that no row can have finds nothing, like any other."""
    return min(int(written, base), LARGEST)


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field's place in an id.  An optional one that is None is written as nothing."""

    name: str
    kind: Any  # int, Base36, str or a Literal of strings
    is_optional: bool
    has_default: bool
    is_last: bool

    @property
    def pattern(self) -> str:
        if self.kind is int:
            words = r"\d+"
        elif self.kind == Base36:
            words = "[0-9a-z]+"
        elif self.kind is str:
            words = "(?s:.*)" if self.is_last else "[^:]*"
        else:
            words = "|".join(map(re.escape, get_args(self.kind)))
        group = f"(?P<{self.name}>{words}{'|' if self.is_optional else ''})"
        return f"(?::{group})?" if self.has_default else f":{group}"

    def write(self, value: Any) -> str:
        if value is None:
            return ""
        written = to_base36(value) if self.kind == Base36 else str(value)
        if ":" in written and not self.is_last:
            raise ValueError(f"{self.name} is {written!r}; only the last field of a custom id may hold a colon")
        return written

    def read(self, written: str) -> Any:
        if self.is_optional and not written:
            return None
        if self.kind is int or self.kind == Base36:
            return number_of(written, 10 if self.kind is int else 36)
        return written


@dataclasses.dataclass(frozen=True, slots=True)
class CustomId:
    """How a class of buttons is written into an id and read back."""

    head: str
    fields: tuple[Field, ...]

    @classmethod
    def of(cls, declared: type, verb: str, version: int) -> "CustomId":
        """From a dataclass; raises TypeError for a field that an id cannot hold."""
        written = [field for field in dataclasses.fields(declared) if field.metadata.get("written", True)]
        head = f"{PREFIX}:{verb}" if version == 1 else f"{PREFIX}:{verb}.{version}"
        return cls(
            head,
            tuple(
                Field(
                    field.name,
                    *_kind(field.type, f"{declared.__name__}.{field.name}"),
                    has_default=field.default is not dataclasses.MISSING,
                    is_last=field is written[-1],
                )
                for field in written
            ),
        )

    @property
    def template(self) -> str:
        return re.escape(self.head) + "".join(field.pattern for field in self.fields)

    def write(self, button: object) -> str:
        """Raises ValueError where Discord would refuse the id."""
        values = [(field, getattr(button, field.name)) for field in self.fields]
        while values and values[-1][0].has_default and values[-1][1] is None:
            values.pop()
        written = ":".join([self.head, *(field.write(value) for field, value in values)])
        if len(written) > MAX_LENGTH:
            raise ValueError(f"the custom id {written!r} has {len(written)} characters; at most {MAX_LENGTH} are taken")
        return written

    def match(self, custom_id: str) -> re.Match[str] | None:
        return re.fullmatch(self.template, custom_id)

    def read(self, found: Mapping[str, str | None]) -> dict[str, Any]:
        """The fields by name, from the groups of a match; those that an older id lacks are left to their defaults."""
        return {field.name: field.read(written) for field in self.fields if (written := found[field.name]) is not None}


def to_base36(number: int) -> str:
    """35 → "z"; `int(…, 36)` reads it."""
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if number == 0:
            return digits


def _kind(hint: Any, name: str) -> tuple[Any, bool]:
    """`int | None` → (int, True)."""
    is_optional = False
    if get_origin(hint) in (UnionType, Union):
        (kind,) = (part for part in get_args(hint) if part is not NoneType)
        is_optional = NoneType in get_args(hint)
        hint = kind
    if not (hint in (int, str) or hint == Base36 or get_origin(hint) is Literal):
        raise TypeError(f"{name} is of type {hint}; a custom id holds int, Base36, str and Literal")
    return hint, is_optional
