"""The loop around every training stage, with a trainer that only counts."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inference.training.loop import take_up, train_loop, training_device
from inference.training.run import Average, Run, Schedule
from tests.steps import Steps


class Counter:
    """A trainer that remembers which batches it has seen."""

    def __init__(self, steps: int) -> None:
        self.model: nn.Module = nn.Linear(1, 1)
        self.average = Average(self.model, 0.9)
        self.schedule = Schedule(steps=steps)
        self.step, self.seconds = 0, 0.0
        self.seen: list[int] = []

    def learn(self, batch: int) -> float:
        """Take one batch in; a negative one is an error."""
        if batch == 3 and self.step != 3:
            raise FloatingPointError("the batches are out of step")
        self.seen.append(batch)
        self.step += 1
        return 1 / self.step

    def state_dict(self) -> dict[str, Any]:
        """What has been seen."""
        return {"step": self.step, "seen": self.seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on."""
        self.step, self.seen = state["step"], state["seen"]


def train(trainer: Counter, run: Run, fail_at: int | None = None) -> list[int]:
    """Run the loop, in which a step may be interrupted; at which steps it reported."""
    reported: list[int] = []

    def learn(batch: int) -> float:
        if batch == fail_at:
            raise KeyboardInterrupt
        return trainer.learn(batch)

    train_loop(
        trainer, learn, Steps(), run, lambda: reported.append(trainer.step), batch=1, log_steps=2, sample_seconds=1e9
    )
    return reported


def test_training_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    """Ctrl-C saves first; resumed, the next batch follows the last one, and the log has no step twice."""
    first = Counter(6)
    with pytest.raises(KeyboardInterrupt):
        train(first, Run(tmp_path), fail_at=4)
    with (tmp_path / "loss.jsonl").open("a") as log:
        log.write('{"step": 5, "loss": 9}\n{"step": 6, "lo')  # beyond the checkpoint, and cut short by a crash
    second, run = Counter(6), Run(tmp_path)
    take_up(second, run, resume=True)
    assert train(second, run) == [6]
    assert second.seen == [0, 1, 2, 3, 4, 5]
    assert [json.loads(line)["step"] for line in (tmp_path / "loss.jsonl").read_text().splitlines()] == [2, 4, 6]


def test_a_new_training_does_not_write_over_an_old_one(tmp_path: Path) -> None:
    """It says how to go on, or start anew."""
    train(Counter(1), Run(tmp_path))
    with pytest.raises(FileExistsError, match=r"checkpoint\.pt is there already: --resume"):
        take_up(Counter(1), Run(tmp_path), resume=False)


def test_devices_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Auto is the CPU where there is no GPU; asking for a missing one, or an unknown one, is an error."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert training_device("auto").type == "cpu"
    with pytest.raises(ValueError, match="finds no GPU"):
        training_device("cuda")
    with pytest.raises(ValueError, match="'tpu'; it must be auto, cpu or cuda"):
        training_device("tpu")
