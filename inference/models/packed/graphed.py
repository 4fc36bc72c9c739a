"""The decode step for a GPU: shapes that depend on the number of rows alone, so that it can be a CUDA graph.

In and out: as `PackedDecoder`. A step of a small model is a few hundred short kernels, and starting them one by one
takes longer than they do; a graph starts them all at once. So nothing in a step may depend on what is in a tensor.

A step computes a row for every slot up to the highest that is asked for, filled up to one of a few numbers: row and
slot are the same, so that keys and values are read where they lie, behind a mask, all positions there are. Picking the
slots that are asked for would copy their caches first, which is three times the way through memory. A slot that was not
asked for computes nonsense, and writes it to its last position, which every picture writes anew before it reads it.

On a CPU the same step runs without a graph, slower than `PackedDecoder`'s: that is how it is tested. So it does on a
GPU where none can be recorded.
"""

from dataclasses import dataclass
from typing import Any

import structlog
import torch
from torch import Tensor

from inference.models.dalle_bart import DalleBart
from inference.models.packed.decoder import PackedDecoder
from inference.models.packed.linear import Packer
from inference.models.packed.slots import Reach
from inference.models.transformer import mask_bias

log = structlog.get_logger(__name__)

WARM_UP = 3
"""Runs before a graph is recorded, in which libraries choose their kernels and take their memory."""


@dataclass
class _Recorded:
    """A graph for a number of rows, with the tensors that it reads and writes."""

    graph: Any
    asked: Tensor  # (2, rows): tokens and positions
    logits: Tensor  # (rows, codes)


class GraphedDecoder(PackedDecoder):
    """See the module's docstring."""

    def __init__(self, network: DalleBart, pack: Packer, *, slots: int, text_length: int, codes: int) -> None:
        super().__init__(network, pack, slots=slots, text_length=text_length, codes=codes)
        self._slots = slots
        self._room = network.config.image_length
        self._like = self._embed_tokens.weight
        self._lengths = torch.ones(slots, dtype=torch.long, device=self._like.device)  # as _text_lengths, there
        self._recording = self._like.device.type == "cuda"
        self._recorded: dict[int, _Recorded] = {}
        self._stream: Any = None
        """Where all graphs are recorded."""
        self._pool: Any = None
        """Memory that they share, for only one runs at a time."""

    @torch.no_grad()
    def prefill(self, slots: Tensor, states: Tensor, mask: Tensor) -> None:
        super().prefill(slots, states, mask)
        self._lengths.copy_(self._text_lengths.clamp(min=1))  # a slot without a text must read something, too

    @torch.no_grad()
    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        super().copy(sources, targets, length)
        self._lengths.copy_(self._text_lengths.clamp(min=1))

    @torch.no_grad()
    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """As `PackedDecoder.decode_one_token`; nobody waits for the GPU."""
        device = self._like.device
        rows = min(bucket(int(slots.max()) + 1), self._slots)
        asked = torch.tensor([[0], [self._room - 1]]).repeat(1, rows)  # (2, rows)
        asked[:, slots] = torch.stack([tokens, positions])
        # both before the step: after it, a copy of memory that is not pinned might wait until the GPU has done it
        there, asked = send(slots, device), send(asked, device)
        recorded = self._graph_of(rows)
        if recorded is None:
            return self.step(*asked).index_select(0, there)
        recorded.asked.copy_(asked)
        recorded.graph.replay()
        return recorded.logits.index_select(0, there)

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

    def _graph_of(self, rows: int) -> _Recorded | None:
        """The step of so many rows as a graph, recorded when it is first asked for; None where there are no graphs."""
        if self._recording and rows not in self._recorded:
            try:
                self._recorded[rows] = self._record(rows)
            except RuntimeError:  # a driver's whim, or too little memory: the step is the same without, only slower
                log.warning("decoder.not_recorded", rows=rows, exc_info=True)
                self._recording = False
        return self._recorded.get(rows)

    @torch.inference_mode(mode=False)  # what is made here must take new values outside of that mode, too
    @torch.no_grad()
    def _record(self, rows: int) -> _Recorded:
        """A graph of the step, recorded at the last position, so that nobody's cache is harmed."""
        if self._stream is None:
            self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        asked = torch.zeros(2, rows, dtype=torch.long, device=self._like.device)
        asked[1] = self._room - 1
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            for _ in range(WARM_UP):
                self.step(*asked)
        torch.cuda.current_stream().wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        # other threads may have pipelines draw meanwhile, and take memory for them, which is no fault of this one
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            logits = self.step(*asked)
        self._pool = graph.pool()
        return _Recorded(graph, asked, logits)


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU on the device; a GPU fetches it by itself, from pinned memory, when it comes to it."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def bucket(rows: int) -> int:
    """The number of rows that a step is made for: 2, 4, 8, then multiples of 8, so that there are few graphs."""
    return next((size for size in (2, 4, 8) if rows <= size), -(-rows // 8) * 8)
