"""Loading an engine: a model by its name, on the processor that is here, with what ranks its pictures.

In: a model's name or folder, threads and precision.  Out: an engine.  It knows no server.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog
import torch

from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import load_model
from inference.checkpoints.store import BUILTIN, ModelStore
from inference.checkpoints.weights import CheckpointError
from inference.engine.dalle import DalleCodeModel
from inference.engine.engine import Engine
from inference.models.text_encoder import SentenceEncoder
from inference.native.cores import usable_cores
from inference.native.precision import Processor, choose_precision
from inference.ranking import Ranker
from inference.ranking.clip import ClipRanker, RankerError
from inference.ranking.judge import JudgeRanker
from inference.ranking.likelihood import LikelihoodRanker

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LoadOptions:
    """`models_dir` is where pulled and imported models are kept; None is the user's cache folder.

    inference/native/precision.py says what `precision` may be.

    `threads` 0 takes the machine's physical cores but one.  That one is the bot's and the server's: threads that wait
    for each other are held up by whatever takes a core from one of them (with two threads on two cores that others kept
    busy, nine built-in pictures took 0.6 to 1.0 s, with one 0.4 to 0.5).
    """

    threads: int = 0
    precision: str = "auto"
    models_dir: Path | None = None


def load_engine(model: str = BUILTIN, options: LoadOptions = LoadOptions()) -> Engine:  # it is frozen
    """Load a model, to be run in the calling thread, on the GPU where there is one.  Raises CheckpointError."""
    torch.set_num_threads(options.threads or max(1, usable_cores() - 1))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        precision = choose_precision(options.precision, device, Processor.here())
    except ValueError as error:
        raise CheckpointError(f"{model}: {error}") from error
    checkpoint = load_model(model, precision.dtype, ModelStore(options.models_dir))
    return Engine(DalleCodeModel(checkpoint, device=device, precision=precision), ranker_of(checkpoint))


def ranker_of(checkpoint: Checkpoint) -> Ranker | None:
    """The model's own judge, or the CLIP that came with it; None, and a warning, where that cannot be loaded."""
    if checkpoint.judge is not None and isinstance(checkpoint.text, SentenceEncoder):
        return LikelihoodRanker(JudgeRanker(checkpoint.judge, checkpoint.text))
    if checkpoint.clip is None:
        return None
    try:
        return ClipRanker.load(checkpoint.clip)
    except RankerError as error:
        log.warning("model.not_ranked", reason=str(error))
        return None
