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
    """Made anew only when someone joins or leaves, or a branch parts.

    P pictures.  Those that are drawn from the same text and have the same codes so far are one branch, and computed
    once; of these there are B ≤ P, with R ≥ B rows.
    """

    sequences: list[Sequence]
    first: Tensor  # (P,) the first slot of each picture: its row in the `CodeTable`
    branches: Tensor  # (P,) which branch each picture is on, on the model's device
    slots: Tensor  # (R,) all conditional rows, then the unconditional rows of the guided branches
    pictures: Tensor  # (R,) the first picture of each row's branch
    guided: Tensor  # (R - B,) which branches the unconditional rows belong to, on the model's device
    first_there: Tensor  # (P,) `first`, on the model's device
    sampling: SamplingRows  # of B branches
    widths: list[int]  # of each picture, how many codes can be drawn
    generators: list[torch.Generator]

    @classmethod
    def of(cls, running: Rows[Sequence], vocab_size: int, device: torch.device | str = "cpu") -> Self:
        first = [sequence.slots[0] for sequence in running]
        leaders: dict[tuple[int, ...], int] = {}  # of each branch, its first picture
        for picture, sequence in enumerate(running):
            leaders.setdefault(sequence.branch, picture)
        places = {branch: place for place, branch in enumerate(leaders)}
        branches = [places[sequence.branch] for sequence in running]
        guided = [place for branch, place in places.items() if len(branch) == 2]
        pictures = list(leaders.values())
        sampling = SamplingRows.of([running[picture].params for picture in pictures], vocab_size, device)
        return cls(
            sequences=list(running),
            first=torch.tensor(first),
            branches=torch.tensor(branches, device=device),
            slots=torch.tensor([branch[row] for row in (0, 1) for branch in leaders if row < len(branch)]),
            pictures=torch.tensor(pictures + [pictures[place] for place in guided]),
            guided=torch.tensor(guided, dtype=torch.long, device=device),
            first_there=torch.tensor(first, device=device),
            sampling=sampling,
            widths=[sampling.widths[branch] for branch in branches],
            generators=[sequence.generator for sequence in running],
        )


def part(running: Rows[Sequence], codes: Rows[int]) -> list[tuple[int, int]]:
    """Who has drawn another code than the picture in whose slots it was computed goes on in its own, or in those of the
    first that has drawn the same.  Returns the slots whose content is to be copied, each with the slot that takes it.
    """
    kept = {one.branch: code for one, code in zip(running, codes, strict=True) if one.branch == one.slots}
    parted: dict[tuple[tuple[int, ...], int], tuple[int, ...]] = {}
    for sequence, code in zip(running, codes, strict=True):
        if code != kept[sequence.branch]:
            sequence.branch = parted.setdefault((sequence.branch, code), sequence.slots)
    return [pair for (old, _), new in parted.items() for pair in zip(old, new, strict=True)]
