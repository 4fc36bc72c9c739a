"""What every training stage shares: a schedule, an average of the weights, checkpoints and a log of losses.

In: numbers and state dicts. Out: learning-rate factors, files that are either whole or absent, a PNG of the loss. It
knows no model and no data.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)

CHECKPOINT_SECONDS = 150.0


@dataclass(frozen=True)
class Schedule:
    """Warm-up, a constant stretch, then a cosine fall to `floor`; its length is `steps`, or else `minutes`.

    `hold` is the fraction of the whole length after which the fall begins.
    """

    warmup: int = 100
    hold: float = 0.5
    floor: float = 0.01
    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if not (self.steps or self.minutes):
            raise ValueError(f"a schedule needs a length: steps={self.steps}, minutes={self.minutes}")

    def progress(self, step: int, seconds: float) -> float:
        """How far training is, 0 to 1, after `step` steps and `seconds` of training in all."""
        done = step / self.steps if self.steps else seconds / 60 / (self.minutes or 1.0)
        return min(done, 1.0)

    def factor(self, step: int, seconds: float) -> float:
        """What to multiply the peak learning rate with."""
        warm = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fall = (self.progress(step, seconds) - self.hold) / (1 - self.hold) if self.hold < 1 else 0.0
        return warm * (self.floor + (1 - self.floor) * (1 + math.cos(math.pi * max(fall, 0.0))) / 2)


class Average:
    """Exponential moving average of a module's floating-point state; starts quickly and settles at `decay`."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._decay = decay
        self._updates = 0
        self._values = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards the module's present values."""
        self._updates += 1
        weight = 1 - min(self._decay, (1 + self._updates) / (10 + self._updates))
        state = module.state_dict()
        torch._foreach_lerp_(list(self._values.values()), [state[name] for name in self._values], weight)

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged state, by the module's own names."""
        return self._values

    def to(self, device: torch.device) -> None:
        """Bring the average to where its module is."""
        self._values = {name: value.to(device) for name, value in self._values.items()}

    def load(self, values: Mapping[str, Tensor], updates: int) -> None:
        """Go on from a saved average."""
        self._updates = updates
        for name, value in values.items():
            self._values[name].copy_(value)


class Learner:
    """What every trainer does with its loss, and what it needs to go on from a checkpoint."""

    config: Any
    schedule: Schedule
    model: Any
    average: Average
    optimizers: tuple[torch.optim.Optimizer, ...]
    step: int
    seconds: float
    largest_norm = 1.0
    """Of the gradient of all parameters; a larger one is scaled down to it."""

    def update(self, loss_now: Callable[[], Tensor]) -> float:
        """One step against the gradient of the loss that `loss_now` computes; returns that loss.

        Raises FloatingPointError when the gradient is not finite.
        """
        began = time.monotonic()
        loss = loss_now()
        rate = self.config.learning_rate * self.schedule.factor(self.step, self.seconds)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate
        torch.autograd.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.largest_norm, foreach=True)
        if not torch.isfinite(norm):
            raise FloatingPointError(f"step {self.step}: the gradient is {norm.item()}, the loss {loss.item()}")
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.update(self.model)
        self.step += 1
        self.seconds += time.monotonic() - began
        return float(loss.detach())

    def state_dict(self) -> dict[str, Any]:
        """Everything that resuming needs."""
        return {
            "model": self.model.state_dict(), "average": self.average.state_dict(), "step": self.step,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers], "seconds": self.seconds,
            "config": self.model.config.to_dict(),
        }  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.model.load_state_dict(state["model"])
        self.average.load(state["average"], state["step"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.seconds = state["step"], state["seconds"]


def loaded(model: M, weights: Mapping[str, Tensor]) -> M:
    """The model with these weights, for use."""
    model.load_state_dict(weights)
    return model.eval()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What a stage's `main` has written: "config" and "average" among others (see `Learner.state_dict`)."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class Run:
    """The folder of one training: `checkpoint.pt`, `loss.jsonl`, `loss.png` and sample sheets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._saved_at = time.monotonic()

    @property
    def checkpoint(self) -> Path:
        """Where the newest checkpoint lies."""
        return self.folder / "checkpoint.pt"

    def is_save_due(self) -> bool:
        """Whether the newest checkpoint is old enough that a crash now would hurt."""
        return time.monotonic() - self._saved_at > CHECKPOINT_SECONDS

    def save(self, state: Mapping[str, Any], name: str = "checkpoint.pt") -> None:
        """Write a checkpoint; a crash leaves the old one or the new one, never half of one."""
        partial = self.folder / f"{name}.partial"
        torch.save(dict(state), partial)
        partial.replace(self.folder / name)
        self._saved_at = time.monotonic()

    def load(self) -> dict[str, Any]:
        """The newest checkpoint. Raises FileNotFoundError, naming the path, when there is none."""
        if not self.checkpoint.is_file():
            raise FileNotFoundError(f"nothing to resume: {self.checkpoint} does not exist")
        return read_checkpoint(self.checkpoint)

    def log(self, step: int, **numbers: float) -> None:
        """Append one line to loss.jsonl and print it."""
        row = {"step": step} | {name: round(value, 5) for name, value in numbers.items()}
        with (self.folder / "loss.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        sys.stdout.write("  ".join(f"{name} {value:g}" for name, value in row.items()) + "\n")
        sys.stdout.flush()

    def logged(self) -> list[dict[str, float]]:
        """The rows of loss.jsonl; a line that a crash cut short is left out."""
        path, rows = self.folder / "loss.jsonl", []
        for line in path.read_text("utf-8").splitlines() if path.is_file() else []:
            with contextlib.suppress(json.JSONDecodeError):
                rows.append(json.loads(line))
        return rows

    def forget_after(self, step: int) -> None:
        """Drop logged rows beyond `step`: resumed training will do those steps again."""
        kept = [json.dumps(row) + "\n" for row in self.logged() if row["step"] <= step]
        partial = self.folder / "loss.jsonl.partial"
        partial.write_text("".join(kept), "utf-8")
        partial.replace(self.folder / "loss.jsonl")

    def draw_losses(self) -> None:
        """Draw `loss` of loss.jsonl against the step as loss.png."""
        points = [(row["step"], row["loss"]) for row in self.logged() if "loss" in row]
        loss_curve(points).save(self.folder / "loss.png")


def loss_curve(points: Iterable[tuple[float, float]], width: int = 640, height: int = 320) -> Image.Image:
    """A plain line chart, its range written at the corners."""
    points = list(points)
    sheet = Image.new("RGB", (width, height), "white")
    if not points:
        return sheet
    draw = ImageDraw.Draw(sheet)
    x_end, low, high = max(p[0] for p in points), min(p[1] for p in points), max(p[1] for p in points)
    span = (high - low) or 1.0
    line = [(10 + (width - 20) * x / (x_end or 1), 20 + (height - 40) * (high - y) / span) for x, y in points]
    draw.line(line, fill="navy", width=2)
    draw.text((10, 4), f"{high:.3f}", fill="black")
    draw.text((10, height - 16), f"{low:.3f}", fill="black")
    draw.text((width - 80, height - 16), f"step {x_end:g}", fill="black")
    return sheet
