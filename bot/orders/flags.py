"""Options at the end of a prompt, for habit's sake: "a cat --seed 7 --no cars --n 4".

In: a prompt as it was typed.  Out: the prompt without them, and what they say.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import InvalidOption
from bot.orders.order import IMAGE_COUNTS, Order

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
_ELSEWHERE: Final = frozenset(
    ("c", "chaos", "cref", "cw", "draft", "exp", "fast", "hd", "iw", "niji", "oref", "p", "profile", "q", "quality",
     "raw", "relax", "repeat", "s", "sref", "stealth", "stop", "stylize", "sw", "tile", "turbo", "v", "version",
     "video", "w", "weird")
)  # fmt: skip
"""Other bots have these: who types one means it, and no flag of Easel's that is spelt like it."""
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


def mended(typed: str, named: Mapping[str, Any], refused: str) -> str | None:
    """A line that says the same without what was refused; None where that is not a matter of flags or options.

    A flag that is none becomes the nearest one, or goes; so does the option `refused`, an order's field.  What `named`
    options said stands as flags, too.
    """
    prompt, *rest = _FLAG.split(typed)
    said: dict[str, str] = {}
    for name, words in zip(rest[::2], rest[1::2], strict=True):
        known = _nearest(name.lower().replace("_", "-"))
        if known is not None:
            said[_KNOWN[known][0]] = f"--{known} {words.strip()}".strip()
    said |= {field: _written(field, value) for field, value in named.items() if value not in (None, False)}
    changed = said.pop(refused, None) is not None or any(
        one.lower().replace("_", "-") not in _KNOWN for one in rest[::2]
    )
    line = " ".join([prompt.strip(), *said.values()])
    try:
        read_flags(line)
    except InvalidOption:
        return None
    return line if changed and prompt.strip() else None


NUMBERS: Final = ("images", "guidance_scale", "temperature", "top_k", "top_p", "size")
"""What of an order is chosen anew where its flags are written out; by its fields' names."""


def flags_of(order: Order) -> str:
    """What was chosen of how to draw, as one types it: "--n 4 --guidance 3.5"."""
    chosen = {name: getattr(order, name) for name in NUMBERS}
    return " ".join(_written(name, value) for name, value in chosen.items() if value is not None)


def _written(field: str, value: Any) -> str:
    flag = next(flag for flag, (name, _) in _KNOWN.items() if name == field)
    return f"--{flag}" if value is True else f"--{flag} {value:g}" if isinstance(value, float) else f"--{flag} {value}"


def _nearest(name: str) -> str | None:
    if name in _KNOWN or name in _ELSEWHERE:
        return name if name in _KNOWN else None
    return next(iter(difflib.get_close_matches(name, _KNOWN, n=1)), None)


def _known(name: str) -> tuple[str, type]:
    near = _nearest(name)
    if near == name:
        return _KNOWN[name]
    if near is not None:
        raise InvalidOption("prompt", "misspelt_flag", {"flag": f"--{name}", "near": f"--{near}"})
    raise InvalidOption("prompt", "unknown_flag", {"flag": f"--{name}", "flags": _SHOWN})


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
