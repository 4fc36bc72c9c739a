"""The engine: generations in, pictures out, everything that runs decoded together (continuous batching).

`Engine.add` takes a request, each `Engine.step` draws one code of every running picture and returns what happened.
One thread owns an engine.  It knows the model only as a `CodeModel`, and neither HTTP nor asyncio.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import groupby

import structlog
import torch

from inference.contract import (
    MAX_GUIDANCE_SCALE,
    Done,
    Event,
    Failed,
    GenerationRequest,
    KnownWords,
    ModelDescription,
    Progress,
)
from inference.engine.batch import DecodeBatch, part
from inference.engine.code_model import CodeModel
from inference.engine.code_table import CodeTable
from inference.engine.generation import Generation, kept_codes, new_sequences, readings_of, sampling_params
from inference.engine.previews import Previewer
from inference.engine.sampler import draw_noise, log_likelihood, next_codes
from inference.engine.scheduler import Scheduler
from inference.engine.sequence import Sequence
from inference.engine.status import EngineStatus
from inference.native.kernels import one_thread
from inference.pictures import SMALLEST_SIDE, Pixels
from inference.ranking import Ranker

TICKS = 8
"""So many times in its life a generation reports progress."""

FIRST_PREVIEW = 2
"""From this tick on with a preview: before a quarter is drawn, there is nothing but background to see."""

SLOTS_A_GENERATION = 4
"""Rows of the caches that a generation has at least, while as many run as the capacity says: two guided pictures."""

DETOKENIZED_TOGETHER = 4
"""Finished pictures that one step turns into pixels, at most, so that those still decoding do not wait for nine; those
of the same codes count as one."""

log = structlog.get_logger(__name__)


class Engine:
    """With a `ranker`, a generation's pictures come together, best first.

    `clock` counts seconds; it decides no picture, only how many previews there is time for.
    """

    def __init__(
        self, model: CodeModel, ranker: Ranker | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.model = model
        self.ranker = ranker
        self._clock = clock
        self._scheduler = Scheduler(model.slots)
        self._generations: dict[str, Generation] = {}
        self._batch: DecodeBatch | None = None
        self._decoded: dict[tuple[int, ...], list[Sequence]] = {}  # finished codes, not yet pixels, and whose they are
        self._previewer = Previewer(model, clock)
        self._table = CodeTable(model)
        self._encoders = ThreadPoolExecutor(torch.get_num_threads(), thread_name_prefix="png")

    # ------------------------------------------------------------------------------------------ requests

    def describe(self) -> ModelDescription:
        """What the model can do.  May be called from any thread."""
        model, side = self.model, max(self.model.drawn_side, SMALLEST_SIDE)
        return ModelDescription(
            name=model.name,
            sizes=(f"{side}x{side}",),
            guidance=(1.0, MAX_GUIDANCE_SCALE),
            sampling=True,
            negative_prompt=True,
            pictures=("vary", "complete") if model.reads_pictures else (),
            rows=model.grid_side,
            previews=True,
            seeds=True,
            ranked=self.ranker is not None,
            few_words=model.few_words,
            defaults=asdict(model.recommended),
        )

    def known_words(self, texts: Iterable[str]) -> KnownWords:
        """Which words of texts the model never learned.  May be called from any thread."""
        return KnownWords.of((one.unknown, one.read_as) for one in (self.model.interpret(text, 0) for text in texts))

    def init_size(self, request: GenerationRequest) -> tuple[int, int]:  # noqa: ARG002  # the model has one size
        """Width and height in pixels of a decoded `init_image`."""
        return self.model.picture_side, self.model.picture_side

    def add(self, generation_id: str, request: GenerationRequest, init_pixels: Pixels | None = None) -> None:
        """Take a request; its pictures start as slots become free.  `init_pixels` is the decoded `init_image`,
        (picture_side, picture_side, 3).  Raises InvalidRequest, and ValueError for an id that is in use."""
        self.describe().check(request)
        if generation_id in self._generations:
            raise ValueError(f"generation {generation_id} is already in the engine")
        params = sampling_params(request, self.model.recommended)
        readings = readings_of(self.model, request)
        sequences = new_sequences(generation_id, request, readings, params, self.model.image_length)
        if any(reading.composition is not None for reading in readings):
            init_pixels = None  # a variation that is put together has nothing of the picture
        started = self._clock()
        self._generations[generation_id] = Generation(generation_id, request, readings, sequences, init_pixels, started)
        self._scheduler.add(generation_id, sequences)

    def cancel(self, generation_id: str) -> None:
        """Forget a generation at once; no event of it follows.  Unknown ids (finished ones) are ignored."""
        self._generations.pop(generation_id, None)
        for codes, sequences in list(self._decoded.items()):
            self._decoded[codes] = [one for one in sequences if one.generation_id != generation_id]
            if not self._decoded[codes]:
                del self._decoded[codes]
        if self._scheduler.cancel(generation_id):
            self._batch = None

    def fail_all(self, code: str) -> list[tuple[str, Event]]:
        """End every generation with a retryable failure; returns the events."""
        events: list[tuple[str, Event]] = []
        for generation_id in list(self._generations):
            self._fail(generation_id, Failed(code, retryable=True), events)
        return events

    def close(self) -> None:
        """Let the threads go that write picture files; nothing can be drawn afterwards."""
        self._encoders.shutdown()

    @property
    def busy(self) -> bool:
        return bool(self._generations)

    @property
    def status(self) -> EngineStatus:
        scheduler = self._scheduler
        capacity = max(1, scheduler.slots // SLOTS_A_GENERATION)
        return EngineStatus(capacity, scheduler.slots, scheduler.free_slots, len(scheduler.running), scheduler.waiting)

    # ------------------------------------------------------------------------------------------- a step

    @torch.inference_mode()
    def step(self) -> list[tuple[str, Event]]:
        """Draw one code of every running picture; returns what happened, with the generation's id."""
        events: list[tuple[str, Event]] = []
        self._admit(events)
        self._decode(events)
        self._report_progress(events)
        self._detokenize(events)
        return events

    def _admit(self, events: list[tuple[str, Event]]) -> None:
        """Let waiting sequences take free slots, and fill those slots from their texts (prefill)."""
        admitted: dict[str, list[Sequence]] = {}
        for sequence in self._scheduler.admit():
            admitted.setdefault(sequence.generation_id, []).append(sequence)
        for generation_id, sequences in admitted.items():
            self._batch = None
            generation = self._generations[generation_id]
            try:
                self._prefill(generation, sequences)
            except Exception:  # the model's code may raise anything, and others are still drawing
                log.exception("engine.prefill_failed")
                self._fail_broken({generation_id}, "prefill", events)
                continue
            if generation.drawn == 0:
                events.append((generation_id, Progress(0.0)))

    def _prefill(self, generation: Generation, sequences: list[Sequence]) -> None:
        request, model = generation.request, self.model
        if generation.init_pixels is not None and generation.init_codes is None:
            pixels = torch.from_numpy(generation.init_pixels.copy())[None]  # a copy: torch wants it writable
            generation.init_codes = model.encode_image(pixels)[0].cpu()
        for sequence in sequences:
            self._table.begin(sequence.slots[0])
            if generation.init_codes is not None:
                kept = kept_codes(request, model.grid_side, sequence.generator)
                self._table.fix(sequence.slots[0], generation.init_codes, kept)
            generation.encode(model, sequence)
        for text, group in groupby(sorted(sequences, key=generation.text_of), generation.text_of):
            same = list(group)
            model.prefill(torch.tensor(same[0].slots), generation.texts[text])
            for sequence in same:
                sequence.branch = same[0].slots

    def _decode(self, events: list[tuple[str, Event]]) -> None:
        """One code for every running sequence; those that have all of theirs leave their slots."""
        if not self._scheduler.running:
            return
        started, model = self._clock(), self.model
        batch = self._batch or DecodeBatch.of(self._scheduler.running, model.vocab_size, model.device)
        self._batch = batch
        try:
            self._draw_codes(batch)
        except Exception:  # as in _admit
            log.exception("engine.decode_failed")
            self._fail_broken({sequence.generation_id for sequence in batch.sequences}, "decode", events)
            return
        ended = []
        for sequence in batch.sequences:
            generation = self._generations[sequence.generation_id]
            sequence.position += 1
            generation.drawn += not sequence.tries
            if sequence.position == sequence.length:
                codes, likelihood = self._table.finished(sequence.slots[0])
                generation.likelihoods[sequence.index][sequence.part] = likelihood
                self._decoded.setdefault(codes, []).append(sequence)
                ended.append(sequence)
        if ended:
            self._scheduler.finish(ended)
            self._batch = None
        if any(self._generations[sequence.generation_id].request.preview for sequence in batch.sequences):
            self._previewer.earn(self._clock() - started)

    def _draw_codes(self, batch: DecodeBatch) -> None:
        """One code more of each picture in the table; only for the codes is the model's device waited for."""
        rows = batch.pictures
        positions = torch.tensor([sequence.position for sequence in batch.sequences])  # (P,)
        tokens = self._table.last(batch, positions)  # (P,)
        given = self._table.given(batch, positions).to(self.model.device, non_blocking=True)
        logits = self.model.decode_one_token(batch.slots, tokens[rows], positions[rows])  # (R, V)
        with one_thread():
            # on the CPU, while a GPU has its step to do
            noise = draw_noise(batch.widths, batch.generators, self.model.device)
            codes = next_codes(logits, batch.guided, batch.sampling, batch.branches, noise, given)  # (P,)
            if self.ranker is not None:
                conditional = logits[: len(logits) - len(batch.guided)]  # (B, V)
                self._table.add_likelihood(batch, log_likelihood(conditional, codes, batch.branches))
        codes = codes.cpu()
        self._table.write(batch, positions, codes)
        if pairs := part(batch.sequences, codes.tolist()):
            sources, targets = torch.tensor(pairs).T
            self.model.copy(sources, targets, 1 + max(sequence.position for sequence in batch.sequences))
            self._batch = None

    def _report_progress(self, events: list[tuple[str, Event]]) -> None:
        """Tell how far each generation is, TICKS times in its life, with as fresh a preview as there is time for."""
        running = {sequence.generation_id for sequence in self._scheduler.running}
        generations = [generation for name, generation in self._generations.items() if name in running]
        # who was shown least, and then who has least to show, comes first: there may be time for one of them only
        for generation in sorted(generations, key=lambda generation: (generation.previews, generation.request.images)):
            ticks = int(TICKS * generation.done)
            if ticks == generation.ticks:
                continue
            generation.ticks = ticks
            wanted = generation.request.preview and ticks >= FIRST_PREVIEW
            preview = self._previewer.draw(generation, self._table.codes) if wanted else None
            events.append((generation.id, Progress(generation.done, preview)))

    def _detokenize(self, events: list[tuple[str, Event]]) -> None:
        """Turn finished codes into pictures, a few a step; a single picture does not wait behind nine."""
        if not self._decoded:
            return
        width = Counter(sequence.generation_id for sequences in self._decoded.values() for sequence in sequences)
        turns = sorted(self._decoded, key=lambda codes: min(width[one.generation_id] for one in self._decoded[codes]))
        batch = {codes: self._decoded.pop(codes) for codes in turns[:DETOKENIZED_TOGETHER]}
        try:
            drawn = self.model.detokenize(torch.tensor(list(batch))).numpy()
            whole = [
                (self._generations[one.generation_id], one, parts)
                for sequences, pixels in zip(batch.values(), drawn, strict=True)
                for one in sequences
                if (parts := self._generations[one.generation_id].put(one, pixels, self._scheduler.again))
            ]
            finish = partial(Generation.finish, model=self.model.name)
            pictures = list(self._encoders.map(finish, *zip(*whole, strict=True)))
        except Exception:  # as in _admit
            log.exception("engine.detokenize_failed")
            broken = {one.generation_id for sequences in batch.values() for one in sequences}
            self._fail_broken(broken, "detokenize", events)
            return
        for (generation, sequence, _), picture in zip(whole, pictures, strict=True):
            events += [(generation.id, image) for image in generation.take(sequence, *picture, self.ranker)]
            if generation.finished == generation.request.images:
                del self._generations[generation.id]
                reading, seconds = generation.readings[sequence.index], self._clock() - generation.accepted
                events.append((generation.id, Done(seconds, self.model.name, reading.unknown, reading.read_as)))

    # ----------------------------------------------------------------------------------------- failures

    def _fail_broken(self, generation_ids: Iterable[str], doing: str, events: list[tuple[str, Event]]) -> None:
        """Fail the generations that took part in what has just raised; the log has the cause, and their ids."""
        for generation_id in sorted(generation_ids):
            log.error("generation.failed", generation=self._generations[generation_id].label, doing=doing)
            self._fail(generation_id, Failed("model_failed", retryable=True, data={"doing": doing}), events)

    def _fail(self, generation_id: str, failure: Failed, events: list[tuple[str, Event]]) -> None:
        self.cancel(generation_id)
        events.append((generation_id, failure))
