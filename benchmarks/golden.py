"""What the original computed, read from its folders, and how far from it something else may be.

In: a folder with golden.npz and golden.json.  Out: comparisons.  It knows no model.
"""

import argparse
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inference.checkpoints.weights import read_json

STATES = 2e-5
LOGITS = 1e-4
HALF_STATES, HALF_LOGITS = 1e-2, 2e-2  # the original computing in float16, against our float32
LATENTS = 3e-4
CODEBOOK = 1e-6
PIXELS = 5e-5
LEVELS = 1  # of 256
EXACT = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quantity of one folder: the largest absolute difference, and how large it may be."""

    folder: str
    quantity: str
    difference: float  # not finite where shapes differ, or something is removed on one side only
    tolerance: float

    @property
    def passes(self) -> bool:
        return self.difference <= self.tolerance

    def to_json(self) -> dict[str, Any]:
        difference = self.difference if math.isfinite(self.difference) else None
        return {
            "folder": self.folder,
            "quantity": self.quantity,
            "difference": difference,
            "tolerance": self.tolerance,
            "passes": self.passes,
        }


@dataclass(frozen=True)
class Golden:
    """A folder of the original's numbers."""

    folder: Path
    arrays: dict[str, Tensor]
    notes: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Golden":
        notes = folder / "golden.json"
        return cls(folder, read_arrays(folder / "golden.npz"), read_json(notes) if notes.is_file() else {})

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def __getitem__(self, name: str) -> Tensor:
        return self.arrays[name]

    def numbered(self, pattern: str) -> Iterator[tuple[str, ...]]:
        """The groups of all names of arrays that have this form."""
        for name in self.arrays:
            if match := re.fullmatch(pattern, name):
                yield match.groups()

    def compared(self, name: str, ours: Tensor, tolerance: float, quantity: str = "") -> Comparison:
        """Ours beside the array of that name."""
        return Comparison(self.folder.name, quantity or name, difference(ours, self[name]), tolerance)


def difference(ours: Tensor, golden: Tensor) -> float:
    """The largest absolute difference; infinite where shapes differ, 0 where both are infinite."""
    if ours.shape != golden.shape:
        return math.inf
    ours, golden = ours.double(), golden.double()
    return torch.where(ours == golden, 0.0, (ours - golden).abs()).max().item()


def read_arrays(path: Path) -> dict[str, Tensor]:
    """The arrays of an .npz file."""
    with np.load(path) as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored.files}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, epilog="It is a part of: python -m benchmarks.parity")
    parser.parse_args()
    parser.exit(2, parser.format_help())
