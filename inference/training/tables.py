"""Tables with structure: what similar codes, or places in a row or column, have in common is learned once.

In: the sizes of a DalleBart. Out: parametrisations of its token table, output head and position table, and the plain
model they fold into. It knows nothing of training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from inference.models.dalle_bart import DalleBart


class SharedRows(nn.Module):
    """A table's rows = a free part + the sum of the shared rows that `membership` (rows, shared) selects."""

    membership: Tensor

    def __init__(self, membership: Tensor, width: int) -> None:
        super().__init__()
        self.register_buffer("membership", membership, persistent=False)
        self.shared = nn.Parameter(torch.randn(membership.shape[1], width) * 0.02)

    def forward(self, free: Tensor) -> Tensor:
        # a product with 0s and 1s, for the backward pass of indexing is slow
        return free + self.membership @ self.shared


def digit_membership(levels: Sequence[int], rows: int) -> Tensor:
    """(rows, sum of levels): 1 where a code has a digit at a level; rows beyond the codes (start token) have none."""
    count = math.prod(levels)
    codes = torch.cartesian_prod(*(torch.arange(level) for level in levels)).reshape(count, -1)  # last digit fastest
    parts = [F.one_hot(codes[:, place], level) for place, level in enumerate(levels)]
    return F.pad(torch.cat(parts, 1).float(), (0, 0, 0, rows - count))


def grid_membership(side: int) -> Tensor:
    """(side², 2 * side): the row and the column of every position."""
    places = torch.arange(side * side)
    return torch.cat([F.one_hot(places // side, side), F.one_hot(places % side, side)], 1).float()


def share_rows(model: DalleBart, levels: Sequence[int]) -> None:
    """Give a model's tables their structure. Raises ValueError when the levels do not make its codes."""
    config = model.config
    if math.prod(levels) != config.image_vocab_size:
        raise ValueError(f"levels {tuple(levels)} make {math.prod(levels)} codes, not {config.image_vocab_size}")
    side = math.isqrt(config.image_length)
    digits = digit_membership(levels, config.vocab_size)
    for table in (model.decoder.embed_tokens, model.lm_head, model.decoder.embed_positions):
        if table is not None:
            membership = grid_membership(side) if table is model.decoder.embed_positions else digits
            with torch.no_grad():
                table.weight.normal_(std=0.02)
            parametrize.register_parametrization(table, "weight", SharedRows(membership, config.d_model))


def folded(model: DalleBart) -> DalleBart:
    """A new model whose tables are ordinary ones, equal to `model` in what it computes."""
    state = {name: value for name, value in model.state_dict().items() if ".parametrizations." not in name}
    for name, module in model.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            state[f"{name}.weight"] = module.weight.detach()
    plain = DalleBart(model.config)
    plain.load_state_dict(state)
    return plain
