"""What an engine says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What a health page shows; `capacity` is how many generations it makes sense to draw at a time."""

    capacity: int
    slots: int
    free_slots: int
    running: int  # sequences
    waiting: int  # sequences
