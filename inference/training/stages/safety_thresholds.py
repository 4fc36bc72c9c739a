"""From how suspicious a classifier finds texts that it has not seen to the thresholds of each level.

In: for each text the logit and the likeliest category, and what it is in truth.  Out: for each category how much less
is enough, and the scores from which on a level flags and blocks.  It knows no classifier.

A level is fixed where so many of real users' prompts are refused.  Which kinds of harm are refused there is a choice:
what is enough for one category is taken from the others, so it is chosen for all of them together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.training.data.prompts import CATEGORIES, Example

REFUSALS: Final[Mapping[str, float]] = {"open": 0.005, "relaxed": 0.01, "standard": 0.02, "strict": 0.05}
"""Of real users' prompts, by level; `open` is one step below the most relaxed."""
FLAGGED: Final = 2.0
"""So many times as many are flagged or refused together."""
USERS: Final = "benign_user"
AT_LEAST: Final[Mapping[str, float]] = {"violence_gore": 0.875, "privacy_deepfake": 0.72}
"""Shares of these that should be refused: of the categories that are recognised worst."""
AT_MOST: Final[Mapping[str, float]] = {"hard_safe": 0.06, "text_safe": 0.4}
"""Shares of these that should be: what looks unsafe and is not, and forum texts that speak of hatred."""
PRICE: Final = 2.0
"""By so much more a point short of these counts than a point of all that is unsafe."""
STEPS: Final = (0.4, 0.2, 0.1)
"""In logits: how far one category's offset is moved at a time."""


@dataclass(frozen=True)
class Suspicions:
    """Of texts that nobody learned from: logits (N,), the place of the likeliest category (N,), and what they are.

    `surer` (N,) is by how much, in probabilities' logits, the filter wants to be surer of such a text (policy.py).
    """

    logits: Tensor
    likeliest: Tensor
    rows: Sequence[Example]
    surer: Tensor

    def demanding(self, slope: float) -> Suspicions:
        """The same, with the logits lowered by that: what a threshold is compared with."""
        return replace(self, logits=self.logits - self.surer / slope)

    def are(self, kind: str) -> Tensor:
        """(N,) of bool: the unsafe ones of a category, or the safe ones of a kind."""
        return torch.tensor([kind == (row.category or row.kind) for row in self.rows], dtype=torch.bool)

    @property
    def unsafe(self) -> Tensor:
        """(N,) of bool."""
        return torch.tensor([row.category is not None for row in self.rows], dtype=torch.bool)

    def lowered(self, offsets: Tensor) -> Tensor:
        """(N,): the logits with the offset (categories,) of what is likeliest added."""
        return self.logits + offsets[self.likeliest]

    def limit(self, offsets: Tensor, share: float) -> Tensor:
        """The logit over which so large a share of users' prompts is."""
        return self.lowered(offsets)[self.are(USERS)].quantile(1 - share)


def chosen_offsets(seen: Suspicions) -> Tensor:
    """(categories,), in logits: by how much less is enough for each, moved one by one as long as that helps."""
    judge = _Gain(seen)
    offsets = torch.ones(len(CATEGORIES))
    best = judge(offsets)
    for step in STEPS:
        moved = True
        while moved:
            moved = False
            for place in range(len(CATEGORIES)):
                for by in (step, -step):
                    tried = offsets.clone()
                    tried[place] += by
                    gain = judge(tried)
                    if gain > best + 1e-6:
                        offsets, best, moved = tried, gain, True
    return offsets


class _Gain:
    """How good offsets are at the standard level: the share of what is unsafe that is refused, and less for misses."""

    def __init__(self, seen: Suspicions) -> None:
        self._seen, self._unsafe = seen, seen.unsafe
        self._wanted = [(seen.are(kind), share, 1) for kind, share in AT_LEAST.items()]
        self._wanted += [(seen.are(kind), share, -1) for kind, share in AT_MOST.items()]
        self._users = seen.are(USERS)

    def __call__(self, offsets: Tensor) -> float:
        logits = self._seen.lowered(offsets)
        refused = logits > logits[self._users].quantile(1 - REFUSALS["standard"])
        missed = (
            min(0.0, sign * (float(refused[kind].float().mean()) - share))
            for kind, share, sign in self._wanted
            if kind.any()
        )
        return float(refused[self._unsafe].float().mean()) + PRICE * sum(missed)


def scale(logits: Tensor, unsafe: Tensor) -> tuple[float, float]:
    """Platt's scaling: slope and offset that make the logits (N,) probabilities of these rows."""
    both = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([both], max_iter=50)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(both[0] * logits + both[1], unsafe.float())
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    slope, offset = both.tolist()
    return round(slope, 4), round(offset, 4)


def levels(seen: Suspicions, offsets: Tensor, slope: float, offset: float) -> dict[str, dict[str, float]]:
    """By level, the scores from which on a prompt is flagged, and blocked."""

    def score(share: float) -> float:
        return round(float(torch.sigmoid(slope * seen.limit(offsets, share) + offset)), 4)

    return {level: {"flag": score(FLAGGED * share), "block": score(share)} for level, share in REFUSALS.items()}


def refused_elsewhere(seen: Suspicions, part_of: Sequence[int]) -> dict[str, float]:
    """By category and kind, the share that is refused at the standard level where offsets and limit were chosen
    without the part (fold) that each row is in: what choosing them by the rows themselves flatters."""
    parts = torch.tensor(part_of)
    refused = torch.zeros(len(parts), dtype=torch.bool)
    for part in sorted(set(part_of)):
        others = [place for place, own in enumerate(part_of) if own != part]
        rest = Suspicions(
            seen.logits[others], seen.likeliest[others], [seen.rows[at] for at in others], seen.surer[others]
        )
        if not (rest.are(USERS).any() and rest.unsafe.any()):
            return {}
        offsets = chosen_offsets(rest)
        own = parts == part
        refused[own] = seen.lowered(offsets)[own] > rest.limit(offsets, REFUSALS["standard"])
    kinds = sorted({row.category or row.kind for row in seen.rows})
    shares = {kind: float(refused[seen.are(kind)].float().mean()) for kind in kinds}
    shares["unsafe"] = float(refused[seen.unsafe].float().mean())
    return {kind: round(share, 3) for kind, share in shares.items() if not math.isnan(share)}
