"""A model in memory, all its parts together, before anything is made ready for drawing.

In: networks. Out: a `Checkpoint`. It knows no files.
"""

from dataclasses import dataclass
from pathlib import Path

from inference.checkpoints.weights import CheckpointError
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.judge import PictureJudge
from inference.models.sampling import SamplingParams
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.text.tokenizer import PromptTokenizer


@dataclass(frozen=True)
class Checkpoint:
    """All parts of one model; `text` is MiniLM where it reads those states, a tokenizer where it has an encoder.

    `clip` is a folder that `transformers` can load a CLIPModel from, where the model came with one.
    """

    name: str
    dalle: DalleBart
    vqgan: VQGAN
    text: SentenceEncoder | PromptTokenizer
    sampling: SamplingParams
    judge: PictureJudge | None = None
    clip: Path | None = None


def check_fit(dalle: DalleBartConfig, vqgan: VQGANConfig, source: Path) -> None:
    """The parts must fit together: the decoder draws as many codes as make a square, and knows every code."""
    side = int(dalle.image_length**0.5)
    if side * side != dalle.image_length:
        raise CheckpointError(f"{source}: image_length={dalle.image_length} codes make no square picture")
    if vqgan.n_embed > dalle.vocab_size:
        raise CheckpointError(f"{source}: the VQGAN has {vqgan.n_embed} codes, the decoder knows {dalle.vocab_size}")
