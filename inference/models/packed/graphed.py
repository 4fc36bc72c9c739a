"""The decode step for a GPU: shapes that depend on the number of rows alone, so that it can be a CUDA graph.

In and out: as `PackedDecoder`. A step of a small model is a few hundred short kernels, and starting them one by one
takes longer than they do; a graph starts them all at once. So nothing in a step may depend on what is in a tensor:
every row reads all positions there are, behind a mask, and rows are filled up to one of a few numbers with a slot that
nobody has.

On a CPU the same step runs without a graph, slower than `PackedDecoder`'s: that is how it is tested.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from inference.models.dalle_bart import DalleBart
from inference.models.packed.decoder import PackedDecoder
from inference.models.packed.linear import Packer
from inference.models.packed.slots import Reach
from inference.models.transformer import mask_bias

WARM_UP = 3
"""Runs before a graph is recorded, in which libraries choose their kernels and take their memory."""


@dataclass
class _Recorded:
    """A graph for a number of rows, with the tensors that it reads and writes."""

    graph: Any
    slots: Tensor
    tokens: Tensor
    positions: Tensor
    logits: Tensor


class GraphedDecoder(PackedDecoder):
    """One slot more than asked for stands for the rows that fill up."""

    def __init__(self, network: DalleBart, pack: Packer, *, slots: int, text_length: int, codes: int) -> None:
        super().__init__(network, pack, slots=slots + 1, text_length=text_length, codes=codes)
        self._spare = slots
        self._room = network.config.image_length
        self._like = self._embed_tokens.weight
        self._lengths = torch.ones(slots + 1, dtype=torch.long, device=self._like.device)  # as _text_lengths, there
        self._recorded: dict[int, _Recorded] = {}

    @torch.no_grad()
    def prefill(self, slots: Tensor, states: Tensor, mask: Tensor) -> None:
        super().prefill(slots, states, mask)
        self._lengths.copy_(
            self._text_lengths.clamp(min=1)
        )  # the spare slot has no text, and a row must read something

    @torch.no_grad()
    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """As `PackedDecoder.decode_one_token`; the logits are overwritten by the next step of as many rows."""
        rows = len(slots)
        wanted = min(bucket(rows), self._spare)
        missing = wanted - rows
        slots = torch.nn.functional.pad(slots, (0, missing), value=self._spare)
        tokens, positions = (torch.nn.functional.pad(each, (0, missing)) for each in (tokens, positions))
        if self._like.device.type != "cuda":
            return self.step(slots, tokens, positions)[:rows]
        if wanted not in self._recorded:
            self._recorded[wanted] = self._record(wanted)
        recorded = self._recorded[wanted]
        for theirs, ours in ((recorded.slots, slots), (recorded.tokens, tokens), (recorded.positions, positions)):
            theirs.copy_(ours, non_blocking=True)
        recorded.graph.replay()
        return recorded.logits[:rows]

    def step(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """(R,) each, where the weights lie -> logits (R, codes). No shape and no path depends on their values."""
        x = self._embed_tokens(tokens) * self._scale  # (R, D)
        if self._embed_positions is not None:
            x = x + self._embed_positions(positions)
        x = self._embedding_norm(x)
        reach = self._reach(slots, positions + 1, self._room)
        text_reach = self._reach(slots, self._lengths[slots], self._text_room)
        for layer, cache, text_cache in zip(self._layers, self._caches, self._text_caches, strict=True):
            q, keys, values = layer.qkv(x).chunk(3, -1)  # (R, D) each
            x = layer.out(cache.attend(q, reach, keys, values), x)
            x = layer.text_out(text_cache.attend(layer.text_q(x), text_reach), x)
            x = layer.down(layer.gate_up(x), x)
        return self._head(x)

    def _reach(self, slots: Tensor, lengths: Tensor, room: int) -> Reach:
        seen = torch.arange(room, device=slots.device) < lengths[:, None]  # (R, room)
        return Reach(slots, lengths, room, where=slots, bias=mask_bias(seen, self._like.dtype)[:, None, None])

    def _record(self, rows: int) -> _Recorded:
        """A graph of the step, recorded with the spare slot in all rows, so that nobody's cache is touched."""
        device = self._like.device
        slots = torch.full((rows,), self._spare, device=device)
        tokens, positions = torch.zeros_like(slots), torch.zeros_like(slots)
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self.step(slots, tokens, positions)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits = self.step(slots, tokens, positions)
        return _Recorded(graph, slots, tokens, positions, logits)


def bucket(rows: int) -> int:
    """The number of rows that a step is made for: 2, 4, 8, then multiples of 8, so that there are few graphs."""
    return next((size for size in (2, 4, 8) if rows <= size), -(-rows // 8) * 8)
