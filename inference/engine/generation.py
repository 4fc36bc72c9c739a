"""One generation inside the engine: what was asked for, and how much of it is drawn.

In: a request of the contract.  Out: its sequences with their seeds and parameters, which codes are given, and in the
end its pictures in the order of their scores.  It knows no model and no scheduler.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean

import structlog
import torch
from torch import Tensor

from inference.contract import MAX_SEED, GenerationRequest, Image, best_first
from inference.engine.code_model import CodeModel, EncodedTexts
from inference.engine.sequence import Sequence
from inference.models.sampling import SamplingParams
from inference.painting.finishing import finished
from inference.painting.painter import is_blank
from inference.pictures import Pixels, encode_png, seed_of
from inference.ranking import Ranker
from inference.text.reader import Reading

log = structlog.get_logger(__name__)

_APART = 0x9E3779B1
"""Between the seeds of a picture's parts: an odd number far from all small ones."""
_TRIES_APART = 1009
"""Between the parts whose noise two tries of a draft have: more than there are parts."""
TRIES = 3
"""So often is a picture drawn that comes out blank, as some do of what the model does not know."""
AS_ASKED = 5.0
"""What a picture's score loses where the model filled something in: more than rankers tell pictures apart by."""


@dataclass(eq=False)
class Generation:
    """A request inside the engine, from `add` to its last event."""

    id: str
    request: GenerationRequest
    readings: list[Reading]  # by index, what each picture is drawn from
    sequences: list[Sequence]
    init_pixels: Pixels | None
    accepted: float  # clock
    texts: dict[str, EncodedTexts] = field(default_factory=dict)  # by text; row 1 (if guided) the negative prompt
    init_codes: Tensor | None = None  # (L,)
    drawn: int = 0  # codes, of all pictures
    ticks: int = 0  # reports made
    pictures: dict[int, Pixels] = field(default_factory=dict)  # by index, finished or partial
    plain: dict[int, Pixels] = field(default_factory=dict)  # by index, finished but for filters, as they are judged
    parts: dict[int, dict[int, Pixels]] = field(default_factory=partial(defaultdict, dict))  # by index
    likelihoods: dict[int, dict[int, float]] = field(default_factory=partial(defaultdict, dict))  # by index and part
    shown_at: dict[int, int] = field(default_factory=dict)  # by index, the tick of the last partial picture
    previews: int = 0  # sent
    finished: int = 0  # pictures
    unsent: list[Image] = field(default_factory=list)  # finished, held back until they can be ranked

    @property
    def label(self) -> str:
        """What the log calls it: as the client does, who has a log of its own."""
        return self.request.id or self.id

    @property
    def done(self) -> float:
        """The share of codes drawn, 0–1."""
        return self.drawn / sum(sequence.length for sequence in self.sequences)

    def encode(self, model: CodeModel, sequence: Sequence) -> None:
        """The text of a sequence, once for all that are drawn from the same.

        Each text by itself: beside a longer one it might round otherwise, and a seed would draw another picture.
        """
        text = self.text_of(sequence)
        if text not in self.texts:
            negative = [self.request.negative_prompt or None] if sequence.slots_needed == 2 else []
            self.texts[text] = model.encode_texts([text, *negative])

    def put(self, sequence: Sequence, pixels: Pixels, again: Callable[[Sequence], None]) -> list[Pixels]:
        """Keep what was drawn of a picture; all its parts with the last of them, nothing before.

        What came out blank is drawn `again` with other noise of its seed, and with nothing filled in behind the prompt,
        unless every try is.
        """
        if self.init_pixels is None and sequence.tries + 1 < TRIES and is_blank(pixels):
            reading = self.readings[sequence.index]
            if reading.composition is None and reading.filled != reading.text and reading.text.endswith(reading.filled):
                self.readings[sequence.index] = replace(reading, text=self.request.prompt, filled="")
            again(another_try(sequence))
            return []
        parts = self.parts[sequence.index]
        parts[sequence.part] = pixels
        if len(parts) < len(self.readings[sequence.index].drawn):
            return []
        del self.parts[sequence.index]
        return [parts[part] for part in sorted(parts)]

    def finish(self, sequence: Sequence, parts: list[Pixels], model: str) -> tuple[Pixels, Pixels, bytes]:
        """A picture of all its parts as it is judged, as it is shown, and its file. May be called from any thread."""
        plain, shown = finished(parts, self.readings[sequence.index])
        return plain, shown, encode_png(shown, sequence.seed, model=model)

    def take(self, sequence: Sequence, plain: Pixels, shown: Pixels, file: bytes, ranker: Ranker | None) -> list[Image]:
        """Keep what `finish` has made; the pictures that can be sent now, with a `ranker` all at once, best first."""
        self.plain[sequence.index], self.pictures[sequence.index] = plain, shown
        self.finished += 1
        filled = self.readings[sequence.index].filled
        self.unsent.append(Image(sequence.index, sequence.seed, None, file, filled=filled))
        if ranker is not None and self.finished < self.request.images:
            return []
        images, self.unsent = self.unsent if ranker is None else ranked(self, ranker), []
        return images

    def text_of(self, sequence: Sequence) -> str:
        """What a sequence is drawn from."""
        return self.readings[sequence.index].drawn[sequence.part]


def new_sequences(
    generation_id: str, request: GenerationRequest, readings: list[Reading], params: SamplingParams, length: int
) -> list[Sequence]:
    """One sequence a text that each picture is drawn from, with the picture's seed and a generator of its own."""
    return [
        Sequence(generation_id, index, part, seed, params, length, generator_of(seed, part))
        for index, (seed, reading) in enumerate(zip(seeds_of(request), readings, strict=True))
        for part in range(len(reading.drawn))
    ]


def another_try(sequence: Sequence) -> Sequence:
    """The same draft from its start, with noise that goes by its seed, too."""
    tries, part = sequence.tries + 1, sequence.part
    generator = generator_of(sequence.seed, part + tries * _TRIES_APART)
    return Sequence(
        sequence.generation_id, sequence.index, part, sequence.seed, sequence.params, sequence.length, generator,
        tries=tries,
    )  # fmt: skip


def readings_of(model: CodeModel, request: GenerationRequest) -> list[Reading]:
    """What each picture is drawn from. A variation of what was put together is put together anew; all else that goes on
    from a picture shows what that one shows, in one piece."""
    if request.init_image is None:
        return [model.interpret(request.prompt, seed) for seed in seeds_of(request)]
    if (seed := varied_seed(request)) is not None and model.interpret(request.prompt, seed).is_put_together:
        return [model.interpret(request.prompt, one, seed) for one in seeds_of(request)]
    return [replace(model.interpret(request.prompt, 0), composition=None)] * request.images


def varied_seed(request: GenerationRequest) -> int | None:
    """The seed of the picture of this very prompt that is to be varied; None for all other pictures."""
    if request.init_image is None or request.strength is None or request.keep_rows or not request.same_prompt:
        return None
    return seed_of(request.init_image)


def seeds_of(request: GenerationRequest) -> list[int]:
    """The seed of each picture."""
    return [(request.seed + index) % (MAX_SEED + 1) for index in range(request.images)]


def generator_of(seed: int, part: int) -> torch.Generator:
    """What draws a part of a picture: the first as if there were no others, and no two alike, also of neighbours."""
    return torch.Generator().manual_seed((seed + part * _APART) % (MAX_SEED + 1))  # it reads 32 bits of a seed


def sampling_params(request: GenerationRequest, default: SamplingParams) -> SamplingParams:
    """The request's parameters, the model's own where the request names none."""
    return SamplingParams(
        guidance_scale=default.guidance_scale if request.guidance_scale is None else request.guidance_scale,
        temperature=default.temperature if request.temperature is None else request.temperature,
        top_k=default.top_k if request.top_k is None else request.top_k,
        top_p=default.top_p if request.top_p is None else request.top_p,
    )


def kept_codes(request: GenerationRequest, side: int, generator: torch.Generator) -> Tensor:
    """Which codes of the initial picture stay: the first `keep_rows` rows; of the rest, with `strength`, a random
    share of 1 - strength.  Returns sorted indices (K,) into the side² codes."""
    rows = request.keep_rows * side
    kept = torch.arange(rows)
    if request.strength is not None:
        rest = side * side - rows
        kept_of_rest = torch.randperm(rest, generator=generator)[: round((1 - request.strength) * rest)]
        kept = torch.cat([kept, rows + kept_of_rest.sort().values])
    return kept


def ranked(generation: Generation, ranker: Ranker) -> list[Image]:
    """A finished generation's pictures with their scores, best first; as they are where the ranker fails.

    What is drawn from the prompt as it is comes before what was drawn from more, by `AS_ASKED`.
    """
    images = best_first(generation.unsent)
    pictures = [generation.plain[image.index] for image in images]
    try:
        likelihoods = [fmean(generation.likelihoods[image.index].values()) for image in images]
        scores = ranker.scores(generation.request.prompt, pictures, likelihoods)
        scored = [
            replace(image, score=score - (AS_ASKED if image.filled else 0))
            for image, score in zip(images, scores, strict=True)
        ]
        usable = all(map(math.isfinite, scores))
    except Exception:  # the order of pictures is a courtesy, as a preview is
        log.warning("generation.not_ranked", generation=generation.label, exc_info=True)
        return images
    if not usable:
        log.warning("generation.not_ranked", generation=generation.label, scores=scores)
    return best_first(scored) if usable else images
