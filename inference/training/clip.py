"""Training of the judge that ranks a grid's pictures: which picture belongs to which caption.

In: captioned pictures from `data` or a folder, and the codec through which the model draws. Out: checkpoints of a
`PictureJudge`. It learns from pictures as the codec draws them, softened now and then, and from three kinds of twins
that must fit the caption worse: spoiled ones, in which some cells are those of another picture (the codec works patch
by patch, so that is what a wrongly drawn code looks like), of scenes, altered ones, in which one thing is wrong, and
those that the model itself has drawn wrongly.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints import load_builtin, load_sentence_encoder
from inference.models.clip import JudgeConfig, PictureJudge
from inference.training.drawn import DrawnPairs
from inference.training.folder import CaptionedSource, captioned_source
from inference.training.loop import take_up, train_loop, training_device, training_dtype, use_threads
from inference.training.muon import Muon
from inference.training.options import read_options
from inference.training.packages import DEFAULT_CACHE
from inference.training.pairs import PairBatch, PairSource
from inference.training.run import Average, Resumable, Run, Schedule
from inference.training.softening import softened, spoiled

_LARGEST_SCALE = 4.0
"""Of the logarithm: sharper than that, single pairs would rule the training."""


@dataclass(frozen=True)
class ClipConfig:
    """Settings of one training of the ranking judge. Without `codec`, it sees the pictures themselves.

    `start` is the folder of an exported model to begin from, `text` the upper layers that read the captions. A quarter
    of what it learns from are captions that the model of `start` has drawn wrongly, of which there are `drawn`.
    """

    cache: Path = DEFAULT_CACHE
    pictures: Path | None = None
    run: Path = Path("runs/clip")
    codec: Path | None = None
    start: Path | None = None
    text: Path | None = None
    seed: int = 3
    batch: int = 96
    flat: float = 0.2
    popular: float = 2.0
    repeats: int = 6
    drawn: int = 0
    learning_rate: float = 2e-3
    weight_decay: float = 0.03
    warmup: int = 50
    hold: float = 0.4
    minutes: float | None = 25.0
    steps: int | None = None
    average: float = 0.99
    threads: int = 2
    device: str = "auto"
    precision: str = "auto"
    sample_seconds: float = 300.0


class JudgeTrainer(Resumable):
    """One PictureJudge, its optimisers and its average; `train_step` is the whole of training."""

    config: ClipConfig
    largest_norm = 5.0

    def __init__(self, config: ClipConfig, model: JudgeConfig) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.schedule = Schedule(config.warmup, config.hold, steps=config.steps, minutes=config.minutes)
        self.device = training_device(config.device)
        self.dtype = training_dtype(config.precision, self.device)
        self.model = PictureJudge(model).to(self.device)
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        rest = [p for p in self.model.parameters() if p.ndim < 2]
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            Muon(matrices, lr=config.learning_rate, weight_decay=config.weight_decay, dtype=self.dtype),
            torch.optim.AdamW(rest, lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=0.0),
        )
        self.average = Average(self.model, config.average)
        self.step, self.seconds = 0, 0.0

    def begin_from(self, model: PictureJudge) -> None:
        """Start with the weights of an exported judge. Raises ValueError when its sizes are others."""
        if model.config != self.model.config:
            raise ValueError(f"a judge of {model.config} cannot begin as one of {self.model.config}")
        self.model.load_state_dict(model.state_dict())
        self.average = Average(self.model, self.config.average)

    def train_step(self, batch: PairBatch) -> float:
        """One update; returns the loss. Raises FloatingPointError when the gradient is not finite."""
        return self.update(lambda: self.loss(*self._seen(batch)))

    def _seen(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """The pictures of a batch and their twins, softened, and the vectors of its captions."""
        rng = np.random.default_rng([self.config.seed, self.step, 4])
        some = max(1, len(batch.pixels) // 3)
        twins = torch.cat([spoiled(batch.pixels, rng)[:some], batch.wrong[-2 * some :]])
        seen = softened(torch.cat([batch.pixels, twins]), rng)
        return seen.to(self.device), batch.vectors.to(self.device)

    def loss(self, pixels: Tensor, vectors: Tensor) -> Tensor:
        """Contrastive loss both ways; `pixels` are B pictures and then twins, which are wrong for every text."""
        count = len(vectors)
        texts = self.model.embed_texts(vectors)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            seen = self.model.embed_pictures(pixels)
        seen = seen.float()
        logits = self.model.log_scale.clamp(max=_LARGEST_SCALE).exp() * texts @ seen.T  # (B, B + spoiled)
        same = vectors @ vectors.T > 0.999  # the same caption twice in a batch: neither is wrong
        same.fill_diagonal_(fill_value=False)
        logits = logits.masked_fill(F.pad(same, (0, len(pixels) - count)), -torch.inf)
        right = torch.arange(count, device=logits.device)
        return (F.cross_entropy(logits, right) + F.cross_entropy(logits[:, :count].T, right)) / 2

    def averaged_model(self) -> PictureJudge:
        """A PictureJudge with the averaged weights, for use."""
        return _plain_judge(self.model.config, self.average.state_dict())


def load_judge_checkpoint(checkpoint: Path) -> PictureJudge:
    """The averaged judge of a checkpoint that `main` has written."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return _plain_judge(JudgeConfig.from_dict(state["config"]), state["average"])


def _plain_judge(config: JudgeConfig, weights: dict[str, Tensor]) -> PictureJudge:
    model = PictureJudge(config)
    model.load_state_dict(weights)
    return model.eval()


@torch.no_grad()
def measure(model: PictureJudge, batch: PairBatch, drawn: DrawnPairs | None = None) -> dict[str, float]:
    """Share of captions whose own picture fits best of all, and shares of pictures that fit better than their twins."""
    texts, seen = model.embed_texts(batch.vectors), model.embed_pictures(batch.pixels)
    best = (texts @ seen.T).argmax(1) == torch.arange(len(texts))
    twins = {"spoiled": (batch.vectors, batch.pixels, spoiled(batch.pixels, np.random.default_rng(0)))}
    if len(batch.wrong):
        twins["wrong"] = batch.vectors, batch.pixels, batch.wrong
    if drawn is not None:
        twins["drawn"] = drawn.held_out()
    return {"own_picture_first": float(best.float().mean())} | {
        f"better_than_{kind}": _share_better(model, *pair) for kind, pair in twins.items()
    }


def _share_better(model: PictureJudge, vectors: Tensor, right: Tensor, wrong: Tensor) -> float:
    texts = model.embed_texts(vectors)
    own, other = ((texts * model.embed_pictures(some)).sum(1) for some in (right, wrong))
    return float((own > other).float().mean())


def wrong_drawings(config: ClipConfig, run: Run, pictures: CaptionedSource, edge: int) -> DrawnPairs:
    """The wrong drawings of this training: those in its folder, or new ones by the model of `config.start`."""
    path = run.folder / "drawn.pt"
    if path.is_file():
        return DrawnPairs.load(path)
    if config.start is None:
        raise ValueError(f"drawn is {config.drawn}, but no model is given to draw: start names one")
    sys.stdout.write(f"Drawing until {config.drawn} pictures are wrong …\n")
    text = load_sentence_encoder(upper=config.text)

    def told(count: int) -> None:
        sys.stdout.write(f"{count} of {config.drawn}\n")
        sys.stdout.flush()

    drawn = DrawnPairs.draw(load_builtin(config.start), text, pictures, config.drawn, edge, told)
    drawn.save(path)
    return drawn


def train(config: ClipConfig, model: JudgeConfig, *, resume: bool) -> None:
    """Train until the schedule ends, with checkpoints and a loss curve in `config.run`."""
    use_threads(config.threads)
    run, trainer = Run(config.run), JudgeTrainer(config, model)
    if config.start is not None and not resume:
        judge = load_builtin(config.start).judge
        if judge is not None:
            trainer.begin_from(judge)
        elif not config.drawn:
            raise ValueError(f"{config.start} has no judge to begin from")
    take_up(trainer, run, resume=resume)

    def source(size: int, *, held_out: bool) -> CaptionedSource:
        return captioned_source(
            config.cache,
            config.pictures,
            config.seed,
            size,
            config.flat,
            config.popular,
            held_out=held_out,
            altered=True,
        )

    edge = trainer.model.config.edge
    held_out = PairSource(source(64, held_out=True), 256, edge, 1, config.codec, config.text).batch(0)
    use_threads(config.threads)
    drawn = None if not config.drawn else wrong_drawings(config, run, source(config.batch, held_out=False), edge)

    def report() -> None:
        run.log(trainer.step, **measure(trainer.averaged_model(), held_out, drawn))
        run.draw_losses()

    def learn(batch: PairBatch) -> float:
        rng = np.random.default_rng([config.seed, trainer.step, 5])
        return trainer.train_step(batch if drawn is None else batch.with_drawn(drawn, rng))

    scenes = source(config.batch, held_out=False)
    pairs = PairSource(scenes, config.batch, edge, config.repeats, config.codec, config.text)
    train_loop(
        trainer, learn, pairs, run, report,
        batch=config.batch, log_steps=25, sample_seconds=config.sample_seconds,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of the judge's stage: every field of ClipConfig is an option; `--config` reads TOML."""
    config, resume = read_options(
        ClipConfig, arguments, "Train the judge that puts a grid's best picture first.", "clip"
    )
    train(config, JudgeConfig(), resume=resume)


if __name__ == "__main__":
    main()
