"""What a setting takes, in a sentence, for whoever wrote something else.

In: fields of the settings, and what the validator found.  Out: the problem, with the limit; an error for the operator.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.addresses import without_login
from bot.errors import ConfigurationError

NUMBERS: Final = (
    "greater_than_equal", "less_than_equal", "int_parsing", "int_parsing_size", "int_from_float", "float_parsing",
)  # fmt: skip
SECRET: Final = ("token", "secret", "redis", "key")
"""Words in the names of settings whose values nobody may read."""
FOLLOWS: Final = "default_factory_not_called"
"""About a default that is made of the others, where one of these is refused."""


def refused(fields: Mapping[str, FieldInfo], error: ValidationError) -> ConfigurationError:
    """About the first of the values that cannot be used, with the `others`."""
    first, *others = (_refused(fields, found) for found in error.errors() if found["type"] != FOLLOWS)
    first.others = tuple(others)
    return first


def _refused(fields: Mapping[str, FieldInfo], found: Mapping[str, Any]) -> ConfigurationError:
    name = str(found["loc"][0])
    value = "(hidden)" if any(word in name for word in SECRET) else without_login(str(found["input"]))
    cure = f"Mend {name.upper()} in the environment or in .env; see .env.example."
    return ConfigurationError(name.upper(), value, without_login(problem(fields[name], found)), cure, final=True)


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
