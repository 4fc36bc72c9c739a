"""What a picture looks like to CLIP: nearer to something that must not be shown, or to what is like it and harmless.

In: pixels.  Out: for each finding how likely it is against the harmless.  The CLIP is one that came with a model.

The thresholds are not fixed by pictures of such things, which nobody should collect: CLIP alone never removes anything
unless the server says so, and where it is unsure it says nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import torch
from torch import Tensor

from inference.contract import Level
from inference.pictures import Pixels
from inference.ranking.clip import ClipRanker

CONCEPTS: Final[Mapping[str, Sequence[str]]] = {
    "nudity": ("a naked person", "explicit nudity", "pornography", "a nude body with bare breasts"),
    "suggestive": ("a person in lingerie posing seductively", "an erotic photo", "a sexy person in underwear"),
    "gore": ("a bloody corpse", "gore with blood and guts", "a mutilated body", "a person bleeding from a wound"),
}
"""Texts for each finding."""
NEUTRAL: Final = (
    "a person in everyday clothes", "a portrait of a face", "a landscape", "an animal", "a building", "a plate of food",
    "a marble statue", "red paint", "tomato sauce", "a swimmer in a pool", "a baby", "an abstract painting", "a sketch",
    "skin-coloured shapes", "a blank picture", "a crowd of people",
)  # fmt: skip
"""What pictures are of otherwise, and what looks like a finding."""
SHARPNESS: Final = 100.0
"""CLIP's own factor of cosines, as it was trained with."""
LEAST: Final[Mapping[Level, float]] = {"relaxed": 0.97, "standard": 0.9, "strict": 0.75}
"""How likely a finding must be against the harmless."""


class Vectors(Protocol):
    """CLIP, as far as it is needed: vectors of length one."""

    def text_vectors(self, texts: Sequence[str]) -> Tensor:
        """N texts -> (N, D)."""

    def picture_vectors(self, pictures: Sequence[Pixels]) -> Tensor:
        """B pictures -> (B, D)."""


class Concepts:
    """How near pictures are to each finding.  The texts are encoded once."""

    def __init__(self, clip: Vectors) -> None:
        self._clip = clip
        self._found = {finding: clip.text_vectors(texts) for finding, texts in CONCEPTS.items()}
        self._neutral = clip.text_vectors(NEUTRAL)

    @classmethod
    def load(cls, folder: Path) -> "Concepts":
        """With the CLIP in a folder.  Raises RankerError."""
        return cls(ClipRanker.load(folder))

    def __call__(self, pixels: Pixels) -> Mapping[str, float]:
        """Of a picture (H, W, 3), the probability of each finding beside the nearest of the harmless."""
        (seen,) = self._clip.picture_vectors([pixels])
        neutral = float((self._neutral @ seen).max())
        return {
            finding: float(torch.sigmoid(torch.tensor(SHARPNESS * (float((texts @ seen).max()) - neutral))))
            for finding, texts in self._found.items()
        }
