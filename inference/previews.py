"""Previews of pictures that are still being drawn, at a price that the drawing hardly notices.

In: partial codes, and the time that decoding took.  Out: which pictures to show afresh, and their pixels.
It knows no scheduler and no events.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from inference.pictures import Pixels, fade_undrawn

SHARE = 0.05
"""Previews may take this share of the time that decoding takes."""

LARGEST_BURST = 9
"""So many pictures' worth of unspent time is kept: one whole grid at once, and no more."""


class PreviewBudget:
    """Time earned by decoding and spent on previews.

    The cost of a picture is measured, not assumed: one model's pixels come in 5 ms, another's in a second, and then
    only one picture of nine is shown afresh at a time.
    """

    def __init__(self) -> None:
        self._cost: float | None = None  # seconds a picture; None until the first was measured
        self._saved = 0.0

    def earn(self, decode_seconds: float) -> None:
        self._saved += SHARE * decode_seconds
        if self._cost is not None:
            self._saved = min(self._saved, LARGEST_BURST * self._cost)

    @property
    def affordable(self) -> int:
        """How many pictures may be shown afresh now."""
        if self._cost is None:
            return 1  # to learn what one costs
        return int(self._saved / self._cost)

    def spend(self, pictures: int, seconds: float) -> None:
        cost = max(seconds / pictures, 1e-6)
        if self._cost is None:
            self._saved = LARGEST_BURST * cost  # a server that has just started owes its first guest a whole grid
        self._cost = cost if self._cost is None else 0.7 * self._cost + 0.3 * cost
        self._saved -= seconds


def draw_partial(detokenize: Callable[[Tensor], Tensor], codes: Tensor, drawn: list[int], side: int) -> list[Pixels]:
    """Pixels of partial codes (B, L), of which the first `drawn[b]` are known, fading into paper below them."""
    pixels = detokenize(continue_codes(codes, torch.tensor(drawn), side)).numpy()  # (B, H, W, 3)
    return [fade_undrawn(picture, count, side) for picture, count in zip(pixels, drawn, strict=True)]


def continue_codes(codes: Tensor, drawn: Tensor, side: int) -> Tensor:
    """Fill codes (B, L) behind their first `drawn` (B,) ones, each with the lowest known code of its column.

    A decoder sees its neighbours, so nonsense below the edge would colour what is above it.  Where a column has no
    known code yet, it takes the last one of the first row.
    """
    index = torch.arange(codes.shape[1])[None, :]  # (1, L)
    drawn = drawn.clamp(min=1)[:, None]  # (B, 1)
    rows_up = (index - drawn).div(side, rounding_mode="floor") + 1  # 0 or less for what is known
    above = index - side * rows_up
    source = torch.where(rows_up <= 0, index, torch.where(above < 0, drawn - 1, above))
    return codes.gather(1, source.to(codes.device))
