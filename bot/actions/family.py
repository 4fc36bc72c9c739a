"""What a shared picture was made from, and what was made from it.

In: kin from the request log, and what of it a gallery shows.  Out: a `Family`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.database.lineage import Kin
from bot.database.records import ShareRecord


@dataclass(frozen=True, slots=True)
class Relative:
    """Something in a picture's family.  `share` is None for what was removed, and for what is not in the gallery."""

    kind: str
    share: ShareRecord | None
    is_removed: bool
    children: tuple["Relative", ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """`ancestors` begin with the oldest that is known; `kind` is how the picture was made from the last of them."""

    kind: str
    ancestors: tuple[Relative, ...]
    descendants: tuple[Relative, ...]


def branches(parent_id: int, below: Sequence[Kin], shown: Mapping[int, ShareRecord]) -> tuple[Relative, ...]:
    """What was made from it; what does not show is named only where something that does was made from it."""
    found = (
        Relative(one.kind, shown.get(one.id), one.is_removed, branches(one.id, below, shown))
        for one in below
        if one.parent_id == parent_id
    )
    return tuple(one for one in found if one.share is not None or one.children)
