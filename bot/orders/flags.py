"""Options at the end of a prompt, for habit's sake: "a cat --seed 7 --no cars --n 4".

In: a prompt as it was typed.  Out: the prompt without them, and what they say.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import InvalidOption
from bot.orders.order import IMAGE_COUNTS

_KNOWN: Final[dict[str, tuple[str, type]]] = {
    "seed": ("seed", int),
    "n": ("images", int),
    "images": ("images", int),
    "no": ("negative_prompt", str),
    "negative": ("negative_prompt", str),
    "guidance": ("guidance_scale", float),
    "cfg": ("guidance_scale", float),
    "temperature": ("temperature", float),
    "top-k": ("top_k", int),
    "top-p": ("top_p", float),
    "spoiler": ("spoiler", bool),
    "private": ("private", bool),
    "model": ("model", str),
    "style": ("style", str),
    "size": ("size", str),
    "ar": ("size", str),  # a shape, as 16:9
    "aspect": ("size", str),
}
_SHOWN: Final = (
    "--seed, --n, --no, --style, --guidance, --temperature, --top-k, --top-p, --spoiler, --private, --model, --size, "
    "--ar"
)
# Telephones turn two hyphens into a dash; a dash before any other word is a dash.
_FLAG: Final = re.compile(rf"(?:^|\s)(?:--(?=[A-Za-z])|[—–](?=(?:{'|'.join(_KNOWN)})\b))([A-Za-z][\w-]*)")


@dataclass(frozen=True, slots=True)
class Flags:
    """None for what was not said."""

    prompt: str
    seed: int | None = None
    images: int | None = None
    negative_prompt: str | None = None
    guidance_scale: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    spoiler: bool | None = None
    private: bool | None = None
    model: str | None = None
    style: str | None = None
    size: str | None = None

    def said(self) -> dict[str, Any]:
        """The options that were said, by the names of an order's fields."""
        names = (name for name in self.__slots__ if name != "prompt")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def said_with(self, named: Mapping[str, Any]) -> dict[str, Any]:
        """Flags and options together: an option counts before its flag, and what to leave out adds up."""
        said = self.said() | {name: value for name, value in named.items() if value is not None}
        left_out = all_left_out(named.get("negative_prompt"), self.negative_prompt)
        return said | {"negative_prompt": left_out} if left_out else said


def all_left_out(*said: str | None) -> str:
    """What several places say to leave out, each once."""
    parts = {part.strip().casefold(): part.strip() for part in said if part and part.strip()}
    return ", ".join(parts.values())


def read_flags(typed: str) -> Flags:
    """Raises InvalidOption for a flag that is none, or whose value is none."""
    pieces = _FLAG.split(typed)
    said: dict[str, Any] = {}
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        field, kind = _known(name.lower().replace("_", "-"))  # the options of /imagine are written top_k
        said[field] = _value(name, kind, words.strip())
    if said.get("images", 1) not in IMAGE_COUNTS:
        choices = ", ".join(map(str, IMAGE_COUNTS))
        raise InvalidOption("images", "no_choice", {"value": str(said["images"]), "choices": choices})
    return Flags(pieces[0].strip() if said else typed, **said)


def _known(name: str) -> tuple[str, type]:
    if name in _KNOWN:
        return _KNOWN[name]
    near = difflib.get_close_matches(name, _KNOWN, n=1)
    said = {"flag": f"--{name}", "flags": _SHOWN}
    if near:
        raise InvalidOption("prompt", "misspelt_flag", said | {"near": f"--{near[0]}"})
    raise InvalidOption("prompt", "unknown_flag", said)


def _value(name: str, kind: type, words: str) -> Any:
    if kind is bool:
        if words:
            raise InvalidOption("prompt", "flag_with_value", {"flag": f"--{name}", "value": words[:50]})
        return True
    if kind is str:
        if not words:
            raise InvalidOption("prompt", "flag_without_words", {"flag": f"--{name}"})
        return words
    try:
        return kind(words)
    except ValueError:
        problem = "flag_takes_whole_number" if kind is int else "flag_takes_number"
        raise InvalidOption("prompt", problem, {"flag": f"--{name}", "value": words[:50]}) from None
