"""The running sequences as tensors, for one decode step after the other.

In: sequences with their slots.  Out: slots, parameters and generators by row.  It knows no model.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from inference.engine.sampler import SamplingRows
from inference.engine.sequence import Sequence


@dataclass(frozen=True)
class DecodeBatch:
    """Made anew only when someone joins or leaves.  P pictures, R rows ≥ P."""

    sequences: list[Sequence]
    first: Tensor  # (P,) the first slot of each picture: its row in the `CodeTable`
    slots: Tensor  # (R,) all conditional rows, then the unconditional rows of the guided pictures
    pictures: Tensor  # (R,) which picture each row belongs to
    guided: Tensor  # (R - P,) which pictures the unconditional rows belong to, on the model's device
    first_there: Tensor  # (P,) `first`, on the model's device
    sampling: SamplingRows
    generators: list[torch.Generator]

    @classmethod
    def of(cls, running: Rows[Sequence], vocab_size: int, device: torch.device | str = "cpu") -> Self:
        guided = [row for row, sequence in enumerate(running) if len(sequence.slots) == 2]
        first = [sequence.slots[0] for sequence in running]
        return cls(
            sequences=list(running),
            first=torch.tensor(first),
            slots=torch.tensor(first + [running[row].slots[1] for row in guided]),
            pictures=torch.tensor([*range(len(first)), *guided]),
            guided=torch.tensor(guided, dtype=torch.long, device=device),
            first_there=torch.tensor(first, device=device),
            sampling=SamplingRows.of([sequence.params for sequence in running], vocab_size, device),
            generators=[sequence.generator for sequence in running],
        )
