"""One layer's keys and values in cache slots, and attention that reads them where they lie.

In: queries, keys and values of R rows, and their slots. Out: what each row attends to. It knows no weights.

`HalfSlots` keeps 16-bit numbers for the native kernels, which read of every slot exactly what was written.
`PlainSlots` works on every device and in every type with PyTorch's own attention, over all positions up to the
furthest row's; in float32 on a CPU over all there are, so that sums are made in the same order in any company.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.models.transformer import mask_bias
from inference.native.kernels import Kernels


@dataclass(frozen=True)
class Reach:
    """How far R rows read: each one's slot and number of positions. Made once for all layers; slots ascend."""

    slots: Tensor  # (R,)
    lengths: Tensor  # (R,)
    longest: int
    where: Tensor | slice  # the slots as an index: a slice where they are neighbours, so that nothing is copied
    bias: Tensor | None  # (R, 1, 1, longest) for PlainSlots, 0 where a row reads and -inf elsewhere

    @classmethod
    def of(cls, slots: Tensor, lengths: Tensor, cache: "Slots", like: Tensor) -> Self:
        """From slots and lengths (R,) on the CPU; what is computed goes to the device of `like`, in its type."""
        longest, first, last = cache.width_of(int(lengths.max())), int(slots[0]), int(slots[-1])
        slots, lengths = slots.to(like.device), lengths.to(like.device)
        seen = torch.arange(longest, device=like.device) < lengths[:, None]  # (R, longest)
        return cls(
            slots,
            lengths,
            longest,
            where=slice(first, last + 1) if last - first + 1 == len(slots) else slots,
            bias=mask_bias(seen, like.dtype)[:, None, None] if cache.masked else None,
        )


class Slots(Protocol):
    """Keys and values (S, H, room, d) of one layer."""

    masked: bool
    """Whether `attend` needs the bias of `Reach`."""

    def width_of(self, longest: int) -> int:
        """How many positions to read where the furthest row has `longest`."""

    def fill(self, slot: int, keys: Tensor, values: Tensor) -> None:
        """The first T positions of one slot: keys and values (T, H * d)."""

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        """The first positions of the slots `sources` (R,), on the CPU, to `targets` (R,)."""

    def attend(self, q: Tensor, reach: Reach, keys: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        """Queries (R, H * d) -> (R, H * d); new keys and values, if given, are stored first, each row's at its end."""


class PlainSlots:
    """See the module's docstring."""

    masked = True

    def __init__(self, slots: int, heads: int, room: int, width: int, like: Tensor) -> None:
        self._exact = like.dtype is torch.float32 and like.device.type == "cpu"
        self._keys = like.new_zeros(slots, heads, room, width)  # zeros: what is masked must still be a number
        self._values = like.new_zeros(slots, heads, room, width)

    def width_of(self, longest: int) -> int:
        return self._keys.shape[2] if self._exact else longest

    def fill(self, slot: int, keys: Tensor, values: Tensor) -> None:
        for cache, new in ((self._keys, keys), (self._values, values)):
            cache[slot, :, : len(new)] = new.reshape(len(new), cache.shape[1], -1).transpose(0, 1)

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        for cache in (self._keys, self._values):
            cache[targets, :, :length] = cache[sources, :, :length]

    def attend(self, q: Tensor, reach: Reach, keys: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        for cache, new in ((self._keys, keys), (self._values, values)):
            if new is not None:
                cache[reach.slots, :, reach.lengths - 1] = new.reshape(len(new), cache.shape[1], -1)
        seen_keys, seen_values = (cache[reach.where][:, :, : reach.longest] for cache in (self._keys, self._values))
        q = q.reshape(len(q), self._keys.shape[1], 1, -1)  # (R, H, 1, d)
        if self._exact and reach.bias is not None:
            return plain_attention(q, seen_keys, seen_values, reach.bias).flatten(1)
        return F.scaled_dot_product_attention(q, seen_keys, seen_values, attn_mask=reach.bias).flatten(1)


def plain_attention(q: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
    """Queries (R, H, L, d), keys and values (R, H, T, d) -> (R, H, L, d).

    On a CPU a row is the same in any company; PyTorch's fused attention, with several threads, is not.
    """
    scores = q @ keys.transpose(-1, -2) * q.shape[-1] ** -0.5  # (R, H, L, T)
    out: Tensor = (scores + bias).softmax(-1) @ values
    return out


class HalfSlots:
    """See the module's docstring. Nothing is written beforehand, so that slots which nobody uses cost no memory."""

    masked = False

    def __init__(self, slots: int, heads: int, room: int, width: int, kernels: Kernels) -> None:
        self.keys = torch.empty(slots, heads, room, width, dtype=torch.float16)
        self.values = torch.empty(slots, heads, room, width, dtype=torch.float16)
        self._kernels = kernels

    def width_of(self, longest: int) -> int:
        return longest

    def fill(self, slot: int, keys: Tensor, values: Tensor) -> None:
        for cache, new in ((self.keys, keys), (self.values, values)):
            cache[slot, :, : len(new)] = new.view(len(new), cache.shape[1], -1).transpose(0, 1)

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        for cache in (self.keys, self.values):
            cache[targets, :, :length] = cache[sources, :, :length]

    def attend(self, q: Tensor, reach: Reach, keys: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        new = None if keys is None or values is None else (keys, values)
        return self._kernels.attend(q, self.keys, self.values, reach.slots, reach.lengths, new)
