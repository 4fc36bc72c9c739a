"""The loop that every training stage runs: batches in, updates, and what a person watching wants to have.

In: a trainer, a source of batches, a `Run`. Out: a trainer at the end of its schedule, whose checkpoint was never older
than `CHECKPOINT_SECONDS`, also when training is stopped with Ctrl-C. It knows no model and no data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn, track
from torch import nn

from inference.native.cores import usable_cores
from inference.native.precision import Processor
from inference.training.data.stream import BatchSource, Loader
from inference.training.run import Average, Run, Schedule

BatchT = TypeVar("BatchT")
T = TypeVar("T")


class Trainer(Protocol):
    """A model with its optimisers and the average of its weights, at a step of its schedule."""

    average: Average
    schedule: Schedule
    step: int
    seconds: float

    @property
    def model(self) -> nn.Module:
        """What is trained."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that resuming needs."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        ...


def training_device(name: str) -> torch.device:
    """The device of the setting "auto", "cpu" or "cuda". Raises ValueError for another name or a missing GPU."""
    if name not in {"auto", "cpu", "cuda"}:
        raise ValueError(f"device is {name!r}; it must be auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is cuda, but PyTorch finds no GPU here; device = auto takes what is there")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def training_dtype(name: str, device: torch.device) -> torch.dtype:
    """The type that products are computed in: of the setting "auto", "bfloat16" or "float32". Raises ValueError.

    Weights, sums of gradients and losses stay float32 in any case. "auto" is bfloat16 where there are units for it.
    """
    if name not in {"auto", "bfloat16", "float32"}:
        raise ValueError(f"precision is {name!r}; it must be auto, bfloat16 or float32")
    fast = device.type == "cuda" or Processor.here().has_bfloat16
    return torch.bfloat16 if name == "bfloat16" or (name == "auto" and fast) else torch.float32


def move(trainer: Trainer, device: torch.device) -> None:
    """Bring a trainer to its device, before its first step and before `take_up`: its optimisers follow from there."""
    trainer.model.to(device)
    trainer.average.to(device)


def use_threads(threads: int) -> None:
    """Let PyTorch use so many threads; 0 is one for each core."""
    torch.set_num_threads(threads or usable_cores())


def take_up(trainer: Trainer, run: Run, *, resume: bool) -> None:
    """Take the run's checkpoint up, or make sure that there is none.

    Raises FileNotFoundError when there is nothing to resume, FileExistsError when a new training would write over one.
    """
    if resume:
        trainer.load_state_dict(run.load())
        run.forget_after(trainer.step)
    elif run.checkpoint.exists():
        raise FileExistsError(f"{run.checkpoint} is there already: --resume goes on from it, another --run starts anew")


def train_loop(
    trainer: Trainer, learn: Callable[[BatchT], float], source: BatchSource[BatchT], run: Run,
    report: Callable[[], None], *, batch: int, log_steps: int, sample_seconds: float,
) -> None:  # fmt: skip
    """Train until the schedule ends.

    `learn` does one update and returns its loss; `report` measures and draws samples, every `sample_seconds` and at the
    end. Raises LoaderError when the data cannot be read.
    """
    sampled_at, logged_at, total, count = time.monotonic(), time.monotonic(), 0.0, 0
    with Loader(source, trainer.step) as loader, _progress_bar(run.folder.name) as show:
        try:
            while (progress := trainer.schedule.progress(trainer.step, trainer.seconds)) < 1:
                loss = learn(loader.next())
                total, count = total + loss, count + 1
                show(progress, loss)
                if count == log_steps:
                    speed = count * batch / (time.monotonic() - logged_at)
                    run.log(trainer.step, loss=total / count, per_second=speed, minutes=trainer.seconds / 60)
                    logged_at, total, count = time.monotonic(), 0.0, 0
                if run.is_save_due():
                    run.save(trainer.state_dict())
                if time.monotonic() - sampled_at > sample_seconds:
                    report()
                    sampled_at = time.monotonic()
        finally:  # also when stopped by Ctrl-C or an error of the data: nothing that was learned is lost
            run.save(trainer.state_dict())
    report()


def counted(what: str, items: Iterable[T], total: int) -> Iterator[T]:
    """The items, while it is shown how many are done: a bar on a terminal, elsewhere a line at every tenth."""
    console = Console()
    if console.is_terminal:
        yield from track(items, what, total=total, console=console)
        return
    for done, item in enumerate(items, 1):
        yield item
        if done * 10 // total > (done - 1) * 10 // total:
            console.print(f"{what}: {done} of {total}", highlight=False)


@contextmanager
def _progress_bar(title: str) -> Iterator[Callable[[float, float], None]]:
    """A bar with the time that is left, on a terminal; elsewhere the lines of the log say enough."""
    console = Console()
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:5.1f} %"),
        TextColumn("loss {task.fields[loss]:.3f}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, speed_estimate_period=300, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=1.0, loss=float("nan"))
        yield lambda progress, loss: bar.update(task, completed=progress, loss=loss)
