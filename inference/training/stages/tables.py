"""Tables with structure: what similar codes, or places in a row or column, have in common is learned once.

In: the sizes of a DalleBart. Out: parametrisations of its token table, output head and position table, and the plain
model they fold into. It knows nothing of training.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from inference.models.dalle_bart import DalleBart
from inference.models.vqgan import VQGAN
from inference.training.stages.codebook import assign, k_means
from inference.training.stages.strokes import Strokes, code_patches


class SharedRows(nn.Module):
    """A table's rows = a free part + the shared rows (F, width), each row weighted by its `features` (rows, F)."""

    features: Tensor

    def __init__(self, features: Tensor, width: int) -> None:
        super().__init__()
        self.register_buffer("features", features, persistent=False)
        self.shared = nn.Parameter(torch.randn(features.shape[1], width) * 0.02)

    def forward(self, free: Tensor) -> Tensor:
        # a product, for the backward pass of indexing is slow
        return free + self.features @ self.shared


def code_features(codec: VQGAN, families: int = 128, seed: int = 0) -> Tensor:
    """(K, features) of a codec's codes: where each lies, its family of alike codes, and its shape and colours."""
    centres = codec.codebook.weight.detach()
    families = min(families, len(centres))
    family, _ = assign(centres, k_means(centres, families, centres[:0], seed))
    alike = torch.cat([centres / centres.std(), F.one_hot(family, families).float()], 1)
    return torch.cat([alike, Strokes.of(code_patches(codec)).features(seed)], 1)


def grid_membership(side: int) -> Tensor:
    """(side², 2 * side): the row and the column of every position."""
    places = torch.arange(side * side)
    return torch.cat([F.one_hot(places // side, side), F.one_hot(places % side, side)], 1).float()


def share_rows(model: DalleBart, features: Tensor) -> None:
    """Give a model's tables their structure. Raises ValueError unless there is a row of `features` for each code."""
    config = model.config
    if len(features) != config.image_vocab_size:
        raise ValueError(f"{len(features)} rows of features for {config.image_vocab_size} codes")
    codes = F.pad(features, (0, 0, 0, config.vocab_size - len(features)))  # the start token shares with nobody
    places = grid_membership(math.isqrt(config.image_length))
    for table in (model.decoder.embed_tokens, model.lm_head, model.decoder.embed_positions):
        if table is not None:
            with torch.no_grad():
                table.weight.normal_(std=0.02)
            shared = SharedRows(places if table is model.decoder.embed_positions else codes, config.d_model)
            parametrize.register_parametrization(table, "weight", shared)


@torch.no_grad()
def unfold(model: DalleBart, plain: DalleBart, parents: Tensor | None = None) -> None:
    """Give a model with shared rows the weights of a plain one, the inverse of `folded`.

    As much of a table as its features explain goes into the shared rows (least squares), the rest into the free part.
    The model may have more codes than the plain one: a new one gets what its features say, and half of the rest of its
    parent, which `parents` (new,) names. Raises ValueError where the two differ in anything else.
    """
    new = 0 if parents is None else len(parents)
    if model.config != replace(plain.config, image_vocab_size=plain.config.image_vocab_size + new):
        raise ValueError(f"a model of {plain.config} cannot become one of {model.config} with {new} new codes")
    weights = plain.state_dict()
    for name, module in model.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            rows = cast("SharedRows", module.parametrizations.weight[0])
            table = weights.pop(f"{name}.weight")
            of_codes = parents is not None and module is not model.decoder.embed_positions
            features = _without(rows.features, plain.config.image_vocab_size, new) if of_codes else rows.features
            square = features.T @ features + 0.1 * torch.eye(features.shape[1])
            rows.shared.copy_(torch.linalg.solve(square, features.T @ table))
            rest = table - features @ rows.shared
            if of_codes and parents is not None:
                known = plain.config.image_vocab_size
                rest = torch.cat([rest[:known], rest[parents] / 2, rest[known:]])
            module.parametrizations.weight.original.copy_(rest)
    model.load_state_dict(weights, strict=False)


def _without(table: Tensor, start: int, count: int) -> Tensor:
    """A table (N, D) without so many rows from `start` on."""
    return torch.cat([table[:start], table[start + count :]])


def folded(model: DalleBart) -> DalleBart:
    """A new model whose tables are ordinary ones, equal to `model` in what it computes."""
    state = {name: value for name, value in model.state_dict().items() if ".parametrizations." not in name}
    for name, module in model.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            state[f"{name}.weight"] = module.weight.detach()
    plain = DalleBart(model.config)
    plain.load_state_dict(state)
    return plain
