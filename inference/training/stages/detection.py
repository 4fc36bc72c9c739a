"""Training of the evaluation's judge: to find and name the things in scenes.

In: scenes with known places, alone, in pairs and in crowds. Out: checkpoints of a `Detector`. It never sees a picture
that a model drew from text, and shares neither seed nor shape nor aim with the judge that ranks pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.models.judge import picture_tensor
from inference.ranking.detector import EDGE, SPANS, Detector, DetectorConfig, find
from inference.text.colours import COLOURS
from inference.training.data.icons import CELL, SIZES, IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import COUNTED, Placed, Scene, SceneMaker, render
from inference.training.data.stream import VALIDATION_SEED, SceneBatch
from inference.training.loop import take_up, train_loop, training_device, use_threads
from inference.training.options import read_options
from inference.training.run import Average, Learner, Run, Schedule, loaded, read_checkpoint
from inference.training.stages.softening import softened


@dataclass(frozen=True)
class DetectionConfig:
    """Settings of one training of the evaluation's judge."""

    cache: Path = DEFAULT_CACHE
    run: Path = Path("runs/detector")
    seed: int = 77
    batch: int = 32
    flat: float = 0.25
    learning_rate: float = 1e-3
    warmup: int = 100
    hold: float = 0.4
    minutes: float | None = 25.0
    steps: int | None = None
    average: float = 0.995
    threads: int = 2
    device: str = "auto"
    sample_seconds: float = 300.0


@dataclass
class CrowdSource:
    """Half of the scenes as the models see them, half two to five different things: more names in a picture.

    Every thing comes as often as any other, and no pair is held out: a judge must know them all.
    """

    cache: Path
    seed: int
    size: int
    flat: float = 0.25
    crowds: float = 0.5
    _opened: tuple[IconSet, SceneMaker] | None = field(default=None, repr=False)

    def batch(self, step: int) -> SceneBatch:
        """The `size` scenes of `step`, without captions."""
        if self._opened is None:
            icons = IconSet.load(self.cache)
            self._opened = icons, SceneMaker(icons, self.flat, popular=1.0)
        icons, maker = self._opened
        rng = np.random.default_rng([self.seed, step])
        scenes = tuple(
            self._crowd(rng, maker.draw(rng), len(icons.concepts)) if rng.random() < self.crowds else maker.draw(rng)
            for _ in range(self.size)
        )
        return SceneBatch(np.stack([render(scene, icons) for scene in scenes]), (), scenes)

    @staticmethod
    def _crowd(rng: np.random.Generator, scene: Scene, concepts: int) -> Scene:
        places = COUNTED[int(rng.integers(2, 6))]
        size = "small" if len(places) < 5 else "tiny"
        colours = [str(rng.choice(list(COLOURS))) if rng.random() < 0.1 else None for _ in places]
        things = tuple(
            Placed(int(rng.integers(concepts)), size, column, row, colour)
            for (column, row), colour in zip(places, colours, strict=True)
        )
        return Scene(things, scene.background, scene.style)


def cells(thing: Placed) -> tuple[int, int, int]:
    """Column and row of a thing's centre, and what it spans, in cells."""
    span = SIZES[thing.size] // CELL
    return thing.column + span // 2, thing.row + span // 2, span


class DetectorTrainer(Learner):
    """One Detector, its optimiser and its average; `train_step` is the whole of training."""

    config: DetectionConfig
    largest_norm = 5.0

    def __init__(self, config: DetectionConfig, model: DetectorConfig) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.schedule = Schedule(config.warmup, config.hold, steps=config.steps, minutes=config.minutes)
        self.device = training_device(config.device)
        self.model = Detector(model).to(self.device)
        self.optimizers = (
            torch.optim.AdamW(
                self.model.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=0.02, fused=True
            ),
        )
        self.average = Average(self.model, config.average)
        self.step, self.seconds = 0, 0.0

    def train_step(self, batch: SceneBatch) -> float:
        """One update; returns the loss. Raises FloatingPointError when the gradient is not finite."""
        rng = np.random.default_rng([self.config.seed, self.step, 2])
        return self.update(lambda: self.loss(self._seen(batch, rng), batch.scenes, rng))

    def _seen(self, batch: SceneBatch, rng: np.random.Generator) -> Tensor:
        return softened(picture_tensor(list(batch.pixels), EDGE), rng).to(self.device)

    def loss(self, pixels: Tensor, scenes: Sequence[Scene], rng: np.random.Generator) -> Tensor:
        """Cross-entropy of centres, of spans, and of the names of things cut out a little beside their true squares."""
        rows = [(index, *cells(thing), thing.concept) for index, scene in enumerate(scenes) for thing in scene.objects]
        picture, column, row, span, concept = torch.tensor(rows, device=self.device).unbind(1)
        centres, spans = self.model.locate(pixels)
        target = torch.zeros_like(centres)
        target[picture, row, column] = 1
        # a cell beside a centre is neither right nor wrong; a centre weighs as much as eight other cells
        near = F.max_pool2d(target[:, None], 3, 1, 1)[:, 0]
        weight = torch.where(target == 1, 8.0, 1 - near)
        found = F.binary_cross_entropy_with_logits(centres, target, weight, reduction="sum") / len(rows)
        which = (span[:, None] == torch.tensor(SPANS, device=self.device)).int().argmax(1)
        sized = F.cross_entropy(spans[picture, :, row, column], which)
        boxes = torch.stack([column, row, span], 1).float()
        moved = torch.from_numpy(rng.uniform(-0.06, 0.06, (len(rows), 3)).astype(np.float32)).to(self.device)
        names = self.model.name(pixels, picture, boxes + moved * span[:, None])
        return found + sized + F.cross_entropy(names, concept, label_smoothing=0.05)

    def averaged_model(self) -> Detector:
        """A Detector with the averaged weights, for use on the CPU."""
        return loaded(Detector(self.model.config), self.average.state_dict())


def load_detector_checkpoint(checkpoint: Path) -> Detector:
    """The averaged detector of a checkpoint that `main` has written."""
    state = read_checkpoint(checkpoint)
    return loaded(Detector(DetectorConfig.from_dict(state["config"])), state["average"])


def naming_accuracy(detector: Detector, batch: SceneBatch) -> float:
    """Share of the scenes whose things are exactly those that the detector finds."""
    right = [
        sorted(thing.concept for thing in found) == sorted(thing.concept for thing in scene.objects)
        for found, scene in zip(find(detector, list(batch.pixels)), batch.scenes, strict=True)
    ]
    return sum(right) / len(right)


def train(config: DetectionConfig, *, resume: bool) -> None:
    """Train until the schedule ends, with checkpoints and a loss curve in `config.run`."""
    use_threads(config.threads)
    concepts = len(IconSet.load(config.cache).concepts)
    run, trainer = Run(config.run), DetectorTrainer(config, DetectorConfig(concepts=concepts))
    take_up(trainer, run, resume=resume)
    single = CrowdSource(config.cache, VALIDATION_SEED, 256, config.flat, crowds=0.0).batch(0)
    crowds = CrowdSource(config.cache, VALIDATION_SEED, 128, config.flat, crowds=1.0).batch(0)

    def report() -> None:
        model = trainer.averaged_model()
        run.log(trainer.step, scenes=naming_accuracy(model, single), crowds=naming_accuracy(model, crowds))
        run.draw_losses()

    source = CrowdSource(config.cache, config.seed, config.batch, config.flat)
    train_loop(
        trainer, trainer.train_step, source, run, report,
        batch=config.batch, log_steps=50, sample_seconds=config.sample_seconds,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: every field of DetectionConfig is an option; `--config` reads TOML."""
    about = "Train the evaluation's judge: it finds and names things."
    config, resume = read_options(DetectionConfig, arguments, about, "detector")
    train(config, resume=resume)


if __name__ == "__main__":
    main()
