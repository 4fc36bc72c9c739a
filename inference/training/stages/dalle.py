"""Training of text → codes: a DalleBart decoder over the codes of scenes, reading MiniLM's states of their captions.

In: a trained codec and scenes from `data`. Out: checkpoints to go on from, and the averaged weights in the layout
that ships. It knows nothing of pixels beyond showing samples.

`python -m inference.training.stages.dalle --cache FOLDER --run FOLDER --codec CHECKPOINT --minutes 90 [--resume]`
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.checkpoints.builtin import load_builtin
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGAN
from inference.training.data.coded import CodedBatch, CodedSource, read_captions
from inference.training.data.folder import captioned_source
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.rendered import Rendered, RenderedError, RenderedSource
from inference.training.data.stream import BatchSource, BatchT
from inference.training.loop import move, take_up, train_loop, training_device, training_dtype, use_threads
from inference.training.muon import Muon
from inference.training.options import read_options
from inference.training.run import Average, Learner, Run, Schedule, read_checkpoint
from inference.training.stages.codebook import assign
from inference.training.stages.samples import PROMPTS, sample_sheet
from inference.training.stages.tables import code_features, folded, share_rows, unfold
from inference.training.stages.vqgan import CODES, load_codec

HELD_OUT = 128
"""Scenes that are never learned from."""


@dataclass(frozen=True)
class DalleConfig:
    """Settings of one text → codes training. `start` is the folder of an exported model to begin from.

    `text` is the file of upper layers that `easel train text` has written; without it the published ones are read.
    `rendered` is a file of `easel train render`; without it, scenes are made while the model learns.
    """

    cache: Path = DEFAULT_CACHE
    pictures: Path | None = None
    run: Path = Path("runs/dalle")
    codec: Path = Path("runs/vqgan/checkpoint.pt")
    start: Path | None = None
    text: Path | None = None
    rendered: Path | None = None
    seed: int = 2
    batch: int = 24
    flat: float = 0.2
    popular: float = 5.0
    drop: float = 0.1
    noise: float = 0.5
    learning_rate: float = 2e-3
    weight_decay: float = 0.03
    warmup: int = 150
    hold: float = 0.5
    minutes: float | None = 480.0
    steps: int | None = None
    average: float = 0.998
    threads: int = 2
    device: str = "auto"
    precision: str = "auto"
    compiled: bool = True
    sample_seconds: float = 600.0


def dalle_model() -> DalleBartConfig:
    """Sizes of the built-in model."""
    return DalleBartConfig(
        image_vocab_size=CODES, image_length=144, max_text_length=64, d_model=256, encoder_layers=0,
        encoder_attention_heads=4, encoder_ffn_dim=704, decoder_layers=6, decoder_attention_heads=4,
        decoder_ffn_dim=704, text_encoder="minilm", encoder_dim=384, use_null_state=True,
    )  # fmt: skip


def initialise(model: DalleBart) -> None:
    """Small normal weights, smaller where a layer writes into the residual stream."""
    depth = max(1, model.config.decoder_layers)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            writes = name.endswith(("out_proj.weight", "down_proj.weight"))
            nn.init.normal_(parameter, std=0.02 / (2 * depth) ** 0.5 if writes else parameter.shape[-1] ** -0.5)


class DalleTrainer(Learner):
    """One DalleBart with shared tables, its two optimisers and its average; `train_step` is the whole of training."""

    config: DalleConfig

    def __init__(
        self, config: DalleConfig, model: DalleBartConfig, features: Tensor, dtype: torch.dtype = torch.float32
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.dtype = dtype
        self.features = features
        self.schedule = Schedule(config.warmup, config.hold, steps=config.steps, minutes=config.minutes)
        self.model = DalleBart(model)
        initialise(self.model)
        share_rows(self.model, features)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim == 2 and ".layers." in name]
        chosen = {id(p) for p in matrices}
        rest = [p for p in self.model.parameters() if id(p) not in chosen]
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            Muon(matrices, lr=config.learning_rate, weight_decay=config.weight_decay, dtype=dtype),
            torch.optim.AdamW(
                rest, lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay, fused=True
            ),
        )
        self.average = Average(self.model, config.average)
        self.step, self.seconds = 0, 0.0
        self._loss = torch.compile(self.loss) if config.compiled else self.loss

    def begin_from(self, model: DalleBart, parents: Tensor | None = None) -> None:
        """Start with the weights of an exported model; `parents` names its codes that new ones begin alike (`unfold`).

        Raises ValueError when its sizes are others.
        """
        unfold(self.model, model, parents)
        self.average = Average(self.model, self.config.average)

    def loss(self, codes: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """Mean cross-entropy per code of pictures `codes` (B, L), given text `states` (B, T, E) and `mask` (B, T)."""
        tensors = itertools.chain(self.model.named_parameters(), self.model.named_buffers())
        weights = {name: tensor.to(self.dtype) for name, tensor in tensors}
        inputs = self.model.before(codes), states.to(self.dtype), mask
        logits = torch.func.functional_call(self.model, weights, inputs)
        return F.cross_entropy(logits.flatten(0, 1).float(), codes.flatten())

    def train_step(self, batch: CodedBatch) -> float:
        """One update; returns the loss. Raises FloatingPointError when the gradient is not finite."""
        return self.update(lambda: self._loss(batch.codes, batch.states, batch.mask))

    def state_dict(self) -> dict[str, Any]:
        """Everything that resuming needs, and the features that the tables share."""
        return super().state_dict() | {"features": self.features}

    def averaged_model(self) -> DalleBart:
        """A plain DalleBart with the averaged weights, for use."""
        return _plain_model(self.model.config, self.features, self.average.state_dict())


def load_dalle(checkpoint: Path) -> DalleBart:
    """The averaged text → codes model of a checkpoint that `main` has written."""
    state = read_checkpoint(checkpoint)
    return _plain_model(DalleBartConfig.from_dict(state["config"]), state["features"], state["average"])


def _plain_model(config: DalleBartConfig, features: Tensor, weights: dict[str, Tensor]) -> DalleBart:
    model = DalleBart(config)
    share_rows(model, features)
    model.load_state_dict(weights)
    return folded(model).eval()


@torch.no_grad()
def held_out_loss(model: DalleBart, batch: CodedBatch) -> float:
    """Mean cross-entropy per code on a batch that training never sees."""
    total = 0.0
    for codes, states, mask in zip(
        *(torch.split(part, 16) for part in (batch.codes, batch.states, batch.mask)), strict=True
    ):
        logits = model(model.before(codes), states, mask)
        total += float(F.cross_entropy(logits.flatten(0, 1), codes.flatten())) * len(codes)
    return total / len(batch.codes)


def train(config: DalleConfig, model: DalleBartConfig, *, resume: bool) -> None:
    """Train until the schedule ends, with checkpoints, a loss curve and sample sheets in `config.run`."""
    use_threads(config.threads)
    device, codec = training_device(config.device), load_codec(config.codec)
    dtype, run = training_dtype(config.precision, device), Run(config.run)
    model = replace(model, image_vocab_size=codec.config.n_embed)
    trainer = DalleTrainer(config, model, code_features(codec), dtype)
    if config.start is not None and not resume:
        begun = load_builtin(config.start)
        trainer.begin_from(begun.dalle, new_codes(begun.vqgan, codec))
    move(trainer, device)
    take_up(trainer, run, resume=resume)

    lessons: Lessons[Any] = (
        made_lessons(config, trainer, device)
        if config.rendered is None
        else rendered_lessons(config, config.rendered, trainer, device)
    )
    use_threads(config.threads)  # making a batch took them down to one
    train_loop(
        trainer, lessons.learn, lessons.source, run, lambda: report(run, trainer, codec, lessons.held_out),
        batch=config.batch, log_steps=50, sample_seconds=config.sample_seconds,
    )  # fmt: skip


@dataclass(frozen=True)
class Lessons(Generic[BatchT]):
    """What a model learns from: a source of batches, what is done with one of them, and scenes that are held out."""

    source: BatchSource[BatchT]
    learn: Callable[[BatchT], float]
    held_out: CodedBatch


def made_lessons(config: DalleConfig, trainer: DalleTrainer, device: torch.device) -> Lessons[CodedBatch]:
    """Scenes made, and their captions read, by another process while the model learns."""

    def source(size: int, drop: float, noise: float, *, held_out: bool = False) -> CodedSource:
        pictures = captioned_source(
            config.cache, config.pictures, config.seed, size, config.flat, config.popular, held_out=held_out
        )
        return CodedSource(pictures, config.codec, drop, noise, trainer.dtype, config.text)

    return Lessons(
        source(config.batch, config.drop, config.noise),
        lambda batch: trainer.train_step(batch.to(device)),
        source(HELD_OUT, 0.0, 0.0, held_out=True).batch(0),
    )


def rendered_lessons(
    config: DalleConfig, path: Path, trainer: DalleTrainer, device: torch.device
) -> Lessons[tuple[Tensor, tuple[str, ...]]]:
    """Scenes rendered ahead; their captions are read where the model learns. Raises RenderedError."""
    rendered = Rendered.load(path)
    known = trainer.model.config.image_vocab_size
    if rendered.known != known:
        raise RenderedError(f"{path}: rendered by a codec of {rendered.known} codes, {config.codec} has {known}")
    encoder, rng = load_sentence_encoder(upper=config.text), np.random.default_rng(config.seed)
    held_out = read_captions(encoder, *rendered.held_out(HELD_OUT), rng, 0.0, 0.0)
    encoder.model.to(device, trainer.dtype)

    def learn(batch: tuple[Tensor, tuple[str, ...]]) -> float:
        rng = np.random.default_rng([config.seed, trainer.step, 1])
        return trainer.train_step(read_captions(encoder, *batch, rng, config.drop, config.noise))

    return Lessons(RenderedSource(path, config.seed, config.batch, HELD_OUT), learn, held_out)


def new_codes(old: VQGAN, codec: VQGAN) -> Tensor | None:
    """For each code that `codec` has after those of `old` the nearest one there; None where there are no new ones."""
    known = old.codebook.weight.detach()
    new = codec.codebook.weight.detach()[len(known) :]
    return assign(new, known)[0] if len(new) else None


def report(run: Run, trainer: DalleTrainer, codec: VQGAN, held_out: CodedBatch) -> None:
    """Measure the averaged model on held-out scenes; write a sheet of samples."""
    model = trainer.averaged_model()
    run.log(trainer.step, held_out=held_out_loss(model, held_out))
    sheet = sample_sheet(model, codec, load_sentence_encoder(upper=trainer.config.text), PROMPTS)
    sheet.save(run.folder / "samples.png")
    sheet.save(run.folder / f"samples-{trainer.step:06d}.png")
    run.draw_losses()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of the text → codes stage: every field of DalleConfig is an option; `--config` reads TOML."""
    config, resume = read_options(DalleConfig, arguments, "Train text to codes.", "dalle")
    train(config, dalle_model(), resume=resume)


if __name__ == "__main__":
    main()
