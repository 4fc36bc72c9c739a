"""Training of the text encoder's upper layers: other nouns of a concept shall be read as its name is.

In: the concepts of the icons, and an exported model. Out: `text.safetensors`, the upper layers of MiniLM as that model
shall use them. It knows no pictures beyond those that the model's questions to a text are taken from.

Text costs so much less than pictures that every noun can be read a hundred times in minutes. What a layer says is
compared where it matters: in what the model's cross-attention takes from it. The layers below stay as published, and
so does, nearly, what names mean; nouns that nobody trained on land near those that they are like.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints.builtin import BUILTIN_FOLDER, UPPER_LAYERS, load_builtin
from inference.checkpoints.text_encoder import load_sentence_encoder, write_upper_layers
from inference.models.dalle_bart import DalleBart
from inference.models.text_encoder import MiniLM, SentenceEncoder
from inference.text.nouns import article
from inference.training.data.captions import caption
from inference.training.data.coded import CodedSource
from inference.training.data.icons import Concept, IconSet
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import SceneMaker
from inference.training.data.stream import VALIDATION_SEED, SceneSource
from inference.training.loop import take_up, train_loop, training_dtype, use_threads
from inference.training.options import read_options
from inference.training.run import Average, Learner, Run, Schedule

_PHRASES = ("{a}", "{a}", "{a}", "{w}", "the {w}", "{a}, 3d", "a drawing of {a}", "a little {w}")
_QUESTIONS = 256
"""Kept of each layer; a step asks a few of them."""
_ASKED, _COMPARED = 6, 12
_SHARPNESS = 20.0
"""What cosines are multiplied by before the softmax over all names."""


@dataclass(frozen=True)
class VocabularyConfig:
    """Settings of one training of the upper `layers` on `batch` nouns and names, and some captions, a step.

    `start` is the model that shall read them. `naming` weighs how surely a noun is taken for its concept.
    """

    cache: Path = DEFAULT_CACHE
    run: Path = Path("runs/text")
    start: Path = BUILTIN_FOLDER
    seed: int = 5
    batch: int = 144
    layers: int = 3
    naming: float = 0.3
    learning_rate: float = 4e-4
    weight_decay: float = 0.05
    warmup: int = 50
    hold: float = 0.4
    minutes: float | None = None
    steps: int | None = 1200
    average: float = 0.98
    threads: int = 2
    precision: str = "auto"
    sample_seconds: float = 300.0


@dataclass(frozen=True)
class VocabularyBatch:
    """Phrases (N) and captions (C) with other nouns, the same with names, and the concept of each phrase, (N,)."""

    phrases: tuple[str, ...]
    named_phrases: tuple[str, ...]
    concepts: Tensor
    captions: tuple[str, ...]
    named_captions: tuple[str, ...]


@dataclass
class VocabularySource:
    """Batches of which seven in nine phrases have another noun, and two the name, which shall stay what it is."""

    cache: Path
    seed: int
    size: int
    _opened: tuple[IconSet, IconSet, SceneMaker, list[tuple[int, str]]] | None = field(default=None, repr=False)

    def batch(self, step: int) -> VocabularyBatch:
        """The batch of `step`, always the same."""
        if self._opened is None:
            icons = IconSet.load(self.cache)
            bare = dataclasses.replace(
                icons, concepts=tuple(dataclasses.replace(concept, synonyms=()) for concept in icons.concepts)
            )
            self._opened = icons, bare, SceneMaker(icons, popular=2.0), other_nouns(icons.concepts)
        icons, bare, maker, nouns = self._opened
        rng = np.random.default_rng([self.seed, step])
        kept = self.size * 2 // 9
        chosen = [nouns[int(row)] for row in rng.integers(len(nouns), size=self.size - kept)]
        chosen += [(int(row), icons.concepts[int(row)].name) for row in rng.integers(len(icons.concepts), size=kept)]
        forms = [_PHRASES[int(form)] for form in rng.integers(len(_PHRASES), size=self.size)]
        scenes = [maker.draw(rng) for _ in range(self.size // 18)]
        said = [
            tuple(caption(scene, some, np.random.default_rng([self.seed, step, index])) for some in (icons, bare))
            for index, scene in enumerate(scenes)
        ]
        return VocabularyBatch(
            tuple(_say(form, noun) for form, (_, noun) in zip(forms, chosen, strict=True)),
            tuple(_say(form, icons.concepts[row].name) for form, (row, _) in zip(forms, chosen, strict=True)),
            torch.tensor([row for row, _ in chosen]),
            tuple(other for other, _ in said),
            tuple(name for _, name in said),
        )


def other_nouns(concepts: Sequence[Concept]) -> list[tuple[int, str]]:
    """Every noun that captions may use for a concept beside its names, with the concept's row."""
    return [(row, noun) for row, concept in enumerate(concepts) for noun in concept.synonyms]


def _say(form: str, noun: str) -> str:
    return form.format(a=article(noun), w=noun)


class Reading:
    """What a drawing model takes from a text: its cross-attention's answers to questions that it asks of texts."""

    def __init__(self, model: DalleBart, questions: Sequence[Tensor]) -> None:
        """`questions` (Q, D) of each layer are what its cross-attention has been given to ask with."""
        self._model = model.requires_grad_(requires_grad=False)
        self._questions = questions

    @classmethod
    @torch.no_grad()
    def of(cls, model: DalleBart, codes: Tensor, states: Tensor, mask: Tensor, seed: int = 0) -> Reading:
        """With questions that `model` asks while it reads `states` (B, T, E) to draw `codes` (B, L)."""
        asked: list[Tensor] = []
        hooks = [
            layer.cross_attention.register_forward_pre_hook(lambda _module, given: asked.append(given[0]))
            for layer in model.decoder.layers
        ]
        model(model.before(codes), states, mask)
        for hook in hooks:
            hook.remove()
        generator = torch.Generator().manual_seed(seed)
        every = [questions.flatten(0, 1) for questions in asked]
        return cls(model, [one[torch.randperm(len(one), generator=generator)[:_QUESTIONS]] for one in every])

    def __call__(self, states: Tensor, mask: Tensor, chosen: Tensor) -> Tensor:
        """The answers of texts (B, T, E) to the `chosen` questions (n,) of every layer: (B, layers, n, D)."""
        states, bias = self._model.with_null_state(states, mask)
        answers = []
        for layer, questions in zip(self._model.decoder.layers, self._questions, strict=True):
            attention = layer.cross_attention
            asked = questions[chosen % len(questions)][None]  # (1, n, D), the same for all texts
            answers.append(attention(asked, *attention.keys_and_values(states), bias))
        return torch.stack(answers, 1).float()


class VocabularyTrainer(Learner):
    """A MiniLM whose upper layers learn, beside the published one that says what names mean."""

    config: VocabularyConfig

    def __init__(
        self, config: VocabularyConfig, encoder: SentenceEncoder, reading: Reading, names: Sequence[str],
        dtype: torch.dtype = torch.float32,
    ) -> None:  # fmt: skip
        torch.manual_seed(config.seed)
        self.config, self.dtype = config, dtype
        self.schedule = Schedule(config.warmup, config.hold, steps=config.steps, minutes=config.minutes)
        self.encoder, self.reading = encoder, reading
        self.model = copy.deepcopy(encoder.model)
        first = len(self.model.layers) - config.layers
        if not 0 <= first < len(self.model.layers):
            raise ValueError(f"layers is {config.layers}; the text encoder has {len(self.model.layers)}")
        self._upper = tuple(f"layers.{index}." for index in range(first, len(self.model.layers)))
        trained = [p for name, p in self.model.named_parameters() if name.startswith(self._upper)]
        for parameter in trained:
            parameter.requires_grad_(requires_grad=True)
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.AdamW(
                trained, lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay, fused=True
            ),
        )
        self.average = Average(self.model, config.average)
        self.step, self.seconds = 0, 0.0
        with torch.no_grad():
            read = self._answers(self._states(self.encoder.model, [article(name) for name in names]), _even())
            self._middle = read.mean(0, keepdim=True)
            self._spread = (read - self._middle).square().mean((0, 2, 3), keepdim=True).sqrt()  # (1, layers, 1, 1)
            self._names = self._direction(read)

    def _states(self, model: MiniLM, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        ids, mask = self.encoder.tokens(texts)
        with torch.autocast(ids.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            return model(ids, mask), mask

    def _answers(self, read: tuple[Tensor, Tensor], chosen: Tensor) -> Tensor:
        states, mask = read
        with torch.autocast(states.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            return self.reading(states, mask, chosen)

    def _direction(self, answers: Tensor) -> Tensor:
        return F.normalize(((answers - self._middle) / self._spread).flatten(1), dim=1)

    def likely(self, read: tuple[Tensor, Tensor]) -> Tensor:
        """Cosines (B, names) between what is taken from texts, given by their states and mask, and from the names."""
        return self._direction(self._answers(read, _even())) @ self._names.T

    def loss(self, batch: VocabularyBatch) -> Tensor:
        """How far answers are from those of the names, in shares of their spread, and how likely the names are."""
        generator = torch.Generator().manual_seed(self.step)
        chosen = torch.randint(_QUESTIONS, (_ASKED,), generator=generator)
        phrases, captions = (self._states(self.model, texts) for texts in (batch.phrases, batch.captions))
        naming = F.cross_entropy(self.likely(phrases) * _SHARPNESS, batch.concepts)
        total = self.config.naming * naming
        for read, named in ((phrases, batch.named_phrases), (captions, batch.named_captions)):
            with torch.no_grad():
                wanted = self._answers(self._states(self.encoder.model, named), chosen)
            total = total + ((self._answers(read, chosen) - wanted) / self._spread).square().mean()
        return total

    def train_step(self, batch: VocabularyBatch) -> float:
        """One update; returns the loss. Raises FloatingPointError when the gradient is not finite."""
        return self.update(lambda: self.loss(batch))

    def upper_layers(self) -> dict[str, Tensor]:
        """The averaged parameters of the layers that learn."""
        return {name: value for name, value in self.average.state_dict().items() if name.startswith(self._upper)}

    @torch.no_grad()
    def measure(self, words: Sequence[tuple[int, str]]) -> dict[str, float]:
        """Shares of `words` whose concept is the likeliest, and among the five likeliest, by the averaged layers."""
        model = copy.deepcopy(self.model)
        model.load_state_dict(self.average.state_dict())
        read = self._states(model, [article(word) for _, word in words])
        first = self.likely(read).topk(min(5, len(self._names))).indices
        hits = first == torch.tensor([row for row, _ in words])[:, None]
        return {"named_first": float(hits[:, 0].float().mean()), "among_five": float(hits.any(1).float().mean())}


def _even() -> Tensor:
    """Questions that are the same for all texts and at all times."""
    return torch.arange(_COMPARED) * (_QUESTIONS // _COMPARED)


def train(config: VocabularyConfig, *, resume: bool) -> None:
    """Train until the schedule ends, with checkpoints and a loss curve in `config.run`, and the layers at the end."""
    use_threads(config.threads)
    run, drawing = Run(config.run), load_builtin(config.start).dalle
    scenes = CodedSource(SceneSource(config.cache, VALIDATION_SEED, 32), config.start, drop=0.0).batch(0)
    use_threads(config.threads)  # making the batch took them down to one
    concepts = IconSet.load(config.cache).concepts
    reading = Reading.of(drawing, scenes.codes, scenes.states, scenes.mask)
    dtype = training_dtype(config.precision, torch.device("cpu"))
    trainer = VocabularyTrainer(config, load_sentence_encoder(), reading, [one.name for one in concepts], dtype)
    take_up(trainer, run, resume=resume)
    unseen = [(row, noun) for row, concept in enumerate(concepts) for noun in concept.held_out]

    def report() -> None:
        run.log(trainer.step, **trainer.measure(unseen))
        run.draw_losses()
        write_upper_layers(run.folder / UPPER_LAYERS, trainer.upper_layers())

    words = VocabularySource(config.cache, config.seed, config.batch)
    train_loop(
        trainer, trainer.train_step, words, run, report,
        batch=config.batch, log_steps=25, sample_seconds=config.sample_seconds,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of the text encoder's stage: every field of VocabularyConfig is an option; `--config` reads TOML."""
    config, resume = read_options(
        VocabularyConfig, arguments, "Teach the text encoder other nouns for what the model can draw.", "text"
    )
    train(config, resume=resume)


if __name__ == "__main__":
    main()
