"""Commands that were typed as a message: "/imagine a yellow star images:9".

In: the words, and the commands as Discord has them.  Out: the command with its options as a page sends them, or a hint
for whoever typed.  Discord's own client fills in options one by one; here one may also paste the whole.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

STRING, INTEGER, BOOLEAN, USER, NUMBER, ATTACHMENT = 3, 4, 5, 6, 10, 11


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command that can be run: `path` are its words, `spec` is how it was registered."""

    root: Mapping[str, Any]
    path: tuple[str, ...]
    spec: Mapping[str, Any]

    @property
    def name(self) -> str:
        return "/" + " ".join(self.path)

    @property
    def options(self) -> Sequence[Mapping[str, Any]]:
        return self.spec.get("options") or ()


class Hint(Exception):
    """Why the words are no command that can be run, for whoever typed them."""


def is_command(text: str) -> bool:
    return re.match(r"/\w", text) is not None


def read(
    text: str,
    leaves: Iterable[Leaf],
    people: Mapping[str, int],
    hidden: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[Leaf, dict[str, Any]]:
    """The command and its raw options by name; `people` are ids by name.  Raises Hint.

    `hidden` are commands that Discord does not list for whoever typed, with the names of those for whom it does.
    """
    leaf, rest = _find(text.removeprefix("/").strip(), list(leaves), hidden)
    names = {option["name"]: option for option in leaf.options}
    given = _split(rest, names)
    free = given.pop("", "")
    if free:
        open_options = [option for option in leaf.options if option["name"] not in given]
        wanting = [option for option in open_options if option.get("required")]
        first = next((option for option in (*wanting, *open_options) if option["type"] in (STRING, USER)), None)
        if first is None:
            raise Hint(f"{leaf.name} takes no words: “{free}” is left over.")
        given[first["name"]] = free
    missing = [option["name"] for option in leaf.options if option.get("required") and option["name"] not in given]
    if missing:
        raise Hint(f"{leaf.name} also needs {' and '.join(missing)}, for example: {leaf.name} {missing[0]}:…")
    return leaf, {name: _raw(names[name], value, people) for name, value in given.items()}


def spread(leaf: Leaf, options: Mapping[str, Any], people: Mapping[str, int]) -> dict[str, Any]:
    """A form's options, where somebody typed on in the box of one: "cats images:9" for the prompt.  Raises Hint."""
    names = {option["name"]: option for option in leaf.options}
    found = dict(options)
    for name, value in options.items():
        if isinstance(value, str) and name in names and names[name]["type"] == STRING:
            given = _split(value, {one: names[one] for one in names if one == name or one not in options})
            if len(given) > 1:
                found[name] = " ".join(filter(None, (given.pop(""), given.pop(name, ""))))
                found |= {other: _raw(names[other], text, people) for other, text in given.items()}
    return found


def _find(text: str, leaves: Sequence[Leaf], hidden: Mapping[str, Sequence[str]]) -> tuple[Leaf, str]:
    """The command whose name is the longest beginning of the text, and the rest."""
    words = text.split()
    for length in (3, 2, 1):
        for leaf in leaves:
            if len(leaf.path) == length and tuple(word.lower() for word in words[:length]) == leaf.path:
                return leaf, text.split(maxsplit=length)[length] if len(words) > length else ""
    inside = [leaf.name for leaf in leaves if words and leaf.path[0] == words[0].lower()]
    if inside:
        raise Hint(f"/{words[0]} is a group of commands: {', '.join(inside)}.")
    if words and words[0].lower() in hidden:
        others = " or ".join(hidden[words[0].lower()])
        raise Hint(f"Discord does not list /{words[0].lower()} for you. Choose {others} at the top to try it.")
    near = difflib.get_close_matches(words[0].lower() if words else "", {leaf.path[0] for leaf in leaves}, n=1)
    raise Hint(f"There is no command /{words[0] if words else ''}." + (f" Did you mean /{near[0]}?" if near else ""))


def _split(text: str, names: Mapping[str, Any]) -> dict[str, str]:
    """ "a cat seed:7" → {"": "a cat", "seed": "7"}: only names of options begin an option."""
    if not names:
        return {"": text.strip()}
    pattern = re.compile(r"(?:^|(?<=\s))(" + "|".join(map(re.escape, names)) + r"):", re.IGNORECASE)
    pieces = pattern.split(text)
    given = {"": pieces[0].strip()}
    for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
        given[name.lower()] = value.strip()
    return given


def _raw(option: Mapping[str, Any], value: str, people: Mapping[str, int]) -> Any:
    """An option's value as SimCord's page sends it."""
    for choice in option.get("choices") or ():
        if value.casefold() in (str(choice["name"]).casefold(), str(choice["value"]).casefold()):
            return str(choice["value"])
    if option.get("choices"):
        raise Hint(f"{option['name']} is one of: {', '.join(str(choice['name']) for choice in option['choices'])}.")
    kind = option["type"]
    if kind == USER:
        found = people.get(value.removeprefix("@").casefold())
        if found is None:
            raise Hint(f"Nobody here is called {value}.")
        return str(found)
    if kind == BOOLEAN:
        return value.casefold() in ("true", "yes", "on", "1")
    if kind not in (STRING, INTEGER, NUMBER):
        raise Hint(f"{option['name']} cannot be typed: choose the command from the list that “/” opens.")
    return _within(option, value)


def _within(option: Mapping[str, Any], value: str) -> str:
    """The words or the number as they are.  Raises Hint where Discord would not take them; SimCord only drops them."""
    kind, is_text = option["type"], option["type"] == STRING
    low, high = (option.get(f"{end}_{'length' if is_text else 'value'}") for end in ("min", "max"))
    try:
        size = len(value) if is_text else int(value) if kind == INTEGER else float(value)
    except ValueError:
        size = math.nan  # is in no range
    if (-math.inf if low is None else low) <= size <= (math.inf if high is None else high):
        return value
    what = {STRING: "text", INTEGER: "a whole number", NUMBER: "a number"}[kind]
    limits = "".join(f" {word} {end:,.15g}" for word, end in (("from", low), ("to", high)) if end is not None)
    given = f" characters long, not {size:,}" if is_text else f", not “{value}”"
    raise Hint(f"{option['name']} is {what}{limits}{given}.")
