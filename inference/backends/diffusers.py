"""Pipelines of diffusers as a backend: what waits is drawn in batches of one kind, several people's together.

In: requests.  Out: events.  `DiffusionEngine` is a drawer for the engine's thread: a step of it is a whole batch, in
which it lets its thread breathe.  Files are written by other threads, while the next batch is drawn.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
import torch

from inference.backends.pipeline import DiffusersPipeline, Drawn, PipelineOptions, Wish
from inference.backends.threaded import ThreadedBackend
from inference.contract import (
    ALLOW,
    MAX_SEED,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    KnownWords,
    ModelDescription,
    Progress,
    Verdict,
    best_first,
    grid_columns,
)
from inference.engine.files import PictureFiles
from inference.engine.status import EngineStatus
from inference.engine.thread import EngineThread
from inference.pictures import Pixels, encode_preview
from inference.ranking import Ranker
from inference.ranking.clip import ClipRanker, RankerError

log = structlog.get_logger(__name__)

PREVIEW_SECONDS = 1.0
"""Between two previews of a generation, and before the first, which would show noise."""

PROGRESS_SECONDS = 0.25
"""Between two words on how far a generation is: each wakes the event loop, and steps may take a few milliseconds."""

REFUSED = Verdict("block", "nudity", 1.0, "model_check")
NOT_DRAWN = Failed("model_failed", retryable=True, data={"doing": "draw"})

Events = list[tuple[str, Event]]


class Abandoned(Exception):
    """Nobody wants the pictures any more that are being drawn."""


@dataclass(eq=False)
class _Generation:
    """One generation inside, from `add` to its last event."""

    id: str
    request: GenerationRequest
    init: Pixels | None
    accepted: float  # clock
    waiting: deque[int]  # indices of pictures
    pictures: dict[int, Pixels] = field(default_factory=dict)  # by index, finished or small
    finished: int = 0  # drawn
    written: int = 0  # with a file
    unsent: list[Image] = field(default_factory=list)  # finished, held back until they can be ranked
    shown: float = math.inf  # clock, at the last preview; at first when its drawing began
    told: float = -math.inf  # clock, at the last progress

    def wish(self, index: int) -> Wish:
        return Wish(self.request, (self.request.seed + index) % (MAX_SEED + 1), self.init)


class DiffusionEngine:
    """`breathe` lets events out and commands in, from within a batch (`EngineThread.breathe`); `clock` counts seconds.

    With a `ranker`, a generation's pictures come together, best first.
    """

    def __init__(
        self,
        pipeline: DiffusersPipeline,
        breathe: Callable[["DiffusionEngine", Events], None],
        clock: Callable[[], float] = time.perf_counter,
        ranker: Ranker | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._ranker = ranker
        self._breathe = breathe
        self._clock = clock
        self._generations: dict[str, _Generation] = {}
        self._drawing: list[tuple[_Generation, int]] = []
        self._batch = pipeline.batch
        self._files: PictureFiles[tuple[_Generation, int, Verdict]] = PictureFiles(torch.get_num_threads())

    def describe(self) -> ModelDescription:
        return replace(self._pipeline.describe(), ranked=self._ranker is not None)

    def known_words(self, texts: Sequence[str]) -> KnownWords:
        """Its tokenizer reads whatever is written."""
        return KnownWords(((),) * len(texts))

    def init_size(self, request: GenerationRequest) -> tuple[int, int]:
        return self._pipeline.size(request)

    def add(self, generation_id: str, request: GenerationRequest, init_pixels: Pixels | None = None) -> None:
        """Take a generation; raises InvalidRequest."""
        self.describe().check(request)
        waiting = deque(range(request.images))
        self._generations[generation_id] = _Generation(generation_id, request, init_pixels, self._clock(), waiting)

    def cancel(self, generation_id: str) -> None:
        self._generations.pop(generation_id, None)

    def fail_all(self, code: str) -> Events:
        failure = Failed(code, retryable=True)
        return [(one.id, self._fail(one, failure)) for one in list(self._generations.values())]

    def close(self) -> None:
        self._files.close()
        self._generations.clear()

    @property
    def busy(self) -> bool:
        return bool(self._generations)

    @property
    def status(self) -> EngineStatus:
        waiting = sum(len(generation.waiting) for generation in self._generations.values())
        running = len(self._drawing)
        return EngineStatus(self._batch, self._batch, max(0, self._batch - running), running, waiting)

    # ------------------------------------------------------------------------------------------- a step

    def step(self) -> Events:
        """Draw one batch of pictures of one kind, or, where none waits, wait for files; returns what happened that has
        not been told yet."""
        self._drawing = self._next_batch()
        if not self._drawing:
            return self._finish(patient=True)
        try:
            drawn = self._pipeline.draw([generation.wish(index) for generation, index in self._drawing], self._on_step)
        except Abandoned:
            return []
        except torch.OutOfMemoryError:
            return self._with_less_memory()
        except Exception:
            log.exception("pipeline.failed", model=self._pipeline.name)
            return self._fail_drawing(NOT_DRAWN)
        else:
            self._write(drawn)
            return self._finish(patient=False)
        finally:
            self._drawing = []

    def _next_batch(self) -> list[tuple[_Generation, int]]:
        """Pictures of who has waited longest, and of others that are drawn alike, as many as go together."""
        batch: list[tuple[_Generation, int]] = []
        kind = None
        for generation in list(self._generations.values()):
            if kind is None and generation.waiting:
                kind = self._pipeline.kind(generation.request)
            while generation.waiting and self._pipeline.kind(generation.request) == kind and len(batch) < self._batch:
                batch.append((generation, generation.waiting.popleft()))
        for generation in {generation.id: generation for generation, _ in batch}.values():
            generation.shown = min(generation.shown, self._clock())
            if generation.waiting:  # at the end: whoever had a turn waits for everybody else's
                self._generations[generation.id] = self._generations.pop(generation.id)
        return batch

    def _on_step(self, done: float, small: Callable[[], list[Pixels]] | None) -> None:
        """Tell how far everyone is whose pictures are drawn; give up when that is nobody any more."""
        if small is not None and any(self._due(generation) for generation, _ in self._drawing):
            for (generation, index), picture in zip(self._drawing, small(), strict=True):
                generation.pictures[index] = picture
        events = self._finish(patient=False)
        for generation in {generation.id: generation for generation, _ in self._drawing}.values():
            if self._clock() - generation.told < PROGRESS_SECONDS:
                continue
            generation.told = self._clock()
            mine = sum(one is generation for one, _ in self._drawing)
            share = (generation.finished + mine * done) / generation.request.images
            events.append((generation.id, Progress(share, self._preview(generation))))
        self._breathe(self, events)
        if not any(generation.id in self._generations for generation, _ in self._drawing):
            raise Abandoned

    def _due(self, generation: _Generation) -> bool:
        """Whether a preview is wanted now."""
        return generation.request.preview and self._clock() - generation.shown >= PREVIEW_SECONDS

    def _preview(self, generation: _Generation) -> bytes | None:
        if not generation.pictures or not self._due(generation):
            return None
        generation.shown = self._clock()
        shown = [generation.pictures.get(index) for index in range(generation.request.images)]
        return encode_preview(shown, grid_columns(len(shown)))

    def _write(self, drawn: list[Drawn]) -> None:
        """Have the files of the pictures written that were drawn just now."""
        for (generation, index), picture in zip(self._drawing, drawn, strict=True):
            generation.pictures[index] = picture.pixels
            generation.finished += 1
            seed, verdict = generation.wish(index).seed, REFUSED if picture.refused else ALLOW
            self._files.begin((generation, index, verdict), picture.pixels, seed, model=self._pipeline.name)

    def _finish(self, *, patient: bool) -> Events:
        """Send the pictures whose files are written, in the order of their drawing; all of them, where `patient`."""
        events: Events = []
        for (generation, index, verdict), file in self._files.take(patient=patient):
            if generation.id not in self._generations:
                continue
            try:
                png = file.result()
            except Exception:
                log.exception("pipeline.not_written", model=self._pipeline.name)
                events.append((generation.id, self._fail(generation, NOT_DRAWN)))
                continue
            generation.unsent.append(Image(index, generation.wish(index).seed, None, png, verdict))
            generation.written += 1
            events += self._send(generation)
        return events

    def _send(self, generation: _Generation) -> Events:
        """What may leave of a generation: each picture by itself, or, where they are ranked, all in the end."""
        complete = generation.written == generation.request.images
        if not complete and self._ranker is not None:
            return []
        images = generation.unsent if self._ranker is None else self._ranked(generation, self._ranker)
        events: Events = [(generation.id, image) for image in images]
        generation.unsent = []
        if complete:
            del self._generations[generation.id]
            events.append((generation.id, Done(self._clock() - generation.accepted, self._pipeline.name)))
        return events

    def _ranked(self, generation: _Generation, ranker: Ranker) -> list[Image]:
        """Best first; in the order of their seeds where the ranker fails."""
        try:
            pictures = [generation.pictures[image.index] for image in generation.unsent]
            scores = ranker.scores(generation.request.prompt, pictures, [0.0] * len(pictures))
            return best_first(
                replace(image, score=score) for image, score in zip(generation.unsent, scores, strict=True)
            )
        except Exception:  # the order of pictures is a courtesy
            log.warning("generation.not_ranked", generation=generation.request.id or generation.id, exc_info=True)
            return best_first(generation.unsent)

    def _with_less_memory(self) -> Events:
        """Put the batch back and try with half as many together; one alone that does not fit fails."""
        torch.cuda.empty_cache()
        if len(self._drawing) == 1:
            log.warning("pipeline.out_of_memory", model=self._pipeline.name)
            return self._fail_drawing(Failed("out_of_memory", retryable=False))
        self._batch = len(self._drawing) // 2
        log.warning("pipeline.smaller_batches", model=self._pipeline.name, batch=self._batch)
        for generation, index in reversed(self._drawing):
            generation.waiting.appendleft(index)
        return []

    def _fail_drawing(self, failure: Failed) -> Events:
        concerned = {generation.id: generation for generation, _ in self._drawing if generation.id in self._generations}
        return [(generation.id, self._fail(generation, failure)) for generation in concerned.values()]

    def _fail(self, generation: _Generation, failure: Failed) -> Failed:
        log.warning("generation.failed", generation=generation.request.id or generation.id, code=failure.code)
        self.cancel(generation.id)
        return failure


def diffusers_backend(
    folder: Path, name: str, options: PipelineOptions, max_waiting: int = 64, clip: Path | None = None
) -> ThreadedBackend:
    """A pipeline in a folder, that loads when the backend is started; a CLIP in clip/ there ranks its pictures, or else
    the one in the folder `clip`."""
    own = folder / "clip"

    def load(thread: EngineThread) -> DiffusionEngine:
        pipeline = DiffusersPipeline.load(folder, name, options)
        return DiffusionEngine(pipeline, thread.breathe, ranker=_ranker(own if own.is_dir() else clip))

    return ThreadedBackend(load, name, max_waiting)


def _ranker(folder: Path | None) -> Ranker | None:
    if folder is None:
        return None
    try:
        return ClipRanker.load(folder)
    except RankerError as error:
        log.warning("model.not_ranked", reason=str(error))
        return None
