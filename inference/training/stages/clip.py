"""Training of the judge that ranks a grid's pictures: which picture belongs to which caption.

In: captioned pictures from `data` or a folder, and the codec through which the model draws. Out: checkpoints of a
`PictureJudge`. It learns from pictures as the codec draws them, softened now and then, and from two kinds of twins that
must fit the caption worse: spoiled ones, in which some cells are those of another picture (the codec works patch by
patch, so that is what a wrongly drawn code looks like), and of scenes, altered ones, in which one thing is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints.builtin import load_builtin
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.models.judge import JudgeConfig, PictureJudge, picture_tensor
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.pictures import Pixels
from inference.training.data.folder import CaptionedSource, captioned_source
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.loop import take_up, train_loop, training_device, training_dtype, use_threads
from inference.training.muon import Muon
from inference.training.options import read_options
from inference.training.run import Average, Learner, Run, Schedule, loaded, read_checkpoint
from inference.training.stages.softening import softened, spoiled
from inference.training.stages.vqgan import from_pixels, load_codec, redrawn, to_pixels

_LARGEST_SCALE = 4.0
"""Of the logarithm: sharper than that, single pairs would rule the training."""
_CHUNKS = 4
HELD_OUT = 256
"""Pairs that measure the judge."""


@dataclass(frozen=True)
class ClipConfig:
    """Settings of one training of the ranking judge. Without `codec`, it sees the pictures themselves.

    `start` is the folder of an exported model to begin from, `text` the upper layers that read the captions.
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


@dataclass(frozen=True)
class PairBatch:
    """`pixels` (B, 3, edge, edge) in 0..1, the sentence vectors (B, E) of their captions, and pictures that are wrong.

    Of the `wrong` ones there is one a picture, or none at all.
    """

    pixels: Tensor
    vectors: Tensor
    wrong: Tensor


@dataclass
class PairSource:
    """PairBatches, each picture in about `repeats` of them: reading captions costs more than training on pictures."""

    pictures: CaptionedSource
    size: int
    edge: int
    repeats: int
    codec: Path | None = None
    text: Path | None = None
    _text: SentenceEncoder | None = field(default=None, repr=False)
    _codec: VQGAN | None = field(default=None, repr=False)
    _chunks: dict[int, PairBatch] = field(default_factory=dict, repr=False)

    def batch(self, step: int) -> PairBatch:
        """The batch of `step`: some pairs of each of four chunks, the oldest of which is left behind now and then."""
        first = step // self.repeats
        self._chunks = {number: self._chunk(number) for number in range(first, first + _CHUNKS)}
        rng = np.random.default_rng([self.pictures.seed, step, 3])
        chunks = list(self._chunks.values())
        pixels, vectors = torch.cat([one.pixels for one in chunks]), torch.cat([one.vectors for one in chunks])
        wrong = torch.cat([one.wrong for one in chunks])
        chosen = torch.from_numpy(rng.permutation(len(pixels))[: self.size])
        return PairBatch(pixels[chosen], vectors[chosen], wrong[chosen] if len(wrong) else wrong)

    def _chunk(self, number: int) -> PairBatch:
        if number in self._chunks:
            return self._chunks[number]
        if self._text is None:
            torch.set_num_threads(1)
            self._text = load_sentence_encoder(upper=self.text)
            self._codec = None if self.codec is None else load_codec(self.codec)
        scenes = self.pictures.batch(number)
        wrong = scenes.pixels[:0] if scenes.altered is None else scenes.altered
        return PairBatch(self._seen(scenes.pixels), self._text.vectors(scenes.captions), self._seen(wrong))

    def _seen(self, pixels: Pixels) -> Tensor:
        """Pictures uint8 (B, H, W, 3) at the judge's size, drawn from their codes where there is a codec."""
        if not len(pixels):
            return torch.empty(0, 3, self.edge, self.edge)
        drawn = list(pixels) if self._codec is None else from_pixels(redrawn(self._codec, to_pixels(pixels)))
        return picture_tensor(drawn, self.edge)


class JudgeTrainer(Learner):
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
        return loaded(PictureJudge(self.model.config), self.average.state_dict())


def load_judge_checkpoint(checkpoint: Path) -> PictureJudge:
    """The averaged judge of a checkpoint that `main` has written."""
    state = read_checkpoint(checkpoint)
    return loaded(PictureJudge(JudgeConfig.from_dict(state["config"])), state["average"])


@torch.no_grad()
def measure(model: PictureJudge, batch: PairBatch) -> dict[str, float]:
    """Share of captions whose own picture fits best of all, and shares of pictures that fit better than their twins."""
    texts, seen = model.embed_texts(batch.vectors), model.embed_pictures(batch.pixels)
    own = (texts * seen).sum(1)

    def beaten(twins: Tensor) -> float:
        return float((own > (texts * model.embed_pictures(twins)).sum(1)).float().mean())

    best = (texts @ seen.T).argmax(1) == torch.arange(len(texts))
    shares = {
        "own_picture_first": float(best.float().mean()),
        "better_than_spoiled": beaten(spoiled(batch.pixels, np.random.default_rng(0))),
    }
    return shares | ({"better_than_wrong": beaten(batch.wrong)} if len(batch.wrong) else {})


def train(config: ClipConfig, model: JudgeConfig, *, resume: bool) -> None:
    """Train until the schedule ends, with checkpoints and a loss curve in `config.run`."""
    use_threads(config.threads)
    run, trainer = Run(config.run), JudgeTrainer(config, model)
    if config.start is not None and not resume:
        judge = load_builtin(config.start).judge
        if judge is None:
            raise ValueError(f"{config.start} has no judge to begin from")
        trainer.begin_from(judge)
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
    held_out = PairSource(
        source(HELD_OUT // _CHUNKS, held_out=True), HELD_OUT, edge, 1, config.codec, config.text
    ).batch(0)
    use_threads(config.threads)

    def report() -> None:
        run.log(trainer.step, **measure(trainer.averaged_model(), held_out))
        run.draw_losses()

    scenes = source(config.batch, held_out=False)
    pairs = PairSource(scenes, config.batch, edge, config.repeats, config.codec, config.text)
    train_loop(
        trainer, trainer.train_step, pairs, run, report,
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
