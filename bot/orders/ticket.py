"""A generation's place in the queue, as a value."""

from dataclasses import dataclass
from typing import Final

FIRST: Final = -1  # the class of what a restart interrupted while it was drawn
PREFERRED: Final = 0
NORMAL: Final = 1
LATER: Final = 2


@dataclass(frozen=True, slots=True)
class Ticket:
    """One generation that takes its turn.

    `priority` is its class (classes.py); `guild_id` None is a direct message, `model` None leaves the choice to the
    server that draws it.
    """

    generation_id: int
    user_id: int
    images: int
    priority: int = NORMAL
    guild_id: int | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """`position` counts from 1; `eta_seconds` is until its pictures are ready, None before anything was measured."""

    position: int
    eta_seconds: float | None
