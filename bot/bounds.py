"""What a setting takes, in a sentence, for whoever wrote something else.

In: a field of the settings, and what the validator found.  Out: the problem, with the limit.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic.fields import FieldInfo

NUMBERS: Final = (
    "greater_than_equal", "less_than_equal", "int_parsing", "int_parsing_size", "int_from_float", "float_parsing",
)  # fmt: skip


def problem(field: FieldInfo, found: Mapping[str, Any]) -> str:
    """`found` is one of the errors of a pydantic ValidationError; a sentence of our own stays as it is."""
    kind = found["type"]
    if kind in NUMBERS:
        alone = len(found["loc"]) == 1  # not one of several
        return f"it must be {_number(field)}" if alone else "it takes whole numbers, with commas between"
    if kind == "literal_error":
        return f"it must be {found['ctx']['expected']}"
    if kind.startswith("bool_"):
        return "it must be true or false"
    return str(found["msg"]).removeprefix("Value error, ").rstrip(".")


def _number(field: FieldInfo) -> str:
    """ "a whole number from 1 to 256"."""
    whole = "a whole number" if "int" in str(field.annotation) else "a number"
    bounds = {name: getattr(limit, name) for limit in field.metadata for name in ("ge", "le") if hasattr(limit, name)}
    return f"{whole} from {bounds['ge']:,} to {bounds['le']:,}" if len(bounds) == 2 else whole
