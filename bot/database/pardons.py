"""What moderators may let pass that the filter blocked.

In: a blocked request and what was said of it.  Out: yes or no; every door that offers or decides asks here.
"""

from collections.abc import Iterable
from typing import Final

from bot.database.records import GenerationRecord

PARDONED: Final = ("appeal", "held")  # the kinds of review that let the very prompt pass, where it is kept
NEVER_PARDONED: Final = ("minors", "real_people", "mass_harm")  # no server decides about these


def can_pardon(record: GenerationRecord) -> bool:
    """Whether any server may let the prompt pass: not under the rules that hold everywhere."""
    return record.verdict is None or record.verdict.category not in NEVER_PARDONED


def can_allow(record: GenerationRecord, kinds: Iterable[str]) -> bool:
    """Whether keeping it, with reviews of these kinds, lets the prompt pass: a server may, and somebody appealed."""
    return can_pardon(record) and any(kind in PARDONED for kind in kinds)
