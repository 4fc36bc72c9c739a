"""What an act of the audit log changed: the names and values that the log keeps, in words.

In: one of them.  Out: what a moderator reads, in their language; what has no words is said as it is kept.
"""

from collections.abc import Mapping
from typing import Final

from bot.wording.catalogue import later
from bot.wording.phrases import FIELDS
from bot.wording.reader import say
from bot.wording.settings import LABELS, TITLES, title
from bot.wording.terms import ACTIONS, SANCTIONS, STATUSES, named

# The log's own names of settings, and of what is switched on and off, are older than those of the settings.
_SETTINGS: Final = {
    "allowed_channels": "allowed_channel_ids",
    "moderator_role": "moderator_role_id",
    "review_channel": "review_channel_id",
    "gallery": "gallery_is_public",
    "gallery_search": "gallery_is_searchable",
    "gallery_channel": "gallery_channel_id",
    "sharing_roles": "sharing_role_ids",
}
_SWITCHED: Final = {"public": "yes", "members": "no", "on": "yes", "off": "no", "True": "yes", "False": "no"}
_NAMES: Final = {
    "state": later("State"),
    "kind": later("Sanction"),
    "until": later("End"),
    "reason": FIELDS["reason"],
    "action": later("What becomes of it"),
    "term": later("Word"),
    "filter": later("Filter"),
}
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "state": {"shown": later("shown"), "removed": STATUSES["removed"]},
    "kind": SANCTIONS,
    "action": ACTIONS,
}


def change(name: str, value: str) -> str:
    """ "state", "removed" → "State: removed"."""
    setting = _SETTINGS.get(name, name)
    if setting in TITLES:
        chosen = value if value in LABELS.get(setting, {}) else _SWITCHED.get(value, value)
        said = say(LABELS[setting][chosen]) if chosen in LABELS.get(setting, {}) else value
        return say("{what}: {details}", what=title(setting), details=said)
    said = say(_VALUES[name][value]) if value in _VALUES.get(name, {}) else value
    return say("{what}: {details}", what=named(_NAMES, name), details=said)
