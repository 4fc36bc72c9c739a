"""Options at the end of a prompt, for habit's sake: "a cat --seed 7 --no cars --n 4".

In: a prompt as it was typed.  Out: the prompt without them, and what they say.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.errors import InvalidOption, UserError
from bot.orders import habits
from bot.orders.order import IMAGE_COUNTS, Order
from inference.contract import (
    MAX_GUIDANCE_SCALE,
    MAX_SEED,
    MAX_TEMPERATURE,
    MAX_TOP_K,
    MIN_TEMPERATURE,
    MIN_TOP_P,
)

_KNOWN: Final[dict[str, tuple[str, type]]] = {
    "seed": ("seed", int),
    "n": ("images", int),
    "images": ("images", int),
    "no": ("negative_prompt", str),
    "negative": ("negative_prompt", str),
    "neg": ("negative_prompt", str),
    "guidance": ("guidance_scale", float),
    "cfg": ("guidance_scale", float),
    "cfg-scale": ("guidance_scale", float),
    "temperature": ("temperature", float),
    "temp": ("temperature", float),
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
_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "seed": (0, MAX_SEED),
    "guidance_scale": (1.0, MAX_GUIDANCE_SCALE),
    "temperature": (MIN_TEMPERATURE, MAX_TEMPERATURE),
    "top_k": (0, MAX_TOP_K),
    "top_p": (MIN_TOP_P, 1.0),
}
# Telephones turn two hyphens into a dash; a dash before any other word is a dash.
_OURS, _OTHERS = "|".join(_KNOWN), "|".join(sorted(habits.NAMES))
_FLAG: Final = re.compile(
    rf"(?:^|\s)(?:--(?=[A-Za-z])|[—–](?=(?:{_OURS})\b|(?:{_OTHERS})(?:\s+(?:[\d.]|--|[—–])|\s*$)))([A-Za-z][\w-]*)"
)


@dataclass(frozen=True, slots=True)
class Flags:
    """None for what was not said; `ignored` are flags of other bots, `behind` is ours as they were typed.

    `wrong` is what is no flag, or no value of one.
    """

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
    ignored: tuple[str, ...] | None = None
    behind: str = ""
    wrong: tuple[InvalidOption, ...] = ()

    def said(self) -> dict[str, Any]:
        """The options that were said, by the names of an order's fields."""
        names = (name for name in self.__slots__ if name not in ("prompt", "behind", "wrong"))
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def said_with(self, named: Mapping[str, Any]) -> dict[str, Any]:
        """Flags and options together: an option counts before its flag, and what to leave out adds up."""
        said = self.said() | {name: value for name, value in named.items() if value is not None}
        left_out = all_left_out(named.get("negative_prompt"), self.negative_prompt)
        return said | {"negative_prompt": left_out} if left_out else said


@dataclass(slots=True)
class _Line:
    """A prompt's flags, one by one: what they say, and how it was written, by an order's fields."""

    words: list[str]
    said: dict[str, Any] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    wrong: list[InvalidOption] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def problems(self) -> tuple[InvalidOption, ...]:
        """All that is wrong with it."""
        if not self.unknown:
            return tuple(self.wrong)
        return (
            *self.wrong,
            InvalidOption("prompt", "unknown_flag", {"flag": ", ".join(self.unknown), "flags": _SHOWN}),
        )

    def take(self, name: str, words: str) -> None:
        """One flag with what stands behind it."""
        known = _nearest(name)
        if (habit := None if known == name else habits.meant(name)) is not None:
            value, rest = habits.split(habit, words)
            self.ignored.append(f"--{name} {value}".strip())
            self.words.append(rest)
        elif known is None:
            self.unknown.append(f"--{name}")
        else:
            if known != name:
                self.wrong.append(InvalidOption("prompt", "misspelt_flag", {"flag": f"--{name}", "near": f"--{known}"}))
            self._value(known, words)

    def _value(self, flag: str, words: str) -> None:
        name, kind = _KNOWN[flag]
        try:
            self.said[name] = _value(flag, kind, words)
        except InvalidOption as error:
            self.wrong.append(error)
        else:
            self.written[name] = f"--{flag} {words}".strip()


def all_left_out(*said: str | None) -> str:
    """What several places say to leave out, each once."""
    parts = {part.strip().casefold(): part.strip() for part in said if part and part.strip()}
    return ", ".join(parts.values())


def read_flags(typed: str) -> Flags:
    """Raises InvalidOption for flags that are none, or whose values are none: all of them at once."""
    flags = try_flags(typed)
    if flags.wrong:
        raise together(flags.wrong)
    return flags


def try_flags(typed: str) -> Flags:
    """The same, with what is wrong in `wrong`."""
    line, is_bare = _read(typed)
    prompt = typed if is_bare else " ".join(filter(None, line.words))
    return Flags(
        prompt, **line.said, ignored=tuple(line.ignored) or None, behind=" ".join(line.written.values()),
        wrong=line.problems,
    )  # fmt: skip


def in_order(ignored: Sequence[str], typed: str) -> tuple[str, ...]:
    """What was left out, "--ar 16:9" and the like, as it was typed; what was not typed as a flag comes last."""
    places: dict[str, int] = {}
    for place, found in enumerate(_FLAG.finditer(typed)):
        places.setdefault(_named(found[1].lower().replace("_", "-")), place)
    names = {flag: _named(flag.removeprefix("--").partition(" ")[0]) for flag in ignored}
    return tuple(sorted(ignored, key=lambda flag: places.get(names[flag], len(places))))


def _named(flag: str) -> str:
    """The option that it sets; another bot's flag is called as it is."""
    return _KNOWN[flag][0] if flag in _KNOWN else flag


def together(wrong: Sequence[UserError]) -> UserError:
    """The first of some errors, which tells the others, too."""
    first, *more = wrong
    first.more = tuple(more)
    return first


@dataclass(frozen=True, slots=True)
class Mended:
    """A line that can be drawn in place of what was refused; `whole` is whether it says all that was typed."""

    line: str
    whole: bool


def mended(typed: str, named: Mapping[str, Any], refused: Mapping[str, str | None]) -> Mended | None:
    """A line that says the same without what was refused; None where that is not a matter of flags or options.

    A flag that is none becomes the nearest one, or goes; so do the options `refused`, an order's fields, each with what
    is nearest to it, None for nothing.  What `named` options said stands as flags, too.
    """
    line, _ = _read(typed)
    said = line.written | {name: _written(name, value) for name, value in named.items() if value not in (None, False)}
    found = [name for name in refused if name in said]
    gone = [name for name in found if refused[name] is None and said.pop(name)]
    said |= {name: _written(name, refused[name]) for name in found if refused[name] is not None}
    prompt = " ".join(filter(None, line.words))
    if not prompt or not (found or line.problems):
        return None
    lost = gone or line.unknown or any(error.problem != "misspelt_flag" for error in line.wrong)
    return Mended(" ".join([prompt, *said.values()]), whole=not lost)


def _read(typed: str) -> tuple[_Line, bool]:
    """The line, and whether it has no flag at all."""
    prompt, *rest = _FLAG.split(typed)
    line = _Line([prompt.strip()])
    for name, words in zip(rest[::2], rest[1::2], strict=True):
        line.take(name.lower().replace("_", "-"), words.strip())  # the options of /imagine are written top_k
    return line, not rest


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
    return name if name in _KNOWN else next(iter(difflib.get_close_matches(name, _KNOWN, n=1)), None)


def _value(flag: str, kind: type, words: str) -> Any:
    name = _KNOWN[flag][0]
    if kind is bool:
        if words:
            raise InvalidOption(name, "flag_with_value", {"flag": f"--{flag}", "value": words[:50]})
        return True
    if kind is str:
        if not words:
            raise InvalidOption(name, "flag_without_words", {"flag": f"--{flag}"})
        return words
    if name == "seed" and words in ("-1", "random"):
        return None
    try:
        value = kind(words)
    except ValueError:
        problem = "flag_takes_whole_number" if kind is int else "flag_takes_number"
        raise InvalidOption(name, problem, {"flag": f"--{flag}", "value": words[:50]}) from None
    low, high = _BOUNDS.get(name, (value, value))
    if not low <= value <= high:
        raise InvalidOption(name, "out_of_range", {"value": words[:50], "low": low, "high": high})
    if name == "images" and value not in IMAGE_COUNTS:
        choices = ", ".join(map(str, IMAGE_COUNTS))
        raise InvalidOption(name, "no_choice", {"value": str(value), "choices": choices})
    return value
