"""Previews of pictures that are still being drawn, at a price that the drawing hardly notices.

In: partial codes, and the time that decoding took.  Out: which pictures to show afresh, and their pixels.
It knows no scheduler and no events.
"""

from collections.abc import Callable
from itertools import groupby

import structlog
import torch
from torch import Tensor

from inference.contract import grid_columns
from inference.engine.code_model import CodeModel
from inference.engine.generation import Generation
from inference.engine.sequence import Sequence
from inference.painting.finishing import finished
from inference.painting.painter import edge_colour
from inference.pictures import Pixels, encode_preview, fade_undrawn

log = structlog.get_logger(__name__)

SHARE = 0.05
"""Previews may take this share of the time that decoding takes, for as long as somebody wants them."""

BURST = 0.3
"""Seconds that one round of previews may hold up everyone's decoding, unless a single picture takes longer."""


class PreviewBudget:
    """Time earned by decoding and spent on previews; a round may be paid for afterwards.

    The cost of a picture is measured, not assumed: where it is low, all pictures of a grid are shown afresh together,
    now and then; where it is high, they are shown one at a time.
    """

    def __init__(self) -> None:
        self._cost: float | None = None  # seconds a picture; None until the first was measured
        self._saved = 0.0  # negative while a round is being paid off

    def earn(self, decode_seconds: float) -> None:
        """Decoding took so long."""
        self._saved = min(self._saved + SHARE * decode_seconds, BURST)

    @property
    def affordable(self) -> int:
        """How many pictures may be shown afresh now."""
        if self._saved < 0:
            return 0
        return 1 if self._cost is None else max(1, int(BURST / self._cost))

    def spend(self, pictures: int, seconds: float) -> None:
        """So many pictures took so long."""
        cost = max(seconds / pictures, 1e-6)
        if self._cost is None:
            self._cost = cost  # and nothing is owed for the first, by which the price was learnt
            return
        self._cost = 0.7 * self._cost + 0.3 * cost
        self._saved -= seconds


class Previewer:
    """Draws previews as far as there is time for them; `clock` counts seconds."""

    def __init__(self, model: CodeModel, clock: Callable[[], float]) -> None:
        self._model = model
        self._clock = clock
        self._budget = PreviewBudget()

    def earn(self, decode_seconds: float) -> None:
        """Decoding for somebody who wants previews took so long."""
        self._budget.earn(decode_seconds)

    def draw(self, generation: Generation, codes: Tensor) -> bytes | None:
        """Refresh the pictures that were not shown for longest, as many as there is time for; None for none.

        `codes` (slots, 1 + L) is that of the `CodeTable`.
        """
        begun = _begun(generation)
        affordable = self._budget.affordable
        chosen: list[Sequence] = []
        for index in sorted(begun, key=lambda index: generation.shown_at.get(index, -1)):
            if not chosen or len(chosen) + len(begun[index]) <= affordable:
                chosen += begun[index]
        if not chosen or not affordable:
            return None
        started = self._clock()
        rows = codes[[sequence.slots[0] for sequence in chosen], 1:]  # (B, L)
        drawn = [sequence.position for sequence in chosen]
        try:
            continued = continue_codes(rows, torch.tensor(drawn), self._model.grid_side)
            distinct, which = torch.unique(continued, dim=0, return_inverse=True)  # most grids begin alike
            parts = self._model.detokenize(distinct)[which].numpy()
            for index, group in groupby(zip(chosen, parts, strict=True), lambda pair: pair[0].index):
                partial = {sequence.part: (pixels, sequence.position) for sequence, pixels in group}
                generation.pictures[index] = self._partial(generation, index, partial)
                generation.shown_at[index] = generation.ticks
            shown = [generation.pictures.get(index) for index in range(generation.request.images)]
            preview = encode_preview(shown, grid_columns(len(shown)))
        except Exception:  # a preview is a courtesy, not worth a generation
            log.exception("generation.not_previewed", generation=generation.label)
            return None
        generation.previews += 1
        self._budget.spend(len(distinct), self._clock() - started)
        return preview

    def _partial(self, generation: Generation, index: int, partial: dict[int, tuple[Pixels, int]]) -> Pixels:
        """A picture of parts of which so many codes are drawn, and of those that are ready.

        In one piece it fades into paper below them; a thing that is put somewhere fades into its own background.
        """
        reading, side = generation.readings[index], self._model.grid_side
        if reading.composition is None or reading.composition.is_in_place:
            ((pixels, count),) = partial.values()
            return fade_undrawn(finished([pixels], reading)[1], count, side)
        faded = {
            part: fade_undrawn(pixels, count, side, edge_colour(pixels)) for part, (pixels, count) in partial.items()
        }
        parts = generation.parts.get(index, {}) | faded
        return finished([parts[part] for part in sorted(parts)], reading)[1]


def _begun(generation: Generation) -> dict[int, list[Sequence]]:
    """The sequences of each picture that is being drawn, if something of every part of it is there to be seen."""
    running = [sequence for sequence in generation.sequences if sequence.slots and sequence.position]
    pictures = {index: list(parts) for index, parts in groupby(running, lambda sequence: sequence.index)}
    return {
        index: some
        for index, some in pictures.items()
        if len(some) + len(generation.parts.get(index, ())) == len(generation.readings[index].drawn)
    }


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
