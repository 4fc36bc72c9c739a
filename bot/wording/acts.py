"""The audit log in words: what an act was about, and what it changed, from what, to what.

In: subjects and fields as rows keep them, and how the place shows people, channels and roles.  Out: text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.wording import settings
from bot.wording.catalogue import later
from bot.wording.moderating import generation
from bot.wording.reader import labelled, reader, say
from bot.wording.terms import action, sanction

Pairs = Sequence[tuple[str, str]]

THIS_SERVER: Final = later("this server")
NOTHING: Final = later("nothing")
_KINDS: Final = {
    "share": later("picture {number} of the gallery"), "contest": later("contest {number}"),
    "term": later("word {number}"),
}  # fmt: skip
_FIELDS: Final = {
    "action": later("What becomes of it"), "filter": later("Filter"), "kind": later("Sanction"),
    "generations": later("Generations"), "misuse_hours": later("Within hours"),
    "roles": later("Roles"), "term": later("Word"), "until": later("Until"),
}  # fmt: skip
# As the log keeps settings, and as their page names them.
_SETTINGS: Final = {
    "allowed_channels": "allowed_channel_ids", "moderator_role": "moderator_role_id",
    "review_channel": "review_channel_id", "gallery": "gallery_is_public", "gallery_search": "gallery_is_searchable",
    "gallery_channel": "gallery_channel_id", "sharing_roles": "sharing_role_ids",
}  # fmt: skip
_SAID: Final = ("reason", "state")
_CHANNELS: Final = ("allowed_channel_ids", "review_channel_id", "gallery_channel_id")
_ROLES: Final = ("moderator_role_id", "sharing_role_ids")
_YES, _NO = ("public", "on", "True", "yes"), ("members", "off", "False", "no")
_TURNED: Final = ("gallery_is_public", "gallery_is_searchable", "digest", "spoiler", "age_restricted")


@dataclass(frozen=True, slots=True)
class Names:
    """How a place shows whom or what an id stands for; `written` disarms what people wrote."""

    person: Callable[[int], str]
    channel: Callable[[int], str]
    role: Callable[[int], str]
    moment: Callable[[datetime], str]
    written: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Change:
    """`old` and `new` are None where nothing was there, or is."""

    name: str
    old: str | None
    new: str | None


def about(subject: str, names: Names) -> str:
    """What an act was about: "generation:14:1" is picture 2 of 14."""
    kind, _, rest = subject.partition(":")
    number, _, index = rest.partition(":")
    if not number.isdecimal():
        return rest.upper() if kind == "log" else subject.replace(":", " ")
    match kind:
        case "generation":
            return generation(int(number), int(index) if index.isdecimal() else None)
        case "user":
            return names.person(int(number))
        case "channel":
            return names.channel(int(number))
        case "role":
            return names.role(int(number))
        case "guild":
            return say(THIS_SERVER)
    return say(_KINDS[kind], number=number) if kind in _KINDS else subject.replace(":", " ")


def changes(before: Pairs, after: Pairs, names: Names) -> list[Change]:
    """Field by field, but for what the act and its reason say; what is the same before and after is left out."""
    old, new = _flat(before), _flat(after)
    said = _SAID if "kind" in old and "kind" in new else ("kind", *_SAID)  # what another replaced, the act does not say
    fields = [one for one in dict.fromkeys((*old, *new)) if one not in said]
    told = (Change(_name(one), _value(one, old, names), _value(one, new, names)) for one in fields)
    return [change for change in told if change.old != change.new]


def change_line(change: Change) -> str:
    """In one line, where nothing can be struck out."""
    if change.old is None:
        return labelled(change.name, change.new or "")
    new = say(NOTHING) if change.new is None else change.new
    return say("{setting}: {old} → {new}", setting=change.name, old=change.old, new=new)


def _flat(pairs: Pairs) -> dict[str, str]:
    """The filter's settings one by one: they are kept together."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name == "policy" and value.startswith("{"):
            for part, kept in json.loads(value).items():
                found |= _parts(part, kept)
        else:
            found[_SETTINGS.get(name, name)] = value
    return found


def _parts(name: str, kept: Any) -> Mapping[str, str]:
    if isinstance(kept, dict):
        return {kind: str(chosen) for kind, chosen in kept.items()}
    return {name: ", ".join(kept) if isinstance(kept, list) else str(kept)}


def _name(field: str) -> str:
    if field in settings.TITLES:
        return settings.title(field)
    return say(_FIELDS[field]) if field in _FIELDS else field.replace("_", " ")


def _value(field: str, values: Mapping[str, str], names: Names) -> str | None:
    value = values.get(field, "")
    if field in settings.TITLES and not value:
        return settings.label(field, "off") if field.startswith("misuse_") else _unchosen(field)
    if not value:
        return None
    if field in _CHANNELS or field in _ROLES:
        shown = names.channel if field in _CHANNELS else names.role
        return ", ".join(shown(int(one)) if one.isdecimal() else one for one in value.split(", "))
    if field in _TURNED:
        value = "yes" if value in _YES else "no" if value in _NO else value
    return _in_words(field, value, names)


def _in_words(field: str, value: str, names: Names) -> str:
    match field:
        case "action":
            return action(value)
        case "kind":
            return sanction(value)
        case "until":
            return names.moment(datetime.fromisoformat(value))
        case "default_guidance":
            return reader().number(float(value))
    try:
        told = settings.label(field, value) if field in settings.TITLES else value
    except (KeyError, ValueError):  # what an older version could choose
        told = value
    return names.written(told)


def _unchosen(field: str) -> str | None:
    return say(settings.UNCHOSEN[field]) if field in settings.UNCHOSEN else None
