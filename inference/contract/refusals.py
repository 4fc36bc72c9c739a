"""Bad input, as a value: what is wrong with which field, by how much.

In: fields of a JSON document.  Out: the fields, checked, or an InvalidRequest: a code and the data that a sentence
needs, in whatever language.  Its `message` is for the engineer who reads an answer or a log.
"""

import base64
import binascii
import json
import math
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

MAX_PROMPT_CHARACTERS: Final = 1000

MESSAGES: Final[Mapping[str, str]] = {
    "beyond_any_limit": "{field} has {digits} digits; that is beyond any limit",
    "empty": "{field} is empty: nothing in it can be seen",
    "invalid_body": "the body is {found}; an object is needed",
    "invalid_json": "the body is not JSON: {problem}",
    "missing": "{field} is missing",
    "needs_guidance": "{field} is not read without guidance: guidance_scale is {value}, more than 1 is needed",
    "needs_keep_rows_or_strength": "init_image needs keep_rows (complete it) or {field} (vary it)",
    "needs_picture": "init_image is missing; keep_rows and strength need one",
    "no_size": "{field} is {value!r}; it must read like 512x512",
    "not_base64": "{field} is not base64: {problem}",
    "not_supported": "{field} is not possible with {model}",
    "not_text": "{field} is no Unicode text at character {position}",
    "out_of_range": "{field} is {value}; it must be from {low} to {high}",
    "refused_reading": "{field}: read as {value!r}, it is refused by the prompt filter",
    "refused_picture": "{field} cannot be used: the picture check found {category}",
    "too_few_letters": "{field}: {value!r} has {count} letters; {limit} at least are needed",
    "too_large": "{field} has {bytes} bytes; at most {limit} are taken",
    "too_long": "{field} has {length} characters; at most {limit} are taken",
    "too_many_rows": "{field} is {value}; {model} draws {rows} rows, keep fewer",
    "too_many_wildcards": "{field}: {value!r} has {count} wildcards; at most {limit} are taken",
    "unknown_field": "{field!r} is not a known field; known are {known}",
    "unknown_model": "{field} {value!r} is not served here; known: {known}",
    "unknown_size": "{field} is {value}; {model} draws {known}",
    "unknown_value": "{field} is {value!r}; known are {known}",
    "unreadable_picture": "{field}: {problem}",
    "wrong_characters": "{field} is {value!r}; up to {limit} letters, digits and -_.:/ are taken",
    "wrong_count": "{field} has {count} entries; {low} to {high} are taken",
    "wrong_type": "{field} is {value}; {wanted} is needed",
}
"""Every code there is; what stands in braces is `field`, the JSON name, and the refusal's data."""


TYPES: Final[Mapping[type, str]] = {
    str: "a string", int: "a whole number", float: "a number", bool: "true or false", dict: "an object", list: "a list",
}  # fmt: skip
"""What a document is made of, in JSON's words."""
SHOWN: Final = 40
"""Characters that are told of a value."""


class InvalidRequest(ValueError):
    """Answered with status 400, or 404 where it is the model that is unknown."""

    def __init__(self, code: str, field: str = "", **data: Any) -> None:
        self.code = code
        self.field = field
        self.data = data
        self.message = MESSAGES[code].format(field=field, **data)
        super().__init__(self.message)

    def to_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "field": self.field, "data": self.data}}


class Busy(Exception):
    """As many generations wait already as may; answered with status 503 and when to come back."""

    def __init__(self, waiting: int, limit: int) -> None:
        self.waiting = waiting
        self.limit = limit
        super().__init__(f"{waiting} generations are waiting; no more than {limit} may")


def check_fields(document: object, types: Mapping[str, type]) -> dict[str, Any]:
    """Return the document's fields, nulls left out; raises InvalidRequest for an unknown name or a wrong type."""
    if not isinstance(document, dict):
        raise InvalidRequest("invalid_body", found=_told(document))
    fields = {}
    for name, value in document.items():
        if name not in types:
            raise InvalidRequest("unknown_field", name, known=", ".join(types))
        if value is None:
            continue
        wanted = types[name]
        accepted = (int, float) if wanted is float else wanted  # JSON writes 3.0 as 3
        if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
            raise InvalidRequest("wrong_type", name, value=_told(value), wanted=TYPES[wanted])
        try:
            fields[name] = wanted(value)
        except OverflowError:  # an integer beyond what a float holds
            raise InvalidRequest("beyond_any_limit", name, digits=len(str(value))) from None
    return fields


def _told(value: object) -> str:
    """A value as it was written; of what holds others, only that it does."""
    if isinstance(value, dict | list):
        return TYPES[type(value)]
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= SHOWN else f"{written[:SHOWN]}…"


def check_text(field: str, text: str) -> None:
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise InvalidRequest("too_long", field, length=len(text), limit=MAX_PROMPT_CHARACTERS)
    try:
        text.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can spell and no encoding can write
        raise InvalidRequest("not_text", field, position=error.start) from error


def check_range(field: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:  # also refuses NaN
        shown = value if math.isfinite(value) else str(value)  # JSON has neither NaN nor infinity
        raise InvalidRequest("out_of_range", field, value=shown, low=low, high=high)


def check_strings(field: str, values: list[Any], *, or_null: bool = False) -> None:
    for place, value in enumerate(values):
        if not isinstance(value, str) and not (or_null and value is None):
            raise InvalidRequest("wrong_type", f"{field}[{place}]", value=_told(value), wanted=TYPES[str])


def decode_base64(field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise InvalidRequest("not_base64", field, problem=str(error)) from error


def visible(text: str) -> str:
    """The text without characters that show nothing (spaces, controls, zero-width and other format characters)."""
    return "".join(
        character
        for character in text
        if not character.isspace()
        and unicodedata.category(character) not in ("Cc", "Cf", "Cn", "Co")
        and character not in _BLANK_LETTERS
    )


# Unicode counts these as letters or marks, yet nothing is drawn: Hangul fillers, blank Braille, variation selectors.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f" + "".join(map(chr, range(0xFE00, 0xFE10))))
