"""The codes of all running pictures in one table, a row for each cache slot: a step touches no picture by itself.

In: the codes that were drawn for a batch.  Out: what the next step starts from, and finished pictures' codes.
"""

import torch
from torch import Tensor

from inference.engine.batch import DecodeBatch
from inference.engine.code_model import CodeModel


class CodeTable:
    """A picture's row is that of its first slot.  Codes are on the CPU, likelihoods where the model is."""

    def __init__(self, model: CodeModel) -> None:
        self.codes = torch.full((model.slots, 1 + model.image_length), model.start_token)  # begins with the start token
        self._given = torch.full((model.slots, model.image_length), -1)  # fixed beforehand; -1 where a code is drawn
        self._likelihood = torch.zeros(model.slots, device=model.device)  # log-likelihood of all codes so far

    def begin(self, row: int) -> None:
        """A new picture takes the row."""
        self._given[row] = -1
        self._likelihood[row] = 0

    def fix(self, row: int, codes: Tensor, kept: Tensor) -> None:
        """The picture has these of the `codes` (L,) whatever is drawn; `kept` (K,) are their indices."""
        self._given[row, kept] = codes[kept]

    def last(self, batch: DecodeBatch, positions: Tensor) -> Tensor:
        """The code (P,) that stands before each picture's next one, whose place is `positions` (P,)."""
        return self.codes[batch.first, positions]

    def given(self, batch: DecodeBatch, positions: Tensor) -> Tensor:
        """The code (P,) that each picture must have at `positions` (P,), -1 for any."""
        return self._given[batch.first, positions]

    def write(self, batch: DecodeBatch, positions: Tensor, codes: Tensor) -> None:
        """Put `codes` (P,), on the CPU, at `positions` (P,)."""
        self.codes[batch.first, positions + 1] = codes

    def add_likelihood(self, batch: DecodeBatch, likelihood: Tensor) -> None:
        """`likelihood` (P,) is that of each picture's newest code, given the text."""
        self._likelihood[batch.first_there] += likelihood

    def finished(self, row: int) -> tuple[tuple[int, ...], float]:
        """A finished picture's codes, L of them, and their mean log-likelihood."""
        codes = tuple(self.codes[row, 1:].tolist())
        return codes, float(self._likelihood[row]) / len(codes)
