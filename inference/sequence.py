"""One picture being decoded: what was asked of it, and where it stands.

In: a seed, sampling parameters, codes that are given beforehand.  Out: a state that the scheduler moves along.
It knows no model; the codes themselves live in the engine's tables, in the row of the sequence's first slot.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the scheduler needs no torch, and neither does who only reads SamplingParams
    from torch import Generator


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the next code is drawn from the logits.

    `guidance_scale` 1 means no guidance, so the sequence needs no unconditional row; `top_k` 0 and `top_p` 1 mean off.
    Limits are the contract's (inference/contract.py).
    """

    guidance_scale: float = 1.0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


class SequenceStatus(enum.Enum):
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"  # every code is drawn; pixels may still be to come
    CANCELLED = "cancelled"


@dataclass(eq=False, slots=True)
class Sequence:
    """Picture `index` of a generation.  `slots` is empty while it waits, (conditional,) or (conditional,
    unconditional) while it runs; `position` counts the codes drawn, 0 to `length`."""

    generation_id: str
    index: int
    seed: int
    params: SamplingParams
    length: int
    generator: Generator
    status: SequenceStatus = SequenceStatus.WAITING
    slots: tuple[int, ...] = ()
    position: int = 0

    @property
    def slots_needed(self) -> int:
        return 1 if self.params.guidance_scale == 1 else 2
