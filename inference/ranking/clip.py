"""CLIP, which ranks the pictures of a model that comes with one.

In: a folder as CLIP is published; then a prompt and pictures.  Out: one score a picture.  It knows no engine.

`transformers`, which it stands on, takes seconds to import, so that happens in `load` alone.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import structlog
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.pictures import Pixels

log = structlog.get_logger(__name__)


class RankerError(Exception):
    """The folder holds no CLIP that can be loaded; the message names it and the cause."""


class ClipRanker:
    """CLIP (Radford et al. 2021, https://arxiv.org/abs/2103.00020): the cosine between a text's vector and a picture's.

    From -1 to 1; with the weights of openai/clip-vit-base-patch32, 0.2 is a poor match and 0.3 a good one.
    """

    def __init__(self, model: Any, tokenizer: Any, processor: Any) -> None:
        """`transformers`' CLIPModel, CLIPTokenizer and CLIPImageProcessorPil."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = model.to(device)  # an engine waits for the scores, and everybody whose pictures it draws
        self._device = device
        self._tokenizer = tokenizer
        self._processor = processor

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From a folder as openai/clip-vit-base-patch32 is published; nothing is fetched, no pickle is executed.

        Raises RankerError.
        """
        from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # a server has a log, not a terminal
        try:
            model: Any = CLIPModel.from_pretrained(
                folder, local_files_only=True, weights_only=True, dtype=torch.float32
            )
            tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
            # the plain class wants torchvision
            processor = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # the library raises whatever its many readers of files raise
            raise RankerError(f"{folder}: no CLIP that can be loaded: {error}") from error
        return cls(model.eval().requires_grad_(requires_grad=False), tokenizer, processor)

    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:  # noqa: ARG002 - as a Ranker
        """Cosines; of a long prompt the beginning counts, as much as CLIP reads."""
        cosines: list[float] = (self.picture_vectors(pictures) @ self.text_vectors([prompt])[0]).tolist()
        return cosines

    @torch.inference_mode()
    def text_vectors(self, texts: Sequence[str]) -> Tensor:
        """N texts -> (N, D), each of length one."""
        most = self._model.config.text_config.max_position_embeddings
        tokens = self._tokenizer(list(texts), truncation=True, max_length=most, padding=True, return_tensors="pt")
        vectors: Tensor = self._model.get_text_features(**tokens.to(self._device)).pooler_output
        return F.normalize(vectors, dim=-1)

    @torch.inference_mode()
    def picture_vectors(self, pictures: Sequence[Pixels]) -> Tensor:
        """B pictures -> (B, D), each of length one."""
        pixels = self._processor(images=list(pictures), return_tensors="pt")["pixel_values"].to(self._device)
        vectors: Tensor = self._model.get_image_features(pixel_values=pixels).pooler_output
        return F.normalize(vectors, dim=-1)


class LazyClip:
    """A CLIP that is loaded when pictures are first ranked, for a backend that loads nothing else."""

    def __init__(self, folder: Path | None) -> None:
        """None is no CLIP."""
        self._folder = folder
        self._ranker: ClipRanker | None = None
        self._alone = threading.Lock()

    def scores(self, prompt: str, pictures: Sequence[Pixels]) -> list[float] | None:
        """Cosines; None where there is no CLIP, or it fails: the order of pictures is a courtesy."""
        with self._alone:
            try:
                if self._ranker is None and self._folder is not None:
                    self._ranker = ClipRanker.load(self._folder)
                return None if self._ranker is None else self._ranker.scores(prompt, pictures, [0.0] * len(pictures))
            except Exception as error:  # noqa: BLE001  # whatever the network's code raises
                log.warning("generation.not_ranked", reason=str(error))
                self._folder = None if self._ranker is None else self._folder
                return None
