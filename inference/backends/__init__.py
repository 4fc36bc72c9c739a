"""What the engine can drive: one module per kind of model. Here is what they all hand out."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class EncodedTexts:
    """What a decoder reads of B texts. T is the same for all, padded; what it means is the backend's own affair."""

    states: Tensor  # (B, T, E)
    mask: Tensor  # (B, T), 1 where there is text

    def __len__(self) -> int:
        return self.states.shape[0]

    def __getitem__(self, rows: slice | Tensor) -> "EncodedTexts":
        """Some of the texts, in the order of `rows`."""
        return EncodedTexts(self.states[rows], self.mask[rows])
