"""One picture being decoded: what was asked of it, and where it stands.

In: a seed, sampling parameters, codes that are given beforehand.  Out: a state that the scheduler moves along.
It knows no model; the codes themselves live in the `CodeTable`, in the row of the sequence's first slot.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.models.sampling import SamplingParams

if TYPE_CHECKING:  # the scheduler needs no torch
    from torch import Generator


class SequenceStatus(enum.Enum):
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"  # every code is drawn; pixels may still be to come
    CANCELLED = "cancelled"


@dataclass(eq=False, slots=True)
class Sequence:
    """Draft `part` of picture `index` of a generation.  `slots` is empty while it waits, (conditional,) or
    (conditional, unconditional) while it runs; `position` counts the codes drawn, 0 to `length`.

    `tries` of it came before, and were blank.

    `branch` are the slots that it is computed in: its own, or those of another that has drawn the same so far."""

    generation_id: str
    index: int
    part: int
    seed: int
    params: SamplingParams
    length: int
    generator: Generator
    status: SequenceStatus = SequenceStatus.WAITING
    slots: tuple[int, ...] = ()
    branch: tuple[int, ...] = ()
    position: int = 0
    tries: int = 0

    @property
    def slots_needed(self) -> int:
        return 1 if self.params.guidance_scale == 1 else 2
