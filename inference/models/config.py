"""Reading a model's configuration: a mapping from a JSON file in, checked constructor arguments out.

Nothing is ignored silently. A key is either a field of the configuration class, a setting that can only have the one
value this implementation computes, a setting that matters for training alone, or bookkeeping of the library which
wrote the file. Any other key, and any other value, is refused by name. Knows nothing of any particular network.
"""

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

LARGEST_SIZE = 1 << 20
"""No width, depth, length or vocabulary of a model comes near this; a larger number means a corrupt or hostile file."""

BOOKKEEPING = frozenset(
    {
        "_commit_hash",
        "_name_or_path",
        "architectures",
        "id2label",
        "label2id",
        "model_type",
        "name_or_path",
        "torch_dtype",
        "dtype",
        "transformers_version",
        "use_cache",
        "is_encoder_decoder",
        "do_sample",
        "min_length",
        "max_length",
        "early_stopping",
        "finetuning_task",
        "tokenizer_class",
        "prefix",
        "task_specific_params",
        "problem_type",
        "return_dict",
        "output_attentions",
        "output_hidden_states",
        "output_scores",
        "return_dict_in_generate",
        "torchscript",
        "bos_token_id",
        "eos_token_id",
        "pad_token_id",
        "sep_token_id",
    }
)
"""What `transformers` writes into every config.json and what changes no number here."""


class ConfigError(ValueError):
    """A configuration names something that this implementation does not compute, or a value that makes no sense."""


def read_config(
    kind: type[Any],
    values: Mapping[str, Any],
    *,
    fixed: Mapping[str, Any],
    ignored: frozenset[str],
) -> dict[str, Any]:
    """Arguments for the dataclass `kind` from `values`; `ConfigError` names the first key that is not supported."""
    hints = get_type_hints(kind)
    fields = {field.name for field in dataclasses.fields(kind)}
    arguments: dict[str, Any] = {}
    for key, value in values.items():
        if key in fields:
            arguments[key] = _checked(kind.__name__, key, value, hints[key])
        elif key in fixed:
            if value != fixed[key]:
                raise ConfigError(f"{kind.__name__}: {key}={value!r} is not supported, only {fixed[key]!r}")
        elif key not in ignored and key not in BOOKKEEPING:
            raise ConfigError(f"{kind.__name__}: the setting {key!r} (value {value!r}) is not known")
    return arguments


def require_choice(kind: str, key: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises `ConfigError` unless `value` is one of `choices`."""
    if value not in choices:
        raise ConfigError(f"{kind}: {key}={value!r} is not supported, only {', '.join(choices)}")


def _checked(owner: str, key: str, value: Any, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not types.NoneType)
        if value is None:
            return None
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{owner}: {key}={value!r} must be a list")
        return tuple(_checked(owner, f"{key}[{index}]", item, get_args(hint)[0]) for index, item in enumerate(value))
    if hint is int and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SIZE):
        raise ConfigError(f"{owner}: {key}={value!r} must be a whole number from 0 to {LARGEST_SIZE}")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # JSON writes 1.0 as 1
    if hint is not int and not isinstance(value, hint):
        raise ConfigError(f"{owner}: {key}={value!r} must be a {hint.__name__}")
    return value
