"""One generation inside the engine: what was asked for, and how much of it is drawn.

In: a request of the contract.  Out: its sequences with their seeds and parameters, which codes are given, and in the
end its pictures in the order of their scores.  It knows no model and no scheduler.
"""

import math
from dataclasses import dataclass, field, replace

import structlog
import torch
from torch import Tensor

from inference.contract import MAX_SEED, GenerationRequest, Image, best_first
from inference.engine.code_model import EncodedTexts
from inference.engine.sequence import Sequence
from inference.models.sampling import SamplingParams
from inference.pictures import Pixels
from inference.ranking import Ranker
from inference.text.reader import Reading

log = structlog.get_logger(__name__)

AS_ASKED = 5.0
"""What a picture's score loses where the model filled something in: more than rankers tell pictures apart by."""


@dataclass(eq=False)
class Generation:
    """A request inside the engine, from `add` to its last event."""

    id: str
    request: GenerationRequest
    sequences: list[Sequence]
    init_pixels: Pixels | None
    accepted: float  # clock
    readings: dict[int, Reading] = field(default_factory=dict)  # by index, what each picture is drawn from
    texts: dict[str, EncodedTexts] = field(default_factory=dict)  # by reading; row 1 (if guided) the negative prompt
    init_codes: Tensor | None = None  # (L,)
    drawn: int = 0  # codes, of all pictures
    ticks: int = 0  # reports made
    pictures: dict[int, Pixels] = field(default_factory=dict)  # by index, finished or partial
    plain: dict[int, Pixels] = field(default_factory=dict)  # by index, finished but for filters, as they are judged
    likelihoods: dict[int, float] = field(default_factory=dict)  # by index, of finished pictures, as rankers read them
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


def new_sequences(
    generation_id: str, request: GenerationRequest, params: SamplingParams, length: int
) -> list[Sequence]:
    """One sequence a picture, each with the seed and the generator of its own."""
    seeds = [(request.seed + index) % (MAX_SEED + 1) for index in range(request.images)]
    return [
        Sequence(generation_id, index, seed, params, length, torch.Generator().manual_seed(seed))
        for index, seed in enumerate(seeds)
    ]


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
        likelihoods = [generation.likelihoods[image.index] for image in images]
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
