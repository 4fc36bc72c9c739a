"""The decode step for a GPU: shapes that depend on the number of rows alone, so that it can be a CUDA graph.

In and out: as `PackedDecoder`. A step of a small model is a few hundred short kernels, and starting them one by one
takes longer than they do; a graph starts them all at once. So nothing in a step may depend on what is in a tensor.

A step computes a row for every slot up to the highest that is asked for, filled up to one of a few numbers: row and
slot are the same, so that keys and values are read where they lie, behind a mask, all positions there are. Picking the
slots that are asked for would copy their caches first, which is three times the way through memory. A slot that was not
asked for computes nonsense, and writes it to its last position, which every picture writes anew before it reads it.

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
    tokens: Tensor  # (rows,)
    positions: Tensor  # (rows,)
    logits: Tensor  # (rows, codes)


class GraphedDecoder(PackedDecoder):
    """See the module's docstring."""

    def __init__(self, network: DalleBart, pack: Packer, *, slots: int, text_length: int, codes: int) -> None:
        super().__init__(network, pack, slots=slots, text_length=text_length, codes=codes)
        self._slots = slots
        self._room = network.config.image_length
        self._like = self._embed_tokens.weight
        self._lengths = torch.ones(slots, dtype=torch.long, device=self._like.device)  # as _text_lengths, there
        self._recorded: dict[int, _Recorded] = {}
        self._pool: Any = None
        """Memory that all graphs share, for only one runs at a time."""

    @torch.no_grad()
    def prefill(self, slots: Tensor, states: Tensor, mask: Tensor) -> None:
        super().prefill(slots, states, mask)
        self._lengths.copy_(self._text_lengths.clamp(min=1))  # a slot without a text must read something, too

    @torch.no_grad()
    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """As `PackedDecoder.decode_one_token`; nobody waits for the GPU."""
        device = self._like.device
        rows = min(bucket(int(slots.max()) + 1), self._slots)
        all_tokens = torch.zeros(rows, dtype=torch.long).index_copy_(0, slots, tokens)
        all_positions = torch.full((rows,), self._room - 1).index_copy_(0, slots, positions)
        if device.type != "cuda":
            logits = self.step(all_tokens.to(device), all_positions.to(device))
        else:
            if rows not in self._recorded:
                self._recorded[rows] = self._record(rows)
            recorded = self._recorded[rows]
            recorded.tokens.copy_(all_tokens, non_blocking=True)
            recorded.positions.copy_(all_positions, non_blocking=True)
            recorded.graph.replay()
            logits = recorded.logits
        return logits.index_select(0, slots.to(device, non_blocking=True))

    def step(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """(R,) each, of slots 0 to R - 1, where the weights lie -> logits (R, codes). No shape and no path depends on
        their values."""
        slots = torch.arange(len(tokens), device=tokens.device)
        x = self._embed_tokens(tokens) * self._scale  # (R, D)
        if self._embed_positions is not None:
            x = x + self._embed_positions(positions)
        x = self._embedding_norm(x)
        reach = self._reach(slots, positions + 1, self._room)
        text_reach = self._reach(slots, self._lengths[: len(slots)], self._text_room)
        for layer, cache, text_cache in zip(self._layers, self._caches, self._text_caches, strict=True):
            q, keys, values = layer.qkv(x).chunk(3, -1)  # (R, D) each
            x = layer.out(cache.attend(q, reach, keys, values), x)
            x = layer.text_out(text_cache.attend(layer.text_q(x), text_reach), x)
            x = layer.down(layer.gate_up(x), x)
        return self._head(x)

    def _reach(self, slots: Tensor, lengths: Tensor, room: int) -> Reach:
        seen = torch.arange(room, device=slots.device) < lengths[:, None]  # (R, room)
        bias = mask_bias(seen, self._like.dtype)[:, None, None]
        return Reach(slots, lengths, room, where=slice(0, len(slots)), bias=bias)

    @torch.inference_mode(mode=False)  # what is made here must take new values outside of that mode, too
    @torch.no_grad()
    def _record(self, rows: int) -> _Recorded:
        """A graph of the step, recorded at the last position, so that nobody's cache is harmed."""
        device = self._like.device
        tokens = torch.zeros(rows, dtype=torch.long, device=device)
        positions = torch.full_like(tokens, self._room - 1)
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self.step(tokens, positions)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            logits = self.step(tokens, positions)
        self._pool = graph.pool()
        return _Recorded(graph, tokens, positions, logits)


def bucket(rows: int) -> int:
    """The number of rows that a step is made for: 2, 4, 8, then multiples of 8, so that there are few graphs."""
    return next((size for size in (2, 4, 8) if rows <= size), -(-rows // 8) * 8)
